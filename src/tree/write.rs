//! One file at a time, for good: what nobody can make again, sealed files and private keys, is on the disk when this returns.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags};
use rustix::io::{Errno, retry_on_intr};

use super::disk::{Folder, IoError, name_of};
use super::path_problem;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever the umask lets: 0644 at most.
    Shared,
    /// Its owner: 0600, in folders that are 0700 where they are made on the way.
    Private,
}

/// Why a file was not written. Nothing changed.
#[derive(Debug)]
pub enum WriteError {
    /// Something stands there already.
    Exists(String),
    /// What stands there is no longer what was read.
    Changed(String),
    /// The path, or a symbolic link on it, leads out of the root.
    Outside(String),
    /// The system refused.
    Io(IoError),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::Exists(path) => write!(f, "cannot write {path}: there is such a file already"),
            WriteError::Changed(path) => {
                write!(f, "cannot write {path}: it changed while gen worked on it; nothing is lost, do it again")
            }
            WriteError::Outside(path) => write!(f, "cannot write {path}: it leads out of the repository"),
            WriteError::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<IoError> for WriteError {
    fn from(error: IoError) -> Self {
        WriteError::Io(error)
    }
}

/// Puts `bytes` at `path`, relative to `root`, in one step, synced to disk together with its name; makes the folders on the way. A
/// file that exists keeps its permissions. `expected` is what was read there before, `None` where nothing was: only that is replaced. Symbolic
/// links are followed as long as they stay below `root`.
///
/// # Errors
/// When something else stands there, the path leads out of `root`, or the system refuses. Nothing is left behind then.
pub fn write_file(
    root: &Path,
    path: &str,
    bytes: &[u8],
    expected: Option<&[u8]>,
    access: Access,
) -> Result<(), WriteError> {
    if path_problem(path).is_some() {
        return Err(WriteError::Outside(path.to_owned()));
    }
    let (folder, name) = place(root, path, access)?;
    as_expected(&folder, &name, expected, path)?;
    let temporary = [b".".as_slice(), &name, format!(".gen-{}", std::process::id()).as_bytes()].concat();
    let written = fill(&folder, &name, &temporary, bytes, access).and_then(|()| {
        as_expected(&folder, &name, expected, path)?;
        put(&folder, &temporary, &name, expected.is_some(), path)
    });
    if written.is_err() {
        // The reason why it failed is what people need to know.
        let _ = folder.unlink(&temporary, AtFlags::empty());
    }
    written?;
    rustix::fs::fsync(&folder.fd).map_err(|errno| IoError::new("write", &folder.path, errno))?;
    Ok(())
}

/// The folder that a file belongs into, made where it is missing, and the file's name in it; links are followed.
fn place(root: &Path, path: &str, access: Access) -> Result<(Folder, Vec<u8>), WriteError> {
    let outside = || WriteError::Outside(path.to_owned());
    let root = root.canonicalize().map_err(|source| IoError::new("open", root, source))?;
    let mut here = root.clone();
    let (above, name) = path.rsplit_once('/').map_or((None, path), |(above, name)| (Some(above), name));
    for part in above.into_iter().flat_map(|above| above.split('/')) {
        let next = here.join(part);
        here = match next.canonicalize() {
            Ok(real) => real,
            Err(_) if !next.is_symlink() && !next.exists() => {
                make_folder(&here, &next, access)?;
                next
            }
            Err(source) => return Err(IoError::new("open", next, source).into()),
        };
        if !here.starts_with(&root) {
            return Err(outside());
        }
    }
    let mut file: PathBuf = here.join(name);
    if file.is_symlink() {
        file = file.canonicalize().map_err(|source| IoError::new("open", &file, source))?;
        here = file.parent().map_or(here, Path::to_path_buf);
        if !file.starts_with(&root) {
            return Err(outside());
        }
    }
    Ok((Folder::open(&here)?, name_of(&file)?.to_vec()))
}

fn make_folder(above: &Path, folder: &Path, access: Access) -> Result<(), IoError> {
    let mode = if access == Access::Private { 0o700 } else { 0o777 };
    let parent = Folder::open(above)?;
    let name = name_of(folder)?;
    match rustix::fs::mkdirat(&parent.fd, name, Mode::from_raw_mode(mode)) {
        Ok(()) => rustix::fs::fsync(&parent.fd).map_err(|errno| parent.error("write", b"", errno)),
        Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(parent.error("make the folder", name, errno)),
    }
}

fn as_expected(folder: &Folder, name: &[u8], expected: Option<&[u8]>, path: &str) -> Result<(), WriteError> {
    let stat = folder.stat(name)?;
    match (stat.map(|stat| FileType::from_raw_mode(stat.st_mode)), expected) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(WriteError::Exists(path.to_owned())),
        (Some(FileType::RegularFile), Some(expected)) if folder.holds(name, expected, &mut Vec::new())? => Ok(()),
        (_, Some(_)) => Err(WriteError::Changed(path.to_owned())),
    }
}

/// Writes the temporary file, synced.
fn fill(folder: &Folder, name: &[u8], temporary: &[u8], bytes: &[u8], access: Access) -> Result<(), WriteError> {
    let failed = |errno| folder.error("write", name, errno);
    // What a killed process of the same number left; nobody else's files are named so.
    folder.unlink(temporary, AtFlags::empty())?;
    let mode = if access == Access::Private { 0o600 } else { 0o644 };
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = retry_on_intr(|| rustix::fs::openat(&folder.fd, temporary, flags, Mode::from_raw_mode(mode)));
    let file = file.map_err(failed)?;
    if let Some(before) = folder.stat(name)? {
        rustix::fs::fchmod(&file, Mode::from_raw_mode(before.st_mode)).map_err(failed)?;
    }
    let mut rest = bytes;
    while !rest.is_empty() {
        let count = retry_on_intr(|| rustix::io::write(&file, rest)).map_err(failed)?;
        rest = &rest[count..];
    }
    let file = fs::File::from(file);
    Ok(file.sync_all().map_err(|source| IoError::new("write", folder.join(name), source))?)
}

fn put(folder: &Folder, temporary: &[u8], name: &[u8], replaces: bool, path: &str) -> Result<(), WriteError> {
    let rename = |flags| rustix::fs::renameat_with(&folder.fd, temporary, &folder.fd, name, flags);
    let renamed = if replaces { rename(RenameFlags::empty()) } else { rename(RenameFlags::NOREPLACE) };
    let renamed = match renamed {
        // Some file systems know no such flag; that nothing stands there was seen a moment ago.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) if !replaces => rename(RenameFlags::empty()),
        renamed => renamed,
    };
    match renamed {
        Ok(()) => Ok(()),
        Err(Errno::EXIST) => Err(WriteError::Exists(path.to_owned())),
        Err(errno) => Err(folder.error("write", name, errno).into()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
