//! What a sync leaves behind when something goes wrong: a kill at any moment, a full disk, a read-only folder, two syncs
//! at once, an editor that saves while it runs.
//!
//! Some tests start this test binary again as a worker: the test [`worker`] does what `GEN_FAULT_WORKER` tells it.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use gitops_gen::tree::{FileTree, LOCK, Lock, State, SyncError, survey, sync};

const WORKER: &str = "GEN_FAULT_WORKER";

/// Some 80 files, of which a version shares some with the other, changes some, and has most for itself.
fn version(name: &str) -> FileTree {
    let mut tree = FileTree::new();
    for number in 0..40 {
        let text = match number % 4 {
            0 => format!("kept {number}\n").repeat(50),
            1 => format!("{name} {number}\n").repeat(50),
            _ => continue,
        };
        tree.insert(format!("service-{}/file-{number}.yaml", number % 8), text).unwrap();
    }
    for number in 0..60 {
        tree.insert(format!("only-{name}/file-{number}.yaml"), format!("{name} {number}\n")).unwrap();
    }
    tree.insert("service-0/auth.sops.yaml", "sealed\n").unwrap();
    tree
}

/// A tree whose files are large, so that they do not fit where [`version`] does.
fn large() -> FileTree {
    let mut tree = version("a");
    for number in 0..20 {
        tree.insert(format!("large/file-{number}.yaml"), "x".repeat(64 << 10)).unwrap();
    }
    tree
}

/// Every file below `dir` with its bytes.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// What `dir` holds after a sync of `tree` beside the files `foreign`.
fn expected(tree: &FileTree, foreign: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    let own = tree.iter().map(|(path, bytes)| (path.to_owned(), bytes.to_vec()));
    let foreign = foreign.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    own.chain(foreign).chain([(LOCK.to_owned(), Lock::of(tree).render().into_bytes())]).collect()
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|name| name.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Numbers that look random, the same ones in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// This binary again, doing `job` in `dir`.
fn start(job: &str, dir: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "worker", "--nocapture", "--test-threads=1"])
        .env(WORKER, format!("{job}:{}", dir.display()));
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// Waits until the worker is about to sync.
fn wait_until_ready(child: &mut Child) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ready")), "the worker never began");
}

/// Not a test of its own: what the other tests start as another process.
#[test]
fn worker() {
    let Ok(job) = env::var(WORKER) else { return };
    let (job, dir) = job.split_once(':').unwrap();
    let dir = Path::new(dir);
    let (one, other) = (version("a"), version("b"));
    println!("ready");
    match job {
        "alternate" => loop {
            sync(&one, dir, &[]).unwrap();
            sync(&other, dir, &[]).unwrap();
        },
        "first" => {
            for number in 0..10_000 {
                sync(&one, &dir.join(format!("env-{number}")), &[]).unwrap();
            }
        }
        "some" => (0..20).for_each(|round| drop(sync(if round % 2 == 0 { &one } else { &other }, dir, &[]).unwrap())),
        "large" => {
            let error = sync(&large(), dir, &[]).unwrap_err();
            assert!(matches!(error, SyncError::Io(_)), "{error}");
        }
        _ => unreachable!(),
    }
}

