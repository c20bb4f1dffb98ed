//! Names: of Kubernetes objects, labels and of what lies inside a PostgreSQL server.

use super::{length, only};

text_type! {
    /// A DNS label of RFC 1123: `a-z`, `0-9` and inner dashes, at most 63 characters; namespaces are such names.
    DnsLabel, "dns-label", dns_label
}

text_type! {
    /// A DNS label of RFC 1035: like [`DnsLabel`], but starting with a letter, as Kubernetes asks of a Service's name.
    ServiceName, "service-name", service_name
}

text_type! {
    /// A DNS subdomain of RFC 1123: labels joined by dots, at most 253 characters; Secrets, claims and classes are named so.
    DnsName, "dns-name", dns_name
}

text_type! {
    /// A label's key: a name of at most 63 characters, with or without a DNS name and a slash before it.
    LabelKey, "label-key", label_key
}

text_type! {
    /// A label's value: empty, or at most 63 letters, digits, dashes, underscores and dots between two letters or digits.
    LabelValue, "label-value", label_value
}

text_type! {
    /// A key of a Secret's data: letters, digits, dashes, underscores and dots, at most 253 characters.
    SecretKey, "secret-key", secret_key
}

text_type! {
    /// A PostgreSQL database that the chart may create and name in its probes.
    PostgresDatabase, "postgres-database", postgres_database
}

text_type! {
    /// A PostgreSQL role that the chart may create and name in its probes.
    PostgresRole, "postgres-role", postgres_role
}

fn dns_label(text: &str) -> Result<(), String> {
    length(text, 63)?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    only(text, allowed, "lower-case letters, digits and dashes")?;
    inner(text, |c| c == '-', "a lower-case letter or a digit")
}

fn service_name(text: &str) -> Result<(), String> {
    dns_label(text)?;
    match text.starts_with(|c: char| c.is_ascii_digit()) {
        true => Err("must start with a letter, because a Service gets this name".to_owned()),
        false => Ok(()),
    }
}

pub(super) fn dns_name(text: &str) -> Result<(), String> {
    length(text, 253)?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    only(text, allowed, "lower-case letters, digits, dashes and dots")?;
    if text.split('.').any(str::is_empty) {
        return Err("has a dot at its start, at its end or beside another dot".to_owned());
    }
    text.split('.').try_for_each(|label| inner(label, |c| c == '-', "a lower-case letter or a digit"))
}

fn label_key(text: &str) -> Result<(), String> {
    let name = match text.split_once('/') {
        Some((prefix, name)) => {
            dns_name(prefix).map_err(|reason| format!("before the slash: {reason}"))?;
            name
        }
        None => text,
    };
    label_name(name)
}

fn label_value(text: &str) -> Result<(), String> {
    if text.is_empty() { Ok(()) } else { label_name(text) }
}

fn secret_key(text: &str) -> Result<(), String> {
    length(text, 253)?;
    only(
        text,
        |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'),
        "letters, digits, dashes, underscores and dots",
    )?;
    match text {
        "." | ".." => Err("is no name of a file, which a mounted Secret's keys become".to_owned()),
        _ => Ok(()),
    }
}

fn label_name(text: &str) -> Result<(), String> {
    length(text, 63)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    only(text, allowed, "letters, digits, dashes, underscores and dots")?;
    inner(text, |c| !c.is_ascii_alphanumeric(), "a letter or a digit")
}

/// Refuses a first or last character that may stand inside only.
fn inner(text: &str, inner_only: fn(char) -> bool, expected: &str) -> Result<(), String> {
    if text.starts_with(inner_only) || text.ends_with(inner_only) {
        return Err(format!("must start and end with {expected}"));
    }
    Ok(())
}

fn postgres_database(text: &str) -> Result<(), String> {
    postgres_name(text)?;
    match text {
        "template0" | "template1" => Err("is one of PostgreSQL's own databases".to_owned()),
        _ => Ok(()),
    }
}

fn postgres_role(text: &str) -> Result<(), String> {
    postgres_name(text)?;
    // PostgreSQL refuses both words as role names even between quotes (RoleSpec in gram.y).
    if matches!(text, "public" | "none") {
        return Err("is a word that PostgreSQL keeps for itself".to_owned());
    }
    match text.starts_with("pg_") {
        true => Err("starts with `pg_`, which PostgreSQL keeps for its own roles".to_owned()),
        false => Ok(()),
    }
}

