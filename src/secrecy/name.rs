//! What names say about the values that they stand for.

/// Words that make a name that of a secret wherever they stand in it.
const SECRET: &[&str] = &["PASSWORD", "PASSWORDS", "PASSWD", "PASSPHRASE", "SECRET", "SECRETS"];
/// Words that do so at its end.
const SECRET_AT_END: &[&str] =
    &["APIKEY", "AUTHORIZATION", "CREDENTIALS", "MASTERAUTH", "PASS", "PWD", "REQUIREPASS", "TOKEN"];
/// Words before `KEY` that make it a secret one.
const SECRET_KEYS: &[&str] = &["ACCESS", "API", "AUTH", "ENCRYPTION", "MASTER", "PRIVATE", "SECRET", "SIGNING"];
/// Words before `SECRET` that make it the object of Kubernetes.
const OBJECTS: &[&str] = &["KUBE", "KUBERNETES", "PULL", "TLS"];
/// Last words of names whose values only lead to a secret, or say something about it.
const ABOUT: &[&str] = &[
    "AGE",
    "ALGORITHM",
    "BACKEND",
    "CHARSET",
    "CHECK",
    "CLASS",
    "CMD",
    "COMMAND",
    "COMPLEXITY",
    "COUNT",
    "DIR",
    "DISABLED",
    "ENABLED",
    "ENCRYPTION",
    "ENDPOINT",
    "ENGINE",
    "EXPIRY",
    "FIELD",
    "FILE",
    "FILES",
    "FORMAT",
    "HEADER",
    "HINT",
    "HOST",
    "ID",
    "INTERVAL",
    "LENGTH",
    "LIFETIME",
    "MAX",
    "METHOD",
    "MIN",
    "MODE",
    "NAME",
    "NAMES",
    "NAMESPACE",
    "PATH",
    "POLICY",
    "PORT",
    "PREFIX",
    "PROVIDER",
    "REF",
    "REQUIRED",
    "RESET",
    "ROLE",
    "ROTATION",
    "SOURCE",
    "STORE",
    "STRENGTH",
    "TEMPLATE",
    "TIMEOUT",
    "TTL",
    "TYPE",
    "URI",
    "URL",
    "USER",
    "USERNAME",
    "VERSION",
];

/// Names that end like those of secrets and are none: a name that all members of a cluster know, and a kind of token.
const NO_SECRETS: &[&[&str]] = &[&["INITIAL", "CLUSTER", "TOKEN"], &["ETCD", "AUTH", "TOKEN"]];

/// The words of a name, in capitals: `dbPassword`, `DB_PASSWORD` and `db-password` have the same ones.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && was_small) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphabetic()) {
            word.push(c.to_ascii_uppercase());
        }
        was_small = c.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a text may name a secret, by the beginnings of the words above: most do not, and need no closer look.
pub(super) fn may_name_secret(text: &str) -> bool {
    text.as_bytes().windows(3).any(|three| {
        let small = [three[0] | 0x20, three[1] | 0x20, three[2] | 0x20];
        matches!(&small, b"pas" | b"pwd" | b"sec" | b"tok" | b"key" | b"cre" | b"aut")
    })
}

/// Whether a variable of that name holds a secret.
#[must_use]
pub fn names_secret(name: &str) -> bool {
    if !may_name_secret(name) {
        return false;
    }
    let words = words(name);
    let Some(last) = words.last().map(String::as_str).filter(|last| !ABOUT.contains(last)) else { return false };
    let before = words.len().checked_sub(2).map(|index| words[index].as_str());
    let is_key = last == "KEY" && before.is_some_and(|before| SECRET_KEYS.contains(&before));
    let is_other_key = last == "KEY" && !is_key;
    // The name of a Secret.
    let is_object = matches!(last, "SECRET" | "SECRETS") && words.iter().any(|word| OBJECTS.contains(&word.as_str()));
    let is_other = |name: &&[&str]| words.ends_with(&name.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    if is_object || NO_SECRETS.iter().any(|name| is_other(name)) {
        return false;
    }
    let ends_so = ["PASSWORD", "PASSWD", "SECRET", "SECRETS"].iter().any(|end| last.ends_with(end));
    let has_word = words.iter().any(|word| SECRET.contains(&word.as_str()));
    is_key || SECRET_AT_END.contains(&last) || ends_so || (has_word && !is_other_key)
}

/// Whether a key of a map of that name holds a password. Names in capitals are those of variables; others that end in `secret`
/// mostly name a Secret.
#[must_use]
pub fn names_password(name: &str) -> bool {
    if !name.contains(|c: char| c.is_ascii_lowercase()) {
        return names_secret(name);
    }
    if !may_name_secret(name) {
        return false;
    }
    let words = words(name);
    let last = words.last().map_or("", String::as_str);
    matches!(last, "PASS" | "PWD" | "PASSPHRASE" | "REQUIREPASS" | "MASTERAUTH")
        || last.ends_with("PASSWORD")
        || last.ends_with("PASSWD")
}

/// Whether a key of a map of that name holds a token, a key or a secret: or the name of an object that does, which only the value tells.
#[must_use]
pub fn names_token(name: &str) -> bool {
    if !may_name_secret(name) {
        return false;
    }
    let words = words(name);
    let Some(last) = words.last() else { return false };
    let before = words.len().checked_sub(2).map(|index| words[index].as_str());
    let is_key = last == "KEY" && before.is_some_and(|before| SECRET_KEYS.contains(&before));
    is_key || matches!(last.as_str(), "TOKEN" | "SECRET" | "APIKEY" | "MASTERKEY" | "SECRETKEY")
}

/// Whether a variable of that name holds the address of something.
#[must_use]
pub fn names_address(name: &str) -> bool {
    words(name).last().is_some_and(|last| matches!(last.as_str(), "ADDRESS" | "DSN" | "URI" | "URL"))
}

#[cfg(test)]
mod tests {
    use super::{names_password, names_secret};

    #[test]
    fn names_of_secrets() {
        for name in [
            "POSTGRES_PASSWORD",
            "PGPASSWORD",
            "DATA_SOURCE_PASS",
            "JWT_SECRET",
            "SECRET_KEY_BASE",
            "API_TOKEN",
            "dbPassword",
            "AWS_SECRET_ACCESS_KEY",
            "MYSQL_ROOT_PASSWORD1",
            "ldapbindpasswd",
            "radiussecrets",
            "--requirepass",
            "Authorization",
        ] {
            assert!(names_secret(name), "{name}");
        }
        for name in [
            "POSTGRES_PASSWORD_FILE",
            "PASSWORD_RESET_URL",
            "AIRFLOW__API__SECRET_KEY_CMD",
            "ETCD_INITIAL_CLUSTER_TOKEN",
            "ETCD_AUTH_TOKEN",
            "c.KubeSpawner.image_pull_secrets",
            "PASSWORD_COMPLEXITY",
            "SECRET_NAME",
            "password_encryption",
            "AWS_ACCESS_KEY_ID",
            "KEY",
            "BYPASS",
            "PUBLIC_KEY",
            "TOKEN_TTL",
            "USERNAME",
            "adminPasswordKey",
            "ssl_passphrase_command",
            "",
        ] {
            assert!(!names_secret(name), "{name}");
        }
    }

    #[test]
    fn keys_of_passwords() {
        for name in ["password", "adminPassword", "rootPasswd", "CLIENT_SECRET", "requirepass"] {
            assert!(names_password(name), "{name}");
        }
        for name in ["existingSecret", "secret", "passwordKey", "passwordSecret", "token", "PASSWORD_FILE"] {
            assert!(!names_password(name), "{name}");
        }
    }
}
