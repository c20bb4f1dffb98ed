//! A repository, a home with a key, and runs of the program that are watched.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::repository::{Repository, Run};

/// What the example's Secret holds.
pub(crate) const PASSWORD: &str = "f83efedf2baff734f2a75a4e78c0843d0031e5eabcd039b8";
/// A value that the tests bring; it may be seen nowhere unless it is asked for.
pub(crate) const CANARY: &str = "hunter2-canary";
/// The sealed file.
pub(crate) const FILE: &str = "environments/staging/secrets/postgres-auth.sops.yaml";
/// Its copy.
pub(crate) const COPY: &str = "gitops/staging/postgres/postgres-auth.sops.yaml";

pub(crate) struct Desk {
    pub(crate) repository: Repository,
    home: TempDir,
    pub(crate) variables: Vec<(String, String)>,
}

impl Desk {
    /// The repository of the tests with the key of one of its recipients.
    pub(crate) fn new() -> Desk {
        let repository = Repository::new();
        // Its Secret is a copy of staging's, which is a finding of its own.
        repository.remove("environments/qa.yaml");
        fs::remove_dir_all(repository.path("environments/qa")).unwrap();
        Desk::at(repository)
    }

    /// The same with its trees built.
    pub(crate) fn built() -> Desk {
        let desk = Desk::new();
        let run = desk.repository.gen_(&["build", "--all"]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
        desk
    }

    fn at(repository: Repository) -> Desk {
        let home = tempfile::tempdir().unwrap();
        let key = key_file("test-platform.agekey");
        let variables = vec![
            ("HOME".to_owned(), home.path().to_str().unwrap().to_owned()),
            ("PATH".to_owned(), std::env::var("PATH").unwrap()),
            ("SOPS_AGE_KEY_FILE".to_owned(), key.to_str().unwrap().to_owned()),
            ("TMPDIR".to_owned(), home.path().join("tmp").to_str().unwrap().to_owned()),
        ];
        fs::create_dir(home.path().join("tmp")).unwrap();
        Desk { repository, home, variables }
    }

    /// Has no key at hand.
    pub(crate) fn keyless(mut self) -> Desk {
        self.variables.retain(|(name, _)| name != "SOPS_AGE_KEY_FILE");
        self
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.into()));
    }

    /// An editor that is a shell script; `$1` is the file.
    pub(crate) fn editor(&mut self, script: &str) {
        let path = self.home.path().join("editor");
        fs::write(&path, format!("#!/bin/sh\nset -e\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self.set("EDITOR", path.to_str().unwrap());
    }

    /// A file in the home folder, which is outside the repository.
    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.repository.command(&[&["secret"], arguments].concat());
        command.envs(self.variables.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }

    pub(crate) fn start(&self, arguments: &[&str], stdin: &[u8]) -> Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A run that is refused early does not read.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        child
    }

    /// A run that is asked for values.
    pub(crate) fn reveal(&self, arguments: &[&str]) -> Vec<u8> {
        let output = self.command(&[arguments, &["--reveal"]].concat()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// A run that shows no value, and leaves none: not in the repository, not in the home folder, not in memory folders.
    pub(crate) fn run(&self, arguments: &[&str], stdin: &[u8]) -> Run {
        let child = self.start(arguments, stdin);
        let own = format!("gen-{}-", child.id());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let run = Run { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) };
        for secret in [PASSWORD, CANARY, "AGE-SECRET-KEY-1"] {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{}{}", run.stdout, run.stderr);
            leaves_none(self.repository.root(), secret);
        }
        assert_eq!(left_by(&own, &self.home.path().join("tmp")), Vec::<PathBuf>::new());
        run
    }

    /// A run that changes nothing, with this exit code and these fragments on stderr.
    pub(crate) fn refuses(&self, arguments: &[&str], stdin: &[u8], code: i32, fragments: &[&str]) {
        let before = self.all();
        let run = self.run(arguments, stdin);
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{}", run.stderr);
        for fragment in fragments {
            assert!(run.stderr.contains(fragment), "{fragment}: {}", run.stderr);
        }
        assert!(before == self.all(), "something was written");
    }

    /// A run that succeeds and says this.
    pub(crate) fn does(&self, arguments: &[&str], stdin: &[u8], fragments: &[&str]) {
        let run = self.run(arguments, stdin);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
        for fragment in fragments {
            assert!(run.stdout.contains(fragment), "{fragment}: {}", run.stdout);
        }
    }

    /// A value of the Secret.
    pub(crate) fn value(&self, key: &str) -> Vec<u8> {
        self.reveal(&["show", "staging", "postgres-auth", key])
    }

    /// Every file of the repository.
    pub(crate) fn all(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        walk(self.repository.root(), &mut |path| files.push((path.to_owned(), fs::read(path).unwrap())));
        files.sort();
        files
    }
}

pub(crate) fn key_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name)
}

/// The folders and files whose names begin so, where plain text may lie for a while.
pub(crate) fn left_by(own: &str, temporary: &Path) -> Vec<PathBuf> {
    let folders = [Path::new("/dev/shm"), temporary];
    let entries = folders.into_iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(own)).collect()
}

fn leaves_none(folder: &Path, secret: &str) {
    walk(folder, &mut |path| {
        let bytes = fs::read(path).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(secret), "{}", path.display());
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(!name.contains(".gen-"), "{name}");
    });
}

fn walk(folder: &Path, visit: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, visit) } else { visit(&path) }
    }
}
