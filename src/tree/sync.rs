//! Writing a rendered tree to `gitops/<env>/` in one step.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use super::disk::{Folder, IoError, name_of, parent_of, same_file};
use super::lock::LOCK;
use super::stage::{Able, Plan, Stage, writable};
use super::survey::{Inspection, Standing, State, inspect};
use super::{FileTree, leftover};

/// What a sync did. All paths are relative to the folder and sorted; [`LOCK`] is among them where it was written.
#[derive(Debug, Default)]
pub struct Report {
    /// Files that were not there before.
    pub created: Vec<String>,
    /// Files that got other bytes.
    pub updated: Vec<String>,
    /// Files that are gone.
    pub removed: Vec<String>,
    /// How many files were left as they were.
    pub unchanged: usize,
    /// Why the old tree, now beside the new one, could not be removed; the next sync tries again.
    pub leftover: Option<IoError>,
}

impl Report {
    /// Whether anything was written or removed.
    #[must_use]
    pub fn changed(&self) -> bool {
        !(self.created.is_empty() && self.updated.is_empty() && self.removed.is_empty())
    }
}

/// Why nothing was written.
#[derive(Debug)]
pub enum SyncError {
    /// These paths hold what a sync does not overwrite or remove: [`State::Edited`], [`State::SealedEdited`],
    /// [`State::Occupied`], [`State::Blocked`] or [`State::OrphanedEdited`].
    Refused(Vec<(String, State)>),
    /// The system refused something.
    Io(IoError),
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SyncError::Refused(paths) => {
                f.write_str("these files are not overwritten:")?;
                paths.iter().try_for_each(|(path, _)| write!(f, " {path}"))
            }
            SyncError::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SyncError {}

impl From<IoError> for SyncError {
    fn from(error: IoError) -> Self {
        SyncError::Io(error)
    }
}

/// Makes the folder `dir` hold `rendered`, its [`LOCK`] and the foreign files it holds already, and nothing else. Where
/// nothing differs nothing is touched. `force` names files, or folders with all that is in them, relative to `dir`, that
/// may be overwritten or removed though somebody edited them; an empty string names all.
///
/// The new tree is made beside the old one and exchanged with it in one step, so a kill at any moment leaves one of the
/// two whole, and what others save in the folder meanwhile is carried over. Syncs of folders with the same parent wait
/// for each other, also between processes.
///
/// Where a file system has no hard links (FAT) or cannot exchange folders (overlayfs with folders of a lower layer), and
/// where links are forbidden (to files of another user), files are renamed into place one by one, `gen.lock` last: each
/// file is old or new, and a sync that was killed or failed between two of them is completed by the next one.
///
/// # Errors
/// When something must not be overwritten, and when the system refuses something. Either way `dir` is as it was, but for
/// a failure between two files where they are renamed one by one.
pub fn sync(rendered: &FileTree, dir: &Path, force: &[String]) -> Result<Report, SyncError> {
    sync_as(rendered, dir, force, true)
}

/// `able`: whether to try what not every file system can.
fn sync_as(rendered: &FileTree, dir: &Path, force: &[String], able: bool) -> Result<Report, SyncError> {
    let place = Place::lock(dir)?;
    let result = place.sync(rendered, force, able);
    if result.is_err() {
        place.withdraw();
    }
    result
}

/// The locked parent of the folder to write.
struct Place<'a> {
    parent: Folder,
    name: &'a [u8],
    /// The folders around it that were made, outermost first.
    made: Vec<PathBuf>,
}

impl<'a> Place<'a> {
    fn lock(dir: &'a Path) -> Result<Self, IoError> {
        let (path, name) = (parent_of(dir), name_of(dir)?);
        let mut made = Vec::new();
        loop {
            make_folders(path, &mut made)?;
            let parent = match Folder::open(path) {
                Err(error) if error.source.kind() == io::ErrorKind::NotFound => continue,
                parent => parent?,
            };
            parent.lock(FlockOperation::LockExclusive)?;
            // A build that failed may have removed the folder while this one waited.
            let stands =
                rustix::fs::stat(path).is_ok_and(|stat| parent.own_stat().is_ok_and(|own| same_file(&own, &stat)));
            if stands {
                return Ok(Place { parent, name, made });
            }
        }
    }

