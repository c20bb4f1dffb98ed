use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use super::{Limits, ReadReason, read_file};
use crate::tree::FileTree;

fn repository() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("repo/environments/staging/secrets")).unwrap();
    fs::write(root.path().join("repo/environments/staging.yaml"), "a: 1").unwrap();
    fs::write(root.path().join("repo/environments/staging/secrets/x.sops.yaml"), "sealed").unwrap();
    fs::write(root.path().join("outside.yaml"), "secret").unwrap();
    root
}

fn reason(root: &Path, limits: &Limits) -> (String, String) {
    let error = FileTree::read(root, "environments", limits).unwrap_err();
    (error.path.clone(), error.reason.to_string())
}

#[test]
fn a_folder_is_read_with_paths_from_the_root() {
    let temp = repository();
    let root = temp.path().join("repo");
    symlink("staging.yaml", root.join("environments/alias.yaml")).unwrap();
    let tree = FileTree::read(&root, "environments", &Limits::default()).unwrap();
    let files = tree.iter().map(|(path, bytes)| (path, std::str::from_utf8(bytes).unwrap())).collect::<Vec<_>>();
    let expected = [
        ("environments/alias.yaml", "a: 1"),
        ("environments/staging.yaml", "a: 1"),
        ("environments/staging/secrets/x.sops.yaml", "sealed"),
    ];
    assert_eq!(files, expected);
    assert_eq!(FileTree::read(&root, "", &Limits::default()).unwrap(), tree);
}

#[test]
fn nothing_leads_out_of_the_root() {
    let temp = repository();
    let root = temp.path().join("repo");
    let outside = temp.path().join("outside.yaml").to_string_lossy().into_owned();
    for path in ["../outside.yaml", "environments/../../outside.yaml", "../repo/environments/staging.yaml", &outside] {
        let error = read_file(&root, path, &Limits::default()).unwrap_err();
        assert!(matches!(error.reason, ReadReason::Outside), "{error}");
    }
    assert_eq!(read_file(&root, "environments/staging/../staging.yaml", &Limits::default()).unwrap(), b"a: 1");
    symlink("../../outside.yaml", root.join("environments/leak.yaml")).unwrap();
    let error = read_file(&root, "environments/leak.yaml", &Limits::default()).unwrap_err();
    assert!(matches!(error.reason, ReadReason::Outside), "{error}");
    let found = reason(&root, &Limits::default());
    assert_eq!(found, ("environments/leak.yaml".into(), "it leads out of the repository".into()));
}

#[test]
fn a_loop_of_links_ends() {
    let temp = repository();
    let root = temp.path().join("repo");
    symlink(".", root.join("environments/again")).unwrap();
    assert_eq!(reason(&root, &Limits::default()).1, "its folders are nested deeper than 16");
}

#[test]
fn limits_hold() {
    let temp = repository();
    let root = temp.path().join("repo");
    let limits = Limits { file_size: 6, files: 2, depth: 3 };
    assert_eq!(FileTree::read(&root, "environments", &limits).unwrap().len(), 2);
    let small = Limits { file_size: 5, ..limits };
    let found = reason(&root, &small);
    assert_eq!(found, ("environments/staging/secrets/x.sops.yaml".into(), "it is larger than 5 bytes".into()));
    assert_eq!(reason(&root, &Limits { files: 1, ..limits }).1, "it holds more than 1 files");
    assert_eq!(reason(&root, &Limits { depth: 2, ..limits }).1, "its folders are nested deeper than 2");
}

#[test]
fn what_is_no_file_is_named() {
    let temp = repository();
    let root = temp.path().join("repo");
    let at = |path: &str| read_file(&root, path, &Limits::default()).unwrap_err().to_string();
    assert_eq!(at("environments/none.yaml"), "cannot read environments/none.yaml: there is nothing at this path");
    assert_eq!(at("environments/staging"), "cannot read environments/staging: it is a folder, not a file");
    let folder = FileTree::read(&root, "environments/staging.yaml", &Limits::default()).unwrap_err();
    assert_eq!(folder.to_string(), "cannot read environments/staging.yaml: it is a file, not a folder");
    let _socket = UnixListener::bind(root.join("environments/socket")).unwrap();
    assert_eq!(reason(&root, &Limits::default()).1, "it is neither a file nor a folder");
}

#[test]
fn a_strange_folder_is_gathered_as_far_as_it_can_be_read() {
    let temp = repository();
    let root = temp.path().join("repo/environments");
    symlink("../../outside.yaml", root.join("leak.yaml")).unwrap();
    symlink("../../outside.yaml", root.join("leak.txt")).unwrap();
    symlink(".", root.join("again")).unwrap();
    fs::write(root.join("large.yaml"), "more than six bytes").unwrap();
    fs::write(root.join("picture.png"), "more than six bytes").unwrap();
    let wanted = |path: &str| path.ends_with(".yaml");
    let limits = Limits { file_size: 6, files: 20, depth: 3 };
    let (tree, passed_over) = FileTree::gather(&root, "k8s/", &wanted, &limits).unwrap();
    assert!(tree.get("k8s/staging.yaml").is_some() && tree.get("k8s/staging/secrets/x.sops.yaml").is_some());
    let reasons: Vec<String> = passed_over.iter().map(ToString::to_string).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    for reason in ["k8s/leak.yaml: it leads out", "k8s/large.yaml: it is larger"] {
        assert!(reasons.iter().any(|found| found.contains(reason)), "{reason}: {reasons:?}");
    }
    assert!(tree.iter().all(|(path, _)| !path.starts_with("k8s/again")));
    let file = FileTree::gather(&root.join("staging.yaml"), "../staging.yaml", &wanted, &limits).unwrap().0;
    assert_eq!(file.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["../staging.yaml"]);
    let few = Limits { files: 1, ..limits };
    assert!(matches!(FileTree::gather(&root, "k8s/", &wanted, &few).unwrap_err().reason, ReadReason::TooMany(1)));
    assert!(matches!(
        FileTree::gather(&root.join("none"), "none", &wanted, &limits).unwrap_err().reason,
        ReadReason::Missing
    ));
}
