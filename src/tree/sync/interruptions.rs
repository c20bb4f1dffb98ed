//! Kills and edits at chosen moments of a sync.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::tests::{names, read, snapshot, tree};
use super::{Place, SyncError, put, sync};
use crate::tree::disk::{Folder, IoError};
use crate::tree::stage::Stage;
use crate::tree::survey::{Standing, State, inspect, survey};
use crate::tree::{FileTree, LOCK, leftover};

/// When an interrupted sync is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Killed {
    Never,
    /// Before it removes a file of the old tree that the new one does not share, the one of this number.
    AtRemoval(usize),
}

/// Runs a sync by hand and lets `meanwhile` loose on the old tree between reading it and the exchange, and `afterwards`
/// on the new one between the exchange and the removal of the old one.
fn interrupted(dir: &Path, rendered: &FileTree, meanwhile: impl Fn(&Path), afterwards: impl Fn(&Path), killed: Killed) {
    let place = Place::lock(dir).unwrap();
    let old = place.parent.open_below(place.name).unwrap();
    let found = inspect(rendered, old.as_ref().map(|old| old as &dyn Standing)).unwrap();
    let plan = super::plan(rendered, &found, &[]).unwrap();
    let mut stage = Stage::new(&place.parent, place.name, old.as_ref()).unwrap();
    stage.write(&plan).unwrap();
    let old: Folder = old.unwrap();
    stage.link(&plan, &old).unwrap();
    let name = leftover::name(place.name, Some(&old.own_stat().unwrap()));
    meanwhile(dir);
    stage.exchange().unwrap();
    afterwards(dir);
    let Killed::AtRemoval(number) = killed else { return stage.retire(&plan, &old).unwrap() };
    let left = std::cell::Cell::new(number);
    let new = place.parent.open_below(place.name).unwrap().unwrap();
    let stopped = leftover::retire(&place.parent, &name, &old, &new, |_, _, _| match left.get().checked_sub(1) {
        Some(fewer) => {
            left.set(fewer);
            Ok(true)
        }
        None => Err(IoError::because("go on", dir, "killed")),
    });
    assert!(stopped.is_err());
}

#[test]
fn a_kill_while_the_old_tree_goes_is_made_up_for() {
    // Two orphans, a stale file, the lock.
    for number in 0..4 {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("staging");
        sync(&tree(&[("a/gone", "1"), ("pg/stale", "1"), ("pg/same", "1"), ("z/gone", "1")]), &dir, &[]).unwrap();
        fs::write(dir.join("pg/notes"), "mine").unwrap();
        let rendered = tree(&[("pg/stale", "2"), ("pg/same", "1")]);
        interrupted(&dir, &rendered, |_| {}, |_| {}, Killed::AtRemoval(number));
        assert_eq!(names(temp.path()).len(), 2);
        assert!(!sync(&rendered, &dir, &[]).unwrap().changed());
        assert_eq!(names(temp.path()), ["staging"]);
        let found: Vec<_> = snapshot(&dir).into_keys().collect();
        assert_eq!(found, ["", LOCK, "pg", "pg/notes", "pg/same", "pg/stale"], "killed at {number}");
    }
}

#[test]
fn what_comes_while_a_sync_runs_is_kept() {
    for killed in [Killed::Never, Killed::AtRemoval(0)] {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("gitops/staging");
        sync(&tree(&[("same", "1"), ("pg/stale", "1"), ("gone/a", "1")]), &dir, &[]).unwrap();
        fs::write(dir.join("notes"), "old").unwrap();
        fs::write(dir.join("quiet"), "quiet").unwrap();
        let rendered = tree(&[("same", "1"), ("pg/stale", "2"), ("s.sops.yaml", "sealed")]);
        let meanwhile = |dir: &Path| {
            fs::write(dir.join("tmp"), "new").unwrap();
            fs::rename(dir.join("tmp"), dir.join("notes")).unwrap();
            fs::create_dir_all(dir.join("gone/deep")).unwrap();
            fs::write(dir.join("gone/deep/file"), "came").unwrap();
            fs::write(dir.join("s.sops.yaml"), "theirs").unwrap();
            symlink("x", dir.join("pg/link")).unwrap();
        };
        interrupted(&dir, &rendered, meanwhile, |_| {}, killed);
        if killed != Killed::Never {
            assert_eq!(names(&temp.path().join("gitops")).len(), 2);
            let Err(SyncError::Refused(paths)) = sync(&rendered, &dir, &[]) else { panic!() };
            assert_eq!(paths, [("s.sops.yaml".to_owned(), State::SealedEdited)]);
        }
        assert_eq!(names(&temp.path().join("gitops")), ["staging"], "killed: {killed:?}");
        assert_eq!(names(&dir), [LOCK, "gone", "notes", "pg", "quiet", "s.sops.yaml", "same"]);
        let found = ["notes", "gone/deep/file", "s.sops.yaml", "quiet", "pg/stale"].map(|path| read(&dir, path));
        assert_eq!(found, ["new", "came", "theirs", "quiet", "2"]);
        assert_eq!(names(&dir.join("gone")), ["deep"]);
        assert!(dir.join("pg/link").is_symlink());
    }
}

