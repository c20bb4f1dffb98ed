//! A value against a kind, and against the shape of a part of a Kubernetes object.

use serde_json::{Map, Number, Value as Json};

use super::{
    Check, Step, did_you_mean,
    words::{shorten, some_keys},
};
use crate::{
    chart::{
        Kind,
        shape::{Fields, Form},
    },
    scalar::{Quantity, Size},
    schema::closest,
};

/// The resources that Kubernetes names itself; any other has a domain before a slash.
pub(in crate::chart) const RESOURCE_NAMES: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
pub(in crate::chart) const HUGE_PAGES: &str = "hugepages-";
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
            (Kind::Shape(shape), _) => self.form(shape.form(), value),
            (Kind::Bool, Json::String(text)) => self.text_for_bool(text),
            (Kind::Bool, _) => self.wrong_type(value, "true or false", String::new()),
            (Kind::Integer(low, high), Json::Number(number)) => self.integer(low, high, number),
            (Kind::Integer(..), Json::String(text)) => {
                let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let help = match is_number {
                    true => "leave the quotes out",
                    false if text.contains(TEMPLATE) => "write the number: a template gives a string here",
                    false => "",
                };
                self.wrong_type(value, "a whole number", help.to_owned());
            }
            (Kind::Integer(..), _) => self.wrong_type(value, "a whole number", String::new()),
            (_, Json::String(text)) if text.contains(TEMPLATE) => {}
            (Kind::Text, Json::Number(_)) => self.wrong_type(value, "a string", "quote it".to_owned()),
            (Kind::Text, Json::Bool(truth)) => self.wrong_type(value, "a string", format!("quote it: \"{truth}\"")),
            (Kind::Text, _) => self.wrong_type(value, "a string", String::new()),
            (Kind::Scalar, _) => self.wrong_type(value, "a string or a number", String::new()),
            (Kind::OneOf(words), Json::String(text)) => self.one_of(words, text),
            (Kind::OneOf(words), _) => self.wrong_type(value, "a string", allowed(words)),
            (Kind::Quantity, _) => self.quantity(value, true),
            (Kind::List(each), Json::Array(items)) => {
                for (index, value) in items.iter().enumerate() {
                    self.at(Step::Item(index), |check| check.kind(*each, value));
                }
            }
            (Kind::List(_), _) => self.wrong_type(value, "a list", LIST_HELP.to_owned()),
            (Kind::Map(each), Json::Object(map)) => {
                for (key, value) in map {
                    self.at(Step::Key(key), |check| check.kind(*each, value));
                }
            }
            (Kind::Map(_), _) => self.wrong_type(value, "a map", MAP_HELP.to_owned()),
        }
    }

    pub(super) fn form(&mut self, form: &'static Form, value: &'v Json) {
        match (form, value) {
            (Form::Is(kind), _) => self.kind(*kind, value),
            (_, Json::Null) => {}
            (Form::Or(forms), _) => match forms.iter().find(|form| fits(form, value)) {
                Some(form) => self.form(form, value),
                None => {
                    self.wrong_type(value, &forms.iter().map(words).collect::<Vec<_>>().join(" or "), String::new())
                }
            },
            (_, Json::String(text)) if text.contains(TEMPLATE) => {}
            (Form::List(each), Json::Array(items)) => {
                for (index, value) in items.iter().enumerate() {
                    self.at(Step::Item(index), |check| check.form(each, value));
                }
            }
            (Form::List(_), _) => self.wrong_type(value, "a list", LIST_HELP.to_owned()),
            (Form::Each(each), Json::Object(map)) => {
                for (key, value) in map {
                    self.at(Step::Key(key), |check| check.form(each, value));
                }
            }
            (Form::Amounts, Json::Object(map)) => {
                for (key, value) in map {
                    self.at(Step::Key(key), |check| check.amount(key, value));
                }
            }
            (Form::Each(_) | Form::Amounts, _) => self.wrong_type(value, "a map", MAP_HELP.to_owned()),
            (Form::Map(fields), Json::Object(map)) => self.fields(fields, map),
            (Form::Map(fields), _) => self.wrong_type(value, "a map", some_keys(&names(fields))),
        }
    }

    fn fields(&mut self, fields: &'static Fields, map: &'v Map<String, Json>) {
        let mut meant = Vec::new();
        for (key, value) in map {
            match fields.below(key) {
                Some(form) => self.at(Step::Key(key), |check| check.form(form, value)),
                None if fields.open => {}
                None => {
                    let closest = closest(key, names(fields));
                    meant.extend(closest);
                    self.at(Step::Key(key), |check| {
                        let help = closest
                            .map_or_else(|| some_keys(&names(fields)), |name| did_you_mean(&check.path_beside(name)));
                        let message = format!("unknown key `{}`: Kubernetes refuses it", check.path());
                        check.push(true, message, help);
                    });
                }
            }
        }
        for need in fields.needs.iter().filter(|need| !map.contains_key(**need) && !meant.contains(need)) {
            let message = format!("{} needs `{need}`", self.subject());
            self.push(false, message, format!("add `{need}:`"));
        }
        self.alone(fields, map);
    }

    fn amount(&mut self, name: &'v str, value: &'v Json) {
        let is_known = RESOURCE_NAMES.contains(&name) || name.starts_with(HUGE_PAGES) || name.contains('/');
        if !is_known && !name.contains(TEMPLATE) {
            let help = closest(name, RESOURCE_NAMES).map_or_else(
                || format!("known resources: {}; others have a domain, like nvidia.com/gpu", RESOURCE_NAMES.join(", ")),
                |meant| did_you_mean(&self.path_beside(meant)),
            );
            let message = format!("unknown resource `{}`: Kubernetes refuses it", self.path());
            return self.push(true, message, help);
        }
        if !value.is_null() {
            self.quantity(value, matches!(name, "memory" | "ephemeral-storage"));
        }
    }

    /// `is_size` is whether it counts bytes: one below a kilobyte has lost its unit.
    fn quantity(&mut self, value: &'v Json, is_size: bool) {
        let text = match value {
            Json::String(text) if text.contains(TEMPLATE) => return,
            Json::String(text) => text.clone(),
            Json::Number(number) => number.to_string(),
            _ => return self.wrong_type(value, "a quantity", "write it like `8Gi` or `250m`".to_owned()),
        };
        let said = match Quantity::parse(&text) {
            Ok(amount) if is_size && amount.nanos() > 0 => Size::parse(&text).err(),
            Ok(_) => None,
            Err(reason) => Some(reason),
        };
        if let Some(reason) = said {
            let goes_on = ["must ", "is ", "has "].iter().any(|verb| reason.starts_with(verb));
            let message = format!("{}{} {reason}", self.subject(), if goes_on { "" } else { ":" });
            let help = if reason.contains("write") { "" } else { "write it like `8Gi` or `250m`" };
            self.push(false, message, help.to_owned());
        }
    }

    fn integer(&mut self, low: i64, high: i64, number: &Number) {
        let whole = number.as_i64().or_else(|| number.as_f64().and_then(whole));
        match whole {
            Some(whole) if (low..=high).contains(&whole) => {}
            None if !number.is_u64() => {
                let message = format!("{} is a fraction, and should be a whole number", self.subject());
                self.push(false, message, String::new());
            }
            _ => {
                let bounds = match (low, high) {
                    (_, i64::MAX) => format!("at least {low}"),
                    (i64::MIN, _) => format!("at most {high}"),
                    _ => format!("between {low} and {high}"),
                };
                self.push(false, format!("{} cannot be {number}", self.subject()), format!("write a number {bounds}"));
            }
        }
    }

    fn text_for_bool(&mut self, text: &str) {
        let subject = self.subject();
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
        self.push(false, message, help.to_owned());
    }

    fn one_of(&mut self, words: &'static [&'static str], text: &str) {
        if words.contains(&text) {
            return;
        }
        let help = closest(text, words.iter().copied()).map_or_else(|| allowed(words), did_you_mean);
        self.push(false, format!("{} cannot be `{}`", self.subject(), shorten(text)), help);
    }
}

const LIST_HELP: &str = "write its items as `- item` lines";
const MAP_HELP: &str = "write `name: value` lines below it";

fn allowed(words: &[&str]) -> String {
    let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
    format!("allowed: {}", words.join(", "))
}

fn names(fields: &'static Fields) -> Vec<&'static str> {
    fields.keys.iter().map(|(name, _)| *name).collect()
}

/// The whole number that a float stands for.
#[allow(clippy::cast_possible_truncation)]
fn whole(float: f64) -> Option<i64> {
    (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
}

fn fits(form: &Form, value: &Json) -> bool {
    match form {
        Form::List(_) => value.is_array(),
        Form::Each(_) | Form::Amounts | Form::Map(_) => value.is_object(),
        Form::Is(_) | Form::Or(_) => !value.is_array() && !value.is_object(),
    }
}

fn words(form: &Form) -> &'static str {
    match form {
        Form::List(_) => "a list",
        Form::Each(_) | Form::Amounts | Form::Map(_) => "a map",
        Form::Is(_) | Form::Or(_) => "a string",
    }
}
