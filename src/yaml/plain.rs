//! Which texts need quotes, so that every reader takes them for the text they are.

use super::text::is_allowed;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As it is.
    Plain,
    /// In double quotes, with escapes.
    Quoted,
    /// As a `|` block.
    Block,
}

/// The plainest style in which YAML 1.1 and 1.2 readers all read exactly this text. Errs on the side of quotes.
pub(super) fn style(text: &str) -> Style {
    // Not `all`: without a way out the compiler checks many bytes at once, and scripts and dashboards are long.
    let is_printed = |all, byte: &u8| all & matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    if !text.as_bytes().iter().fold(true, is_printed) {
        return if text.is_ascii() { Style::Quoted } else { style_of_unicode(text) };
    }
    if text.contains('\n') {
        return decide(text, true, false);
    }
    // A colon ends a key only before a space or at the end, a number sign starts a comment only after a space.
    let structure = text.as_bytes().windows(2).any(|pair| matches!(pair, b": " | b" #"));
    decide(text, false, structure || text.starts_with('#') || text.contains('\t') || text.ends_with(':'))
}

fn style_of_unicode(text: &str) -> Style {
    if !text.chars().all(|character| character == '\n' || character == '\t' || is_visible(character)) {
        return Style::Quoted;
    }
    let structure = text.contains(": ") || text.contains(" #") || text.ends_with(':') || text.contains('\t');
    decide(text, text.contains('\n'), structure)
}

fn decide(text: &str, breaks: bool, structure: bool) -> Style {
    if breaks {
        return if text.starts_with([' ', '\t', '\n']) { Style::Quoted } else { Style::Block };
    }
    if structure || text.ends_with(' ') || !starts_plain(text) || is_word(text) { Style::Quoted } else { Style::Plain }
}

/// Whether the start of a text is neither an indicator of YAML nor that of a number or a date.
fn starts_plain(text: &str) -> bool {
    match text.as_bytes() {
        [b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'/' | b'$' | b'(' | b'^', ..] => true,
        [b'-', b'a'..=b'z' | b'A'..=b'Z', ..] | [b'-', b'-', b'a'..=b'z' | b'A'..=b'Z', ..] => true,
        [b'.', b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'/', ..] => true,
        [b'0'..=b'9', ..] => !is_like_a_number(text),
        [first, ..] => !first.is_ascii(),
        [] => false,
    }
}

/// Whether any reader might take a text that starts with a digit for a number, a time or a date: made of the signs of those
/// alone, unless it is a version or address of at least three parts.
fn is_like_a_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Go's readers drop the underscores before they look for a base: `0_x1` is 1 to them.
    let mut base = bytes.iter().filter(|byte| **byte != b'_');
    let has_base = base.next() == Some(&b'0') && matches!(base.next(), Some(b'x' | b'X' | b'o' | b'O' | b'b' | b'B'));
    if has_base || is_like_a_date(bytes) {
        return true;
    }
    if !bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b',' | b':' | b'_' | b'+' | b'-' | b'e' | b'E')) {
        return false;
    }
    let parts = || text.split('.');
    !(parts().count() > 2 && parts().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())))
}

/// `[0-9]{4}-[0-9]`: how a date, with or without a time, starts.
fn is_like_a_date(bytes: &[u8]) -> bool {
    matches!(bytes, [a, b, c, d, b'-', e, ..] if [a, b, c, d, e].iter().all(|byte| byte.is_ascii_digit()))
}

/// Whether some reader takes the text for a boolean, null, infinity or no number, in whatever case.
fn is_word(text: &str) -> bool {
    const WORDS: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan"];
    text.len() <= 5 && WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a character can stand for itself: allowed in YAML, seen by people, and no line break to YAML 1.1. Spaces of
/// foreign scripts, joiners and direction marks are written as escapes, so that nothing hides in a manifest.
pub(super) fn is_visible(character: char) -> bool {
    is_allowed(character)
        && !character.is_control()
        && (character == ' ' || !character.is_whitespace())
        && !matches!(character,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
        && u32::from(character) & 0xFFFE != 0xFFFE
}
