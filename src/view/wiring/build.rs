//! What kustomize would make of a folder.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, HashSet},
    rc::Rc,
};

use super::{
    fault::Fault,
    overlay::{Named, Overlay, Role, below, has_overlay},
    patch::{ByFile, Patch},
};
use crate::{
    manifest::{Bundle, Object},
    view::{Spot, Tree},
};

/// An object as kustomize gives it.
#[derive(Clone)]
pub(super) struct Item<'a, 'v> {
    /// Where it stands; for a generated one its generator.
    pub(super) spot: Spot<'a, 'v>,
    pub(super) kind: &'v str,
    pub(super) group: &'v str,
    pub(super) name: String,
    /// Its namespace; empty where it has none yet.
    pub(super) namespace: String,
    /// For a generated one, whether its name ends with a digest.
    pub(super) generated: Option<bool>,
    /// The overlays that it comes through.
    pub(super) way: Option<Rc<Step>>,
}

/// A way through overlays, the outermost first.
pub(super) struct Step {
    folder: String,
    below: Option<Rc<Step>>,
}

/// Kinds that stand in no namespace.
const CLUSTER_WIDE: &[&str] = &[
    "APIService",
    "CSIDriver",
    "ClusterIssuer",
    "ClusterPolicy",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterSecretStore",
    "CustomResourceDefinition",
    "GatewayClass",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeSnapshotClass",
];

/// Whether objects of a kind stand in namespaces, as far as that is known.
pub(super) fn is_namespaced(kind: &str) -> bool {
    !CLUSTER_WIDE.contains(&kind) && !kind.starts_with("Cluster")
}

/// The files of a tree, and what kustomize makes of its folders.
pub(super) struct Ground<'a, 'v> {
    pub(super) bundle: &'a Bundle,
    pub(super) overlays: BTreeMap<String, Overlay<'a>>,
    pub(super) files: ByFile<'a>,
    /// The Kubernetes objects of each file.
    pub(super) bodies: HashMap<&'a str, Vec<Spot<'a, 'v>>>,
    built: RefCell<HashMap<String, Rc<Vec<Item<'a, 'v>>>>>,
}

impl<'a> Ground<'a, '_> {
    /// The documents of a file.
    pub(super) fn documents(&self, path: &str) -> &[&'a Object] {
        self.files.get(path).map_or(&[], Vec::as_slice)
    }
}

