//! Folders by descriptor: what is opened stays the same folder whatever is renamed around it, and no symbolic link in
//! it is ever followed.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, Stat};
use rustix::io::{Errno, retry_on_intr};

/// A file or folder on which the system refused something.
#[derive(Debug)]
pub struct IoError {
    /// Which one.
    pub path: PathBuf,
    /// What was tried, such as "write".
    pub action: &'static str,
    /// What the system said.
    pub source: io::Error,
}

impl IoError {
    pub(super) fn new(action: &'static str, path: impl Into<PathBuf>, source: impl Into<io::Error>) -> Self {
        IoError { path: path.into(), action, source: source.into() }
    }

    /// The same error with a reason of our own.
    pub(super) fn because(action: &'static str, path: impl Into<PathBuf>, reason: &'static str) -> Self {
        IoError::new(action, path, io::Error::other(reason))
    }
}

impl fmt::Display for IoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}: {}", self.action, self.path.display(), plain(&self.source))
    }
}

impl std::error::Error for IoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// The error without the number that Rust puts behind it.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Files larger than this are never gen's own; they are told apart without reading them.
const LARGEST: u64 = 64 << 20;

/// What a leaf of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    /// An empty folder; others are known by what they hold.
    Folder,
    Link,
    Special,
}

/// Everything below a folder. Paths are bytes: foreign files may have any name.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Sorted by path.
    pub(super) leaves: Vec<(Vec<u8>, Kind)>,
    /// Every folder, empty ones too, parents first.
    pub(super) folders: Vec<Vec<u8>>,
}

impl Walk {
    /// What stands at `path`, where that is a leaf.
    pub(super) fn leaf(&self, path: &[u8]) -> Option<Kind> {
        let at = self.leaves.binary_search_by(|(leaf, _)| leaf.as_slice().cmp(path)).ok()?;
        Some(self.leaves[at].1)
    }

    /// The leaves below the folder `path`.
    pub(super) fn below(&self, path: &[u8]) -> impl Iterator<Item = &[u8]> {
        let prefix = [path, b"/"].concat();
        let from = self.leaves.partition_point(|(leaf, _)| *leaf < prefix);
        self.leaves[from..].iter().map(|(leaf, _)| leaf.as_slice()).take_while(move |leaf| leaf.starts_with(&prefix))
    }
}

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) fd: OwnedFd,
    pub(super) path: PathBuf,
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

impl Folder {
    /// Opens `path`; symbolic links on the way are followed.
    pub(super) fn open(path: &Path) -> Result<Folder, IoError> {
        let fd = retry_on_intr(|| rustix::fs::open(path, FOLDER, Mode::empty()));
        Ok(Folder { fd: fd.map_err(|errno| IoError::new("open", path, errno))?, path: path.to_owned() })
    }

    /// Opens the folder `name` in this one, if there is one.
    pub(super) fn open_below(&self, name: &[u8]) -> Result<Option<Folder>, IoError> {
        match retry_on_intr(|| rustix::fs::openat(&self.fd, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())) {
            Ok(fd) => Ok(Some(Folder { fd, path: self.join(name) })),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(match self.stat(name)?.map(|stat| FileType::from_raw_mode(stat.st_mode)) {
                Some(FileType::Symlink) => {
                    IoError::because("use", self.join(name), "it is a symbolic link, not a folder")
                }
                Some(FileType::Directory) | None => self.error("open", name, errno),
                Some(_) => IoError::because("use", self.join(name), "it is a file, not a folder"),
            }),
        }
    }

    pub(super) fn join(&self, path: &[u8]) -> PathBuf {
        self.path.join(OsStr::from_bytes(path))
    }

    pub(super) fn error(&self, action: &'static str, path: &[u8], errno: Errno) -> IoError {
        IoError::new(action, self.join(path), errno)
    }

    /// Waits until no build works on the folders in this one.
    pub(super) fn lock(&self, operation: FlockOperation) -> Result<(), IoError> {
        retry_on_intr(|| rustix::fs::flock(&self.fd, operation))
            .map_err(|errno| IoError::new("lock", &self.path, errno))
    }

    /// The folder's own metadata.
    pub(super) fn own_stat(&self) -> Result<Stat, IoError> {
        rustix::fs::fstat(&self.fd).map_err(|errno| IoError::new("read", &self.path, errno))
    }

    /// The metadata of `path`, if something stands there.
    pub(super) fn stat(&self, path: &[u8]) -> Result<Option<Stat>, IoError> {
        match rustix::fs::statat(&self.fd, path, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(self.error("read", path, errno)),
        }
    }

    /// The names in this folder itself.
    pub(super) fn names(&self) -> Result<Vec<(Vec<u8>, FileType)>, IoError> {
        self.list(b"")
    }

