//! What stands in `gitops/<env>/`, compared with what was rendered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rustix::fs::{FlockOperation, Stat};

use super::disk::{Folder, IoError, Kind, Walk, name_of, parent_of};
use super::lock::{LOCK, Lock, LockError, conflict};
use super::{FileTree, ancestors, is_sealed};

/// What is the matter with a path. A file with the rendered bytes has no state: it is adopted, whatever the lock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Rendered, never written before.
    New,
    /// Rendered and written before, but gone from disk; a build writes it again.
    Missing,
    /// As gen wrote it, but the inputs have changed since; a build writes it again.
    Stale,
    /// Written by gen, then changed by hand; a build refuses to overwrite it unless forced.
    Edited,
    /// A sealed file with bytes that are neither its source's nor what gen wrote; never overwritten or removed, not even
    /// by force.
    SealedEdited,
    /// Written by gen and left with merge-conflict markers; a build resolves it.
    Conflicted {
        /// Where the first marker stands, counted from 1.
        line: u32,
    },
    /// Not written by gen, and in the place of a rendered file; a build refuses to overwrite it unless forced.
    Occupied,
    /// Something that no build overwrites stands where a rendered file, or a folder around it, must be.
    Blocked(Obstacle),
    /// As gen wrote it, but not rendered any more; a build removes it.
    Orphaned,
    /// Written by gen, then changed by hand, and not rendered any more; a build refuses to remove it unless forced.
    OrphanedEdited,
    /// Neither written by gen nor rendered; never touched.
    Foreign,
}

/// What stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A file where a folder must be.
    File,
    /// A folder where a file must be.
    Folder,
    /// A symbolic link.
    Link,
    /// A device, a socket or a pipe.
    Special,
}

/// A folder compared with what was rendered for it.
#[derive(Debug)]
pub struct Survey {
    /// Every path that is not as rendered, sorted; [`LOCK`] is one of them where it must be written again.
    pub states: Vec<(String, State)>,
    /// How many rendered files stand there with their bytes.
    pub unchanged: usize,
    /// Whether the folder exists at all.
    pub exists: bool,
    /// Why the lock cannot be used; its path is then `Conflicted`, or `Edited` where it does not parse.
    pub lock_error: Option<LockError>,
}

impl Survey {
    /// Whether a build would write or remove something or refuse to.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.states.iter().any(|(_, state)| *state != State::Foreign)
    }
}

/// Compares the folder `dir` with `rendered`, reading only; waits for a build that is writing there.
///
/// # Errors
/// When `dir` is a file or a symbolic link, or something in it cannot be read.
pub fn survey(rendered: &FileTree, dir: &Path) -> Result<Survey, IoError> {
    let parent = match Folder::open(parent_of(dir)) {
        Ok(parent) => parent,
        Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => {
            return inspect(rendered, None).map(|found| found.survey);
        }
        Err(error) => return Err(error),
    };
    // A reader gets on without a lock where the file system has none.
    let _ = parent.lock(FlockOperation::LockShared);
    let folder = parent.open_below(name_of(dir)?)?;
    inspect(rendered, folder.as_ref().map(|folder| folder as &dyn Standing)).map(|found| found.survey)
}

/// What a tree is held against: a folder on disk, or files in memory.
pub(super) trait Standing {
    /// Everything below it.
    fn walk(&self) -> Result<Walk, IoError>;
    /// Whether the file at `path` has exactly the bytes `expected`. `buffer` is scratch space.
    fn holds(&self, path: &[u8], expected: &[u8], buffer: &mut Vec<u8>) -> Result<bool, IoError>;
    /// The file at `path` and the version it was read in, where it has versions; no bytes where it is too large to be one of gen's.
    fn load(&self, path: &[u8]) -> Result<(Option<Stat>, Option<Vec<u8>>), IoError>;
}

impl Standing for Folder {
    fn walk(&self) -> Result<Walk, IoError> {
        Folder::walk(self)
    }

    fn holds(&self, path: &[u8], expected: &[u8], buffer: &mut Vec<u8>) -> Result<bool, IoError> {
        Folder::holds(self, path, expected, buffer)
    }

