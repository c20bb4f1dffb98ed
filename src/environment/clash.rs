//! What shows only when all environments are seen together.

use std::collections::BTreeMap;

use super::{
    FOLDER, Repository,
    resolve::{outline, text_at},
};
use crate::diagnostic::{Finding, Location};

/// Finds namespaces that two environments claim on one cluster, one of them among `of`.
pub(super) fn findings(repository: &Repository, of: &[String]) -> Vec<Finding> {
    let mut seen: BTreeMap<(String, String), &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for name in repository.environments() {
        let Some(node) = outline(repository, name, &["cluster", "namespace"]) else { continue };
        let text = |keys: &[&str]| text_at(&node, keys).map(str::to_owned);
        let (Some(cluster), Some(namespace)) = (text(&["cluster", "name"]), text(&["namespace", "name"])) else {
            continue;
        };
        let Some(other) = seen.insert((cluster.clone(), namespace.clone()), name) else { continue };
        if !of.iter().any(|asked| asked == name || asked == other) {
            continue;
        }
        let place = node.at(&["namespace", "name"]).map(|node| repository.files.location(node.mark));
        let place = place.unwrap_or_else(|| Location::file(format!("{FOLDER}/{name}.yaml")));
        let message =
            format!("the environment `{other}` has the namespace `{namespace}` on the cluster `{cluster}` too");
        let help = "give each environment a namespace of its own";
        findings.push(Finding::error("namespace-clash", place, message).help(help).at("namespace"));
    }
    findings
}
