//! Reading input folders: bounded, and never beyond the repository's root.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use rayon::prelude::{IntoParallelIterator as _, ParallelIterator as _};

use super::FileTree;
use super::disk::plain;

/// What reading may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest file, in bytes.
    pub file_size: u64,
    /// How many files a folder may hold, subfolders included.
    pub files: usize,
    /// How many folders may stand in each other.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { file_size: 4 << 20, files: 20_000, depth: 16 }
    }
}

/// A file or folder that could not be read.
#[derive(Debug)]
pub struct ReadError {
    /// Which one, relative to the root.
    pub path: String,
    /// Why.
    pub reason: ReadReason,
}

/// Why a file or folder could not be read.
#[derive(Debug)]
pub enum ReadReason {
    /// Nothing stands there.
    Missing,
    /// The path, or a symbolic link on it, leads out of the repository.
    Outside,
    /// A folder stands where a file is wanted.
    Folder,
    /// A file stands where a folder is wanted.
    NotAFolder,
    /// A device, a socket or a pipe.
    Special,
    /// The name is not UTF-8.
    Name,
    /// More bytes than [`Limits::file_size`].
    TooLarge(u64),
    /// More files than [`Limits::files`].
    TooMany(usize),
    /// Deeper than [`Limits::depth`]; a symbolic link to a folder around it has no end.
    TooDeep(usize),
    /// The system refused.
    Io(io::Error),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read {}: {}", self.path, self.reason)
    }
}

impl fmt::Display for ReadReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadReason::Missing => f.write_str("there is nothing at this path"),
            ReadReason::Outside => f.write_str("it leads out of the repository"),
            ReadReason::Folder => f.write_str("it is a folder, not a file"),
            ReadReason::NotAFolder => f.write_str("it is a file, not a folder"),
            ReadReason::Special => f.write_str("it is neither a file nor a folder"),
            ReadReason::Name => f.write_str("its name is not UTF-8"),
            ReadReason::TooLarge(limit) => write!(f, "it is larger than {limit} bytes"),
            ReadReason::TooMany(limit) => write!(f, "it holds more than {limit} files"),
            ReadReason::TooDeep(limit) => write!(f, "its folders are nested deeper than {limit}"),
            ReadReason::Io(error) => f.write_str(&plain(error)),
        }
    }
}

impl std::error::Error for ReadError {}

impl FileTree {
    /// Reads every file below `folder`, a path relative to `root`; the tree's paths are relative to `root` too. Names that
    /// start with a dot are left out.
    /// Symbolic links are followed as long as they stay below `root`.
    ///
    /// # Errors
    /// With the first file or folder that breaks a limit, leads out of `root` or cannot be read.
    pub fn read(root: &Path, folder: &str, limits: &Limits) -> Result<FileTree, ReadError> {
        let (root, start) = inside(root, folder)?;
        let mut reader = Reader {
            root,
            limits,
            wanted: &|_| true,
            with_hidden: false,
            found: Vec::new(),
            left: BTreeSet::new(),
            passed_over: None,
        };
        let folder = folder.trim_matches('/');
        reader.folder(&start, folder, limits.depth)?;
        let read = |(path, file): (String, PathBuf)| contents(&file, &path, limits).map(|bytes| (path, bytes));
        let files = reader.found.into_par_iter().map(read).collect::<Result<_, _>>()?;
        Ok(FileTree { files, passed_over: reader.left, covered: vec![folder.to_owned()] })
    }

    /// Reads the files that are `wanted` by their names, below a folder that somebody else keeps; or the one file that `path`
    /// is. The tree's paths start with `shown`, the name of `path` for people; empty for the working directory. What cannot be
    /// read is passed over and comes back beside the tree.
    ///
    /// # Errors
    /// When `path` itself cannot be read, or holds more files than `limits` allow.
    pub fn gather(
        path: &Path,
        shown: &str,
        wanted: &dyn Fn(&str) -> bool,
        limits: &Limits,
    ) -> Result<(FileTree, Vec<ReadError>), ReadError> {
        FileTree::gathered(path, shown, wanted, limits, false)
    }

