//! What a tree was: on disk, or at a revision of Git.

use std::{collections::BTreeMap, path::Path};

use super::{
    Trouble,
    pipeline::{Compiled, TREES, Workspace, folder},
};
use crate::{
    process::{Commit, Entry, Git, GitError},
    schema::closest,
    tree::{FileTree, LOCK, Limits, Lock, ReadReason, read_file},
};

/// What gen wrote and what it would write, as it stands on disk; `None` where there is no folder. Other files are none of
/// its business.
pub(super) fn on_disk(workspace: &Workspace, compiled: &Compiled) -> Result<Option<FileTree>, Trouble> {
    let folder = folder(&compiled.environment.name);
    let limits = Limits::default();
    let read = |path: &str| match read_file(&workspace.root, path, &limits) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.reason, ReadReason::Missing | ReadReason::NotAFolder | ReadReason::Folder) => {
            Ok(None)
        }
        Err(error) => Err(error),
    };
    if !workspace.tree(&compiled.environment.name).is_dir() {
        return Ok(None);
    }
    let lock = read(&format!("{folder}/{LOCK}"))?.and_then(|bytes| Lock::parse(&bytes).ok());
    let mut tree = FileTree::new();
    match &lock {
        Some(lock) => {
            let rendered = compiled.rendered.tree.iter().map(|(path, _)| path);
            let gone = lock.paths().filter(|path| compiled.rendered.tree.get(path).is_none());
            for path in rendered.chain(gone) {
                if let Some(bytes) = read(&format!("{folder}/{path}"))? {
                    tree.insert(path, bytes)?;
                }
            }
        }
        // Nothing tells gen's files from others.
        None => {
            for (path, bytes) in FileTree::read(&workspace.root, &folder, &limits)?.iter() {
                if let Some(path) = path.strip_prefix(&format!("{folder}/")).filter(|path| *path != LOCK) {
                    tree.insert(path, bytes)?;
                }
            }
        }
    }
    Ok(Some(tree))
}

/// A revision of the repository around a folder.
pub(super) struct Revision {
    git: Git,
    commit: Commit,
    name: String,
}

/// A file of a revision: its path relative to the folder, its bytes where it is not too large.
type File = (String, Option<Vec<u8>>);

impl Revision {
    /// # Errors
    /// When the folder is in no repository, or the revision names no commit that is there.
    pub(super) fn open(folder: &Path, name: &str) -> Result<Revision, Trouble> {
        let git = Git::open(folder)?;
        let commit = git.commit(name).map_err(|error| missing(&git, name, error))?;
        Ok(Revision { git, commit, name: name.to_owned() })
    }

    /// The plain files at `path`, a file or a folder, for which `is_wanted` holds.
    pub(super) fn files(
        &self,
        path: &str,
        is_wanted: &dyn Fn(&str) -> bool,
        limits: &Limits,
    ) -> Result<Vec<File>, Trouble> {
        let mut entries = self.git.files(&self.commit, path)?;
        entries.retain(|entry| is_wanted(&entry.path));
        if entries.len() > limits.files {
            return Err(Trouble(format!("{path} at `{}` holds more than {} files", self.name, limits.files)));
        }
        let (small, large): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| entry.size <= limits.file_size);
        let contents = self.git.contents(&small)?;
        let files = small.into_iter().zip(contents.into_iter().map(Some));
        let files = files.chain(large.into_iter().map(|entry| (entry, None)));
        Ok(files.map(|(entry, bytes)| (entry.path, bytes)).collect())
    }
}

/// The trees of a revision: by environment the files with their bytes, none where a file is too large.
pub(super) struct Committed {
    revision: String,
    trees: BTreeMap<String, BTreeMap<String, Option<Vec<u8>>>>,
}

impl Committed {
    pub(super) fn read(workspace: &Workspace, revision: &str) -> Result<Committed, Trouble> {
        let files = Revision::open(&workspace.root, revision)?.files(TREES, &|_| true, &Limits::default())?;
        let mut trees: BTreeMap<String, BTreeMap<String, Option<Vec<u8>>>> = BTreeMap::new();
        for (path, bytes) in files {
            let parts = path.strip_prefix(&format!("{TREES}/")).and_then(|path| path.split_once('/'));
            if let Some((environment, path)) = parts {
                trees.entry(environment.to_owned()).or_default().insert(path.to_owned(), bytes);
            }
        }
        Ok(Committed { revision: revision.to_owned(), trees })
    }

    /// The environments with a folder of trees.
    pub(super) fn environments(&self) -> impl Iterator<Item = &String> {
        self.trees.keys()
    }

    pub(super) fn is_of_gen(&self, environment: &str) -> bool {
        self.trees.get(environment).is_some_and(|files| files.contains_key(LOCK))
    }

    /// What gen wrote for an environment; `None` where the revision has no folder of it.
    pub(super) fn tree(&self, environment: &str) -> Result<Option<FileTree>, Trouble> {
        let Some(files) = self.trees.get(environment) else { return Ok(None) };
        let place = format!("{} at `{}`", folder(environment), self.revision);
        let lock = match files.get(LOCK) {
            Some(Some(bytes)) => Lock::parse(bytes).map_err(|error| Trouble(format!("{LOCK} of {place}: {error}")))?,
            _ => return Err(Trouble(format!("{place} was not written by gen: it has no {LOCK}"))),
        };
        let mut tree = FileTree::new();
        for path in lock.paths() {
            match files.get(path) {
                Some(Some(bytes)) => tree.insert(path, bytes.as_slice())?,
                Some(None) => {
                    let limit = Limits::default().file_size;
                    return Err(Trouble(format!("{path} of {place} is larger than {limit} bytes")));
                }
                None => {}
            }
        }
        Ok(Some(tree))
    }
}

/// Why a revision names no commit, and what may have been meant.
fn missing(git: &Git, revision: &str, error: GitError) -> Trouble {
    let GitError::NoCommit { is_shallow } = error else { return error.into() };
    let mut names = git.names().unwrap_or_default();
    names.push("HEAD".to_owned());
    let remote = names.iter().find(|name| name.ends_with(&format!("/{revision}"))).map(String::as_str);
    let meant = match remote.or_else(|| closest(revision, names.iter().map(String::as_str))) {
        Some(meant) => format!(": did you mean `{meant}`?"),
        None => String::new(),
    };
    Trouble(if is_shallow {
        format!(
            "there is no commit `{revision}` in this shallow clone{meant}\nfetch the whole history: `fetch-depth: 0` for \
             actions/checkout, `git fetch --unshallow` elsewhere"
        )
    } else {
        format!("there is no commit `{revision}`{meant}")
    })
}
