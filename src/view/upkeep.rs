//! What keeps a pod alive, or shows it to others: memory, probes, tokens, what was left from debugging.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::{
    At, Spot, Tree, product,
    release::Release,
    template::{From, Source, Template},
};
use crate::{manifest::at, path};

/// Something that a pod should have, or should not.
pub struct Upkeep<'a> {
    /// Where it stands, or would.
    pub at: At<'a>,
    /// What it is.
    pub flaw: PodFlaw,
}

/// What is wrong with a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodFlaw {
    /// The pod of this product gets a token for the Kubernetes API.
    Token(&'static str),
    /// The server of this product is held from its work: this takes its place.
    Replaced(&'static str, String),
    /// Its start is logged in full.
    Verbose(&'static str),
    /// This container has no limit of memory.
    NoMemoryLimit(String),
    /// This container is held to less memory than its server needs: the name of the chart's preset.
    TinyPreset(String),
    /// This container has no such probe.
    NoProbe(String, &'static str),
    /// This container may write to its own image.
    WritableRoot(String),
    /// The processor time of this container is limited.
    CpuLimit(String),
    /// A secret reaches this container as an environment variable.
    SecretInEnv(String),
}

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Upkeep<'a>> {
    let accounts = tree.bodies.iter().filter(|body| body.kind() == "ServiceAccount");
    let is_closed = |body: &&Spot<'_, '_>| body.value_at(&["automountServiceAccountToken"]) == Some(&Json::Bool(false));
    let closed: HashSet<(&str, &str)> =
        accounts.filter(is_closed).map(|body| (body.namespace(), body.name())).collect();
    let mut found = Vec::new();
    for template in tree.templates {
        if template.kind == "PodTemplate" {
            continue;
        }
        let mut said = Said { template, found: &mut found };
        said.token(&closed);
        said.servers();
        said.opinions();
    }
    for valued in tree.releases {
        found.extend(of_release(valued.release));
    }
    found
}

struct Said<'s, 'a, 'v> {
    template: &'s Template<'a, 'v>,
    found: &'s mut Vec<Upkeep<'a>>,
}

impl<'a> Said<'_, 'a, '_> {
    fn say(&mut self, keys: &[&str], flaw: PodFlaw) {
        let pointer: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let at = self.template.origin(&pointer).at;
        self.found.push(Upkeep { at, flaw });
    }

    fn token(&mut self, closed: &HashSet<(&str, &str)>) {
        let Some(product) = self.template.database else { return };
        let says = at(&self.template.pod, &["spec", "automountServiceAccountToken"]);
        let is_open = match (&self.template.from, says) {
            (_, Some(Json::Bool(says))) => *says,
            // The chart's own default is to close it, and its backup has no setting for it.
            (From::Chart(_), _) => false,
            (From::Manifest(..), _) => {
                let name = at(&self.template.pod, &["spec", "serviceAccountName"]).and_then(Json::as_str);
                !closed.contains(&(self.template.namespace.as_str(), name.unwrap_or("default")))
            }
        };
        if is_open {
            self.say(&["spec", "automountServiceAccountToken"], PodFlaw::Token(product));
        }
    }

    /// The containers that are the database itself.
    fn servers(&mut self) {
        let template = self.template;
        let Some(product) = template.database.filter(|_| template.is_server) else { return };
        for (index, container) in template.containers("containers") {
            let place = index.to_string();
            let keys = |key: &'static str| ["spec", "containers", place.as_str(), key];
            let name = container.get("name").and_then(Json::as_str).unwrap_or(&place).to_owned();
            let of_chart = match &template.from {
                From::Manifest(..) => None,
                From::Chart(source) => Some(source),
            };
            let is_server = match of_chart {
                None => container.get("image").and_then(Json::as_str).and_then(product::of_name).is_some(),
                Some(source) => source.own.get(index).is_some_and(|own| own.group == source.pod.group),
            };
            if !is_server {
                continue;
            }
            if let Some(command) = idle(container) {
                self.say(&keys("command"), PodFlaw::Replaced(product, command));
            }
            self.memory(container, &name, of_chart, &keys("resources"));
            self.probes(container, &name, of_chart, &place);
        }
    }

    fn memory(&mut self, container: &Json, name: &str, of_chart: Option<&Source<'a, '_>>, keys: &[&str]) {
        let resources = container.get("resources").and_then(Json::as_object).filter(|map| !map.is_empty());
        if let (None, Some(source)) = (resources, of_chart) {
            let path = path::join(source.pod.group, "resourcesPreset");
            let release = source.release;
            let set = release.value(&path);
            // What other values may still set is nobody's fault yet.
            let preset = set.or_else(|| release.chart.defaults(&path).filter(|_| release.has_defaults()));
            let Some(preset) = preset.and_then(Json::as_str) else { return };
            let at = set.and_then(|_| release.place(&path)).unwrap_or_else(|| release.nearest(&path));
            let flaw = match preset {
                "none" => PodFlaw::NoMemoryLimit(name.to_owned()),
                "nano" => PodFlaw::TinyPreset(preset.to_owned()),
                _ => return,
            };
            self.found.push(Upkeep { at, flaw });
            return;
        }
        let limit = at(container, &["resources", "limits", "memory"]).is_some_and(|limit| !limit.is_null());
        if !limit {
            self.say(keys, PodFlaw::NoMemoryLimit(name.to_owned()));
        }
    }

    /// What restarts a server helps less than it harms where nobody has thought about it: in a manifest only the probe is
    /// asked for that keeps clients away from a server that is not ready.
    fn probes(&mut self, container: &Json, name: &str, of_chart: Option<&Source<'a, '_>>, place: &str) {
        let all = ["readinessProbe", "livenessProbe"];
        let asked = if of_chart.is_some() { &all[..] } else { &all[..1] };
        for probe in asked {
            if container.get(*probe).is_none_or(Json::is_null) {
                let keys = ["spec", "containers", place, *probe, "enabled"];
                let keys = if of_chart.is_some() { &keys[..] } else { &keys[..4] };
                self.say(keys, PodFlaw::NoProbe(name.to_owned(), probe));
            }
        }
    }

    /// What people think differently about.
    fn opinions(&mut self) {
        let template = self.template;
        for (list, (index, container)) in ["initContainers", "containers"]
            .into_iter()
            .flat_map(|list| template.containers(list).map(move |one| (list, one)))
        {
            let place = index.to_string();
            let name = container.get("name").and_then(Json::as_str).unwrap_or(&place).to_owned();
            let keys = ["spec", list, place.as_str()];
            if at(container, &["securityContext", "readOnlyRootFilesystem"]) != Some(&Json::Bool(true)) {
                let keys = [&keys[..], &["securityContext", "readOnlyRootFilesystem"]].concat();
                self.say(&keys, PodFlaw::WritableRoot(name.clone()));
            }
            let is_server = template.database.is_some() && template.is_server;
            if is_server && at(container, &["resources", "limits", "cpu"]).is_some_and(|limit| !limit.is_null()) {
                self.say(&[&keys[..], &["resources", "limits", "cpu"]].concat(), PodFlaw::CpuLimit(name.clone()));
            }
            for (list, reference) in [("env", &["valueFrom", "secretKeyRef"][..]), ("envFrom", &["secretRef"])] {
                let entries = container.get(list).and_then(Json::as_array).into_iter().flatten().enumerate();
                for (index, _) in entries.filter(|(_, entry)| at(entry, reference).is_some_and(Json::is_object)) {
                    let index = index.to_string();
                    let keys = [&keys[..], &[list, &index], reference].concat();
                    self.say(&keys, PodFlaw::SecretInEnv(name.clone()));
                }
            }
        }
    }
}

/// The command that does nothing, where a container has one in place of its server.
fn idle(container: &Json) -> Option<String> {
    let words = |key: &str| container.get(key).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    let all: Vec<&str> = words("command").chain(words("args")).collect();
    let text = all.join(" ");
    let first = all.first()?.rsplit('/').next()?;
    // A shell may wait for something before it starts the server.
    let last = text.trim_end_matches([';', '"', '\'', ' ']).rsplit([';', '\n', '&']).next()?.trim();
    let last = ["bash -c ", "sh -c ", "bash -ec ", "sh -ec "]
        .iter()
        .find_map(|shell| {
            let (_, after) = last.split_once(shell)?;
            Some(after.trim())
        })
        .unwrap_or(last);
    let is_shell = matches!(first, "sh" | "bash" | "ash");
    let is_idle = |text: &str| {
        let mut words = text.trim_start_matches("exec ").split_whitespace();
        match (words.next().and_then(|word| word.rsplit('/').next()), words.next()) {
            (Some("sleep"), Some(time)) => {
                time == "infinity"
                    || time == "inf"
                    || time.parse::<f64>().is_ok_and(|time| time >= 600.0)
                    || time.ends_with(['d', 'h'])
            }
            (Some("tail"), Some("-f")) => text.contains("/dev/null"),
            _ => false,
        }
    };
    // The rest of the text may hold a secret.
    let word = if last.contains("/dev/null") { "tail" } else { "sleep" };
    (is_idle(&text) || (is_shell && is_idle(last))).then(|| word.to_owned())
}

/// Flags of a chart that people set to look for a mistake.
fn of_release<'a>(release: &Release<'a>) -> Vec<Upkeep<'a>> {
    let Some(product) = product::of_name(release.chart.name) else { return Vec::new() };
    let on = |path: &str| release.is_on(path).then(|| release.place(path)).flatten();
    let flag = |path: &str, flaw: PodFlaw| on(path).map(|at| Upkeep { at, flaw });
    let diagnostic = flag("diagnosticMode.enabled", PodFlaw::Replaced(product, "diagnosticMode".to_owned()));
    [diagnostic, flag("image.debug", PodFlaw::Verbose(product))].into_iter().flatten().collect()
}
