//! The documents of a tree, as linting and diffing see them.

use serde_json::Value as Json;

use crate::{
    diagnostic::Finding,
    tree::FileTree,
    yaml::{Dialect, FileId, Node, Source, parse},
};

/// One YAML document of a tree: a Kubernetes object, a kustomization, a chart's values. It may hold what should be sealed,
/// hence no `Debug`.
pub struct Object {
    /// The file that it stands in, relative to the tree's root.
    pub file: String,
    /// What it says.
    pub body: Json,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// Where an object comes from.
pub enum Provenance {
    /// gen made it; the [`Origins`](super::Origins) of its file say from what.
    Rendered,
    /// Somebody wrote it.
    Written {
        /// The file that it was written into, for people.
        file: String,
        /// The document with its places.
        node: Node,
        /// The environment path that lists the file, where one does.
        origin: Option<String>,
    },
}

/// The objects of a tree.
#[derive(Default)]
pub struct Bundle {
    /// The objects, in the order of their files.
    pub objects: Vec<Object>,
    /// Whether everything that they refer to should be among them: so it is for a tree of gen's own.
    pub is_complete: bool,
}

impl Object {
    /// The text at the end of `keys`.
    #[must_use]
    pub fn text(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().try_fold(&self.body, |value, key| value.get(key))?.as_str()
    }

    /// Its `kind`; empty for what is no Kubernetes object.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.text(&["kind"]).unwrap_or_default()
    }

    /// The group of its `apiVersion`; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.text(&["apiVersion"]).and_then(|version| version.split_once('/')).map_or("", |(group, _)| group)
    }

    /// Its name; empty where it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text(&["metadata", "name"]).unwrap_or_default()
    }

    /// Its namespace, where it names one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.text(&["metadata", "namespace"])
    }
}

impl Bundle {
    /// The documents of the YAML and JSON files of `tree`, and what is wrong with those that are neither. `prefix` goes before
    /// the names of files that people see.
    #[must_use]
    pub fn parse(tree: &FileTree, prefix: &str) -> (Bundle, Vec<Finding>) {
        let mut bundle = Bundle::default();
        let mut findings = Vec::new();
        let is_yaml = |path: &str| [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
        for (path, bytes) in tree.iter().filter(|(path, _)| is_yaml(path)) {
            let shown = format!("{prefix}{path}");
            match parse(Source { id: FileId(0), name: &shown, bytes }, Dialect::Manifest) {
                Ok(documents) => {
                    bundle.objects.extend(documents.into_iter().filter(|node| !node.is_null()).map(|node| {
                        let body = node.to_json();
                        let provenance = Provenance::Written { file: shown.clone(), node, origin: None };
                        Object { file: path.to_owned(), body, provenance }
                    }))
                }
                Err(mistakes) => findings.extend(mistakes),
            }
        }
        (bundle, findings)
    }
}
