//! The words of a mistake.

use serde_json::Value as Json;

use super::{Check, Mistake, Step};
use crate::path;

/// More keys than these are not listed.
pub(super) const MANY: usize = 16;
/// Longer names are cut off.
const LONGEST: usize = 80;

impl<'v> Check<'v> {
    /// The dotted path of the place.
    pub(super) fn path(&self) -> String {
        self.pointer.iter().fold(String::new(), |path, step| match step {
            Step::Key(key) => path::join(&path, &shorten(key)),
            Step::Item(index) => path::item(&path, *index),
        })
    }

    /// The path of `key` beside the place.
    pub(super) fn path_beside(&self, key: &str) -> String {
        let above = &self.pointer[..self.pointer.len().saturating_sub(1)];
        let above = above.iter().fold(String::new(), |path, step| match step {
            Step::Key(key) => path::join(&path, &shorten(key)),
            Step::Item(index) => path::item(&path, *index),
        });
        path::join(&above, key)
    }

    /// The keys that lead to the place.
    pub(super) fn keys(&self) -> Vec<&'v str> {
        let key = |step: &Step<'v>| match step {
            Step::Key(key) => Some(*key),
            Step::Item(_) => None,
        };
        self.pointer.iter().filter_map(key).collect()
    }

    pub(super) fn push(&mut self, on_key: bool, message: String, help: String) {
        let step = |step: &Step<'_>| match step {
            Step::Key(key) => (*key).to_owned(),
            Step::Item(index) => index.to_string(),
        };
        let pointer = self.pointer.iter().map(step).collect();
        self.found.push(Mistake { pointer, on_key, message, help });
    }

    pub(super) fn wrong_type(&mut self, value: &Json, wanted: &str, help: String) {
        let message = format!("{} is {}, and should be {wanted}", self.subject(), name_of(value));
        self.push(false, message, help);
    }

    /// What a sentence about the place begins with.
    pub(super) fn subject(&self) -> String {
        if self.pointer.is_empty() { "the whole".to_owned() } else { format!("`{}`", self.path()) }
    }
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
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// The keys of a map, where they are few.
pub(super) fn some_keys(keys: &[&str]) -> String {
    match keys {
        [] => String::new(),
        _ if keys.len() <= MANY => format!("its keys are: {}", keys.join(", ")),
        _ => format!("its keys are: {}, ...", keys[..MANY].join(", ")),
    }
}
