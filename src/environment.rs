//! The environment language: from the files of a repository to one resolved [`Environment`], every leaf of which knows the
//! file, line and column that set it.

mod beside;
mod clash;
mod explain;
mod known;
mod project;
mod resolve;
mod schema;
mod semantic;
pub mod spec;
mod template;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use rayon::prelude::{IntoParallelIterator, ParallelIterator};

pub use explain::{Chain, Effect, Step};
pub use known::UnknownPath;
pub use schema::{json_schema, json_schema_text, project_json_schema, project_json_schema_text, whole_json_schema};

use crate::{
    diagnostic::{Finding, Location},
    manifest::{Comment, IGNORE, comments},
    path,
    policy::{Covers, Exception, Exceptions, Place, Scope},
    scalar::Date,
    schema::{Checked, Mode},
    tree::FileTree,
    yaml::{Dialect, FileId, Mark, Node, Source, parse},
};
use project::Project;
use spec::{EnvironmentSpec, IgnoreSpec};

/// The file that marks a repository's root.
pub const PROJECT_FILE: &str = "gen.yaml";
/// The folder of the environment files.
pub const FOLDER: &str = "environments";

/// The environment files of a repository, parsed.
pub struct Repository {
    files: Arc<Files>,
    layers: BTreeMap<String, Result<Layer, Vec<Finding>>>,
    project: Project,
    /// The namespaces of all environments, each with its environment, once somebody has asked.
    homes: OnceLock<BTreeMap<String, String>>,
}

/// The texts behind the marks.
#[derive(Debug)]
struct Files {
    tree: FileTree,
    names: Vec<String>,
}

/// One environment file.
#[derive(Debug)]
struct Layer {
    name: String,
    file: FileId,
    is_abstract: bool,
    extends: Vec<(String, Mark)>,
    root: Node,
}

/// An environment, merged, typed and valid.
#[derive(Debug)]
pub struct Environment {
    /// Its name: the file's without `.yaml`.
    pub name: String,
    /// What it says.
    pub spec: EnvironmentSpec,
    /// The files that it was merged from, the lowest layer first.
    pub layers: Vec<String>,
    /// What there is to say about it. An error among it keeps it from being built, not from being planned.
    pub findings: Vec<Finding>,
    merged: Node,
    files: Arc<Files>,
}

/// The name of the delivery object of a component. It never changes: a renamed Flux Kustomization uninstalls what the old
/// one held (seen on a real Flux 2.7).
#[must_use]
pub fn delivery_object(environment: &str, component: &str) -> String {
    format!("{environment}-{component}")
}

impl Repository {
    /// Parses the input files of a repository: [`PROJECT_FILE`] and what stands in [`FOLDER`].
    #[must_use]
    pub fn load(tree: FileTree) -> Repository {
        let prefix = format!("{FOLDER}/");
        let is_layer =
            |path: &str| path.strip_prefix(&prefix).is_some_and(|name| !name.contains('/') && name.ends_with(".yaml"));
        let layers = tree.iter().map(|(path, _)| path).filter(|path| is_layer(path));
        let names: Vec<String> = std::iter::once(PROJECT_FILE).chain(layers).map(str::to_owned).collect();
        let files = Arc::new(Files { tree, names });
        let layers = (1..files.names.len())
            .into_par_iter()
            .map(|index| (files.stem(index).to_owned(), Layer::parse(&files, index)))
            .collect();
        Repository { project: project::read(&files), layers, files, homes: OnceLock::new() }
    }

    /// The names of the environments: every layer that is not abstract, broken files included.
    #[must_use]
    pub fn environments(&self) -> Vec<&str> {
        let is_environment = |layer: &Result<Layer, _>| layer.as_ref().map_or(true, |layer| !layer.is_abstract);
        self.layers.iter().filter(|(_, layer)| is_environment(layer)).map(|(name, _)| name.as_str()).collect()
    }

    /// Whether `name` is an abstract layer, which cannot be built.
    #[must_use]
    pub fn is_abstract(&self, name: &str) -> bool {
        matches!(self.layers.get(name), Some(Ok(layer)) if layer.is_abstract)
    }

