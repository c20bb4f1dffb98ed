//! What a build changes in the tree, and a person must know before the cluster gets it.

use super::{Drift, difference::document};
use crate::{diagnostic::Finding, tree::State, yaml::Node};

impl Drift<'_> {
    /// Sizes that cannot change, and servers that move.
    #[must_use]
    pub fn transitions(&self) -> Vec<Finding> {
        let stale = self.survey.states.iter().filter(|(_, state)| *state == State::Stale);
        let checks = |path| [self.resized_claim(path), self.resized_replicas(path), self.moved_server(path)];
        stale.flat_map(|(path, _)| checks(path)).flatten().collect()
    }

    /// The primary comes up in another StatefulSet. On a ReadWriteOncePod claim it waits for the old one to end; on any other
    /// it was seen to start beside it, two servers on one data folder.
    fn moved_server(&self, path: &str) -> Option<Finding> {
        let changed = |keys: &[&str]| self.change(path, "/values", keys);
        let (before, after, origin) = changed(&["architecture"]).or_else(|| changed(&["fullnameOverride"]))?;
        let (folder, _) = path.rsplit_once('/')?;
        let claim = self.rendered.tree.get(&format!("{folder}/persistentvolumeclaim.yaml")).and_then(document);
        let mode = claim.as_ref().and_then(|claim| claim.at(&["spec", "accessModes", "0"])).and_then(Node::as_str);
        if mode == Some("ReadWriteOncePod") {
            return None;
        }
        let message = format!(
            "from {before} to {after} the primary moves to another StatefulSet, and its claim may let both run at once"
        );
        let help = "scale the old StatefulSet to zero, and wait for its pod to end, before you push";
        Some(Finding::warning("moved-server", self.environment.location(&origin), message).help(help).at(origin))
    }

    fn resized_claim(&self, path: &str) -> Option<Finding> {
        let keys = ["spec", "resources", "requests", "storage"];
        let (before, after, origin) = self.change(path, "/persistentvolumeclaim", &keys)?;
        let message = format!("the claim keeps its {before} in the cluster: local-path cannot resize it to {after}");
        let help = format!("see \"resize\" in {}/README.md", self.folder);
        Some(Finding::warning("claim-resize", self.environment.location(&origin), message).help(help).at(origin))
    }

    /// Volume claim templates of a StatefulSet cannot change, and Helm fails on them: with them, everything else in the
    /// release stays as it is.
    fn resized_replicas(&self, path: &str) -> Option<Finding> {
        let keys = ["readReplicas", "persistence", "size"];
        let (before, after, origin) = self.change(path, "/values", &keys)?;
        let message = format!(
            "Helm will refuse to change the replicas' volumes from {before} to {after}, and with them the release"
        );
        let help =
            format!("delete their StatefulSet right after the push, see \"resize\" in {}/README.md", self.folder);
        Some(Finding::warning("replica-resize", self.environment.location(&origin), message).help(help).at(origin))
    }

    /// What stood at `keys` of a generated file before and what will, where that differs, and the environment path behind it.
    fn change(&self, path: &str, file: &str, keys: &[&str]) -> Option<(String, String, String)> {
        let (folder, name) = path.rsplit_once('/')?;
        if !format!("/{name}").starts_with(file) || folder.is_empty() {
            return None;
        }
        let (before, after) = (document(&(self.on_disk)(path)?)?, document(self.rendered.tree.get(path)?)?);
        let text = |document: &Node, keys: &[&str]| document.at(keys).and_then(Node::as_str).map(str::to_owned);
        // A file of the same name may hold another object than before.
        let name = ["metadata", "name"];
        if text(&before, &name) != text(&after, &name) {
            return None;
        }
        let (before, after) = (text(&before, keys)?, text(&after, keys)?);
        let pointer: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let origin = self.rendered.origins.get(path)?.of(&pointer);
        (before != after).then_some((before, after, origin))
    }
}
