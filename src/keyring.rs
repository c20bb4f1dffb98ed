//! Where private keys are found: exactly where sops looks.

use crate::{
    diagnostic::Finding,
    sops::{Identity, Opened, Sealed},
};

/// The identities that are at hand, and what the places said that held none.
pub struct Keyring {}

impl Keyring {
    /// Looks at every place that sops looks at (variables, files, commands); `recipients` are those of the files that shall be
    /// opened (`SOPS_AGE_KEY_CMD` is told one). Never fails: a place that cannot be read is remembered.
    #[must_use]
    pub fn gather(recipients: &[&str]) -> Keyring {
        let _ = recipients;
        todo!()
    }

    /// The identities.
    #[must_use]
    pub fn identities(&self) -> &[Identity] {
        todo!()
    }

    /// Opens a file that people know as `file`.
    ///
    /// # Errors
    /// One finding that says why not and what to do: which places were looked at, which recipients the file has (`no-identity`,
    /// `wrong-identity`), `tampered-secret` with the usual causes of a MAC that does not fit, and so on.
    pub fn open(&self, file: &str, sealed: &Sealed) -> Result<Opened, Finding> {
        let _ = (file, sealed);
        todo!()
    }
}
