//! Sealed files, as `sops` writes them: YAML whose values are encrypted one by one for age recipients. This room stands apart
//! from the rest of `gen` and knows no environment; its specification is sops' own behaviour (3.9 to 3.13).
//!
//! [`Sealed`] is a file as anybody sees it; with an [`Identity`] it becomes an [`Opened`] one, which can be changed and closed
//! again: what did not change keeps its ciphertext. [`seal`] makes a new one. [`inspect`] says without any key what is wrong
//! with a sealed Secret manifest.

mod cipher;
mod close;
mod envelope;
mod identity;
mod inspect;
mod mac;
mod mask;
mod moment;
mod open;
mod recipient;
mod sealed;
mod selector;
mod shamir;
mod stash;
mod value;
mod walk;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use envelope::Envelope;
pub use identity::Identity;
pub use inspect::{
    FAKE_ENVELOPE, Flaw, PARTIALLY_ENCRYPTED, PRIVATE_KEY, SUFFIX, SealedSecret, flaws, has_envelope, inspect,
    is_sealed_name, private_key, suspicious_comments,
};
pub use open::OpenError;
pub use sealed::{Opened, Sealed, seal};
pub use selector::{Selector, SelectorKind};
