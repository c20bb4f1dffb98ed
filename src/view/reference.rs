//! Names of objects that are not in the tree.

use std::collections::BTreeSet;

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

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Reference<'a>> {
    let known = known(tree.bundle, tree.bodies);
    let mut references: Vec<Reference<'a>> = tree.bodies.iter().flat_map(of_body).collect();
    references.extend(tree.pods.iter().flat_map(of_pod));
    references.extend(tree.releases.iter().flat_map(of_release));
    references.retain(|reference| !is_known(&known, &reference.target));
    let mut seen = BTreeSet::new();
    // That a namespace is missing is one thing to say, however many objects stand in it.
    references.retain(|reference| reference.target.kind != "Namespace" || seen.insert(reference.target.name.clone()));
    references
}

/// An object that names no namespace may stand in any: kustomize and Flux give it one.
fn is_known(known: &BTreeSet<Identity>, target: &Identity) -> bool {
    let named = |namespace: &str| known.contains(&Identity::new(&target.kind, namespace, &target.name));
    let is_same = |other: &Identity| other.kind == target.kind && other.name == target.name;
    named(&target.namespace)
        || named("")
        || (target.namespace.is_empty() && known.iter().any(is_same))
        || ALWAYS.contains(&(target.kind.as_str(), target.name.as_str()))
}

fn known(bundle: &Bundle, bodies: &[Spot<'_, '_>]) -> BTreeSet<Identity> {
    let mut known: BTreeSet<Identity> = bundle.provided.iter().flatten().cloned().collect();
    for body in bodies {
        known.insert(Identity::new(body.kind(), body.namespace(), body.name()));
        if let Some((_, target)) = MAKERS.iter().find(|(kind, _)| *kind == body.kind()) {
            known.insert(Identity::new("Secret", body.namespace(), body.text(target).unwrap_or(body.name())));
        }
        for (generator, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
            for made in body.items(&[generator]) {
                let namespace = made.text(&["namespace"]).or(body.text(&["namespace"])).unwrap_or_default();
                known.insert(Identity::new(kind, namespace, made.text(&["name"]).unwrap_or_default()));
            }
        }
    }
    known
}

/// The reference that stands at `keys` of `spot`, unless it is marked as one that may be missing.
fn named<'a>(spot: &Spot<'a, '_>, keys: &[&str], kind: &str, namespace: &str) -> Option<Reference<'a>> {
    let name = spot.get(keys)?;
    let text = name.value.as_str().filter(|text| !text.is_empty() && !text.contains("{{") && !text.contains("${"))?;
    let is_optional = |value: &serde_json::Value| value.get("optional").is_some_and(|optional| optional == true);
    let holder = keys.split_last().and_then(|(_, above)| spot.get(above));
    let is_needed = !is_optional(spot.value) && holder.is_none_or(|holder| !is_optional(holder.value));
    is_needed.then(|| Reference { at: name.at(), target: Identity::new(kind, namespace, text) })
}

fn of_body<'a>(body: &Spot<'a, '_>) -> Vec<Reference<'a>> {
    let here = body.namespace();
    let mut found = Vec::new();
    let namespaced = named(body, &["metadata", "namespace"], "Namespace", "");
    found.extend(namespaced.filter(|_| body.kind() != "Namespace"));
    // A reference that names its kind, and its namespace where that is another one.
    let typed = |spot: &Spot<'a, '_>| {
        let namespace = spot.text(&["namespace"]).unwrap_or(here);
        named(spot, &["name"], spot.text(&["kind"]).unwrap_or(body.kind()), namespace)
    };
    if body.group().ends_with("toolkit.fluxcd.io") {
        for keys in [&["spec", "sourceRef"][..], &["spec", "chartRef"], &["spec", "chart", "spec", "sourceRef"]] {
            found.extend(body.get(keys).as_ref().and_then(typed));
        }
        for key in ["dependsOn", "valuesFrom"] {
            found.extend(body.items(&["spec", key]).iter().filter_map(typed));
        }
        for keys in [&["spec", "decryption", "secretRef", "name"][..], &["spec", "secretRef", "name"]] {
            found.extend(named(body, keys, "Secret", here));
        }
    }
    found
}

fn of_pod<'a>(pod: &Pod<'a, '_>) -> Vec<Reference<'a>> {
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

fn of_release<'a>(valued: &Valued<'a, '_>) -> Vec<Reference<'a>> {
    let here = valued.release.namespace.as_str();
    let mut found = Vec::new();
    for assigned in &valued.set {
        let (setting, spot) = (assigned.setting, &assigned.spot);
        if setting.kind == Kind::Shape(Shape::PullSecrets) {
            let names = spot.items(&[]).into_iter();
            let named = |item: Spot<'a, '_>| {
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