    fn load(&self, path: &[u8]) -> Result<(Option<Stat>, Option<Vec<u8>>), IoError> {
        Folder::load(self, path).map(|(version, bytes)| (Some(version), bytes))
    }
}

/// A survey with what a build needs to act on it.
pub(super) struct Inspection {
    pub(super) survey: Survey,
    /// The text of the lock to write.
    pub(super) lock: String,
    pub(super) walk: Walk,
    /// The files that were read and differ, in the version they were read in.
    pub(super) versions: BTreeMap<String, Stat>,
}

pub(super) fn inspect(rendered: &FileTree, folder: Option<&dyn Standing>) -> Result<Inspection, IoError> {
    let new_lock = Lock::of(rendered);
    let mut found = Inspection {
        survey: Survey { states: Vec::new(), unchanged: 0, exists: folder.is_some(), lock_error: None },
        lock: new_lock.render(),
        walk: folder.map(Standing::walk).transpose()?.unwrap_or_default(),
        versions: BTreeMap::new(),
    };
    let (differing, extra) = match folder {
        Some(folder) => found.compare(rendered, folder)?,
        None => (rendered.iter().map(|(path, _)| (path.to_owned(), None)).collect(), Vec::new()),
    };
    let old_lock = found.read_lock(folder, new_lock)?;
    for (path, kind) in differing {
        let state = match kind {
            None if old_lock.owns(&path) => State::Missing,
            None => State::New,
            Some(Kind::File) => found.differing(folder, &path, &old_lock)?,
            Some(kind) => State::Blocked(obstacle(kind)),
        };
        found.survey.states.push((path, state));
    }
    for (path, kind) in extra {
        let state = match std::str::from_utf8(&path) {
            Ok(path) if kind == Kind::File && old_lock.owns(path) => found.orphaned(folder, path, &old_lock)?,
            _ => State::Foreign,
        };
        if kind != Kind::Folder {
            found.survey.states.push((String::from_utf8_lossy(&path).into_owned(), state));
        }
    }
    found.find_obstacles();
    found.survey.states.sort_unstable_by(|left, right| left.0.cmp(&right.0));
    Ok(found)
}

/// Paths that are rendered and not on disk with these bytes (with what stands there), and leaves that are not rendered.
type Difference = (Vec<(String, Option<Kind>)>, Vec<(Vec<u8>, Kind)>);

impl Inspection {
    fn compare(&mut self, rendered: &FileTree, folder: &dyn Standing) -> Result<Difference, IoError> {
        let (mut differing, mut extra) = (Vec::new(), Vec::new());
        let mut buffer = Vec::new();
        let mut leaves = self.walk.leaves.iter().filter(|(path, _)| path != LOCK.as_bytes()).peekable();
        for (path, bytes) in rendered.iter() {
            while let Some(leaf) = leaves.next_if(|(leaf, _)| leaf.as_slice() < path.as_bytes()) {
                extra.push(leaf.clone());
            }
            let kind = leaves.next_if(|(leaf, _)| leaf == path.as_bytes()).map(|(_, kind)| *kind);
            if kind == Some(Kind::File) && folder.holds(path.as_bytes(), bytes, &mut buffer)? {
                self.survey.unchanged += 1;
            } else {
                differing.push((path.to_owned(), kind));
            }
        }
        extra.extend(leaves.cloned());
        Ok((differing, extra))
    }

