//! Texts without the secrets in them.

use super::{
    leak::{Leak, leak},
    likeness::{Likeness, likeness},
    name::words,
};
use crate::diagnostic::without_keys;

/// What stands where a secret is.
pub const MASK: &str = "***";

/// A text without private keys, without passwords in addresses, and without what is assigned to a name that tells a secret.
#[must_use]
pub fn redact(text: &str) -> String {
    lines(assignments(&addresses(&blocks(&without_keys(text.to_owned()))), Likeness::Weak))
}

/// Whether a line of a file may give a secret away. What stands below `secret` is the name of one more often than not.
#[must_use]
pub fn gives_away(line: &str) -> bool {
    leak(line).is_some() || assignments(&addresses(line), Likeness::Strong) != line || has_misspelt_name(line)
}

/// Whether a line gives a value to a name that is almost one of a secret, as `pasword: ...` does: the mistake that is to be shown may
/// be the name itself.
fn has_misspelt_name(line: &str) -> bool {
    const NAMES: &[&str] =
        &["password", "passphrase", "passwd", "credential", "credentials", "apikey", "privatekey", "token", "secret"];
    line.match_indices([':', '=']).any(|(at, _)| {
        let before = line[..at].trim_end().trim_end_matches(['"', '\'']);
        let start = before.rfind(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.'));
        let name = &before[start.map_or(0, |start| start + before[start..].chars().next().map_or(1, char::len_utf8))..];
        let has_value = !is_harmless(&line[at + 1..]);
        let words = words(name).into_iter().map(|word| word.to_ascii_lowercase());
        let whole: String = words.clone().collect();
        let is_near = |word: &str| NAMES.iter().any(|name| is_near(word, name));
        has_value && (is_near(&whole) || words.into_iter().any(|word| is_near(&word)))
    })
}

/// Whether a word is a name with one slip of the fingers, or two in a long one.
fn is_near(word: &str, name: &str) -> bool {
    let slips = if name.len() >= 8 { 2 } else { 1 };
    word != name && word.len().abs_diff(name.len()) <= slips && strsim::damerau_levenshtein(word, name) <= slips
}

/// Without the lines that are still found to give a secret away.
fn lines(text: String) -> String {
    let is_found = |line: &str| matches!(leak(line), Some(Leak::Url | Leak::Assigned(_)));
    if !text.lines().any(is_found) {
        return text;
    }
    let line = |line: &str| if is_found(line) { MASK.to_owned() } else { line.to_owned() };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Without what stands between the first and the last line of a private key.
fn blocks(text: &str) -> String {
    const END: &str = "PRIVATE KEY-----";
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(END) {
        let start = at + END.len();
        shown.push_str(&rest[..start]);
        rest = &rest[start..];
        // Where the end is missing, everything is.
        let end = rest.find("-----END").unwrap_or(rest.len());
        if end > 0 {
            shown.push_str(MASK);
        }
        rest = &rest[end..];
        let closing = rest.find(END).map_or(rest.len(), |at| at + END.len());
        shown.push_str(&rest[..closing]);
        rest = &rest[closing..];
    }
    shown + rest
}

/// Without the password, or the long user name, of an address such as `postgres://user:password@host`.
fn addresses(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let start = at + 3;
        shown.push_str(&rest[..start]);
        rest = &rest[start..];
        let whole = &rest[..rest.find(|c: char| c.is_whitespace() || "\"'`<>".contains(c)).unwrap_or(rest.len())];
        let authority = &whole[..whole.find(['/', '?', '#']).unwrap_or(whole.len())];
        let port = authority.split_once(':').map_or("", |(_, port)| port);
        // A password with a slash in it makes no address, and is one all the same.
        let holder =
            if !authority.contains('@') && port.contains(|c: char| !c.is_ascii_digit()) { whole } else { authority };
        let Some(end) = holder.rfind('@') else { continue };
        match holder[..end].split_once(':') {
            Some((user, _)) => shown.extend([user, ":", MASK]),
            None if end > 20 => shown.push_str(MASK),
            None => shown.push_str(&holder[..end]),
        }
        rest = &rest[end..];
    }
    shown + rest
}

/// Without what follows `password=`, `"token": `, `--password ` and SQL's `PASSWORD '`, where the name looks as much like that
/// of a secret as `least` says.
fn assignments(text: &str, least: Likeness) -> String {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_name) {
        let (before, from) = rest.split_at(start);
        let (name, after) = from.split_at(from.find(|c| !is_name(c)).unwrap_or(from.len()));
        let indent = shown.rsplit('\n').next().map_or(0, str::len) + before.rsplit('\n').next().map_or(0, str::len);
        shown.push_str(before);
        shown.push_str(name);
        rest = after;
        let likeness = if name.starts_with("--no-") { Likeness::None } else { likeness(name) };
        if likeness < least {
            continue;
        }
        let Some(gap) = assigned(name, likeness, after) else { continue };
        let (gap, value) = after.split_at(gap);
        shown.push_str(gap);
        let length = value_length(value, gap.ends_with(char::is_whitespace) && !name.starts_with("--"), indent);
        let (secret, following) = value.split_at(length);
        rest = value;
        let is_map = likeness == Likeness::Weak && secret.starts_with('{');
        if !is_map && !is_harmless(secret) {
            shown.push_str(MASK);
            rest = following;
        }
    }
    shown + rest
}

