//! The plan of an environment: its services' parts, and what every environment has. Engine-neutral: what shall exist, not
//! where and how spelled.

mod chart;
mod clash;
mod holder;
mod own;
mod secret;

use std::collections::BTreeMap;

use crate::{
    component::{self, Context, Delivery, Outcome, Place},
    diagnostic::{Finding, Severity, worst},
    environment::{
        Environment, delivery_object,
        spec::{FluxSpec, NamespaceSpec},
    },
    manifest::{Identity, Origin},
    part::{Body, ChartPin, Name, Part, Remark},
    path,
    scalar::ImageRef,
    tree::FileTree,
    yaml::Node,
};

pub use chart::vendored_files;
pub use own::listed_files;

/// What shall exist.
#[derive(Debug)]
pub struct Plan {
    /// The environment's name.
    pub environment: String,
    /// The environment's own file, for the headers of what is written.
    pub source: String,
    /// The namespace that everything lives in.
    pub namespace: NamespaceSpec,
    /// How Flux reaches the tree.
    pub flux: FluxSpec,
    /// The services, sorted by instance.
    pub components: Vec<Component>,
    /// What the tree refers to and somebody else brings.
    pub provided: Vec<Identity>,
}

/// One service of a plan.
#[derive(Debug)]
pub struct Component {
    /// The instance's name, which is its folder's too.
    pub instance: String,
    /// Its kind.
    pub kind: String,
    /// The environment path of its spec.
    pub origin: Origin,
    /// What it consists of.
    pub parts: Vec<Part>,
    /// Files that are copied byte for byte: sealed secrets and the user's own objects.
    pub copies: Vec<Copy>,
}

/// A file that is copied byte for byte.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    /// Its name in the component's folder.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// The environment path that asks for it.
    pub origin: String,
    /// The file that it is a copy of, relative to the repository's root.
    pub source: String,
    /// What stands in it.
    pub documents: Vec<Node>,
    /// Whether it is a sealed Secret.
    pub sealed: bool,
    /// The objects in it that no part demands.
    pub objects: Vec<Name>,
}

/// What came of an environment that must not be built.
#[derive(Debug)]
pub struct Unsound {
    /// All mistakes, at least one of them an error.
    pub findings: Vec<Finding>,
    /// The plan as far as it got: it lacks things, but what it has is what the environment asks for, so that rules can say all
    /// that is wrong at once.
    pub plan: Option<Box<Plan>>,
}

/// Plans an environment. `inputs` are the repository's input files, `vendored` the files that [`vendored_files`] names, as
/// far as they exist. The findings are what there is to say beside those of the environment itself.
///
/// # Errors
/// All mistakes, at least one of them an error, and how far the plan got.
pub fn plan(
    environment: &Environment,
    inputs: &FileTree,
    vendored: &FileTree,
) -> Result<(Plan, Vec<Finding>), Unsound> {
    let mut planner = Planner { environment, inputs, findings: Vec::new() };
    let Some(flux) = environment.spec.delivery.flux.clone() else {
        return Err(Unsound { findings: planner.findings, plan: None });
    };
    let charts = planner.charts(vendored);
    let images = images(environment);
    let mut components = Vec::new();
    for (instance, spec) in &environment.spec.services {
        let origin = path::join("services", instance.as_str());
        let Some(kind) = planner.kind_of(&origin, instance.as_str()) else { continue };
        let place = Place {
            environment: &environment.name,
            namespace: environment.spec.namespace.name.as_str(),
            instance: instance.as_str(),
        };
        let delivery = delivery_object(&environment.name, instance.as_str());
        let context = Context {
            place,
            path: &origin,
            charts: &charts,
            images: &images,
            is_mirrored: environment.spec.mirror.is_some(),
            storage_class: environment.spec.storage.class.as_ref(),
            nodes: environment.spec.cluster.nodes,
            quota: &environment.spec.namespace.quota,
            delivery: Delivery {
                object: &delivery,
                namespace: flux.source.namespace.as_str(),
                source_kind: flux.source.kind.as_str(),
                source_name: flux.source.name.as_str(),
            },
        };
        let Outcome { parts, remarks } = (kind.parts)(spec, &context);
        planner.remark(remarks);
        planner.check_delivery_name(&delivery, &origin);
        let copies = planner.copies(&parts, &origin);
        let instance = instance.to_string();
        components.push(Component { instance, kind: kind.name.to_owned(), origin: origin.into(), parts, copies });
    }
    if environment.spec.namespace.manage {
        planner.check_delivery_name(&delivery_object(&environment.name, "namespace"), "namespace");
    }
    planner.named_once(&components);
    planner.unused_secrets(&components);
    let Planner { findings, .. } = planner;
    let plan = Plan {
        environment: environment.name.clone(),
        source: environment.own_file().to_owned(),
        namespace: environment.spec.namespace.clone(),
        provided: provided(environment, &flux, &components),
        flux,
        components,
    };
    match worst(&findings) {
        Some(Severity::Error) => Err(Unsound { findings, plan: Some(Box::new(plan)) }),
        _ => Ok((plan, findings)),
    }
}

