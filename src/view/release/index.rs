//! What releases look up in a tree, found once: thousands of them ask.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::{
    manifest::{Bundle, Object},
    view::Spot,
};

/// The objects of a tree by what releases know of them.
pub(super) struct Index<'a> {
    pub(super) bundle: &'a Bundle,
    sources: HashMap<(&'a str, &'a str), &'a Object>,
    config_maps: HashMap<&'a str, Vec<&'a Object>>,
    generators: HashMap<&'a str, Vec<(&'a Object, Spot<'a, 'a>)>>,
    files: HashMap<&'a str, &'a Object>,
}

impl<'a> Index<'a> {
    pub(super) fn of(bundle: &'a Bundle) -> Index<'a> {
        let (mut sources, mut files) = (HashMap::new(), HashMap::new());
        let mut config_maps: HashMap<_, Vec<_>> = HashMap::new();
        let mut generators: HashMap<_, Vec<_>> = HashMap::new();
        for object in &bundle.objects {
            files.entry(object.file.as_str()).or_insert(object);
            match object.kind() {
                kind @ ("GitRepository" | "OCIRepository") => {
                    sources.entry((kind, object.name())).or_insert(object);
                }
                "ConfigMap" => config_maps.entry(object.name()).or_default().push(object),
                "Kustomization" => {
                    for generator in Spot::whole(object).items(&["configMapGenerator"]) {
                        let name = generator.text(&["name"]).unwrap_or_default();
                        generators.entry(name).or_default().push((object, generator));
                    }
                }
                _ => {}
            }
        }
        Index { bundle, sources, config_maps, generators, files }
    }

    /// The source of that kind and name.
    pub(super) fn source(&self, kind: &str, name: &str) -> Option<&'a Json> {
        self.sources.get(&(kind, name)).map(|object| &object.body)
    }

    /// The ConfigMaps of that name, in the order of their files.
    pub(super) fn config_maps(&self, name: &str) -> &[&'a Object] {
        self.config_maps.get(name).map_or(&[], Vec::as_slice)
    }

    /// What makes ConfigMaps of that name, each with the kustomization that it stands in.
    pub(super) fn generators(&self, name: &str) -> &[(&'a Object, Spot<'a, 'a>)] {
        self.generators.get(name).map_or(&[], Vec::as_slice)
    }

    /// The first document of a file.
    pub(super) fn file(&self, path: &str) -> Option<&'a Object> {
        self.files.get(path).copied()
    }

    /// The file of a repository that `path` names from the repository's root, which may lie above or below the tree's.
    pub(super) fn file_of_repository(&self, path: &str) -> Option<&'a Object> {
        let mut shorter = Some(path);
        while let Some(part) = shorter {
            if let Some(object) = self.file(part) {
                return Some(object);
            }
            shorter = part.split_once('/').map(|(_, rest)| rest);
        }
        let below = format!("/{path}");
        self.bundle.objects.iter().find(|object| object.file.ends_with(&below))
    }
}
