//! Plain scalars that readers of YAML 1.1 and of YAML 1.2 take for different things.

use super::refusal::Refusal;
use super::resolve::{Scalar, core, go, python, sign};

pub(super) const QUOTE: &str = "put it in double quotes";

/// Why the readers disagree about a plain scalar, and the way out; `None` where they agree. Dates are text to everybody here:
/// a reader's date prints as the text it was.
pub(super) fn find(text: &str, is_key: bool) -> Option<Refusal> {
    let (new, go, python) = (core(text), go(text), python(text));
    if same(new, go) && same(new, python) {
        return None;
    }
    if let Scalar::Bool(value) = go {
        let message = format!("`{text}` is {value} to YAML 1.1 readers and a text to YAML 1.2 readers");
        let help =
            if is_key { format!("quote it: \"{text}\"") } else { format!("write {value}, or quote it: \"{text}\"") };
        return Some(Refusal::new("yaml-1.1-trap", message, help));
    }
    let (message, way_out) = explain(sign(text).1);
    let help = way_out.filter(|_| !is_key).map_or_else(|| QUOTE.to_owned(), |way_out| format!("{way_out}, or {QUOTE}"));
    Some(Refusal::new("yaml-1.1-trap", message, help))
}

/// What the digits of a number without its sign are, and what to write instead.
fn explain(digits: &str) -> (&'static str, Option<&'static str>) {
    match digits.as_bytes() {
        _ if digits.contains('\t') => ("a tab in an unquoted text is an error to some YAML readers", None),
        [b'=' | b'<', ..] => ("this sign has a meaning of its own to YAML 1.1 readers", None),
        _ if digits.contains(':') => ("digits with colons are a number in base 60 to YAML 1.1 readers", None),
        _ if digits.contains('_') => (
            "digits with underscores are a number to YAML 1.1 readers and a text to YAML 1.2 readers",
            Some("leave the underscores out"),
        ),
        [b'0', b'o' | b'O' | b'b' | b'B' | b'x' | b'X', ..] => {
            ("a number in another base is a text to some YAML readers", Some("write it as a decimal number"))
        }
        [b'0', b'0'..=b'9', ..] if !digits.contains('.') => (
            "a number with a leading zero is octal to some YAML readers and decimal to others",
            Some("leave the zero out"),
        ),
        [b'.', ..] => {
            ("a number that starts with a dot is a text to some YAML readers", Some("write a zero before the dot"))
        }
        _ if digits.contains(['e', 'E']) => {
            ("a number with an exponent is a text to some YAML readers", Some("write all its digits"))
        }
        _ => ("this number is too large for some YAML readers", None),
    }
}

/// Not-a-number is the same as itself here.
fn same(one: Scalar, other: Scalar) -> bool {
    match (one, other) {
        (Scalar::Float(one), Scalar::Float(other)) => one.to_bits() == other.to_bits(),
        _ => one == other,
    }
}
