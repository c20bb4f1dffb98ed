//! One environment beside the others: what it takes from another one, and how it differs from the one whose changes come to it next.

use std::collections::BTreeMap;

use semver::Version;

use super::{Environment, Repository, resolve::outline};
use crate::{
    diagnostic::{Finding, Severity},
    path,
    policy::{self, Profile},
    yaml::{Node, Value},
};

/// What is held against the environment that comes before.
const KEYS: &[&str] = &["namespace", "cluster", "charts", "images", "services"];
/// What tells where an environment lives.
const HOME: &[&str] = &["namespace"];
/// Top-level keys whose texts name other environments rightly, or no place at all.
const ELSEWHERE: &[&str] = &["cluster", "extends", "policy", "promotes", "secrets"];
/// Keys of raw chart values that differ from environment to environment by their nature, with all below them.
const SIZES: &[&str] = &[
    "accessModes",
    "affinity",
    "annotations",
    "extendedConfiguration",
    "host",
    "hostname",
    "labels",
    "limits",
    "maxReplicas",
    "minReplicas",
    "nodeSelector",
    "replicaCount",
    "replicas",
    "requests",
    "resources",
    "resourcesPreset",
    "size",
    "storage",
    "storageClass",
    "tolerations",
    "topologySpreadConstraints",
];

/// The namespaces of all environments, each with its environment.
pub(super) fn homes(repository: &Repository) -> BTreeMap<String, String> {
    let home = |name: &str| {
        let namespace = outline(repository, name, HOME)?;
        Some((namespace.at(&["namespace", "name"])?.as_str()?.to_owned(), name.to_owned()))
    };
    repository.environments().into_iter().filter_map(home).collect()
}

/// What there is to say about an environment beside the others.
pub(super) fn findings(environment: &Environment, repository: &Repository) -> Vec<Finding> {
    let mut report = Report { environment, findings: Vec::new() };
    report.foreign(repository);
    if let Some(before) = environment.spec.promotes.as_deref() {
        let known = repository.environments();
        match outline(repository, before, KEYS).filter(|_| known.contains(&before) && before != environment.name) {
            Some(node) => report.promoted(before, &node),
            None => report.unknown(before, &known),
        }
    }
    report.findings
}

struct Report<'a> {
    environment: &'a Environment,
    findings: Vec<Finding>,
}

