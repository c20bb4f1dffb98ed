//! Keys that a map holds twice.

use std::collections::{HashMap, hash_map};

use super::Entry;
use crate::{diagnostic::Finding, yaml::Mark};

/// One finding for each key that stands in the map already.
pub(super) fn report(entries: &[Entry], name: &str, findings: &mut Vec<Finding>) {
    let pairs = || {
        entries.iter().filter_map(|entry| match entry {
            Entry::Pair { key, mark, .. } => Some((key.as_str(), *mark)),
            Entry::Comment(_) => None,
        })
    };
    let mut report = |first: Mark, second: Mark| {
        let message = format!("this key is already set in line {}", first.line);
        let finding = Finding::error("duplicate-key", second.location(name), message);
        findings.push(finding.help("keep one of the two"));
    };
    // Most maps are small, and then comparing all pairs is faster than hashing.
    if entries.len() <= 12 {
        for (index, (key, mark)) in pairs().enumerate() {
            if let Some((_, first)) = pairs().take(index).find(|(known, _)| *known == key) {
                report(first, mark);
            }
        }
        return;
    }
    let mut known: HashMap<&str, Mark> = HashMap::with_capacity(entries.len());
    for (key, mark) in pairs() {
        match known.entry(key) {
            hash_map::Entry::Occupied(first) => report(*first.get(), mark),
            hash_map::Entry::Vacant(free) => {
                free.insert(mark);
            }
        }
    }
}
