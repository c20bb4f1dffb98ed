//! The environment paths behind the parts of a rendered file.

use std::{borrow::Cow, fmt, ops::Deref, sync::Arc};

use crate::path;

/// An environment path. Parts are made by the thousand and their origins read for a few, so the beginning is shared and
/// nothing is spelled before it is asked for.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    base: Option<Arc<str>>,
    below: Cow<'static, str>,
}

impl Origin {
    /// A path that every environment has.
    #[must_use]
    pub const fn fixed(path: &'static str) -> Origin {
        Origin { base: None, below: Cow::Borrowed(path) }
    }

    /// The path of the dotted `key` below this one.
    #[must_use]
    pub fn at(&self, key: impl Into<Cow<'static, str>>) -> Origin {
        let key = key.into();
        match self.below.is_empty() {
            true => Origin { base: self.base.clone(), below: key },
            false => Origin { base: self.base.clone(), below: format!("{}.{key}", self.below).into() },
        }
    }

    /// The path of `key` below this one, whatever characters it has, for others to stand below.
    #[must_use]
    pub fn join(&self, key: &str) -> Origin {
        path::join(&self.to_string(), key).into()
    }

    /// The path of an item of the list at this one.
    #[must_use]
    pub fn item(&self, index: usize) -> Origin {
        path::item(&self.to_string(), index).into()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.base {
            Some(base) if self.below.is_empty() => f.write_str(base),
            Some(base) => write!(f, "{base}.{}", self.below),
            None => f.write_str(&self.below),
        }
    }
}

impl From<&str> for Origin {
    fn from(path: &str) -> Origin {
        Origin { base: Some(path.into()), below: Cow::Borrowed("") }
    }
}

impl From<String> for Origin {
    fn from(path: String) -> Origin {
        Origin::from(path.as_str())
    }
}

impl From<&Origin> for Origin {
    fn from(origin: &Origin) -> Origin {
        origin.clone()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> String {
        origin.to_string()
    }
}

impl From<&Origin> for String {
    fn from(origin: &Origin) -> String {
        origin.to_string()
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Origin) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Origin {}

/// A value with the environment path that decides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced<T> {
    /// The value.
    pub value: T,
    /// What decides it.
    pub origin: Origin,
}

impl<T> Traced<T> {
    /// A value that `origin` decides.
    #[must_use]
    pub fn new(value: T, origin: impl Into<Origin>) -> Traced<T> {
        Traced { value, origin: origin.into() }
    }

    /// Something made from the value, which the same path decides.
    #[must_use]
    pub fn map<U>(&self, make: impl FnOnce(&T) -> U) -> Traced<U> {
        Traced { value: make(&self.value), origin: self.origin.clone() }
    }
}

impl<T> Deref for Traced<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// The environment path behind each part of one rendered file. Places in the file are JSON Pointers (RFC 6901); the longest
/// one that leads to a part wins, among equal ones the last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    whole: Origin,
    parts: Vec<Record>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Record {
    pointer: Cow<'static, str>,
    origin: Origin,
    is_copy: bool,
}

impl Origins {
    /// A file that comes from one environment path as far as nothing else is recorded.
    #[must_use]
    pub fn new(origin: impl Into<Origin>) -> Self {
        Origins { whole: origin.into(), parts: Vec::new() }
    }

    /// What made the file at all.
    #[must_use]
    pub fn whole(&self) -> &Origin {
        &self.whole
    }

    /// Records that `origin` is the cause of what stands at `pointer` and below.
    pub fn record(&mut self, pointer: impl Into<Cow<'static, str>>, origin: impl Into<Origin>) {
        self.parts.push(Record { pointer: pointer.into(), origin: origin.into(), is_copy: false });
    }

