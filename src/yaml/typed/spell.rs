//! How sops spells scalars.

use super::super::plain::{self, Style, is_visible};
use super::resolve::{Meaning, meaning};

/// How a text is written: as other emitted YAML, but a regular expression like sops' own `^(data|stringData)$` may stand for itself,
/// as it does in every file of sops.
pub(super) fn style(text: &str) -> Style {
    let is_expression = text.starts_with('^')
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && !(text.contains(": ") || text.contains(" #") || text.ends_with([':', ' ']));
    if is_expression { Style::Plain } else { plain::style(text) }
}

/// Whether sops puts a text that cannot stand for itself in single quotes: where only YAML's own signs are in the way. Texts that
/// look like something else, and those with signs that need an escape, get double quotes.
pub(super) fn is_single_quoted(text: &str) -> bool {
    let Ok(Meaning::Text) = meaning(text, true, None) else { return false };
    let bytes = text.as_bytes();
    let starts = match bytes {
        [b'-' | b'?' | b':', rest @ ..] => matches!(rest, [] | [b' ', ..]),
        [first, ..] => b" #,[]{}&*!|>'\"%@`".contains(first),
        [] => false,
    };
    let inside = text.contains(": ") || text.contains(" #") || text.ends_with([':', ' ']);
    let separates = text.starts_with("---") || text.starts_with("...");
    (starts || inside || separates) && text.chars().all(is_visible)
}

/// Go's `FormatFloat(value, 'g', -1, 64)`, and what tells a float that has no fraction from an integer.
pub(super) fn float(value: f64) -> String {
    if !value.is_finite() {
        let word = if value.is_nan() {
            ".nan"
        } else if value > 0.0 {
            ".inf"
        } else {
            "-.inf"
        };
        return word.to_owned();
    }
    let shortest = format!("{value:e}");
    match shortest.split_once('e').and_then(|(digits, power)| Some((digits, power.parse::<i32>().ok()?))) {
        Some((digits, power)) if !(-4..6).contains(&power) => format!("{digits}e{power:+03}"),
        _ => format!("{value:?}"),
    }
}
