//! A value and its place, for walking down an object.

use std::rc::Rc;

use serde_json::Value as Json;

use super::At;
use crate::manifest::{Bundle, Object, at, field, text};

/// A value in an object.
#[derive(Clone)]
pub(super) struct Spot<'a, 'v> {
    pub(super) object: &'a Object,
    pub(super) value: &'v Json,
    way: Way<'v>,
}

/// The keys and list indices that lead to a value. Thousands of values are looked at for each one that is reported, so nothing
/// is spelled out before it is asked for.
type Way<'v> = Option<Rc<Step<'v>>>;

struct Step<'v> {
    above: Way<'v>,
    key: Key<'v>,
}

enum Key<'v> {
    Name(&'v str),
    Index(usize),
    /// Several names with dots between them, none of which has a dot itself.
    Dotted(&'static str),
}

impl<'a, 'v> Spot<'a, 'v> {
    /// The whole of an object.
    pub(super) fn whole(object: &'a Object) -> Spot<'a, 'a> {
        Spot { object, value: &object.body, way: None }
    }

    /// A value at the end of `keys`.
    pub(super) fn at_keys(object: &'a Object, keys: &'v [String], value: &'v Json) -> Spot<'a, 'v> {
        let top = Spot { object, value, way: None };
        keys.iter().fold(top, |spot, key| spot.step(Key::Name(key), value))
    }

    /// Another value that stands in the same place.
    pub(super) fn with(&self, value: &'v Json) -> Spot<'a, 'v> {
        Spot { object: self.object, value, way: self.way.clone() }
    }

    /// A value at the dotted path of a setting.
    pub(super) fn setting(&self, path: &'static str, value: &'v Json) -> Spot<'a, 'v> {
        self.step(Key::Dotted(path), value)
    }

    fn step(&self, key: Key<'v>, value: &'v Json) -> Spot<'a, 'v> {
        Spot { object: self.object, value, way: Some(Rc::new(Step { above: self.way.clone(), key })) }
    }

    /// The value at the end of `keys`.
    pub(super) fn value_at(&self, keys: &[&str]) -> Option<&'v Json> {
        at(self.value, keys)
    }

    /// What stands at the end of `keys`; `null` counts as nothing, as it does for Kubernetes.
    pub(super) fn get(&self, keys: &[&str]) -> Option<Spot<'a, 'v>> {
        self.value_at(keys).filter(|value| !value.is_null())?;
        keys.iter().try_fold(self.clone(), |spot, key| {
            let (key, value) = field(spot.value, key)?;
            Some(spot.step(Key::Name(key), value))
        })
    }

    /// The items of the list at the end of `keys`.
    pub(super) fn items(&self, keys: &[&str]) -> Vec<Spot<'a, 'v>> {
        let Some(items) = self.value_at(keys).and_then(Json::as_array).filter(|items| !items.is_empty()) else {
            return Vec::new();
        };
        let list = self.get(keys);
        let item = |(index, value)| Some(list.as_ref()?.step(Key::Index(index), value));
        items.iter().enumerate().filter_map(item).collect()
    }

    /// The entries of the map at the end of `keys`.
    pub(super) fn entries(&self, keys: &[&str]) -> Vec<(&'v str, Spot<'a, 'v>)> {
        let Some(entries) = self.value_at(keys).and_then(Json::as_object).filter(|map| !map.is_empty()) else {
            return Vec::new();
        };
        let map = self.get(keys);
        let entry =
            |(key, value): (&'v String, &'v Json)| Some((key.as_str(), map.as_ref()?.step(Key::Name(key), value)));
        entries.iter().filter_map(entry).collect()
    }

    /// The text at the end of `keys`.
    pub(super) fn text(&self, keys: &[&str]) -> Option<&'v str> {
        text(self.value, keys)
    }

    pub(super) fn kind(&self) -> &'v str {
        self.text(&["kind"]).unwrap_or_default()
    }

    /// The group of `apiVersion`; empty for the core group.
    pub(super) fn group(&self) -> &'v str {
        self.text(&["apiVersion"]).and_then(|version| version.split_once('/')).map_or("", |(group, _)| group)
    }

    pub(super) fn name(&self) -> &'v str {
        self.text(&["metadata", "name"]).unwrap_or_default()
    }

    pub(super) fn namespace(&self) -> &'v str {
        self.text(&["metadata", "namespace"]).unwrap_or_default()
    }

    pub(super) fn at(&self) -> At<'a> {
        At { object: self.object, pointer: self.pointer(), on_key: false }
    }

    /// The place of what the object is called, for what is wrong with the object as a whole.
    pub(super) fn at_name(&self) -> At<'a> {
        self.get(&["metadata", "name"]).unwrap_or_else(|| self.clone()).at()
    }

    /// The keys and list indices that lead here.
    pub(super) fn pointer(&self) -> Vec<String> {
        let mut pointer = Vec::new();
        let mut step = &self.way;
        while let Some(this) = step {
            match &this.key {
                Key::Name(name) => pointer.push((*name).to_owned()),
                Key::Index(index) => pointer.push(index.to_string()),
                Key::Dotted(path) => pointer.extend(path.rsplit('.').map(str::to_owned)),
            }
            step = &this.above;
        }
        pointer.reverse();
        pointer
    }
}

/// The Kubernetes objects of a tree, those in a `List` too.
pub(super) fn bodies(bundle: &Bundle) -> Vec<Spot<'_, '_>> {
    let mut bodies = Vec::new();
    bundle.objects.iter().for_each(|object| take_apart(Spot::whole(object), &mut bodies));
    bodies
}

/// Takes lists apart, those in lists too, as kustomize does.
fn take_apart<'a, 'v>(body: Spot<'a, 'v>, bodies: &mut Vec<Spot<'a, 'v>>) {
    match body.kind() {
        "" => {}
        kind if kind.ends_with("List") && body.get(&["items"]).is_some() => {
            body.items(&["items"]).into_iter().for_each(|item| take_apart(item, bodies));
        }
        _ => bodies.push(body),
    }
}