/// How many bytes lead from a name to the value that is assigned to it.
fn assigned(name: &str, likeness: Likeness, after: &str) -> Option<usize> {
    let blank = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\'')).map_or(0, char::len_utf8);
    let sign = quote + blank(&after[quote..]);
    let is_sign = after[sign..].starts_with([':', '=']);
    // `secret://` is an address, and `password::text` a cast.
    if is_sign && !after[sign..].starts_with("://") && !after[sign..].starts_with("::") {
        let end = sign + 1;
        return Some(end + blank(&after[end..]));
    }
    let gap = blank(after);
    let is_strong = likeness == Likeness::Strong;
    // An element of XML.
    if is_strong && after.starts_with('>') && !after[1..].starts_with(['=', ' ', '<']) {
        return Some(1);
    }
    let is_literal = is_strong && ["'", "E'", "e'", "$$"].iter().any(|quote| after[gap..].starts_with(quote));
    (gap > 0 && (name.starts_with("--") || is_literal)).then_some(gap)
}

/// How long a value is: a quoted one up to its quote, one after a space up to the end of the line, with a block of YAML below
/// it, any other up to a space.
fn value_length(value: &str, after_space: bool, indent: usize) -> usize {
    if let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let mut is_escaped = false;
        for (at, letter) in value.char_indices().skip(1) {
            if letter == quote && !is_escaped {
                // A quote that closes on another line may be the opening one of another value.
                let rest = &value[at + 1..];
                let line = if value[..at].contains('\n') { rest.find('\n').unwrap_or(rest.len()) } else { 0 };
                return at + 1 + line;
            }
            is_escaped = letter == '\\' && !is_escaped;
        }
        return value.len();
    }
    if !after_space {
        return value.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '&')).unwrap_or(value.len());
    }
    let line = value.find('\n').unwrap_or(value.len());
    if !value.starts_with(['|', '>']) {
        return line;
    }
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let below = value[line..].split_inclusive('\n').skip(1);
    let below: usize = below.take_while(|line| line.trim().is_empty() || depth(line) > indent).map(str::len).sum();
    let end = (line + 1 + below).min(value.len());
    value[..end].trim_end_matches('\n').len()
}

/// Whether a value is none: nothing, a switch, or a reference to something else. What is in it is looked at again.
fn is_harmless(value: &str) -> bool {
    let bare = value.trim().trim_matches(['"', '\'']);
    let is_variable =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    matches!(bare, "" | "true" | "false" | "null" | "~" | "{}" | "[]" | MASK)
        || ["$(", "${", "{{"].iter().any(|start| bare.starts_with(start))
        || bare.strip_prefix('$').is_some_and(is_variable)
}

#[cfg(test)]
mod tests {
    use super::{gives_away, redact};

