//! Keys of a map: what can be one, duplicates, and what merge keys bring in.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::diagnostic::Finding;

use super::budget::MOST_FINDINGS;
use super::node::{Entry, Mark, Node, Value};
use super::refusal::Refusal;
use super::{Dialect, resolve};

/// A key that waits for its value.
pub(super) struct Key {
    pub(super) text: String,
    pub(super) mark: Mark,
    /// What to do with the value.
    pub(super) kind: KeyKind,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum KeyKind {
    /// Store it under the text.
    Plain,
    /// Take its entries.
    Merge,
    /// Drop it: a finding says why.
    Refused,
}

impl Key {
    /// The key that a node is. `sigs.k8s.io/yaml` turns numbers and booleans into text; null, lists and maps are refused.
    pub(super) fn of(node: Node, dialect: Dialect) -> Self {
        let text = match node.value {
            Value::String(text) => Some(text),
            Value::Bool(value) if dialect == Dialect::Manifest => Some(value.to_string()),
            Value::Number(number) if dialect == Dialect::Manifest => Some(resolve::number_key(&number)),
            _ => None,
        };
        let kind = if text.is_some() { KeyKind::Plain } else { KeyKind::Refused };
        Key { text: text.unwrap_or_default(), mark: node.mark, kind }
    }
}

/// The entries of a map that a merge key brought in.
#[derive(Default)]
pub(super) struct Merged {
    range: Range<usize>,
    seen: bool,
}

impl Merged {
    /// Appends the entries of a merge key's value: a map, or a list of maps of which the first wins.
    pub(super) fn take(&mut self, entries: &mut Vec<Entry>, node: Node) -> Result<(), Refusal> {
        if std::mem::replace(&mut self.seen, true) {
            let message = "a map has one merge key at most";
            return Err(Refusal::new("duplicate-key", message, "write `<<: [*one, *two]`"));
        }
        let maps = match node.value {
            Value::Sequence(items) => items,
            value => vec![Node { mark: node.mark, value }],
        };
        let start = entries.len();
        let mut known = HashSet::new();
        for map in maps {
            let Value::Mapping(more) = map.value else {
                let message = "a merge key takes a map or a list of maps";
                return Err(Refusal::new("merge-key", message, "write `<<: *anchor`"));
            };
            entries.extend(more.into_iter().filter(|entry| known.insert(entry.key.clone())));
        }
        self.range = start..entries.len();
        Ok(())
    }
}

/// The entries with unique keys: what stands below a merge key replaces what it brought in.
pub(super) fn finish(mut entries: Vec<Entry>, merged: &Merged, name: &str, findings: &mut Vec<Finding>) -> Vec<Entry> {
    if merged.range.is_empty() {
        report_duplicates(&[&entries], name, findings);
        return entries;
    }
    let own = entries.split_off(merged.range.end);
    let mut brought = entries.split_off(merged.range.start);
    report_duplicates(&[&entries, &own], name, findings);
    let places: HashMap<String, usize> =
        brought.iter().enumerate().map(|(at, entry)| (entry.key.clone(), at)).collect();
    for entry in entries.iter().filter(|entry| places.contains_key(&entry.key)).take(MOST_FINDINGS) {
        // go-yaml v2 lets the merge key win, go-yaml v3 and PyYAML the key above it.
        let key = shown(&entry.key);
        let message = format!("`{key}` stands above the `<<` that brings it too, and readers differ on which one wins");
        let finding = Finding::error("merge-key", entry.key_mark.location(name), message);
        findings.push(finding.help("write the `<<` as the first key of the map"));
    }
    let mut rest = Vec::new();
    for entry in own {
        match places.get(&entry.key) {
            Some(&at) => brought[at] = entry,
            None => rest.push(entry),
        }
    }
    entries.into_iter().chain(brought).chain(rest).collect()
}

fn report_duplicates(parts: &[&[Entry]], name: &str, findings: &mut Vec<Finding>) {
    let mut report = |first: &Entry, second: &Entry| {
        if findings.len() >= MOST_FINDINGS {
            return;
        }
        let message = format!("the key `{}` is already set in line {}", shown(&second.key), first.key_mark.line);
        let finding = Finding::error("duplicate-key", second.key_mark.location(name), message);
        findings.push(finding.help("keep one of the two"));
    };
    // Most maps are small, and then comparing all pairs is faster than hashing.
    if let [entries] = parts
        && entries.len() <= 12
    {
        for (index, entry) in entries.iter().enumerate() {
            if let Some(first) = entries[..index].iter().find(|known| known.key == entry.key) {
                report(first, entry);
            }
        }
        return;
    }
    let mut known: HashMap<&str, &Entry> = HashMap::new();
    for entry in parts.iter().copied().flatten() {
        match known.get(entry.key.as_str()) {
            Some(first) => report(first, entry),
            None => {
                known.insert(&entry.key, entry);
            }
        }
    }
}

/// A key as a message can hold it: one line, and not endless.
fn shown(key: &str) -> String {
    let mut shown: String = key.chars().take(60).flat_map(char::escape_debug).collect();
    if key.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}
