//! Names of objects that are not in the tree.

use std::collections::{BTreeSet, HashSet};

use super::{At, Spot, Tree, pod::Pod, release::Valued};
use crate::{
    chart::{Facet, Kind, Persistence, Shape, Target},
    manifest::{Bundle, Identity},
};

/// The name of an object that is not in the tree.
pub struct Reference<'a> {
    /// Where it is named.
    pub at: At<'a>,
    /// What should be there.
    pub target: Identity,
}

/// What every cluster has.
const ALWAYS: &[(&str, &str)] = &[
    ("Namespace", "default"),
    ("Namespace", "kube-node-lease"),
    ("Namespace", "kube-public"),
    ("Namespace", "kube-system"),
    ("ConfigMap", "kube-root-ca.crt"),
];

/// Kinds of other projects that make a Secret, and where they name it; the object's own name where they need not.
const MAKERS: &[(&str, &[&str])] = &[
    ("Certificate", &["spec", "secretName"]),
    ("ExternalSecret", &["spec", "target", "name"]),
    ("SealedSecret", &["spec", "template", "metadata", "name"]),
    ("VaultStaticSecret", &["spec", "destination", "name"]),
];

/// A name that is looked up.
struct Named<'a, 'v> {
    spot: Spot<'a, 'v>,
    kind: &'v str,
    namespace: &'v str,
    name: &'v str,
}

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Reference<'a>> {
    let known = Known::of(tree.bundle, tree.bodies);
    let named = tree.bodies.iter().flat_map(of_body).chain(tree.pods.iter().flat_map(of_pod));
    let named = named.chain(tree.releases.iter().flat_map(of_release)).filter(|named| !known.has(named));
    let mut references: Vec<Reference<'a>> = named
        .map(|named| Reference { at: named.spot.at(), target: Identity::new(named.kind, named.namespace, named.name) })
        .collect();
    let mut seen = BTreeSet::new();
    // That a namespace is missing is one thing to say, however many objects stand in it.
    references.retain(|reference| reference.target.kind != "Namespace" || seen.insert(reference.target.name.clone()));
    references
}

/// What is there: kind, namespace and name.
struct Known<'v> {
    whole: HashSet<(&'v str, &'v str, &'v str)>,
    /// Without the namespace.
    names: HashSet<(&'v str, &'v str)>,
}

