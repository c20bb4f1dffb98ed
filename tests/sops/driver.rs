//! A `sops` of some version as a child process, in a folder of its own, with no key but those it is given.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use gitops_gen::sops::Identity;

use crate::corpus::{Shape, Who};

/// A version of sops.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sops {
    pub(crate) version: (u64, u64, u64),
    binary: PathBuf,
}

/// Where the peers' binaries are.
pub(crate) fn peers() -> PathBuf {
    let given = env::var_os("GEN_PEERS").map(PathBuf::from);
    given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".peers")).join("bin")
}

/// The versions that docs/sops.md speaks of.
pub(crate) const VERSIONS: [(u64, u64, u64); 5] = [(3, 9, 4), (3, 10, 2), (3, 11, 0), (3, 12, 2), (3, 13, 3)];

impl Sops {
    /// Every version there is, the oldest first. What is missing is said loudly.
    pub(crate) fn all() -> Vec<Sops> {
        let peers = peers();
        let newest = VERSIONS[VERSIONS.len() - 1];
        let name = |version| if version == newest { "sops".to_owned() } else { format!("sops-{}", spelled(version)) };
        let found: Vec<Sops> = VERSIONS
            .into_iter()
            .map(|version| Sops { version, binary: peers.join(name(version)) })
            .filter(|sops| sops.binary.exists() || pass_over(&format!("there is no {}", name(sops.version)), &peers))
            .collect();
        for sops in &found {
            let said = Command::new(&sops.binary).args(["--version", "--disable-version-check"]).output().unwrap();
            let said = String::from_utf8_lossy(&said.stdout).into_owned();
            assert!(said.contains(&sops.name()), "{} is another version: {said}", sops.binary.display());
        }
        found
    }

    /// Stands in where no sops is run.
    pub(crate) fn none() -> Sops {
        Sops { version: VERSIONS[VERSIONS.len() - 1], binary: PathBuf::new() }
    }

    /// `3.13.3`.
    pub(crate) fn name(&self) -> String {
        spelled(self.version)
    }
}

fn spelled((major, minor, patch): (u64, u64, u64)) -> String {
    format!("{major}.{minor}.{patch}")
}

/// False; the harness would capture what `eprintln!` says in a test that passes.
fn pass_over(what: &str, peers: &Path) -> bool {
    let line = format!("PASSED OVER: {what} (just peers builds into {})\n", peers.display());
    io::stderr().write_all(line.as_bytes()).unwrap();
    false
}

/// The keys of one case: those that open its files, and the recipients that they are sealed for.
pub(crate) struct Keys {
    /// What opens the files.
    pub(crate) own: Vec<Identity>,
    /// In groups; one but for key groups.
    pub(crate) groups: Vec<Vec<String>>,
    /// Somebody who comes later.
    pub(crate) next: Identity,
    ssh: Option<PathBuf>,
}

impl Keys {
    pub(crate) fn of(who: Who, folder: &Path) -> Keys {
        let mut made: Vec<Identity> = (0..3).map(|_| Identity::generate()).collect();
        let names: Vec<String> = made.iter().map(|identity| identity.recipient().unwrap()).collect();
        let next = Identity::generate();
        match who {
            Who::One => Keys { own: made.split_off(2), groups: vec![names[2..].to_vec()], next, ssh: None },
            Who::Three => Keys { own: made.split_off(2), groups: vec![names], next, ssh: None },
            Who::Groups => {
                let groups = names.into_iter().map(|name| vec![name]).collect();
                Keys { own: made.split_off(1), groups, next, ssh: None }
            }
            Who::Ssh => {
                let file = folder.join("id_ed25519");
                let arguments = ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"];
                let made = Command::new("ssh-keygen").args(arguments).arg(&file).output().unwrap();
                assert!(made.status.success(), "ssh-keygen: {}", String::from_utf8_lossy(&made.stderr));
                let public = fs::read_to_string(file.with_extension("pub")).unwrap().trim().to_owned();
                let own = Identity::parse_ssh(&fs::read_to_string(&file).unwrap().as_str().into()).unwrap();
                Keys { own: vec![own], groups: vec![vec![names[0].clone(), public]], next, ssh: Some(file) }
            }
        }
    }

    /// All recipients, and who comes later.
    pub(crate) fn with_next(&self) -> Vec<String> {
        let all = self.recipients().into_iter().map(str::to_owned);
        all.chain(self.next.recipient()).collect()
    }

    /// All recipients.
    pub(crate) fn recipients(&self) -> Vec<&str> {
        self.groups.iter().flatten().map(String::as_str).collect()
    }

