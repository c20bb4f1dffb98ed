//! New credentials: passwords, and server certificates under an authority of their own. And what existing certificates say.

mod authority;
mod certificate;
mod demand;
mod password;
mod private_key;

pub use authority::{ServerCertificate, VALID_DAYS, server_certificate};
pub use certificate::Certificate;
pub use demand::{Minted, mint};
pub use password::{PASSWORD_LENGTH, password};
pub use private_key::KeyMatch;

/// Why nothing could be made: the system has no random numbers, or a name fits into no certificate. Says so in a sentence.
#[derive(Debug)]
pub struct MintError(String);

impl std::fmt::Display for MintError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for MintError {}

/// Fills `bytes` from the system's generator of random numbers.
fn random(bytes: &mut [u8]) -> Result<(), MintError> {
    getrandom::getrandom(bytes).map_err(|error| MintError(format!("the system gives no random numbers: {error}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
