//! Where the files of a repository are read: on disk, or as they are staged for the next commit.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use super::{
    Trouble,
    pipeline::{TREES, folder},
};
use crate::{
    audit,
    diagnostic::{Finding, Location},
    environment::{FOLDER, PROJECT_FILE},
    process::{Entry, GitError, Index, Stage},
    tree::{self, FileTree, IoError, LOCK, Limits, ReadError, ReadReason, Snapshot, Survey},
};

/// The folder of schemas of kinds that gen does not know.
pub(super) const SCHEMAS: &str = "schemas";

/// The files of a repository.
pub(super) enum Ground {
    /// On disk, below the root.
    Disk(PathBuf),
    /// In the index.
    Index(Box<Staged>),
}

/// What the next commit will hold, and what it changes.
pub(super) struct Staged {
    stage: Stage,
    index: Index,
    snapshot: Snapshot,
    /// The files that it changes, adds or removes.
    pub(super) changed: BTreeSet<String>,
}

impl Ground {
    /// Every file below `folder`; names that start with a dot are left out.
    pub(super) fn read(&self, folder: &str) -> Result<FileTree, ReadError> {
        match self {
            Ground::Disk(root) => FileTree::read(root, folder, &Limits::default()),
            Ground::Index(staged) => staged.snapshot.read(folder, &Limits::default()),
        }
    }