    /// The names of the layers that `name` stands on, itself among them, as far as they can be read; also of those that are
    /// not there.
    #[must_use]
    pub fn reach(&self, name: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut pending = vec![name.to_owned()];
        while let Some(name) = pending.pop() {
            if let Some(Ok(layer)) = self.layers.get(&name).filter(|_| !reached.contains(&name)) {
                pending.extend(layer.extends.iter().map(|(below, _)| below.clone()));
            }
            reached.insert(name);
        }
        reached
    }

    /// The mistakes of [`PROJECT_FILE`].
    #[must_use]
    pub fn project_findings(&self) -> &[Finding] {
        &self.project.findings
    }

    /// The rules that [`PROJECT_FILE`] locks.
    #[must_use]
    pub fn locked(&self) -> &[String] {
        &self.project.locked
    }

    /// The input files.
    #[must_use]
    pub fn inputs(&self) -> &FileTree {
        &self.files.tree
    }

    /// Merges, completes, checks and types the environment `name`.
    ///
    /// # Errors
    /// Every mistake of its layers that keeps it from being typed, and whatever else there is to say about them.
    pub fn resolve(&self, name: &str) -> Result<Environment, Vec<Finding>> {
        resolve::environment(self, name)
    }

    /// The mistakes of the environments `of` that show only when all are seen together: one namespace used twice on one
    /// cluster.
    #[must_use]
    pub fn clashes(&self, of: &[String]) -> Vec<Finding> {
        clash::findings(self, of)
    }

    /// The namespaces of all environments, each with its environment.
    fn homes(&self) -> &BTreeMap<String, String> {
        self.homes.get_or_init(|| beside::homes(self))
    }

    /// The mistakes of abstract layers that no environment extends, and that therefore nobody would see.
    #[must_use]
    pub fn unused_layers(&self) -> Vec<Finding> {
        resolve::unused_layers(self)
    }
}

impl Files {
    fn name(&self, mark: Mark) -> &str {
        self.names.get(mark.file.0 as usize).map_or(PROJECT_FILE, String::as_str)
    }

    fn stem(&self, index: usize) -> &str {
        let name = self.names[index].as_str();
        name.rsplit('/').next().and_then(|file| file.strip_suffix(".yaml")).unwrap_or(name)
    }

    fn text(&self, mark: Mark) -> &str {
        let bytes = self.tree.get(self.name(mark)).unwrap_or_default();
        std::str::from_utf8(bytes).ok().and_then(|text| mark.slice(text)).unwrap_or_default()
    }

    fn location(&self, mark: Mark) -> Location {
        mark.location(self.name(mark))
    }

    /// `home` is the file that a missing key belongs into.
    fn check(&self, shape: &crate::schema::Shape, node: &Node, mode: Mode, home: &str) -> Vec<Finding> {
        let file = |mark| self.name(mark).to_owned();
        let checked = Checked { mode, file: &file, text: &|mark| self.text(mark).to_owned(), home };
        shape.check(node, "", &checked)
    }
}

impl Layer {
    fn parse(files: &Files, index: usize) -> Result<Layer, Vec<Finding>> {
        let name = files.names[index].as_str();
        let id = FileId(u32::try_from(index).unwrap_or(u32::MAX));
        let bytes = files.tree.get(name).unwrap_or_default();
        let root = parse(Source { id, name, bytes }, Dialect::Input)?.remove(0);
        Ok(Layer {
            name: files.stem(index).to_owned(),
            file: id,
            is_abstract: Layer::is_abstract(&root),
            extends: Layer::extends(&root),
            root,
        })
    }

    /// A mistake in `abstract` is found by the schema; that an environment is incomplete would only be noise beside it.
    fn is_abstract(root: &Node) -> bool {
        root.get("abstract").is_some_and(|node| !node.is_null() && node.as_bool() != Some(false))
    }

    /// The names below `extends` with their places, as far as they are names.
    fn extends(root: &Node) -> Vec<(String, Mark)> {
        let Some(node) = root.get("extends") else { return Vec::new() };
        let items = node.as_sequence().unwrap_or(std::slice::from_ref(node));
        items.iter().filter_map(|item| Some((item.as_str()?.to_owned(), item.mark))).collect()
    }
}

