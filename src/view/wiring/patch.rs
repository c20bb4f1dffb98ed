//! Patches of kustomize and Flux, as far as rules ask what an object says in the end.

use std::{borrow::Cow, cell::OnceCell, collections::HashMap};

use regex_lite::Regex;
use serde_json::{Map, Value as Json};

use crate::{
    manifest::{Object, at, field, resolve, text},
    view::Spot,
    yaml::{Dialect, FileId, Source, parse},
};

/// The documents of each file.
pub(super) type ByFile<'a> = HashMap<&'a str, Vec<&'a Object>>;

/// A change to the objects that it is for. Most are for objects that nobody asks about, and those are never read.
pub(super) struct Patch {
    target: Option<Target>,
    written: Written,
    changes: OnceCell<Vec<Json>>,
}

struct Target {
    kind: Option<String>,
    name: Option<String>,
    namespace: Option<String>,
}

enum Written {
    Text(String),
    Documents(Vec<Json>),
}

impl Patch {
    /// The patches of a kustomization.yaml in `folder`.
    pub(super) fn of_overlay(overlay: &Spot<'_, '_>, folder: &str, files: &ByFile<'_>) -> Vec<Patch> {
        let mut found = Vec::new();
        for patch in overlay.items(&["patches"]).iter().chain(&overlay.items(&["patchesJson6902"])) {
            let inline = patch.text(&["patch"]).map(|text| Written::Text(text.to_owned()));
            let written = inline.or_else(|| Some(Written::Documents(of_file(folder, patch.text(&["path"])?, files))));
            found.extend(written.map(|written| Patch::new(patch.value.get("target"), written)));
        }
        for patch in overlay.items(&["patchesStrategicMerge"]) {
            let text = patch.value.as_str().unwrap_or_default();
            let written = match text.contains('\n') {
                true => Written::Text(text.to_owned()),
                false => Written::Documents(of_file(folder, text, files)),
            };
            found.push(Patch::new(None, written));
        }
        found
    }

    /// The patches in the spec of a Flux Kustomization.
    pub(super) fn of_flux(body: &Json) -> Vec<Patch> {
        let patches = at(body, &["spec", "patches"]).and_then(Json::as_array).into_iter().flatten();
        let read = |patch: &Json| {
            let written = Written::Text(text(patch, &["patch"])?.to_owned());
            Some(Patch::new(patch.get("target"), written))
        };
        patches.filter_map(read).collect()
    }

    fn new(target: Option<&Json>, written: Written) -> Patch {
        let target = target.map(|target| {
            let says = |key: &str| text(target, &[key]).map(str::to_owned);
            Target { kind: says("kind"), name: says("name"), namespace: says("namespace") }
        });
        Patch { target, written, changes: OnceCell::new() }
    }

    fn changes(&self) -> &[Json] {
        self.changes.get_or_init(|| match &self.written {
            Written::Text(text) => documents(text),
            Written::Documents(documents) => documents.clone(),
        })
    }

    /// Whether it changes the object of that kind and name. Selectors by label are taken to fit.
    pub(super) fn fits(&self, kind: &str, name: &str, namespace: &str) -> bool {
        let fits = |wanted: &Option<String>, have: &str| {
            wanted.as_ref().is_none_or(|wanted| {
                wanted == have || Regex::new(&format!("^(?:{wanted})$")).is_ok_and(|regex| regex.is_match(have))
            })
        };
        match &self.target {
            Some(target) => {
                let is_there = namespace.is_empty() || fits(&target.namespace, namespace);
                fits(&target.kind, kind) && fits(&target.name, name) && is_there
            }
            None => self.changes().iter().any(|change| is_named(change, kind, name)),
        }
    }

    /// Makes the change to an object of that kind and name.
    fn apply(&self, body: &mut Json) {
        let name = |body: &Json| text(body, &["metadata", "name"]).unwrap_or_default().to_owned();
        let (kind, name) = (text(body, &["kind"]).unwrap_or_default().to_owned(), name(body));
        for change in self.changes() {
            match change {
                Json::Array(operations) => operations.iter().for_each(|operation| operate(body, operation)),
                part if self.target.is_some() || is_named(part, &kind, &name) => {
                    // What the part is called is no change.
                    let mut part = part.clone();
                    if let Some(metadata) = part.get_mut("metadata").and_then(Json::as_object_mut) {
                        metadata.remove("name");
                    }
                    merge(body, &part);
                }
                _ => {}
            }
        }
    }
}

/// Whether a part of an object says that it is one of that kind and name.
fn is_named(part: &Json, kind: &str, name: &str) -> bool {
    text(part, &["kind"]) == Some(kind) && text(part, &["metadata", "name"]) == Some(name)
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

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::json;

    use super::{Patch, patched};

    #[test]
    fn patches_are_made_as_kustomize_makes_them() {
        let body = json!({"kind": "HelmRelease", "metadata": {"name": "a"}, "spec": {"install": {"crds": "Skip"}}});
        let flux = json!({"spec": {"patches": [
            {"target": {"kind": "HelmRelease", "name": "a|b"}, "patch": "kind: X\nmetadata: {name: any}\nspec: {install: {crds: null, timeout: 1m}}"},
            {"target": {"kind": "HelmRelease"}, "patch": "- {op: add, path: /metadata/labels/x~1y, value: z}"},
            {"patch": "kind: HelmRelease\nmetadata: {name: other}\nspec: null"},
        ]}});
        let patches = Patch::of_flux(&flux);
        let fitting: Vec<&Patch> = patches.iter().filter(|patch| patch.fits("HelmRelease", "a", "")).collect();
        assert_eq!(fitting.len(), 2);
        assert!(!patches[0].fits("HelmRelease", "abc", ""));
        let wanted = json!({"kind": "X", "metadata": {"name": "a", "labels": {"x/y": "z"}}, "spec": {"install": {"timeout": "1m"}}});
        assert_eq!(*patched(Cow::Borrowed(&body), &fitting), wanted);
    }
}
