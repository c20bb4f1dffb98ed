//! Files of `KEY=value` lines. The rules are those that Docker Compose, the dotenv libraries and shells have in common.

use std::collections::HashSet;

use super::{Content, mistake};
use crate::{diagnostic::Finding, plain::Plain};

/// Whether a text is a dotenv file: its first line that says something is `KEY=`. No manifest begins so.
pub(super) fn is_one(text: &Plain) -> bool {
    let bytes = text.expose();
    let mut lines = bytes.split(|&byte| byte == b'\n').map(|line| line.trim_ascii());
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#"));
    first.and_then(|line| std::str::from_utf8(line).ok()).and_then(key).is_some()
}

/// Reads the values.
///
/// # Errors
/// Every line that is no `KEY=value`, values that are empty, and keys that stand twice.
pub(super) fn read(file: &str, text: &Plain) -> Result<Content, Vec<Finding>> {
    let Some(text) = text.expose_text() else {
        let help = "a value that is no text comes in a Secret manifest, under `data`";
        return Err(vec![mistake(file, 1, "this is not UTF-8", help)]);
    };
    let mut values: Vec<(String, Plain)> = Vec::new();
    let mut known: HashSet<&str> = HashSet::new();
    let mut findings = Vec::new();
    let (mut at, mut number) = (0, 1);
    while at < text.len() {
        let here = number;
        let line = line_at(text, at);
        let (key, value, end) = match pair(text, at) {
            Line::Nothing => (None, Ok(Plain::default()), at + line.len()),
            Line::Pair(key, value, end) => (Some(key), Ok(value), end),
            Line::Wrong(message, help) => (None, Err((message, help)), at + line.len()),
        };
        // The rest of the last line, with its end.
        let next = end + line_at(text, end).len() + 1;
        number += u32::try_from(text[at..next.min(text.len())].matches('\n').count()).unwrap_or(0);
        at = next;
        match (key, value) {
            (_, Err((message, help))) => findings.push(mistake(file, here, message, help)),
            (None, Ok(_)) => {}
            (Some(_), Ok(value)) if value.is_empty() => {
                // Without its key: the last line of a text in base64 ends with `=` too.
                let message = "this key has no value, and sops seals no empty value";
                findings.push(mistake(file, here, message, "give it one, or take the line out"));
            }
            (Some(key), Ok(_)) if !known.insert(key) => {
                findings.push(mistake(file, here, format!("`{key}` stands here a second time"), "keep one of them"));
            }
            (Some(key), Ok(value)) => values.push((key.to_owned(), value)),
        }
    }
    match findings.is_empty() {
        true => Ok(Content { name: None, namespace: None, kind: None, values, left: Vec::new() }),
        false => Err(findings),
    }
}

/// What a line says.
enum Line<'a> {
    Nothing,
    /// A key, its value, and where in the text the value ends.
    Pair(&'a str, Plain, usize),
    /// What is wrong, and what to do.
    Wrong(&'static str, &'static str),
}

/// What the line at `at` says; a quoted value may go on over lines.
fn pair(text: &str, at: usize) -> Line<'_> {
    let line = line_at(text, at);
    if line.trim().is_empty() || line.trim_start().starts_with('#') {
        return Line::Nothing;
    }
    let (Some(key), Some(sign)) = (key(line), line.find('=')) else {
        return Line::Wrong("this line is no `KEY=value`", "put a `#` before what is a comment");
    };
    let value = line[sign + 1..].trim_start_matches([' ', '\t']);
    let start = at + line.len() - value.len();
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return Line::Pair(key, Plain::from(unquoted(value)), at + line.len());
    };
    let Some((value, length)) = quoted(&text[start + 1..], quote) else {
        return Line::Wrong("the quote that opens this value is never closed", "close it");
    };
    let end = start + 1 + length;
    let rest = line_at(text, end).trim();
    match rest.is_empty() || rest.starts_with('#') {
        true => Line::Pair(key, value, end),
        false => Line::Wrong("something stands behind the closing quote", "put the whole value between quotes"),
    }
}

/// The text from `at` up to the end of its line.
fn line_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    &rest[..rest.find('\n').unwrap_or(rest.len())]
}

