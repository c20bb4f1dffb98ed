#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use super::{SyncError, sync, sync_as};
use crate::tree::survey::{Obstacle, State, survey};
use crate::tree::{FileTree, LOCK, Lock};

pub(super) fn tree(files: &[(&str, &str)]) -> FileTree {
    let mut tree = FileTree::new();
    files.iter().for_each(|(path, text)| tree.insert(*path, *text).unwrap());
    tree
}

/// What stands at a path: what it holds, its mode, inode and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) bytes: Vec<u8>,
    pub(super) mode: u32,
    pub(super) inode: u64,
    pub(super) time: (i64, i64),
}

/// Everything below `dir` and itself (as the empty path).
pub(super) fn snapshot(dir: &Path) -> BTreeMap<String, Standing> {
    let mut found = BTreeMap::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(path) = pending.pop() {
        let meta = fs::symlink_metadata(&path).unwrap();
        let bytes = if meta.is_dir() {
            pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            Vec::new()
        } else if meta.is_symlink() {
            fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else if meta.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
        let standing =
            Standing { bytes, mode: meta.mode(), inode: meta.ino(), time: (meta.mtime(), meta.mtime_nsec()) };
        found.insert(name, standing);
    }
    found
}

pub(super) fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|name| name.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub(super) fn read(dir: &Path, path: &str) -> String {
    fs::read_to_string(dir.join(path)).unwrap()
}

const MERGE: &str = "<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> topic\n";

#[test]
fn a_first_sync_makes_the_folder_and_a_second_touches_nothing() {
    for able in [true, false] {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("gitops/staging");
        let rendered = tree(&[("README.md", "hello\n"), ("postgres/values.yaml", "a: 1\n")]);
        let report = sync_as(&rendered, &dir, &[], able).unwrap();
        assert_eq!(report.created, ["README.md", LOCK, "postgres/values.yaml"]);
        assert!(report.updated.is_empty() && report.removed.is_empty() && report.leftover.is_none());
        assert_eq!(read(&dir, "postgres/values.yaml"), "a: 1\n");
        assert_eq!(read(&dir, LOCK), Lock::of(&rendered).render());
        assert_eq!(names(&temp.path().join("gitops")), ["staging"]);

        let before = snapshot(temp.path());
        let report = sync_as(&rendered, &dir, &[], able).unwrap();
        assert!(!report.changed());
        assert_eq!(report.unchanged, 2);
        assert_eq!(snapshot(temp.path()), before);
    }
}

#[test]
fn only_what_changed_is_written() {
    for able in [true, false] {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("staging");
        sync(&tree(&[("same/a", "1"), ("stale", "1"), ("gone/b", "1"), ("lost", "1"), ("merged", "1")]), &dir, &[])
            .unwrap();
        fs::remove_file(dir.join("lost")).unwrap();
        fs::write(dir.join("merged"), MERGE).unwrap();
        fs::create_dir_all(dir.join("foreign/empty")).unwrap();
        fs::write(dir.join("foreign/notes.txt"), "mine").unwrap();
        fs::set_permissions(dir.join("foreign/notes.txt"), fs::Permissions::from_mode(0o640)).unwrap();
        fs::set_permissions(dir.join("same"), fs::Permissions::from_mode(0o750)).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
        symlink("nowhere", dir.join("foreign/link")).unwrap();
        let before = snapshot(&dir);

        let rendered = tree(&[("same/a", "1"), ("stale", "2"), ("new/c", "1"), ("lost", "1"), ("merged", "1")]);
        let report = sync_as(&rendered, &dir, &[], able).unwrap();
        assert_eq!(report.created, ["lost", "new/c"]);
        assert_eq!(report.updated, [LOCK, "merged", "stale"]);
        assert_eq!(report.removed, ["gone/b"]);
        assert_eq!(report.unchanged, 1);

        let after = snapshot(&dir);
        for path in ["same/a", "foreign/notes.txt", "foreign/link"] {
            assert_eq!(after[path], before[path], "{path}");
        }
        for path in ["", "same", "foreign", "foreign/empty"] {
            assert_eq!(after[path].mode, before[path].mode, "{path}");
        }
        for path in ["same", "foreign", "foreign/empty"] {
            assert_eq!(after[path].time, before[path].time, "{path}");
        }
        assert!(!after.contains_key("gone"));
        for (path, bytes) in rendered.iter() {
            assert_eq!(after[path].bytes, bytes, "{path}");
        }
        assert_eq!(after[LOCK].bytes, Lock::of(&rendered).render().into_bytes());
        assert_eq!(names(temp.path()), ["staging"]);
    }
}

#[test]
fn what_somebody_made_is_not_overwritten_unless_forced() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("staging");
    let old = [("pg/edited", "1"), ("pg/left", "1"), ("pg/s.sops.yaml", "1"), ("plain", "1")];
    sync(&tree(&old), &dir, &[]).unwrap();
    for path in ["pg/edited", "pg/left", "pg/s.sops.yaml", "pg/taken"] {
        fs::write(dir.join(path), "by hand").unwrap();
    }
    let rendered = tree(&[("pg/edited", "2"), ("pg/s.sops.yaml", "2"), ("pg/taken", "2"), ("plain", "2")]);
    let before = snapshot(temp.path());
    let refused = |force: &[&str]| {
        let force = force.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        match sync(&rendered, &dir, &force) {
            Err(SyncError::Refused(paths)) => paths,
            other => panic!("{other:?}"),
        }
    };
    let edited = ("pg/edited".to_owned(), State::Edited);
    let left = ("pg/left".to_owned(), State::OrphanedEdited);
    let sealed = ("pg/s.sops.yaml".to_owned(), State::SealedEdited);
    let taken = ("pg/taken".to_owned(), State::Occupied);
    assert_eq!(refused(&[]), [edited.clone(), left.clone(), sealed.clone(), taken.clone()]);
    assert_eq!(refused(&["pg/edited", "p", "pg/lef"]), [left, sealed.clone(), taken]);
    assert_eq!(refused(&["pg/"]), std::slice::from_ref(&sealed));
    assert_eq!(refused(&[""]), [sealed]);
    assert_eq!(snapshot(temp.path()), before);

    fs::write(dir.join("pg/s.sops.yaml"), "2").unwrap();
    let report = sync(&rendered, &dir, &["pg".to_owned()]).unwrap();
    assert_eq!(report.removed, ["pg/left"]);
    assert_eq!(report.updated, [LOCK, "pg/edited", "pg/taken", "plain"]);
    assert_eq!(read(&dir, "pg/taken"), "2");
    assert!(!survey(&rendered, &dir).unwrap().differs());
}

