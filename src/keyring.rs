//! Where private keys are found: exactly where sops 3.13 looks. A place that cannot be read is remembered, and named only where
//! nothing opened the file.

mod explain;
mod place;

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

pub use place::default_file;

use crate::{
    diagnostic::Finding,
    plain::Plain,
    sops::{Identity, OpenError, Opened, Sealed},
};
use place::{Asked, Command, State, Tried};

/// Identity files are small; a device has no end.
const LARGEST: u64 = 1 << 20;

/// The identities that are at hand, and what the places said that held none.
pub struct Keyring {
    identities: Vec<Identity>,
    tried: Vec<Tried>,
    commands: Vec<Command>,
    /// What the commands said about recipients that nobody had asked them about before.
    later: Mutex<Vec<Asked>>,
}

impl Keyring {
    /// Looks at every place that sops looks at (variables, files, commands); `recipients` are those of the files that shall be
    /// opened (`SOPS_AGE_KEY_CMD` is told one). Never fails: a place that cannot be read is remembered.
    #[must_use]
    pub fn gather(recipients: &[&str]) -> Keyring {
        Keyring::from(&|name| std::env::var_os(name), recipients)
    }

    /// [`Keyring::gather`] with the variables that `variable` knows.
    fn from(variable: &dyn Fn(&str) -> Option<std::ffi::OsString>, recipients: &[&str]) -> Keyring {
        let (mut identities, mut tried, commands) = place::look(variable);
        let mut asked = Vec::new();
        for command in &commands {
            if let Some(recipient) = recipients.first() {
                let mut answer = command.ask(recipient);
                identities.append(&mut answer.identities);
                asked.push(Asked { identities: Vec::new(), ..answer });
            } else {
                tried.push(Tried { place: command.variable.to_owned(), state: State::Unasked });
            }
        }
        Keyring { identities, tried, commands, later: Mutex::new(asked) }
    }

    /// The identities.
    #[must_use]
    pub fn identities(&self) -> &[Identity] {
        &self.identities
    }

    /// The public keys of the identities; SSH keys are not among them.
    #[must_use]
    pub fn recipients(&self) -> Vec<String> {
        self.identities.iter().filter_map(Identity::recipient).collect()
    }

    /// Opens a file that people know as `file`.
    ///
    /// # Errors
    /// One finding that says why not and what to do: which places were looked at, which recipients the file has (`no-identity`,
    /// `wrong-identity`), `tampered-secret` with the usual causes of a MAC that does not fit, and so on.
    #[allow(clippy::result_large_err, reason = "once per file")]
    pub fn open(&self, file: &str, sealed: &Sealed) -> Result<Opened, Finding> {
        let mut opened = sealed.open(&self.identities);
        if matches!(opened, Err(OpenError::NoIdentity)) && !self.commands.is_empty() {
            opened = self.ask(sealed);
        }
        opened.map_err(|error| explain::finding(self, file, sealed.envelope(), &error))
    }

    /// Asks the commands about each of the file's recipients, as far as nobody has, until one opens it.
    fn ask(&self, sealed: &Sealed) -> Result<Opened, OpenError> {
        let mut later = self.later.lock().unwrap_or_else(PoisonError::into_inner);
        for recipient in sealed.envelope().recipients() {
            for command in &self.commands {
                let index = later.iter().position(|asked| asked.is_about(command, recipient)).unwrap_or(later.len());
                if index == later.len() {
                    later.push(command.ask(recipient));
                }
                match sealed.open(&later[index].identities) {
                    Err(OpenError::NoIdentity) => {}
                    opened => return opened,
                }
            }
        }
        Err(OpenError::NoIdentity)
    }
}

/// The public keys of the identities in a file such as `keys.txt`, in file order.
///
/// # Errors
/// A sentence that says why it cannot be used, without a word of what it holds.
pub fn public_keys(file: &Path) -> Result<Vec<String>, String> {
    let identities = Identity::parse_age(&read(file).map_err(|error| error.to_string())?)?;
    Ok(identities.iter().filter_map(Identity::recipient).collect())
}

/// What stands in a file of private keys.
fn read(file: &Path) -> std::io::Result<Plain> {
    let opened = File::open(file)?;
    let mut bytes = Vec::with_capacity(opened.metadata()?.len().min(LARGEST) as usize + 1);
    opened.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(Plain::new(bytes))
}

/// A path for people: below the home directory it starts with `~`.
fn shown(path: &Path, home: Option<&PathBuf>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(below) => format!("~/{}", below.display()),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
