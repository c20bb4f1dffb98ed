//! What is delivered: the Kustomizations of Flux and the Applications of Argo CD, each with the objects that it applies.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
};

use serde_json::Value as Json;

use super::{
    build::{Ground, Item, is_namespaced},
    patch::{Patch, patched},
    root::{Source, Wish, folders, plain},
};
use crate::{
    manifest::{at, resolve, text},
    view::{Spot, Tree},
};

/// The engine that delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Flux,
    Argo,
}

/// A Kustomization of Flux or an Application of Argo CD.
pub(super) struct Delivery<'a, 'v> {
    pub(super) engine: Engine,
    pub(super) spot: Spot<'a, 'v>,
    pub(super) name: String,
    pub(super) namespace: String,
    /// What it says in the end: others may patch it.
    pub(super) body: Cow<'v, Json>,
    /// Each folder that it applies, with the place that names it.
    pub(super) folders: Vec<(Spot<'a, 'v>, String)>,
    pub(super) items: Rc<Vec<Item<'a, 'v>>>,
    patches: Vec<Patch>,
    /// The deliveries that apply it.
    parents: Vec<(usize, usize)>,
}

/// What is applied to one cluster.
pub(super) struct Cluster {
    /// The deliveries, by index.
    pub(super) members: Vec<usize>,
}

/// All that is delivered.
pub(super) struct Deliveries<'a, 'v> {
    pub(super) all: Vec<Delivery<'a, 'v>>,
    pub(super) clusters: Vec<Cluster>,
}

impl<'a: 'v, 'v> Delivery<'a, 'v> {
    /// The text at the end of `keys` of what it says in the end.
    pub(super) fn text(&self, keys: &[&str]) -> Option<&str> {
        text(&self.body, keys)
    }

    /// The value at the end of `keys` of what it says in the end.
    pub(super) fn value(&self, keys: &[&str]) -> Option<&Json> {
        at(&self.body, keys)
    }

    /// The items of the list at the end of `keys`.
    pub(super) fn list(&self, keys: &[&str]) -> &[Json] {
        self.value(keys).and_then(Json::as_array).map_or(&[], Vec::as_slice)
    }

    /// What it is called, for people.
    pub(super) fn called(&self) -> String {
        let kind = if self.engine == Engine::Flux { "Kustomization" } else { "Application" };
        format!("{kind} `{}`", self.name)
    }

    /// The namespace that an object of it ends up in.
    pub(super) fn namespace_of<'i>(&'i self, item: &'i Item<'a, 'v>) -> &'i str {
        if !is_namespaced(item.kind) {
            return "";
        }
        let target = match self.engine {
            Engine::Flux => self.text(&["spec", "targetNamespace"]),
            Engine::Argo if item.namespace.is_empty() => self.text(&["spec", "destination", "namespace"]),
            Engine::Argo => None,
        };
        target.filter(|target| !target.is_empty()).unwrap_or(&item.namespace)
    }

    /// What an object of it says in the end, as far as patches are understood.
    pub(super) fn applied(&self, ground: &Ground<'a, 'v>, item: &Item<'a, 'v>) -> Cow<'v, Json> {
        let mut patches = ground.patches(item);
        patches.extend(self.patches.iter().filter(|patch| patch.fits(item.kind, &item.name, &item.namespace)));
        patched(Cow::Borrowed(item.spot.value), &patches)
    }

    /// Where the cluster is that it applies to, where it is not the one that it stands in.
    pub(super) fn remote(&self) -> String {
        let keys: &[&str] = match self.engine {
            Engine::Flux => &["spec", "kubeConfig"],
            Engine::Argo => &["spec", "destination"],
        };
        let Some(remote) = self.value(keys) else { return String::new() };
        ["server", "name"].iter().find_map(|key| text(remote, &[key])).map_or_else(|| remote.to_string(), str::to_owned)
    }
}

/// Whether an object is a Kustomization of Flux.
pub(super) fn is_flux(kind: &str, group: &str) -> bool {
    kind == "Kustomization" && group == "kustomize.toolkit.fluxcd.io"
}