impl<'a, 'v> Ground<'a, 'v>
where
    'a: 'v,
{
    pub(super) fn of(tree: &Tree<'a, 'v>) -> Ground<'a, 'v> {
        let mut files: ByFile<'a> = HashMap::new();
        for object in &tree.bundle.objects {
            files.entry(&object.file).or_default().push(object);
        }
        let mut bodies: HashMap<&'a str, Vec<Spot<'a, 'v>>> = HashMap::new();
        for body in &tree.bodies[..tree.written] {
            bodies.entry(&body.object.file).or_default().push(body.clone());
        }
        let overlays = Overlay::all(tree.bundle);
        Ground { bundle: tree.bundle, overlays, files, bodies, built: RefCell::default() }
    }

    /// The patches of the overlays that an object comes through, the innermost first.
    pub(super) fn patches<'g>(&'g self, item: &Item<'a, 'v>) -> Vec<&'g Patch> {
        let mut folders = Vec::new();
        let mut step = &item.way;
        while let Some(this) = step {
            folders.push(this.folder.as_str());
            step = &this.below;
        }
        let of_folder = |folder: &str| self.patches_of(folder, &mut HashSet::new());
        let all = folders.into_iter().rev().flat_map(of_folder);
        let is_other = |patch: &&Patch| patch.fits(item.kind, text_name(item), &item.namespace);
        all.filter(is_other).collect()
    }

    /// The patches of an overlay and of its components.
    fn patches_of<'g>(&'g self, folder: &str, seen: &mut HashSet<String>) -> Vec<&'g Patch> {
        let Some(overlay) = self.overlays.get(folder).filter(|_| seen.insert(folder.to_owned())) else {
            return Vec::new();
        };
        let components = overlay.paths(Role::Component).flat_map(|named| self.patches_of(&named.path, seen));
        let mut found: Vec<&Patch> = components.collect();
        found.extend(overlay.patches(&self.files));
        found
    }

    /// What a delivery engine makes of a folder: of its kustomization.yaml, or of everything below it.
    pub(super) fn folder(&self, folder: &str) -> Rc<Vec<Item<'a, 'v>>> {
        if self.overlays.contains_key(folder) {
            return self.overlay(folder);
        }
        if has_overlay(&self.bundle.files, folder) {
            // One that cannot be read.
            return Rc::default();
        }
        let mut items = Vec::new();
        let mut inside: Option<String> = None;
        for path in self.bundle.files.below(folder) {
            if inside
                .as_ref()
                .is_some_and(|inside| path.strip_prefix(inside.as_str()).is_some_and(|rest| rest.starts_with('/')))
            {
                continue;
            }
            let start = if folder.is_empty() { 0 } else { folder.len() + 1 };
            let between = path[start..].match_indices('/').map(|(end, _)| &path[..start + end]);
            let overlaid = between.into_iter().find(|folder| self.overlays.contains_key(*folder));
            match overlaid {
                Some(overlaid) => {
                    items.extend(self.overlay(overlaid).iter().cloned());
                    inside = Some(overlaid.to_owned());
                }
                None if path.ends_with(".yaml") || path.ends_with(".yml") => items.extend(self.file(path)),
                None => {}
            }
        }
        Rc::new(items)
    }

    /// What Argo CD makes of a folder: of its kustomization.yaml, or of the files in it; nothing known of a Helm chart.
    pub(super) fn argo(&self, folder: &str, recurse: bool) -> Vec<Item<'a, 'v>> {
        if self.overlays.contains_key(folder) {
            return self.overlay(folder).to_vec();
        }
        let listing = &self.bundle.files;
        if has_overlay(listing, folder) || listing.has_file(&below(folder, "Chart.yaml")) {
            return Vec::new();
        }
        let start = if folder.is_empty() { 0 } else { folder.len() + 1 };
        let files = listing.below(folder).filter(|path| recurse || !path[start..].contains('/'));
        files.flat_map(|path| self.file(path)).collect()
    }

    fn file(&self, path: &str) -> Vec<Item<'a, 'v>> {
        let item = |spot: &Spot<'a, 'v>| Item {
            spot: spot.clone(),
            kind: spot.kind(),
            group: spot.group(),
            name: spot.name().to_owned(),
            namespace: spot.namespace().to_owned(),
            generated: None,
            way: None,
        };
        self.bodies.get(path).into_iter().flatten().map(item).collect()
    }

    /// What an overlay gives; nothing where it leads back to itself.
    fn overlay(&self, folder: &str) -> Rc<Vec<Item<'a, 'v>>> {
        if let Some(built) = self.built.borrow().get(folder) {
            return Rc::clone(built);
        }
        self.built.borrow_mut().insert(folder.to_owned(), Rc::default());
        let built = Rc::new(self.overlays.get(folder).map(|overlay| self.build(overlay)).unwrap_or_default());
        self.built.borrow_mut().insert(folder.to_owned(), Rc::clone(&built));
        built
    }

    fn build(&self, overlay: &Overlay<'a>) -> Vec<Item<'a, 'v>> {
        let mut items = Vec::new();
        for Named { path, .. } in overlay.paths(Role::Resource).chain(overlay.paths(Role::Component)) {
            match self.files.contains_key(path.as_str()) {
                true => items.extend(self.file(path)),
                false => items.extend(self.overlay(path).iter().cloned()),
            }
        }
        items.extend(self.generated(overlay));
        let says = |key: &str| overlay.spot.text(&[key]).unwrap_or_default();
        let (namespace, prefix, suffix) = (says("namespace"), says("namePrefix"), says("nameSuffix"));
        for item in &mut items {
            if !namespace.is_empty() && is_namespaced(item.kind) {
                item.namespace = namespace.to_owned();
            }
            // Others name these by what they are called.
            if !matches!(item.kind, "Namespace" | "CustomResourceDefinition") {
                item.name = format!("{prefix}{}{suffix}", item.name);
            }
            item.way = Some(Rc::new(Step { folder: overlay.folder.clone(), below: item.way.take() }));
        }
        items
    }

    fn generated(&self, overlay: &Overlay<'a>) -> Vec<Item<'a, 'v>> {
        let keeps_name = |spot: &Spot<'_, '_>, key: &str| {
            spot.value_at(&[key, "disableNameSuffixHash"]).is_some_and(|flag| flag == true)
        };
        let mut found = Vec::new();
        for (key, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
            for spot in overlay.spot.items(&[key]) {
                if matches!(spot.text(&["behavior"]), Some("merge" | "replace")) {
                    continue;
                }
                let is_hashed = !keeps_name(&overlay.spot, "generatorOptions") && !keeps_name(&spot, "options");
                let name = spot.text(&["name"]).unwrap_or_default().to_owned();
                let namespace = spot.text(&["namespace"]).unwrap_or_default().to_owned();
                found.push(Item { spot, kind, group: "", name, namespace, generated: Some(is_hashed), way: None });
            }
        }
        found
    }
}

/// What an object was called before prefixes: patches name that.
fn text_name<'v>(item: &Item<'_, 'v>) -> &'v str {
    match item.generated {
        Some(_) => item.spot.text(&["name"]).unwrap_or_default(),
        None => item.spot.name(),
    }
}

impl Item<'_, '_> {
    /// The overlays that it comes through, the outermost first.
    pub(super) fn folders(&self) -> Vec<&str> {
        let mut folders = Vec::new();
        let mut step = &self.way;
        while let Some(this) = step {
            folders.push(this.folder.as_str());
            step = &this.below;
        }
        folders
    }

    /// Kind and name, for people.
    pub(super) fn called(&self) -> String {
        format!("{} `{}`", self.kind, self.name)
    }
}

/// Overlays that lead back to themselves: kustomize refuses them.
pub(super) fn circles<'a>(ground: &Ground<'a, '_>) -> Vec<Fault<'a>> {
    let mut found = Vec::new();
    let mut done: HashSet<&str> = HashSet::new();
    for start in ground.overlays.keys() {
        // Without recursion: a tree may be nested deeper than a stack.
        let mut path: Vec<(&str, usize)> = vec![(start, 0)];
        while let Some((folder, next)) = path.last().copied() {
            let overlay = ground.overlays.get(folder).filter(|_| !done.contains(folder));
            // Files come last.
            let named = overlay.and_then(|overlay| overlay.named.get(next)).filter(|named| named.role != Role::File);
            let Some(named) = named else {
                done.insert(folder);
                path.pop();
                continue;
            };
            if let Some(last) = path.last_mut() {
                last.1 += 1;
            }
            if path.iter().any(|(folder, _)| *folder == named.path) {
                let message = format!(
                    "this leads back to {}, so kustomize refuses the folder and nothing of it is applied",
                    below(&named.path, "kustomization.yaml")
                );
                found.push(Fault::new(
                    "dependency-cycle",
                    named.spot.at(),
                    message,
                    "list each folder from one side only",
                ));
            } else if ground.overlays.contains_key(&named.path) {
                path.push((&named.path, 0));
            }
        }
    }
    found
}
