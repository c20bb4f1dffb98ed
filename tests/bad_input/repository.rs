//! A small repository in a temporary folder, and what the program says about it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

pub const BASE: &str = "environments/base.yaml";
pub const STAGING: &str = "environments/staging.yaml";
pub const QA: &str = "environments/qa.yaml";
pub const SECRET: &str = "environments/staging/secrets/postgres-auth.sops.yaml";

pub struct Repository {
    folder: TempDir,
}

/// What a run of the program gave.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Repository {
    /// A sound repository: an abstract layer and the environments `qa` and `staging` on top of it.
    pub fn new() -> Repository {
        let folder = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_input/base"), folder.path());
        Repository { folder }
    }

    /// The same, its trees built.
    pub fn built() -> Repository {
        let repository = Repository::new();
        let run = repository.gen_(&["build", "--all"]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
        repository
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    pub fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Replaces the first `from` in a file, which must be there.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} has no {from:?}");
        self.write(file, text.replacen(from, to, 1));
    }

    pub fn remove(&self, file: &str) {
        fs::remove_file(self.path(file)).unwrap();
    }

    /// Runs the program in the repository's root with an empty environment.
    pub fn gen_(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments))
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
        command.args(arguments).current_dir(self.root()).env_clear();
        command
    }
}

impl Run {
    pub fn of(mut command: Command) -> Run {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { code: status.code().unwrap(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// The findings of a run with `--format json`, one line each: `file:line:column rule: message ~ help`.
    pub fn findings(&self) -> Vec<String> {
        assert_eq!(self.stderr, "");
        let document: serde_json::Value = serde_json::from_str(&self.stdout).unwrap();
        assert_eq!(document["version"], 1);
        assert_eq!(document.as_object().unwrap().len(), 2);
        document["findings"].as_array().unwrap().iter().map(line).collect()
    }
}

/// One finding as a line; checks that it is one, field by field.
fn line(finding: &serde_json::Value) -> String {
    let keys: Vec<&str> = finding.as_object().unwrap().keys().map(String::as_str).collect();
    let place = ["file", "line", "column", "length", "path"];
    assert_eq!(
        keys,
        [&["rule", "severity", "message", "help"][..], &place, &["generated", "fix", "fingerprint"]].concat()
    );
    let text = |key: &str| finding[key].as_str().unwrap();
    let (number, column) = (finding["line"].as_u64().unwrap(), finding["column"].as_u64().unwrap());
    assert!(number >= 1 && column >= 1, "{finding}");
    assert!(["error", "warning", "note"].contains(&text("severity")), "{finding}");
    assert!(!text("message").is_empty() && !text("message").ends_with('.'), "{finding}");
    for key in ["message", "help", "path"] {
        assert!(!text(key).contains(char::is_control), "{finding}");
    }
    let rule = text("rule");
    assert!(rule.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c)), "{rule}");
    format!("{}:{number}:{column} {rule}: {} ~ {}", text("file"), text("message"), text("help"))
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