#[test]
fn a_conflicted_sealed_copy_is_restored() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("staging");
    let rendered = tree(&[("s.sops.yaml", "sealed")]);
    sync(&rendered, &dir, &[]).unwrap();
    fs::write(dir.join("s.sops.yaml"), MERGE).unwrap();
    assert_eq!(sync(&rendered, &dir, &[]).unwrap().updated, ["s.sops.yaml"]);
    assert_eq!(read(&dir, "s.sops.yaml"), "sealed");
}

#[test]
fn a_broken_lock_is_refused_and_a_conflicted_one_resolved() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("staging");
    sync(&tree(&[("a", "1"), ("b", "1")]), &dir, &[]).unwrap();
    let lock = read(&dir, LOCK);
    fs::write(dir.join(LOCK), format!("<<<<<<< HEAD\n{lock}=======\n>>>>>>> topic\n")).unwrap();
    assert_eq!(sync(&tree(&[("a", "2")]), &dir, &[]).unwrap().removed, ["b"]);
    fs::write(dir.join(LOCK), "nonsense").unwrap();
    let rendered = tree(&[("a", "2"), ("c", "1")]);
    let Err(SyncError::Refused(paths)) = sync(&rendered, &dir, &[]) else { panic!() };
    assert_eq!(paths, [(LOCK.to_owned(), State::Edited)]);
    sync(&rendered, &dir, &[LOCK.to_owned()]).unwrap();
    assert_eq!(names(&dir), ["a", "c", LOCK]);
}

#[test]
fn files_and_folders_change_places() {
    for able in [true, false] {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("staging");
        let (one, other) = (tree(&[("a", "1"), ("b/c/d", "1")]), tree(&[("a/x/y", "1"), ("b", "1")]));
        for rendered in [&one, &other, &one] {
            sync_as(rendered, &dir, &[], able).unwrap();
            assert!(!survey(rendered, &dir).unwrap().differs());
        }
        fs::write(dir.join("b/c/mine"), "").unwrap();
        let Err(SyncError::Refused(paths)) = sync_as(&other, &dir, &[String::new()], able) else { panic!() };
        assert_eq!(paths, [("b".to_owned(), State::Blocked(Obstacle::Folder))]);
    }
}

#[test]
fn nothing_is_written_through_a_link() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("gitops/staging");
    let outside = temp.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let rendered = tree(&[("pg/values.yaml", "1")]);
    sync(&tree(&[]), &dir, &[]).unwrap();
    symlink(&outside, dir.join("pg")).unwrap();
    assert!(matches!(sync(&rendered, &dir, &[String::new()]), Err(SyncError::Refused(_))));
    fs::remove_dir_all(&dir).unwrap();
    symlink(&outside, &dir).unwrap();
    let error = sync(&rendered, &dir, &[]).unwrap_err().to_string();
    assert!(error.ends_with("staging: it is a symbolic link, not a folder"), "{error}");
    fs::remove_file(&dir).unwrap();
    fs::write(&dir, "").unwrap();
    let error = sync(&rendered, &dir, &[]).unwrap_err().to_string();
    assert!(error.ends_with("staging: it is a file, not a folder"), "{error}");
    assert!(names(&outside).is_empty());
    assert_eq!(names(&temp.path().join("gitops")), ["staging"]);
}

#[test]
fn a_failed_first_sync_leaves_no_folders() {
    let temp = tempfile::tempdir().unwrap();
    let rendered = tree(&[("a", "1")]);
    // The name fits, the one of the folder beside it does not.
    let error = sync(&rendered, &temp.path().join("out/gitops").join("x".repeat(250)), &[]).unwrap_err();
    assert!(matches!(error, SyncError::Io(_)), "{error}");
    assert!(names(temp.path()).is_empty());
    fs::write(temp.path().join("file"), "").unwrap();
    let error = sync(&rendered, &temp.path().join("file/staging"), &[]).unwrap_err().to_string();
    assert!(error.ends_with("file: Not a directory"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn foreign_names_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("staging");
    sync(&tree(&[("a", "1")]), &dir, &[]).unwrap();
    let odd = dir.join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    fs::write(&odd, "mine").unwrap();
    let rendered = tree(&[("a", "2")]);
    assert_eq!(survey(&rendered, &dir).unwrap().states[1], ("caf\u{fffd}".to_owned(), State::Foreign));
    sync(&rendered, &dir, &[]).unwrap();
    assert_eq!(fs::read_to_string(odd).unwrap(), "mine");
}
