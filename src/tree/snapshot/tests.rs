use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::Snapshot;
use crate::tree::{FileTree, LOCK, Limits, Lock, ReadReason, State, read_file, survey};

const FILES: &[(&str, &str)] = &[
    ("environments/a.yaml", "a"),
    ("environments/.hidden", "h"),
    ("environments/a/secrets/x.sops.yaml", "x"),
    ("environments/far/b.yaml", "b"),
    ("gitops/a/kept.yaml", "kept"),
    ("gitops/a/stale.yaml", "old"),
    ("gitops/a/edited.yaml", "by hand"),
    ("gitops/a/gone.yaml", "gone"),
    ("gitops/a/more/foreign.yaml", "foreign"),
];
const LINKS: &[(&str, &str)] = &[
    ("environments/link.yaml", "a.yaml"),
    ("environments/near", "./far"),
    ("environments/twice", "near/../near"),
    ("gitops/a/linked.yaml", "kept.yaml"),
];

/// The same files on a disk and in a snapshot.
fn both() -> (tempfile::TempDir, Snapshot) {
    let folder = tempfile::tempdir().unwrap();
    let mut snapshot = Snapshot::default();
    let lock =
        Lock::of(&tree(&[("kept.yaml", "kept"), ("stale.yaml", "old"), ("edited.yaml", "e"), ("gone.yaml", "gone")]));
    let lock = lock.render();
    for (path, text) in FILES.iter().copied().chain([("gitops/a/gen.lock", lock.as_str())]) {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        snapshot.file(path, Some(text.as_bytes().to_vec()));
    }
    for (path, target) in LINKS {
        symlink(target, folder.path().join(path)).unwrap();
        snapshot.link(*path, *target);
    }
    (folder, snapshot)
}

fn tree(files: &[(&str, &str)]) -> FileTree {
    let mut tree = FileTree::new();
    files.iter().for_each(|(path, text)| tree.insert(*path, *text).unwrap());
    tree
}

#[test]
fn it_reads_as_a_disk_does() {
    let (folder, snapshot) = both();
    let limits = Limits::default();
    let read = snapshot.read("environments", &limits).unwrap();
    assert_eq!(read, FileTree::read(folder.path(), "environments", &limits).unwrap());
    assert_eq!(read.len(), 6);
    for path in ["environments/twice/b.yaml", "environments/link.yaml", "environments", "none", "gitops/a/none", "../x"]
    {
        let (there, here) = (read_file(folder.path(), path, &limits), snapshot.read_file(path, &limits));
        match (there, here) {
            (Ok(there), Ok(here)) => assert_eq!(there, here, "{path}"),
            (Err(there), Err(here)) if path != "../x" => assert_eq!(there.to_string(), here.to_string()),
            (Err(_), Err(_)) => {}
            (there, here) => panic!("{path}: {there:?} {here:?}"),
        }
    }
}

#[test]
fn it_is_surveyed_as_a_disk_is() {
    let (folder, snapshot) = both();
    let rendered = [
        ("kept.yaml", "kept"),
        ("stale.yaml", "new"),
        ("edited.yaml", "e2"),
        ("linked.yaml", "l"),
        ("more", "m"),
        ("new.yaml", "n"),
    ];
    let rendered = tree(&rendered);
    let disk = survey(&rendered, &folder.path().join("gitops/a")).unwrap();
    let here = snapshot.survey(&rendered, "gitops/a").unwrap();
    assert_eq!(here.states, disk.states);
    assert_eq!((here.unchanged, here.exists), (disk.unchanged, true));
    assert!(here.states.contains(&("gone.yaml".to_owned(), State::Orphaned)), "{:?}", here.states);
    assert!(here.states.iter().any(|(path, _)| path == LOCK));
    let nothing = snapshot.survey(&rendered, "gitops/b").unwrap();
    let disk = survey(&rendered, &folder.path().join("gitops/b")).unwrap();
    assert_eq!((nothing.exists, nothing.states), (disk.exists, disk.states));
}

#[test]
fn links_and_sizes_have_bounds() {
    let mut snapshot = Snapshot::default();
    snapshot.link("environments/out.yaml", "../../x");
    snapshot.link("environments/absolute.yaml", "/etc/passwd");
    snapshot.link("environments/round", "round");
    snapshot.link("environments/around", ".");
    snapshot.file("environments/large.yaml", None);
    snapshot.other("environments/module");
    let limits = Limits::default();
    let reason = |path: &str| snapshot.read_file(&format!("environments/{path}"), &limits).unwrap_err().reason;
    assert!(matches!(reason("out.yaml"), ReadReason::Outside));
    assert!(matches!(reason("absolute.yaml"), ReadReason::Outside));
    assert!(matches!(reason("round"), ReadReason::TooDeep(_)));
    assert!(matches!(reason("large.yaml"), ReadReason::TooLarge(_)));
    assert!(matches!(reason("module"), ReadReason::Special));
    assert!(snapshot.read("environments", &limits).is_err());
    assert!(Path::new("environments").is_relative());
}
