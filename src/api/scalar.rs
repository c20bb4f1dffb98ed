//! Values that are neither lists nor maps.

use serde_json::{Number, Value as Json};

use super::{
    form::{Form, Limits, Word},
    walk::{Walk, did_you_mean, shorten},
};
use crate::{
    scalar::{Quantity, Size},
    suggest::closest,
};

/// Whether a text has no value yet: a variable of Flux, a template of Helm, or what SOPS has sealed.
pub(super) fn is_left_open(text: &str) -> bool {
    text.contains("${") || text.contains("{{") || text.starts_with("ENC[")
}

impl Walk<'_> {
    pub(super) fn scalar(&mut self, form: &Form, limits: Option<&Limits>, value: &Json) {
        match (form, value) {
            (Form::Text, Json::String(text)) => self.text(limits, text),
            (Form::OneOf(words), Json::String(text)) => self.one_of(words, limits, text),
            (Form::Time, Json::String(text)) => self.time(text),
            (Form::Base64, Json::String(text)) => self.base64(text),
            (Form::Text | Form::OneOf(_) | Form::Time | Form::Base64, Json::Number(_)) => {
                self.wrong_type(value, "a string", "quote it".to_owned());
            }
            (Form::Text | Form::OneOf(_) | Form::Time | Form::Base64, Json::Bool(truth)) => {
                self.wrong_type(value, "a string", format!("quote it: \"{truth}\""));
            }
            (Form::Text | Form::OneOf(_) | Form::Time | Form::Base64, _) => {
                self.wrong_type(value, "a string", String::new());
            }
            (Form::Bool, Json::Bool(_)) | (Form::Number, Json::Number(_)) => {}
            (Form::Bool, Json::String(text)) => {
                let help = match text.to_lowercase().as_str() {
                    "true" | "false" => "leave the quotes out",
                    "yes" | "on" => "write true, without quotes",
                    "no" | "off" => "write false, without quotes",
                    _ => "",
                };
                self.wrong_type(value, "true or false", help.to_owned());
            }
            (Form::Bool, _) => self.wrong_type(value, "true or false", String::new()),
            (Form::Integer, Json::Number(number)) => self.integer(limits, number),
            (Form::Integer | Form::Number, _) => {
                let is_number = value.as_str().is_some_and(|text| text.parse::<f64>().is_ok());
                let help = if is_number { "leave the quotes out" } else { "" };
                let wanted = if matches!(form, Form::Integer) { "a whole number" } else { "a number" };
                self.wrong_type(value, wanted, help.to_owned());
            }
            (Form::IntOrString, Json::String(text)) => self.text(limits, text),
            (Form::IntOrString, Json::Number(number)) if whole(number).is_some() => {}
            (Form::IntOrString, _) => self.wrong_type(value, "a whole number or a string", String::new()),
            (Form::Quantity, _) => self.quantity(value, false),
            _ => {}
        }
    }

    fn text(&mut self, limits: Option<&Limits>, text: &str) {
        let Some(limits) = limits.filter(|limits| !(limits.takes_empty && text.is_empty())) else { return };
        // Kubernetes counts characters.
        let shorter = limits.shortest.filter(|shortest| text.chars().count() < *shortest);
        let longer = limits.longest.filter(|longest| text.chars().count() > *longest);
        if let Some(bound) = shorter {
            let message = match text.is_empty() {
                true => format!("{} is empty", self.subject()),
                false => format!("{} is shorter than {bound} characters", self.subject()),
            };
            return self.push(false, message, String::new());
        }
        if let Some(bound) = longer {
            let message = format!("{} is longer than {bound} characters", self.subject());
            return self.push(false, message, "write a shorter one".to_owned());
        }
        if let Some(pattern) = limits.pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
            let help = match &*pattern.text {
                text if text.contains("ms|s|m|h") => {
                    "write a duration such as `30s`, `5m` or `1h30m`; days are not known"
                }
                "^[0-9]+%$" => "write a number, or a percentage such as `25%`",
                text if text.starts_with("^[a-z0-9]([-a-z0-9]") => {
                    "write lower case letters, digits and dashes, a letter or digit at both ends; the name of a port has 15 at most"
                }
                text if text.contains("ms|s|m)") => {
                    "write a duration such as `30s` or `5m`; hours and days are not known"
                }
                _ => "",
            };
            let help =
                if help.is_empty() { format!("it must match {}", shorten(&pattern.text)) } else { help.to_owned() };
            self.push(false, format!("{} cannot be `{}`", self.subject(), shorten(text)), help);
        }
    }

    fn one_of(&mut self, words: &[Word], limits: Option<&Limits>, text: &str) {
        // The empty text is how Kubernetes' own types are left out.
        let is_nothing = text.is_empty() && limits.is_none_or(|limits| limits.takes_empty);
        if is_nothing || words.iter().any(|word| word == text) {
            return;
        }
        let words = || words.iter().map(|word| &**word);
        let help = match closest(text, words()) {
            Some(meant) => did_you_mean(meant),
            None => format!("allowed: {}", words().collect::<Vec<_>>().join(", ")),
        };
        self.push(false, format!("{} cannot be `{}`", self.subject(), shorten(text)), help);
    }

    fn integer(&mut self, limits: Option<&Limits>, number: &Number) {
        let Some(whole) = whole(number) else {
            if !number.is_u64() {
                let message = format!("{} is a fraction, and should be a whole number", self.subject());
                self.push(false, message, String::new());
            }
            return;
        };
        let (low, high) = limits.map_or((None, None), |limits| (limits.low, limits.high));
        if low.is_some_and(|low| whole < low) || high.is_some_and(|high| whole > high) {
            let bounds = match (low, high) {
                (Some(low), Some(high)) => format!("between {low} and {high}"),
                (Some(low), None) => format!("at least {low}"),
                _ => format!("at most {}", high.unwrap_or(i64::MAX)),
            };
            self.push(false, format!("{} cannot be {number}", self.subject()), format!("write a number {bounds}"));
        }
    }

    /// `is_size` is whether it counts bytes: one below a kilobyte has lost its unit.
    pub(super) fn quantity(&mut self, value: &Json, is_size: bool) {
        let text = match value {
            Json::String(text) if is_left_open(text) => return,
            Json::String(text) => text.clone(),
            Json::Number(number) => number.to_string(),
            _ => return self.wrong_type(value, "a quantity", QUANTITY_HELP.to_owned()),
        };
        let said = match Quantity::parse(&text) {
            Ok(amount) if is_size && amount.nanos() > 0 => Size::parse(&text).err(),
            Ok(_) => None,
            // A sign is Kubernetes', and asking for less than nothing is refused elsewhere.
            Err(_) if text.strip_prefix(['+', '-']).is_some_and(|text| Quantity::parse(text).is_ok()) => None,
            Err(reason) => Some(reason),
        };
        if let Some(reason) = said {
            let goes_on = ["must ", "is ", "has "].iter().any(|verb| reason.starts_with(verb));
            let message = format!("{}{} {reason}", self.subject(), if goes_on { "" } else { ":" });
            let help = if reason.contains("write") { "" } else { QUANTITY_HELP };
            self.push(false, message, help.to_owned());
        }
    }

    fn time(&mut self, text: &str) {
        let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        let is_zoned = shape.ends_with('Z') || shape.ends_with("+00:00") || shape.ends_with("-00:00");
        if !shape.starts_with("0000-00-00T00:00:00") || !is_zoned {
            let message = format!("{} is no point in time", self.subject());
            self.push(false, message, "write it like `2026-11-21T18:00:00Z`".to_owned());
        }
    }

    /// The text may be a secret, and is not shown.
    fn base64(&mut self, text: &str) {
        let digits = || text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r'));
        let padding = digits().rev().take_while(|byte| *byte == b'=').count();
        let length = digits().count();
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        if length % 4 != 0 || padding > 2 || !digits().take(length - padding).all(is_digit) {
            let message = format!("{} is no base64", self.subject());
            self.push(false, message, "encode it, or write plain text below `stringData` and seal the file".to_owned());
        }
    }
}

const QUANTITY_HELP: &str = "write it like `8Gi` or `250m`";

/// The whole number that a number stands for.
#[allow(clippy::cast_possible_truncation)]
fn whole(number: &Number) -> Option<i64> {
    let float = |float: f64| (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64);
    number.as_i64().or_else(|| number.as_f64().and_then(float))
}
