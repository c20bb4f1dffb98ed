//! Known values, and where they never appear: in no file, no output, no error, no command line, whatever a command does and however
//! it ends.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "bad_input/repository.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared between tests")]
mod repository;

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use repository::{Repository, Run, SECRET, STAGING};

/// Values that no test makes up by chance. None has a letter that a shell or YAML would quote.
const CANARIES: [&str; 2] = ["cAnArYvalueNumberOne4711xyz", "cAnArYvalueNumberTwo0815abc"];

/// A repository, and every folder that a command could leave something in.
struct World {
    repository: Repository,
    home: tempfile::TempDir,
    temporary: tempfile::TempDir,
    runtime: tempfile::TempDir,
    key: PathBuf,
}

impl World {
    fn new() -> World {
        let repository = Repository::new();
        let world = World {
            repository,
            home: tempfile::tempdir().unwrap(),
            temporary: tempfile::tempdir().unwrap(),
            runtime: tempfile::tempdir_in("/dev/shm").unwrap(),
            key: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/test-flux.agekey"),
        };
        let git = |arguments: &[&str]| {
            let done = Command::new("git").args(arguments).current_dir(world.repository.root()).output().unwrap();
            assert!(done.status.success(), "{done:?}");
        };
        git(&["init", "-q"]);
        git(&["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "a"]);
        git(&["add", "."]);
        git(&["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "b"]);
        world
    }

    /// The same, with the canary in a sealed file.
    fn sealed() -> World {
        let world = World::new();
        let run = world.run(&["secret", "set", "staging", "postgres-auth", "password"], CANARIES[0]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
        world
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.repository.command(arguments);
        command
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home.path())
            .env("TMPDIR", self.temporary.path())
            .env("XDG_RUNTIME_DIR", self.runtime.path())
            .env("SOPS_AGE_KEY_FILE", &self.key)
            .env("RUST_BACKTRACE", "1");
        command
    }

    fn run(&self, arguments: &[&str], stdin: &str) -> Run {
        let run = self.run_unseen(arguments, stdin);
        for canary in CANARIES {
            assert!(
                !run.stdout.contains(canary) && !run.stderr.contains(canary),
                "{arguments:?} shows a value: {}{}",
                run.stdout,
                run.stderr
            );
        }
        assert!(!run.stderr.contains("panicked"), "{arguments:?}: {}", run.stderr);
        run
    }

    /// A run whose output may hold the value: somebody asked for it.
    fn run_unseen(&self, arguments: &[&str], stdin: &str) -> Run {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read goes away earlier.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        self.holds_none(&format!("{arguments:?}"));
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// No file anywhere holds a value, in plain text or base64, and no folder is left behind.
    fn holds_none(&self, after: &str) {
        for folder in [self.repository.root(), self.home.path(), self.temporary.path(), self.runtime.path()] {
            for file in files(folder) {
                let bytes = fs::read(&file).unwrap();
                for canary in CANARIES {
                    let found = [canary.to_owned(), STANDARD.encode(canary)].iter().any(|text| holds(&bytes, text));
                    assert!(!found, "after {after} a value stands in {}", file.display());
                }
            }
        }
        for folder in [&self.temporary, &self.runtime] {
            let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
            assert!(left.is_empty(), "after {after} there is {left:?}");
        }
    }

    /// An editor that writes what it was called with, and what stands in its file, somewhere no test looks for values; then does
    /// `then`, with the file as `$1`.
    fn editor(&self, then: &str) -> Editor {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("editor");
        let log = folder.path().join("log");
        let text = format!(
            "#!/bin/sh\ntr '\\0' ' ' </proc/$$/cmdline >{0}\ntr '\\0' ' ' </proc/$PPID/cmdline >>{0}\nls -ld \"$1\" \"$(dirname \"$1\")\" >>{0}\ntouch {0}.ready\n{then}\n",
            log.display()
        );
        fs::write(&script, text).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
        Editor { folder, script, log }
    }

    fn edit(&self, editor: &Editor) -> Run {
        let output = self.edit_command(editor).output().unwrap();
        self.holds_none("edit");
        editor.saw_no_value();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let run =
            Run { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) };
        for canary in CANARIES {
            assert!(!run.stdout.contains(canary) && !run.stderr.contains(canary), "{}{}", run.stdout, run.stderr);
        }
        run
    }

    fn edit_command(&self, editor: &Editor) -> Command {
        let mut command = self.command(&["secret", "edit", SECRET]);
        command.env("EDITOR", &editor.script).env("SOPS_EDITOR", &editor.script).stdin(Stdio::null());
        command
    }
}

struct Editor {
    #[allow(dead_code, reason = "it goes with this")]
    folder: tempfile::TempDir,
    script: PathBuf,
    log: PathBuf,
}

impl Editor {
    /// Neither the editor nor whoever called it has a value on its command line; file and folder are their owner's alone.
    fn saw_no_value(&self) {
        let log = fs::read_to_string(&self.log).unwrap();
        assert!(log.contains("secret edit"), "{log}");
        assert!(CANARIES.iter().all(|canary| !log.contains(canary)), "{log}");
        assert!(log.contains("-rw-------") && log.contains("drwx------"), "{log}");
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() && !path.is_symlink() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

#[test]
fn the_canary_is_there_at_all() {
    let world = World::sealed();
    let run = world.run_unseen(&["secret", "show", SECRET, "--reveal"], "");
    assert!(run.code == 0 && run.stdout.contains(CANARIES[0]), "{}{}", run.stdout, run.stderr);
}

#[test]
fn no_command_shows_or_leaves_a_value() {
    let world = World::sealed();
    for arguments in [
        &["secret", "show", SECRET][..],
        &["secret", "show", "staging", "postgres-auth", "password"],
        &["secret", "check"],
        &["secret", "check", "--key"],
        &["secret", "check", "--against", "HEAD"],
        &["secret", "check", "environments", "--key", "--format", "json"],
        &["secret", "rekey", "staging", "--new-key"],
        &["build", "--all"],
        &["check"],
        &["lint", "."],
        &["diff"],
        &["diff", "--against", "HEAD"],
        &["explain", "staging", "services.postgres"],
        &["secret", "adopt", "staging"],
        &["secret", "rotate", "staging", "postgres-auth", "password"],
        &["secret", "generate", "staging"],
    ] {
        let run = world.run(arguments, "");
        assert!(run.code <= 1, "{arguments:?}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn what_is_imported_stands_nowhere_else() {
    let world = World::new();
    let manifest = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: postgres-auth\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: '{0}'\n\
         data:\n  password: {1}\nstringData:\n  postgres-password: {0}\n",
        CANARIES[0],
        STANDARD.encode(CANARIES[1])
    );
    for (stdin, is_fine) in [
        (manifest.as_str(), true),
        (&format!("password={}\n", CANARIES[0]), true),
        (&format!("{manifest}  - broken: [{}\n", CANARIES[0]), false),
        (&format!("{}\n", CANARIES[0]), false),
        (&format!("kind: Secret\npassword: {}\n", CANARIES[0]), false),
    ] {
        let run = world.run(&["secret", "import", "staging", "postgres-auth", "-", "--force"], stdin);
        assert_eq!(run.code == 0, is_fine, "{}{}", run.stdout, run.stderr);
    }
}

#[test]
fn no_failure_shows_or_leaves_a_value() {
    let world = World::sealed();
    let set = |name: &str, key: &str| world.run(&["secret", "set", "staging", name, key], CANARIES[1]).code;
    assert_ne!(set("nothing", "password"), 0);
    assert_ne!(set("postgres-auth", "no key"), 0);
    assert_ne!(world.run(&["secret", "set", "nowhere", "postgres-auth", "password"], CANARIES[1]).code, 0);
    // The wrong way: a value as an argument is refused, and not repeated.
    let run = world.run_unseen(&["secret", "set", "staging", "postgres-auth", "password", "value-in-argv"], "");
    assert_eq!(run.code, 2);
    // Nobody's key.
    let mut command = world.command(&["secret", "show", SECRET, "--reveal"]);
    let run = Run::of({
        command.env("SOPS_AGE_KEY_FILE", "/nowhere");
        command
    });
    assert!(run.code == 1 && !run.stdout.contains(CANARIES[0]) && !run.stderr.contains(CANARIES[0]), "{}", run.stderr);
    // A file that was changed, cut, or is half merged.
    let sealed = world.repository.read(SECRET);
    let (mac, cut) = (
        sealed.replacen("  mac: ENC[AES256_GCM,data:", "  mac: ENC[AES256_GCM,data:AAAA", 1),
        &sealed[..sealed.len() / 2],
    );
    let merged = sealed.replacen("stringData:\n", "<<<<<<< ours\nstringData:\n", 1);
    for broken in [mac.as_str(), cut, &merged] {
        world.repository.write(SECRET, broken);
        for arguments in [
            &["secret", "show", SECRET, "--reveal"][..],
            &["secret", "check", "--key"],
            &["secret", "rekey", "staging", "--new-key"],
            &["secret", "rotate", "staging", "postgres-auth", "password"],
            &["build", "staging"],
            &["check"],
        ] {
            // A MAC is nothing that a build can check.
            let is_seen = broken != mac || arguments[0] == "secret";
            assert!(world.run(arguments, "").code != 0 || !is_seen, "{arguments:?}");
        }
        assert_ne!(set("postgres-auth", "password"), 0);
    }
}

/// Where the value stands in plain text in the repository, no command repeats it.
#[test]
fn a_value_in_plain_text_is_not_repeated() {
    let world = World::new();
    let sealed = world.repository.read(SECRET);
    let line = sealed.lines().find(|line| line.starts_with("  password:")).unwrap();
    let staging = world.repository.read(STAGING);
    for (file, text) in [
        (SECRET, sealed.replacen(line, &format!("  password: {}", CANARIES[0]), 1)),
        (SECRET, sealed.replacen(line, &format!("  password: [{}", CANARIES[0]), 1)),
        (
            SECRET,
            format!(
                "apiVersion: v1\nkind: Secret\nmetadata: {{name: postgres-auth}}\nstringData: {{password: {}}}\n",
                CANARIES[0]
            ),
        ),
        (STAGING, format!("{staging}pasword: {}\n", CANARIES[0])),
        (STAGING, format!("{staging}    values: {{auth: {{password: {}}}}}\n", CANARIES[0])),
        (STAGING, format!("{staging}    passwordd: {}\n", CANARIES[0])),
    ] {
        let before = world.repository.read(file);
        world.repository.write(file, &text);
        for arguments in [
            &["check"][..],
            &["build", "staging"],
            &["lint", "."],
            &["diff", "staging"],
            &["explain", "staging", "services"],
            &["secret", "check"],
            &["secret", "check", "--key", "--format", "json"],
            &["secret", "show", SECRET],
            &["secret", "generate", "staging"],
        ] {
            let run = Run::of(world.command(arguments));
            assert!(
                !run.stdout.contains(CANARIES[0]) && !run.stderr.contains(CANARIES[0]),
                "{arguments:?}: {}{}",
                run.stdout,
                run.stderr
            );
        }
        world.repository.write(file, before);
    }
}

#[test]
fn an_editor_leaves_nothing_behind() {
    let world = World::sealed();
    let changed = world.editor(&format!("sed -i 's/{}/{}/' \"$1\"", CANARIES[0], CANARIES[1]));
    let run = world.edit(&changed);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(world.run_unseen(&["secret", "show", SECRET, "--reveal"], "").stdout.contains(CANARIES[1]));
    let before = world.repository.read(SECRET);
    // Fails, changes nothing, is gone, leaves copies beside the file as editors do, breaks the YAML.
    for then in [
        "exit 3",
        ":",
        "kill -9 $$",
        "cp \"$1\" \"$1~\"; cp \"$1\" \"$(dirname \"$1\")/.x.swp\"",
        "rm \"$1\"",
        &format!("echo '  oops: [{}' >>\"$1\"", CANARIES[0]),
    ] {
        let run = world.edit(&world.editor(then));
        assert!(world.repository.read(SECRET) == before, "{then} changed the file: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn a_signal_leaves_nothing_behind() {
    let world = World::sealed();
    let before = world.repository.read(SECRET);
    for signal in ["INT", "TERM", "HUP"] {
        let editor = world.editor("exec sleep 20 >/dev/null 2>&1");
        let child = world.edit_command(&editor).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let start = Instant::now();
        while !editor.log.with_extension("ready").exists() {
            assert!(start.elapsed() < Duration::from_secs(20), "the editor never came");
            thread::sleep(Duration::from_millis(10));
        }
        let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let output = child.wait_with_output().unwrap();
        assert!(!output.status.success(), "{signal}");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(CANARIES.iter().all(|canary| !said.contains(canary)), "{signal}: {said}");
        world.holds_none(signal);
        editor.saw_no_value();
        assert!(world.repository.read(SECRET) == before, "{signal} changed the file");
    }
}

/// A private key goes into one file outside the repository, and to stdout where it is asked for.
#[test]
fn a_private_key_stays_where_it_is() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let mut command = world.command(&["init", "new"]);
    command.current_dir(folder.path()).env_remove("SOPS_AGE_KEY_FILE").env("USER", "somebody");
    let run = Run::of(command);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let identities: Vec<PathBuf> = files(world.home.path())
        .into_iter()
        .filter(|file| holds(&fs::read(file).unwrap(), "AGE-SECRET-KEY-1"))
        .collect();
    assert!(!identities.is_empty());
    for identity in &identities {
        assert_eq!(fs::metadata(identity).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(!run.stdout.contains("AGE-SECRET-KEY-1") && !run.stderr.contains("AGE-SECRET-KEY-1"));
    for file in files(folder.path()) {
        assert!(!holds(&fs::read(&file).unwrap(), "AGE-SECRET-KEY-1"), "{}", file.display());
    }
}
