//! What an existing certificate says.

use std::time::SystemTime;

use p256::ecdsa::{DerSignature, VerifyingKey, signature::Verifier as _};
use x509_cert::{
    der::{DecodePem as _, Encode as _, oid::db::rfc5912::ECDSA_WITH_SHA_256},
    ext::pkix::{BasicConstraints, SubjectAltName, name::GeneralName},
    spki::DecodePublicKey as _,
};

use super::private_key::{KeyMatch, fits};
use crate::plain::Plain;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// A certificate.
pub struct Certificate(x509_cert::Certificate);

impl Certificate {
    /// Reads the certificates of a PEM text, the server's own first; texts between them are passed over.
    ///
    /// # Errors
    /// What is wrong, without any of the text: there is none, or one is broken.
    pub fn read(text: &Plain) -> Result<Vec<Certificate>, String> {
        let mut rest = text.expose_text().ok_or("it is no text")?;
        let mut found = Vec::new();
        while let Some(at) = rest.find(BEGIN) {
            let end = rest[at..].find(END).ok_or("a certificate is cut off: it has no last line")? + at + END.len();
            let read = x509_cert::Certificate::from_pem(&rest[at..end]);
            found.push(Certificate(read.map_err(|_| format!("certificate {} of it is broken", found.len() + 1))?));
            rest = &rest[end..];
        }
        if found.is_empty() { Err("there is no certificate in PEM in it".to_owned()) } else { Ok(found) }
    }

    /// Its DNS names, as written.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let names = self.0.tbs_certificate.get::<SubjectAltName>().ok().flatten();
        let names = names.map(|(_, SubjectAltName(names))| names).unwrap_or_default();
        names
            .into_iter()
            .filter_map(|name| match name {
                GeneralName::DnsName(name) => Some(name.as_str().to_ascii_lowercase()),
                _ => None,
            })
            .collect()
    }

    /// Whether a client that checks names takes it for `name`: as one of its names, or by a wildcard in the place of the first
    /// label.
    #[must_use]
    pub fn is_for(&self, name: &str) -> bool {
        let above =
            name.split_once('.').filter(|(_, above)| above.contains('.')).map(|(_, above)| format!("*.{above}"));
        self.names().iter().any(|own| own.eq_ignore_ascii_case(name) || Some(own) == above.as_ref())
    }

    /// When it begins to count.
    #[must_use]
    pub fn begins(&self) -> SystemTime {
        self.0.tbs_certificate.validity.not_before.to_system_time()
    }

    /// When it stops counting.
    #[must_use]
    pub fn ends(&self) -> SystemTime {
        self.0.tbs_certificate.validity.not_after.to_system_time()
    }

    /// Whether it may sign others.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        matches!(self.0.tbs_certificate.get::<BasicConstraints>(), Ok(Some((_, BasicConstraints { ca: true, .. }))))
    }

    /// Whether `authority` signed it; `None` where the names fit and the signature is of a kind that gen cannot check (all but
    /// ECDSA with P-256 and SHA-256).
    #[must_use]
    pub fn is_signed_by(&self, authority: &Certificate) -> Option<bool> {
        if self.0.tbs_certificate.issuer != authority.0.tbs_certificate.subject {
            return Some(false);
        }
        if self.0.signature_algorithm.oid != ECDSA_WITH_SHA_256 {
            return None;
        }
        let signed = self.0.tbs_certificate.to_der().ok()?;
        let signature = DerSignature::from_bytes(self.0.signature.as_bytes()?).ok()?;
        let public = authority.0.tbs_certificate.subject_public_key_info.to_der().ok()?;
        let key = VerifyingKey::from_public_key_der(&public).ok()?;
        Some(key.verify(&signed, &signature).is_ok())
    }

    /// Whether the PEM text of a private key belongs to it.
    ///
    /// # Errors
    /// What keeps a server from using the key, without any of the text.
    pub fn fits(&self, private_key: &Plain) -> Result<KeyMatch, String> {
        fits(&self.0.tbs_certificate.subject_public_key_info, private_key)
    }
}