    /// [`FileTree::gather`] with names that start with a dot too, Git's own aside: private keys like such names.
    ///
    /// # Errors
    /// As there.
    pub fn gather_hidden(
        path: &Path,
        shown: &str,
        wanted: &dyn Fn(&str) -> bool,
        limits: &Limits,
    ) -> Result<(FileTree, Vec<ReadError>), ReadError> {
        FileTree::gathered(path, shown, wanted, limits, true)
    }

    fn gathered(
        path: &Path,
        shown: &str,
        wanted: &dyn Fn(&str) -> bool,
        limits: &Limits,
        with_hidden: bool,
    ) -> Result<(FileTree, Vec<ReadError>), ReadError> {
        let root = path.canonicalize().map_err(|source| from_io(shown, source))?;
        if !root.is_dir() {
            let files = [(shown.to_owned(), contents(&root, shown, limits)?)].into_iter().collect();
            return Ok((FileTree { files, ..FileTree::new() }, Vec::new()));
        }
        let mut reader = Reader {
            root: root.clone(),
            limits,
            wanted,
            with_hidden,
            found: Vec::new(),
            left: BTreeSet::new(),
            passed_over: Some(Vec::new()),
        };
        reader.folder(&root, shown, limits.depth)?;
        let read = |(path, file): (String, PathBuf)| contents(&file, &path, limits).map(|bytes| (path, bytes));
        let read: Vec<_> = reader.found.into_par_iter().map(read).collect();
        let mut passed_over = reader.passed_over.unwrap_or_default();
        let shown = shown.trim_end_matches('/').to_owned();
        let mut tree = FileTree { files: BTreeMap::new(), passed_over: reader.left, covered: vec![shown] };
        for file in read {
            match file {
                Ok((path, bytes)) => drop(tree.files.insert(path, bytes)),
                Err(error) => passed_over.push(error),
            }
        }
        tree.passed_over.extend(passed_over.iter().map(|error| error.path.clone()));
        Ok((tree, passed_over))
    }
}

/// Reads the file at `path`, relative to `root`. Symbolic links are followed as long as they stay below `root`.
///
/// # Errors
/// When it is missing, no file, too large, leads out of `root` or cannot be read.
pub fn read_file(root: &Path, path: &str, limits: &Limits) -> Result<Vec<u8>, ReadError> {
    let (_, file) = inside(root, path)?;
    contents(&file, path, limits)
}

struct Reader<'a> {
    root: PathBuf,
    limits: &'a Limits,
    wanted: &'a dyn Fn(&str) -> bool,
    /// Whether names that start with a dot count.
    with_hidden: bool,
    /// The paths of the files, and where they stand.
    found: Vec<(String, PathBuf)>,
    /// What nobody wanted, and links to folders that are gathered at their own place.
    left: BTreeSet<String>,
    /// What could not be read; `None` where that is a reason to stop.
    passed_over: Option<Vec<ReadError>>,
}

