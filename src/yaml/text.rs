//! What can be said about a file before its structure: size, encoding, forbidden characters, merge conflicts.

use crate::diagnostic::{Finding, Location};

use super::{Dialect, Source};

/// More findings of one kind than this help nobody: the file is no text.
const MOST: usize = 20;

/// The text of a source, or why it is none.
pub(super) fn read(source: Source<'_>, dialect: Dialect) -> Result<&str, Vec<Finding>> {
    let limit = size_limit(dialect);
    if source.bytes.len() > limit {
        let message = format!("the file is larger than {} MiB", limit >> 20);
        let finding = Finding::error("file-too-large", Location::file(source.name), message);
        return Err(vec![finding.help("split it, or check that it is the file you mean")]);
    }
    let text = std::str::from_utf8(source.bytes).map_err(|error| vec![not_utf8(source, error.valid_up_to())])?;
    let conflicts = merge_conflicts(source.name, text);
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    let characters = forbidden_characters(source.name, text, dialect);
    if characters.is_empty() { Ok(text) } else { Err(characters) }
}

/// The largest file of a dialect in bytes.
pub(super) fn size_limit(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Input => 1 << 20,
        Dialect::Manifest => 16 << 20,
    }
}

/// Whether YAML allows the character in a file (YAML 1.2.2, production 1, `c-printable`).
pub(super) fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}')
        || character >= '\u{10000}'
}

fn not_utf8(source: Source<'_>, valid: usize) -> Finding {
    let (before, rest) = source.bytes.split_at(valid);
    let location = place(source.name, &String::from_utf8_lossy(before));
    match rest {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] if before.is_empty() => {
            Finding::error("not-utf8", location, "the file is UTF-16, not UTF-8").help("save it as UTF-8")
        }
        _ => {
            let byte = rest.first().copied().unwrap_or_default();
            let message = format!("the byte 0x{byte:02X} is not UTF-8");
            Finding::error("not-utf8", location, message).help("save the file as UTF-8 text")
        }
    }
}

/// The place right behind `before`.
fn place(name: &str, before: &str) -> Location {
    let lines = before.replace("\r\n", "\n").replace('\r', "\n");
    let line = lines.matches('\n').count() + 1;
    let last = lines.rsplit('\n').next().unwrap_or_default();
    let column = last.trim_start_matches('\u{FEFF}').chars().count() + 1;
    Location::new(name, clamp(line), clamp(column))
}

/// One finding for each conflict, at its first marker.
fn merge_conflicts(name: &str, text: &str) -> Vec<Finding> {
    let starts = |line: &str, sign: &str| {
        line.strip_prefix(sign).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\r']))
    };
    // One seal covers all of a file that sops wrote.
    let is_sealed = text.contains("\nsops:");
    let mut findings = Vec::new();
    let mut open = false;
    for (index, line) in text.split('\n').enumerate() {
        let opens = starts(line, "<<<<<<<");
        let closes = starts(line, ">>>>>>>");
        if opens || (closes && !open) {
            let location = Location::new(name, clamp(index + 1), 1).spanning(7);
            let finding =
                Finding::error("merge-conflict", location, "a merge conflict starts here that is not resolved");
            findings.push(finding.help(match is_sealed {
                true => format!(
                    "take one side whole, `git checkout --ours -- {name}` or `--theirs`, and make the other's change again with \
                     `gen secret edit {name}`: lines of two sealed files do not fit together"
                ),
                false => "keep one of the two sides and delete the lines of `<<<<<<<`, `=======` and `>>>>>>>`".to_owned(),
            }));
        }
        open = (open || opens) && !closes;
        if findings.len() == MOST {
            break;
        }
    }
    findings
}

fn forbidden_characters(name: &str, text: &str, dialect: Dialect) -> Vec<Finding> {
    let input = dialect == Dialect::Input;
    // Only the bytes of these need a closer look: C0, DEL, and what starts C1, U+2028, U+FEFF, U+FFFE.
    let suspicious = |byte: &u8| matches!(byte, 0..=8 | 11 | 12 | 14..=31 | 127 | 0xC2 | 0xE2 | 0xEF);
    if !text.as_bytes().iter().any(suspicious) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (offset, character) in text.char_indices() {
        let at = || place(name, &text[..offset]);
        let code = u32::from(character);
        let finding = match character {
            '\u{FEFF}' if offset == 0 && !input => continue,
            '\u{FEFF}' => Finding::error("byte-order-mark", at(), "the file holds a byte order mark")
                .help("save it as UTF-8 without a byte order mark (BOM)"),
            '\u{85}' | '\u{2028}' | '\u{2029}' => {
                let message =
                    format!("U+{code:04X} is a line break to YAML 1.1 readers and a character to YAML 1.2 readers");
                Finding::error("yaml-1.1-trap", at(), message)
                    .help(format!("delete it, or write it as \"\\u{code:04X}\" in double quotes"))
            }
            _ if !is_allowed(character) => {
                let message = format!("the control character U+{code:04X} is not allowed in YAML");
                Finding::error("control-character", at(), message)
                    .help(format!("delete it, or write it as \"\\u{code:04X}\" in double quotes"))
            }
            _ => continue,
        };
        findings.push(finding);
        if findings.len() == MOST {
            break;
        }
    }
    findings
}

/// Files end far below 4 GiB: nothing is cut off.
pub(super) fn clamp(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
