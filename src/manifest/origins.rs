//! The environment paths behind the parts of a rendered file.

/// The environment path behind each part of one rendered file: pairs of a path inside the file and the environment path
/// that made it. The longest prefix wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    whole: String,
    parts: Vec<(Vec<String>, String)>,
}

impl Origins {
    /// A file that comes from `environment_path` as a whole.
    #[must_use]
    pub fn new(environment_path: impl Into<String>) -> Self {
        Origins { whole: environment_path.into(), parts: Vec::new() }
    }

    /// Records that what stands at `pointer` and below comes from `environment_path`.
    pub fn record(&mut self, pointer: &[&str], environment_path: impl Into<String>) {
        self.parts.push((pointer.iter().map(|key| (*key).to_owned()).collect(), environment_path.into()));
    }

    /// The environment path behind `pointer`.
    #[must_use]
    pub fn of(&self, pointer: &[String]) -> &str {
        self.parts
            .iter()
            .filter(|(prefix, _)| pointer.starts_with(prefix))
            .max_by_key(|(prefix, _)| prefix.len())
            .map_or(&self.whole, |(_, path)| path)
    }
}

#[cfg(test)]
mod tests {
    use super::Origins;

    #[test]
    fn the_longest_prefix_wins() {
        let mut origins = Origins::new("services.postgres");
        origins.record(&["primary"], "services.postgres.values.primary");
        origins.record(&["primary", "resources"], "services.postgres.resources");
        let of = |keys: &[&str]| origins.of(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>()).to_owned();
        assert_eq!(of(&["primary", "resources", "limits"]), "services.postgres.resources");
        assert_eq!(of(&["primary", "pdb"]), "services.postgres.values.primary");
        assert_eq!(of(&["image"]), "services.postgres");
    }
}
