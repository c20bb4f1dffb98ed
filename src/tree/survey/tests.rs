#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use super::{LockError, Obstacle, State, Survey, survey};
use crate::tree::{FileTree, LOCK, sync};

fn tree(files: &[(&str, &str)]) -> FileTree {
    let mut tree = FileTree::new();
    files.iter().for_each(|(path, text)| tree.insert(*path, *text).unwrap());
    tree
}

/// Builds `old`, lets `edit` loose on the folder and surveys it against `new`.
fn after(old: &[(&str, &str)], edit: impl Fn(&Path), new: &[(&str, &str)]) -> Survey {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("staging");
    sync(&tree(old), &dir, &[]).unwrap();
    edit(&dir);
    survey(&tree(new), &dir).unwrap()
}

/// The states of everything but the lock.
fn states(old: &[(&str, &str)], edit: impl Fn(&Path), new: &[(&str, &str)]) -> Vec<(String, State)> {
    after(old, edit, new).states.into_iter().filter(|(path, _)| path != LOCK).collect()
}

fn one(path: &str, state: State) -> Vec<(String, State)> {
    vec![(path.to_owned(), state)]
}

const MERGE: &str = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> topic\n";

#[test]
fn nothing_to_say_about_what_is_as_rendered() {
    let found = after(&[("a/b", "1"), ("c", "")], |_| {}, &[("a/b", "1"), ("c", "")]);
    assert_eq!((found.states.as_slice(), found.unchanged, found.exists), ([].as_slice(), 2, true));
    assert!(!found.differs());
}

#[test]
fn a_folder_that_does_not_exist_is_all_new() {
    let temp = tempfile::tempdir().unwrap();
    for dir in ["staging", "gitops/staging"] {
        let found = survey(&tree(&[("a", "1")]), &temp.path().join(dir)).unwrap();
        assert_eq!(found.states, [("a".into(), State::New), (LOCK.into(), State::New)]);
        assert!(!found.exists && found.differs());
    }
}

#[test]
fn every_cause_has_its_state() {
    let write = |path: &'static str, text: &'static str| move |dir: &Path| fs::write(dir.join(path), text).unwrap();
    let remove = |path: &'static str| move |dir: &Path| fs::remove_file(dir.join(path)).unwrap();
    let v1: &[(&str, &str)] = &[("v.yaml", "1")];
    let v2: &[(&str, &str)] = &[("v.yaml", "2")];
    let none: &[(&str, &str)] = &[];
    let conflicted = State::Conflicted { line: 2 };
    assert_eq!(states(v1, |_| {}, v2), one("v.yaml", State::Stale));
    assert_eq!(states(v1, remove("v.yaml"), v1), one("v.yaml", State::Missing));
    assert_eq!(states(none, |_| {}, v1), one("v.yaml", State::New));
    assert_eq!(states(v1, write("v.yaml", "2"), v2), []);
    assert_eq!(states(v1, write("v.yaml", "by hand"), v2), one("v.yaml", State::Edited));
    assert_eq!(states(v1, write("v.yaml", "by hand"), v1), one("v.yaml", State::Edited));
    assert_eq!(states(v1, write("v.yaml", MERGE), v2), one("v.yaml", conflicted));
    assert_eq!(states(v1, write("v.yaml", MERGE), &[("v.yaml", MERGE)]), []);
    assert_eq!(states(none, write("v.yaml", "1"), v1), []);
    assert_eq!(states(none, write("v.yaml", "theirs"), v1), one("v.yaml", State::Occupied));
    assert_eq!(states(none, write("v.yaml", MERGE), v1), one("v.yaml", State::Occupied));
    assert_eq!(states(v1, |_| {}, none), one("v.yaml", State::Orphaned));
    assert_eq!(states(v1, write("v.yaml", "by hand"), none), one("v.yaml", State::OrphanedEdited));
    assert_eq!(states(v1, write("v.yaml", MERGE), none), one("v.yaml", conflicted));
    assert_eq!(states(v1, remove("v.yaml"), none), []);
    assert_eq!(states(none, write("v.yaml", "theirs"), none), one("v.yaml", State::Foreign));
}

#[test]
fn sealed_files_are_never_merely_edited() {
    let write = |text: &'static str| move |dir: &Path| fs::write(dir.join("s.sops.yaml"), text).unwrap();
    let v1: &[(&str, &str)] = &[("s.sops.yaml", "1")];
    let v2: &[(&str, &str)] = &[("s.sops.yaml", "2")];
    let edited = one("s.sops.yaml", State::SealedEdited);
    assert_eq!(states(v1, |_| {}, v2), one("s.sops.yaml", State::Stale));
    assert_eq!(states(v1, write("2"), v2), []);
    assert_eq!(states(v1, write("by hand"), v2), edited);
    assert_eq!(states(&[], write("theirs"), v2), edited);
    assert_eq!(states(v1, write("by hand"), &[]), edited);
    assert_eq!(states(v1, |_| {}, &[]), one("s.sops.yaml", State::Orphaned));
    assert_eq!(states(v1, write(MERGE), v2), one("s.sops.yaml", State::Conflicted { line: 2 }));
    assert_eq!(states(v1, write(MERGE), &[]), edited);
    assert_eq!(states(&[], write("theirs"), &[]), one("s.sops.yaml", State::Foreign));
}

