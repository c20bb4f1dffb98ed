//! Passwords that somebody could guess, and credentials that are the same in several places: seen with a key only.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::judged::{Credential, Judged};
use crate::{
    diagnostic::{Finding, Severity},
    part::{self, CertificateText},
    plain::Plain,
    secrecy::{names_password, names_secret},
};

/// Fewer characters than these can be tried out, even if they are random letters and digits.
const SHORTEST: usize = 12;
/// Fewer different characters than these are a pattern: 12 random letters and digits have ten or more, almost always.
const FEWEST: usize = 6;

/// What people write where a password belongs, in small letters and without digits at the end: what the first tries of every
/// attack are, and what example files hold.
const COMMON: &[&str] = &[
    "abc",
    "abcabc",
    "abcdef",
    "abcdefgh",
    "access",
    "admin",
    "adminadmin",
    "administrator",
    "adminpassword",
    "asdf",
    "asdfghjkl",
    "authentication",
    "bitnami",
    "change",
    "changeit",
    "changeme",
    "changemeplease",
    "changethis",
    "credential",
    "credentials",
    "database",
    "db",
    "dbpass",
    "dbpassword",
    "dbuser",
    "default",
    "demo",
    "dev",
    "development",
    "docker",
    "dragon",
    "dummy",
    "elastic",
    "example",
    "foo",
    "foobar",
    "foobared",
    "grafana",
    "guest",
    "hello",
    "helloworld",
    "hunter",
    "iloveyou",
    "keycloak",
    "kubernetes",
    "letmein",
    "local",
    "localhost",
    "login",
    "mariadb",
    "master",
    "minio",
    "minioadmin",
    "mongo",
    "mongodb",
    "monkey",
    "mypassword",
    "mysecret",
    "mysecretpassword",
    "mysql",
    "none",
    "null",
    "pass",
    "passphrase",
    "password",
    "passwordpassword",
    "passwd",
    "placeholder",
    "pleasechange",
    "pleasechangeme",
    "postgres",
    "postgresadmin",
    "postgrespass",
    "postgrespassword",
    "postgresql",
    "prod",
    "production",
    "prometheus",
    "public",
    "pwd",
    "qwerty",
    "qwertyuiop",
    "rabbitmq",
    "redacted",
    "redis",
    "redispassword",
    "repl",
    "replaceme",
    "replication",
    "replicator",
    "repluser",
    "root",
    "rootpassword",
    "rootroot",
    "sample",
    "secret",
    "secretkey",
    "secretpassword",
    "secretsecret",
    "secure",
    "setme",
    "something",
    "staging",
    "strongpassword",
    "super",
    "supersecret",
    "supersecretpassword",
    "sysadmin",
    "system",
    "temp",
    "temporary",
    "test",
    "tester",
    "testing",
    "testpassword",
    "testtest",
    "todo",
    "tomcat",
    "topsecret",
    "undefined",
    "user",
    "userpassword",
    "vagrant",
    "verysecret",
    "welcome",
    "yourpassword",
    "yourpasswordhere",
    "yoursecret",
    "yoursecrethere",
];

/// What is wrong with the passwords of files that were opened together. No finding holds a value.
#[must_use]
pub fn findings(opened: &[Judged<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut places: BTreeMap<[u8; 32], Vec<(&Judged<'_>, Credential<'_>)>> = BTreeMap::new();
    for judged in opened {
        for credential in judged.credentials() {
            let kind = Kind::of(judged, &credential);
            if let Some(why) = kind.weakness(judged, &credential) {
                let message = format!("`{}` can be guessed: {why}", credential.path);
                findings.push(finding("weak-credential", judged, &credential, message));
            }
            if kind != Kind::Open && !credential.value.is_empty() {
                let digest = Sha256::digest(credential.value.expose()).into();
                places.entry(digest).or_default().push((judged, credential));
            }
        }
    }
    for same in places.values().filter(|same| same.len() > 1) {
        for (at, (judged, credential)) in same.iter().enumerate() {
            let others = same.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other);
            let own = identity(judged, credential);
            let others = others.filter(|(other, theirs)| identity(other, theirs) != own);
            let others: Vec<String> = others
                .map(|(other, theirs)| match other.file == judged.file {
                    true => format!("`{}`", theirs.path),
                    false => format!("`{}` of {}", theirs.path, other.file),
                })
                .collect();
            if !others.is_empty() {
                let message = format!(
                    "`{}` has the same value as {}: who learns one has them all",
                    credential.path,
                    others.join(", ")
                );
                findings.push(finding("shared-credential", judged, credential, message));
            }
        }
    }
    findings
}

