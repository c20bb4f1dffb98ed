//! The user's own objects that travel with a service.

use super::{Copy, Planner};
use crate::{
    diagnostic::Finding,
    environment::{Environment, FOLDER},
    part::{Name, Part},
    path, sops,
    yaml::{Dialect, FileId, Node, Source, parse},
};

/// The files that an environment lists under `manifests:`, relative to the repository's root, whether they are there or not.
pub fn listed_files(environment: &Environment) -> impl Iterator<Item = String> {
    let services = environment.node("services").and_then(Node::as_mapping).into_iter().flatten();
    let lists = services.filter_map(|service| service.node.get("manifests")?.as_sequence());
    lists.flatten().filter_map(Node::as_str).map(|relative| format!("{FOLDER}/{relative}"))
}

impl Planner<'_> {
    /// What is copied into a component's folder.
    pub(super) fn copies(&mut self, parts: &[Part], origin: &str) -> Vec<Copy> {
        let mut copies = self.sealed(parts);
        let at = path::join(origin, "manifests");
        let environment = self.environment;
        for (index, item) in environment.node(&at).and_then(Node::as_sequence).unwrap_or_default().iter().enumerate() {
            let at = path::item(&at, index);
            let Some(relative) = item.as_str() else { continue };
            let path = format!("{FOLDER}/{relative}");
            let Some(bytes) = self.inputs.get(&path) else {
                let message = format!("there is no file {path}");
                self.error("missing-file", &at, message, "paths are relative to the layer that lists them");
                continue;
            };
            let sealed = relative.ends_with(".sops.yaml");
            let documents = match sealed {
                true => self.sealed_document(&path, bytes),
                false => self.documents(&path, bytes),
            };
            let objects = self.objects(&documents, &at);
            let name = relative.rsplit('/').next().unwrap_or(relative).to_owned();
            if copies.iter().any(|copy: &Copy| copy.name == name) {
                self.error(
                    "file-clash",
                    &at,
                    format!("two files of this service are called {name}"),
                    "rename one of them",
                );
                continue;
            }
            let bytes = bytes.to_vec();
            copies.push(Copy { name, bytes, origin: at, source: path, documents, sealed, objects });
        }
        copies
    }

    fn sealed_document(&mut self, file: &str, bytes: &[u8]) -> Vec<Node> {
        match sops::inspect(file, FileId(0), bytes) {
            Ok(secret) => {
                self.holders(&secret, file);
                self.findings.extend(secret.warnings);
                vec![secret.document]
            }
            Err(findings) => {
                self.findings.extend(findings);
                Vec::new()
            }
        }
    }

    /// The documents of a file, and what is wrong with them as objects.
    fn documents(&mut self, file: &str, bytes: &[u8]) -> Vec<Node> {
        let documents = match parse(Source { id: FileId(0), name: file, bytes }, Dialect::Manifest) {
            Ok(documents) => documents,
            Err(findings) => {
                self.findings.extend(findings);
                return Vec::new();
            }
        };
        let here = self.environment.spec.namespace.name.as_str();
        for document in &documents {
            let text = |keys: &[&str]| document.at(keys).and_then(Node::as_str);
            let mut wrong = |rule: &'static str, message: &str, help: &str| {
                self.findings.push(Finding::error(rule, document.mark.location(file), message).help(help));
            };
            for keys in [&["apiVersion"][..], &["kind"], &["metadata", "name"]] {
                if text(keys).is_none() {
                    wrong(
                        "no-object",
                        &format!("this is no Kubernetes object: it has no `{}`", keys.join(".")),
                        "complete it, or list another file",
                    );
                }
            }
            if let (Some(version), Some(kind)) = (text(&["apiVersion"]), text(&["kind"]))
                && text(&["metadata", "namespace"]).is_none()
                && NAMESPACED.contains(&kind_of(version, kind).as_str())
            {
                wrong(
                    "no-namespace",
                    &format!("this {kind} names no namespace, and Flux would refuse it with all that stands beside it"),
                    &format!("add `namespace: {here}` below `metadata`"),
                );
            }
        }
        documents
    }

    /// The objects among the documents that stand in the environment's namespace.
    fn objects(&self, documents: &[Node], origin: &str) -> Vec<Name> {
        let here = self.environment.spec.namespace.name.as_str();
        let name = |document: &Node| {
            let text = |keys: &[&str]| document.at(keys).and_then(Node::as_str);
            let (version, kind, name) = (text(&["apiVersion"])?, text(&["kind"])?, text(&["metadata", "name"])?);
            let is_here = text(&["metadata", "namespace"]) == Some(here);
            is_here.then(|| Name::new(kind_of(version, kind), name, origin))
        };
        documents.iter().filter_map(name).collect()
    }
}

/// Groups whose kinds go by their bare names, as the kinds of parts do.
const BUILT_IN: &[&str] = &["apps", "batch", "networking.k8s.io", "policy"];

/// Kubernetes' own kinds that live in a namespace and that people write by hand.
const NAMESPACED: &[&str] = &[
    "ConfigMap",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Ingress",
    "Job",
    "LimitRange",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "Role.rbac.authorization.k8s.io",
    "RoleBinding.rbac.authorization.k8s.io",
    "Service",
    "ServiceAccount",
    "StatefulSet",
];

/// The kind, with its group where another group could have a kind of the same name.
fn kind_of(version: &str, kind: &str) -> String {
    match version.split_once('/') {
        Some((group, _)) if !BUILT_IN.contains(&group) => format!("{kind}.{group}"),
        _ => kind.to_owned(),
    }
}
