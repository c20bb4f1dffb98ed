//! Things in namespaces by one label: who looks for what a selector selects need not look at all of them.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use serde_json::Value as Json;

/// Numbers of things, by namespace and label.
#[derive(Default)]
pub(in crate::view) struct Index {
    lists: HashMap<u64, Vec<usize>>,
}

/// A label; none for what has no label that tells.
type Pair<'p> = Option<(&'p str, &'p str)>;

impl Index {
    /// Notes that the thing `number` has that label. One without a namespace may stand in any.
    pub(in crate::view) fn insert(&mut self, namespace: &str, pair: Pair<'_>, number: usize) {
        for mark in [mark(Some(namespace), pair), mark(None, pair)] {
            self.lists.entry(mark).or_default().push(number);
        }
    }

    /// The things in `namespace` that have that label, and perhaps a few others.
    pub(in crate::view) fn get(&self, namespace: &str, pair: Pair<'_>) -> impl Iterator<Item = usize> {
        let marks = match namespace {
            "" => [Some(mark(None, pair)), None],
            _ => [Some(mark(Some(namespace), pair)), Some(mark(Some(""), pair))],
        };
        marks.into_iter().flatten().flat_map(|mark| self.lists.get(&mark).into_iter().flatten().copied())
    }
}

fn mark(namespace: Option<&str>, pair: Pair<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (namespace, pair).hash(&mut hasher);
    hasher.finish()
}

/// The label of a `matchLabels` that tells most: the instance before the name before any other.
pub(in crate::view) fn pair_of(labels: Option<&Json>) -> Pair<'_> {
    let map = labels.and_then(Json::as_object)?;
    let named = ["app.kubernetes.io/instance", "app.kubernetes.io/name"].into_iter();
    let told = named.filter_map(|key| map.get_key_value(key)).chain(map.iter());
    told.into_iter().find_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}
