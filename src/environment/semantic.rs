//! What a schema cannot say about an environment.

use std::collections::BTreeSet;

use super::{
    Environment, FOLDER, Files,
    spec::{Engine, PodSecurity},
};
use crate::{
    diagnostic::{Finding, Location},
    path,
    policy::Profile,
    scalar::DnsLabel,
    yaml::Node,
};

/// Names that a service cannot have, because folders of the tree or of its inputs do.
const RESERVED: &[&str] =
    &["flux", "argocd", "compose", "namespace", "platform", "secrets", "charts", "tenants", "kustomization"];

/// Checks the names of an environment that is merged.
pub(super) fn names(files: &Files, name: &str, merged: &Node) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Err(reason) = DnsLabel::parse(name) {
        let message = format!("this file's name is no name for an environment: {reason}");
        let finding = Finding::error("bad-name", Location::file(format!("{FOLDER}/{name}.yaml")), message);
        findings.push(finding.help("rename the file, and its folder of secrets with it"));
    }
    for entry in merged.get("services").and_then(Node::as_mapping).into_iter().flatten() {
        if RESERVED.contains(&entry.key.as_str()) {
            let help = format!("choose another name; reserved are {}", RESERVED.join(", "));
            let message = format!("the name `{}` is reserved", entry.key);
            let finding = Finding::error("reserved-name", files.location(entry.key_mark), message);
            findings.push(finding.help(help).at(path::join("services", &entry.key)));
        }
    }
    if let Some(namespace) = merged.at(&["namespace", "name"])
        && let Some(text) = namespace.as_str().filter(|text| text.starts_with("kube-"))
    {
        let message = format!("`{text}` belongs to Kubernetes itself");
        let finding = Finding::error("reserved-name", files.location(namespace.mark), message);
        findings.push(finding.help("choose a namespace that does not start with `kube-`").at("namespace.name"));
    }
    findings
}

/// Checks one environment that is already typed.
pub(super) fn environment(environment: &Environment) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut error = |rule: &'static str, path: &str, message: String, help: &str| {
        findings.push(Finding::error(rule, environment.location(path), message).help(help).at(path));
    };
    let delivery = &environment.spec.delivery;
    let unsupported = match delivery.engine {
        Engine::Flux => None,
        Engine::Argocd => Some("Argo CD"),
        Engine::Compose => Some("Docker Compose"),
    };
    match unsupported {
        Some(engine) => error(
            "unsupported-engine",
            "delivery.engine",
            format!("this gen does not write trees for {engine} yet"),
            "write `engine: flux`",
        ),
        None if delivery.flux.is_none() => error(
            "missing-key",
            "delivery",
            "the engine `flux` needs `delivery.flux`".to_owned(),
            "add `flux: {version: \"2.7\", source: {kind: GitRepository, name: flux-system, namespace: flux-system}}`",
        ),
        None => {}
    }
    findings.extend(recipients(environment));
    findings.extend(unmanaged(environment));
    findings
}

/// What is said about a namespace that gen does not write is not done.
fn unmanaged(environment: &Environment) -> Vec<Finding> {
    let namespace = &environment.spec.namespace;
    let finding = |key: &str| {
        let at = path::join("namespace", key);
        let message = format!("`{key}` has no effect: with `manage: false` gen writes nothing for the whole namespace");
        Finding::warning("unmanaged-namespace", environment.location(&at), message)
            .help("set it where the namespace is written, and delete this line")
            .at(at)
    };
    let said = [
        ("quota", !namespace.quota.is_empty()),
        ("defaultDeny", namespace.default_deny),
        ("podSecurity", namespace.pod_security != PodSecurity::default()),
    ];
    said.into_iter().filter(|(_, is_said)| *is_said && !namespace.manage).map(|(key, _)| finding(key)).collect()
}

/// A single key that is lost takes every sealed secret with it.
fn recipients(environment: &Environment) -> Option<Finding> {
    let recipients: BTreeSet<&str> = environment.spec.secrets.recipients.values().map(|key| key.as_str()).collect();
    if recipients.len() >= 2 {
        return None;
    }
    let at = "secrets.recipients";
    let message = format!("the secrets have {} recipient: one lost key makes them unreadable", recipients.len());
    let message = if recipients.is_empty() {
        "the secrets have no recipients, so nobody could open them".to_owned()
    } else {
        message
    };
    let place = environment.location(at);
    let finding = match environment.spec.profile {
        Profile::Default => Finding::warning("too-few-recipients", place, message),
        Profile::Production => Finding::error("too-few-recipients", place, message),
    };
    Some(finding.help("list at least two age public keys by holder").at(at))
}
