//! What the subcommands have in common: finding a sealed file of the repository, opening it, writing it back.

use std::path::PathBuf;

use super::{Trouble, pipeline::Workspace};
use crate::{keyring::Keyring, sops::Opened};

/// A sealed file of the repository, its bytes as they were read.
pub(super) struct SecretFile {
    /// The repository's root.
    pub(super) root: PathBuf,
    /// Its path below the root, and its name for people.
    pub(super) path: String,
    /// What stands there; `None` where there is no file yet.
    pub(super) bytes: Option<Vec<u8>>,
}

impl SecretFile {
    /// The file of the Secret `name` of an environment: `environments/<env>/secrets/<name>.sops.yaml`.
    pub(super) fn of(workspace: &Workspace, environment: &str, name: &str) -> SecretFile {
        let _ = (workspace, environment, name);
        todo!()
    }

    /// Opens it with the identities at hand.
    ///
    /// Prints the findings that keep it from that, and gives the exit code.
    pub(super) fn open(&self, keyring: &Keyring) -> Result<Opened, Trouble> {
        let _ = keyring;
        todo!()
    }

    /// Puts `text` in its place: atomically, synced to disk, and only where the file still holds what was read.
    pub(super) fn write(&self, text: &str) -> Result<(), Trouble> {
        let _ = text;
        todo!()
    }
}