#[test]
fn a_kill_leaves_the_old_tree_or_the_new_one() {
    const KILLS: u64 = 60;
    const FOREIGN: [(&str, &str); 2] = [("service-0/notes.txt", "mine\n"), ("mine/deep/file", "")];
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("gitops/staging");
    let (one, other) = (version("a"), version("b"));
    let (old, new) = (expected(&one, &FOREIGN), expected(&other, &FOREIGN));
    sync(&one, &dir, &[]).unwrap();
    fs::create_dir_all(dir.join("mine/deep")).unwrap();
    FOREIGN.iter().for_each(|(path, text)| fs::write(dir.join(path), text).unwrap());
    let identity =
        |path: &str| fs::metadata(dir.join(path)).map(|meta| (meta.ino(), meta.mtime(), meta.mtime_nsec())).unwrap();
    let (notes, kept) = (identity("service-0/notes.txt"), identity("service-4/file-4.yaml"));

    let mut random = Random(1);
    let (mut midway, mut ended_old, mut ended_new) = (0, 0, 0);
    for _ in 0..KILLS {
        let mut child = start("alternate", &dir).spawn().unwrap();
        wait_until_ready(&mut child);
        thread::sleep(Duration::from_micros(random.below(25_000)));
        child.kill().unwrap();
        child.wait().unwrap();

        let found = files(&dir);
        assert!(found == old || found == new, "the tree is neither: {:?}", found.keys().collect::<Vec<_>>());
        *(if found == old { &mut ended_old } else { &mut ended_new }) += 1;
        midway += u64::from(names(&temp.path().join("gitops")).len() > 1);
        sync(if random.below(2) == 0 { &one } else { &other }, &dir, &[]).unwrap();
        assert_eq!(names(&temp.path().join("gitops")), ["staging"]);
        let found = files(&dir);
        assert!(found == old || found == new, "the repaired tree is neither: {:?}", found.keys().collect::<Vec<_>>());
    }
    assert_eq!((identity("service-0/notes.txt"), identity("service-4/file-4.yaml")), (notes, kept));
    println!("{KILLS} kills: {midway} in the middle of a sync, {ended_old} left one tree and {ended_new} the other");
    assert!(midway > 0 && ended_old > 0 && ended_new > 0, "the kills hit nothing");
}

#[test]
fn a_killed_first_sync_leaves_no_half_of_a_tree() {
    let temp = tempfile::tempdir().unwrap();
    let one = version("a");
    let whole = expected(&one, &[]);
    let mut random = Random(2);
    let mut midway = 0;
    for round in 0..20 {
        let parent = temp.path().join(format!("gitops-{round}"));
        let mut child = start("first", &parent).spawn().unwrap();
        wait_until_ready(&mut child);
        thread::sleep(Duration::from_micros(random.below(20_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let left = if parent.exists() { names(&parent) } else { Vec::new() };
        for name in left.iter().filter(|name| name.starts_with("env-")) {
            assert!(files(&parent.join(name)) == whole, "{name} is not whole");
        }
        midway += usize::from(left.iter().any(|name| !name.starts_with("env-")));
        sync(&one, &parent.join("env-0"), &[]).unwrap();
        assert!(names(&parent).iter().all(|name| name.starts_with("env-")));
    }
    assert!(midway > 0, "the kills hit nothing");
}

#[test]
fn syncs_at_once_wait_for_each_other() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("gitops/staging");
    let (one, other) = (version("a"), version("b"));
    sync(&one, &dir, &[]).unwrap();
    let differences = |rendered: &FileTree| survey(rendered, &dir).unwrap().states;
    let difference = differences(&other);
    assert!(difference.iter().any(|(_, state)| *state == State::Stale));

    let mut children: Vec<Child> = (0..2).map(|_| start("some", &dir).spawn().unwrap()).collect();
    thread::scope(|scope| {
        for round in 0..4 {
            let rendered = if round % 2 == 0 { &one } else { &other };
            let dir = &dir;
            scope.spawn(move || (0..10).for_each(|_| drop(sync(rendered, dir, &[]).unwrap())));
        }
        for _ in 0..50 {
            let found = differences(&other);
            assert!(found.is_empty() || found == difference, "a mixed tree was seen: {found:?}");
        }
    });
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let found = files(&dir);
    assert!(found == expected(&one, &[]) || found == expected(&other, &[]));
    assert_eq!(names(&temp.path().join("gitops")), ["staging"]);
}

#[test]
fn first_syncs_at_once_share_the_folder_around_them() {
    let temp = tempfile::tempdir().unwrap();
    let one = version("a");
    for round in 0..10 {
        let parent = temp.path().join(format!("{round}/gitops"));
        thread::scope(|scope| {
            for env in 0..4 {
                let dir = parent.join(format!("env-{env}"));
                let one = &one;
                scope.spawn(move || sync(one, &dir, &[]).unwrap());
            }
        });
        assert_eq!(names(&parent), ["env-0", "env-1", "env-2", "env-3"]);
        assert!(files(&parent.join("env-3")) == expected(&one, &[]));
    }
}

#[test]
fn what_an_editor_saves_while_syncs_run_is_not_lost() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("gitops/staging");
    let (one, other) = (version("a"), version("b"));
    sync(&one, &dir, &[]).unwrap();
    let done = AtomicBool::new(false);
    let saved = thread::scope(|scope| {
        let editor = scope.spawn(|| {
            let mut saved = Vec::new();
            for number in 0..400 {
                let (draft, note) = (format!("service-1/.draft-{number}"), format!("service-1/note-{number}"));
                // The folder may be exchanged between the two steps; an editor says so then, and its user saves again.
                let result =
                    fs::write(dir.join(&draft), &note).and_then(|()| fs::rename(dir.join(&draft), dir.join(&note)));
                saved.extend(result.is_ok().then_some(note));
                thread::sleep(Duration::from_micros(300));
            }
            done.store(true, Ordering::Relaxed);
            saved
        });
        while !done.load(Ordering::Relaxed) {
            sync(&one, &dir, &[]).unwrap();
            sync(&other, &dir, &[]).unwrap();
        }
        editor.join().unwrap()
    });
    assert!(!saved.is_empty());
    let found = files(&dir);
    let lost: Vec<_> =
        saved.iter().filter(|note| found.get(*note).map(Vec::as_slice) != Some(note.as_bytes())).collect();
    assert!(lost.is_empty(), "lost {} of {}: {lost:?}", lost.len(), saved.len());
    assert_eq!(names(&temp.path().join("gitops")), ["staging"]);
}

#[test]
fn a_write_that_fails_midway_changes_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("gitops/staging");
    let limited = |dir: &Path| {
        let worker = start("large", dir);
        // A limit on the size of a file, whose signal is ignored, makes writes fail as a full disk does.
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"]).arg(worker.get_program());
        shell.args(worker.get_args()).env(WORKER, format!("large:{}", dir.display())).stdout(Stdio::null());
        assert!(shell.status().unwrap().success());
    };
    limited(&dir);
    assert!(names(temp.path()).is_empty(), "a first sync that failed left something");
    sync(&version("b"), &dir, &[]).unwrap();
    limited(&dir);
    assert!(files(&dir) == expected(&version("b"), &[]));
    assert_eq!(names(&temp.path().join("gitops")), ["staging"]);
}

