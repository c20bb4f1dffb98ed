//! Two values side by side.

use serde_json::Value as Json;

use super::{
    Shown, Step,
    list::{self, Part},
};
use crate::{
    path,
    secrecy::{Place, embedded, masked, redact},
};

/// A difference inside one object.
pub(super) struct Found {
    pub(super) pointer: Vec<Step>,
    pub(super) before: Option<Json>,
    pub(super) after: Option<Json>,
    pub(super) shown: Shown,
}

/// Every difference between two values that stand at `place`.
pub(super) fn walk(before: Option<&Json>, after: Option<&Json>, place: &Place<'_>) -> Vec<Found> {
    let mut walk = Walk::default();
    walk.either(before, after, place);
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Vec<Found>,
    pointer: Vec<Step>,
    path: String,
}

impl Walk {
    fn either(&mut self, before: Option<&Json>, after: Option<&Json>, place: &Place<'_>) {
        match (before, after) {
            (Some(before), Some(after)) => self.both(before, after, place),
            (None, None) => {}
            _ => self.differ(before, after, place),
        }
    }

    fn both(&mut self, before: &Json, after: &Json, place: &Place<'_>) {
        if before == after {
            return;
        }
        let inner = place.inside(&[before, after]);
        match (before, after) {
            (Json::Object(old), Json::Object(new)) => {
                let gone = old.iter().filter(|(key, _)| !new.contains_key(*key)).map(|(key, _)| key);
                for key in new.keys().chain(gone) {
                    let path = path::join(&self.path, &redact(key));
                    self.at(Step::Key(key.clone()), path, |walk| {
                        walk.either(old.get(key), new.get(key), &inner.key(key));
                    });
                }
            }
            (Json::Array(old), Json::Array(new)) => self.lists(old, new, &inner),
            (Json::String(old), Json::String(new)) => match (embedded(old), embedded(new)) {
                (Some(old_value), Some(new_value)) => {
                    let known = self.found.len();
                    self.both(&old_value, &new_value, &inner.embedded());
                    // Comments and layout: who reads the text may care, and who reads the YAML does not.
                    if self.found.len() == known {
                        self.differ(Some(before), Some(after), place);
                    }
                }
                _ => self.differ(Some(before), Some(after), place),
            },
            _ => self.differ(Some(before), Some(after), place),
        }
    }

    fn lists(&mut self, old: &[Json], new: &[Json], place: &Place<'_>) {
        for part in list::parts(old, new, place) {
            match part {
                Part::Named(key, name, before, after) => {
                    let item = before.and_then(|at| old.get(at));
                    let (item, other) = (item, after.and_then(|at| new.get(at)));
                    let shown = masked(&name, &place.item(false).key(key));
                    let path = format!("{}[{key}={}]", self.path, plain(&shown));
                    self.at(Step::Named(key, name, after), path, |walk| walk.either(item, other, &place.item(false)));
                }
                Part::Item(before, after) => {
                    let index = after.or(before).unwrap_or_default();
                    let below = place.item(Place::follows_flag(old, before) || Place::follows_flag(new, after));
                    let (item, other) = (before.and_then(|at| old.get(at)), after.and_then(|at| new.get(at)));
                    let path = path::item(&self.path, index);
                    self.at(Step::Item(before, after), path, |walk| walk.either(item, other, &below));
                }
                Part::Order(before, after) => {
                    let path = self.path.clone();
                    self.at(Step::Order, path, |walk| {
                        walk.differ(Some(&before.into()), Some(&after.into()), place);
                    });
                }
            }
        }
    }

    fn at(&mut self, step: Step, path: String, below: impl FnOnce(&mut Self)) {
        let above = std::mem::replace(&mut self.path, path);
        self.pointer.push(step);
        below(self);
        self.pointer.pop();
        self.path = above;
    }

    fn differ(&mut self, before: Option<&Json>, after: Option<&Json>, place: &Place<'_>) {
        let show = |value: Option<&Json>| value.map(|value| masked(value, place));
        let is_open = |value: &&Json| !value.as_str().is_some_and(|text| text.starts_with("ENC["));
        let shown = Shown {
            path: self.path.clone(),
            before: show(before),
            after: show(after),
            is_sealed: !before.iter().chain(&after).any(is_open),
            is_masked: false,
        };
        let is_masked = shown.before.as_ref() != before || shown.after.as_ref() != after;
        self.found.push(Found {
            pointer: self.pointer.clone(),
            before: before.cloned(),
            after: after.cloned(),
            shown: Shown { is_masked, ..shown },
        });
    }
}

fn plain(name: &Json) -> String {
    name.as_str().map_or_else(|| name.to_string(), str::to_owned)
}
