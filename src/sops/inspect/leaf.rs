//! The leaves of a document, with the keys that lead to them.

use serde_json::Value as Json;

use super::{super::Selector, flaw::Flaw};
use crate::path;

/// One step of the way to a value.
#[derive(Clone, Copy)]
pub(super) enum Step<'d> {
    Key(&'d str),
    Index(usize),
}

/// A scalar, or whatever stands where a Secret takes scalars only.
pub(super) struct Leaf<'d> {
    pub(super) way: Vec<Step<'d>>,
    pub(super) value: &'d Json,
    /// Whether the selector names a key on the way.
    pub(super) is_named: bool,
}

struct Walk<'d, 'v> {
    way: Vec<Step<'d>>,
    is_secret: bool,
    selector: Option<&'v Selector>,
    /// How many keys on the way the selector names. Each is matched once, however much stands below it.
    named: usize,
    visit: &'v mut dyn FnMut(Leaf<'d>),
}

/// Shows every leaf beside the `sops` block.
pub(super) fn walk<'d>(
    document: &'d Json,
    is_secret: bool,
    selector: Option<&Selector>,
    visit: &mut dyn FnMut(Leaf<'d>),
) {
    let mut walk = Walk { way: Vec::new(), is_secret, selector, named: 0, visit };
    for (key, value) in document.as_object().into_iter().flatten().filter(|(key, _)| *key != "sops") {
        walk.below(Step::Key(key), value);
    }
}

impl<'d> Walk<'d, '_> {
    fn below(&mut self, step: Step<'d>, value: &'d Json) {
        let is_named = match step {
            Step::Key(key) => self.selector.is_some_and(|selector| selector.names(key)),
            Step::Index(_) => false,
        };
        self.named += usize::from(is_named);
        self.way.push(step);
        let is_value_of_secret = self.is_secret && self.way.len() == 2 && is_data(&self.way);
        match value {
            Json::Object(map) if !is_value_of_secret => {
                map.iter().for_each(|(key, value)| self.below(Step::Key(key), value));
            }
            Json::Array(items) if !is_value_of_secret => {
                items.iter().enumerate().for_each(|(at, item)| self.below(Step::Index(at), item));
            }
            _ => (self.visit)(Leaf { way: self.way.clone(), value, is_named: self.named > 0 }),
        }
        self.way.pop();
        self.named -= usize::from(is_named);
    }
}

/// Whether a way leads into `data` or `stringData`.
pub(super) fn is_data(way: &[Step<'_>]) -> bool {
    matches!(way.first(), Some(Step::Key("data" | "stringData")))
}

impl<'d> Leaf<'d> {
    pub(super) fn text(&self) -> Option<&'d str> {
        self.value.as_str()
    }

    /// The keys on the way: what selectors and seals go by.
    pub(super) fn keys(&self) -> Vec<&'d str> {
        let key = |step: &Step<'d>| match step {
            Step::Key(key) => Some(*key),
            Step::Index(_) => None,
        };
        self.way.iter().filter_map(key).collect()
    }

    pub(super) fn path(&self) -> String {
        self.way.iter().fold(String::new(), |path, step| match step {
            Step::Key(key) => path::join(&path, key),
            Step::Index(index) => path::item(&path, *index),
        })
    }

    pub(super) fn flaw(&self, rule: &'static str, message: String, help: String) -> Flaw {
        let word = |step: &Step<'_>| match step {
            Step::Key(key) => (*key).to_owned(),
            Step::Index(index) => index.to_string(),
        };
        Flaw { rule, pointer: self.way.iter().map(word).collect(), on_key: false, message, help }
    }
}
