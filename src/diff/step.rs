//! One step of a path through an object.

use serde_json::Value as Json;

/// One step from a value to one inside it. A name may be a secret, hence no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    /// A key of a map. Where a text holds YAML, the keys of that follow.
    Key(String),
    /// An item of a list whose items have names: the key of the name, the name, the index in the new list.
    Named(&'static str, Json, Option<usize>),
    /// An item of a list by its index in the old list and in the new one.
    Item(Option<usize>, Option<usize>),
    /// The order of a list's names: `before` and `after` list all of them.
    Order,
}

impl Step {
    /// The key, or the index in the new tree, where it is there.
    pub(super) fn key(&self) -> Option<String> {
        match self {
            Step::Key(key) => Some(key.clone()),
            Step::Named(_, _, index) | Step::Item(_, index) => index.map(|index| index.to_string()),
            Step::Order => None,
        }
    }
}
