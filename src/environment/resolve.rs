//! From layers to an environment: order, check, expand, merge, fill in, check again as a whole, type.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Environment, FOLDER, Files, Layer, Repository, schema, semantic, spec::EnvironmentSpec, template::Templates,
};
use crate::{
    component::{self, Address, Kind, Place},
    diagnostic::{Finding, Location, Severity, worst},
    path,
    scalar::{DnsLabel, ServiceName},
    schema::{MISSING_KEY, Mode, Shape, closest},
    yaml::{Node, Value},
};

const UNKNOWN_KIND: &str = "unknown-kind";
/// How many layers may stand on each other.
const DEEPEST: usize = 32;

type Services = BTreeMap<String, &'static Kind>;

pub(super) fn environment(repository: &Repository, name: &str) -> Result<Environment, Vec<Finding>> {
    let files = &repository.files;
    let Chain { done: chain, mut findings, .. } = chain(repository, name);
    let is_whole = findings.is_empty();
    let services = services(files, &chain, &mut findings);
    if !is_whole {
        // The layer that cannot be read may be the one that names the kind.
        findings.retain(|finding| finding.rule != UNKNOWN_KIND);
    }
    let shape = schema::shape(&services);
    let home = format!("{FOLDER}/{name}.yaml");
    for layer in &chain {
        findings.extend(files.check(&shape, &layer.root, Mode::Layer, &home));
    }
    // Without one of its layers an environment lacks keys that nobody forgot.
    let in_header = |finding: &Finding| finding.path.split('[').next() == Some("extends");
    if !is_whole || findings.iter().any(|finding| in_header(finding) && finding.severity == Severity::Error) {
        dedupe(&mut findings);
        return Err(findings);
    }
    let mut merged = merge(&shape, &chain);
    let place =
        Place { environment: name, namespace: text_at(&merged, &["namespace", "name"]).unwrap_or(""), instance: "" };
    Templates::new(&place, &addresses(&merged, &services, place)).fill(&mut merged, "", files, &mut findings);
    findings.extend(semantic::names(files, name, &merged));
    let known: BTreeSet<Location> = findings.iter().map(|finding| finding.location.clone()).collect();
    let whole = files.check(&shape, &merged, Mode::Whole, &home);
    findings.extend(whole.into_iter().filter(|new| new.rule == MISSING_KEY || !known.contains(&new.location)));
    dedupe(&mut findings);
    if worst(&findings) == Some(Severity::Error) {
        return Err(findings);
    }
    let spec: EnvironmentSpec = serde_json::from_value(merged.to_json())
        .map_err(|error| vec![Finding::error("wrong-value", Location::file(home), error.to_string())])?;
    let layers = chain.iter().map(|layer| files.names[layer.file.0 as usize].clone()).collect();
    let mut environment = Environment { name: name.to_owned(), spec, layers, findings, merged, files: files.clone() };
    let semantic = semantic::environment(&environment);
    environment.findings.extend(semantic);
    Ok(environment)
}

pub(super) fn unused_layers(repository: &Repository) -> Vec<Finding> {
    let mut used = BTreeSet::new();
    for name in repository.environments() {
        used.extend(chain(repository, name).done.iter().map(|layer| layer.name.as_str()));
    }
    let mut findings = Vec::new();
    for (name, layer) in repository.layers.iter().filter(|(name, _)| !used.contains(name.as_str())) {
        match layer {
            Ok(layer) if layer.is_abstract => {
                let services = services(&repository.files, &[layer], &mut findings);
                let home = format!("{FOLDER}/{name}.yaml");
                findings.extend(repository.files.check(&schema::shape(&services), &layer.root, Mode::Layer, &home));
                findings.extend(chain(repository, name).findings);
            }
            Ok(_) => {}
            Err(mistakes) => findings.extend(mistakes.iter().cloned()),
        }
    }
    findings
}

/// What the top-level `keys` of an environment merge to, as far as that can be had without checking: enough to compare
/// environments with each other.
pub(super) fn outline(repository: &Repository, name: &str, keys: &[&str]) -> Option<Node> {
    let chain = chain(repository, name);
    if !chain.findings.is_empty() {
        return None;
    }
    let shape = schema::shape(&Services::new());
    let part = |layer: &&Layer| {
        let entries = layer.root.as_mapping().into_iter().flatten();
        let entries = entries.filter(|entry| keys.contains(&entry.key.as_str())).cloned().collect();
        shape.expand(Node { mark: layer.root.mark, value: Value::Mapping(entries) })
    };
    chain.done.iter().map(part).reduce(|below, above| shape.merge(below, above))
}

/// The layers of an environment before they are merged.
pub(super) struct Layered {
    /// How they merge.
    pub(super) shape: Shape,
    /// What each says, short forms written out, the lowest first.
    pub(super) roots: Vec<Node>,
}

/// The layers of an environment that resolves.
pub(super) fn layered(repository: &Repository, name: &str) -> Layered {
    let chain = chain(repository, name).done;
    let shape = schema::shape(&services(&repository.files, &chain, &mut Vec::new()));
    let roots = chain.iter().map(|layer| shape.expand(layer.root.clone())).collect();
    Layered { shape, roots }
}

/// The layers of an environment, lowest first, each once, as far as they can be read.
fn chain<'a>(repository: &'a Repository, name: &str) -> Chain<'a> {
    let mut chain = Chain { repository, done: Vec::new(), open: Vec::new(), findings: Vec::new() };
    chain.visit(name, None);
    chain
}

struct Chain<'a> {
    repository: &'a Repository,
    done: Vec<&'a Layer>,
    open: Vec<&'a str>,
    findings: Vec<Finding>,
}

