//! Names that may tell a secret, for hiding it. Taking a name for one that is none costs a line of a diff; the other mistake costs
//! more.

use super::name::words;

/// How much a key looks like that of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// Not at all.
    None,
    /// `secret`, `token`: a value, or the name of an object that holds it.
    Weak,
    /// `password`, `apiKey`: a value.
    Strong,
}

const STRONG: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "credential",
    "apikey",
    "privatekey",
    "accesskey",
    "connectionstring",
    "requirepass",
    "masterauth",
    "pgpass",
    "dockerconfig",
    "netrc",
];
const STRONG_WORDS: &[&str] = &["pass", "pwd", "pw", "bindpw", "jwt", "bearer", "authorization", "dsn"];
const WEAK: &[&str] = &["secret", "token"];
/// What a key is of when it is a secret: a `postgresKey` or a `key` alone may be anything.
const KEYS_OF: &[&str] = &[
    "access",
    "account",
    "api",
    "auth",
    "cookie",
    "crypt",
    "encryption",
    "hmac",
    "jwt",
    "license",
    "master",
    "private",
    "secret",
    "session",
    "shared",
    "signing",
    "ssh",
    "storage",
    "tls",
];
/// Last words of keys that say something about a secret, and not what it is.
const ABOUT: &[&str] = &[
    "audience",
    "class",
    "count",
    "enabled",
    "expiration",
    "expires",
    "file",
    "files",
    "from",
    "host",
    "interval",
    "kind",
    "length",
    "mode",
    "mount",
    "name",
    "names",
    "namespace",
    "path",
    "paths",
    "policy",
    "port",
    "provider",
    "ref",
    "refs",
    "seconds",
    "store",
    "ttl",
    "type",
    "version",
    "volume",
];

/// How much `key` looks like that of a secret.
pub(super) fn likeness(key: &str) -> Likeness {
    let words: Vec<String> = words(key).iter().map(|word| word.to_ascii_lowercase()).collect();
    let Some(last) = words.last().map(String::as_str) else { return Likeness::None };
    let before = words.iter().rev().nth(1).map(String::as_str).unwrap_or_default();
    let has = |word: &str| words.iter().any(|own| own == word);
    if ABOUT.contains(&last) || has("existing") || has("pull") || (before, last) == ("secret", "keys") {
        return Likeness::None;
    }
    if matches!(last, "key" | "keys") {
        return if KEYS_OF.contains(&before) { Likeness::Strong } else { Likeness::None };
    }
    let joined = words.concat();
    let holds = |list: &[&str]| list.iter().any(|word| joined.contains(word));
    if holds(STRONG) || STRONG_WORDS.iter().any(|word| has(word)) {
        Likeness::Strong
    } else if holds(WEAK) {
        Likeness::Weak
    } else {
        Likeness::None
    }
}

#[cfg(test)]
mod tests {
    use super::{Likeness, likeness};

    #[test]
    fn keys_of_secrets_are_told_from_keys_about_them() {
        for key in [
            "password",
            "PGPASSWORD",
            "DB_PASSWORD_OLD",
            "adminPassword",
            "apiKey",
            "API_KEYS",
            "tls.key",
            "SECRET_KEY",
            "secretAccessKey",
            "privateKey",
            "ssh-private-key",
            "bindpw",
            "Authorization",
            "passwords",
            "db_pass",
            "--password",
            "--requirepass",
            "pgpass",
            ".dockerconfigjson",
        ] {
            assert_eq!(likeness(key), Likeness::Strong, "{key}");
        }
        for key in ["secret", "token", "accessToken", "clientSecret", "TOKEN_2"] {
            assert_eq!(likeness(key), Likeness::Weak, "{key}");
        }
        for key in [
            "",
            "key",
            "keys",
            "topologyKey",
            "existingSecret",
            "existingSecretPasswordKey",
            "secretKeys",
            "passwordFile",
            "secretName",
            "secretKeyRef",
            "imagePullSecrets",
            "passwordUpdateJobEnabled",
            "adminPasswordKey",
            "name",
            "host",
            "compassion",
            "storage",
        ] {
            assert_eq!(likeness(key), Likeness::None, "{key}");
        }
    }
}
