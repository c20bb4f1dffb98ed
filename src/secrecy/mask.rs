//! Values as they may be shown.

use serde_json::Value as Json;

use super::{
    place::{Place, embedded},
    redact::{MASK, redact},
};
use crate::yaml;

/// The value at `place` with `***` for every secret in it.
#[must_use]
pub fn masked(value: &Json, place: &Place<'_>) -> Json {
    let inner = place.inside(&[value]);
    match value {
        Json::Object(map) => map.iter().map(|(key, value)| (redact(key), masked(value, &inner.key(key)))).collect(),
        Json::Array(list) => {
            let item = |(at, item): (usize, &Json)| masked(item, &inner.item(Place::follows_flag(list, Some(at))));
            list.iter().enumerate().map(item).collect()
        }
        Json::String(_) | Json::Number(_) if place.is_hidden() => MASK.into(),
        Json::String(text) if text.starts_with("ENC[") => MASK.into(),
        Json::String(text) => match embedded(text) {
            Some(inside) => {
                let shown = masked(&inside, &inner.embedded());
                // Written anew only where something has to go: otherwise comments and layout stay.
                let text = if shown == inside { text.clone() } else { yaml::emit(&shown) };
                redact(&text).into()
            }
            None => redact(text).into(),
        },
        other => other.clone(),
    }
}