/// What a value is of: its key, in its Secret. The copy of a file under gitops/ holds the same one, and so does a key that stands
/// under `data` and under `stringData`.
fn identity<'a>(judged: &Judged<'a>, credential: &Credential<'a>) -> (&'a str, &'a str, &'a str) {
    let file = match judged.environment.is_empty() {
        true => judged.file,
        false => judged.file.rsplit('/').next().unwrap_or(judged.file),
    };
    (judged.environment, file, credential.key)
}

/// How a value is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A password: it has to be long too.
    Password,
    /// Something secret whose form nobody knows: it must not be what everybody tries first.
    Secret,
    /// A user name, an address, a certificate: nothing that has to be hard to guess.
    Open,
}

impl Kind {
    fn of(judged: &Judged<'_>, credential: &Credential<'_>) -> Kind {
        let demanded = judged.demand.and_then(|demand| demand.keys.iter().find(|key| key.name == credential.key));
        match demanded.map(|demanded| &demanded.credential) {
            Some(part::Credential::Password) => return Kind::Password,
            Some(part::Credential::Certificate { text: CertificateText::PrivateKey, .. }) => return Kind::Secret,
            Some(part::Credential::Certificate { .. }) => return Kind::Open,
            None => {}
        }
        let text = credential.value.expose_text().unwrap_or_default();
        if text.contains("PRIVATE KEY-----") {
            Kind::Secret
        } else if text.contains("-----BEGIN CERTIFICATE") {
            Kind::Open
        } else if names_password(credential.key) {
            Kind::Password
        } else if names_secret(credential.key) {
            Kind::Secret
        } else {
            Kind::Open
        }
    }

    /// Why a value could be guessed, without a word of it.
    fn weakness(self, judged: &Judged<'_>, credential: &Credential<'_>) -> Option<&'static str> {
        let text = credential.value.expose_text()?.trim();
        if self == Kind::Open || text.is_empty() {
            return None;
        }
        if is_name(text, judged, credential) {
            return Some("it is the name of something that everybody sees");
        }
        let plain = simplified(text);
        if COMMON.contains(&plain.expose_text().unwrap_or_default()) {
            return Some("it is one of the words that everybody tries first");
        }
        let different: BTreeSet<char> = text.chars().collect();
        match self {
            Kind::Password if text.chars().count() < SHORTEST => Some("it has fewer than 12 characters"),
            Kind::Password if different.len() < FEWEST => Some("it is made of fewer than 6 different characters"),
            _ => None,
        }
    }
}

/// Whether a value is the name of its own key, Secret or environment.
fn is_name(text: &str, judged: &Judged<'_>, credential: &Credential<'_>) -> bool {
    let secret = judged.file.rsplit('/').next().and_then(|file| file.split('.').next()).unwrap_or_default();
    [credential.key, secret, judged.environment].iter().any(|name| !name.is_empty() && name.eq_ignore_ascii_case(text))
}

/// A word as it was before somebody put digits and signs into it: small letters only.
fn simplified(text: &str) -> Plain {
    let word = text.trim_end_matches(|c: char| !c.is_alphabetic());
    let letter = |byte: u8| match byte.to_ascii_lowercase() {
        b'0' => Some(b'o'),
        b'1' | b'!' => Some(b'i'),
        b'3' => Some(b'e'),
        b'4' | b'@' => Some(b'a'),
        b'5' | b'$' => Some(b's'),
        b'7' => Some(b't'),
        letter => letter.is_ascii_lowercase().then_some(letter),
    };
    let mut letters = Vec::with_capacity(word.len());
    letters.extend(word.bytes().filter_map(letter));
    Plain::new(letters)
}

fn finding(rule: &'static str, judged: &Judged<'_>, credential: &Credential<'_>, message: String) -> Finding {
    let severity = if judged.is_production { Severity::Error } else { Severity::Warning };
    let (file, key) = (judged.file, credential.key);
    let demand = judged.demand.filter(|demand| demand.keys.iter().any(|demanded| demanded.name == key));
    let help = match demand {
        Some(demand) => format!(
            "`gen secret rotate {} {} {key}` makes a new one, and says what the running service needs",
            judged.environment, demand.name
        ),
        None => format!(
            "change it at the service that it belongs to, then with `gen secret edit {file}`; a copy under gitops/ follows its source, or \
             goes back to it with `gen secret adopt {file}`"
        ),
    };
    Finding { severity, ..Finding::warning(rule, credential.place.clone(), message).help(help).at(&credential.path) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
