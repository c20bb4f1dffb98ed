//! What changes in the tree that a person must know before the cluster gets it.

use serde_json::Value as Json;

use super::Drift;
use crate::{
    diagnostic::Finding,
    diff::{self, Change, Subject},
    environment::Environment,
    render::Rendered,
    tree::{FileTree, State},
    yaml::{Dialect, FileId, Source, parse},
};

impl Drift<'_> {
    /// Sizes that cannot change, and servers that move.
    #[must_use]
    pub fn transitions(&self) -> Vec<Finding> {
        let stale = self.survey.states.iter().filter(|(_, state)| *state == State::Stale);
        let (mut before, mut after) = (FileTree::new(), FileTree::new());
        for (path, _) in stale {
            if let (Some(old), Some(new)) = ((self.on_disk)(path), self.rendered.tree.get(path)) {
                // The survey names each path once.
                let _ = before.insert(path.as_str(), old);
                let _ = after.insert(path.as_str(), new);
            }
        }
        let (changes, _) = diff::trees(&before, &after);
        transitions(self.environment, self.rendered, self.folder, &changes)
    }
}

/// Sizes that cannot change, and servers that move, among the changes of an environment whose tree is `folder`.
#[must_use]
pub fn transitions(environment: &Environment, rendered: &Rendered, folder: &str, changes: &[Change]) -> Vec<Finding> {
    let transition = Transition { environment, rendered, folder, changes };
    let one = |change| transition.resized_claim(change).or_else(|| transition.resized_replicas(change));
    let moved = changes.iter().filter_map(|change| transition.moved_server(change));
    changes.iter().filter_map(one).chain(moved).collect()
}

struct Transition<'a> {
    environment: &'a Environment,
    rendered: &'a Rendered,
    folder: &'a str,
    changes: &'a [Change],
}

impl Transition<'_> {
    /// The primary comes up in another StatefulSet. On a ReadWriteOncePod claim it waits for the old one to end; on any other
    /// it was seen to start beside it, two servers on one data folder.
    fn moved_server(&self, change: &Change) -> Option<Finding> {
        let of_the_values = |key: &str| {
            self.changes.iter().find(|other| other.subject == change.subject && other.is_at(&[key]) && is_values(other))
        };
        let first = of_the_values("architecture").or_else(|| of_the_values("fullnameOverride"));
        if !first.is_some_and(|first| std::ptr::eq(first, change)) {
            return None;
        }
        let (before, after, origin) = self.texts(change)?;
        let (folder, _) = change.file.rsplit_once('/')?;
        let claim = format!("{folder}/persistentvolumeclaim.yaml");
        let claim = self.rendered.tree.get(&claim).and_then(|bytes| {
            parse(Source { id: FileId(0), name: &claim, bytes }, Dialect::Manifest).ok()?.into_iter().next()
        });
        let mode = claim.as_ref().and_then(|claim| claim.at(&["spec", "accessModes", "0"])?.as_str());
        if mode == Some("ReadWriteOncePod") {
            return None;
        }
        let message = format!(
            "from {before} to {after} the primary moves to another StatefulSet, and its claim may let both run at once"
        );
        let help = "scale the old StatefulSet to zero, and wait for its pod to end, before you push";
        Some(self.warning("moved-server", &origin, message).help(help))
    }

    fn resized_claim(&self, change: &Change) -> Option<Finding> {
        let is_claim = change.file.contains("/persistentvolumeclaim");
        if !is_claim || !change.is_at(&["spec", "resources", "requests", "storage"]) {
            return None;
        }
        let (before, after, origin) = self.texts(change)?;
        let message = format!("the claim keeps its {before} in the cluster: local-path cannot resize it to {after}");
        let help = format!("see \"resize\" in {}/README.md", self.folder);
        Some(self.warning("claim-resize", &origin, message).help(help))
    }

    /// Volume claim templates of a StatefulSet cannot change, and Helm fails on them: with them, everything else in the
    /// release stays as it is.
    fn resized_replicas(&self, change: &Change) -> Option<Finding> {
        if !is_values(change) || !change.is_at(&["readReplicas", "persistence", "size"]) {
            return None;
        }
        let (before, after, origin) = self.texts(change)?;
        let message = format!(
            "Helm will refuse to change the replicas' volumes from {before} to {after}, and with them the release"
        );
        let help =
            format!("delete their StatefulSet right after the push, see \"resize\" in {}/README.md", self.folder);
        Some(self.warning("replica-resize", &origin, message).help(help))
    }

    /// A text before and after, and the environment path behind it.
    fn texts(&self, change: &Change) -> Option<(String, String, String)> {
        let text = |value: &Option<Json>| value.as_ref().and_then(Json::as_str).map(str::to_owned);
        let origin = self.rendered.origins.get(&change.file)?.of(&change.keys());
        Some((text(&change.before)?, text(&change.after)?, origin))
    }

    fn warning(&self, rule: &'static str, origin: &str, message: String) -> Finding {
        Finding::warning(rule, self.environment.location(origin), message).at(origin)
    }
}

fn is_values(change: &Change) -> bool {
    matches!(change.subject, Subject::Document { .. }) && change.file.ends_with("/values.yaml")
}
