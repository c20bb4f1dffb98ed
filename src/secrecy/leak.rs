//! Passwords in texts: URLs, connection strings, scripts, configuration.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::name::{may_name_secret, names_password, names_secret};

/// What a text gives away.
#[derive(Debug, PartialEq, Eq)]
pub enum Leak<'t> {
    /// `scheme://user:password@host`.
    Url,
    /// A private key.
    Key,
    /// A token that tells by its beginning whose it is.
    Token,
    /// A user's name and password for HTTP.
    BasicAuth,
    /// A value of something that is called a secret.
    Assigned(&'t str),
}

impl fmt::Display for Leak<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Leak::Url => f.write_str("a password in a URL"),
            Leak::Key => f.write_str("a private key"),
            Leak::Token => f.write_str("an access token"),
            Leak::BasicAuth => f.write_str("a user's password for HTTP"),
            Leak::Assigned(name) => write!(f, "the value of `{name}` in this text"),
        }
    }
}

/// The first secret in a text.
#[must_use]
pub fn leak(text: &str) -> Option<Leak<'_>> {
    let of_line = |line| match is_private_key(line) {
        true => Some(Leak::Key),
        false => assigned(line).map(Leak::Assigned),
    };
    let of_lines = || text.lines().filter(|line| may_name_secret(line)).find_map(of_line);
    let leak = has_password_in_url(text).then_some(Leak::Url).or_else(of_lines);
    let leak = leak.or_else(|| has_basic_auth(text).then_some(Leak::BasicAuth));
    leak.or_else(|| has_token(text).then_some(Leak::Token))
}

fn is_private_key(line: &str) -> bool {
    line.contains("PRIVATE KEY-----") || line.contains("AGE-SECRET-KEY-1") || line.contains("AGE-SECRET-KEY-PQ-1")
}

/// Tokens that say whose they are, and how many letters follow at least.
const TOKENS: &[(&str, usize)] = &[
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("github_pat_", 30),
    ("glpat-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("sk_live_", 20),
    ("npm_", 36),
    ("hvs.", 24),
    ("dckr_pat_", 20),
];

fn has_token(text: &str) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    TOKENS.iter().any(|(start, least)| {
        text.match_indices(start).any(|(at, _)| {
            let begins = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
            begins && text[at + start.len()..].bytes().take_while(is_letter).count() >= *least
        })
    })
}

/// A header of HTTP, an argument of curl, a line of .netrc, a login of Docker: what holds a user and a password.
fn has_basic_auth(text: &str) -> bool {
    let value = |start: &str, at: usize| {
        let rest = text[at + start.len()..].trim_start_matches([' ', '"', '\'', '=']);
        rest.split([' ', '\n', '"', '\'', ',', '}']).next().unwrap_or_default()
    };
    let is_pair = |pair: &str| {
        let (user, password) = pair.split_once(':').unwrap_or_default();
        !user.is_empty() && !user.contains('/') && is_own_text(password)
    };
    let is_encoded_pair = |code: &str| {
        let plain = STANDARD.decode(code).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        code.len() >= 8 && plain.is_some_and(|plain| is_pair(&plain))
    };
    let any = |start: &str, is_one: &dyn Fn(&str) -> bool| {
        text.match_indices(start).any(|(at, _)| {
            let begins = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
            begins && is_one(value(start, at))
        })
    };
    let is_curl = text.contains("curl") || text.contains("wget");
    (is_curl && (any("-u ", &is_pair) || any("--user ", &is_pair) || any("--user=", &is_pair)))
        || any("Basic ", &is_encoded_pair)
        || any("\"auth\":", &is_encoded_pair)
        || any("Bearer ", &|token| token.len() >= 20 && is_own_text(token))
        || (text.contains("machine ") && text.contains("login ") && any("password ", &is_own_text))
}

fn has_password_in_url(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| {
        let authority =
            text[at + 3..].split(['/', '?', '#', ' ', '\n', '"', '\'', '`', '<']).next().unwrap_or_default();
        let password =
            authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
        password.is_some_and(is_own_text)
    })
}

/// Whether a text is an address with a password that leaves its scheme out: `user:password@host`.
#[must_use]
pub fn is_address_with_password(text: &str) -> bool {
    let user = text.split_once('@').map(|(user, _)| user).filter(|user| !user.contains(['/', ' ']));
    user.and_then(|user| user.split_once(':')).is_some_and(|(_, password)| is_own_text(password))
}

/// Words that stand where a secret would, and say how it is used.
const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "none", "null", "required", "optional"];
/// What stands for a secret in an example and is none. `changeme` is not among them: it becomes the password.
const PLACEHOLDERS: &[&str] =
    &["redacted", "replace-me", "replace_me", "replaceme", "todo", "tbd", "dummy-value", "your-password"];

/// Whether a secret is spelled out, and neither a variable, an example, a path nor a call.
#[must_use]
pub fn is_own_text(secret: &str) -> bool {
    let starts = ['$', '{', '<', '*', '%', '\\', ':', '/', '.', '~', '[', '(', '`', '#', '='];
    let secret = secret.trim();
    let small = secret.to_ascii_lowercase();
    let is_crossed_out = small.len() >= 3 && small.bytes().all(|byte| byte == b'x');
    let is_example = PLACEHOLDERS.contains(&small.as_str()) || small.contains("placeholder");
    let is_word = WORDS.contains(&small.as_str()) || is_example || is_crossed_out;
    !secret.is_empty() && !secret.starts_with(starts) && !secret.contains(['(', '[', '{']) && !is_word
}

