//! Sealed values that stand twice: a seal holds at one path of one file, and nobody seals a text twice in the same way.

use std::collections::HashMap;

use super::{
    TAMPERED,
    facts::{Facts, Leaf},
};
use crate::{
    diagnostic::{Finding, Location},
    yaml::Mark,
};

/// Sealed values of these files that stand in one of them twice, or in two of them. The files are the sources of environments:
/// copies below `gitops/` are no such files.
#[must_use]
pub fn findings(files: &[Facts]) -> Vec<Finding> {
    let mut seen: HashMap<&str, (&Facts, &str, &Leaf)> = HashMap::new();
    let mut found = Vec::new();
    for facts in files {
        let mut shares = None;
        for (path, leaf) in &facts.sealed {
            let Some((other, from, first)) = seen.get(leaf.text.as_str()) else {
                seen.insert(&leaf.text, (facts, path, leaf));
                continue;
            };
            let is_same_file = std::ptr::eq(*other, facts);
            // Items of one list share a path, and sops may seal equal ones alike.
            if is_same_file && first.bound_to == leaf.bound_to {
                continue;
            }
            // A file that was copied has its data key: its values open there too, and what was changed since has a MAC of its own.
            if !is_same_file && first.bound_to == leaf.bound_to {
                shares = Some(*other);
                continue;
            }
            let from = if is_same_file { format!("`{from}`") } else { format!("`{from}` of {}", other.file) };
            let message = format!("`{path}` is a copy of the sealed value at {from}, and opens only there");
            let help = format!("set the value with `gen secret edit {0}` or `sops edit {0}`", facts.file);
            found.push(Finding::error(TAMPERED, place(facts, leaf.mark), message).help(help).at(path.as_str()));
        }
        if let Some(other) = shares {
            let message = format!(
                "this file holds sealed values of {}: it was copied, and who can open one reads both",
                other.file
            );
            let help = "give each Secret values of its own: `gen secret rotate` makes new ones, and `gen secret rekey --new-key` a new data key";
            found.push(Finding::warning("copied-secret", place(facts, facts.mac_mark), message).help(help));
        }
    }
    found
}

fn place(facts: &Facts, mark: Mark) -> Location {
    Location::new(facts.file.as_str(), mark.line, mark.column)
}
