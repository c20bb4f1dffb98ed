//! Scalars to values: tag first, then style, then what the text means in the dialect.

use serde_saphyr::granit_parser::Tag;

use super::node::Value;
use super::refusal::Refusal;
use super::resolve::{self, Scalar};
use super::{Dialect, trap};

/// What a scalar means.
pub(super) fn value(
    text: &str,
    plain: bool,
    tag: Option<&Tag>,
    dialect: Dialect,
    is_key: bool,
) -> Result<Value, Refusal> {
    let as_text = || Ok(Value::String(text.to_owned()));
    let scalar = match tag.map(|tag| (tag, tag.core_suffix())) {
        None if !plain => return as_text(),
        None => {
            if dialect == Dialect::Input
                && let Some(trap) = trap::find(text, is_key)
            {
                return Err(trap);
            }
            resolve(text, dialect)
        }
        Some((_, Some("str"))) => return as_text(),
        Some((_, Some(name @ ("null" | "bool" | "int" | "float")))) => tagged(name, resolve(text, dialect))?,
        Some((tag, _)) => return foreign_tag(tag, dialect).map_or_else(as_text, Err),
    };
    match scalar {
        Scalar::Null => Ok(Value::Null),
        Scalar::Bool(value) => Ok(Value::Bool(value)),
        Scalar::Text | Scalar::Other => as_text(),
        Scalar::Int(value) => i64::try_from(value)
            .map(Into::into)
            .or_else(|_| u64::try_from(value).map(Into::into))
            .map(Value::Number)
            .map_err(|_| Refusal::new("yaml-1.1-trap", "this number is too large for some YAML readers", trap::QUOTE)),
        Scalar::Float(value) => match serde_json::Number::from_f64(value) {
            Some(number) => Ok(Value::Number(number)),
            None if is_key && dialect == Dialect::Manifest => as_text(),
            None => {
                let message = "infinity and not-a-number have no place in JSON, and so in no manifest";
                Err(Refusal::new("non-finite-number", message, "write a number, or put the text in double quotes"))
            }
        },
    }
}

fn resolve(text: &str, dialect: Dialect) -> Scalar {
    match dialect {
        Dialect::Input => resolve::core(text),
        Dialect::Manifest => resolve::go(text),
    }
}

/// A value that a tag of the core schema names.
fn tagged(name: &str, scalar: Scalar) -> Result<Scalar, Refusal> {
    match (name, scalar) {
        #[allow(clippy::cast_precision_loss, reason = "a float was asked for")]
        ("float", Scalar::Int(value)) => Ok(Scalar::Float(value as f64)),
        ("float", Scalar::Float(_)) | ("null", Scalar::Null) | ("bool", Scalar::Bool(_)) | ("int", Scalar::Int(_)) => {
            Ok(scalar)
        }
        _ => {
            let message = format!("the tag `!!{name}` does not fit its value");
            Err(Refusal::new("unsupported-tag", message, "correct the value or delete the tag"))
        }
    }
}

/// Inputs know the core tags only; go-yaml takes a tagged scalar for text and ignores the tag of a list or map, except that
/// it decodes `!!binary`.
pub(super) fn foreign_tag(tag: &Tag, dialect: Dialect) -> Option<Refusal> {
    let binary = || tag.suffix_in_namespace("tag:yaml.org,2002:").is_some_and(|name| name == "binary");
    (dialect == Dialect::Input || binary()).then(|| {
        let message = format!("the tag `{}{}` is not supported", tag.original_handle(), tag.suffix());
        Refusal::new("unsupported-tag", message, "delete the tag, and quote the value if it is a text")
    })
}