/// A file system of its own, where this process may mount one.
struct Mount(PathBuf);

impl Mount {
    fn new(kind: &str, at: &Path, options: &str) -> Option<Mount> {
        fs::create_dir_all(at).unwrap();
        let done = run("mount", &["-t", kind, "-o", options, kind, at.to_str().unwrap()]);
        if !done {
            eprintln!("SKIPPED: this user may not mount {kind} here; run the test as root on Linux");
        }
        done.then(|| Mount(at.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        run("umount", &[self.0.to_str().unwrap()]);
    }
}

fn run(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[test]
fn a_full_disk_changes_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new("tmpfs", &temp.path().join("disk"), "size=1m") else { return };
    let dir = mount.0.join("gitops/staging");
    let full = |error: SyncError| {
        let text = error.to_string();
        assert!(text.starts_with("cannot write ") && text.contains("gitops/staging/large/file-"), "{text}");
        assert!(text.ends_with(": No space left on device"), "{text}");
    };
    full(sync(&large(), &dir, &[]).unwrap_err());
    assert!(names(&mount.0).is_empty());
    sync(&version("a"), &dir, &[]).unwrap();
    full(sync(&large(), &dir, &[]).unwrap_err());
    assert!(files(&dir) == expected(&version("a"), &[]));
    assert_eq!(names(&mount.0.join("gitops")), ["staging"]);
    sync(&version("b"), &dir, &[]).unwrap();
    assert!(files(&dir) == expected(&version("b"), &[]));
}

#[test]
fn a_read_only_file_system_changes_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new("tmpfs", &temp.path().join("disk"), "size=2m") else { return };
    let dir = mount.0.join("gitops/staging");
    sync(&version("a"), &dir, &[]).unwrap();
    assert!(run("mount", &["-o", "remount,ro", mount.0.to_str().unwrap()]));
    assert!(!sync(&version("a"), &dir, &[]).unwrap().changed(), "what is up to date needs no write");
    let error = sync(&version("b"), &dir, &[]).unwrap_err().to_string();
    assert!(error.contains("gitops/staging") && error.ends_with(": Read-only file system"), "{error}");
    assert!(files(&dir) == expected(&version("a"), &[]));
    let error = sync(&version("b"), &mount.0.join("other/staging"), &[]).unwrap_err().to_string();
    assert!(error.ends_with("other: Read-only file system"), "{error}");
}

#[test]
fn a_tree_that_is_a_mount_point_is_refused() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("gitops/staging");
    let Some(_mount) = Mount::new("tmpfs", &dir, "size=2m") else { return };
    let error = sync(&version("a"), &dir, &[]).unwrap_err().to_string();
    assert!(error.contains("it is a mount point"), "{error}");
    assert!(names(&dir).is_empty());
    assert_eq!(names(&temp.path().join("gitops")), ["staging"]);
}