/// PostgreSQL takes nearly any name between quotes, but the chart writes names into its probes' shell commands, into
/// connection strings and URLs, and the image's scripts into SQL, none of them escaped.
fn postgres_name(text: &str) -> Result<(), String> {
    length(text, 63)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    only(
        text,
        allowed,
        "letters, digits, underscores, dashes and dots: the chart puts names into shell commands and connection strings",
    )?;
    match text.starts_with(['-', '.']) {
        true => Err("must start with a letter, a digit or an underscore".to_owned()),
        false => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{DnsLabel, DnsName, LabelKey, LabelValue, PostgresDatabase, PostgresRole, ServiceName};
    use proptest::prelude::{prop_assert, proptest};

    #[test]
    fn dns_labels() {
        for good in ["a", "0", "viridial-staging", "a--b", &"x".repeat(63)] {
            assert!(DnsLabel::parse(good).is_ok(), "{good}");
        }
        for (bad, word) in [
            ("", "empty"),
            ("-a", "start and end"),
            ("a-", "start and end"),
            ("a.b", "`.`"),
            ("A", "`A`"),
            ("a_b", "`_`"),
            ("ä", "`ä`"),
            ("a b", "a space"),
            ("a\u{a0}b", "U+00A0"),
            (&"x".repeat(64), "64 characters"),
        ] {
            let reason = DnsLabel::parse(bad).unwrap_err();
            assert!(reason.contains(word), "{bad}: {reason}");
        }
    }

    #[test]
    fn service_names_start_with_a_letter() {
        assert!(ServiceName::parse("db1").is_ok());
        assert!(DnsLabel::parse("1db").is_ok());
        assert!(ServiceName::parse("1db").unwrap_err().contains("letter"));
    }

    #[test]
    fn dns_names() {
        // A label inside a subdomain may be longer than 63: Kubernetes limits the whole only.
        for good in ["postgres-auth", "a.b.c", "0", &"x".repeat(253)] {
            assert!(DnsName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", ".a", "a.", "a..b", "a.-b", "a-.b", "A", "a_b", "a/b", &"x".repeat(254)] {
            assert!(DnsName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn labels() {
        for good in ["app", "app.kubernetes.io/name", "a_b", "A", "x/y", "9"] {
            assert!(LabelKey::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "/a", "a/", "a/b/c", "A/b", "-a", "a b", &"x".repeat(64), "a_/b"] {
            assert!(LabelKey::parse(bad).is_err(), "{bad}");
        }
        for good in ["", "identity-service", "A.b_c", &"x".repeat(63)] {
            assert!(LabelValue::parse(good).is_ok(), "{good}");
        }
        for bad in ["-", "a-", "a/b", "a b", &"x".repeat(64)] {
            assert!(LabelValue::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn postgres_names() {
        for good in ["viridial", "_x", "My-App", "2024_app", "a.b", &"x".repeat(63)] {
            assert!(PostgresRole::parse(good).is_ok() && PostgresDatabase::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a\"b", "a'b", "a b", "a$b", "a\0b", "a;b", "-U", "a%b", "a/b", "a\\b", "é", &"x".repeat(64)] {
            assert!(PostgresRole::parse(bad).is_err() && PostgresDatabase::parse(bad).is_err(), "{bad}");
        }
        assert!(PostgresRole::parse("pg_monitor").unwrap_err().contains("`pg_`"));
        assert!(PostgresDatabase::parse("pg_monitor").is_ok());
        assert!(PostgresRole::parse("public").is_err() && PostgresDatabase::parse("public").is_ok());
        assert!(PostgresDatabase::parse("template1").is_err() && PostgresRole::parse("template1").is_ok());
    }

    proptest! {
        #[test]
        fn what_is_a_label_is_a_name_and_a_label_value(text in "[a-z0-9.-]{1,70}") {
            if DnsLabel::parse(&text).is_ok() {
                prop_assert!(DnsName::parse(&text).is_ok());
                prop_assert!(LabelValue::parse(&text).is_ok());
                prop_assert!(LabelKey::parse(&text).is_ok());
            }
        }
    }
}
