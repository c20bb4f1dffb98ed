//! The new tree, made in a folder beside the old one and then put in its place.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rustix::fs::{Access, AtFlags, Mode, OFlags, RenameFlags, Stat, Timespec, Timestamps};
use rustix::io::{Errno, retry_on_intr};

use super::disk::{Folder, IoError, Kind, Walk, parent, same_file, same_version};
use super::is_sealed;
use super::leftover;

/// What a build does to a folder.
pub(super) struct Plan<'a> {
    /// The files to write.
    pub(super) write: BTreeMap<&'a str, &'a [u8]>,
    /// The files to remove.
    pub(super) remove: BTreeSet<&'a str>,
    /// The versions of the files that these two replace, where they are files already.
    pub(super) versions: &'a BTreeMap<String, Stat>,
    /// What stands in the folder now.
    pub(super) walk: &'a Walk,
}

impl Plan<'_> {
    fn goes(&self, path: &[u8]) -> bool {
        std::str::from_utf8(path).is_ok_and(|path| self.write.contains_key(path) || self.remove.contains(path))
    }

    /// The folders in which a name comes, goes or changes its file.
    fn changed_folders(&self) -> HashSet<&[u8]> {
        let paths = self.write.keys().chain(&self.remove);
        let mut changed = HashSet::new();
        for path in paths {
            let mut folder = parent(path.as_bytes());
            while let Some(path) = folder {
                changed.insert(path);
                folder = parent(path);
            }
        }
        changed
    }
}

/// The folder that the new tree is made in.
pub(super) struct Stage<'a> {
    parent: &'a Folder,
    env: &'a [u8],
    name: Vec<u8>,
    folder: Folder,
    made: HashSet<Vec<u8>>,
    /// What was written or linked.
    placed: HashMap<Vec<u8>, Stat>,
}

/// Whether the file system was able to do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Able {
    Yes,
    No,
}

impl<'a> Stage<'a> {
    /// Makes the folder. It is removed by [`Stage::discard`] or by being put in place.
    pub(super) fn new(parent: &'a Folder, env: &'a [u8], old: Option<&Folder>) -> Result<Self, IoError> {
        let name = leftover::name(env, old.map(Folder::own_stat).transpose()?.as_ref());
        rustix::fs::mkdirat(&parent.fd, &name, Mode::from_raw_mode(0o777))
            .map_err(|errno| parent.error("write in the folder of", env, errno))?;
        match parent.open_below(&name)? {
            Some(folder) => Ok(Stage { parent, env, name, folder, made: HashSet::new(), placed: HashMap::new() }),
            None => Err(parent.error("open", &name, Errno::NOENT)),
        }
    }

    /// Removes everything that was made, after an error.
    pub(super) fn discard(self) -> Result<(), IoError> {
        leftover::discard(self.parent, &self.name)
    }

    fn make_folder_of(&mut self, path: &[u8]) -> Result<(), IoError> {
        if let Some(folder) = parent(path)
            && !self.made.contains(folder)
        {
            self.folder.make_folders(folder)?;
            self.made.insert(folder.to_vec());
        }
        Ok(())
    }

    /// Writes the files of the plan.
    pub(super) fn write(&mut self, plan: &Plan<'_>) -> Result<(), IoError> {
        for (path, bytes) in &plan.write {
            self.make_folder_of(path.as_bytes())?;
            // People know the file by where it will stand.
            let failed = |errno| IoError::new("write", self.parent.join(self.env).join(path), errno);
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = rustix::fs::openat(&self.folder.fd, *path, flags, Mode::from_raw_mode(0o666)).map_err(failed)?;
            let mut rest = *bytes;
            while !rest.is_empty() {
                let count = retry_on_intr(|| rustix::io::write(&file, rest)).map_err(failed)?;
                rest = &rest[count..];
            }
            if is_sealed(path) {
                rustix::fs::fsync(&file).map_err(failed)?;
            }
            self.placed.insert(path.as_bytes().to_vec(), rustix::fs::fstat(&file).map_err(failed)?);
        }
        Ok(())
    }

    /// Takes over from the old tree what the plan leaves alone, as further names of the same files, so that bytes, mode
    /// and times stay.
    pub(super) fn link(&mut self, plan: &Plan<'_>, old: &Folder) -> Result<Able, IoError> {
        for (path, kind) in &plan.walk.leaves {
            if *kind == Kind::Folder {
                self.folder.make_folders(path)?;
            } else if !plan.goes(path) {
                self.make_folder_of(path)?;
                match rustix::fs::linkat(&old.fd, path.as_slice(), &self.folder.fd, path.as_slice(), AtFlags::empty()) {
                    // Whoever owns a foreign file may remove it while we work.
                    Ok(()) | Err(Errno::NOENT) => {}
                    Err(errno) if unable(errno) => return Ok(Able::No),
                    Err(errno) => return Err(old.error("keep", path, errno)),
                }
                if let Some(stat) = self.folder.stat(path)? {
                    self.placed.insert(path.clone(), stat);
                }
            }
        }
        self.copy_folder_metadata(plan, old)?;
        Ok(Able::Yes)
    }