    fn list(&self, folder: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, IoError> {
        let failed = |errno| self.error("read", folder, errno);
        let at = if folder.is_empty() { b"." } else { folder };
        let fd = retry_on_intr(|| rustix::fs::openat(&self.fd, at, FOLDER | OFlags::NOFOLLOW, Mode::empty()));
        let mut names = Vec::new();
        for entry in Dir::new(fd.map_err(failed)?).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let (path, mut kind) = (join(folder, name), entry.file_type());
            // Not every file system tells in the listing.
            if kind == FileType::Unknown {
                kind = self.stat(&path)?.map_or(kind, |stat| FileType::from_raw_mode(stat.st_mode));
            }
            names.push((path, kind));
        }
        Ok(names)
    }

    /// Everything below this folder.
    pub(super) fn walk(&self) -> Result<Walk, IoError> {
        let mut walk = Walk::default();
        let mut pending = vec![Vec::new()];
        while let Some(folder) = pending.pop() {
            let names = self.list(&folder)?;
            if names.is_empty() && !folder.is_empty() {
                walk.leaves.push((folder.clone(), Kind::Folder));
            }
            for (path, kind) in names {
                match kind {
                    FileType::Directory => pending.push(path),
                    FileType::RegularFile => walk.leaves.push((path, Kind::File)),
                    FileType::Symlink => walk.leaves.push((path, Kind::Link)),
                    _ => walk.leaves.push((path, Kind::Special)),
                }
            }
            if !folder.is_empty() {
                walk.folders.push(folder);
            }
        }
        walk.leaves.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        walk.folders.sort_unstable();
        Ok(walk)
    }

    fn open_file(&self, path: &[u8]) -> Result<OwnedFd, IoError> {
        // Without NONBLOCK, opening what has just become a pipe would wait for a writer.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        retry_on_intr(|| rustix::fs::openat(&self.fd, path, flags, Mode::empty()))
            .map_err(|errno| self.error("read", path, errno))
    }

    /// Whether the file at `path` has exactly the bytes `expected`. `buffer` is scratch space.
    pub(super) fn holds(&self, path: &[u8], expected: &[u8], buffer: &mut Vec<u8>) -> Result<bool, IoError> {
        let file = self.open_file(path)?;
        if buffer.len() <= expected.len() {
            buffer.resize(expected.len() + 1, 0);
        }
        let mut filled = 0;
        while filled <= expected.len() {
            let room = &mut buffer[filled..=expected.len()];
            match retry_on_intr(|| rustix::io::read(&file, &mut *room))
                .map_err(|errno| self.error("read", path, errno))?
            {
                0 => break,
                count => filled += count,
            }
        }
        Ok(buffer[..filled] == *expected)
    }

    /// The file at `path` and the version it was read in; no bytes where it is too large to be one of gen's.
    pub(super) fn load(&self, path: &[u8]) -> Result<(Stat, Option<Vec<u8>>), IoError> {
        let file = self.open_file(path)?;
        let stat = rustix::fs::fstat(&file).map_err(|errno| self.error("read", path, errno))?;
        if stat.st_size as u64 > LARGEST {
            return Ok((stat, None));
        }
        let mut bytes = Vec::new();
        let read = io::Read::take(fs::File::from(file), LARGEST);
        io::Read::read_to_end(&mut { read }, &mut bytes)
            .map_err(|source| IoError::new("read", self.join(path), source))?;
        Ok((stat, Some(bytes)))
    }

    /// Makes the folder `path` and those it lies in; existing ones are left as they are.
    pub(super) fn make_folders(&self, path: &[u8]) -> Result<(), IoError> {
        match rustix::fs::mkdirat(&self.fd, path, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(Errno::NOENT) if parent(path).is_some() => {
                self.make_folders(parent(path).unwrap_or_default())?;
                self.make_folders(path)
            }
            Err(errno) => Err(self.error("make the folder", path, errno)),
        }
    }

    /// Removes the file at `path`, or the empty folder.
    pub(super) fn unlink(&self, path: &[u8], flags: AtFlags) -> Result<(), IoError> {
        match rustix::fs::unlinkat(&self.fd, path, flags) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(self.error("remove", path, errno)),
        }
    }
}

/// Whether both are the same file.
pub(super) fn same_file(left: &Stat, right: &Stat) -> bool {
    (left.st_dev, left.st_ino) == (right.st_dev, right.st_ino)
}

/// Whether both are the same file and nobody wrote to it between the two.
pub(super) fn same_version(left: &Stat, right: &Stat) -> bool {
    let version = |stat: &Stat| (stat.st_size, stat.st_mtime, stat.st_mtime_nsec, stat.st_ctime, stat.st_ctime_nsec);
    same_file(left, right) && version(left) == version(right)
}

fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}

/// The folder that `path` lies in.
pub(super) fn parent(path: &[u8]) -> Option<&[u8]> {
    let end = path.iter().rposition(|&byte| byte == b'/')?;
    Some(&path[..end])
}

/// The folder that `dir` lies in.
pub(super) fn parent_of(dir: &Path) -> &Path {
    match dir.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => dir,
    }
}

/// The last part of `dir`.
pub(super) fn name_of(dir: &Path) -> Result<&[u8], IoError> {
    let name = dir.file_name().ok_or_else(|| IoError::because("write", dir, "the path has no name at its end"))?;
    Ok(name.as_bytes())
}
