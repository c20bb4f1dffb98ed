//! Folders beside `gitops/<env>/` that a build works in. A finished build leaves none; one that was killed leaves one,
//! which the next build clears.
//!
//! The name `.gen-build.<env>.<inode>` holds the inode of `<env>` when the build began. A killed build's folder that has
//! this inode is the old tree after the exchange, any other one was never put in place.

use rustix::fs::{AtFlags, FileType, Stat};
use rustix::io::Errno;

use super::disk::{Folder, IoError, Kind, parent, same_file};
use super::is_sealed;
use super::lock::{LOCK, Lock, conflict};

const PREFIX: &str = ".gen-build.";

/// The name of the folder in which the successor of `old` is made.
pub(super) fn name(env: &[u8], old: Option<&Stat>) -> Vec<u8> {
    let inode = old.map_or(0, |stat| stat.st_ino);
    [PREFIX.as_bytes(), env, format!(".{inode}").as_bytes()].concat()
}

/// Removes what killed builds left in `parent`. Call it with the lock held.
pub(super) fn clear(parent: &Folder) -> Result<(), IoError> {
    for (name, kind) in parent.names()? {
        let Some((env, inode)) = parse(&name) else { continue };
        let Some(left) = (if kind == FileType::Directory { parent.open_below(&name)? } else { None }) else { continue };
        if left.own_stat()?.st_ino == inode
            && let Some(current) = parent.open_below(env)?
        {
            rescue(parent, &name, &left, &current)?;
        } else {
            discard(parent, &name)?;
        }
    }
    Ok(())
}

fn parse(name: &[u8]) -> Option<(&[u8], u64)> {
    let rest = name.strip_prefix(PREFIX.as_bytes())?;
    let dot = rest.iter().rposition(|&byte| byte == b'.')?;
    let digits = std::str::from_utf8(&rest[dot + 1..]).ok()?;
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    (plain && dot > 0).then(|| Some((&rest[..dot], digits.parse().ok()?)))?
}

/// Empties an old tree whose build was killed after the exchange, when it is no longer known what was read from it. What
/// gen owns on either side can be made again; of anything else the newer one stays.
fn rescue(parent: &Folder, name: &[u8], old: &Folder, current: &Folder) -> Result<(), IoError> {
    let (before, now) = (owned(old)?, owned(current)?);
    retire(parent, name, old, current, |path, stat, new| {
        let name = std::str::from_utf8(path).unwrap_or_default();
        if name == LOCK {
            return Ok(true);
        }
        let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        if is_sealed(name) && regular && (before.owns(name) || now.owns(name)) {
            let bytes = old.load(path)?.1.unwrap_or_default();
            return Ok(before.wrote(name, &bytes) || now.wrote(name, &bytes) || conflict(&bytes).is_some());
        }
        let newer = |new: &Stat| (stat.st_mtime, stat.st_mtime_nsec) > (new.st_mtime, new.st_mtime_nsec);
        Ok(before.owns(name) || now.owns(name) || new.is_some_and(|new| !newer(new)))
    })
}

fn owned(folder: &Folder) -> Result<Lock, IoError> {
    let exists = folder.stat(LOCK.as_bytes())?.is_some_and(|stat| FileType::from_raw_mode(stat.st_mode).is_file());
    let bytes = if exists { folder.load(LOCK.as_bytes())?.1.unwrap_or_default() } else { Vec::new() };
    Ok(Lock::both_sides(&bytes).unwrap_or_default())
}

/// Removes the folder `name`, which is `old`. A file that is the same one in `new`, or of which `expendable` says so
/// (given its path, itself and what stands at its path in `new`), goes; any other one is moved to `new`, because it came
/// while the build ran.
pub(super) fn retire(
    parent: &Folder,
    name: &[u8],
    old: &Folder,
    new: &Folder,
    expendable: impl Fn(&[u8], &Stat, Option<&Stat>) -> Result<bool, IoError>,
) -> Result<(), IoError> {
    // A file can come between the last look at a folder and its removal.
    const ATTEMPTS: u32 = 10;
    for _ in 0..ATTEMPTS {
        empty(old, new, &expendable)?;
        match rustix::fs::unlinkat(&parent.fd, name, AtFlags::REMOVEDIR) {
            Ok(()) => return Ok(()),
            Err(Errno::NOTEMPTY | Errno::EXIST) => {}
            Err(errno) => return Err(parent.error("remove", name, errno)),
        }
    }
    Err(parent.error("remove", name, Errno::NOTEMPTY))
}

fn empty(
    old: &Folder,
    new: &Folder,
    expendable: impl Fn(&[u8], &Stat, Option<&Stat>) -> Result<bool, IoError>,
) -> Result<(), IoError> {
    let walk = old.walk()?;
    // The lock goes last: until then it tells a rescue which of the other files are gen's.
    let (lock, others): (Vec<_>, Vec<_>) = walk.leaves.iter().partition(|(path, _)| path == LOCK.as_bytes());
    for (path, kind) in others.into_iter().chain(lock) {
        let Some(stat) = (if *kind == Kind::Folder { None } else { old.stat(path)? }) else { continue };
        let there = new.stat(path)?;
        if there.as_ref().is_some_and(|there| same_file(there, &stat)) || expendable(path, &stat, there.as_ref())? {
            old.unlink(path, AtFlags::empty())?;
        } else {
            new.make_folders(parent(path).unwrap_or(b"."))?;
            rustix::fs::renameat(&old.fd, path.as_slice(), &new.fd, path.as_slice())
                .map_err(|errno| new.error("keep", path, errno))?;
        }
    }
    for folder in walk.folders.iter().rev() {
        match rustix::fs::unlinkat(&old.fd, folder.as_slice(), AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST) => {}
            Err(errno) => return Err(old.error("remove", folder, errno)),
        }
    }
    Ok(())
}

/// Removes a folder that was never put in place.
pub(super) fn discard(parent: &Folder, name: &[u8]) -> Result<(), IoError> {
    let Some(folder) = parent.open_below(name)? else { return Ok(()) };
    retire(parent, name, &folder, &folder, |_, _, _| Ok(true))
}
