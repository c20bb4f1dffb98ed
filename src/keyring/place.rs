//! The places themselves, in sops' order.

use std::{
    ffi::OsString,
    io,
    os::unix::ffi::OsStringExt as _,
    path::{Path, PathBuf},
};

use super::{read, shown};
use crate::{plain::Plain, process, sops::Identity};

/// Where sops looks for a file of identities below the folder of configurations.
const KEYS: &str = "sops/age/keys.txt";

/// What a variable says, as `std::env::var_os` tells it.
type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// A place that was looked at.
pub(super) struct Tried {
    /// What people know it as.
    pub(super) place: String,
    /// What came of it.
    pub(super) state: State,
}

/// What came of a place.
pub(super) enum State {
    /// Identities: their public keys, and how many have none (SSH keys).
    Held(Vec<String>, usize),
    /// There is no such variable or file, or no key in it.
    Empty,
    /// It cannot be used, for this reason.
    Failed(String),
    /// A command that is asked later, when a file with recipients is there.
    Unasked,
}

/// A command in a variable that prints private keys.
pub(super) struct Command {
    pub(super) variable: &'static str,
    words: Vec<String>,
    parse: fn(&Plain) -> Result<Vec<Identity>, String>,
}

/// What a command said about a recipient.
pub(super) struct Asked {
    pub(super) variable: &'static str,
    pub(super) recipient: String,
    pub(super) identities: Vec<Identity>,
    pub(super) tried: Tried,
}

impl Asked {
    pub(super) fn is_about(&self, command: &Command, recipient: &str) -> bool {
        self.variable == command.variable && self.recipient == recipient
    }
}

impl Command {
    /// Runs it; a variable tells it the recipient that a key is wanted for.
    pub(super) fn ask(&self, recipient: &str) -> Asked {
        let said = process::output(&self.words, &[("SOPS_AGE_RECIPIENT", recipient)]);
        let parsed = said.map_err(|failure| failure.to_string()).and_then(|bytes| (self.parse)(&Plain::new(bytes)));
        let (identities, state) = judged(parsed);
        let tried = Tried { place: self.variable.to_owned(), state };
        Asked { variable: self.variable, recipient: recipient.to_owned(), identities, tried }
    }
}

/// The file that `gen secret init` writes to and sops reads without being told: `~/.config/sops/age/keys.txt` or what
/// `XDG_CONFIG_HOME` makes of it, on macOS below `~/Library/Application Support`. `None` where there is no home directory.
#[must_use]
pub fn default_file() -> Option<PathBuf> {
    default_file_of(&|name| std::env::var_os(name))
}

pub(super) fn default_file_of(variable: Variables<'_>) -> Option<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let elsewhere = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(elsewhere)))?;
    Some(folder.join(KEYS))
}

/// Looks at all places; commands are not run yet.
pub(super) fn look(variable: Variables<'_>) -> (Vec<Identity>, Vec<Tried>, Vec<Command>) {
    let mut look = Look { identities: Vec::new(), tried: Vec::new(), commands: Vec::new() };
    let home = variable("HOME").map(PathBuf::from).filter(|home| !home.as_os_str().is_empty());
    look.file_of("SOPS_AGE_SSH_PRIVATE_KEY_FILE", variable, ssh);
    look.command_of("SOPS_AGE_SSH_PRIVATE_KEY_CMD", variable, ssh);
    if let Some(home) = &home {
        for name in [".ssh/id_ed25519", ".ssh/id_rsa"] {
            look.file(&home.join(name), shown(&home.join(name), Some(home)), ssh);
        }
    }
    look.variable("SOPS_AGE_KEY", variable);
    look.file_of("SOPS_AGE_KEY_FILE", variable, age);
    look.command_of("SOPS_AGE_KEY_CMD", variable, age);
    if let Some(file) = default_file_of(variable) {
        look.file(&file, shown(&file, home.as_ref()), age);
    }
    (look.identities, look.tried, look.commands)
}

struct Look {
    identities: Vec<Identity>,
    tried: Vec<Tried>,
    commands: Vec<Command>,
}

impl Look {
    fn note(&mut self, place: impl Into<String>, state: State) {
        self.tried.push(Tried { place: place.into(), state });
    }

    fn take(&mut self, place: impl Into<String>, parsed: Result<Vec<Identity>, String>) {
        let (mut identities, state) = judged(parsed);
        self.identities.append(&mut identities);
        self.note(place, state);
    }

    /// A file that may be missing.
    fn file(&mut self, file: &Path, place: String, parse: fn(&Plain) -> Result<Vec<Identity>, String>) {
        match read(file) {
            Ok(text) => self.take(place, parse(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.note(place, State::Empty),
            Err(error) => self.note(place, State::Failed(error.to_string())),
        }
    }

    /// A file that a variable names.
    fn file_of(
        &mut self,
        name: &'static str,
        variable: Variables<'_>,
        parse: fn(&Plain) -> Result<Vec<Identity>, String>,
    ) {
        let Some(file) = variable(name).map(PathBuf::from) else { return self.note(name, State::Empty) };
        let place = format!("{name} ({})", file.display());
        match read(&file) {
            Ok(text) => self.take(place, parse(&text)),
            Err(error) => self.note(place, State::Failed(error.to_string())),
        }
    }

    fn command_of(
        &mut self,
        name: &'static str,
        variable: Variables<'_>,
        parse: fn(&Plain) -> Result<Vec<Identity>, String>,
    ) {
        let Some(line) = variable(name) else { return self.note(name, State::Empty) };
        match line.to_str().and_then(process::words) {
            Some(words) => self.commands.push(Command { variable: name, words, parse }),
            None => self.note(name, State::Failed("it is no command line: is a quote left open?".to_owned())),
        }
    }

    /// Keys in the variable itself, several on a line too.
    fn variable(&mut self, name: &'static str, variable: Variables<'_>) {
        let Some(text) = variable(name) else { return self.note(name, State::Empty) };
        let text = Plain::new(text.into_vec());
        let mut lines = Vec::with_capacity(text.len() + 1);
        for line in text.expose().split(|&byte| byte == b'\n').filter(|line| !line.starts_with(b"#")) {
            for word in line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
                lines.extend_from_slice(word);
                lines.push(b'\n');
            }
        }
        self.take(name, age(&Plain::new(lines)));
    }
}

/// The identities, and what there is to say about where they came from.
fn judged(parsed: Result<Vec<Identity>, String>) -> (Vec<Identity>, State) {
    match parsed {
        Ok(identities) if identities.is_empty() => (identities, State::Empty),
        Ok(identities) => {
            let public: Vec<String> = identities.iter().filter_map(Identity::recipient).collect();
            let others = identities.len() - public.len();
            (identities, State::Held(public, others))
        }
        Err(why) => (Vec::new(), State::Failed(why)),
    }
}

fn ssh(text: &Plain) -> Result<Vec<Identity>, String> {
    Identity::parse_ssh(text).map(|identity| vec![identity])
}

fn age(text: &Plain) -> Result<Vec<Identity>, String> {
    let starts = |with: &[u8]| text.expose().starts_with(with);
    if starts(b"age-encryption.org/") || starts(b"-----BEGIN AGE ENCRYPTED FILE-----") {
        return Err(
            "it is protected by a passphrase: `export SOPS_AGE_KEY_CMD='age -d FILE'` lets age ask for it".to_owned()
        );
    }
    Identity::parse_age(text)
}
