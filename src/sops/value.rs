//! What a leaf is as bytes: those that are encrypted, and those that the MAC covers, which are the same.

use std::borrow::Cow;

use super::cipher::Kind;
use super::moment;
use crate::{plain::Plain, yaml::typed::Leaf};

/// The bytes of a leaf and its type; `None` for null, which is neither encrypted nor covered.
pub(super) fn bytes(leaf: &Leaf) -> Option<(Kind, Cow<'_, [u8]>)> {
    let owned = |text: String| Cow::Owned(text.into_bytes());
    Some(match leaf {
        Leaf::Null => return None,
        Leaf::Bool(value) => (Kind::Bool, Cow::Borrowed(if *value { b"True".as_slice() } else { b"False" })),
        Leaf::Int(value) => (Kind::Int, owned(value.to_string())),
        // Go's 'f' with precision -1: the shortest digits, never an exponent. Rust's `Display` is the same.
        Leaf::Float(value) if value.is_finite() => (Kind::Float, owned(value.to_string())),
        Leaf::Float(value) => (
            Kind::Float,
            Cow::Borrowed(if value.is_nan() {
                b"NaN"
            } else if *value > 0.0 {
                b"+Inf"
            } else {
                b"-Inf"
            }),
        ),
        Leaf::Time(text) => (Kind::Time, Cow::Borrowed(text.as_bytes())),
        Leaf::Text(text) => (Kind::Str, Cow::Borrowed(text.expose())),
    })
}

/// The leaf that decrypted bytes are, read as Go reads them; `None` where they are not what their type says.
pub(super) fn leaf(kind: Kind, plain: Plain) -> Option<Leaf> {
    let text = plain.expose_text();
    match kind {
        Kind::Str | Kind::Bytes => Some(Leaf::Text(plain)),
        Kind::Int => text?.parse().ok().map(Leaf::Int),
        Kind::Float => float(text?).map(Leaf::Float),
        Kind::Bool => match text? {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(Leaf::Bool(true)),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(Leaf::Bool(false)),
            _ => None,
        },
        Kind::Time => moment::to_nanoseconds(text?).map(Leaf::Time),
        Kind::Comment => None,
    }
}

/// A number out of range is an error to Go and infinite to Rust.
fn float(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    (value.is_finite() || !text.bytes().any(|byte| byte.is_ascii_digit())).then_some(value)
}