struct Planner<'a> {
    environment: &'a Environment,
    inputs: &'a FileTree,
    findings: Vec<Finding>,
}

impl Planner<'_> {
    fn error(&mut self, rule: &'static str, path: &str, message: impl Into<String>, help: impl Into<String>) {
        let finding = Finding::error(rule, self.environment.location(path), message);
        self.findings.push(finding.help(help).at(path));
    }

    fn remark(&mut self, remarks: Vec<Remark>) {
        for remark in remarks {
            let place = self.environment.location(&remark.path);
            let finding = Finding { severity: remark.severity, ..Finding::error(remark.rule, place, remark.message) };
            self.findings.push(finding.help(remark.help).at(remark.path));
        }
    }

    fn kind_of(&self, origin: &str, instance: &str) -> Option<&'static component::Kind> {
        let named = self.environment.node(&path::join(origin, "kind")).and_then(Node::as_str);
        component::find(named.unwrap_or(instance))
    }

    /// Flux puts the Kustomization's name into a label of everything that it applies.
    fn check_delivery_name(&mut self, name: &str, origin: &str) {
        if name.len() > 63 {
            let message =
                format!("`{name}`, the name of its Flux Kustomization, is longer than the 63 characters of a label");
            self.error("name-too-long", origin, message, "shorten the environment's or the instance's name");
        }
    }
}

/// What Flux, its bootstrap and other controllers bring: the environment says that it is there.
fn provided(environment: &Environment, flux: &FluxSpec, components: &[Component]) -> Vec<Identity> {
    let (here, there) = (environment.spec.namespace.name.as_str(), flux.source.namespace.as_str());
    let mut provided = vec![Identity::new(flux.source.kind.as_str(), there, flux.source.name.as_str())];
    provided.push(Identity::new("Secret", there, flux.decryption_secret()));
    provided.push(Identity::new("Namespace", "", there));
    if !environment.spec.namespace.manage {
        provided.push(Identity::new("Namespace", "", here));
    }
    for (_, body) in components.iter().flat_map(Component::bodies) {
        match body {
            Body::SecretDemand(demand) if demand.external => {
                provided.push(Identity::new("Secret", here, &demand.name));
            }
            Body::Release(release) => {
                let claims = release.names.iter().filter(|name| name.kind == "data claim");
                provided.extend(claims.map(|claim| Identity::new("PersistentVolumeClaim", here, &claim.name)));
            }
            _ => {}
        }
    }
    provided
}

/// The environment's images, the mirror applied.
fn images(environment: &Environment) -> BTreeMap<String, ImageRef> {
    let mirrored = |image: &ImageRef| match &environment.spec.mirror {
        Some(mirror) => image.with_registry(mirror),
        None => image.clone(),
    };
    environment.spec.images.iter().map(|(role, image)| (role.clone(), mirrored(image))).collect()
}

impl Component {
    /// The bodies of the parts, each with its environment path.
    pub fn bodies(&self) -> impl Iterator<Item = (&Origin, &Body)> {
        self.parts.iter().map(|part| (&part.origin, &part.body))
    }

    /// The pinned chart, where the component runs one.
    #[must_use]
    pub fn chart(&self) -> Option<&ChartPin> {
        self.bodies().find_map(|(_, body)| match body {
            Body::Release(release) => Some(&release.chart),
            _ => None,
        })
    }
}