    fn lines(identities: &[Identity]) -> String {
        let lines = identities.iter().filter_map(Identity::private_line);
        lines.map(|line| line.expose_text().unwrap().trim().to_owned() + "\n").collect()
    }
}

/// A folder with one file, `case.yaml`, and a `.sops.yaml` for it.
pub(crate) struct Case<'a> {
    pub(crate) sops: &'a Sops,
    pub(crate) shape: &'a Shape,
    pub(crate) keys: Keys,
    folder: tempfile::TempDir,
    /// Whether sops gets the key of who came later instead.
    moved_on: bool,
}

impl<'a> Case<'a> {
    pub(crate) fn new(sops: &'a Sops, shape: &'a Shape) -> Case<'a> {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::of(shape.who, folder.path());
        let case = Case { sops, shape, keys, folder, moved_on: false };
        case.configure(&case.keys.groups);
        case
    }

    /// The identities that both sides open the file with from now on: those of the beginning, or only who came later.
    pub(crate) fn identities(&self) -> &[Identity] {
        if self.moved_on { std::slice::from_ref(&self.keys.next) } else { &self.keys.own }
    }

    /// From now on only who came later has a key.
    pub(crate) fn move_on(&mut self) {
        self.moved_on = true;
    }

    /// Writes `.sops.yaml` with these groups of recipients and the shape's selector.
    pub(crate) fn configure(&self, groups: &[Vec<String>]) {
        let mut rule = String::from("creation_rules:\n");
        match groups {
            [group] => rule += &format!("  - age: '{}'\n", group.join(",")),
            groups => {
                rule += "  - shamir_threshold: 2\n    key_groups:\n";
                for group in groups {
                    rule += &format!("      - age: ['{}']\n", group.join("', '"));
                }
            }
        }
        if let Some((kind, pattern)) = self.shape.selector {
            rule += &format!("    {}: '{pattern}'\n", kind.key());
        }
        if self.shape.mac_only_encrypted {
            rule += "    mac_only_encrypted: true\n";
        }
        fs::write(self.folder.path().join(".sops.yaml"), rule).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("case.yaml")
    }

    /// Runs sops on the file, which first gets this text. Gives what it printed, or what it said when it failed.
    fn run(&self, text: &str, editor: &str, before: &[&str], after: &[&str]) -> Result<String, String> {
        fs::write(self.file(), text).unwrap();
        let mut command = Command::new(&self.sops.binary);
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .env("EDITOR", editor);
        match &self.keys.ssh {
            Some(file) if !self.moved_on => command.env("SOPS_AGE_SSH_PRIVATE_KEY_FILE", file),
            _ => command.env("SOPS_AGE_KEY", Keys::lines(self.identities())),
        };
        let output =
            command.current_dir(self.folder.path()).args(before).arg("case.yaml").args(after).output().unwrap();
        if output.status.success() {
            Ok(String::from_utf8(output.stdout).unwrap())
        } else {
            Err(format!("sops {} ends with {}: {}", before[0], output.status, String::from_utf8_lossy(&output.stderr)))
        }
    }

    fn in_place(&self, text: &str, editor: &str, before: &[&str], after: &[&str]) -> Result<String, String> {
        self.run(text, editor, before, after)?;
        Ok(fs::read_to_string(self.file()).unwrap())
    }

    pub(crate) fn encrypt(&self, text: &str) -> Result<String, String> {
        self.run(text, "", &["encrypt"], &[])
    }

    pub(crate) fn decrypt(&self, text: &str) -> Result<String, String> {
        self.run(text, "", &["decrypt"], &[])
    }

    /// `sops edit`, with `sed` as the editor.
    pub(crate) fn edit(&self, text: &str, script: &str) -> Result<String, String> {
        self.in_place(text, &format!("sed -i -e {script}"), &["edit"], &[])
    }

    pub(crate) fn set(&self, text: &str, path: &[&str], json: &str) -> Result<String, String> {
        self.in_place(text, "", &["set"], &[&in_brackets(path), json])
    }

    pub(crate) fn unset(&self, text: &str, path: &[&str]) -> Result<String, String> {
        self.in_place(text, "", &["unset"], &[&in_brackets(path)])
    }

    pub(crate) fn rotate(&self, text: &str) -> Result<String, String> {
        self.in_place(text, "", &["rotate", "--in-place"], &[])
    }

    pub(crate) fn update_keys(&self, text: &str) -> Result<String, String> {
        self.in_place(text, "", &["updatekeys", "--yes"], &[])
    }
}

fn in_brackets(path: &[&str]) -> String {
    path.iter().map(|key| format!("[\"{key}\"]")).collect()
}
