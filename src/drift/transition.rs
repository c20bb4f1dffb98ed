//! What changes in the tree that a person must know before the cluster gets it.

use super::{Drift, belongs_to, component_of};
use crate::{
    diagnostic::{Finding, Location},
    environment::{Environment, FOLDER},
    manifest::Bundle,
    policy::{Comparison, Place},
    render::Rendered,
    tree::{FileTree, LOCK, State},
    view::At,
};

impl Drift<'_> {
    /// The tree as it was written the last time, and is on disk.
    #[must_use]
    pub fn before(&self) -> FileTree {
        let mut before = FileTree::new();
        // The survey names what differs only.
        let gone =
            self.survey.states.iter().filter(|(_, state)| matches!(state, State::Orphaned | State::OrphanedEdited));
        let gone = gone.map(|(path, _)| path.as_str());
        for path in self.rendered.tree.iter().map(|(path, _)| path).chain(gone).filter(|path| *path != LOCK) {
            if let Some(bytes) = (self.on_disk)(path) {
                // Each path comes once.
                let _ = before.insert(path, bytes);
            }
        }
        before
    }
}

/// What the rules about transitions say of the way from the tree `before` to the rendered one, which people know as `folder`. A
/// service that goes as a whole is told as such, and nothing about its parts.
#[must_use]
pub fn transitions(environment: &Environment, rendered: &Rendered, folder: &str, before: &FileTree) -> Vec<Finding> {
    let is_same = |(path, bytes): (&str, &[u8])| before.get(path) == Some(bytes);
    if before.is_empty()
        || (rendered.tree.iter().all(is_same) && before.iter().all(|(path, _)| rendered.tree.get(path).is_some()))
    {
        return Vec::new();
    }
    let (mut old, _) = Bundle::parse(before);
    let folders: Vec<&str> = rendered.tree.iter().filter_map(|(path, _)| component_of(path)).collect();
    let gone: Vec<&str> =
        before.iter().filter_map(|(path, _)| component_of(path)).filter(|folder| !folders.contains(folder)).collect();
    old.objects.retain(|object| !gone.iter().any(|component| belongs_to(&object.file, component)));
    let runbook = format!("{folder}/README.md");
    let comparison = Comparison {
        before: &old,
        after: &rendered.bundle,
        scope: &environment.scope(),
        locate: &|at| rendered.locate(environment, at),
        gone: &|at| owner(environment, at),
        runbook: Some(&runbook),
    };
    comparison.findings()
}

/// The place in the environment that something was made from, as far as its folder tells.
fn owner(environment: &Environment, at: &At<'_>) -> Place {
    let path = match component_of(&at.object.file) {
        Some("namespace") => "namespace".to_owned(),
        Some("flux") | None => "services".to_owned(),
        Some(service) => format!("services.{service}"),
    };
    Place::new(environment.location(&path), path)
}

/// The finding about an environment that is gone: what Flux held for it is let go of, and stays where it is.
#[must_use]
pub fn removed_environment(name: &str) -> Finding {
    let message = format!(
        "the environment `{name}` is gone: Flux lets go of its releases, claims and Secrets, and nobody looks after them any more"
    );
    let help =
        "bring it back; to really remove it, take its services down first, see \"remove\" in the README.md of its tree";
    Finding::error("destructive-removal", Location::file(format!("{FOLDER}/{name}.yaml")), message).help(help)
}
