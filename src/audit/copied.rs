//! Sealed values that stand twice: a seal holds at one path of one file, and nobody seals a text twice in the same way.

use std::collections::HashMap;

use rayon::prelude::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::{
    TAMPERED,
    facts::{Facts, Leaf},
};
use crate::{
    diagnostic::{Finding, Location},
    yaml::Mark,
};

/// The files that share an initialisation vector with another, or have one twice: all others need not be read. gen and sops write a
/// sealed value on one line; whoever breaks one over lines to hide it gets a value that opens nowhere.
#[must_use]
pub fn suspects<'a>(files: &[(&'a str, &'a [u8])]) -> Vec<(&'a str, &'a [u8])> {
    const IV: &[u8] = b",iv:";
    const LENGTH: usize = 44; // 32 bytes in base64
    let vectors = |bytes: &'a [u8]| {
        let starts = bytes.windows(IV.len()).enumerate().filter(|(_, window)| *window == IV);
        starts.filter_map(|(at, _)| bytes.get(at + IV.len()..at + IV.len() + LENGTH)).collect::<Vec<_>>()
    };
    let vectors: Vec<Vec<&[u8]>> = files.par_iter().map(|(_, bytes)| vectors(bytes)).collect();
    let mut first: HashMap<&[u8], usize> = HashMap::new();
    let mut is_suspect = vec![false; files.len()];
    for (file, vectors) in vectors.into_iter().enumerate() {
        for vector in vectors {
            if let Some(other) = first.insert(vector, file) {
                is_suspect[other] = true;
                is_suspect[file] = true;
            }
        }
    }
    files.iter().zip(is_suspect).filter(|(_, is)| *is).map(|(file, _)| *file).collect()
}

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