impl Reader<'_> {
    fn folder(&mut self, folder: &Path, path: &str, depth: usize) -> Result<(), ReadError> {
        let deeper = depth.checked_sub(1).ok_or_else(|| error(path, ReadReason::TooDeep(self.limits.depth)))?;
        for entry in fs::read_dir(folder).map_err(|source| from_io(path, source))? {
            let result =
                entry.map_err(|source| from_io(path, source)).and_then(|entry| self.entry(&entry, path, deeper));
            match (result, &mut self.passed_over) {
                (Err(error), Some(passed_over)) if !matches!(error.reason, ReadReason::TooMany(_)) => {
                    passed_over.push(error)
                }
                (result, _) => result?,
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &fs::DirEntry, above: &str, deeper: usize) -> Result<(), ReadError> {
        let name = entry.file_name();
        let slash = if above.is_empty() || above.ends_with('/') { "" } else { "/" };
        let join = |name: &str| format!("{above}{slash}{name}");
        let path = match name.to_str() {
            // Editors leave their locks and copies beside a file, some of them links to nowhere.
            Some(name) if name == ".git" || (name.starts_with('.') && !self.with_hidden) => return Ok(()),
            Some(name) => join(name),
            None => return Err(error(&join(&name.to_string_lossy()), ReadReason::Name)),
        };
        let mut kind = entry.file_type().map_err(|source| from_io(&path, source))?;
        let mut target = entry.path();
        if kind.is_symlink() {
            // What nobody asked for may lead anywhere; a folder may hold what is wanted.
            if !(self.wanted)(&path) && !target.is_dir() {
                self.left.insert(path);
                return Ok(());
            }
            target = target.canonicalize().map_err(|source| from_io(&path, source))?;
            if !target.starts_with(&self.root) {
                return Err(error(&path, ReadReason::Outside));
            }
            kind = fs::symlink_metadata(&target).map_err(|source| from_io(&path, source))?.file_type();
        }
        if kind.is_dir() {
            // Below the root, so its files are gathered at their own place; following the link could go in a circle.
            let is_elsewhere = target != entry.path() && self.passed_over.is_some();
            if is_elsewhere {
                self.left.insert(path);
                return Ok(());
            }
            return self.folder(&target, &path, deeper);
        }
        if !(self.wanted)(&path) {
            self.left.insert(path);
            return Ok(());
        }
        if self.found.len() == self.limits.files {
            return Err(error(&path, ReadReason::TooMany(self.limits.files)));
        }
        self.found.push((path, target));
        Ok(())
    }
}

/// `root` and what `path` below it leads to, both without symbolic links.
fn inside(root: &Path, path: &str) -> Result<(PathBuf, PathBuf), ReadError> {
    let mut depth = 0_usize;
    for component in Path::new(path).components() {
        let next = match component {
            Component::Normal(_) => depth.checked_add(1),
            Component::ParentDir => depth.checked_sub(1),
            Component::CurDir => Some(depth),
            Component::RootDir | Component::Prefix(_) => None,
        };
        depth = next.ok_or_else(|| error(path, ReadReason::Outside))?;
    }
    let root = root.canonicalize().map_err(|source| from_io(&root.to_string_lossy(), source))?;
    let target = root.join(path).canonicalize().map_err(|source| from_io(path, source))?;
    if target.starts_with(&root) { Ok((root, target)) } else { Err(error(path, ReadReason::Outside)) }
}

fn contents(file: &Path, path: &str, limits: &Limits) -> Result<Vec<u8>, ReadError> {
    // Opening a pipe would wait for a writer.
    let found = fs::metadata(file).map_err(|source| from_io(path, source))?;
    if found.is_dir() {
        return Err(error(path, ReadReason::Folder));
    }
    if !found.is_file() {
        return Err(error(path, ReadReason::Special));
    }
    let mut bytes = Vec::with_capacity(found.len().min(limits.file_size) as usize + 1);
    let file = File::open(file).map_err(|source| from_io(path, source))?;
    file.take(limits.file_size.saturating_add(1)).read_to_end(&mut bytes).map_err(|source| from_io(path, source))?;
    if bytes.len() as u64 > limits.file_size {
        return Err(error(path, ReadReason::TooLarge(limits.file_size)));
    }
    Ok(bytes)
}

fn error(path: &str, reason: ReadReason) -> ReadError {
    ReadError { path: if path.is_empty() { ".".to_owned() } else { path.to_owned() }, reason }
}

fn from_io(path: &str, source: io::Error) -> ReadError {
    let reason = match source.kind() {
        io::ErrorKind::NotFound => ReadReason::Missing,
        io::ErrorKind::NotADirectory => ReadReason::NotAFolder,
        _ => ReadReason::Io(source),
    };
    error(path, reason)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
