//! Dotted paths such as `services.postgres.clients.api.ports[0]`; a key with dots is written `["a.b"]`.

/// Appends a key to a path.
#[must_use]
pub fn join(path: &str, key: &str) -> String {
    if key.contains('.') || key.contains('[') {
        format!("{path}[\"{key}\"]")
    } else if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// Appends a list index to a path.
#[must_use]
pub fn item(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

/// The path of what `keys` lead to below a path; digits are an index, except at the very top.
#[must_use]
pub fn below(path: &str, keys: &[String]) -> String {
    keys.iter().fold(path.to_owned(), |path, key| match key.parse() {
        Ok(index) if !path.is_empty() => item(&path, index),
        _ => join(&path, key),
    })
}

/// The keys and indices of a path, indices as their digits.
#[must_use]
pub fn split(path: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[\"") {
            let (key, tail) = after.split_once("\"]").unwrap_or((after, ""));
            keys.push(key.to_owned());
            rest = tail;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (key, tail) = after.split_once(']').unwrap_or((after, ""));
            keys.push(key.to_owned());
            rest = tail;
        } else {
            let after = rest.strip_prefix('.').unwrap_or(rest);
            let end = after.find(['.', '[']).unwrap_or(after.len());
            keys.push(after[..end].to_owned());
            rest = &after[end..];
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::{below, item, join, split};

    #[test]
    fn what_is_joined_splits_again() {
        let path = item(&join(&join(&join("services", "my-db"), "app.kubernetes.io/name"), "ports"), 0);
        assert_eq!(path, "services.my-db[\"app.kubernetes.io/name\"].ports[0]");
        assert_eq!(split(&path), ["services", "my-db", "app.kubernetes.io/name", "ports", "0"]);
        assert_eq!(below("", &split(&path)), path);
        assert_eq!(split(""), Vec::<String>::new());
    }
}
