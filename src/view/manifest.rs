//! The objects themselves, wherever they stand.

use std::{borrow::Cow, collections::HashSet};

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
    let patches = patches(bundle);
    let manifest = |spot: &Spot<'a, 'a>| {
        let is_patch = spot.value.get("$patch").is_some() || patches.contains(&spot.object.file);
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

/// The files that kustomize lays over others: they hold parts of objects.
fn patches(bundle: &Bundle) -> HashSet<String> {
    let is_kustomize = |object: &&Object| object.group() == "kustomize.config.k8s.io" || is_kustomization(&object.file);
    let mut files = HashSet::new();
    for object in bundle.objects.iter().filter(is_kustomize) {
        let list = |key: &str| at(&object.body, &[key]).and_then(Json::as_array).into_iter().flatten();
        let paths = list("patches").chain(list("patchesJson6902")).filter_map(|patch| patch.get("path")?.as_str());
        let merged = list("patchesStrategicMerge").filter_map(Json::as_str);
        files.extend(paths.chain(merged).map(|path| beside(object, path)));
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