impl<'a, 'v> Deliveries<'a, 'v>
where
    'a: 'v,
{
    pub(super) fn of(
        tree: &Tree<'a, 'v>,
        ground: &Ground<'a, 'v>,
        patches: &dyn Fn(&str) -> bool,
    ) -> Deliveries<'a, 'v> {
        let artifacts = Artifacts::of(tree);
        let mut all = Vec::new();
        let mut wishes = Vec::new();
        for body in &tree.bodies[..tree.written] {
            let asked = match (body.kind(), body.group()) {
                (kind, group) if is_flux(kind, group) => vec![of_flux(body, &artifacts)],
                ("Application", "argoproj.io") => of_argo(body),
                _ => continue,
            };
            if patches(&body.object.file) {
                continue;
            }
            let engine = if body.kind() == "Application" { Engine::Argo } else { Engine::Flux };
            for (spot, wish) in asked {
                wishes.push(wish);
                all.push((engine, body.clone(), spot));
            }
        }
        let mut urls: HashMap<(&str, &str), &str> = HashMap::new();
        for body in tree.bodies.iter().filter(|body| body.kind() == "GitRepository") {
            urls.extend(body.text(&["spec", "url"]).map(|url| ((body.namespace(), body.name()), url)));
        }
        let url = |(kind, namespace, name): &Source| match kind.as_str() {
            "repoURL" => Some(name.clone()),
            _ => urls.get(&(namespace.as_str(), name.as_str())).map(|url| (*url).to_owned()),
        };
        let found = folders(&wishes, &tree.bundle.files, &url);
        let mut deliveries: Vec<Delivery<'a, 'v>> = Vec::new();
        for ((engine, body, spot), folder) in all.into_iter().zip(found) {
            let is_same = |last: &&mut Delivery<'a, 'v>| std::ptr::eq(last.spot.value, body.value);
            let folders: Vec<_> = folder.map(|folder| (spot, folder)).into_iter().collect();
            match deliveries.last_mut().filter(is_same) {
                Some(last) => last.folders.extend(folders),
                None => deliveries.push(Delivery {
                    engine,
                    name: body.name().to_owned(),
                    namespace: body.namespace().to_owned(),
                    body: Cow::Borrowed(body.value),
                    spot: body,
                    folders,
                    items: Rc::default(),
                    patches: Vec::new(),
                    parents: Vec::new(),
                }),
            }
        }
        deliveries.iter_mut().for_each(|delivery| delivery.items = items(ground, delivery));
        let mut deliveries = Deliveries { all: deliveries, clusters: Vec::new() };
        deliveries.find_parents();
        deliveries.patch(ground);
        deliveries.clusters = deliveries.clusters();
        deliveries
    }

    fn find_parents(&mut self) {
        let index: HashMap<*const Json, usize> = self
            .all
            .iter()
            .enumerate()
            .map(|(index, delivery)| (std::ptr::from_ref(delivery.spot.value), index))
            .collect();
        let mut parents = Vec::new();
        for (parent, delivery) in self.all.iter().enumerate() {
            for (number, item) in delivery.items.iter().enumerate() {
                let child = index.get(&std::ptr::from_ref(item.spot.value)).copied();
                parents.extend(child.filter(|child| *child != parent).map(|child| (child, parent, number)));
            }
        }
        for (child, parent, number) in parents {
            self.all[child].parents.push((parent, number));
        }
    }

    /// Makes each what its parents' patches leave of it, from the top down.
    fn patch(&mut self, ground: &Ground<'a, 'v>) {
        let mut is_done = vec![false; self.all.len()];
        for start in 0..self.all.len() {
            let mut chain = vec![start];
            let mut seen = BTreeSet::from([start]);
            while let Some((parent, _)) = chain.last().and_then(|last| self.all[*last].parents.first().copied()) {
                if is_done[parent] || !seen.insert(parent) {
                    break;
                }
                chain.push(parent);
            }
            for this in chain.into_iter().rev().filter(|this| !std::mem::replace(&mut is_done[*this], true)) {
                if let Some((parent, number)) = self.all[this].parents.first().copied() {
                    let above = &self.all[parent];
                    let item = &above.items[number];
                    let (name, namespace) = (item.name.clone(), above.namespace_of(item).to_owned());
                    let body = above.applied(ground, item);
                    let delivery = &mut self.all[this];
                    (delivery.name, delivery.namespace, delivery.body) = (name, namespace, body);
                }
                self.all[this].patches = Patch::of_flux(&self.all[this].body);
            }
        }
    }

    /// What has no parent in this tree is the top of a cluster, together with what stands beside it.
    fn clusters(&self) -> Vec<Cluster> {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.all.len()];
        let mut tops: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, delivery) in self.all.iter().enumerate() {
            delivery.parents.iter().for_each(|(parent, _)| children[*parent].push(index));
            if delivery.parents.is_empty() {
                tops.entry(delivery.spot.object.folder()).or_default().push(index);
            }
        }
        let mut clusters = Vec::new();
        for tops in tops.into_values() {
            // Two of one name cannot stand in one cluster.
            let names: BTreeSet<_> = tops.iter().map(|top| (&self.all[*top].namespace, &self.all[*top].name)).collect();
            let groups =
                if names.len() == tops.len() { vec![tops] } else { tops.into_iter().map(|top| vec![top]).collect() };
            for mut members in groups {
                let mut seen: BTreeSet<usize> = members.iter().copied().collect();
                let mut next = 0;
                while let Some(member) = members.get(next).copied() {
                    members.extend(children[member].iter().copied().filter(|child| seen.insert(*child)));
                    next += 1;
                }
                clusters.push(Cluster { members });
            }
        }
        clusters
    }
}

