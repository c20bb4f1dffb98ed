//! The way to a value, and the mistakes on it.

use serde_json::Value as Json;

use crate::{diagnostic::Fix, path};

/// Something in an object, or in the values of a chart, that whoever reads it refuses or ignores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands: keys, and list indices as their digits.
    pub pointer: Vec<String>,
    /// Whether the key is wrong and not its value.
    pub on_key: bool,
    /// What is wrong. It never holds a text that could be a secret.
    pub message: String,
    /// How to put it right; may be empty.
    pub help: String,
    /// A change that puts it right.
    pub fix: Option<Fix>,
}

/// A step of the way to a value.
#[derive(Clone, Copy, Debug)]
pub enum Step<'v> {
    /// A key of a map.
    Key(&'v str),
    /// An item of a list.
    Item(usize),
}

/// The way to the value that is being looked at, and what was found so far.
#[derive(Default)]
pub struct Walk<'v> {
    /// The steps that lead here.
    pub pointer: Vec<Step<'v>>,
    /// The mistakes.
    pub found: Vec<Mistake>,
}

/// More keys than these are not listed.
pub const MANY: usize = 16;
/// Longer names are cut off.
const LONGEST: usize = 80;

impl<'v> Walk<'v> {
    /// The dotted path of the place.
    #[must_use]
    pub fn path(&self) -> String {
        spelled(&self.pointer)
    }

    /// The path of `key` beside the place.
    #[must_use]
    pub fn path_beside(&self, key: &str) -> String {
        path::join(&spelled(&self.pointer[..self.pointer.len().saturating_sub(1)]), key)
    }

    /// The keys that lead to the place.
    #[must_use]
    pub fn keys(&self) -> Vec<&'v str> {
        let key = |step: &Step<'v>| match step {
            Step::Key(key) => Some(*key),
            Step::Item(_) => None,
        };
        self.pointer.iter().filter_map(key).collect()
    }

    /// Reports a mistake at the place.
    pub fn push(&mut self, on_key: bool, message: String, help: String) {
        let step = |step: &Step<'_>| match step {
            Step::Key(key) => (*key).to_owned(),
            Step::Item(index) => index.to_string(),
        };
        let pointer = self.pointer.iter().map(step).collect();
        self.found.push(Mistake { pointer, on_key, message, help, fix: None });
    }

    /// Reports a value of the wrong type.
    pub fn wrong_type(&mut self, value: &Json, wanted: &str, help: String) {
        let message = format!("{} is {}, and should be {wanted}", self.subject(), name_of(value));
        self.push(false, message, help);
    }

    /// What a sentence about the place begins with.
    #[must_use]
    pub fn subject(&self) -> String {
        if self.pointer.is_empty() { "the whole".to_owned() } else { format!("`{}`", self.path()) }
    }
}

fn spelled(steps: &[Step<'_>]) -> String {
    steps.iter().fold(String::new(), |path, step| match step {
        Step::Key(key) => path::join(&path, &shorten(key)),
        Step::Item(index) => path::item(&path, *index),
    })
}

fn name_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}

/// A name as a message holds it.
#[must_use]
pub fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// The keys of a map, where they are few.
#[must_use]
pub fn some_keys(keys: &[&str]) -> String {
    match keys {
        [] => String::new(),
        _ if keys.len() <= MANY => format!("its keys are: {}", keys.join(", ")),
        _ => format!("its keys are: {}, ...", keys[..MANY].join(", ")),
    }
}

/// What was meant.
#[must_use]
pub fn did_you_mean(path: &str) -> String {
    format!("did you mean `{path}`?")
}