    /// Gives folders the mode of the old ones, and those in which nothing changes their time.
    fn copy_folder_metadata(&self, plan: &Plan<'_>, old: &Folder) -> Result<(), IoError> {
        let changed = plan.changed_folders();
        for path in plan.walk.folders.iter().rev().map(Vec::as_slice).chain([b".".as_slice()]) {
            let (Some(before), Some(now)) = (old.stat(path)?, self.folder.stat(path)?) else { continue };
            let failed = |errno| old.error("keep the mode of", path, errno);
            if (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid) {
                let owner = rustix::fs::Uid::from_raw(before.st_uid);
                let group = rustix::fs::Gid::from_raw(before.st_gid);
                // Only root may give folders away; others own what they build.
                let _ = rustix::fs::chownat(&self.folder.fd, path, Some(owner), Some(group), AtFlags::SYMLINK_NOFOLLOW);
            }
            if before.st_mode != now.st_mode {
                let mode = Mode::from_raw_mode(before.st_mode);
                rustix::fs::chmodat(&self.folder.fd, path, mode, AtFlags::empty()).map_err(failed)?;
            }
            if path != b"." && !changed.contains(path) {
                let times = Timestamps {
                    last_access: Timespec { tv_sec: before.st_atime as _, tv_nsec: before.st_atime_nsec as _ },
                    last_modification: Timespec { tv_sec: before.st_mtime as _, tv_nsec: before.st_mtime_nsec as _ },
                };
                rustix::fs::utimensat(&self.folder.fd, path, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Puts the new tree where none was.
    pub(super) fn settle(&self) -> Result<(), IoError> {
        let rename = |flags| rustix::fs::renameat_with(&self.parent.fd, &self.name, &self.parent.fd, self.env, flags);
        // A plain rename replaces nothing but an empty folder.
        let renamed = match rename(RenameFlags::NOREPLACE) {
            Err(errno) if unable(errno) => rename(RenameFlags::empty()),
            renamed => renamed,
        };
        renamed.map_err(|errno| self.parent.error("make", self.env, errno))
    }

    /// Exchanges the new tree with the old one.
    pub(super) fn exchange(&self) -> Result<Able, IoError> {
        let (fd, flags) = (&self.parent.fd, RenameFlags::EXCHANGE);
        match rustix::fs::renameat_with(fd, &self.name, fd, self.env, flags) {
            Ok(()) => Ok(Able::Yes),
            Err(errno) if unable(errno) => Ok(Able::No),
            Err(errno) => Err(self.parent.error("replace", self.env, errno)),
        }
    }

    /// Removes the old tree after the exchange. What changed there since it was read comes into the new one.
    pub(super) fn retire(&self, plan: &Plan<'_>, old: &Folder) -> Result<(), IoError> {
        leftover::retire(self.parent, &self.name, old, &self.folder, |path, stat, there| {
            let known = std::str::from_utf8(path).ok().and_then(|path| plan.versions.get(path));
            // What came to both trees is later in the new one, which people see by now.
            let ours = |there| self.placed.get(path).is_some_and(|placed| same_file(placed, there));
            let superseded = there.is_some_and(|there| !ours(there));
            Ok(superseded || known.is_some_and(|known| same_version(known, stat)))
        })
    }

    /// Where the file system can neither link nor exchange: changes the old tree file by file, `gen.lock` last. A run
    /// that is killed here leaves files of both trees; as files with the rendered bytes are adopted whatever the lock
    /// says, the next run goes on where this one ended.
    pub(super) fn move_in(&self, plan: &Plan<'_>, old: &Folder) -> Result<(), IoError> {
        if old.own_stat()?.st_dev != self.folder.own_stat()?.st_dev {
            return Err(IoError::because("replace", &old.path, "it is a mount point; build into the folder around it"));
        }
        let untouched = |path: &str| -> Result<(), IoError> {
            match (old.stat(path.as_bytes())?, plan.versions.get(path)) {
                (Some(now), Some(known)) if same_version(&now, known) => Ok(()),
                (None, _) => Ok(()),
                _ => Err(IoError::because("write", old.path.join(path), "it changed while the build ran")),
            }
        };
        for path in &plan.remove {
            untouched(path)?;
            old.unlink(path.as_bytes(), AtFlags::empty())?;
        }
        for folder in plan.walk.folders.iter().rev() {
            let emptied =
                plan.remove.iter().any(|path| path.as_bytes().starts_with(&[folder, b"/".as_slice()].concat()));
            if emptied {
                match rustix::fs::unlinkat(&old.fd, folder.as_slice(), AtFlags::REMOVEDIR) {
                    Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST) => {}
                    Err(errno) => return Err(old.error("remove", folder, errno)),
                }
            }
        }
        let (lock, files): (Vec<&str>, Vec<&str>) = plan.write.keys().partition(|path| **path == super::LOCK);
        for path in files.into_iter().chain(lock) {
            untouched(path)?;
            old.make_folders(parent(path.as_bytes()).unwrap_or(b"."))?;
            rustix::fs::renameat(&self.folder.fd, path, &old.fd, path)
                .map_err(|errno| old.error("write", path.as_bytes(), errno))?;
        }
        Ok(())
    }
}

/// Whether every folder of the tree may be changed; exchanging them would get round a read-only one.
pub(super) fn writable(old: &Folder, walk: &Walk) -> Result<(), IoError> {
    for path in std::iter::once(b".".as_slice()).chain(walk.folders.iter().map(Vec::as_slice)) {
        rustix::fs::accessat(&old.fd, path, Access::WRITE_OK | Access::EXEC_OK, AtFlags::empty()).map_err(|errno| {
            let path = if path == b"." { b"".as_slice() } else { path };
            old.error("write in", path, errno)
        })?;
    }
    Ok(())
}

/// Whether a file system says by `errno` that it has no such feature, at least not here: links on FAT, folders of a lower
/// layer on overlayfs, mount points.
fn unable(errno: Errno) -> bool {
    [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::XDEV, Errno::MLINK, Errno::PERM, Errno::BUSY]
        .contains(&errno)
}