#[test]
fn an_edit_of_a_generated_file_while_a_sync_runs_is_kept() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("staging");
    sync(&tree(&[("a", "1"), ("b", "1")]), &dir, &[]).unwrap();
    let rendered = tree(&[("a", "2"), ("b", "1")]);
    let meanwhile = |dir: &Path| {
        fs::write(dir.join("a"), "by hand").unwrap();
        fs::write(dir.join("b"), "by hand").unwrap();
    };
    interrupted(&dir, &rendered, meanwhile, |_| {}, Killed::Never);
    let expected = ["a", "b"].map(|path| (path.to_owned(), State::Edited));
    assert_eq!(survey(&rendered, &dir).unwrap().states, expected);
}

#[test]
fn the_later_of_two_edits_while_a_sync_runs_stays() {
    for killed in [Killed::Never, Killed::AtRemoval(0)] {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("staging");
        sync(&tree(&[("a", "1")]), &dir, &[]).unwrap();
        fs::write(dir.join("notes"), "first").unwrap();
        let rendered = tree(&[("a", "2")]);
        let save = |text: &'static str| {
            move |dir: &Path| {
                for path in ["notes", "came"] {
                    fs::write(dir.join("tmp"), text).unwrap();
                    fs::rename(dir.join("tmp"), dir.join(path)).unwrap();
                }
                // Well above the resolution of the file system's clock.
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        };
        interrupted(&dir, &rendered, save("second"), save("third"), killed);
        sync(&rendered, &dir, &[]).unwrap();
        assert_eq!(["a", "notes", "came"].map(|path| read(&dir, path)), ["2", "third", "third"], "killed: {killed:?}");
        assert_eq!(names(temp.path()), ["staging"]);
    }
}

#[test]
fn the_fallback_does_not_overwrite_what_came_while_it_ran() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("staging");
    sync(&tree(&[("a", "1")]), &dir, &[]).unwrap();
    let rendered = tree(&[("a", "2")]);
    let place = Place::lock(&dir).unwrap();
    let old = place.parent.open_below(place.name).unwrap();
    let found = inspect(&rendered, old.as_ref().map(|old| old as &dyn Standing)).unwrap();
    let plan = super::plan(&rendered, &found, &[]).unwrap();
    let mut stage = Stage::new(&place.parent, place.name, old.as_ref()).unwrap();
    fs::write(dir.join("a"), "by hand").unwrap();
    assert!(put(&mut stage, &plan, old.as_ref(), false).is_err());
    stage.discard().unwrap();
    assert_eq!(read(&dir, "a"), "by hand");
    assert_eq!(names(temp.path()), ["staging"]);
}

#[test]
fn leftovers_of_killed_builds_go_and_nothing_else() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("staging");
    let rendered = tree(&[("a", "1")]);
    sync(&rendered, &dir, &[]).unwrap();
    let kept =
        [".gen-build.staging.", ".gen-build..12", ".gen-build.staging.12x", ".gen-staging.12", "gen-build.staging.12"];
    for name in kept.iter().copied().chain([".gen-build.staging.12", ".gen-build.production.0", ".gen-build.a.b.7"]) {
        fs::create_dir_all(temp.path().join(name).join("pg")).unwrap();
        fs::write(temp.path().join(name).join("pg/half"), "").unwrap();
    }
    fs::write(temp.path().join(".gen-build.staging.13"), "a file").unwrap();
    let before = snapshot(&dir);
    assert!(!sync(&rendered, &dir, &[]).unwrap().changed());
    let mut expected = kept.to_vec();
    expected.extend([".gen-build.staging.13", "staging"]);
    expected.sort_unstable();
    assert_eq!(names(temp.path()), expected);
    assert_eq!(snapshot(&dir), before);
}
