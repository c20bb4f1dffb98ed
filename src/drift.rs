//! Drift: what stands in `gitops/<env>/` against what the inputs produce, each difference with its cause.

mod transition;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    diagnostic::{Finding, Location},
    diff,
    environment::{Environment, FOLDER},
    render::Rendered,
    sops,
    tree::{FileTree, LOCK, LockError, State, Survey},
    yaml::Node,
};

pub use self::transition::{removed_environment, transitions};

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

    /// The finding that keeps a build from dropping a component.
    #[must_use]
    pub fn removed_component(&self, component: &str) -> Finding {
        removed_service(self.environment, self.folder, component)
    }

    fn lock_problem(&self) -> Option<Finding> {
        let error = self.survey.lock_error.as_ref()?;
        let place = Location::new(format!("{}/{LOCK}", self.folder), lock_line(error), 1);
        let help = format!("run `gen build {}`, which writes it again", self.environment.name);
        Some(Finding::error("bad-lock", place, error.to_string()).help(help))
    }

    /// What people did to the tree, as far as `counts` asks for it.
    #[must_use]
    pub fn by_hand(&self, counts: &dyn Fn(&str, State) -> bool) -> Vec<Finding> {
        let gone = self.removed_components();
        let is_gone = |path: &str| gone.iter().any(|component| belongs_to(path, component));
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
            State::Edited if self.has_other_line_ends(path) => {
                Finding::error("hand-edited", place, "something turned the line ends of this file into CR LF").help(
                    format!(
                        "write `/{}/** -text` into .gitattributes, then run `gen build {name} --force {file}`",
                        self.folder
                    ),
                )
            }
            State::Edited | State::OrphanedEdited => {
                let cause = "somebody edited this file: it is neither what gen wrote nor what the inputs produce";
                Finding::error("hand-edited", self.first_edit(path, &file), cause).help(format!(
                    "make the change in {}, then `gen build {name} --force {file}`",
                    self.environment.own_file()
                ))
            }
            State::SealedEdited => {
                let source = self.sealed_source(path);
                Finding::error("sealed-edited", place, "somebody edited this sealed copy: no build overwrites it").help(
                    format!(
                        "`gen secret adopt {file}` takes it back to {source}; to drop the edit, restore it from Git"
                    ),
                )
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

    /// The file that a sealed copy was made from: listed among the service's manifests, or demanded by it.
    fn sealed_source(&self, path: &str) -> String {
        let origin = self.rendered.origins.get(path).map_or_else(String::new, |origins| origins.whole().to_string());
        let listed = self.environment.node(&origin).and_then(Node::as_str).filter(|_| origin.contains(".manifests["));
        match listed {
            Some(relative) => format!("{FOLDER}/{relative}"),
            None => {
                let file = path.rsplit('/').next().unwrap_or(path);
                format!("{FOLDER}/{}/secrets/{file}", self.environment.name)
            }
        }
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
        let mut causes: BTreeMap<Cause, Vec<&str>> = BTreeMap::new();
        let mut followers = Vec::new();
        let mut lock_differs = false;
        for (path, state) in &self.survey.states {
            match state {
                State::Missing => causes.entry(Cause::Gone).or_default().push(path),
                State::New | State::Stale if path == LOCK => lock_differs = true,
                State::New | State::Stale => match self.changed(path) {
                    changed if changed.is_empty() => followers.push(path.as_str()),
                    changed => {
                        changed.into_iter().for_each(|at| causes.entry(Cause::Input(at)).or_default().push(path));
                    }
                },
                _ => {}
            }
        }
        let is_explained = !causes.is_empty() || !self.removed_components().is_empty();
        match causes.first_entry() {
            Some(mut first) => first.get_mut().append(&mut followers),
            None if is_explained => {}
            None if !followers.is_empty() => drop(causes.insert(Cause::Unknown, followers)),
            None if lock_differs
                && self.survey.states.iter().all(|(path, state)| path == LOCK || *state == State::Foreign) =>
            {
                drop(causes.insert(Cause::Lock, vec![LOCK]))
            }
            None => {}
        }
        causes.into_iter().map(|(cause, paths)| self.stale_finding(&cause, &paths)).collect()
    }

    fn stale_finding(&self, cause: &Cause, paths: &[&str]) -> Finding {
        let (name, folder) = (&self.environment.name, self.folder);
        let files = match paths {
            [] => "files".to_owned(),
            [one] => (*one).to_owned(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        let first = || Location::file(format!("{folder}/{}", paths.first().unwrap_or(&LOCK)));
        let (place, at, message) = match cause {
            Cause::Gone => (first(), "", format!("a file is gone from disk: {files} of {folder}")),
            Cause::Lock => (first(), "", format!("{LOCK} is missing, or does not list the files of {folder}")),
            Cause::Input(at) => {
                let message = format!("`{at}` has changed since {folder} was built: {files}");
                (self.environment.location(at), at.as_str(), message)
            }
            Cause::Unknown => {
                let message = format!("the inputs, or gen itself, have changed since {folder} was built: {files}");
                (Location::file(self.environment.own_file()), "", message)
            }
        };
        Finding::error("stale", place, message).help(format!("run `gen build {name}` and commit the result")).at(at)
    }

    /// The environment paths behind the differences of a file, as far as it is YAML that tells them.
    fn changed(&self, path: &str) -> BTreeSet<String> {
        let (Some(origins), Some(after)) = (self.rendered.origins.get(path), self.rendered.tree.get(path)) else {
            return BTreeSet::new();
        };
        if !path.ends_with(".yaml") || path.ends_with("kustomization.yaml") {
            return BTreeSet::new();
        }
        let tree = |bytes: &[u8]| {
            let mut tree = FileTree::new();
            // A tree of one file takes any path that another tree took.
            let _ = tree.insert(path, bytes);
            tree
        };
        let before = (self.on_disk)(path).unwrap_or_default();
        let (changes, texts) = diff::trees(&tree(&before), &tree(after));
        // What is gone from a list says nothing about the places that the rest of it came from.
        let tells = |change: &&diff::Change| change.after.is_some() || !change.is_item();
        let mut pointers: Vec<Vec<String>> = changes.iter().filter(tells).map(diff::Change::keys).collect();
        if sops::is_sealed_name(path) || !texts.is_empty() {
            pointers = vec![Vec::new()];
        }
        let changed = pointers.iter().map(|pointer| origins.of(pointer));
        changed.filter(|origin| !origin.is_empty()).collect()
    }

    fn has_other_line_ends(&self, path: &str) -> bool {
        let disk = (self.on_disk)(path).and_then(|bytes| String::from_utf8(bytes).ok());
        disk.is_some_and(|disk| Some(disk.replace("\r\n", "\n").as_bytes()) == self.rendered.tree.get(path))
    }

    /// The first place where a file on disk differs from what the inputs produce.
    fn first_edit(&self, path: &str, file: &str) -> Location {
        let disk = (self.on_disk)(path).unwrap_or_default();
        let rendered = self.rendered.tree.get(path).unwrap_or_default();
        let (disk, rendered) = (String::from_utf8_lossy(&disk), String::from_utf8_lossy(rendered));
        let same = disk.lines().zip(rendered.lines()).take_while(|(a, b)| a == b).count();
        let (now, then) = (disk.lines().nth(same), rendered.lines().nth(same));
        let last = disk.lines().count().max(1);
        let (now, then) = (now.unwrap_or_default(), then.unwrap_or_default());
        let column = now.chars().zip(then.chars()).take_while(|(a, b)| a == b).count();
        let length = now.chars().count().saturating_sub(column).max(1);
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Location::new(file, number((same + 1).min(last)), number(column + 1)).spanning(number(length))
    }
}

fn lock_line(error: &LockError) -> u32 {
    match error {
        LockError::Conflict { line } | LockError::Malformed { line, .. } => *line,
    }
}

/// The finding about a service whose files gen wrote into `folder` and that is gone from the environment: stopping a database
/// is an explicit step, never the side effect of a deleted or renamed line.
#[must_use]
pub fn removed_service(environment: &Environment, folder: &str, service: &str) -> Finding {
    let name = &environment.name;
    let message = format!("`{service}` is in {folder} but not in the environment any more");
    let help =
        format!("bring it back under its name, or run `gen build {name} --remove {service}`, which says what is kept");
    Finding::error("removed-service", environment.location("services"), message).help(help).at("services")
}

/// The findings about the services that `before` has a folder of and the rendered tree has not.
#[must_use]
pub fn removed_services(
    environment: &Environment,
    rendered: &Rendered,
    folder: &str,
    before: &FileTree,
) -> Vec<Finding> {
    let folders = |tree: &FileTree| -> BTreeSet<String> {
        tree.iter().filter_map(|(path, _)| component_of(path)).map(str::to_owned).collect()
    };
    let gone = &folders(before) - &folders(&rendered.tree);
    gone.iter().map(|service| removed_service(environment, folder, service)).collect()
}

/// Whether a file exists because of a component: it lies in its folder, or brings it to the cluster.
fn belongs_to(path: &str, component: &str) -> bool {
    component_of(path) == Some(component)
        || path.strip_prefix("flux/").and_then(|name| name.strip_suffix(".yaml")) == Some(component)
}

fn component_of(path: &str) -> Option<&str> {
    path.split_once('/').map(|(folder, _)| folder)
}

/// Why a tree is not what its inputs produce.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// Somebody removed files.
    Gone,
    /// The lock alone is missing, or lists other files.
    Lock,
    /// An environment path says something else than it did.
    Input(String),
    /// The difference shows only where no path can be told from it.
    Unknown,
}
