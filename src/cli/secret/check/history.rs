//! Sealed files against an earlier commit.

use std::collections::BTreeMap;

use rayon::prelude::{IntoParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _};

use super::{File, LIMITS, Trouble};
use crate::{
    audit::{
        Facts,
        history::{self, Version},
    },
    cli::pipeline::find_root,
    diagnostic::Finding,
    process::{Change, Git, GitError},
    sops::is_sealed_name,
};

/// How many commits back an old value is looked for.
const MOST_COMMITS: usize = 1000;

/// What was done to the files since `revision`, and how many of them it has.
pub(super) fn findings(files: &[&File], revision: &str) -> Result<(Vec<Finding>, usize), Trouble> {
    let here = find_root().or_else(|_| std::env::current_dir().map_err(Trouble::from))?;
    let git = Git::open(&here)?;
    let commit = git.commit(revision).map_err(|error| match error {
        GitError::NoCommit { .. } => Trouble(format!("{error}: `{revision}`")),
        error => Trouble::from(error),
    })?;
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    // The commit's own files first: a file may have had another name.
    let entries: Vec<_> = git
        .files(&commit, ".")?
        .into_iter()
        .filter(|entry| is_sealed_name(&entry.path) || paths.contains(&entry.path.as_str()))
        .filter(|entry| entry.size <= LIMITS.file_size)
        .collect();
    let contents = git.contents(&entries)?;
    let version = |path: &str, commit: &str, bytes: &[u8]| {
        Some(Version { commit: commit.to_owned(), facts: Facts::read(path, bytes)? })
    };
    let old: Vec<_> = entries.into_iter().zip(contents).collect();
    let old: Vec<Version> =
        old.into_par_iter().filter_map(|(entry, bytes)| version(&entry.path, revision, &bytes)).collect();
    // A command line holds so much.
    let below: &[&str] = if paths.len() > 200 { &["."] } else { &paths };
    let changes: Vec<Change> = if paths.is_empty() { Vec::new() } else { git.history(&commit, below, MOST_COMMITS)? };
    let contents = git.contents(&changes.iter().map(|change| change.entry.clone()).collect::<Vec<_>>())?;
    let mut older: BTreeMap<String, Vec<Version>> = BTreeMap::new();
    for (change, bytes) in changes.iter().zip(contents) {
        let list = older.entry(change.entry.path.clone()).or_default();
        list.extend(version(&change.entry.path, &change.commit, &bytes));
    }
    let results: Vec<Option<Vec<Finding>>> = files
        .par_iter()
        .map(|file| {
            let now = Facts::read(&file.path, &file.bytes)?;
            let same = old.iter().find(|version| version.facts.file == file.path);
            let before = same.or_else(|| old.iter().find(|version| version.facts.has_mac_of(&now)))?;
            Some(history::findings(&now, before, older.get(&file.path).map(Vec::as_slice).unwrap_or_default()))
        })
        .collect();
    let compared = results.iter().flatten().count();
    Ok((results.into_iter().flatten().flatten().collect(), compared))
}
