//! A value against a kind.

use serde_json::{Number, Value as Json};

use super::{Check, Step};
use crate::{
    api::{did_you_mean, shorten},
    chart::Kind,
    scalar::{Quantity, Size},
    schema::closest,
};

/// What opens a template of Helm, which has no value before it is rendered.
const TEMPLATE: &str = "{{";

impl<'v> Check<'v> {
    pub(super) fn kind(&mut self, kind: Kind, value: &'v Json) {
        match (kind, value) {
            (Kind::Any, _)
            | (_, Json::Null)
            | (Kind::Bool, Json::Bool(_))
            | (Kind::Text | Kind::Scalar, Json::String(_)) => {}
            (Kind::Scalar, Json::Number(_)) => {}
            (Kind::Shape(shape), _) => self.part(shape, value),
            (Kind::Bool, Json::String(text)) => self.text_for_bool(text),
            (Kind::Bool, _) => self.walk.wrong_type(value, "true or false", String::new()),
            (Kind::Integer(low, high), Json::Number(number)) => self.integer(low, high, number),
            (Kind::Integer(..), Json::String(text)) => {
                let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let help = match is_number {
                    true => "leave the quotes out",
                    false if text.contains(TEMPLATE) => "write the number: a template gives a string here",
                    false => "",
                };
                self.walk.wrong_type(value, "a whole number", help.to_owned());
            }
            (Kind::Integer(..), _) => self.walk.wrong_type(value, "a whole number", String::new()),
            (_, Json::String(text)) if text.contains(TEMPLATE) => {}
            (Kind::Text, Json::Number(_)) => self.walk.wrong_type(value, "a string", "quote it".to_owned()),
            (Kind::Text, Json::Bool(truth)) => {
                self.walk.wrong_type(value, "a string", format!("quote it: \"{truth}\""))
            }
            (Kind::Text, _) => self.walk.wrong_type(value, "a string", String::new()),
            (Kind::Scalar, _) => self.walk.wrong_type(value, "a string or a number", String::new()),
            (Kind::OneOf(words), Json::String(text)) => self.one_of(words, text),
            (Kind::OneOf(words), _) => self.walk.wrong_type(value, "a string", allowed(words)),
            (Kind::Quantity, _) => self.quantity(value, true),
            (Kind::List(each), Json::Array(items)) => {
                for (index, value) in items.iter().enumerate() {
                    self.at(Step::Item(index), |check| check.kind(*each, value));
                }
            }
            (Kind::List(_), _) => self.walk.wrong_type(value, "a list", LIST_HELP.to_owned()),
            (Kind::Map(each), Json::Object(map)) => {
                for (key, value) in map {
                    self.at(Step::Key(key), |check| check.kind(*each, value));
                }
            }
            (Kind::Map(_), _) => self.walk.wrong_type(value, "a map", MAP_HELP.to_owned()),
        }
    }

    /// `is_size` is whether it counts bytes: one below a kilobyte has lost its unit.
    fn quantity(&mut self, value: &'v Json, is_size: bool) {
        let text = match value {
            Json::String(text) if text.contains(TEMPLATE) => return,
            Json::String(text) => text.clone(),
            Json::Number(number) => number.to_string(),
            _ => return self.walk.wrong_type(value, "a quantity", "write it like `8Gi` or `250m`".to_owned()),
        };
        let said = match Quantity::parse(&text) {
            Ok(amount) if is_size && amount.nanos() > 0 => Size::parse(&text).err(),
            Ok(_) => None,
            Err(reason) => Some(reason),
        };
        if let Some(reason) = said {
            let goes_on = ["must ", "is ", "has "].iter().any(|verb| reason.starts_with(verb));
            let message = format!("{}{} {reason}", self.walk.subject(), if goes_on { "" } else { ":" });
            let help = if reason.contains("write") { "" } else { "write it like `8Gi` or `250m`" };
            self.walk.push(false, message, help.to_owned());
        }
    }

    fn integer(&mut self, low: i64, high: i64, number: &Number) {
        let whole = number.as_i64().or_else(|| number.as_f64().and_then(whole));
        match whole {
            Some(whole) if (low..=high).contains(&whole) => {}
            None if !number.is_u64() => {
                let message = format!("{} is a fraction, and should be a whole number", self.walk.subject());
                self.walk.push(false, message, String::new());
            }
            _ => {
                let bounds = match (low, high) {
                    (_, i64::MAX) => format!("at least {low}"),
                    (i64::MIN, _) => format!("at most {high}"),
                    _ => format!("between {low} and {high}"),
                };
                self.walk.push(
                    false,
                    format!("{} cannot be {number}", self.walk.subject()),
                    format!("write a number {bounds}"),
                );
            }
        }
    }

    fn text_for_bool(&mut self, text: &str) {
        let subject = self.walk.subject();
        let (message, help) = match text.to_lowercase().as_str() {
            "" => (format!("{subject} is an empty string, which Helm takes for false"), "write true or false"),
            "true" | "false" => (
                format!("{subject} is the string \"{text}\", which Helm takes for true, like any that is not empty"),
                "leave the quotes out",
            ),
            "yes" | "on" => (
                format!("{subject} is the string \"{text}\", which Helm takes for true, like any that is not empty"),
                "write true, without quotes",
            ),
            "no" | "off" => (
                format!("{subject} is the string \"{text}\", which Helm takes for true, like any that is not empty"),
                "write false, without quotes",
            ),
            _ => (
                format!("{subject} is a string, which Helm takes for true, like any that is not empty"),
                "write true or false, without quotes",
            ),
        };
        self.walk.push(false, message, help.to_owned());
    }

    fn one_of(&mut self, words: &'static [&'static str], text: &str) {
        if words.contains(&text) {
            return;
        }
        let help = closest(text, words.iter().copied()).map_or_else(|| allowed(words), did_you_mean);
        self.walk.push(false, format!("{} cannot be `{}`", self.walk.subject(), shorten(text)), help);
    }
}

const LIST_HELP: &str = "write its items as `- item` lines";
const MAP_HELP: &str = "write `name: value` lines below it";

fn allowed(words: &[&str]) -> String {
    let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
    format!("allowed: {}", words.join(", "))
}

/// The whole number that a float stands for.
#[allow(clippy::cast_possible_truncation)]
fn whole(float: f64) -> Option<i64> {
    (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
}
