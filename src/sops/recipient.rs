//! The data key, wrapped for one recipient: an armored age file of its own.

use std::io::{Read as _, Write as _};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use zeroize::Zeroizing;

use super::Identity;

/// A nonce, a data key and its tag, in bytes (age's specification, "Payload").
const SHORTEST_BODY: usize = 16 + 32 + 16;
/// More would be no `enc` block of a data key: post-quantum ones have less than 4 KiB.
const LONGEST_ARMOR: usize = 8 * 1024;
/// What sops puts into `enc`: a data key, or a share of it with one byte more. More is nothing that it wrote.
const LONGEST_KEY: u64 = 256;

/// Somebody who can be written to.
pub(super) enum Recipient {
    X25519(age::x25519::Recipient),
    Ssh(age::ssh::Recipient),
}

/// The kind of a recipient that gen cannot write to, by its name; `None` for those it can, if they are well-formed.
pub(super) fn unsupported(text: &str) -> Option<String> {
    let plugin = text.strip_prefix("age1").and_then(|rest| rest.rsplit_once('1')).map(|(name, _)| name);
    match plugin {
        Some("pq") => Some("a post-quantum recipient (`age1pq1...`)".to_owned()),
        Some("tag" | "tagpq") => Some("a recipient of a hardware key (`age1tag...`)".to_owned()),
        Some(name)
            if !name.is_empty()
                && name.len() <= 32
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b)) =>
        {
            Some(format!("a recipient of the age plugin `{name}`"))
        }
        Some(_) => Some("a recipient of an age plugin".to_owned()),
        None => {
            let kind = text.split(' ').next().unwrap_or_default();
            let known = ["ssh-ed25519", "ssh-rsa"].contains(&kind) || kind.starts_with("age1");
            let named = ["ssh-", "ecdsa-", "sk-"].iter().any(|start| kind.starts_with(start)) && kind.len() <= 64;
            (!known && named).then(|| format!("an SSH key of the kind `{kind}`"))
        }
    }
}

impl Recipient {
    /// Reads a recipient.
    ///
    /// # Errors
    /// Why it is none that gen can write to, in words.
    pub(super) fn parse(text: &str) -> Result<Recipient, String> {
        if text.starts_with("AGE-SECRET-KEY-") || text.starts_with("AGE-PLUGIN-") {
            return Err("a private key stands where a recipient, its public key, should".to_owned());
        }
        let shown: String = text.chars().take(80).collect();
        if let Some(kind) = unsupported(text) {
            return Err(format!(
                "`{shown}` is {kind}, which gen cannot write to; age1... of `age-keygen` and ssh-ed25519 are fine"
            ));
        }
        if text.starts_with("age1") {
            return text
                .parse()
                .map(Recipient::X25519)
                .map_err(|_| format!("`{shown}` is no whole age recipient: it was cut or mistyped"));
        }
        if text.starts_with("ssh-") {
            return text.parse().map(Recipient::Ssh).map_err(|error| match error {
                age::ssh::ParseRecipientKeyError::RsaModulusTooSmall => {
                    format!("`{shown}` is an RSA key of less than 2048 bits, which is too weak")
                }
                age::ssh::ParseRecipientKeyError::RsaModulusTooLarge => {
                    format!("`{shown}` is an RSA key of more bits than are supported")
                }
                _ => format!("`{shown}` is no whole SSH public key: it was cut or mistyped"),
            });
        }
        Err(format!("`{shown}` is no recipient: one starts with `age1`, `ssh-ed25519 ` or `ssh-rsa `"))
    }

    /// Wraps a key: the text of `enc`, which ends with a line break.
    pub(super) fn wrap(&self, key: &[u8]) -> Result<String, String> {
        let recipient: &dyn age::Recipient = match self {
            Recipient::X25519(recipient) => recipient,
            Recipient::Ssh(recipient) => recipient,
        };
        let failed = |_| "the data key could not be wrapped for a recipient".to_owned();
        let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient))
            .map_err(|_| "the data key could not be wrapped for a recipient".to_owned())?;
        let mut armored = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).map_err(failed)?;
        let mut writer = encryptor.wrap_output(&mut armored).map_err(failed)?;
        writer.write_all(key).map_err(failed)?;
        writer.finish().map_err(failed)?;
        let bytes = armored.finish().map_err(failed)?;
        Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
    }
}

/// What came of trying to unwrap a key.
pub(super) enum Unwrapped {
    /// The key, or a share of it.
    Key(Zeroizing<Vec<u8>>),
    /// No identity fits.
    NotForUs,
    /// The armor or what is in it is damaged: how.
    Damaged(&'static str),
}

/// What is in the armor of `enc`: an age file that is whole as far as that can be seen without a key.
///
/// # Errors
/// How it is damaged.
pub(super) fn unarmored(armor: &str) -> Result<Vec<u8>, &'static str> {
    let armor = armor.trim();
    if armor.len() > LONGEST_ARMOR {
        return Err("its `enc` block is longer than any that sops writes");
    }
    if !armor.starts_with("-----BEGIN AGE ENCRYPTED FILE-----") {
        return Err("its `enc` block does not start with `-----BEGIN AGE ENCRYPTED FILE-----`");
    }
    if !armor.ends_with("-----END AGE ENCRYPTED FILE-----") {
        return Err("its `enc` block is cut: `-----END AGE ENCRYPTED FILE-----` is missing");
    }
    // Without the armor first: its errors would be lost in those of the header.
    let mut file = Vec::new();
    if ArmoredReader::new(armor.as_bytes()).read_to_end(&mut file).is_err() {
        return Err("its `enc` block has base64 lines that were cut or changed");
    }
    let Ok(decryptor) = age::Decryptor::new_buffered(file.as_slice()) else {
        return Err("its `enc` block holds no age file");
    };
    // A passphrase is no identity of ours, and trying one takes seconds.
    if decryptor.is_scrypt() {
        return Err("its `enc` block asks for a passphrase, which sops does not do");
    }
    // Behind the line of the header's MAC.
    let body = file.windows(5).position(|bytes| bytes == b"\n--- ").and_then(|at| {
        let line = file.get(at + 1..)?;
        line.get(line.iter().position(|&byte| byte == b'\n')? + 1..)
    });
    if body.is_none_or(|body| body.len() < SHORTEST_BODY) {
        return Err("its `enc` block is cut short");
    }
    Ok(file)
}

/// Unwraps what stands in `enc`.
pub(super) fn unwrap(armor: &str, identities: &[Identity]) -> Unwrapped {
    let file = match unarmored(armor) {
        Ok(file) => file,
        Err(how) => return Unwrapped::Damaged(how),
    };
    let Ok(decryptor) = age::Decryptor::new_buffered(file.as_slice()) else {
        return Unwrapped::Damaged("its `enc` block holds no age file");
    };
    match decryptor.decrypt(identities.iter().map(Identity::as_age)) {
        Err(age::DecryptError::NoMatchingKeys) => Unwrapped::NotForUs,
        Err(_) => Unwrapped::Damaged("its `enc` block was changed"),
        Ok(reader) => {
            let mut key = Zeroizing::new(Vec::with_capacity(LONGEST_KEY as usize + 1));
            match reader.take(LONGEST_KEY + 1).read_to_end(&mut key) {
                Ok(_) if key.len() as u64 <= LONGEST_KEY => Unwrapped::Key(key),
                _ => Unwrapped::Damaged("its `enc` block was changed"),
            }
        }
    }
}
