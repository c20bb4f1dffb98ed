//! Where two documents differ.

use std::collections::BTreeSet;

use crate::yaml::{Dialect, FileId, Node, Source, Value, parse};

/// The first document of a generated file.
pub(super) fn document(bytes: &[u8]) -> Option<Node> {
    parse(Source { id: FileId(0), name: "", bytes }, Dialect::Manifest).ok()?.into_iter().next()
}

/// The paths of the leaves that differ.
pub(super) fn differences(before: &Node, after: &Node) -> Vec<Vec<String>> {
    let below = |key: &str, old: Option<&Node>, new: Option<&Node>| match (old, new) {
        (Some(old), Some(new)) => differences(old, new).into_iter().map(|rest| prepend(key, rest)).collect(),
        _ => vec![vec![key.to_owned()]],
    };
    match (&before.value, &after.value) {
        (Value::Mapping(old), Value::Mapping(new)) => {
            let keys: BTreeSet<&str> = new.iter().chain(old).map(|entry| entry.key.as_str()).collect();
            keys.into_iter().flat_map(|key| below(key, before.get(key), after.get(key))).collect()
        }
        (Value::Sequence(old), Value::Sequence(new)) if old.len() == new.len() => {
            let pairs = old.iter().zip(new).enumerate();
            pairs.flat_map(|(index, (old, new))| below(&index.to_string(), Some(old), Some(new))).collect()
        }
        // What is gone from a list says nothing about the places that the rest of it came from.
        (Value::Sequence(old), Value::Sequence(new)) => {
            let old: Vec<_> = old.iter().map(Node::to_json).collect();
            let is_new = |(_, item): &(usize, &Node)| !old.contains(&item.to_json());
            new.iter().enumerate().filter(is_new).map(|(index, _)| vec![index.to_string()]).collect()
        }
        (old, new) if old != new => vec![Vec::new()],
        _ => Vec::new(),
    }
}

fn prepend(key: &str, mut below: Vec<String>) -> Vec<String> {
    below.insert(0, key.to_owned());
    below
}
