//! The files of kustomize: what each lists, and what it changes about what it lists.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, HashSet},
};

use super::patch::{ByFile, Patch};
use crate::{
    manifest::{Bundle, Listing, resolve},
    view::Spot,
};

/// The names of kustomize's file, in the order in which it looks for them.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A kustomization.yaml.
pub(super) struct Overlay<'a> {
    /// The folder that it stands in, without a slash at its end.
    pub(super) folder: String,
    /// What it says.
    pub(super) spot: Spot<'a, 'a>,
    /// What it names.
    pub(super) named: Vec<Named<'a>>,
    patches: OnceCell<Vec<Patch>>,
}

/// Something in this repository that a kustomization.yaml names.
pub(super) struct Named<'a> {
    pub(super) spot: Spot<'a, 'a>,
    pub(super) path: String,
    pub(super) role: Role,
}

/// What something is named for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Objects: a file, or a folder with a kustomization.yaml.
    Resource,
    /// A folder that changes what the others give.
    Component,
    /// A patch, the content of a generated object, a setting of kustomize's.
    File,
}

impl<'a> Overlay<'a> {
    /// Every kustomization.yaml, by its folder.
    pub(super) fn all(bundle: &'a Bundle) -> BTreeMap<String, Overlay<'a>> {
        let mut overlays = BTreeMap::new();
        for object in &bundle.objects {
            let (folder, name) = object.file.rsplit_once('/').unwrap_or(("", &object.file));
            let is_kustomize = object.group().is_empty() || object.group() == "kustomize.config.k8s.io";
            let is_kind = matches!(object.kind(), "" | "Kustomization" | "Component");
            if NAMES.contains(&name) && is_kustomize && is_kind && !overlays.contains_key(folder) {
                let spot = Spot::whole(object);
                let named = named(folder, &spot);
                let overlay = Overlay { folder: folder.to_owned(), spot, named, patches: OnceCell::new() };
                overlays.insert(folder.to_owned(), overlay);
            }
        }
        overlays
    }

    /// The patches that it makes.
    pub(super) fn patches(&self, files: &ByFile<'_>) -> &[Patch] {
        self.patches.get_or_init(|| Patch::of_overlay(&self.spot, &self.folder, files))
    }

    /// The paths of that role.
    pub(super) fn paths(&self, role: Role) -> impl Iterator<Item = &Named<'a>> {
        self.named.iter().filter(move |named| named.role == role)
    }
}

/// Whether a folder has a file of kustomize's, as far as anybody knows.
pub(super) fn has_overlay(listing: &Listing, folder: &str) -> bool {
    NAMES.iter().any(|name| listing.has_file(&below(folder, name)))
}

/// A path below a folder.
pub(super) fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// What a kustomization.yaml names that stands in this repository.
fn named<'a>(folder: &str, spot: &Spot<'a, 'a>) -> Vec<Named<'a>> {
    let mut found = Vec::new();
    let mut add = |spot: Option<Spot<'a, 'a>>, role: Role| {
        let Some(spot) = spot else { return };
        let Some(text) = spot.value.as_str().filter(|text| !text.is_empty()) else { return };
        // Patches and generators may be written right here.
        let is_inline = role == Role::File && text.contains('\n');
        let path = (!is_inline && !is_remote(text)).then(|| resolve(folder, text)).flatten();
        found.extend(path.map(|path| Named { spot, path, role }));
    };
    for key in ["resources", "bases"] {
        spot.items(&[key]).into_iter().for_each(|item| add(Some(item), Role::Resource));
    }
    spot.items(&["components"]).into_iter().for_each(|item| add(Some(item), Role::Component));
    for key in ["crds", "configurations", "generators", "transformers", "validators", "patchesStrategicMerge"] {
        spot.items(&[key]).into_iter().for_each(|item| add(Some(item), Role::File));
    }
    for key in ["patches", "patchesJson6902", "replacements"] {
        spot.items(&[key]).into_iter().for_each(|item| add(item.get(&["path"]), Role::File));
    }
    add(spot.get(&["openapi", "path"]), Role::File);
    spot.items(&["helmCharts"]).into_iter().for_each(|item| add(item.get(&["valuesFile"]), Role::File));
    for (_, file) in generated(spot).iter().flat_map(|generator| files(generator)) {
        let text = file.value.as_str().unwrap_or_default();
        let path = text.split_once('=').map_or(text, |(_, path)| path);
        let path = (!is_remote(path)).then(|| resolve(folder, path)).flatten();
        found.extend(path.map(|path| Named { spot: file, path, role: Role::File }));
    }
    found
}

/// The generators of ConfigMaps and Secrets.
pub(super) fn generated<'a, 'v>(spot: &Spot<'a, 'v>) -> Vec<Spot<'a, 'v>> {
    let mut generators = spot.items(&["configMapGenerator"]);
    generators.extend(spot.items(&["secretGenerator"]));
    generators
}

/// The files that a generator reads, each with whether it becomes one key.
pub(super) fn files<'a, 'v>(generator: &Spot<'a, 'v>) -> Vec<(bool, Spot<'a, 'v>)> {
    let mut found: Vec<_> = generator.items(&["files"]).into_iter().map(|file| (true, file)).collect();
    found.extend(generator.items(&["envs"]).into_iter().map(|file| (false, file)));
    found.extend(generator.get(&["env"]).map(|file| (false, file)));
    found
}

/// Whether kustomize would fetch what is named.
fn is_remote(text: &str) -> bool {
    let host = text.split_once('/').map_or("", |(first, _)| first);
    let is_host = host.contains('.') && !matches!(host, "." | "..") && !host.starts_with('.');
    text.contains("://") || text.contains("?ref=") || text.contains("//") || text.starts_with("git@") || is_host
}

/// The files that any kustomization.yaml names, and those that a generator of KSOPS does.
pub(super) fn listed(overlays: &BTreeMap<String, Overlay<'_>>, bundle: &Bundle) -> HashSet<String> {
    let mut listed: HashSet<String> =
        overlays.values().flat_map(|overlay| &overlay.named).map(|named| named.path.clone()).collect();
    for object in bundle.objects.iter().filter(|object| object.kind() == "ksops") {
        let spot = Spot::whole(object);
        let mut files = spot.items(&["files"]);
        for made in spot.items(&["secretFrom"]) {
            ["files", "binaryFiles", "envs"].iter().for_each(|key| files.extend(made.items(&[key])));
        }
        let folder = object.folder();
        let path = |file: &Spot<'_, '_>| {
            let text = file.value.as_str()?;
            resolve(folder, text.split_once('=').map_or(text, |(_, path)| path))
        };
        listed.extend(files.iter().filter_map(path));
    }
    listed
}
