//! The I/O ends of the program: a [`FileTree`] is a folder in memory. It is read from disk ([`FileTree::read`]), compared
//! with what stands in `gitops/<env>/` ([`survey()`], or on no disk: [`Snapshot`]) and written there in one step ([`sync()`]). Sealed files and keys are written one
//! by one ([`write_file`]).
//!
//! What holds for a synced folder: it is exactly the old or exactly the new tree at every moment, files `gen` did not
//! write are never touched, and `gen.lock` lists the ones it did write.

mod disk;
mod leftover;
mod lock;
mod read;
mod scratch;
mod snapshot;
mod stage;
mod survey;
mod sync;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound;

pub use disk::IoError;
pub use lock::{Digest, LOCK, Lock, LockError};
pub use read::{Limits, ReadError, ReadReason, read_file};
pub use scratch::{Scratch, ScratchError};
pub use snapshot::Snapshot;
pub use survey::{Obstacle, State, Survey, survey};
pub use sync::{Report, SyncError, sync};
pub use write::{Access, WriteError, write_file};

/// Files by path: relative, `/` between the parts, sorted, each written once.
#[derive(Clone, Debug, Default)]
pub struct FileTree {
    files: BTreeMap<String, Vec<u8>>,
    /// What stands there too and was not read, links to folders among it.
    passed_over: BTreeSet<String>,
    /// The folders that were looked through: what is neither read nor passed over below them does not exist.
    covered: Vec<String>,
}

/// Trees of the same files are equal, however they were come by.
impl PartialEq for FileTree {
    fn eq(&self, other: &FileTree) -> bool {
        self.files == other.files
    }
}

impl Eq for FileTree {}

impl FileTree {
    /// An empty tree.
    #[must_use]
    pub fn new() -> Self {
        FileTree::default()
    }

    /// Adds a file.
    ///
    /// # Errors
    /// When the path is taken, is needed as a folder or lies below a file, or is no plain relative path.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Result<(), InsertError> {
        let path = path.into();
        if let Some(reason) = path_problem(&path) {
            return Err(InsertError::BadPath { path, reason });
        }
        if self.files.contains_key(&path) {
            return Err(InsertError::Duplicate(path));
        }
        let around = ancestors(&path).find(|ancestor| self.files.contains_key(*ancestor)).map(str::to_owned);
        if let Some(file) = around {
            return Err(InsertError::Clash { file, below: path });
        }
        let below = self.below(&path).next().map(str::to_owned);
        if let Some(below) = below {
            return Err(InsertError::Clash { file: path, below });
        }
        self.files.insert(path, bytes.into());
        Ok(())
    }

    /// A tree that is only looked at: a path may lead anywhere.
    #[must_use]
    pub fn of_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> FileTree {
        FileTree { files: files.into_iter().collect(), ..FileTree::default() }
    }

    /// Adds the files of another tree; what stands at the same path is the same file.
    pub fn join(&mut self, other: FileTree) {
        self.files.extend(other.files);
        self.passed_over.extend(other.passed_over);
        self.covered.extend(other.covered);
    }

    /// Every file that is known to be there, also those that were not read. Links to folders count as files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().chain(&self.passed_over).map(String::as_str)
    }

    /// The folders that were looked through; the empty path is the tree itself.
    #[must_use]
    pub fn covered(&self) -> &[String] {
        &self.covered
    }

    /// The bytes of the file at `path`.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// Every file with its bytes, in the order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// Keeps the files that `keep` wants, by their paths.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        let passed_over = &mut self.passed_over;
        self.files.retain(|path, _| keep(path) || !passed_over.insert(path.clone()));
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The paths below the folder `folder`.
    fn below<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a str> {
        let prefix = format!("{folder}/");
        let from = self.files.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        from.map(|(path, _)| path.as_str()).take_while(move |path| path.starts_with(&prefix))
    }
}

/// Why a file does not fit into a [`FileTree`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InsertError {
    /// Two files want the same path.
    Duplicate(String),
    /// `file` is a file, so nothing can stand at `below`.
    Clash {
        /// The path that is a file.
        file: String,
        /// The path that needs it to be a folder.
        below: String,
    },
    /// The path is no plain relative path.
    BadPath {
        /// The path as given.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl fmt::Display for InsertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InsertError::Duplicate(path) => write!(f, "two files want the path {path}"),
            InsertError::Clash { file, below } => write!(f, "{file} is a file, so {below} cannot stand below it"),
            InsertError::BadPath { path, reason } => write!(f, "the path {path:?} {reason}"),
        }
    }
}

impl std::error::Error for InsertError {}

/// What keeps `path` from being a path in a tree: these paths are joined to folders and written to `gen.lock` line by line.
fn path_problem(path: &str) -> Option<&'static str> {
    if path.split('/').next() == Some(LOCK) {
        Some("is the lock's own")
    } else if path.starts_with('/') {
        Some("is absolute")
    } else if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        Some("has an empty, `.` or `..` part")
    } else if path.chars().any(|c| c.is_control() || c == '\\') {
        Some("has a control character or a backslash")
    } else if path.split('/').any(|part| part.len() > 255) {
        Some("has a part of more than 255 bytes")
    } else {
        None
    }
}

/// The folders that `path` lies in, outermost first.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

/// Whether gen treats `path` as a sealed file: one that nobody can make again without a key.
fn is_sealed(path: &str) -> bool {
    path.ends_with(".sops.yaml")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{FileTree, InsertError};

    #[test]
    fn a_path_is_written_once() {
        let mut tree = FileTree::new();
        tree.insert("a/b", "one").unwrap();
        assert_eq!(tree.insert("a/b", "two"), Err(InsertError::Duplicate("a/b".into())));
        assert_eq!(tree.get("a/b"), Some(b"one".as_slice()));
    }

    #[test]
    fn a_file_is_no_folder() {
        let mut tree = FileTree::new();
        tree.insert("a/b", "").unwrap();
        tree.insert("a-b", "").unwrap();
        let clash = |file: &str, below: &str| Err(InsertError::Clash { file: file.into(), below: below.into() });
        assert_eq!(tree.insert("a", ""), clash("a", "a/b"));
        assert_eq!(tree.insert("a/b/c/d", ""), clash("a/b", "a/b/c/d"));
        tree.insert("a/bc", "").unwrap();
        assert_eq!(tree.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["a-b", "a/b", "a/bc"]);
    }

    #[test]
    fn only_plain_relative_paths_fit() {
        let mut tree = FileTree::new();
        let long = "x".repeat(256);
        for path in ["", "/a", "a/", "a//b", ".", "../a", "a/../b", "a\nb", "a\\b", "gen.lock", "gen.lock/a", &long] {
            assert!(matches!(tree.insert(path, ""), Err(InsertError::BadPath { .. })), "{path:?}");
        }
        tree.insert("a/gen.lock", "").unwrap();
        assert_eq!(tree.len(), 1);
    }
}