/// The name of a secret that a line spells out: `PGPASSWORD=...` of a shell, `password=...` of a connection string, `key: value` of
/// a configuration, `PASSWORD '...'` of SQL, `requirepass ...` of Redis.
fn assigned(line: &str) -> Option<&str> {
    let trimmed = line.trim_start();
    if ["#", "//", ";", "-- "].iter().any(|comment| trimmed.starts_with(comment)) {
        return None;
    }
    let after_mark = line.match_indices(['=', ':']).find_map(|(at, mark)| {
        let rest = &line[at + 1..];
        let name = name_before(&line[..at])?;
        let is_pair = match mark {
            "=" => names_secret(name) && !rest.starts_with(['=', '>', '~']),
            _ => names_password(name) && starts_line(line, name) && (rest.starts_with([' ', '"'])),
        };
        let is_loose = mark == ":" || rest.starts_with(' ');
        (is_pair && is_spelled_out(rest, is_loose)).then_some(name)
    });
    after_mark.or_else(|| {
        let words = ["password '", "PASSWORD '", "--requirepass ", "--masterauth ", "requirepass ", "masterauth "];
        words.iter().find_map(|word| {
            let at = line.find(word)?;
            let is_start = at == 0 || line[..at].ends_with([' ', '(', '\t']);
            let value = line[at + word.len()..].split([' ', '\'']).next()?;
            let name = word.trim_end_matches([' ', '\'']);
            (is_start && is_own_text(value.trim_matches('"'))).then_some(name)
        })
    })
}

/// The name that ends where a mark stands; none where it is a variable that is asked for its value.
fn name_before(text: &str) -> Option<&str> {
    let text = text.trim_end_matches(' ').trim_end_matches(['"', '\'']);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let start =
        text.rfind(|c: char| !is_part(c)).map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let is_asked = text[..start].ends_with(['$', '{', '!', '<', '>']);
    Some(&text[start..]).filter(|name| !name.is_empty() && !is_asked)
}

/// Whether nothing but marks of a list or a map stands before a name.
fn starts_line(line: &str, name: &str) -> bool {
    let before = line.split(name).next().unwrap_or_default();
    before.chars().all(|c| matches!(c, ' ' | '\t' | '-' | '"' | '\'' | '{' | ','))
}

/// Whether what follows a mark is a secret. Behind a space it must be all that is left of the line, or it is prose.
fn is_spelled_out(rest: &str, is_loose: bool) -> bool {
    let rest = rest.trim_start_matches(' ');
    let (value, left) = match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => rest[1..].split_once(quote).unwrap_or((&rest[1..], "")),
        _ => {
            let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | ',' | '&' | ')'));
            rest.split_at(end.unwrap_or(rest.len()))
        }
    };
    let is_quoted = rest.starts_with(['"', '\'']);
    let left =
        left.trim_start().trim_start_matches(|c| is_quoted && matches!(c, '"' | '\'' | ',' | '}' | ';')).trim_start();
    is_own_text(value) && (!is_loose || left.is_empty() || left.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::{Leak, leak};

    #[test]
    fn secrets_in_texts_are_found() {
        for text in [
            "postgres://app:CANARY@db/app",
            "PGPASSWORD=CANARY pg_dump",
            "primary_conninfo = 'host=db user=repl password=CANARY'",
            "CREATE USER app WITH PASSWORD 'CANARY';",
            "host all all 0.0.0.0/0 ldap ldapserver=x ldapbindpasswd=CANARY",
            "db:\n  password: CANARY\n",
            "{\n  \"password\": \"CANARY\"\n}",
            "redis-server --requirepass CANARY",
            "requirepass CANARY",
            "--password=CANARY",
            "export AWS_SECRET_ACCESS_KEY='CANARY'",
            "spring.datasource.password=CANARY",
            "-----BEGIN RSA PRIVATE KEY-----",
            "AGE-SECRET-KEY-PQ-1QQQ",
            "curl -fsS -u app:CANARY https://example.org/",
            "curl --user=app:CANARY https://example.org/",
            "machine example.org login app password CANARY",
            "Authorization: Basic YXBwOkNBTkFSWQ==",
            "Authorization: Bearer CANARYCANARYCANARYCANARY",
            "{\"auths\": {\"ghcr.io\": {\"auth\": \"YXBwOkNBTkFSWQ==\"}}}",
            "git clone with ghp_CANARYCANARYCANARYCANARYCANARYCANARY",
        ] {
            assert!(leak(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_only_speaks_of_secrets_is_not() {
        for text in [
            "postgres://app:${PASSWORD}@db/app",
            "postgres://db/app",
            "http://example.org/?at=a:b@c",
            "PGPASSWORD=\"${PGPASSWORD:-$(< \"$PGPASSWORD_FILE\")}\" pg_dumpall",
            "password_encryption = 'scram-sha-256'",
            "if [ \"$PASSWORD\" = \"x\" ]; then",
            "# password: the one of the database",
            "password: the one of the database",
            "PASSWORD_FILE=/run/secrets/password",
            "password=get_password()",
            "token == other",
            "ALTER USER app WITH PASSWORD :'pass';",
            "secretName: postgres-auth",
            "--password=$(PASSWORD)",
            "password=REDACTED",
            "curl -u \"$USER:$PASSWORD\" https://example.org/",
            "curl -u app: https://example.org/",
            "sort -u a:b",
            "Authorization: Basic auth",
            "Authorization: Bearer ${TOKEN}",
            "\"auth\": \"scram-sha-256\"",
            "ghp_short",
        ] {
            assert_eq!(leak(text), None, "{text}");
        }
    }

    #[test]
    fn a_leak_names_what_it_is_and_no_value() {
        assert_eq!(leak("a PGPASSWORD=CANARY"), Some(Leak::Assigned("PGPASSWORD")));
    }
}
