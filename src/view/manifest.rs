//! The objects themselves, wherever they stand.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use serde_json::Value as Json;

use super::{At, Spot};
use crate::{
    api::Extent,
    manifest::{Bundle, Object, at},
};

/// A Kubernetes object: a document, an item of a list, or what the values of a chart add to its release.
pub struct Manifest<'a> {
    /// The document that it stands in.
    pub object: &'a Object,
    /// What it says.
    pub body: Cow<'a, Json>,
    /// Whether all of it is there.
    pub extent: Extent,
    /// The keys that lead to it.
    prefix: Vec<String>,
}

impl<'a> Manifest<'a> {
    /// The place of a pointer into it.
    #[must_use]
    pub fn at(&self, pointer: &[String], on_key: bool) -> At<'a> {
        At { object: self.object, pointer: self.prefix.iter().chain(pointer).cloned().collect(), on_key }
    }
}

/// The objects of the documents of a tree.
pub(super) fn written<'a>(bundle: &'a Bundle, bodies: &[Spot<'a, 'a>]) -> Vec<Manifest<'a>> {
    // gen's own kustomizations complete nothing.
    let partial = if bundle.provided.is_none() { partial(bundle) } else { HashSet::new() };
    let manifest = |spot: &Spot<'a, 'a>| {
        let is_patch = spot.value.get("$patch").is_some() || partial.contains(&spot.object.file);
        let extent = if is_patch { Extent::Partial } else { Extent::Whole };
        Manifest { object: spot.object, body: Cow::Borrowed(spot.value), extent, prefix: spot.pointer() }
    };
    bodies.iter().map(manifest).collect()
}

/// An object that values add.
pub(super) fn extra<'a>(spot: &Spot<'a, '_>) -> Manifest<'a> {
    let body = Cow::Owned(spot.value.clone());
    Manifest { object: spot.object, body, extent: Extent::Whole, prefix: spot.pointer() }
}

/// The files that hold parts of objects: those that kustomize lays over others, and those that it lays them over.
fn partial(bundle: &Bundle) -> HashSet<String> {
    let is_kustomize = |object: &&Object| object.group() == "kustomize.config.k8s.io" || is_kustomization(&object.file);
    let kustomizations: Vec<&Object> = bundle.objects.iter().filter(is_kustomize).collect();
    let by_folder: HashMap<String, &Object> =
        kustomizations.iter().map(|object| (beside(object, "."), *object)).collect();
    let list = |object: &'_ Object, keys: &[&str]| -> Vec<String> {
        let lists = keys.iter().filter_map(|key| at(&object.body, &[key])?.as_array());
        lists
            .flatten()
            .filter_map(|entry| entry.as_str().or_else(|| entry.get("path")?.as_str()))
            .map(str::to_owned)
            .collect()
    };
    let mut files = HashSet::new();
    let mut completed: Vec<&Object> = Vec::new();
    for object in &kustomizations {
        let patches = list(object, &["patches", "patchesJson6902", "patchesStrategicMerge"]);
        files.extend(patches.iter().map(|path| beside(object, path)));
        let adds = ["patches", "patchesJson6902", "patchesStrategicMerge", "commonLabels"];
        let selects = at(&object.body, &["labels"]).and_then(Json::as_array).into_iter().flatten();
        let mut selects = selects.filter_map(|labels| labels.get("includeSelectors")?.as_bool());
        if adds.iter().any(|key| at(&object.body, &[key]).is_some()) || selects.any(|selects| selects) {
            completed.push(object);
        }
    }
    let mut seen = HashSet::new();
    while let Some(object) = completed.pop() {
        if !seen.insert(&object.file) {
            continue;
        }
        for path in list(object, &["resources", "bases", "components"]) {
            let path = beside(object, &path);
            match by_folder.get(&path) {
                Some(below) => completed.push(below),
                None => drop(files.insert(path)),
            }
        }
    }
    files
}

fn is_kustomization(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization")
}

/// A path as a document names it, from the top of the tree.
fn beside(object: &Object, path: &str) -> String {
    let mut parts: Vec<&str> = object.folder().split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
