//! What components demand, made.

use std::time::SystemTime;

use super::{MintError, ServerCertificate, password, server_certificate};
use crate::{
    part::{CertificateText, Credential, DemandedKey},
    plain::Plain,
};

/// New credentials of one Secret.
pub struct Minted {
    /// By key, in the order that they were asked for.
    pub values: Vec<(String, Plain)>,
    /// When the certificate among them stops counting.
    pub ends: Option<SystemTime>,
}

/// Makes what belongs under these keys. The texts of a certificate come from one certificate: ask for all of them at once.
///
/// # Errors
/// When the system gives no random numbers, or a name fits into no certificate.
pub fn mint(keys: &[DemandedKey], now: SystemTime) -> Result<Minted, MintError> {
    let mut minted = Minted { values: Vec::with_capacity(keys.len()), ends: None };
    let mut certificates: Vec<(&[String], ServerCertificate)> = Vec::new();
    for key in keys {
        let value = match &key.credential {
            Credential::Password => password()?,
            Credential::Certificate { text, names } => {
                if !certificates.iter().any(|(of, _)| *of == names.as_slice()) {
                    certificates.push((names, server_certificate(names, now)?));
                }
                let made = certificates.iter().find(|(of, _)| *of == names.as_slice());
                let Some((_, made)) = made else { continue };
                minted.ends = Some(made.ends);
                match text {
                    CertificateText::Certificate => made.certificate.clone(),
                    CertificateText::PrivateKey => made.private_key.clone(),
                    CertificateText::Authority => made.authority.clone(),
                }
            }
        };
        minted.values.push((key.name.clone(), value));
    }
    Ok(minted)
}
