//! What shows only when all environments are seen together.

use std::collections::BTreeMap;

use super::{
    FOLDER, Repository, delivery_object,
    resolve::{outline, text_at},
};
use crate::{
    diagnostic::{Finding, Location},
    path,
    yaml::{Mark, Node},
};

/// What tells environments apart.
const KEYS: &[&str] = &["cluster", "namespace", "services", "delivery"];

/// Finds what two environments claim on one cluster, one of them among `of`: a namespace, or the name of a delivery object.
pub(super) fn findings(repository: &Repository, of: &[String]) -> Vec<Finding> {
    let mut seen = BTreeMap::new();
    let mut findings = Vec::new();
    for name in repository.environments() {
        let Some(node) = outline(repository, name, KEYS) else { continue };
        for claim in claims(name, &node) {
            let Some(other) = seen.insert(claim.what, name) else { continue };
            if other == name || !of.iter().any(|asked| asked == name || asked == other) {
                continue;
            }
            let place = claim.mark.map(|mark| repository.files.location(mark));
            let place = place.unwrap_or_else(|| Location::file(format!("{FOLDER}/{name}.yaml")));
            let message = format!("the environment `{other}` has {}", claim.message);
            findings.push(Finding::error(claim.rule, place, message).help(claim.help).at(claim.path));
        }
    }
    findings
}

/// Something that only one environment can have.
struct Claim {
    what: Vec<String>,
    rule: &'static str,
    message: String,
    help: &'static str,
    path: String,
    mark: Option<Mark>,
}

fn claims(environment: &str, node: &Node) -> Vec<Claim> {
    let Some(cluster) = text_at(node, &["cluster", "name"]) else { return Vec::new() };
    let mut claims = Vec::new();
    if let Some(namespace) = node.at(&["namespace", "name"])
        && let Some(name) = namespace.as_str()
    {
        claims.push(Claim {
            what: vec![cluster.to_owned(), name.to_owned()],
            rule: "namespace-clash",
            message: format!("the namespace `{name}` on the cluster `{cluster}` too"),
            help: "give each environment a namespace of its own",
            path: "namespace".to_owned(),
            mark: Some(namespace.mark),
        });
    }
    // `a-b` of the environment `c` and `b` of the environment `c-a`: Flux would take down one for the other.
    let Some(home) = text_at(node, &["delivery", "flux", "source", "namespace"]) else { return claims };
    let services = node.get("services").and_then(Node::as_mapping).into_iter().flatten();
    let services = services.map(|entry| (entry.key.as_str(), path::join("services", &entry.key), entry.key_mark));
    let managed = node.at(&["namespace", "manage"]).and_then(Node::as_bool) != Some(false);
    let namespace = node.at(&["namespace", "name"]).filter(|_| managed);
    let namespace = namespace.map(|node| ("namespace", "namespace".to_owned(), node.mark));
    for (component, path, mark) in services.chain(namespace) {
        let object = delivery_object(environment, component);
        claims.push(Claim {
            message: format!("the Flux Kustomization `{object}` on the cluster `{cluster}` too"),
            what: vec![cluster.to_owned(), home.to_owned(), object],
            rule: "name-clash",
            help: "rename the newer of the two, the environment or the service",
            path,
            mark: Some(mark),
        });
    }
    claims
}