/// The comments of an environment file about what to pass over. They are rare: the file is parsed again for them.
fn comments_of(layer: &str, bytes: &[u8]) -> Vec<Comment> {
    if !bytes.windows(IGNORE.len()).any(|window| window == IGNORE.as_bytes()) {
        return Vec::new();
    }
    let source = Source { id: FileId(0), name: layer, bytes };
    parse(source, Dialect::Input).map(|documents| comments(layer, None, bytes, &documents)).unwrap_or_default()
}

impl Environment {
    /// The place that set the environment path `path`, or the nearest one above it that exists.
    #[must_use]
    pub fn location(&self, path: &str) -> Location {
        let keys = path::split(path);
        (1..=keys.len())
            .rev()
            .find_map(|length| self.merged.place(&keys[..length]))
            .map_or_else(|| Location::file(self.own_file()), |mark| self.files.location(mark))
    }

    /// Where the key at the end of the environment path `path` stands, where there is one.
    #[must_use]
    pub fn location_of_key(&self, path: &str) -> Option<Location> {
        let keys = path::split(path);
        let (last, above) = keys.split_last()?;
        Some(self.files.location(self.merged.at(above)?.entry(last)?.key_mark))
    }

    /// What rules ask about it.
    #[must_use]
    pub fn scope(&self) -> Scope {
        let EnvironmentSpec { profile, policy, kubernetes, delivery, .. } = &self.spec;
        Scope {
            profile: *profile,
            with_opinions: policy.opinions,
            kubernetes: Some(kubernetes.clone()),
            flux: delivery.flux.as_ref().map(|flux| flux.version.clone()),
            ..Scope::default()
        }
    }

    /// What there is to say about it beside the other environments: that it leads to one of them, that it differs from the one whose
    /// changes come to it next.
    #[must_use]
    pub fn beside(&self, repository: &Repository) -> Vec<Finding> {
        beside::findings(self, repository)
    }

    /// Its exceptions from rules, as of `today`, those in the comments of the files that it brings to its tree too.
    #[must_use]
    pub fn exceptions(&self, repository: &Repository, copied: &[Comment], today: Date) -> Exceptions {
        let is_own = |location: &Location| location.file == self.own_file();
        let exception = |(index, spec): (usize, &IgnoreSpec)| {
            let path = path::item("policy.ignore", index);
            let location = self.location(&path);
            let IgnoreSpec { rule, path: of, reason, until } = spec.clone();
            let is_own = is_own(&location);
            let covers = of.map_or(Covers::Everything, |of| self.covered(repository, of));
            Exception { rule, covers, reason, until, flaw: None, place: Place::new(location, path), is_own }
        };
        let mut list: Vec<Exception> = self.spec.policy.ignore.iter().enumerate().map(exception).collect();
        let lists_it = |comment: &Comment| {
            let listed = comment.origin.as_ref().map(|origin| self.location(origin));
            listed.is_none_or(|location| is_own(&location))
        };
        list.extend(copied.iter().map(|comment| Exception::of(comment, lists_it(comment))));
        let own = |layer: &String| comments_of(layer, self.files.tree.get(layer).unwrap_or_default());
        let own = self.layers.iter().flat_map(own);
        list.extend(own.map(|comment| Exception::of(&comment, comment.file == self.own_file())));
        let locked = repository.project.locked.clone();
        Exceptions { list, locked, today, with_opinions: self.spec.policy.opinions }
    }

    /// What an exception of this path covers.
    fn covered(&self, repository: &Repository, path: String) -> Covers {
        if self.node(&path).is_some() {
            return Covers::Path(path);
        }
        match repository.explain(self, &path) {
            Ok(_) => Covers::Path(path),
            Err(unknown) => Covers::NoPath(path, unknown.meant),
        }
    }

    /// The value at the environment path `path`, as its layers wrote it.
    #[must_use]
    pub fn node(&self, path: &str) -> Option<&Node> {
        self.merged.at(&path::split(path))
    }

    /// The environment's own file.
    #[must_use]
    pub fn own_file(&self) -> &str {
        self.layers.last().map_or(PROJECT_FILE, String::as_str)
    }
}
