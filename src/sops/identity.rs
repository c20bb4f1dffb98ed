//! Private keys.

use age::secrecy::ExposeSecret as _;

use crate::plain::Plain;

/// No file with an SSH key is longer.
const LONGEST_SSH_KEY: usize = 64 * 1024;

/// A private key of age or an SSH key. Nothing prints it.
#[derive(Clone)]
pub struct Identity {
    key: Key,
    /// The public key as recipients are written, without a comment; empty where age cannot tell it.
    public: String,
}

#[derive(Clone)]
enum Key {
    X25519(age::x25519::Identity),
    Ssh(Box<age::ssh::Identity>),
}

impl Identity {
    /// Makes a new X25519 identity.
    #[must_use]
    pub fn generate() -> Identity {
        Identity::of_x25519(age::x25519::Identity::generate())
    }

    fn of_x25519(key: age::x25519::Identity) -> Identity {
        Identity { public: key.to_public().to_string(), key: Key::X25519(key) }
    }

    /// Reads the lines of a `keys.txt` (`AGE-SECRET-KEY-1...`, `#` comments, blank lines), as strictly as sops does: anything
    /// else, also a space before a key, makes the whole text unusable.
    ///
    /// # Errors
    /// What is wrong, with the line's number and never its text: passphrase-protected, a plugin, post-quantum, anything else.
    pub fn parse_age(text: &Plain) -> Result<Vec<Identity>, String> {
        let bytes = text.expose();
        if bytes.starts_with(b"age-encryption") || bytes.starts_with(b"-----BEGIN AGE") {
            let message = "it is protected by a passphrase, which gen does not ask for: `age -d -o keys.txt FILE` on a file system \
                           in memory makes one that can be read";
            return Err(message.to_owned());
        }
        let text = text.expose_text().ok_or("it is no text")?;
        let mut identities = Vec::new();
        for (line, number) in text.lines().zip(1..) {
            if !line.is_empty() && !line.starts_with('#') {
                let key = key(line).map_err(|error| format!("line {number}: {error}"))?;
                identities.push(Identity::of_x25519(key));
            }
        }
        Ok(identities)
    }

    /// Reads an SSH private key (ed25519 or rsa, not protected by a passphrase).
    ///
    /// # Errors
    /// What is wrong, without any text of it.
    pub fn parse_ssh(text: &Plain) -> Result<Identity, String> {
        let start = text.expose_text().and_then(|text| Some(&text[text.find("-----BEGIN ")?..]));
        let text = start.filter(|text| text.len() <= LONGEST_SSH_KEY).ok_or("it is no SSH private key")?;
        if text.starts_with("-----BEGIN PRIVATE KEY") || text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY") {
            return Err("it is a PKCS#8 key: `ssh-keygen -p -f FILE` writes it as an OpenSSH key".to_owned());
        }
        if text.starts_with("-----BEGIN AGE") {
            return Err("it is an age file, no SSH private key".to_owned());
        }
        match age::ssh::Identity::from_buffer(text.as_bytes(), None) {
            Ok(key @ age::ssh::Identity::Unencrypted(_)) => {
                let public = age::ssh::Recipient::try_from(key.clone()).map(|public| public.to_string());
                Ok(Identity { public: public.unwrap_or_default(), key: Key::Ssh(Box::new(key)) })
            }
            Ok(age::ssh::Identity::Encrypted(_)) => Err(protected()),
            Ok(age::ssh::Identity::Unsupported(kind)) => Err(match kind {
                age::ssh::UnsupportedKey::EncryptedPem | age::ssh::UnsupportedKey::EncryptedSsh(_) => protected(),
                age::ssh::UnsupportedKey::Hardware(_) => {
                    "it is a key on a hardware token, which age cannot use".to_owned()
                }
                age::ssh::UnsupportedKey::Type(_) => "it is no ed25519 or rsa key; age can use no other".to_owned(),
            }),
            Err(_) => Err("it is no whole SSH private key".to_owned()),
        }
    }

    /// The public key, `age1...`; `None` for an SSH key.
    #[must_use]
    pub fn recipient(&self) -> Option<String> {
        matches!(self.key, Key::X25519(_)).then(|| self.public.clone())
    }

    /// The line `AGE-SECRET-KEY-1...`; `None` for an SSH key.
    #[must_use]
    pub fn private_line(&self) -> Option<Plain> {
        match &self.key {
            Key::X25519(identity) => Some(Plain::from(identity.to_string().expose_secret())),
            Key::Ssh(_) => None,
        }
    }

    /// Whether a recipient is written as this identity's public key is; an SSH key may have a comment behind it.
    pub(super) fn is_called(&self, recipient: &str) -> bool {
        let rest = recipient.strip_prefix(&self.public).filter(|_| !self.public.is_empty());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    }

    pub(super) fn as_age(&self) -> &dyn age::Identity {
        match &self.key {
            Key::X25519(identity) => identity,
            Key::Ssh(identity) => &**identity,
        }
    }
}

fn protected() -> String {
    "it is protected by a passphrase, which gen does not ask for".to_owned()
}

fn key(line: &str) -> Result<age::x25519::Identity, String> {
    if line.starts_with("AGE-SECRET-KEY-PQ-1") {
        return Err("a post-quantum identity, which is not supported".to_owned());
    }
    if line.starts_with("AGE-PLUGIN-") {
        return Err("an identity of an age plugin, which is not supported".to_owned());
    }
    if line.starts_with("AGE-SECRET-KEY-1") {
        return line.parse().map_err(|_| "the private key was cut or mistyped".to_owned());
    }
    let trimmed = line.trim();
    if trimmed.starts_with("AGE-SECRET-KEY-") || trimmed.is_empty() {
        return Err("spaces around a key, which sops does not read".to_owned());
    }
    if trimmed.starts_with("age1") {
        return Err("a public key, no private one".to_owned());
    }
    Err("no age identity (`AGE-SECRET-KEY-1...`), no comment and not blank".to_owned())
}
