//! Private keys that ended up in a file, whatever else the file is.

use crate::diagnostic::{Finding, Location};

/// The rule.
pub const PRIVATE_KEY: &str = "private-key-committed";

/// How age's private keys begin, in capitals.
const AGE: &[&str] = &["AGE-SECRET-KEY-1", "AGE-SECRET-KEY-PQ-1"];
/// How the first line of any other ends.
const PEM_END: &str = "PRIVATE KEY-----";
/// `AGE-SECRET-KEY-` and `PRIVATE KEY-----` in base64, at each of the three offsets that they can have.
const ENCODED: &[(&str, &str)] = &[
    ("QUdFLVNFQ1JFVC1LRVkt", "a private age key, in base64,"),
    ("FHRS1TRUNSRVQtS0VZL", "a private age key, in base64,"),
    ("BR0UtU0VDUkVULUtFWS", "a private age key, in base64,"),
    ("UFJJVkFURSBLRVktLS0tL", "a private key, in base64,"),
    ("BSSVZBVEUgS0VZLS0tLS", "a private key, in base64,"),
    ("QUklWQVRFIEtFWS0tLS0t", "a private key, in base64,"),
];

/// The first private key in a file, wherever it stands and whether or not the rest can be read: an age identity, an SSH key or any
/// other in PEM, also in base64. The name of one in prose is none.
#[must_use]
pub fn private_key(file: &str, bytes: &[u8]) -> Option<Finding> {
    let text = String::from_utf8_lossy(bytes);
    if !may_hold_one(&text) {
        return None;
    }
    let (at, what) = find(&text)?;
    let before = &text[..at];
    let line = u32::try_from(before.matches('\n').count()).unwrap_or(0) + 1;
    let column = u32::try_from(before.rsplit('\n').next().unwrap_or_default().chars().count()).unwrap_or(0) + 1;
    let place = Location::new(file, line, column);
    let help = match what.contains("age") {
        true => {
            "take it out of the repository, make a new one (`gen secret init`), seal the files for that with new data keys \
                 (`gen secret rekey`) and change what the old one opened: it stays in Git's history"
        }
        false => "take it out of the repository and make a new one: it stays in Git's history",
    };
    Some(Finding::error(PRIVATE_KEY, place, format!("{what} stands here in plain text")).help(help))
}

/// Whether a closer look is worth it: most files have none of these.
fn may_hold_one(text: &str) -> bool {
    [PEM_END, "SECRET-KEY-", "secret-key-"].iter().any(|word| text.contains(word))
        || ENCODED.iter().any(|(start, _)| text.contains(start))
}

fn find(text: &str) -> Option<(usize, &'static str)> {
    // Fewer letters than that are the name of a key, in prose.
    const ENOUGH: usize = 8;
    // `-----BEGIN ` and the longest kind of key.
    const LONGEST_HEAD: usize = 40;
    let upper = text.to_ascii_uppercase();
    let letters = |rest: &str| rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let age = AGE.iter().flat_map(|start| upper.match_indices(start));
    let age = age.filter(|(at, start)| letters(&upper[at + start.len()..]) >= ENOUGH);
    let age = age.map(|(at, _)| (at, "a private age key"));
    let pem = text.match_indices(PEM_END).filter_map(|(at, end)| {
        // Only just before: a file may have a thousand ends and no beginning.
        let near = at.saturating_sub(LONGEST_HEAD)..at;
        let start = near.rev().find(|start| text.as_bytes()[*start..at].starts_with(b"-----BEGIN "))?;
        // In a quoted text the line ends with `\n`.
        let rest = text[at + end.len()..].trim_start_matches([' ', '\r', '\n', '\\', 'n']);
        (letters(rest) >= ENOUGH || rest.starts_with("Proc-Type:")).then_some((start, "a private key"))
    });
    let encoded = ENCODED.iter().filter_map(|(start, what)| Some((text.find(start)?, *what)));
    age.chain(pem).chain(encoded).min_by_key(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use super::{PRIVATE_KEY, private_key};
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    const BODY: &str = "b3BlbnNzaC1rZXktdjEAAAAA";

    #[test]
    fn keys_of_every_kind_are_found() {
        for (text, line, column) in [
            ("AGE-SECRET-KEY-1QQQQQQQQ".to_owned(), 1, 1),
            ("a\n# \u{e4} age-secret-key-pq-1qqqqqqqq".to_owned(), 2, 5),
            (format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{BODY}"), 1, 1),
            (format!("key: \"-----BEGIN RSA PRIVATE KEY-----\\n{BODY}\""), 1, 7),
            (format!("key: |\n  -----BEGIN EC PRIVATE KEY-----\r\n  {BODY}"), 2, 3),
            ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED".to_owned(), 1, 1),
        ] {
            let finding = private_key("f", text.as_bytes());
            let place = finding.as_ref().map(|finding| (finding.rule, finding.location.line, finding.location.column));
            assert_eq!(place, Some((PRIVATE_KEY, line, column)), "{text}");
            for before in ["", "a", "ab"] {
                let data =
                    format!("data: {{age.agekey: {}}}", STANDARD.encode(format!("{before}{text}").to_uppercase()));
                assert!(private_key("f", data.as_bytes()).is_some(), "{before}{text} in base64");
            }
        }
    }

    #[test]
    fn many_ends_without_a_beginning_take_no_time() {
        let text = format!("\u{e4}{}", "PRIVATE KEY-----".repeat(60_000));
        let start = std::time::Instant::now();
        assert_eq!(private_key("f", text.as_bytes()), None);
        assert!(start.elapsed().as_secs() < 20);
    }

    #[test]
    fn words_about_keys_are_none() {
        for text in [
            "an identity starts with `AGE-SECRET-KEY-1`",
            "AGE-SECRET-KEY-1...",
            "ssh keys start with -----BEGIN OPENSSH PRIVATE KEY-----",
            "if grep -q 'PRIVATE KEY-----' file; then",
            "-----BEGIN PRIVATE KEY-----\n${KEY}\n",
            "-----BEGIN CERTIFICATE-----\nMIIBIjANBgkqhkiG9w0BAQ",
            "age1qqqqqqqqqqqqqqqqqqqqqq",
        ] {
            assert_eq!(private_key("f", text.as_bytes()), None, "{text}");
        }
    }
}