impl<'a> Chain<'a> {
    fn visit(&mut self, name: &str, asked: Option<Location>) {
        if self.done.iter().any(|layer| layer.name == name) {
            return;
        }
        match self.repository.layers.get(name) {
            Some(Ok(layer)) => self.enter(layer, asked),
            Some(Err(mistakes)) => self.findings.extend(mistakes.iter().cloned()),
            None => self.missing(name, asked),
        }
    }

    fn enter(&mut self, layer: &'a Layer, asked: Option<Location>) {
        if let Some(at) = self.open.iter().position(|open| *open == layer.name) {
            return self.findings.push(self.cycle(self.open[at..].to_vec()));
        }
        if self.open.len() == DEEPEST {
            let place = asked.unwrap_or_else(|| Location::file(format!("{FOLDER}/{}.yaml", layer.name)));
            let message = format!("more than {DEEPEST} layers extend each other");
            let finding = Finding::error("deep-layers", place, message).help("join some of them into one file");
            return self.findings.push(finding.at("extends"));
        }
        self.open.push(&layer.name);
        for (below, mark) in &layer.extends {
            self.visit(below, Some(self.repository.files.location(*mark)));
        }
        self.open.pop();
        self.done.push(layer);
    }

    /// The same words and place for a circle, wherever it was entered.
    fn cycle(&self, mut circle: Vec<&str>) -> Finding {
        let first = (0..circle.len()).min_by_key(|at| circle[*at]).unwrap_or(0);
        circle.rotate_left(first);
        let (start, end) = (circle[0], circle[circle.len() - 1]);
        let closing = match self.repository.layers.get(end) {
            Some(Ok(layer)) => layer.extends.iter().find(|(below, _)| below == start).map(|(_, mark)| *mark),
            _ => None,
        };
        let place = closing.map(|mark| self.repository.files.location(mark));
        let place = place.unwrap_or_else(|| Location::file(format!("{FOLDER}/{end}.yaml")));
        let message = format!("`extends` goes in a circle: {} -> {start}", circle.join(" -> "));
        Finding::error("extends-cycle", place, message).help("remove one of these `extends`").at("extends")
    }

    fn missing(&mut self, name: &str, asked: Option<Location>) {
        let known = self.repository.layers.keys().map(String::as_str);
        let plain = name.strip_suffix(".yaml").unwrap_or(name);
        let help = match closest(plain.rsplit('/').next().unwrap_or(plain), known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if DnsLabel::parse(plain).is_err() => {
                "write the name of a file beside this one, without its folder and `.yaml`".to_owned()
            }
            None => format!("make {FOLDER}/{plain}.yaml, or remove it here"),
        };
        let place = asked.unwrap_or_else(|| Location::file(format!("{FOLDER}/{name}.yaml")));
        let message = format!("there is no layer `{name}` beside this file");
        self.findings.push(Finding::error("missing-layer", place, message).help(help).at("extends"));
    }
}

/// Which kind each service is: the topmost layer that names one decides, else the instance's own name.
fn services(files: &Files, chain: &[&Layer], findings: &mut Vec<Finding>) -> Services {
    let mut asked: BTreeMap<&str, (&str, crate::yaml::Mark)> = BTreeMap::new();
    for layer in chain {
        for entry in layer.root.get("services").and_then(Node::as_mapping).into_iter().flatten() {
            if entry.node.is_null() {
                asked.remove(entry.key.as_str());
                continue;
            }
            let kind = entry.node.entry("kind").and_then(|entry| Some((entry.node.as_str()?, entry.node.mark)));
            match kind {
                Some(kind) => drop(asked.insert(&entry.key, kind)),
                None => drop(asked.entry(&entry.key).or_insert((&entry.key, entry.key_mark))),
            }
        }
    }
    let mut services = Services::new();
    for (instance, (kind, mark)) in asked {
        match component::find(kind) {
            Some(kind) => drop(services.insert(instance.to_owned(), kind)),
            // The schema says so.
            None if kind == instance && ServiceName::parse(instance).is_err() => {}
            None => {
                let kinds: Vec<&str> = component::KINDS.iter().map(|kind| kind.name).collect();
                let help = match closest(kind, kinds.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("add `kind:`, one of: {}", kinds.join(", ")),
                };
                let at = path::join("services", instance);
                let message = format!("there is no kind of service called `{kind}`");
                findings.push(Finding::error(UNKNOWN_KIND, files.location(mark), message).help(help).at(at));
            }
        }
    }
    services
}

fn merge(shape: &Shape, chain: &[&Layer]) -> Node {
    let mark = chain.last().map(|layer| layer.root.mark).unwrap_or_default();
    let nothing = Node { mark, value: Value::Mapping(Vec::new()) };
    let mut merged = chain.iter().fold(nothing, |below, layer| shape.merge(below, shape.expand(layer.root.clone())));
    if let Value::Mapping(entries) = &mut merged.value {
        entries.retain(|entry| !matches!(entry.key.as_str(), "abstract" | "extends"));
    }
    merged
}

fn addresses(merged: &Node, services: &Services, place: Place<'_>) -> BTreeMap<String, Address> {
    let spec = |instance: &str| merged.at(&["services", instance]);
    let address = |(instance, kind): (&String, &&'static Kind)| {
        let spec = spec(instance)?.to_json();
        Some((instance.clone(), (kind.address)(&spec, &Place { instance, ..place })))
    };
    services.iter().filter_map(address).collect()
}

pub(super) fn text_at<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a str> {
    node.at(keys).and_then(Node::as_str)
}

/// A layer is checked alone and as part of the whole: what both say stands once.
fn dedupe(findings: &mut Vec<Finding>) {
    let mut seen = BTreeSet::new();
    findings.retain(|finding| seen.insert((finding.location.clone(), finding.message.clone())));
}