    /// Removes the folders that were made, as far as they are empty.
    fn withdraw(self) {
        for folder in self.made.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }

    fn sync(&self, rendered: &FileTree, force: &[String], able: bool) -> Result<Report, SyncError> {
        leftover::clear(&self.parent)?;
        let old = self.parent.open_below(self.name)?;
        let found = inspect(rendered, old.as_ref().map(|old| old as &dyn Standing))?;
        let plan = plan(rendered, &found, force)?;
        let mut report = Report { unchanged: found.survey.unchanged, ..Report::default() };
        if plan.write.is_empty() && plan.remove.is_empty() {
            return Ok(report);
        }
        if let Some(old) = &old {
            writable(old, &found.walk)?;
        }
        for path in plan.write.keys() {
            let list = if plan.versions.contains_key(*path) { &mut report.updated } else { &mut report.created };
            list.push((*path).to_owned());
        }
        report.removed = plan.remove.iter().map(|path| (*path).to_owned()).collect();

        let mut stage = Stage::new(&self.parent, self.name, old.as_ref())?;
        match put(&mut stage, &plan, old.as_ref(), able) {
            Ok(Placed::Whole) => {
                report.leftover = old.and_then(|old| stage.retire(&plan, &old).err());
                Ok(report)
            }
            Ok(Placed::Moved) => {
                report.leftover = stage.discard().err();
                Ok(report)
            }
            Err(error) => {
                // The first error is the one to tell, and the next sync clears what this one could not.
                let _ = stage.discard();
                Err(error.into())
            }
        }
    }
}

enum Placed {
    Whole,
    Moved,
}

fn put(stage: &mut Stage<'_>, plan: &Plan<'_>, old: Option<&Folder>, able: bool) -> Result<Placed, IoError> {
    stage.write(plan)?;
    let Some(old) = old else {
        stage.settle()?;
        return Ok(Placed::Whole);
    };
    if able && stage.link(plan, old)? == Able::Yes && stage.exchange()? == Able::Yes {
        return Ok(Placed::Whole);
    }
    stage.move_in(plan, old)?;
    Ok(Placed::Moved)
}

fn plan<'a>(rendered: &'a FileTree, found: &'a Inspection, force: &[String]) -> Result<Plan<'a>, SyncError> {
    let (mut write, mut remove, mut refused) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
    for (path, state) in &found.survey.states {
        let forced = force.iter().any(|named| covers(named, path));
        let goes = match state {
            State::Foreign => continue,
            State::New | State::Missing | State::Stale | State::Conflicted { .. } | State::Orphaned => true,
            State::Edited | State::Occupied | State::OrphanedEdited => forced,
            State::SealedEdited | State::Blocked(_) => false,
        };
        if !goes {
            refused.push((path.clone(), *state));
        } else if path == LOCK {
            write.insert(LOCK, found.lock.as_bytes());
        } else if let Some(bytes) = rendered.get(path) {
            write.insert(path.as_str(), bytes);
        } else {
            remove.insert(path.as_str());
        }
    }
    if refused.is_empty() {
        Ok(Plan { write, remove, versions: &found.versions, walk: &found.walk })
    } else {
        Err(SyncError::Refused(refused))
    }
}

/// Whether `named` is `path`, or a folder that it lies in.
fn covers(named: &str, path: &str) -> bool {
    let named = named.trim_end_matches('/');
    named.is_empty() || path.strip_prefix(named).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn make_folders(path: &Path, made: &mut Vec<PathBuf>) -> Result<(), IoError> {
    match fs::create_dir(path) {
        Ok(()) => made.push(path.to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.parent().is_some_and(|parent| parent != path) => {
            make_folders(parent_of(path), made)?;
            return make_folders(path, made);
        }
        // What is wrong with an existing one shows when it is opened.
        Err(_) if path.exists() => {}
        Err(error) => return Err(IoError::new("make the folder", path, error)),
    }
    Ok(())
}

#[cfg(test)]
mod interruptions;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