    /// The files below `folder` that are `wanted`, if there is such a folder, and what cannot be read of it.
    pub(super) fn gather(
        &self,
        folder: &str,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<(FileTree, Vec<ReadError>), ReadError> {
        match self {
            Ground::Disk(root) if !root.join(folder).is_dir() => Ok(Default::default()),
            Ground::Disk(root) => FileTree::gather(&root.join(folder), folder, wanted, &Limits::default()),
            Ground::Index(staged) => {
                let mut files = staged.snapshot.below(folder);
                files.retain(|path| wanted(path) && !path.split('/').any(|part| part.starts_with('.')));
                Ok((files, Vec::new()))
            }
        }
    }

    /// The file at `path`.
    pub(super) fn file(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match self {
            Ground::Disk(root) => tree::read_file(root, path, &Limits::default()),
            Ground::Index(staged) => staged.file(path),
        }
    }

    /// Compares the folder `folder` with what was rendered for it.
    pub(super) fn survey(&self, rendered: &FileTree, folder: &str) -> Result<Survey, IoError> {
        match self {
            Ground::Disk(root) => tree::survey(rendered, &root.join(folder)),
            Ground::Index(staged) => staged.snapshot.survey(rendered, folder),
        }
    }

    /// The private keys below `folder`, in hidden files too, and without those of `known`.
    pub(super) fn keys(&self, known: &FileTree, folder: &str) -> Vec<Finding> {
        match self {
            Ground::Disk(root) => audit::key::beside(known, &root.join(folder), folder),
            Ground::Index(staged) => {
                let mut files = staged.snapshot.below(folder);
                files.retain(|path| known.get(path).is_none());
                audit::key::of(&files)
            }
        }
    }

    /// The names of the trees that gen wrote.
    pub(super) fn trees(&self) -> io::Result<Vec<String>> {
        let root = match self {
            Ground::Disk(root) => root,
            Ground::Index(staged) => return Ok(staged.trees()),
        };
        let entries = match std::fs::read_dir(root.join(TREES)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') && entry.path().join(LOCK).is_file() {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// Refuses a folder of trees that is a link to somewhere outside the repository.
    pub(super) fn trees_lie_inside(&self) -> Result<(), Trouble> {
        let Ground::Disk(root) = self else { return Ok(()) };
        let trees = root.join(TREES);
        match (trees.canonicalize(), root.canonicalize()) {
            (Ok(trees), Ok(root)) if !trees.starts_with(&root) => Err(Trouble(format!(
                "{TREES} is a symbolic link that leads out of the repository, to {}",
                trees.display()
            ))),
            (Err(_), _) if trees.is_symlink() => Err(Trouble(format!("{TREES} is a symbolic link to nothing"))),
            _ => Ok(()),
        }
    }
}

impl Staged {
    /// Reads what is staged of the inputs below `root`. Of the trees only the names are known before [`Staged::load`].
    pub(super) fn read(root: &Path) -> Result<Staged, GitError> {
        let stage = Stage::open(root)?;
        // Both take their time to start.
        let (index, changed) = std::thread::scope(|scope| {
            let changed = scope.spawn(|| stage.changed());
            let index = stage.index(&[PROJECT_FILE, FOLDER, SCHEMAS, TREES]);
            let changed = changed.join().unwrap_or_else(|_| Err(GitError::Io(io::Error::other("a thread failed"))));
            (index, changed)
        });
        let mut staged =
            Staged { stage, index: index?, snapshot: Snapshot::default(), changed: changed?.into_iter().collect() };
        let trees = format!("{TREES}/");
        staged.take(&|path| !path.starts_with(&trees))?;
        staged.index.others.iter().for_each(|path| staged.snapshot.other(path));
        Ok(staged)
    }

    /// Reads the trees of environments.
    pub(super) fn load(&mut self, names: &[String]) -> Result<(), GitError> {
        let folders: Vec<String> = names.iter().map(|name| format!("{}/", folder(name))).collect();
        self.take(&|path| folders.iter().any(|folder| path.starts_with(folder.as_str())))
    }

    fn take(&mut self, is_wanted: &dyn Fn(&str) -> bool) -> Result<(), GitError> {
        let wanted = |entries: &[Entry]| -> Vec<Entry> {
            entries.iter().filter(|entry| is_wanted(&entry.path)).cloned().collect()
        };
        let (mut entries, links) = (wanted(&self.index.files), wanted(&self.index.links));
        let files = entries.len();
        entries.extend(links);
        for (at, (entry, bytes)) in entries.iter().zip(self.stage.contents(&entries)?).enumerate() {
            match at < files {
                true => self.snapshot.file(&entry.path, bytes),
                false => {
                    let target = bytes.unwrap_or_default();
                    self.snapshot.link(&entry.path, String::from_utf8_lossy(&target));
                }
            }
        }
        Ok(())
    }

    /// A file, one that is no input of every repository too, such as that of a vendored chart.
    fn file(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let missing = match self.snapshot.read_file(path, &Limits::default()) {
            Err(error) if matches!(error.reason, ReadReason::Missing) => error,
            found => return found,
        };
        if [FOLDER, SCHEMAS, TREES].iter().any(|folder| path.starts_with(&format!("{folder}/"))) {
            return Err(missing);
        }
        let refused = |error: GitError| ReadError {
            path: path.to_owned(),
            reason: ReadReason::Io(io::Error::other(error.to_string())),
        };
        let index = self.stage.index(&[path]).map_err(refused)?;
        let entries: Vec<Entry> = index.files.into_iter().filter(|entry| entry.path == path).collect();
        match self.stage.contents(&entries).map_err(refused)?.pop() {
            Some(Some(bytes)) => Ok(bytes),
            Some(None) => Err(ReadError { reason: ReadReason::TooLarge(Limits::default().file_size), ..missing }),
            None => Err(missing),
        }
    }

    fn trees(&self) -> Vec<String> {
        let name = |entry: &Entry| {
            let (name, file) = entry.path.strip_prefix(TREES)?.strip_prefix('/')?.split_once('/')?;
            (file == LOCK).then(|| name.to_owned())
        };
        self.index.files.iter().filter_map(name).collect()
    }

    /// Whether there is something staged at `path`.
    pub(super) fn has(&self, path: &str) -> bool {
        self.index.files.iter().any(|entry| entry.path == path)
    }

    /// Whether there is something staged below `folder`.
    pub(super) fn has_any(&self, folder: &str) -> bool {
        let folder = format!("{folder}/");
        self.index.files.iter().chain(&self.index.links).any(|entry| entry.path.starts_with(&folder))
    }

    /// Files of a merge that nobody has resolved.
    pub(super) fn unmerged(&self) -> Vec<Finding> {
        let finding = |path: &String| {
            let message = "a merge left this file in conflict, so no version of it is staged";
            Finding::error("merge-conflict", Location::file(path), message).help("resolve it, then `git add` it")
        };
        self.index.unmerged.iter().map(finding).collect()
    }
}
