//! Files that stand on no disk, such as those in Git's index, read and surveyed as a folder would be.

use std::collections::{BTreeMap, BTreeSet};

use rustix::fs::Stat;

use super::disk::{IoError, Kind, Walk};
use super::read::{Limits, ReadError, ReadReason};
use super::survey::{Standing, Survey, inspect};
use super::{FileTree, ancestors};

/// How many symbolic links may lead to each other.
const MOST_LINKS: usize = 40;

/// The files of a repository at one moment, by their paths from its root.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// `None` where a file is too large to be read.
    files: BTreeMap<String, Option<Vec<u8>>>,
    /// Symbolic links, with what they say.
    links: BTreeMap<String, String>,
    others: BTreeSet<String>,
}

impl Snapshot {
    /// Adds a file; `None` for one that is larger than any that gen reads.
    pub fn file(&mut self, path: impl Into<String>, bytes: Option<Vec<u8>>) {
        self.files.insert(path.into(), bytes);
    }

    /// Adds a symbolic link to `target`.
    pub fn link(&mut self, path: impl Into<String>, target: impl Into<String>) {
        self.links.insert(path.into(), target.into());
    }

    /// Adds something that is neither a file nor a link.
    pub fn other(&mut self, path: impl Into<String>) {
        self.others.insert(path.into());
    }

    /// What [`FileTree::read`] gives for a disk with these files.
    ///
    /// # Errors
    /// As there.
    pub fn read(&self, folder: &str, limits: &Limits) -> Result<FileTree, ReadError> {
        let mut tree = FileTree::new();
        let real = self.real(folder)?;
        if !self.is_folder(&real) {
            return Err(refused(folder, ReadReason::Missing));
        }
        self.collect(&real, folder, limits, limits.depth, &mut tree)?;
        Ok(tree)
    }

    /// What [`read_file`](super::read_file) gives for a disk with these files.
    ///
    /// # Errors
    /// As there.
    pub fn read_file(&self, path: &str, limits: &Limits) -> Result<Vec<u8>, ReadError> {
        let real = self.real(path)?;
        match self.files.get(&real) {
            Some(Some(bytes)) if bytes.len() as u64 <= limits.file_size => Ok(bytes.clone()),
            Some(_) => Err(refused(path, ReadReason::TooLarge(limits.file_size))),
            None if self.is_folder(&real) => Err(refused(path, ReadReason::Folder)),
            None if self.others.contains(&real) => Err(refused(path, ReadReason::Special)),
            None => Err(refused(path, ReadReason::Missing)),
        }
    }

    /// Compares the folder `folder` with `rendered`, as [`survey`](super::survey()) does with one on disk.
    ///
    /// # Errors
    /// Never for what is in memory.
    pub fn survey(&self, rendered: &FileTree, folder: &str) -> Result<Survey, IoError> {
        let side = Side { snapshot: self, prefix: format!("{folder}/") };
        let exists = self.is_folder(folder);
        inspect(rendered, exists.then_some(&side as &dyn Standing)).map(|found| found.survey)
    }

    /// Every file below `folder`, hidden ones too, as far as it can be read.
    #[must_use]
    pub fn below(&self, folder: &str) -> FileTree {
        let mut tree = FileTree::new();
        for (path, bytes) in below(&self.files, folder) {
            if let Some(bytes) = bytes {
                // A name that no tree of gen's has is no file of gen's.
                let _ = tree.insert(path.as_str(), bytes.as_slice());
            }
        }
        tree
    }

    fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || below(&self.files, path).next().is_some() || below(&self.links, path).next().is_some()
    }

    /// The path without symbolic links on the way.
    fn real(&self, path: &str) -> Result<String, ReadError> {
        let mut real = path.trim_matches('/').to_owned();
        for _ in 0..MOST_LINKS {
            let whole = ancestors(&real).chain([real.as_str()]).find_map(|part| Some((part, self.links.get(part)?)));
            let Some((link, target)) = whole else { return Ok(real) };
            let rest = &real[link.len()..];
            let folder = link.rfind('/').map_or("", |slash| &link[..slash]);
            real = joined(folder, &format!("{target}{rest}")).ok_or_else(|| refused(path, ReadReason::Outside))?;
        }
        Err(refused(path, ReadReason::TooDeep(MOST_LINKS)))
    }

    fn collect(
        &self,
        real: &str,
        shown: &str,
        limits: &Limits,
        depth: usize,
        tree: &mut FileTree,
    ) -> Result<(), ReadError> {
        let deeper = depth.checked_sub(1).ok_or_else(|| refused(shown, ReadReason::TooDeep(limits.depth)))?;
        let is_hidden = |rest: &str| rest.split('/').any(|part| part.starts_with('.'));
        for (path, _) in below(&self.files, real) {
            let rest = &path[real.len() + 1..];
            if is_hidden(rest) {
                continue;
            }
            let shown = format!("{shown}/{rest}");
            if tree.len() == limits.files {
                return Err(refused(&shown, ReadReason::TooMany(limits.files)));
            }
            let bytes = self.read_file(path, limits).map_err(|error| refused(&shown, error.reason))?;
            // What Git holds can have names that no tree of gen's has.
            let _ = tree.insert(shown, bytes);
        }
        for (path, _) in below(&self.links, real) {
            let rest = &path[real.len() + 1..];
            if is_hidden(rest) {
                continue;
            }
            let shown = format!("{shown}/{rest}");
            let target = self.real(path).map_err(|error| refused(&shown, error.reason))?;
            if self.is_folder(&target) {
                self.collect(&target, &shown, limits, deeper, tree)?;
            } else {
                let bytes = self.read_file(&target, limits).map_err(|error| refused(&shown, error.reason))?;
                let _ = tree.insert(shown, bytes);
            }
        }
        Ok(())
    }
}

/// A folder of a snapshot.
struct Side<'a> {
    snapshot: &'a Snapshot,
    /// The folder, with a slash at its end.
    prefix: String,
}

impl Side<'_> {
    fn bytes(&self, path: &[u8]) -> Option<&Vec<u8>> {
        let path = format!("{}{}", self.prefix, std::str::from_utf8(path).ok()?);
        self.snapshot.files.get(&path)?.as_ref()
    }
}

impl Standing for Side<'_> {
    fn walk(&self) -> Result<Walk, IoError> {
        let folder = &self.prefix[..self.prefix.len() - 1];
        let relative = |path: &String| path.as_bytes()[self.prefix.len()..].to_vec();
        let files = below(&self.snapshot.files, folder).map(|(path, _)| (relative(path), Kind::File));
        let links = below(&self.snapshot.links, folder).map(|(path, _)| (relative(path), Kind::Link));
        let others = self.snapshot.others.iter().filter(|path| path.starts_with(&self.prefix));
        let mut leaves: Vec<(Vec<u8>, Kind)> =
            files.chain(links).chain(others.map(|path| (relative(path), Kind::Special))).collect();
        leaves.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        Ok(Walk { leaves, folders: Vec::new() })
    }

    fn holds(&self, path: &[u8], expected: &[u8], _: &mut Vec<u8>) -> Result<bool, IoError> {
        Ok(self.bytes(path).is_some_and(|bytes| bytes == expected))
    }

    fn load(&self, path: &[u8]) -> Result<(Option<Stat>, Option<Vec<u8>>), IoError> {
        Ok((None, self.bytes(path).cloned()))
    }
}

/// The entries below the folder `folder`.
fn below<'a, T>(entries: &'a BTreeMap<String, T>, folder: &str) -> impl Iterator<Item = (&'a String, &'a T)> {
    let prefix = format!("{folder}/");
    entries.range(prefix.clone()..).take_while(move |(path, _)| path.starts_with(&prefix))
}

/// `path` from `folder`, without `.` and `..`; `None` where it leads out of the root.
fn joined(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn refused(path: &str, reason: ReadReason) -> ReadError {
    ReadError { path: if path.is_empty() { ".".to_owned() } else { path.to_owned() }, reason }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
