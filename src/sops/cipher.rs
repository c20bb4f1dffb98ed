//! One value: `ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]`, its text and its key.

use aes_gcm::{
    AeadInPlace, AesGcm, KeyInit, Nonce,
    aead::generic_array::{
        ArrayLength,
        typenum::{U12, U16, U32},
    },
    aes::Aes256,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::plain::Plain;

/// How many random bytes sops takes for each value. Not the 12 that most take for AES-GCM.
const IV: usize = 32;
const TAG: usize = 16;

/// A file's data key.
pub(super) type DataKey = Zeroizing<[u8; 32]>;

/// What a value is, as it says itself; the type is bound to nothing but the value's own reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Str,
    Int,
    Float,
    Bool,
    Time,
    Comment,
    Bytes,
}

impl Kind {
    const ALL: [(Kind, &'static str); 7] = [
        (Kind::Str, "str"),
        (Kind::Int, "int"),
        (Kind::Float, "float"),
        (Kind::Bool, "bool"),
        (Kind::Time, "time"),
        (Kind::Comment, "comment"),
        (Kind::Bytes, "bytes"),
    ];

    fn of(name: &str) -> Option<Kind> {
        Kind::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    fn name(self) -> &'static str {
        Kind::ALL.iter().find(|(kind, _)| *kind == self).map_or("str", |(_, name)| name)
    }
}

/// Why a value cannot be decrypted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It is no sealed value at all.
    Plain,
    /// It is one that was cut or changed, or sealed for another place or with another key.
    Damaged,
    /// It is sealed in a way that is not supported: what.
    Unsupported(String),
}

/// Whether a text starts as sealed values do, whatever follows.
pub(super) fn looks_sealed(text: &[u8]) -> bool {
    text.starts_with(b"ENC[")
}

/// Whether a text says that it is a sealed comment.
pub(super) fn is_sealed_comment(text: &[u8]) -> bool {
    looks_sealed(text) && text.ends_with(b",type:comment]")
}

/// A data key that is ready to work. It may be used by several threads.
pub(super) struct Cipher {
    /// On the heap, which is overwritten when it is given back (see `main.rs`): the crate does not overwrite its round keys.
    usual: Box<AesGcm<Aes256, U32>>,
    key: DataKey,
}

impl Cipher {
    pub(super) fn new(key: &DataKey) -> Cipher {
        Cipher { usual: Box::new(AesGcm::new(key.as_slice().into())), key: key.clone() }
    }

    pub(super) fn key(&self) -> &DataKey {
        &self.key
    }

    /// Seals a plaintext that is not empty, bound to `place`.
    pub(super) fn seal(&self, kind: Kind, plaintext: &[u8], place: &[u8]) -> Result<String, String> {
        let mut iv = [0; IV];
        random(&mut iv)?;
        let mut data = Zeroizing::new(plaintext.to_vec());
        let tag = self
            .usual
            .encrypt_in_place_detached((&iv).into(), place, &mut data)
            .map_err(|_| "a value is too large to be sealed".to_owned())?;
        let mut sealed = String::with_capacity(data.len() * 4 / 3 + 140);
        for (name, bytes) in [("ENC[AES256_GCM,data:", data.as_slice()), (",iv:", &iv), (",tag:", tag.as_slice())] {
            sealed.push_str(name);
            STANDARD.encode_string(bytes, &mut sealed);
        }
        sealed.push_str(",type:");
        sealed.push_str(kind.name());
        sealed.push(']');
        Ok(sealed)
    }

    /// Opens a sealed value. Narrower than sops, which allows any text behind the closing bracket and unused bits in base64.
    pub(super) fn open(&self, text: &[u8], place: &[u8]) -> Result<(Kind, Plain), Broken> {
        if !looks_sealed(text) {
            return Err(Broken::Plain);
        }
        let text = std::str::from_utf8(text).map_err(|_| Broken::Damaged)?;
        let (method, rest) = text["ENC[".len()..].split_once(',').ok_or(Broken::Damaged)?;
        if method != "AES256_GCM" {
            return Err(match method.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                true if (3..=32).contains(&method.len()) => {
                    Broken::Unsupported(format!("a value is sealed with `{method}`, only AES256_GCM is known"))
                }
                _ => Broken::Damaged,
            });
        }
        let mut parts = rest.strip_suffix(']').ok_or(Broken::Damaged)?.split(',');
        let mut part = |name: &str| parts.next().and_then(|part| part.strip_prefix(name)).ok_or(Broken::Damaged);
        let (data, iv, tag, kind) = (part("data:")?, part("iv:")?, part("tag:")?, part("type:")?);
        let bytes = |base64: &str| STANDARD.decode(base64).map_err(|_| Broken::Damaged);
        let (mut data, iv, tag) = (Zeroizing::new(bytes(data)?), bytes(iv)?, bytes(tag)?);
        if parts.next().is_some() || data.is_empty() || tag.len() != TAG {
            return Err(Broken::Damaged);
        }
        let kind = Kind::of(kind).ok_or(Broken::Damaged)?;
        let opened = match iv.len() {
            IV => decrypt(&self.usual, &iv, place, &mut data, &tag),
            12 => decrypt(&AesGcm::<Aes256, U12>::new(self.key.as_slice().into()), &iv, place, &mut data, &tag),
            16 => decrypt(&AesGcm::<Aes256, U16>::new(self.key.as_slice().into()), &iv, place, &mut data, &tag),
            0 => None,
            other => {
                let message = format!("a value has an initialisation vector of {other} bytes, sops writes {IV}");
                return Err(Broken::Unsupported(message));
            }
        };
        opened.ok_or(Broken::Damaged)?;
        Ok((kind, Plain::new(std::mem::take(&mut *data))))
    }
}

fn decrypt<N: ArrayLength<u8>>(
    cipher: &AesGcm<Aes256, N>,
    iv: &[u8],
    place: &[u8],
    data: &mut [u8],
    tag: &[u8],
) -> Option<()> {
    cipher.decrypt_in_place_detached(Nonce::from_slice(iv), place, data, tag.into()).ok()
}

/// Fills a buffer from the system's source of random bytes.
pub(super) fn random(buffer: &mut [u8]) -> Result<(), String> {
    getrandom::getrandom(buffer).map_err(|_| "the system gives no random bytes".to_owned())
}