#[test]
fn the_lock_is_surveyed_too_and_never_trusted() {
    let v1: &[(&str, &str)] = &[("v.yaml", "1")];
    let lock = |text: &'static str| move |dir: &Path| fs::write(dir.join(LOCK), text).unwrap();
    let gone = after(v1, |dir| fs::remove_file(dir.join(LOCK)).unwrap(), v1);
    assert_eq!((gone.states, gone.unchanged), (one(LOCK, State::New), 1));
    assert_eq!(after(v1, lock(""), v1).states, one(LOCK, State::Stale));
    let broken = after(v1, lock("nonsense\n"), v1);
    assert_eq!(broken.states, one(LOCK, State::Edited));
    assert!(matches!(broken.lock_error, Some(LockError::Malformed { line: 1, .. })));
    let folder = |dir: &Path| {
        fs::remove_file(dir.join(LOCK)).unwrap();
        fs::create_dir(dir.join(LOCK)).unwrap();
    };
    assert_eq!(after(v1, folder, v1).states, one(LOCK, State::Blocked(Obstacle::Folder)));
}

#[test]
fn a_merged_lock_knows_what_both_sides_wrote() {
    let merge = |dir: &Path| {
        let [ours, theirs] = ["ours", "theirs"].map(|text| super::Lock::of(&tree(&[("v.yaml", text)])).render());
        fs::write(dir.join(LOCK), format!("<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> topic\n")).unwrap();
        fs::write(dir.join("v.yaml"), "theirs").unwrap();
    };
    let found = after(&[("v.yaml", "ours")], merge, &[("v.yaml", "both")]);
    assert_eq!(found.states, [(LOCK.into(), State::Conflicted { line: 1 }), ("v.yaml".into(), State::Stale)]);
    assert_eq!(found.lock_error, Some(LockError::Conflict { line: 1 }));
}

#[test]
fn what_stands_in_the_way_is_named() {
    let new: &[(&str, &str)] = &[("a/b/c", "1")];
    let blocked = |by| State::Blocked(by);
    let at = |edit: &dyn Fn(&Path)| states(&[], edit, new).into_iter().find(|(path, _)| path == "a/b/c").unwrap().1;
    assert_eq!(at(&|dir| symlink("/", dir.join("a")).unwrap()), blocked(Obstacle::Link));
    assert_eq!(at(&|dir| fs::write(dir.join("a"), "").unwrap()), blocked(Obstacle::File));
    assert_eq!(at(&|dir| fs::create_dir_all(dir.join("a/b/c")).unwrap()), blocked(Obstacle::Folder));
    assert_eq!(at(&|dir| fs::create_dir_all(dir.join("a/b/c/d")).unwrap()), blocked(Obstacle::Folder));
    assert_eq!(at(&|dir| fs::create_dir_all(dir.join("a/b")).unwrap()), State::New);
    let link = |dir: &Path| {
        fs::create_dir_all(dir.join("a/b")).unwrap();
        symlink("nowhere", dir.join("a/b/c")).unwrap();
    };
    assert_eq!(at(&link), blocked(Obstacle::Link));
    let socket = |dir: &Path| {
        fs::create_dir_all(dir.join("a/b")).unwrap();
        drop(UnixListener::bind(dir.join("a/b/c")).unwrap());
    };
    assert_eq!(at(&socket), blocked(Obstacle::Special));
    assert_eq!(states(&[("a", "1")], |_| {}, new)[1].1, State::New, "an orphan goes first");
    assert_eq!(states(new, |_| {}, &[("a", "1")])[0].1, State::New, "a folder of orphans goes first");
}

#[test]
fn a_link_or_a_file_is_no_tree() {
    let temp = tempfile::tempdir().unwrap();
    fs::create_dir(temp.path().join("real")).unwrap();
    symlink("real", temp.path().join("link")).unwrap();
    fs::write(temp.path().join("file"), "").unwrap();
    let error = |name: &str| survey(&FileTree::new(), &temp.path().join(name)).unwrap_err().to_string();
    assert!(error("link").ends_with("link: it is a symbolic link, not a folder"), "{}", error("link"));
    assert!(error("file").ends_with("file: it is a file, not a folder"), "{}", error("file"));
}