/// The objects that a delivery applies.
fn items<'a, 'v>(ground: &Ground<'a, 'v>, delivery: &Delivery<'a, 'v>) -> Rc<Vec<Item<'a, 'v>>>
where
    'a: 'v,
{
    let [(_, folder)] = delivery.folders.as_slice() else {
        let all = delivery.folders.iter().flat_map(|(_, folder)| ground.argo(folder, false));
        return Rc::new(all.collect());
    };
    if delivery.engine == Engine::Argo {
        let recurse = delivery.value(&["spec", "source", "directory", "recurse"]);
        return Rc::new(ground.argo(folder, recurse.is_some_and(|recurse| recurse == true)));
    }
    let built = ground.folder(folder);
    let components = delivery.list(&["spec", "components"]).iter().filter_map(Json::as_str);
    let components: Vec<String> = components.filter_map(|component| resolve(folder, component)).collect();
    match components.is_empty() {
        true => built,
        false => {
            let more = components.iter().flat_map(|component| ground.folder(component).to_vec());
            Rc::new(built.iter().cloned().chain(more).collect())
        }
    }
}

type Asked<'a, 'v> = (Spot<'a, 'v>, Option<Wish<'v>>);

/// What a Flux Kustomization asks for.
fn of_flux<'a: 'v, 'v>(body: &Spot<'a, 'v>, artifacts: &Artifacts) -> Asked<'a, 'v> {
    let spot = body.get(&["spec", "path"]).unwrap_or_else(|| body.clone());
    let wish = || {
        let path = plain(body.text(&["spec", "path"]).unwrap_or("."))?;
        let says = |key: &str| body.text(&["spec", "sourceRef", key]);
        let (kind, name) = (says("kind")?, says("name")?.to_owned());
        let namespace = says("namespace").unwrap_or(body.namespace()).to_owned();
        let file = body.object.file.as_str();
        match kind {
            "ExternalArtifact" => {
                let (source, path) = artifacts.find(&name, &path)?;
                Some(Wish { source: (source.0, namespace, source.1), path, file })
            }
            // An artifact of another kind need not be a whole repository.
            "GitRepository" => Some(Wish { source: (kind.to_owned(), namespace, name), path, file }),
            _ => None,
        }
    };
    (spot, wish())
}

/// What an Application asks for: each source with a path in a repository.
fn of_argo<'a: 'v, 'v>(body: &Spot<'a, 'v>) -> Vec<Asked<'a, 'v>> {
    let mut sources = body.items(&["spec", "sources"]);
    sources.extend(body.get(&["spec", "source"]));
    let asked = |source: &Spot<'a, 'v>| {
        let spot = source.get(&["path"])?;
        let file = body.object.file.as_str();
        let (path, url) = (plain(spot.value.as_str()?)?, source.text(&["repoURL"])?);
        let is_git = !url.starts_with("oci://");
        let wish = is_git.then(|| Wish { source: ("repoURL".to_owned(), String::new(), url.to_owned()), path, file });
        Some((spot, wish))
    };
    let asked: Vec<_> = sources.iter().filter_map(asked).collect();
    if asked.is_empty() { vec![(body.clone(), None)] } else { asked }
}

/// What the ArtifactGenerators of a tree copy: name of the artifact, then source and path of each copy with where it goes.
struct Artifacts {
    copies: HashMap<String, Vec<Copied>>,
}

struct Copied {
    source: (String, String),
    from: String,
    to: String,
}

impl Artifacts {
    fn of(tree: &Tree<'_, '_>) -> Artifacts {
        let mut copies: HashMap<String, Vec<Copied>> = HashMap::new();
        for body in tree.bodies.iter().filter(|body| body.kind() == "ArtifactGenerator") {
            let sources = body.items(&["spec", "sources"]);
            for artifact in body.items(&["spec", "artifacts"]) {
                let copied = |copy: &Spot<'_, '_>| {
                    let (alias, from) = copy.text(&["from"])?.strip_prefix('@')?.split_once('/')?;
                    let from = from.strip_suffix("**")?.trim_end_matches('/').to_owned();
                    let to = copy.text(&["to"])?.strip_prefix("@artifact/")?.trim_end_matches('/').to_owned();
                    let source = sources.iter().find(|source| source.text(&["alias"]) == Some(alias))?;
                    let source = (source.text(&["kind"])?.to_owned(), source.text(&["name"])?.to_owned());
                    Some(Copied { source, from, to })
                };
                let all: Vec<Copied> = artifact.items(&["copy"]).iter().filter_map(copied).collect();
                let name = artifact.text(&["name"]).unwrap_or_default().to_owned();
                // Clusters beside each other have artifacts of one name.
                copies.entry(name).or_default().extend(all);
            }
        }
        Artifacts { copies }
    }

    /// The source behind a path in an artifact, and the path in it.
    fn find(&self, artifact: &str, path: &str) -> Option<((String, String), String)> {
        let fits = |copied: &&Copied| {
            copied.to.is_empty()
                || path.strip_prefix(&copied.to).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let copied = self.copies.get(artifact)?.iter().filter(fits).max_by_key(|copied| copied.to.len())?;
        let path = resolve(&copied.from, path.get(copied.to.len()..)?.trim_start_matches('/'))?;
        Some((copied.source.clone(), path))
    }
}