#[test]
fn a_file_system_that_cannot_exchange_folders_is_written_file_by_file() {
    const FOREIGN: [(&str, &str); 1] = [("service-0/notes.txt", "mine\n")];
    let temp = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new("tmpfs", &temp.path().join("disk"), "size=8m") else { return };
    let [lower, upper, work] = ["lower", "upper", "work"].map(|name| mount.0.join(name));
    [&upper, &work].into_iter().for_each(|folder| fs::create_dir(folder).unwrap());
    sync(&version("a"), &lower.join("gitops/staging"), &[]).unwrap();
    fs::write(lower.join("gitops/staging").join(FOREIGN[0].0), FOREIGN[0].1).unwrap();
    let options = format!("lowerdir={},upperdir={},workdir={}", lower.display(), upper.display(), work.display());
    // Without redirects, overlayfs renames no folder of the lower layer.
    let Some(mount) = Mount::new("overlay", &temp.path().join("merged"), &format!("{options},redirect_dir=off")) else {
        return;
    };
    let dir = mount.0.join("gitops/staging");
    let exchanged = fs::rename(&dir, mount.0.join("gitops/other")).is_ok();
    assert!(!exchanged, "this overlayfs can rename: the test shows nothing");
    let report = sync(&version("b"), &dir, &[]).unwrap();
    assert!(report.leftover.is_none());
    assert!(files(&dir) == expected(&version("b"), &FOREIGN));
    assert_eq!(names(&mount.0.join("gitops")), ["staging"]);
    assert!(!sync(&version("b"), &dir, &[]).unwrap().changed());
}

#[test]
fn a_folder_without_write_permission_changes_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let parent = temp.path().join("gitops");
    let dir = parent.join("staging");
    sync(&version("a"), &dir, &[]).unwrap();
    let may_write = |folder: &Path, may: bool| {
        fs::set_permissions(folder, fs::Permissions::from_mode(if may { 0o755 } else { 0o555 })).unwrap();
    };
    for folder in [&parent, &dir, &dir.join("service-0")] {
        may_write(folder, false);
        let ignored = fs::write(folder.join("probe"), "").is_ok();
        let result = if ignored { None } else { Some(sync(&version("b"), &dir, &[])) };
        may_write(folder, true);
        let Some(result) = result else {
            eprintln!("SKIPPED: permissions do not bind this user; run the test as another one than root");
            return fs::remove_file(folder.join("probe")).unwrap();
        };
        let error = result.unwrap_err().to_string();
        assert!(error.contains("gitops/staging") && error.ends_with(": Permission denied"), "{error}");
        assert!(files(&dir) == expected(&version("a"), &[]));
        assert_eq!(names(&parent), ["staging"]);
    }
}
