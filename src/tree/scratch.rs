//! A folder for plain text that shall reach no disk, and be gone soon.

use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::disk::{IoError, plain};

/// A folder that only its owner can enter. It is removed, with all that is in it, when this goes.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

/// Why there is no such folder.
#[derive(Debug)]
pub enum ScratchError {
    /// There is no folder in memory, so plain text would reach a disk.
    NoMemory(Vec<PathBuf>),
    /// The system refused.
    Io(IoError),
}

impl fmt::Display for ScratchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScratchError::NoMemory(tried) => {
                let tried: Vec<String> = tried.iter().map(|path| path.display().to_string()).collect();
                write!(f, "there is no folder in memory (tmpfs) that can be written to: {}", tried.join(", "))
            }
            ScratchError::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ScratchError {}

impl Scratch {
    /// Makes a folder in memory: below `$XDG_RUNTIME_DIR` or `/dev/shm`, where that is a tmpfs. Elsewhere than on Linux there is none.
    ///
    /// # Errors
    /// When there is no such place.
    pub fn in_memory() -> Result<Scratch, ScratchError> {
        let own = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
        let places: Vec<PathBuf> = own.into_iter().chain([PathBuf::from("/dev/shm")]).collect();
        let made = places.iter().filter(|place| is_in_memory(place)).find_map(|place| Scratch::below(place).ok());
        made.ok_or(ScratchError::NoMemory(places))
    }

    /// Makes a folder where temporary files go, on whatever that is.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn anywhere() -> Result<Scratch, ScratchError> {
        let place = std::env::temp_dir();
        Scratch::below(&place).map_err(|source| ScratchError::Io(IoError::new("make a folder in", place, source)))
    }

    fn below(place: &Path) -> io::Result<Scratch> {
        let mut random = [0; 8];
        getrandom::getrandom(&mut random).map_err(|_| io::Error::other("the system has no random numbers"))?;
        let path = place.join(format!("gen-{}-{:016x}", std::process::id(), u64::from_ne_bytes(random)));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Scratch { path })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file that only its owner can read; what stood there is replaced.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, IoError> {
        let path = self.path.join(name);
        let write = || {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?.write_all(bytes)
        };
        write().map_err(|source| IoError::new("write", &path, source))?;
        Ok(path)
    }

    /// What stands in a file now, at most `limit` bytes.
    ///
    /// # Errors
    /// When it is gone, larger than `limit`, or the system refuses.
    pub fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>, IoError> {
        let path = self.path.join(name);
        let read = || {
            let file = fs::File::open(&path)?;
            let size = file.metadata()?.len();
            if size > limit {
                return Err(io::Error::other(format!("it is larger than {limit} bytes")));
            }
            let mut bytes = Vec::with_capacity(size as usize + 1);
            file.take(limit).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|source| IoError::new("read", &path, source))
    }

    /// Removes such a folder. What cannot be removed is said on stderr: somebody has to do it.
    pub fn remove(folder: &Path) {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let said =
                    format!("gen: remove {} yourself, it holds plain text: {}\n", folder.display(), plain(&error));
                let _ = io::stderr().write_all(said.as_bytes());
            }
            _ => {}
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        Scratch::remove(&self.path);
    }
}

#[cfg(target_os = "linux")]
fn is_in_memory(place: &Path) -> bool {
    /// `TMPFS_MAGIC` and `RAMFS_MAGIC` of linux/magic.h.
    const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];
    rustix::fs::statfs(place).is_ok_and(|found| IN_MEMORY.contains(&((found.f_type as u64) & 0xffff_ffff)))
}

#[cfg(not(target_os = "linux"))]
fn is_in_memory(_: &Path) -> bool {
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Scratch, is_in_memory};
    use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

    #[test]
    fn it_is_private_and_goes() {
        let scratch = Scratch::anywhere().unwrap();
        let file = scratch.write("a.yaml", b"one").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(scratch.path()), mode(&file)), (0o700, 0o600));
        assert_eq!(scratch.read("a.yaml", 3).unwrap(), b"one");
        assert!(scratch.read("a.yaml", 2).is_err() && scratch.read("b", 9).is_err());
        fs::create_dir(scratch.path().join("more")).unwrap();
        fs::write(scratch.path().join("more/.a.yaml.swp"), "one").unwrap();
        let path = scratch.path().to_owned();
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn proc_is_no_place_in_memory() {
        assert!(!is_in_memory(Path::new("/proc")) && !is_in_memory(Path::new("/nowhere")));
    }
}
