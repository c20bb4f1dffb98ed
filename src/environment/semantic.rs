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
    yaml::{Dialect, FileId, Source, parse},
};

/// The edition that this gen renders.
const EDITION: u32 = 1;

/// Names that a service cannot have, because folders of the tree or of its inputs do.
const RESERVED: &[&str] = &["flux", "argocd", "compose", "namespace", "platform", "secrets", "charts", "tenants"];

/// Checks `gen.yaml`.
pub(super) fn project(files: &Files) -> Vec<Finding> {
    let bytes = files.tree.get(PROJECT_FILE).unwrap_or_default();
    let root = match parse(Source { id: FileId(0), name: PROJECT_FILE, bytes }, Dialect::Input) {
        Ok(mut documents) => documents.remove(0),
        Err(findings) => return findings,
    };
    let mut findings = files.check(&schema::project_shape(), &root, Mode::Whole);
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

/// Checks one environment that is already typed.
pub(super) fn environment(environment: &Environment) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut error = |rule: &'static str, path: &str, message: String, help: &str| {
        findings.push(Finding::error(rule, environment.location(path), message).help(help).at(path));
    };
    if let Err(reason) = DnsLabel::parse(&environment.name) {
        error("bad-name", "", format!("the file's name is no environment name: {reason}"), "rename the file");
    }
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
    for instance in environment.spec.services.keys().filter(|name| RESERVED.contains(&name.as_str())) {
        let help = format!("choose another name; reserved are {}", RESERVED.join(", "));
        error(
            "reserved-name",
            &path::join("services", instance.as_str()),
            format!("the name `{instance}` is reserved"),
            &help,
        );
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
