//! A value and its place, for walking down an object.

use serde_json::Value as Json;

use super::At;
use crate::manifest::{Bundle, Object, text};

/// A value in an object.
#[derive(Clone)]
pub(super) struct Spot<'a, 'v> {
    pub(super) object: &'a Object,
    pub(super) pointer: Vec<String>,
    pub(super) value: &'v Json,
}

impl<'a, 'v> Spot<'a, 'v> {
    /// What stands at the end of `keys`; `null` counts as nothing, as it does for Kubernetes.
    pub(super) fn get(&self, keys: &[&str]) -> Option<Spot<'a, 'v>> {
        let value = keys.iter().try_fold(self.value, |value, key| value.get(key)).filter(|value| !value.is_null())?;
        Some(Spot { object: self.object, pointer: self.below(keys), value })
    }

    /// The items of the list at the end of `keys`.
    pub(super) fn items(&self, keys: &[&str]) -> Vec<Spot<'a, 'v>> {
        let list = keys.iter().try_fold(self.value, |value, key| value.get(key)).and_then(Json::as_array);
        let item = |(index, value): (usize, &'v Json)| {
            let mut pointer = self.below(keys);
            pointer.push(index.to_string());
            Spot { object: self.object, pointer, value }
        };
        list.into_iter().flatten().enumerate().map(item).collect()
    }

    /// The entries of the map at the end of `keys`.
    pub(super) fn entries(&self, keys: &[&str]) -> Vec<(&'v str, Spot<'a, 'v>)> {
        let map = keys.iter().try_fold(self.value, |value, key| value.get(key)).and_then(Json::as_object);
        let entry = |(key, value): (&'v String, &'v Json)| {
            let mut pointer = self.below(keys);
            pointer.push(key.clone());
            (key.as_str(), Spot { object: self.object, pointer, value })
        };
        map.into_iter().flatten().map(entry).collect()
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
        At { object: self.object, pointer: self.pointer.clone(), on_key: false }
    }

    fn below(&self, keys: &[&str]) -> Vec<String> {
        self.pointer.iter().cloned().chain(keys.iter().map(|key| (*key).to_owned())).collect()
    }
}

/// The Kubernetes objects of a tree, those in a `List` too.
pub(super) fn bodies(bundle: &Bundle) -> Vec<Spot<'_, '_>> {
    let mut bodies = Vec::new();
    for object in &bundle.objects {
        let whole = Spot { object, pointer: Vec::new(), value: &object.body };
        match whole.kind() {
            "" => {}
            kind if kind.ends_with("List") && object.body.get("items").is_some() => {
                bodies.extend(whole.items(&["items"]).into_iter().filter(|item| !item.kind().is_empty()));
            }
            _ => bodies.push(whole),
        }
    }
    bodies
}
