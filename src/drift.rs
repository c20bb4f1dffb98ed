//! Drift: what stands in `gitops/<env>/` against what the inputs produce, each difference with its cause.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    diagnostic::{Finding, Location},
    environment::Environment,
    render::Rendered,
    sops,
    tree::{LOCK, LockError, State, Survey},
    yaml::{Dialect, FileId, Node, Source, Value, parse},
};

/// One environment's tree, rendered and on disk.
pub struct Drift<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// What its inputs produce.
    pub rendered: &'a Rendered,
    /// How the folder on disk differs from it.
    pub survey: &'a Survey,
    /// The folder, relative to the repository's root where it lies in it.
    pub folder: &'a str,
    /// Reads a file of the folder as it is on disk.
    pub on_disk: &'a dyn Fn(&str) -> Option<Vec<u8>>,
}

impl Drift<'_> {
    /// Every difference: what a person did to the tree, and what the inputs have changed since it was built.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let name = &self.environment.name;
        if !self.survey.exists {
            let place = Location::file(self.environment.own_file());
            let message = format!("{} has never been built", self.folder);
            return vec![Finding::error("stale", place, message).help(format!("run `gen build {name}`"))];
        }
        let mut findings: Vec<Finding> = self.lock_problem().into_iter().collect();
        findings.extend(self.by_hand(&|_, _| true));
        findings.extend(self.stale());
        findings.extend(self.removed_components().iter().map(|component| self.removed_component(component)));
        findings
    }

    /// The components whose files gen wrote and whose inputs are gone.
    #[must_use]
    pub fn removed_components(&self) -> Vec<String> {
        let folders: BTreeSet<&str> = self.rendered.tree.iter().filter_map(|(path, _)| component_of(path)).collect();
        let orphaned =
            self.survey.states.iter().filter(|(_, state)| matches!(state, State::Orphaned | State::OrphanedEdited));
        let gone: BTreeSet<&str> = orphaned.filter_map(|(path, _)| component_of(path)).collect();
        gone.difference(&folders).map(|component| (*component).to_owned()).collect()
    }

    /// The finding that keeps a build from dropping a component: stopping a database is an explicit step, never the side
    /// effect of a deleted or renamed line.
    #[must_use]
    pub fn removed_component(&self, component: &str) -> Finding {
        let name = &self.environment.name;
        let message = format!("`{component}` is in {} but not in the environment any more", self.folder);
        let help = format!(
            "bring it back under its name, or run `gen build {name} --remove {component}`, which says what is kept"
        );
        Finding::error("removed-service", Location::file(self.environment.own_file()), message)
            .help(help)
            .at("services")
    }

    /// Claims whose size a build would change on disk, but not in the cluster.
    #[must_use]
    pub fn resized_claims(&self) -> Vec<Finding> {
        let keys = ["spec", "resources", "requests", "storage"];
        let size =
            |bytes: &[u8]| document(bytes).and_then(|root| root.at(&keys).and_then(Node::as_str).map(str::to_owned));
        let mut findings = Vec::new();
        for (path, state) in &self.survey.states {
            if *state != State::Stale || !path.contains("/persistentvolumeclaim") {
                continue;
            }
            let before = (self.on_disk)(path).as_deref().and_then(size);
            let after = self.rendered.tree.get(path).and_then(size);
            if let (Some(before), Some(after)) = (before, after)
                && before != after
            {
                let origin = self.rendered.origins.get(path).map_or("", |origins| origins.of(&[]));
                let message =
                    format!("the claim keeps its {before} in the cluster: local-path cannot resize it to {after}");
                let help = format!("see \"resize\" in {}/README.md", self.folder);
                findings.push(
                    Finding::warning("claim-resize", self.environment.location(origin), message).help(help).at(origin),
                );
            }
        }
        findings
    }

    fn lock_problem(&self) -> Option<Finding> {
        let error = self.survey.lock_error.as_ref()?;
        let place = Location::new(format!("{}/{LOCK}", self.folder), lock_line(error), 1);
        let help = format!("restore it from Git, or remove it and run `gen build {}`", self.environment.name);
        Some(Finding::error("bad-lock", place, error.to_string()).help(help))
    }

    /// What people did to the tree, as far as `counts` asks for it.
    #[must_use]
    pub fn by_hand(&self, counts: &dyn Fn(&str, State) -> bool) -> Vec<Finding> {
        let gone = self.removed_components();
        let is_gone =
            |path: &str| component_of(path).is_some_and(|component| gone.iter().any(|name| name == component));
        let states = self.survey.states.iter().filter(|(path, state)| path != LOCK && counts(path, *state));
        states.filter_map(|(path, state)| self.one_by_hand(path, *state, is_gone(path))).collect()
    }

    fn one_by_hand(&self, path: &str, state: State, gone: bool) -> Option<Finding> {
        let name = &self.environment.name;
        let file = format!("{}/{path}", self.folder);
        let place = Location::file(file.as_str());
        Some(match state {
            State::New | State::Missing | State::Stale => return None,
            State::Orphaned if gone => return None,
            State::Orphaned => {
                Finding::error("orphaned", place, "gen wrote this file once, and nothing asks for it any more")
                    .help(format!("run `gen build {name}`, which removes it"))
            }
            State::Edited | State::OrphanedEdited => {
                let line = self.first_edited_line(path);
                let cause = "somebody edited this file: it is neither what gen wrote nor what the inputs produce";
                Finding::error("hand-edited", Location::new(file.as_str(), line, 1), cause).help(format!(
                    "make the change in {}, then `gen build {name} --force {file}`",
                    self.environment.own_file()
                ))
            }
            State::SealedEdited => {
                let source = format!("environments/{name}/secrets/{}", path.rsplit('/').next().unwrap_or(path));
                Finding::error("sealed-edited", place, "somebody edited this sealed copy: no build overwrites it")
                    .help(format!("copy it to {source} to keep the edit, or restore it from Git"))
            }
            State::Conflicted { line } => {
                Finding::error("merge-conflict", Location::new(file, line, 1), "a merge left its conflict markers here")
                    .help(format!("resolve the inputs, then run `gen build {name}`"))
            }
            State::Occupied => {
                Finding::error("foreign-file", place, "gen wants to write this file, and somebody else made it")
                    .help(format!("move it away, or run `gen build {name} --force {file}`"))
            }
            State::Blocked(_) => {
                Finding::error("blocked", place, "something that is no plain file stands where gen wants to write")
                    .help("move it away")
            }
            State::Foreign if self.is_component(path) => {
                Finding::warning("foreign-file", place, "gen did not write this file, and no kustomization lists it")
                    .help("list it under the service's `manifests:`, or move it away")
            }
            State::Foreign => Finding::note("foreign-file", place, "gen did not write this file and leaves it alone"),
        })
    }

    fn is_component(&self, path: &str) -> bool {
        component_of(path).is_some_and(|folder| {
            self.environment.spec.services.keys().any(|instance| instance.as_str() == folder)
                || folder == "namespace"
                || folder == "flux"
        })
    }

    /// What the inputs have changed since the tree was built: one finding for each place in the environment that did.
    fn stale(&self) -> Vec<Finding> {
        let mut causes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let mut followers = Vec::new();
        for (path, state) in &self.survey.states {
            match state {
                State::Missing => causes.entry("a file is gone from disk".to_owned()).or_default().push(path),
                State::New | State::Stale if path != LOCK => match self.cause(path) {
                    Some(cause) => causes.entry(cause).or_default().push(path),
                    None => followers.push(path.as_str()),
                },
                _ => {}
            }
        }
        if causes.is_empty() && !followers.is_empty() {
            causes.insert(String::new(), Vec::new());
        }
        if let Some(mut first) = causes.first_entry() {
            first.get_mut().append(&mut followers);
        }
        causes.into_iter().map(|(cause, paths)| self.stale_finding(&cause, &paths)).collect()
    }

    fn stale_finding(&self, cause: &str, paths: &[&str]) -> Finding {
        let (name, folder) = (&self.environment.name, self.folder);
        let files = match paths {
            [] => "files".to_owned(),
            [one] => (*one).to_owned(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        let help = format!("run `gen build {name}` and commit the result");
        if cause == "a file is gone from disk" {
            let place = Location::file(format!("{folder}/{}", paths.first().unwrap_or(&LOCK)));
            return Finding::error("stale", place, format!("{cause}: {files} of {folder}")).help(help);
        }
        let what = if cause.is_empty() { "the inputs have".to_owned() } else { format!("`{cause}` has") };
        let message = format!("{what} changed since {folder} was built: {files}");
        Finding::error("stale", self.environment.location(cause), message).help(help).at(cause)
    }

    /// The environment path behind the first difference of a file, as far as it is YAML.
    fn cause(&self, path: &str) -> Option<String> {
        let origins = self.rendered.origins.get(path)?;
        let after = self.rendered.tree.get(path)?;
        if !path.ends_with(".yaml") || path.ends_with("kustomization.yaml") {
            return None;
        }
        if sops::is_sealed_name(path) {
            return Some(origins.of(&[]).to_owned());
        }
        let after = document(after)?;
        let pointer = match (self.on_disk)(path).as_deref().and_then(document) {
            Some(before) => first_difference(&before, &after)?,
            None => Vec::new(),
        };
        Some(origins.of(&pointer).to_owned())
    }

    fn first_edited_line(&self, path: &str) -> u32 {
        let Some(disk) = (self.on_disk)(path) else { return 1 };
        let rendered = self.rendered.tree.get(path).unwrap_or_default();
        let same =
            disk.split(|byte| *byte == b'\n').zip(rendered.split(|byte| *byte == b'\n')).take_while(|(a, b)| a == b);
        u32::try_from(same.count()).unwrap_or(0) + 1
    }
}

fn lock_line(error: &LockError) -> u32 {
    match error {
        LockError::Conflict { line } | LockError::Malformed { line, .. } => *line,
    }
}

fn component_of(path: &str) -> Option<&str> {
    path.split_once('/').map(|(folder, _)| folder)
}

fn document(bytes: &[u8]) -> Option<Node> {
    parse(Source { id: FileId(0), name: "", bytes }, Dialect::Manifest).ok()?.into_iter().next()
}

/// The path of the first leaf that differs.
fn first_difference(before: &Node, after: &Node) -> Option<Vec<String>> {
    match (&before.value, &after.value) {
        (Value::Mapping(old), Value::Mapping(new)) => {
            let keys = new.iter().chain(old).map(|entry| entry.key.as_str());
            keys.into_iter().find_map(|key| match (before.get(key), after.get(key)) {
                (Some(old), Some(new)) => first_difference(old, new).map(|below| prepend(key, below)),
                _ => Some(vec![key.to_owned()]),
            })
        }
        (Value::Sequence(old), Value::Sequence(new)) if old.len() == new.len() => {
            old.iter().zip(new).enumerate().find_map(|(index, (old, new))| {
                first_difference(old, new).map(|below| prepend(&index.to_string(), below))
            })
        }
        (old, new) => (old != new).then(Vec::new),
    }
}

fn prepend(key: &str, mut below: Vec<String>) -> Vec<String> {
    below.insert(0, key.to_owned());
    below
}
