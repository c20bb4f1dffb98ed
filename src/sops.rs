//! Sealed files, as `sops` writes them: YAML whose values are encrypted one by one for age recipients. This room stands apart
//! from the rest of `gen` and knows no environment; its specification is sops' own behaviour (3.9 to 3.13).
//!
//! [`Sealed`] is a file as anybody sees it; with an [`Identity`] it becomes an [`Opened`] one, which can be changed and closed
//! again: what did not change keeps its ciphertext. [`seal`] makes a new one. [`inspect`] says without any key what is wrong
//! with a sealed Secret manifest.

mod inspect;
mod selector;

use std::time::SystemTime;

pub use inspect::{SUFFIX, SealedSecret, inspect, is_sealed_name};
pub use selector::{Selector, SelectorKind};

use crate::{
    diagnostic::Finding,
    plain::Plain,
    yaml::{Source, typed::Stream},
};

/// A sealed file, read without any key.
pub struct Sealed {}

/// What the `sops` block says. Nothing in it is authenticated.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The age recipients of each key group, as they are written; one group in all but Shamir files.
    pub groups: Vec<Vec<String>>,
    /// How many groups must be opened; 1 where there is one group.
    pub threshold: usize,
    /// Key services other than age that hold the data key too, by their names in the block (`kms`, `pgp`, ...).
    pub other_services: Vec<String>,
    /// Which leaves are sealed.
    pub selector: Selector,
    /// Whether the MAC covers sealed values only.
    pub mac_only_encrypted: bool,
    /// `lastmodified`, as it is written.
    pub last_modified: String,
    /// The version of the writer, as it is written.
    pub version: String,
}

impl Envelope {
    /// All age recipients, without duplicates, in file order.
    #[must_use]
    pub fn recipients(&self) -> Vec<&str> {
        todo!()
    }
}

impl Sealed {
    /// Reads a file.
    ///
    /// # Errors
    /// What keeps it from being a sealed file, with places: YAML errors, merge conflicts, no `sops` block (`not-sealed`), a
    /// block that is broken (`broken-envelope`), a selector that does not compile, several selectors, recipients of a kind that is not
    /// supported where there is no other (by name), a file of a newer format.
    pub fn parse(source: Source<'_>) -> Result<Sealed, Vec<Finding>> {
        let _ = source;
        todo!()
    }

    /// What the `sops` block says.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        todo!()
    }

    /// The documents without their `sops` blocks, sealed values as `ENC[...]`.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        todo!()
    }

    /// The whole file as `sops -d` would print it, with every sealed value replaced by `mask`. Needs no key.
    #[must_use]
    pub fn masked(&self, mask: &str) -> String {
        let _ = mask;
        todo!()
    }

    /// Opens the file and checks its MAC.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(&self, identities: &[Identity]) -> Result<Opened, OpenError> {
        let _ = identities;
        todo!()
    }
}

/// Why a file cannot be opened. No variant holds a value.
#[derive(Debug)]
pub enum OpenError {
    /// No identity fits any recipient (or too few groups can be opened).
    NoIdentity,
    /// A recipient's `enc` block is damaged: the recipient, and what is wrong.
    DamagedKey(String, String),
    /// A sealed value was changed, moved to another path or cut: its path, dotted.
    DamagedValue(String),
    /// A value that the selector covers is not sealed: its path, dotted.
    PlainValue(String),
    /// The MAC is missing or does not fit.
    MacMismatch,
    /// A value or the file is of a kind that is not supported: a sentence.
    Unsupported(String),
}

/// A file whose values are readable.
pub struct Opened {}

impl Opened {
    /// The documents, decrypted.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        todo!()
    }

    /// The documents, to be changed.
    pub fn stream_mut(&mut self) -> &mut Stream {
        todo!()
    }

    /// What the `sops` block says.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        todo!()
    }

    /// The whole file as `sops -d` prints it.
    #[must_use]
    pub fn plain(&self) -> Plain {
        todo!()
    }

    /// Wraps the same data key for these recipients instead (as `sops updatekeys`): values, MAC and time stay. Other key services'
    /// entries are kept.
    ///
    /// # Errors
    /// A recipient that is none, or a file with key groups.
    pub fn rewrap(&mut self, recipients: &[&str]) -> Result<(), String> {
        let _ = recipients;
        todo!()
    }

    /// Takes a new data key, wrapped for these recipients (as `sops rotate`), so that whoever is no recipient any more cannot read
    /// what is sealed from now on.
    ///
    /// # Errors
    /// A recipient that is none, a file with key groups, or other key services: gen cannot wrap a new key for them.
    pub fn renew_key(&mut self, recipients: &[&str]) -> Result<(), String> {
        let _ = recipients;
        todo!()
    }

    /// The file's new text. What did not change keeps its ciphertext. Where neither values nor key changed, MAC and time stay too.
    ///
    /// # Errors
    /// Why the documents cannot be sealed: a sentence.
    pub fn close(self, now: SystemTime) -> Result<String, String> {
        let _ = now;
        todo!()
    }
}

/// Seals documents for recipients under a new data key.
///
/// # Errors
/// Why they cannot be sealed, a sentence: no recipient, a selector that seals nothing, a top-level key `sops`, a plain comment
/// in a subtree, a value that sops cannot hold.
pub fn seal(stream: Stream, recipients: &[&str], selector: &Selector, now: SystemTime) -> Result<String, String> {
    let _ = (stream, recipients, selector, now);
    todo!()
}

/// A private key of age or an SSH key. Nothing prints it.
pub struct Identity {}

impl Identity {
    /// Makes a new X25519 identity.
    #[must_use]
    pub fn generate() -> Identity {
        todo!()
    }

    /// Reads the lines of a `keys.txt` (`AGE-SECRET-KEY-1...`, `#` comments, blank lines), as strictly as sops does.
    ///
    /// # Errors
    /// What is wrong, with the line's number and never its text: passphrase-protected, a plugin, post-quantum, anything else.
    pub fn parse_age(text: &Plain) -> Result<Vec<Identity>, String> {
        let _ = text;
        todo!()
    }

    /// Reads an SSH private key (ed25519 or rsa, not protected by a passphrase).
    ///
    /// # Errors
    /// What is wrong, without any text of it.
    pub fn parse_ssh(text: &Plain) -> Result<Identity, String> {
        let _ = text;
        todo!()
    }

    /// The public key, `age1...`; `None` for an SSH key.
    #[must_use]
    pub fn recipient(&self) -> Option<String> {
        todo!()
    }

    /// The line `AGE-SECRET-KEY-1...`; `None` for an SSH key.
    #[must_use]
    pub fn private_line(&self) -> Option<Plain> {
        todo!()
    }
}
