use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::{Access, WriteError, write_file};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_is_made_in_folders_that_are_made() {
    let root = tempfile::tempdir().unwrap();
    write_file(root.path(), "a/b/keys.txt", b"one", None, Access::Private).unwrap();
    let file = root.path().join("a/b/keys.txt");
    assert_eq!(fs::read(&file).unwrap(), b"one");
    assert_eq!((mode(&file), mode(&root.path().join("a")), mode(&root.path().join("a/b"))), (0o600, 0o700, 0o700));
    write_file(root.path(), "shared.yaml", b"two", None, Access::Shared).unwrap();
    assert_eq!(mode(&root.path().join("shared.yaml")) & !0o022, 0o644);
    assert_eq!(names(root.path()), ["a", "shared.yaml"]);
    assert_eq!(names(&root.path().join("a/b")), ["keys.txt"]);
}

#[test]
fn only_what_was_read_is_replaced() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "theirs").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let write = |expected: Option<&[u8]>| write_file(root.path(), "file", b"ours", expected, Access::Shared);
    assert!(matches!(write(None), Err(WriteError::Exists(_))));
    assert!(matches!(write(Some(b"old")), Err(WriteError::Changed(_))));
    assert!(matches!(write(Some(b"theirs, and more")), Err(WriteError::Changed(_))));
    assert_eq!(
        (fs::read(&file).unwrap().as_slice(), names(root.path())),
        (b"theirs".as_slice(), vec!["file".to_owned()])
    );
    write(Some(b"theirs")).unwrap();
    assert_eq!((fs::read(&file).unwrap().as_slice(), mode(&file)), (b"ours".as_slice(), 0o640));
    fs::remove_file(&file).unwrap();
    assert!(matches!(write(Some(b"ours")), Err(WriteError::Changed(_))));
    fs::create_dir(&file).unwrap();
    assert!(write(Some(b"ours")).is_err() && write(None).is_err());
    assert_eq!(names(root.path()), ["file"]);
}

#[test]
fn no_link_leads_out_of_the_root() {
    let around = tempfile::tempdir().unwrap();
    let root = around.path().join("root");
    fs::create_dir_all(root.join("real")).unwrap();
    fs::create_dir(around.path().join("elsewhere")).unwrap();
    fs::write(around.path().join("elsewhere/file"), "").unwrap();
    symlink("../elsewhere", root.join("out")).unwrap();
    symlink("../elsewhere/file", root.join("file")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    symlink("real", root.join("in")).unwrap();
    for path in ["out/file", "out/new", "out/a/b", "../elsewhere/new", "/tmp/x", "a/../../x", ""] {
        let written = write_file(&root, path, b"x", None, Access::Shared);
        assert!(matches!(written, Err(WriteError::Outside(_))), "{path}: {written:?}");
    }
    assert!(matches!(write_file(&root, "file", b"x", Some(b""), Access::Shared), Err(WriteError::Outside(_))));
    assert!(write_file(&root, "dangling", b"x", None, Access::Shared).is_err());
    assert!(write_file(&root, "dangling/x", b"x", None, Access::Shared).is_err());
    assert_eq!(names(&around.path().join("elsewhere")), ["file"]);
    write_file(&root, "in/file", b"x", None, Access::Shared).unwrap();
    assert_eq!(names(&root.join("real")), ["file"]);
    symlink("real/file", root.join("alias")).unwrap();
    write_file(&root, "alias", b"y", Some(b"x"), Access::Shared).unwrap();
    assert_eq!(fs::read(root.join("real/file")).unwrap(), b"y");
    assert!(root.join("alias").is_symlink());
}
