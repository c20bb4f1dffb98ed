//! Patches of kustomize and Flux, as far as rules ask what an object says in the end.

use std::{borrow::Cow, collections::HashMap};

use regex_lite::Regex;
use serde_json::{Map, Value as Json};

use crate::{
    manifest::{Object, at, field, resolve, text},
    view::Spot,
    yaml::{Dialect, FileId, Source, parse},
};

/// The documents of each file.
pub(super) type ByFile<'a> = HashMap<&'a str, Vec<&'a Object>>;

/// A change to the objects that it is for.
pub(super) struct Patch {
    kind: Option<String>,
    name: Option<String>,
    namespace: Option<String>,
    change: Change,
}

enum Change {
    /// A part of an object that is laid over it.
    Merge(Json),
    /// Operations of RFC 6902.
    Operations(Vec<Json>),
}

impl Patch {
    /// The patches of a kustomization.yaml in `folder`.
    pub(super) fn of_overlay(overlay: &Spot<'_, '_>, folder: &str, files: &ByFile<'_>) -> Vec<Patch> {
        let mut found = Vec::new();
        for key in ["patches", "patchesJson6902"] {
            for patch in overlay.items(&[key]) {
                let target = patch.value.get("target");
                let inline = patch.text(&["patch"]).map(documents);
                let changes = inline.or_else(|| Some(of_file(folder, patch.text(&["path"])?, files)));
                found.extend(changes.into_iter().flatten().map(|change| Patch::new(target, change)));
            }
        }
        for patch in overlay.items(&["patchesStrategicMerge"]) {
            let text = patch.value.as_str().unwrap_or_default();
            let changes = if text.contains('\n') { documents(text) } else { of_file(folder, text, files) };
            found.extend(changes.into_iter().map(|change| Patch::new(None, change)));
        }
        found
    }

    /// The patches in the spec of a Flux Kustomization.
    pub(super) fn of_flux(body: &Json) -> Vec<Patch> {
        let patches = at(body, &["spec", "patches"]).and_then(Json::as_array).into_iter().flatten();
        let read = |patch: &Json| {
            let changes = text(patch, &["patch"]).map(documents).unwrap_or_default();
            let made = |change| Patch::new(patch.get("target"), change);
            changes.into_iter().map(made).collect::<Vec<_>>()
        };
        patches.flat_map(read).collect()
    }

    fn new(target: Option<&Json>, change: Json) -> Patch {
        let of_target = |key: &str| text(target?, &[key]).map(str::to_owned);
        let own = |keys: &[&str]| text(&change, keys).filter(|_| target.is_none()).map(str::to_owned);
        Patch {
            kind: of_target("kind").or_else(|| own(&["kind"])),
            name: of_target("name").or_else(|| own(&["metadata", "name"])),
            namespace: of_target("namespace"),
            change: match change {
                Json::Array(operations) => Change::Operations(operations),
                part => Change::Merge(part),
            },
        }
    }

    /// Whether it changes the object of that kind and name. Selectors by label are taken to fit.
    pub(super) fn fits(&self, kind: &str, name: &str, namespace: &str) -> bool {
        let fits = |wanted: &Option<String>, have: &str| {
            wanted.as_ref().is_none_or(|wanted| {
                wanted == have || Regex::new(&format!("^(?:{wanted})$")).is_ok_and(|regex| regex.is_match(have))
            })
        };
        fits(&self.kind, kind) && fits(&self.name, name) && (namespace.is_empty() || fits(&self.namespace, namespace))
    }

    /// Makes the change.
    pub(super) fn apply(&self, body: &mut Json) {
        match &self.change {
            Change::Merge(part) => {
                // What the part is called is no change.
                let mut part = part.clone();
                if let Some(metadata) = part.get_mut("metadata").and_then(Json::as_object_mut) {
                    metadata.remove("name");
                }
                merge(body, &part);
            }
            Change::Operations(operations) => operations.iter().for_each(|operation| operate(body, operation)),
        }
    }
}

/// The object as `patches` leave it.
pub(super) fn patched<'v>(body: Cow<'v, Json>, patches: &[&Patch]) -> Cow<'v, Json> {
    if patches.is_empty() {
        return body;
    }
    let mut changed = body.into_owned();
    patches.iter().for_each(|patch| patch.apply(&mut changed));
    Cow::Owned(changed)
}

fn documents(text: &str) -> Vec<Json> {
    let source = Source { id: FileId(0), name: "", bytes: text.as_bytes() };
    let documents = parse(source, Dialect::Manifest).unwrap_or_default();
    documents.into_iter().map(|node| node.to_json()).collect()
}

fn of_file(folder: &str, path: &str, files: &ByFile<'_>) -> Vec<Json> {
    let Some(path) = resolve(folder, path) else { return Vec::new() };
    files.get(path.as_str()).into_iter().flatten().map(|object| object.body.clone()).collect()
}

/// Lays one value over another: maps deeply, anything else whole; `null` takes away.
fn merge(body: &mut Json, part: &Json) {
    match (body, part) {
        (Json::Object(body), Json::Object(part)) => {
            for (key, value) in part {
                if value.is_null() {
                    body.remove(key);
                } else {
                    merge(body.entry(key.clone()).or_insert(Json::Null), value);
                }
            }
        }
        (body, Json::Object(part)) => {
            *body = Json::Object(Map::new());
            merge(body, &Json::Object(part.clone()));
        }
        (body, part) => *body = part.clone(),
    }
}

/// Makes a change of RFC 6902 as far as it adds, replaces or removes.
fn operate(body: &mut Json, operation: &Json) {
    let path = text(operation, &["path"]).unwrap_or_default();
    let keys: Vec<String> = path.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect();
    let Some((last, above)) = keys.split_last() else { return };
    let mut place = body;
    for key in above {
        place = match place {
            Json::Array(items) => match key.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                Some(item) => item,
                None => return,
            },
            Json::Object(map) => map.entry(key.clone()).or_insert_with(|| Json::Object(Map::new())),
            _ => return,
        };
    }
    let value = field(operation, "value").map(|(_, value)| value.clone());
    match (text(operation, &["op"]), place, value) {
        (Some("remove"), Json::Object(map), _) => drop(map.remove(last)),
        (Some("add" | "replace"), Json::Object(map), Some(value)) => drop(map.insert(last.clone(), value)),
        (Some("add"), Json::Array(items), Some(value)) => items.push(value),
        _ => {}
    }
}
