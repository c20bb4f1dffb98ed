//! What a schema cannot say about a project and its environments.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Environment, FOLDER, Files, PROJECT_FILE, Repository,
    resolve::{outline, text_at},
    schema,
    spec::{Engine, Profile, ProjectSpec},
};
use crate::{
    diagnostic::{Finding, Location, Severity, worst},
    path,
    scalar::DnsLabel,
    schema::Mode,
    yaml::{Dialect, FileId, Node, Source, parse},
};

/// The edition that this gen renders.
const EDITION: u32 = 1;

/// Names that a service cannot have, because folders of the tree or of its inputs do.
const RESERVED: &[&str] = &["flux", "argocd", "compose", "namespace", "platform", "secrets", "charts", "tenants"];

/// Checks `gen.yaml`.
pub(super) fn project(files: &Files) -> Vec<Finding> {
    let mut findings = ignored(files);
    let bytes = files.tree.get(PROJECT_FILE).unwrap_or_default();
    let root = match parse(Source { id: FileId(0), name: PROJECT_FILE, bytes }, Dialect::Input) {
        Ok(mut documents) => documents.remove(0),
        Err(mistakes) => {
            findings.extend(mistakes);
            return findings;
        }
    };
    findings.extend(files.check(&schema::project_shape(), &root, Mode::Whole, PROJECT_FILE));
    if worst(&findings) == Some(Severity::Error) {
        return findings;
    }
    let Ok(spec) = serde_json::from_value::<ProjectSpec>(root.to_json()) else { return findings };
    let place =
        |key: &str| root.get(key).map_or_else(|| Location::file(PROJECT_FILE), |node| files.location(node.mark));
    if spec.edition != EDITION {
        let message = format!("edition {} is newer than this gen, which knows edition {EDITION}", spec.edition);
        findings.push(
            Finding::error("unknown-edition", place("edition"), message).help("install a newer gen").at("edition"),
        );
    }
    if let Some(requires) = &spec.requires {
        findings.extend(required_version(requires, place("requires")));
    }
    findings
}

/// Files that look like layers and are none: a person would wait in vain for what they say.
fn ignored(files: &Files) -> Vec<Finding> {
    let finding = |path: &str| {
        let stem = path.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix(".yml")?;
        let message = "gen reads only files that end in `.yaml`";
        let help = format!("rename it to {stem}.yaml, or move it away");
        (!stem.contains('/')).then(|| Finding::warning("ignored-file", Location::file(path), message).help(help))
    };
    files.tree.iter().filter_map(|(path, _)| finding(path)).collect()
}

fn required_version(requires: &str, place: Location) -> Option<Finding> {
    let this = env!("CARGO_PKG_VERSION");
    let (message, help) = match (semver::VersionReq::parse(requires), semver::Version::parse(this)) {
        (Ok(wanted), Ok(version)) if wanted.matches(&version) => return None,
        (Ok(_), _) => {
            (format!("this repository requires gen {requires}, and this is gen {this}"), "install a version that fits")
        }
        (Err(_), _) => (format!("`{requires}` is no version requirement"), "write one such as \">=0.1\""),
    };
    Some(Finding::error("unsupported-version", place, message).help(help).at("requires"))
}

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
    findings
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

/// Finds namespaces that two environments claim on one cluster, one of them among `of`.
pub(super) fn clashes(repository: &Repository, of: &[String]) -> Vec<Finding> {
    let mut seen: BTreeMap<(String, String), &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for name in repository.environments() {
        let Some(node) = outline(repository, name) else { continue };
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