    #[test]
    fn a_misspelt_name_gives_its_value_away() {
        for line in [
            "  pasword: hunter2",
            "passwrod: hunter2",
            "dbPasswort: hunter2",
            "DB_PASWORD=hunter2",
            "tokn: hunter2",
            "\"pssword\": x",
        ] {
            assert!(gives_away(line), "{line}");
        }
        for line in
            ["  storage: 20Gi", "schedule: x", "pasword:", "taken", "client: x", "host: a", "ports: [1]", "path: x"]
        {
            assert!(!gives_away(line), "{line}");
        }
    }

    #[test]
    fn a_text_shows_no_secret() {
        for (text, shown) in [
            ("postgres://u:hunter2@host:5432/db?sslmode=on", "postgres://u:***@host:5432/db?sslmode=on"),
            ("postgres://u:hun/ter2@host/db", "postgres://u:***@host/db"),
            ("redis://:hunter2@host", "redis://:***@host"),
            ("https://aaaaaaaaaaaaaaaaaaaaaaaaaaaa@github.com/x", "https://***@github.com/x"),
            (
                "ssh://git@github.com/a/b and oci://host:5000/a@sha256:0",
                "ssh://git@github.com/a/b and oci://host:5000/a@sha256:0",
            ),
            ("host=x password=hunter2 user=y", "host=x password=*** user=y"),
            ("https://x/?token=hunter2&a=b", "https://x/?token=***&a=b"),
            ("{\"password\": \"hun\\\"ter2\", \"user\": \"y\"}", "{\"password\": ***, \"user\": \"y\"}"),
            ("a: b\npassword: correct horse battery\nc: d", "a: b\npassword: ***\nc: d"),
            ("  password: |\n    hunter2\n\n    hunter3\n  c: d", "  password: ***\n  c: d"),
            ("password: >\n  hunter2", "password: ***"),
            ("psql --password hunter2 -h x", "psql --password *** -h x"),
            ("psql --password=hunter2 -h x", "psql --password=*** -h x"),
            ("PGPASSWORD=$PASSWORD psql", "PGPASSWORD=$PASSWORD psql"),
            ("PGPASSWORD=$ecret psql", "PGPASSWORD=*** psql"),
            ("PGPASSWORD=\"$(get -o 'x' token=hunter2)\" psql", "PGPASSWORD=\"$(get -o 'x' token=***\" psql"),
            ("psql --no-password -h x", "psql --no-password -h x"),
            ("{secret: {secretName: x, password: y}}", "{secret: {secretName: x, password: ***"),
            ("secrets: [hunter2]", "secrets: ***"),
            ("passwordFile: /run/x", "passwordFile: /run/x"),
            ("ALTER USER x PASSWORD 'hunter2';\nGRANT y TO x;", "ALTER USER x PASSWORD ***;\nGRANT y TO x;"),
            ("PASSWORD NULL", "PASSWORD NULL"),
            ("ALTER USER x PASSWORD E'hunter2';", "ALTER USER x PASSWORD ***"),
            ("ALTER USER x PASSWORD $$hunter2$$;", "ALTER USER x PASSWORD ***"),
            ("<password>hunter2</password>", "<password>***"),
            ("if password >= x", "if password >= x"),
            ("save 60 1\nrequirepass hunter2\n", "save 60 1\n***\n"),
            (
                "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\nx",
                "-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----\nx",
            ),
            ("-----BEGIN PRIVATE KEY-----\nhunter2", "-----BEGIN PRIVATE KEY-----***"),
            ("token:'\npassword='hunter2", "token:***"),
            ("nothing here: é ü", "nothing here: é ü"),
        ] {
            assert_eq!(redact(text), shown);
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

        #[test]
        fn no_text_is_too_odd(text in "(password|token|--secret|[=:'\"|>@{$(é\n -]|://|-----|PRIVATE KEY-----|END|AGE-SECRET-KEY-|x1){0,12}") {
            let shown = redact(&text);
            proptest::prop_assert_eq!(redact(&format!("{text}\npassword='hunter2")).contains("hunter2"), false, "{}", shown);
        }
    }
}
