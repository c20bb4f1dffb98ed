//! Paths inside the repository.

use super::shown;

/// A path inside the repository, with `/` between its parts: not absolute, no `..`, no backslash, no control characters.
/// `.` is the root itself; a leading `./` and a trailing `/` are dropped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelativePath(String);

impl RelativePath {
    /// Reads the text.
    ///
    /// # Errors
    /// The reason why it is none, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        super::length(text, 1024)?;
        if let Some(c) = text.chars().find(|c| c.is_control()) {
            return Err(format!("{} is not allowed in a path", shown(c)));
        }
        if text.contains('\\') {
            return Err("write `/` between the parts of a path, not a backslash".to_owned());
        }
        if text.starts_with('/') {
            return Err("must be relative, and stay inside the repository".to_owned());
        }
        if text.split('/').any(|part| part == "..") {
            return Err("must not hold `..`: no path leads out of the repository".to_owned());
        }
        if matches!(text, "." | "./") {
            return Ok(RelativePath(".".to_owned()));
        }
        let text = text.strip_prefix("./").unwrap_or(text);
        let text = text.strip_suffix('/').unwrap_or(text);
        if text.split('/').any(|part| part.is_empty() || part == ".") {
            return Err("has an empty or a `.` part".to_owned());
        }
        Ok(RelativePath(text.to_owned()))
    }

    /// The path, without a leading `./` or a trailing `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_traits!(RelativePath, "relative-path");

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::RelativePath;
    use proptest::prelude::{any, prop_assert, proptest};
    use std::path::{Component, Path};

    #[test]
    fn paths() {
        for (text, path) in [
            (".", "."),
            ("./", "."),
            ("./a", "a"),
            ("charts/postgresql/", "charts/postgresql"),
            ("a b/ä", "a b/ä"),
            ("...", "..."),
            (".hidden/x", ".hidden/x"),
        ] {
            assert_eq!(RelativePath::parse(text).unwrap().as_str(), path);
        }
        for bad in
            ["", "/", "/etc", "..", "a/..", "../a", "a/../b", "a//b", "a/./b", "a\\b", "a\nb", "a\0", ".//", ".//a"]
        {
            assert!(RelativePath::parse(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_stays_inside(text in "[./a\\\\]{0,12}", any in any::<String>()) {
            for text in [text, any] {
                if let Ok(path) = RelativePath::parse(&text) {
                    let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
                    prop_assert!(Path::new(path.as_str()).components().all(inside));
                    prop_assert!(RelativePath::parse(path.as_str()).as_ref() == Ok(&path));
                }
            }
        }
    }
}
