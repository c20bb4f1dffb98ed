//! Whether a private key and a certificate belong together.

use p256::{SecretKey, elliptic_curve::pkcs8::PrivateKeyInfo, pkcs8::EncodePublicKey as _};
use x509_cert::{
    der::{
        Decode as _, Encode as _, Reader as _, SecretDocument, SliceReader, Tag, TagNumber, Tagged as _,
        asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef},
        oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1},
    },
    spki::SubjectPublicKeyInfoOwned,
};

use crate::plain::Plain;

/// What a private key is to a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMatch {
    /// They are a pair.
    Pair,
    /// The key belongs to something else.
    Other,
    /// It is of a kind that gen cannot compare.
    Unknown,
}

/// Compares the public half of the PEM text of a private key with a public key.
pub(super) fn fits(public: &SubjectPublicKeyInfoOwned, private: &Plain) -> Result<KeyMatch, String> {
    let text = private.expose_text().ok_or("the private key is no text")?;
    let begin = text.find("-----BEGIN ").ok_or("there is no private key in PEM in it")?;
    let text = text[begin..].trim_end();
    let (label, document) = SecretDocument::from_pem(text).map_err(|_| "the private key is cut off or broken")?;
    let bytes = document.as_bytes();
    let half = match label {
        "PRIVATE KEY" => of_pkcs8(bytes)?,
        "EC PRIVATE KEY" => of_ec(bytes, None),
        "RSA PRIVATE KEY" => of_rsa(bytes),
        "ENCRYPTED PRIVATE KEY" => {
            return Err("the private key is protected by a passphrase, which the server does not have".to_owned());
        }
        _ => return Err("what stands there is no private key".to_owned()),
    };
    let theirs = public.subject_public_key.raw_bytes();
    Ok(match half {
        Half::Known(own) if own == theirs => KeyMatch::Pair,
        Half::Known(_) => KeyMatch::Other,
        Half::Unknown => KeyMatch::Unknown,
        Half::Broken => return Err("the private key is broken".to_owned()),
    })
}

/// The public half of a private key, as it stands in a certificate.
enum Half {
    Known(Vec<u8>),
    Unknown,
    Broken,
}

fn of_pkcs8(bytes: &[u8]) -> Result<Half, String> {
    let info = PrivateKeyInfo::from_der(bytes).map_err(|_| "the private key is broken")?;
    Ok(match info.algorithm.oid {
        ID_EC_PUBLIC_KEY => of_ec(info.private_key, info.algorithm.parameters_oid().ok()),
        RSA_ENCRYPTION => of_rsa(info.private_key),
        _ => info.public_key.map_or(Half::Unknown, |public| Half::Known(public.to_vec())),
    })
}

/// RFC 5915: `SEQUENCE { 1, key, [0] curve OPTIONAL, [1] public key OPTIONAL }`.
fn of_ec(bytes: &[u8], curve: Option<ObjectIdentifier>) -> Half {
    let read = || {
        let body = AnyRef::from_der(bytes)?;
        body.tag().assert_eq(Tag::Sequence)?;
        let mut reader = SliceReader::new(body.value())?;
        UintRef::decode(&mut reader)?;
        let secret = AnyRef::decode(&mut reader)?;
        secret.tag().assert_eq(Tag::OctetString)?;
        let (mut named, mut public) = (None, None);
        while !reader.is_finished() {
            let field = AnyRef::decode(&mut reader)?;
            match field.tag() {
                Tag::ContextSpecific { number: TagNumber::N0, .. } => {
                    named = Some(ObjectIdentifier::from_der(field.value())?);
                }
                Tag::ContextSpecific { number: TagNumber::N1, .. } => {
                    public = Some(BitStringRef::from_der(field.value())?.raw_bytes());
                }
                _ => {}
            }
        }
        Ok((secret.value(), named, public))
    };
    let Ok::<_, x509_cert::der::Error>((secret, named, public)) = read() else { return Half::Broken };
    match (curve.or(named), public) {
        // The public half beside a key can be anybody's: where it can be worked out it is.
        (Some(SECP_256_R_1), _) => {
            SecretKey::from_slice(secret).ok().and_then(|key| of_p256(&key)).map_or(Half::Broken, Half::Known)
        }
        (_, Some(public)) => Half::Known(public.to_vec()),
        _ => Half::Unknown,
    }
}

fn of_p256(key: &SecretKey) -> Option<Vec<u8>> {
    let document = key.public_key().to_public_key_der().ok()?;
    let info = SubjectPublicKeyInfoOwned::from_der(document.as_bytes()).ok()?;
    Some(info.subject_public_key.raw_bytes().to_vec())
}

/// RFC 8017: `SEQUENCE { 0, modulus, exponent, ... }`, of which a certificate has `SEQUENCE { modulus, exponent }`.
fn of_rsa(bytes: &[u8]) -> Half {
    let read = || {
        let body = AnyRef::from_der(bytes)?;
        body.tag().assert_eq(Tag::Sequence)?;
        let mut reader = SliceReader::new(body.value())?;
        UintRef::decode(&mut reader)?;
        [UintRef::decode(&mut reader)?, UintRef::decode(&mut reader)?].to_vec().to_der()
    };
    read().map_or(Half::Broken, Half::Known)
}