/// The key of a line.
fn key(line: &str) -> Option<&str> {
    let line = line.trim_start_matches('\u{feff}').trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let key = line.split_once('=')?.0.trim();
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    (!key.is_empty() && key.chars().all(is_part)).then_some(key)
}

/// A value without quotes: up to a comment, which a space comes before.
fn unquoted(value: &str) -> &str {
    let starts = |at: &usize| *at == 0 || value[..*at].ends_with([' ', '\t']);
    let end = value.match_indices('#').map(|(at, _)| at).find(starts);
    value[..end.unwrap_or(value.len())].trim_end()
}

/// A value up to its closing quote, and its length with that quote. Single quotes take everything as it stands.
fn quoted(text: &str, quote: char) -> Option<(Plain, usize)> {
    let end = closing(text, quote)?;
    // Room for all that it can be, so that growing leaves no copies behind.
    let mut value = Vec::with_capacity(end);
    let mut chars = text[..end].chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '\\' if quote == '"' => match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                other @ ('"' | '\\' | '$' | '`') => other,
                other => {
                    value.push(b'\\');
                    other
                }
            },
            c => c,
        };
        value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Some((Plain::new(value), end + 1))
}

/// Where the quote stands that closes a value.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Some(at),
            '\\' if quote == '"' => drop(chars.next()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{is_one, read};
    use crate::plain::Plain;

    fn values(text: &str) -> Vec<(String, String)> {
        let content = read(".env", &Plain::from(text)).ok().unwrap();
        content.values.iter().map(|(key, value)| (key.clone(), value.expose_text().unwrap().to_owned())).collect()
    }

    #[test]
    fn what_the_dialects_agree_on() {
        let cases = [
            ("A=b", "b"),
            ("export A=b\r\n", "b"),
            ("\u{feff}A=b", "b"),
            ("  A = b c ", "b c"),
            ("A=b#c", "b#c"),
            ("A=b # c", "b"),
            ("A='b # c' # d", "b # c"),
            ("A='b\\n$X'", "b\\n$X"),
            ("A=\"b\\n\\\"\\$\\\\ \\d\"", "b\n\"$\\ \\d"),
            ("A=\"one\ntwo\"\n", "one\ntwo"),
            ("A=b=c==", "b=c=="),
            ("A=$X ${Y}", "$X ${Y}"),
        ];
        for (text, expected) in cases {
            assert_eq!(values(text), [("A".to_owned(), expected.to_owned())], "{text:?}");
        }
        assert_eq!(values("# c\n\nA=1\nB='2\n3'\nC=4").len(), 3);
    }

    #[test]
    fn every_mistake_is_found_at_its_line_and_none_shows_a_value() {
        let text = "A='x\ny'\nhunter2\nB=\nA=hunter2\nC='hunter2' x\nD=\"hunter2\n";
        let findings = read(".env", &Plain::from(text)).err().unwrap();
        let lines: Vec<u32> = findings.iter().map(|finding| finding.location.line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7]);
        assert!(findings.iter().all(|finding| !format!("{finding:?}").contains("hunter2")));
    }

    #[test]
    fn what_looks_like_a_key_may_be_the_end_of_a_secret() {
        let findings = read(".env", &Plain::from("A=b\nhunter2hunter2=\n")).err().unwrap();
        assert!(!format!("{findings:?}").contains("hunter2"), "{findings:?}");
    }

    #[test]
    fn many_values_in_quotes_take_no_more_than_their_own_room() {
        let text: String = (0..50_000).map(|number| format!("A{number}=\"x\"\n")).collect();
        let content = read(".env", &Plain::from(text.as_str())).ok().unwrap();
        assert_eq!(content.values.len(), 50_000);
    }

    #[test]
    fn manifests_are_told_apart() {
        for text in ["A=b", "# c\n\nexport A_1=b", "A=", "\u{feff}A=b"] {
            assert!(is_one(&Plain::from(text)), "{text:?}");
        }
        for text in ["apiVersion: v1", "---\na: b", "{\"a\": \"b=c\"}", "", "a: b=c", "# A=b"] {
            assert!(!is_one(&Plain::from(text)), "{text:?}");
        }
    }
}
