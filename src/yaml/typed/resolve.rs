//! What a scalar is to go-yaml v3.0.4 (`resolve.go`, `decode.go`), which sops 3.13 reads with.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_saphyr::granit_parser::Tag;

use super::super::{
    refusal::Refusal,
    resolve::{Scalar, go_integer, is_float, sign, word},
};
use super::{Leaf, timestamp};
use crate::plain::Plain;

/// What a scalar means.
pub(super) enum Meaning {
    /// The text it is written as.
    Text,
    /// Anything else.
    Leaf(Leaf),
}

/// What a scalar means, by its tag, its style and its text.
pub(super) fn meaning(text: &str, plain: bool, tag: Option<&Tag>) -> Result<Meaning, Refusal> {
    let Some(tag) = tag else {
        return if plain { untagged(text) } else { Ok(Meaning::Text) };
    };
    let name = match tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() {
        Some("binary") => "binary",
        Some("null") => "null",
        Some("bool") => "bool",
        Some("int") => "int",
        Some("float") => "float",
        Some("timestamp") => "timestamp",
        _ => return Ok(Meaning::Text),
    };
    if name == "binary" {
        let message = "the tag `!!binary` stands before a text that is no base64";
        let refusal = || Refusal::new("unsupported-tag", message, "correct the value or delete the tag");
        return binary(text).map(|bytes| Meaning::Leaf(Leaf::Text(bytes))).ok_or_else(refusal);
    }
    let leaf = match (name, untagged(text)?) {
        ("null", Meaning::Leaf(leaf @ Leaf::Null))
        | ("bool", Meaning::Leaf(leaf @ Leaf::Bool(_)))
        | ("int", Meaning::Leaf(leaf @ Leaf::Int(_)))
        | ("float", Meaning::Leaf(leaf @ Leaf::Float(_)))
        | ("timestamp", Meaning::Leaf(leaf @ Leaf::Time(_))) => Some(leaf),
        #[allow(clippy::cast_precision_loss, reason = "a float was asked for")]
        ("float", Meaning::Leaf(Leaf::Int(value))) => Some(Leaf::Float(value as f64)),
        _ => None,
    };
    leaf.map(Meaning::Leaf).ok_or_else(|| {
        let message = format!("the tag `!!{name}` does not fit its value");
        Refusal::new("unsupported-tag", message, "correct the value or delete the tag")
    })
}

/// A plain scalar without a tag.
fn untagged(text: &str) -> Result<Meaning, Refusal> {
    let first = text.bytes().next().unwrap_or(b'~');
    if !matches!(first, b'+' | b'-' | b'.' | b'0'..=b'9' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'~') {
        return Ok(Meaning::Text);
    }
    if let Some(scalar) = word(text) {
        return Ok(leaf(scalar));
    }
    match first {
        b'.' if is_float(text) => return Ok(finite(text)),
        b'+' | b'-' | b'0'..=b'9' => {}
        _ => return Ok(Meaning::Text),
    }
    if let Some(time) = timestamp::parse(text) {
        return Ok(Meaning::Leaf(Leaf::Time(time)));
    }
    let plain = text.replace('_', "");
    let (negative, digits) = sign(&plain);
    if let Some(Scalar::Int(value)) = go_integer(negative, digits) {
        if let Ok(value) = i64::try_from(value) {
            return Ok(Meaning::Leaf(Leaf::Int(value)));
        }
        // To go-yaml an integer without a sign may have 64 bits, and sops cannot hold that.
        if digits.len() == plain.len() && u64::try_from(value).is_ok() {
            let message = "sops cannot hold an integer above 9223372036854775807";
            return Err(Refusal::new("number-too-large", message, "put it in double quotes"));
        }
    }
    Ok(if is_float(digits) { finite(&plain) } else { Meaning::Text })
}

fn leaf(scalar: Scalar) -> Meaning {
    match scalar {
        Scalar::Null => Meaning::Leaf(Leaf::Null),
        Scalar::Bool(value) => Meaning::Leaf(Leaf::Bool(value)),
        Scalar::Float(value) => Meaning::Leaf(Leaf::Float(value)),
        Scalar::Int(_) | Scalar::Text | Scalar::Other => Meaning::Text,
    }
}

/// Go's `ParseFloat` refuses what is out of range, and the text stays a text.
fn finite(text: &str) -> Meaning {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Meaning::Leaf(Leaf::Float(value)),
        _ => Meaning::Text,
    }
}

/// Base64 as Go decodes it: standard alphabet, padded, line ends anywhere.
fn binary(text: &str) -> Option<Plain> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    BASE64_STANDARD.decode(digits).ok().map(Plain::new)
}
