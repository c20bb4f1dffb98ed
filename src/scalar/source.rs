//! Where a chart comes from, and what pins it.

use super::registry::{host, repository_path};
use super::{only, shown};

text_type! {
    /// A Git commit: 40 lower-case hexadecimal digits, never shortened.
    GitCommit, "git-commit", git_commit
}

text_type! {
    /// A Git tag's name, by the rules of `git check-ref-format`.
    GitTag, "git-tag", git_tag
}

text_type! {
    /// The address of a Git or Helm repository: `https://host[:port]/path`, without credentials, query or fragment.
    HttpsUrl, "https-url", https_url
}

text_type! {
    /// The address of a chart in an OCI registry: `oci://host[:port]/path`, without credentials, tag or digest.
    OciUrl, "oci-url", oci_url
}

fn git_commit(text: &str) -> Result<(), String> {
    let lower_hex = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    match text.len() {
        40 if text.bytes().all(lower_hex) => Ok(()),
        4..40 if text.bytes().all(lower_hex) => {
            Err("is a shortened commit: write all 40 digits (`git rev-parse COMMIT`)".to_owned())
        }
        _ => Err("must be 40 lower-case hexadecimal digits (`git rev-parse COMMIT`)".to_owned()),
    }
}

fn git_tag(text: &str) -> Result<(), String> {
    super::length(text, 255)?;
    if text.starts_with("refs/") {
        return Err("write the tag's name only, without `refs/tags/`".to_owned());
    }
    let forbidden =
        |c: char| c.is_control() || c.is_whitespace() || matches!(c, '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    if let Some(c) = text.chars().find(|c| forbidden(*c)) {
        return Err(format!("{} is not allowed in a tag: name one exact tag", shown(c)));
    }
    let part = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    if text.split('/').any(part) || text.contains("..") || text.contains("@{") || text.ends_with('.') {
        return Err("is no name that Git takes for a tag (`git check-ref-format`)".to_owned());
    }
    match text.starts_with('-') || text == "@" {
        true => Err("is no name that Git takes for a tag (`git check-ref-format`)".to_owned()),
        false => Ok(()),
    }
}

fn https_url(text: &str) -> Result<(), String> {
    let Some(rest) = text.strip_prefix("https://") else {
        return Err(match text {
            _ if text.starts_with("http://") => "is not encrypted: write `https://`".to_owned(),
            _ if text.starts_with("oci://") => "is an OCI address: it belongs under `oci`".to_owned(),
            _ => "must start with `https://`".to_owned(),
        });
    };
    let path = after_host(rest)?;
    only(
        path,
        |c| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '<' | '>' | '\\' | '`' | '{' | '}' | '|' | '^'),
        "what a URL may hold",
    )?;
    if path.contains(['?', '#']) {
        return Err("must not have a query or a fragment".to_owned());
    }
    match path.split('/').any(|part| part == "..") {
        true => Err("must not hold `..`".to_owned()),
        false => Ok(()),
    }
}

fn oci_url(text: &str) -> Result<(), String> {
    let rest = text.strip_prefix("oci://").ok_or("must start with `oci://`")?;
    let path = after_host(rest)?;
    if path.contains('@') {
        return Err("the digest belongs under `digest`, not into the address".to_owned());
    }
    if path.contains(':') {
        return Err("the version belongs under `version`, not into the address".to_owned());
    }
    match path.strip_prefix('/') {
        Some(path) => repository_path(path),
        None => Err("names no repository after the host".to_owned()),
    }
}

/// Judges `host[:port]` at the start of what follows `://`; what comes after it starts with a slash or is empty.
fn after_host(rest: &str) -> Result<&str, String> {
    super::length(rest, 1024).map_err(|reason| format!("after `://`: {reason}"))?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err("must not hold a user name or a password: they would be public in the repository".to_owned());
    }
    host(authority).map_err(|reason| format!("host: {reason}"))?;
    Ok(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{GitCommit, GitTag, HttpsUrl, OciUrl};

    fn reason<T: std::fmt::Debug>(parse: fn(&str) -> Result<T, String>, cases: &[(&str, &str)]) {
        for (text, word) in cases {
            let reason = parse(text).unwrap_err();
            assert!(reason.contains(word), "{text}: {reason}");
        }
    }

    #[test]
    fn commits() {
        assert!(GitCommit::parse(&"0a1b".repeat(10)).is_ok());
        let long = "0".repeat(41);
        let upper = "A".repeat(40);
        reason(
            GitCommit::parse,
            &[("0a1b2c3", "shortened"), ("main", "40"), ("", "40"), (&long, "40"), (&upper, "lower-case")],
        );
    }

    #[test]
    fn tags() {
        for good in ["postgresql/17.0.2", "v1.2.3", "a@b", "ä", "release-1", "a/b/c"] {
            assert!(GitTag::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "refs/tags/v1",
            "a b",
            "a..b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "v*",
            "a[",
            "a\\b",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "a.",
            "@",
            "a@{b",
            "-a",
            "a\n",
        ] {
            assert!(GitTag::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn https_addresses() {
        for good in ["https://github.com/bitnami/charts", "https://charts.example:8443", "https://git.example/a.git/"] {
            assert!(HttpsUrl::parse(good).is_ok(), "{good}");
        }
        reason(
            HttpsUrl::parse,
            &[
                ("", "`https://`"),
                ("http://x.io/a", "encrypted"),
                ("git@github.com:a/b", "`https://`"),
                ("oci://x.io/a", "`oci`"),
                ("https://", "empty"),
                ("https:///a", "host"),
                ("https://user:pass@x.io/a", "password"),
                ("https://x.io/a?token=1", "query"),
                ("https://x.io?token=1", "query"),
                ("https://x.io/a#b", "fragment"),
                ("https://x.io/a b", "a space"),
                ("https://x.io/../a", "`..`"),
                ("https://x_y/a", "host: `_`"),
                ("https://x.io:port/a", "port"),
            ],
        );
        assert!(!HttpsUrl::parse("https://user:hunter2@x.io/a").unwrap_err().contains("hunter2"));
    }

    #[test]
    fn oci_addresses() {
        for good in ["oci://registry-1.docker.io/bitnamicharts/postgresql", "oci://localhost:5000/charts/x"] {
            assert!(OciUrl::parse(good).is_ok(), "{good}");
        }
        reason(
            OciUrl::parse,
            &[
                ("https://x.io/a", "`oci://`"),
                ("oci://x.io", "no repository"),
                ("oci://x.io/", "empty"),
                ("oci://x.io/a:1.2.3", "`version`"),
                ("oci://x.io/a@sha256:00", "`digest`"),
                ("oci://u:p@x.io/a", "password"),
                ("oci://x.io/A", "lower case"),
                ("oci://x.io/a?b", "`?`"),
            ],
        );
    }
}