impl Report<'_> {
    fn say(&mut self, rule: &str, at: &str, message: String, help: String) {
        let Some(rule) = policy::find(rule) else { return };
        let severity = match self.environment.spec.profile {
            Profile::Default => rule.severity,
            Profile::Production => rule.production,
        };
        let finding = Finding::error(rule.id, self.environment.location(at), message).help(help).at(at);
        self.findings.push(Finding { severity, ..finding });
    }

    fn unknown(&mut self, before: &str, known: &[&str]) {
        let others: Vec<&str> = known.iter().copied().filter(|name| *name != self.environment.name).collect();
        let message = format!("there is no other environment `{before}` that changes could come from");
        let help = match crate::schema::closest(before, others.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("environments: {}", others.join(", ")),
        };
        let place = self.environment.location("promotes");
        let finding = Finding { severity: Severity::Error, ..Finding::error("unknown-environment", place, message) };
        self.findings.push(finding.help(help).at("promotes"));
    }

    /// Texts that lead to where another environment lives.
    fn foreign(&mut self, repository: &Repository) {
        let homes = repository.homes();
        let own = self.environment.spec.namespace.name.as_str();
        let mut found = Vec::new();
        for entry in self.environment.merged.as_mapping().into_iter().flatten() {
            if !ELSEWHERE.contains(&entry.key.as_str()) {
                leaves(&entry.node, &entry.key, &mut |at, text| {
                    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
                    let mut words = text.split(|c| !is_part(c)).filter(|word| *word != own);
                    if let Some((namespace, other)) = words.find_map(|word| homes.get_key_value(word)) {
                        found.push((at.to_owned(), namespace.clone(), other.clone()));
                    }
                });
            }
        }
        for (at, namespace, other) in found.into_iter().filter(|(.., other)| *other != self.environment.name) {
            let message = format!("this leads to `{namespace}`, where the environment `{other}` lives");
            let help = format!("name what is meant in this environment, such as `${{{{ env.namespace }}}}` for {own}");
            self.say("foreign-environment", &at, message, help);
        }
    }

    /// Against the environment whose changes come here next.
    fn promoted(&mut self, before: &str, node: &Node) {
        let environment = self.environment;
        let own = &environment.merged;
        for (key, kind) in [("charts", "chart"), ("images", "image")] {
            for entry in own.get(key).and_then(Node::as_mapping).into_iter().flatten() {
                let at = path::join(key, &entry.key);
                let other = node.at(&[key, entry.key.as_str()]);
                match kind {
                    "chart" => self.chart(&at, before, &entry.node, other),
                    _ => self.image(&at, before, &entry.node, other),
                }
            }
        }
        let services = |node: &Node| -> BTreeMap<String, Node> {
            let entries = node.get("services").and_then(Node::as_mapping).into_iter().flatten();
            entries.filter(|entry| !entry.node.is_null()).map(|entry| (entry.key.clone(), entry.node.clone())).collect()
        };
        let (here, there) = (services(own), services(node));
        for (name, service) in &here {
            let at = path::join("services", name);
            match there.get(name) {
                None => self.drift(&at, format!("`{name}` runs here and not in `{before}`, so nobody has tried it")),
                Some(other) => self.values(&at, before, service.get("values"), other.get("values")),
            }
        }
        for name in there.keys().filter(|name| !here.contains_key(*name)) {
            self.drift("services", format!("`{name}` runs in `{before}` and not here"));
        }
    }

    fn drift(&mut self, at: &str, message: String) {
        let help = "make both the same, or say why they differ: `policy.ignore` with this rule, this path and a reason"
            .to_owned();
        self.say("unexplained-drift", at, message, help);
    }

    fn chart(&mut self, at: &str, before: &str, here: &Node, there: Option<&Node>) {
        let version = |node: &Node| Version::parse(node.get("version")?.as_str()?).ok();
        let (Some(here), Some(there)) = (version(here), there.and_then(version)) else { return };
        if here > there {
            let message =
                format!("the chart is at {here} here and at {there} in `{before}`, where it should run first");
            self.say("production-ahead", &path::join(at, "version"), message, ahead(before));
        }
    }

    fn image(&mut self, at: &str, before: &str, here: &Node, there: Option<&Node>) {
        let image = |node: &Node| -> Option<(String, String)> {
            let text = node.as_str()?.split('@').next().unwrap_or_default();
            let (repository, tag) = text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))?;
            Some((repository.to_owned(), tag.to_owned()))
        };
        let (Some((repository, tag)), Some((other_repository, other_tag))) = (image(here), there.and_then(image))
        else {
            return;
        };
        if repository != other_repository {
            self.drift(at, format!("the image is `{repository}` here and `{other_repository}` in `{before}`"));
        } else if numbers(&tag) > numbers(&other_tag) {
            let message =
                format!("the image is at {tag} here and at {other_tag} in `{before}`, where it should run first");
            self.say("production-ahead", at, message, ahead(before));
        }
    }

    /// Raw values of a chart: what is no size and differs was set in one place and forgotten in the other.
    fn values(&mut self, at: &str, before: &str, here: Option<&Node>, there: Option<&Node>) {
        let flat = |node: Option<&Node>| {
            let mut flat = BTreeMap::new();
            let top = path::join(at, "values");
            if let Some(node) = node {
                leaves(node, &top, &mut |path, text| drop(flat.insert(path.to_owned(), text.to_owned())));
            }
            flat
        };
        let (here, there) = (flat(here), flat(there));
        let is_size = |path: &str| path::split(path).iter().any(|key| SIZES.contains(&key.as_str()));
        let all = here.keys().chain(there.keys().filter(|path| !here.contains_key(*path)));
        let mut changed: Vec<&String> =
            all.filter(|path| here.get(*path) != there.get(*path) && !is_size(path)).collect();
        changed.sort_unstable();
        for path in changed {
            let message = match (here.contains_key(path), there.contains_key(path)) {
                (true, true) => format!("this has another value in `{before}`"),
                (true, false) => format!("this is set here and not in `{before}`"),
                _ => format!("`{path}` is set in `{before}` and not here"),
            };
            self.drift(path, message);
        }
    }
}

fn ahead(before: &str) -> String {
    format!("raise it in `{before}` first, and let it run there")
}

/// The scalars below a node, as text, each with its path.
fn leaves(node: &Node, at: &str, say: &mut dyn FnMut(&str, &str)) {
    match &node.value {
        Value::Mapping(entries) => {
            entries.iter().for_each(|entry| leaves(&entry.node, &path::join(at, &entry.key), say))
        }
        Value::Sequence(items) => {
            items.iter().enumerate().for_each(|(index, item)| leaves(item, &path::item(at, index), say))
        }
        _ if node.is_null() => {}
        _ => match node.as_str() {
            Some(text) => say(at, text),
            None => say(at, &node.to_json().to_string()),
        },
    }
}

/// The numbers at the start of a tag.
fn numbers(tag: &str) -> Vec<u64> {
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tag.len());
    tag[..end].split('.').filter_map(|part| part.parse().ok()).collect()
}