    /// Records that what stands at `pointer` is copied from `origin`, key by key and item by item: what stands below it
    /// comes from the same place below `origin`.
    pub fn record_copy(&mut self, pointer: impl Into<Cow<'static, str>>, origin: impl Into<Origin>) {
        self.parts.push(Record { pointer: pointer.into(), origin: origin.into(), is_copy: true });
    }

    /// The environment path behind the keys `pointer`, items of a list named by their index.
    #[must_use]
    pub fn of(&self, pointer: &[String]) -> String {
        self.source_of(pointer).0
    }

    /// The environment path behind the keys `pointer`, and whether exactly this part of the file is recorded to come from it.
    #[must_use]
    pub fn source_of(&self, pointer: &[String]) -> (String, bool) {
        let mut best: Option<(usize, &Record)> = None;
        for record in &self.parts {
            if let Some(length) = record.covers(pointer)
                && best.is_none_or(|(longest, _)| length >= longest)
            {
                best = Some((length, record));
            }
        }
        match best {
            None => (self.whole.to_string(), false),
            Some((length, record)) if record.is_copy => {
                (path::below(&record.origin.to_string(), &pointer[length..]), true)
            }
            Some((length, record)) => (record.origin.to_string(), length == pointer.len()),
        }
    }
}

impl Record {
    /// How many of the keys this record names, where it is about the part at their end.
    fn covers(&self, keys: &[String]) -> Option<usize> {
        let mut length = 0;
        for token in self.pointer.split('/').skip(1) {
            let key = keys.get(length)?;
            let is_same = if token.contains('~') { unescaped(token) == *key } else { token == key };
            if !is_same {
                return None;
            }
            length += 1;
        }
        Some(length)
    }
}

/// The JSON Pointer of `key` below `pointer`.
#[must_use]
pub fn pointer(pointer: &str, key: &str) -> String {
    let mut joined = String::with_capacity(pointer.len() + key.len() + 4);
    joined.push_str(pointer);
    joined.push('/');
    for part in key.split_inclusive(['~', '/']) {
        match part.strip_suffix(['~', '/']) {
            Some(plain) => joined.extend([plain, if part.ends_with('~') { "~0" } else { "~1" }]),
            None => joined.push_str(part),
        }
    }
    joined
}

fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::{Origin, Origins, pointer};

    fn of(origins: &Origins, keys: &[&str]) -> String {
        origins.of(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_longest_pointer_wins_and_the_last_of_equal_ones() {
        let service = Origin::from("services.postgres");
        let mut origins = Origins::new(&service);
        origins.record("/primary", service.at("values.primary"));
        origins.record("/primary/resources", service.at("resources"));
        origins.record("/primary/resources", service.at("size"));
        assert_eq!(of(&origins, &["primary", "resources", "limits"]), "services.postgres.size");
        assert_eq!(of(&origins, &["primary", "pdb"]), "services.postgres.values.primary");
        assert_eq!(of(&origins, &["primaries"]), "services.postgres");
        assert_eq!(of(&origins, &[]), "services.postgres");
    }

    #[test]
    fn a_copy_goes_on_below() {
        let mut origins = Origins::new("services.postgres");
        origins.record_copy("/primary", Origin::from("services.postgres").at("values.primary"));
        assert_eq!(
            of(&origins, &["primary", "sidecars", "0", "env", "1", "value"]),
            "services.postgres.values.primary.sidecars[0].env[1].value"
        );
        assert_eq!(of(&origins, &["primary", "labels", "a.b/c"]), "services.postgres.values.primary.labels[\"a.b/c\"]");
    }

    #[test]
    fn keys_with_slashes_are_escaped() {
        let mut origins = Origins::new("namespace");
        origins.record(pointer("/metadata/labels", "a.b/c~d"), Origin::fixed("namespace.podSecurity"));
        assert_eq!(of(&origins, &["metadata", "labels", "a.b/c~d"]), "namespace.podSecurity");
        assert_eq!(of(&origins, &["metadata", "labels", "a.b"]), "namespace");
    }
}