impl<'v> Known<'v> {
    fn of(bundle: &'v Bundle, bodies: &[Spot<'_, 'v>]) -> Known<'v> {
        let mut known = Known { whole: HashSet::new(), names: HashSet::new() };
        for Identity { kind, namespace, name } in bundle.provided.iter().flatten() {
            known.add(kind, namespace, name);
        }
        for body in bodies {
            known.add(body.kind(), body.namespace(), body.name());
            if let Some((_, target)) = MAKERS.iter().find(|(kind, _)| *kind == body.kind()) {
                known.add("Secret", body.namespace(), body.text(target).unwrap_or(body.name()));
            }
            for (generator, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
                for made in body.items(&[generator]) {
                    let namespace = made.text(&["namespace"]).or(body.text(&["namespace"])).unwrap_or_default();
                    known.add(kind, namespace, made.text(&["name"]).unwrap_or_default());
                }
            }
        }
        known
    }

    fn add(&mut self, kind: &'v str, namespace: &'v str, name: &'v str) {
        self.whole.insert((kind, namespace, name));
        self.names.insert((kind, name));
    }

    /// An object that names no namespace may stand in any: kustomize and Flux give it one.
    fn has(&self, Named { kind, namespace, name, .. }: &Named<'_, '_>) -> bool {
        self.whole.contains(&(*kind, *namespace, *name))
            || self.whole.contains(&(*kind, "", *name))
            || (namespace.is_empty() && self.names.contains(&(*kind, *name)))
            || ALWAYS.contains(&(*kind, *name))
    }
}

/// The reference that stands at `keys` of `spot`, unless it is marked as one that may be missing.
fn named<'a, 'v>(spot: &Spot<'a, 'v>, keys: &[&str], kind: &'v str, namespace: &'v str) -> Option<Named<'a, 'v>> {
    let name = spot
        .value_at(keys)?
        .as_str()
        .filter(|text| !text.is_empty() && !text.contains("{{") && !text.contains("${"))?;
    let is_optional = |value: &serde_json::Value| value.get("optional").is_some_and(|optional| optional == true);
    let holder = keys.split_last().and_then(|(_, above)| spot.value_at(above));
    let is_needed = !is_optional(spot.value) && holder.is_none_or(|holder| !is_optional(holder));
    Some(Named { spot: spot.get(keys).filter(|_| is_needed)?, kind, namespace, name })
}

fn of_body<'a, 'v>(body: &Spot<'a, 'v>) -> Vec<Named<'a, 'v>> {
    let here = body.namespace();
    let mut found = Vec::new();
    let namespaced = named(body, &["metadata", "namespace"], "Namespace", "");
    found.extend(namespaced.filter(|_| body.kind() != "Namespace"));
    // A reference that names its kind, and its namespace where that is another one.
    let typed = |spot: &Spot<'a, 'v>| {
        let namespace = spot.text(&["namespace"]).unwrap_or(here);
        named(spot, &["name"], spot.text(&["kind"]).unwrap_or(body.kind()), namespace)
    };
    if matches!(body.kind(), "Application") && body.group() == "argoproj.io" {
        // Argo CD makes the project `default` itself.
        let project = named(body, &["spec", "project"], "AppProject", here);
        found.extend(project.filter(|project| project.name != "default"));
    }
    if body.group().ends_with("toolkit.fluxcd.io") {
        for keys in [&["spec", "sourceRef"][..], &["spec", "chartRef"], &["spec", "chart", "spec", "sourceRef"]] {
            found.extend(body.get(keys).as_ref().and_then(typed));
        }
        for key in ["dependsOn", "valuesFrom"] {
            found.extend(body.items(&["spec", key]).iter().filter_map(typed));
        }
        // What charts and operators make is waited for too; what only a tree can hold should be in it.
        let is_own = |check: &&Spot<'a, 'v>| {
            check.text(&["apiVersion"]).is_some_and(|version| version.contains(".toolkit.fluxcd.io/"))
        };
        found.extend(body.items(&["spec", "healthChecks"]).iter().filter(is_own).filter_map(typed));
        for keys in [&["spec", "decryption", "secretRef", "name"][..], &["spec", "secretRef", "name"]] {
            found.extend(named(body, keys, "Secret", here));
        }
    }
    found
}

fn of_pod<'a, 'v>(pod: &'v Pod<'a, 'v>) -> Vec<Named<'a, 'v>> {
    let here = pod.namespace.as_str();
    let mut found = Vec::new();
    for variable in pod.variables() {
        found.extend(named(&variable, &["valueFrom", "secretKeyRef", "name"], "Secret", here));
        found.extend(named(&variable, &["valueFrom", "configMapKeyRef", "name"], "ConfigMap", here));
    }
    for source in pod.containers.iter().flat_map(|container| container.items(&["envFrom"])) {
        found.extend(named(&source, &["secretRef", "name"], "Secret", here));
        found.extend(named(&source, &["configMapRef", "name"], "ConfigMap", here));
    }
    let Some(spec) = &pod.spec else { return found };
    for volume in spec.items(&["volumes"]) {
        found.extend(named(&volume, &["secret", "secretName"], "Secret", here));
        found.extend(named(&volume, &["configMap", "name"], "ConfigMap", here));
        found.extend(named(&volume, &["persistentVolumeClaim", "claimName"], "PersistentVolumeClaim", here));
        for source in volume.items(&["projected", "sources"]) {
            found.extend(named(&source, &["secret", "name"], "Secret", here));
            found.extend(named(&source, &["configMap", "name"], "ConfigMap", here));
        }
    }
    for secret in spec.items(&["imagePullSecrets"]) {
        found.extend(named(&secret, &["name"], "Secret", here));
    }
    found
}

fn of_release<'a, 'v>(valued: &Valued<'a, 'v>) -> Vec<Named<'a, 'v>> {
    let here = valued.release.namespace.as_str();
    let mut found = Vec::new();
    for assigned in &valued.set {
        let (setting, spot) = (assigned.setting, &assigned.spot);
        if setting.kind == Kind::Shape(Shape::PullSecrets) {
            let names = spot.items(&[]).into_iter();
            let named = |item: Spot<'a, 'v>| {
                named(&item, &["name"], "Secret", here).or_else(|| self::named(&item, &[], "Secret", here))
            };
            found.extend(names.filter_map(named));
            continue;
        }
        let kind = match setting.facet {
            Facet::Reference(Target::Secret) => "Secret",
            Facet::Reference(Target::ConfigMap) => "ConfigMap",
            Facet::Reference(Target::Claim) | Facet::Persistence(Persistence::ExistingClaim) => "PersistentVolumeClaim",
            _ => continue,
        };
        found.extend(named(spot, &[], kind, here));
    }
    found
}
