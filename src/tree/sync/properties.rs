#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use proptest::prelude::{Just, ProptestConfig, Strategy, any, proptest};
use proptest::prop_oneof;

use super::tests::snapshot;
use super::{SyncError, covers, sync_as};
use crate::tree::{FileTree, LOCK, Lock, State, survey};

/// Paths that lie in each other, so that files and folders change places.
const PATHS: [&str; 10] = ["a", "a/b", "a/b/c", "a/s.sops.yaml", "a-b", "d/e", "d/f/g", "d/f/h", "s.sops.yaml", "z"];
const TEXTS: [&str; 4] = ["", "one\n", "two\n", "<<<<<<< HEAD\none\n=======\ntwo\n>>>>>>> topic\n"];

/// What happens on disk between two builds.
#[derive(Clone, Debug)]
enum Edit {
    Write(usize, usize),
    Remove(usize),
    Folder(usize),
    Link(usize),
    DropLock,
}

fn files() -> impl Strategy<Value = Vec<(usize, usize)>> {
    proptest::collection::vec((0..PATHS.len(), 0..3_usize), 0..7)
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        6 => (0..PATHS.len(), 0..TEXTS.len()).prop_map(|(path, text)| Edit::Write(path, text)),
        3 => (0..PATHS.len()).prop_map(Edit::Remove),
        1 => (0..PATHS.len()).prop_map(Edit::Folder),
        1 => (0..PATHS.len()).prop_map(Edit::Link),
        1 => Just(Edit::DropLock),
    ];
    proptest::collection::vec(edit, 0..5)
}

fn tree(files: &[(usize, usize)]) -> FileTree {
    let mut tree = FileTree::new();
    for (path, text) in files {
        // Paths that clash are left out.
        let _ = tree.insert(PATHS[*path], TEXTS[*text]);
    }
    tree
}

/// Edits that the folder has no room for are left out.
fn apply(dir: &Path, edits: &[Edit]) {
    for edit in edits {
        let _ = match edit {
            Edit::Write(path, text) => {
                let file = dir.join(PATHS[*path]);
                fs::create_dir_all(file.parent().unwrap()).and_then(|()| fs::write(file, TEXTS[*text]))
            }
            Edit::Remove(path) => fs::remove_file(dir.join(PATHS[*path])),
            Edit::Folder(path) => fs::create_dir_all(dir.join(PATHS[*path])),
            Edit::Link(path) => std::os::unix::fs::symlink("nowhere", dir.join(PATHS[*path])),
            Edit::DropLock => fs::remove_file(dir.join(LOCK)),
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn a_sync_writes_what_is_rendered_and_keeps_the_rest(
        before in files(),
        edits in edits(),
        after in files(),
        force in any::<bool>(),
        able in any::<bool>(),
    ) {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("staging");
        let (old, new) = (tree(&before), tree(&after));
        sync_as(&old, &dir, &[], able).unwrap();
        apply(&dir, &edits);
        let locked = dir.join(LOCK).exists();

        let outer = snapshot(temp.path());
        let found = snapshot(&dir);
        let is_folder = |mode: u32| mode & 0o170_000 == 0o040_000;
        let is_file = |mode: u32| mode & 0o170_000 == 0o100_000;
        let owned = |path: &str| locked && old.get(path).is_some();
        let by_hand = |path: &str| {
            let bytes = found[path].bytes.as_slice();
            let known = new.get(path) == Some(bytes) || owned(path) && old.get(path) == Some(bytes);
            let merged = owned(path) && bytes == TEXTS[3].as_bytes() && (new.get(path).is_some() || !path.contains(".sops."));
            is_file(found[path].mode) && !known && !merged && (owned(path) || new.get(path).is_some())
        };
        let edited: Vec<&str> = found.keys().map(String::as_str).filter(|path| *path != LOCK && by_hand(path)).collect();
        let foreign: Vec<&str> = found.keys().map(String::as_str).filter(|path| {
            let listed = *path == LOCK || new.get(path).is_some() || owned(path) && is_file(found[*path].mode);
            !listed && !is_folder(found[*path].mode)
        }).collect();

        let forced = if force { vec![String::new()] } else { Vec::new() };
        match sync_as(&new, &dir, &forced, able) {
            Err(SyncError::Io(error)) => panic!("{error}"),
            Err(SyncError::Refused(paths)) => {
                assert_eq!(snapshot(temp.path()), outer);
                assert!(!paths.is_empty());
                for (path, state) in paths {
                    if matches!(state, State::Blocked(_)) {
                        let around = |other: &&str| path != **other && (covers(other, &path) || covers(&path, other));
                        let special = found.get(&path).is_some_and(|standing| !is_file(standing.mode));
                        let blocking = foreign.iter().chain(&edited).any(&around);
                        let holds_folder = found.iter().any(|(other, standing)| is_folder(standing.mode) && covers(&path, other));
                        assert!(special || blocking || holds_folder, "{path} is free");
                    } else {
                        assert!(edited.contains(&path.as_str()), "{path} is nobody's edit");
                        assert!(!force || path.contains(".sops."), "{path} was forced");
                    }
                }
            }
            Ok(report) => {
                let now = snapshot(&dir);
                for path in &edited {
                    assert!(force && !path.contains(".sops."), "{path} was edited by hand");
                }
                for (path, bytes) in new.iter() {
                    assert_eq!(now[path].bytes, bytes, "{path}");
                    if found.get(path).is_some_and(|there| is_file(there.mode) && there.bytes == bytes) {
                        assert_eq!(now[path], found[path], "{path}");
                    }
                }
                for path in &foreign {
                    assert_eq!(now.get(*path), Some(&found[*path]), "{path}");
                }
                for (path, standing) in &now {
                    let expected = new.get(path).is_some() || path == LOCK || foreign.contains(&path.as_str());
                    assert!(expected || is_folder(standing.mode), "{path} is a leftover");
                }
                assert_eq!(now[LOCK].bytes, Lock::of(&new).render().into_bytes());
                assert!(report.leftover.is_none());
                let beside = snapshot(temp.path());
                assert!(beside.keys().all(|path| path.is_empty() || covers("staging", path)));
                assert!(report.changed() || beside == outer);

                assert!(!survey(&new, &dir).unwrap().differs());
                assert!(!sync_as(&new, &dir, &[], able).unwrap().changed());
                assert_eq!(snapshot(temp.path()), beside);
            }
        }
    }
}
