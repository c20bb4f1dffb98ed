//! A server certificate, and the authority that signs nothing else.

use std::{
    str::FromStr as _,
    time::{Duration, SystemTime},
};

use p256::{
    SecretKey,
    ecdsa::{DerSignature, SigningKey},
    pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding},
};
use x509_cert::{
    builder::{Builder as _, CertificateBuilder, Profile},
    der::{Decode as _, EncodePem as _, asn1::Ia5String, oid::db::rfc5280::ID_KP_SERVER_AUTH},
    ext::pkix::{ExtendedKeyUsage, SubjectAltName, name::GeneralName},
    name::Name,
    serial_number::SerialNumber,
    spki::SubjectPublicKeyInfoOwned,
    time::{Time, Validity},
};
use zeroize::Zeroizing;

use super::{MintError, random};
use crate::plain::Plain;

/// How long a new certificate counts, in days.
pub const VALID_DAYS: u32 = 730;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Clocks differ: a certificate counts from a little before it was made.
const EARLIER: Duration = Duration::from_secs(60 * 60);
/// The longest common name (RFC 5280, `ub-common-name`).
const LONGEST_COMMON_NAME: usize = 64;

/// What a server and its clients need, each a text in PEM.
pub struct ServerCertificate {
    /// The server's certificate.
    pub certificate: Plain,
    /// Its private key, P-256 in PKCS #8.
    pub private_key: Plain,
    /// The certificate of the authority that signed it. Its private key is gone: nobody can sign another one.
    pub authority: Plain,
    /// When both stop counting.
    pub ends: SystemTime,
}

/// Makes a certificate for a server of these DNS names, and an authority for it, both for [`VALID_DAYS`] from `now` on.
///
/// # Errors
/// When the system gives no random numbers, or a name fits into no certificate.
pub fn server_certificate(names: &[String], now: SystemTime) -> Result<ServerCertificate, MintError> {
    let [first, ..] = names else { return Err(MintError("a certificate needs a name".to_owned())) };
    let ends = now + DAY * VALID_DAYS;
    let validity = Validity { not_before: time(now - EARLIER)?, not_after: time(ends)? };
    let (authority_key, server_key) = (secret_key()?, secret_key()?);
    let signer = SigningKey::from(&authority_key);
    let (authority_name, server_name) = (common_name(&format!("CA of {first}"))?, common_name(first)?);

    let public = public_key(&authority_key)?;
    let root = CertificateBuilder::new(Profile::Root, serial()?, validity, authority_name.clone(), public, &signer)?;
    let root = root.build::<DerSignature>()?;

    let profile = Profile::Leaf { issuer: authority_name, enable_key_agreement: false, enable_key_encipherment: false };
    let public = public_key(&server_key)?;
    let mut leaf = CertificateBuilder::new(profile, serial()?, validity, server_name, public, &signer)?;
    leaf.add_extension(&ExtendedKeyUsage(vec![ID_KP_SERVER_AUTH]))?;
    let dns = |name: &String| Ok(GeneralName::DnsName(Ia5String::new(name)?));
    leaf.add_extension(&SubjectAltName(names.iter().map(dns).collect::<Result<_, MintError>>()?))?;
    let leaf = leaf.build::<DerSignature>()?;

    let private_key = server_key.to_pkcs8_pem(LineEnding::LF).map_err(|error| MintError(error.to_string()))?;
    Ok(ServerCertificate {
        certificate: leaf.to_pem(LineEnding::LF)?.as_str().into(),
        private_key: private_key.as_str().into(),
        authority: root.to_pem(LineEnding::LF)?.as_str().into(),
        ends,
    })
}

impl From<x509_cert::builder::Error> for MintError {
    fn from(error: x509_cert::builder::Error) -> MintError {
        MintError(format!("the certificate cannot be made: {error}"))
    }
}

impl From<x509_cert::der::Error> for MintError {
    fn from(error: x509_cert::der::Error) -> MintError {
        MintError(format!("the certificate cannot be made: {error}"))
    }
}

fn time(at: SystemTime) -> Result<Time, MintError> {
    Ok(Time::try_from(at)?)
}

/// A private key, each as likely as the others.
fn secret_key() -> Result<SecretKey, MintError> {
    loop {
        let mut bytes = Zeroizing::new([0; 32]);
        random(bytes.as_mut())?;
        // Zero and what is not below the group's order is none: once in 2^32 times.
        if let Ok(key) = SecretKey::from_slice(bytes.as_ref()) {
            return Ok(key);
        }
    }
}

fn public_key(key: &SecretKey) -> Result<SubjectPublicKeyInfoOwned, MintError> {
    let document = key.public_key().to_public_key_der().map_err(|error| MintError(error.to_string()))?;
    Ok(SubjectPublicKeyInfoOwned::from_der(document.as_bytes())?)
}

/// 127 random bits, never zero: two authorities of one name differ by it.
fn serial() -> Result<SerialNumber, MintError> {
    let mut bytes = [0; 16];
    random(&mut bytes)?;
    bytes[0] = bytes[0] & 0x7F | 0x40;
    Ok(SerialNumber::new(&bytes)?)
}

/// A name for people; programs look at the alternative names. `name` is a DNS name behind some words.
fn common_name(name: &str) -> Result<Name, MintError> {
    let name = if name.len() <= LONGEST_COMMON_NAME { name } else { "server" };
    Ok(Name::from_str(&format!("CN={name}"))?)
}