    /// What gen wrote last time; where `gen.lock` is not the one to write, it gets a state.
    fn read_lock(&mut self, folder: Option<&dyn Standing>, new: Lock) -> Result<Lock, IoError> {
        let (state, old) = match (folder, self.walk.leaf(LOCK.as_bytes())) {
            (Some(folder), Some(Kind::File)) => {
                let (version, bytes) = folder.load(LOCK.as_bytes())?;
                let bytes = bytes.unwrap_or_default();
                if bytes == self.lock.as_bytes() {
                    return Ok(new);
                }
                self.versions.extend(version.map(|version| (LOCK.to_owned(), version)));
                match Lock::parse(&bytes) {
                    Ok(lock) => (State::Stale, lock),
                    Err(error) => {
                        self.survey.lock_error = Some(error.clone());
                        match (error, Lock::both_sides(&bytes)) {
                            (LockError::Conflict { line }, Ok(lock)) => (State::Conflicted { line }, lock),
                            (LockError::Conflict { .. }, Err(error)) => {
                                self.survey.lock_error = Some(error);
                                (State::Edited, Lock::default())
                            }
                            (LockError::Malformed { .. }, _) => (State::Edited, Lock::default()),
                        }
                    }
                }
            }
            (_, Some(kind)) => (State::Blocked(obstacle(kind)), Lock::default()),
            (_, None) => (State::New, Lock::default()),
        };
        self.survey.states.push((LOCK.to_owned(), state));
        Ok(old)
    }

    /// The state of a file that is rendered with other bytes.
    fn differing(&mut self, folder: Option<&dyn Standing>, path: &str, lock: &Lock) -> Result<State, IoError> {
        Ok(match self.provenance(folder, path, lock)? {
            Provenance::Gen => State::Stale,
            Provenance::Merge { line } => State::Conflicted { line },
            Provenance::Hand if is_sealed(path) => State::SealedEdited,
            Provenance::Hand if lock.owns(path) => State::Edited,
            Provenance::Hand => State::Occupied,
        })
    }

    /// The state of a file that gen wrote and that is not rendered any more.
    fn orphaned(&mut self, folder: Option<&dyn Standing>, path: &str, lock: &Lock) -> Result<State, IoError> {
        Ok(match self.provenance(folder, path, lock)? {
            Provenance::Gen => State::Orphaned,
            // Its source is gone: nothing can restore it.
            Provenance::Merge { .. } | Provenance::Hand if is_sealed(path) => State::SealedEdited,
            Provenance::Merge { line } => State::Conflicted { line },
            Provenance::Hand => State::OrphanedEdited,
        })
    }

    fn provenance(&mut self, folder: Option<&dyn Standing>, path: &str, lock: &Lock) -> Result<Provenance, IoError> {
        let Some(folder) = folder else { return Ok(Provenance::Hand) };
        let (version, bytes) = folder.load(path.as_bytes())?;
        self.versions.extend(version.map(|version| (path.to_owned(), version)));
        Ok(match bytes {
            Some(bytes) if lock.wrote(path, &bytes) => Provenance::Gen,
            Some(bytes) if lock.owns(path) => {
                conflict(&bytes).map_or(Provenance::Hand, |line| Provenance::Merge { line })
            }
            _ => Provenance::Hand,
        })
    }

    /// Turns what must be written into [`State::Blocked`] where something that stays is in the way of it.
    fn find_obstacles(&mut self) {
        let going = |state: &State| matches!(state, State::Orphaned | State::Conflicted { .. });
        let states = self.survey.states.iter();
        let orphans: BTreeSet<Vec<u8>> =
            states.filter(|(_, state)| going(state)).map(|(path, _)| path.clone().into_bytes()).collect();
        for (path, state) in &mut self.survey.states {
            if !matches!(state, State::New | State::Missing) {
                continue;
            }
            let above = ancestors(path).map(str::as_bytes).find_map(|ancestor| {
                let kind = self.walk.leaf(ancestor).filter(|kind| *kind != Kind::Folder)?;
                (!orphans.contains(ancestor)).then_some(obstacle(kind))
            });
            let below = self.walk.below(path.as_bytes()).any(|leaf| !orphans.contains(leaf));
            if let Some(obstacle) = above.or(below.then_some(Obstacle::Folder)) {
                *state = State::Blocked(obstacle);
            }
        }
    }
}

/// Who gave a file the bytes it has.
enum Provenance {
    Gen,
    Merge { line: u32 },
    Hand,
}

fn obstacle(kind: Kind) -> Obstacle {
    match kind {
        Kind::File => Obstacle::File,
        Kind::Folder => Obstacle::Folder,
        Kind::Link => Obstacle::Link,
        Kind::Special => Obstacle::Special,
    }
}

#[cfg(test)]
mod tests;
