//! From a plan to files: where things stand and how a delivery engine spells them.

mod component;
mod flux;
mod kubernetes;
mod namespace;
mod position;
mod readme;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::{
    environment::Environment,
    manifest::{Bundle, Listing, Object, Origin, Origins, Provenance, Traced},
    path,
    plan::Plan,
    policy::Place,
    tree::FileTree,
    view::At,
    yaml::{self, Node},
};

pub use position::Positions;

/// A rendered tree.
#[derive(Default)]
pub struct Rendered {
    /// The files, relative to `gitops/<env>/`.
    pub tree: FileTree,
    /// What stands in them.
    pub bundle: Bundle,
    /// What in the environment made each file.
    pub origins: BTreeMap<String, Origins>,
    /// Files of two parts that want one path, each with the environment path of the later one.
    pub clashes: Vec<(String, String)>,
}

impl Rendered {
    /// The place in the environment that decides what stands in an object that gen made.
    #[must_use]
    pub fn locate(&self, environment: &Environment, at: &At<'_>) -> Place {
        let origins = self.origins.get(&at.object.file);
        let (path, is_exact) = origins.map_or_else(Default::default, |origins| origins.source_of(&at.pointer));
        // A text with expressions in it is no longer what was written.
        let written = || environment.node(&path).map(Node::to_json);
        let is_source = is_exact && written().as_ref() == value_at(&at.object.body, &at.pointer);
        // What decides it may be called something else, and then the key of that is no better place.
        let is_same_key = at.on_key && path::split(&path).last() == at.pointer.last();
        let key = is_same_key.then(|| environment.location_of_key(&path)).flatten();
        let location = key.unwrap_or_else(|| environment.location(&path));
        Place { location, path, is_source, generated: None }
    }
}

fn value_at<'a>(body: &'a Json, pointer: &[String]) -> Option<&'a Json> {
    pointer.iter().try_fold(body, |value, key| match value {
        Json::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => value.get(key),
    })
}

/// Renders a plan for Flux.
#[must_use]
pub fn render(plan: &Plan) -> Rendered {
    let bundle = Bundle { provided: Some(plan.provided.clone()), ..Bundle::default() };
    let mut files = Files { header: header(plan), rendered: Rendered { bundle, ..Rendered::default() } };
    let mut entry = vec![];
    if plan.namespace.manage {
        namespace::render(plan, &mut files);
        entry.push(flux::namespace_kustomization(plan));
    }
    for service in &plan.components {
        component::render(plan, service, &mut files);
        entry.push(flux::component_kustomization(plan, service));
    }
    flux::entry_point(entry, &mut files);
    readme::render(plan, &mut files);
    let place = flux::below_root(plan, &format!("gitops/{}", plan.environment));
    files.rendered.bundle.files = Listing::all_of(&files.rendered.tree, &place);
    files.rendered
}

fn header(plan: &Plan) -> String {
    format!("Written by gen from {}. Edit that file, then run: gen build {}", plan.source, plan.environment)
}

/// What decides the namespace of every object.
const NAMESPACE: Origin = Origin::fixed("namespace.name");

/// A YAML document on its way to a file.
struct Document {
    body: Json,
    origins: Origins,
}

/// The files written so far.
struct Files {
    header: String,
    rendered: Rendered,
}

impl Files {
    /// Adds a YAML file with the header.
    fn yaml(&mut self, path: String, document: Document) {
        let Document { body, origins } = document;
        let text = yaml::emit_document(&self.header, &body);
        self.rendered.bundle.objects.push(Object { file: path.clone(), body, provenance: Provenance::Rendered });
        self.bytes(path, text.into_bytes(), origins);
    }

    fn bytes(&mut self, path: String, bytes: Vec<u8>, origins: Origins) {
        match self.rendered.tree.insert(path.as_str(), bytes) {
            Ok(()) => drop(self.rendered.origins.insert(path, origins)),
            Err(_) => self.rendered.clashes.push((path, origins.whole().to_string())),
        }
    }
}

/// A `kustomization.yaml` that lists `resources`.
fn kustomization(resources: &[Traced<String>], origin: impl Into<Origin>) -> Document {
    let mut origins = Origins::new(origin);
    for (index, resource) in resources.iter().enumerate() {
        origins.record(format!("/resources/{index}"), &resource.origin);
    }
    let files: Vec<&str> = resources.iter().map(|resource| resource.as_str()).collect();
    let body = json!({ "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": files });
    Document { body, origins }
}
