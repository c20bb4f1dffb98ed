//! Which kinds and types there are. The texts are not read here, only found.

use std::{
    collections::HashMap,
    sync::{LazyLock, OnceLock},
};

use super::{
    Versions,
    form::{Line, Type},
    read::{kind, type_},
};

/// The texts: the first four derived by `derive.py`, the last one by hand.
const TEXTS: [&str; 5] = [
    include_str!("kubernetes.txt"),
    include_str!("flux.txt"),
    include_str!("argocd.txt"),
    include_str!("gateway.txt"),
    include_str!("byhand.txt"),
];

/// A kind in one version of its group.
#[derive(Debug)]
pub struct Kind {
    /// Its `apiVersion`.
    pub api_version: &'static str,
    /// Its `kind`.
    pub name: &'static str,
    pub(super) line: Line,
    /// Its type, where gen has it.
    pub(super) block: Option<&'static str>,
    /// The first and the last version that serves it.
    pub(super) since: u32,
    pub(super) until: u32,
    /// Since when it is spoken of as deprecated.
    pub(super) deprecated: Option<u32>,
    pub(super) removed: Option<u32>,
    /// What comes in its place, as `apiVersion/kind`.
    pub(super) instead: Option<&'static str>,
}

impl Kind {
    pub(super) fn of(&self) -> Option<&'static Type> {
        Some(INDEX.type_at(*INDEX.types.get(self.block?)?))
    }

    /// The group of its `apiVersion`.
    pub(super) fn group(&self) -> &'static str {
        group(self.api_version)
    }
}

/// The group of an `apiVersion`; empty for the core group.
pub(super) fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

impl Line {
    pub(super) fn version(self, versions: Versions) -> u32 {
        match self {
            Line::Kubernetes => versions.kubernetes,
            Line::Flux => versions.flux,
            Line::Always => 1,
        }
    }

    /// A version as people write it.
    pub(super) fn spelled(self, minor: u32) -> String {
        match self {
            Line::Flux => format!("Flux 2.{minor}"),
            Line::Kubernetes | Line::Always => format!("Kubernetes 1.{minor}"),
        }
    }
}

struct Block {
    head: &'static str,
    body: &'static str,
    read: OnceLock<Type>,
}

pub(super) struct Index {
    blocks: Vec<Block>,
    pub(super) types: HashMap<&'static str, usize>,
    pub(super) kinds: Vec<Kind>,
    by_name: HashMap<(&'static str, &'static str), usize>,
}

pub(super) static INDEX: LazyLock<Index> = LazyLock::new(Index::new);

impl Index {
    fn new() -> Index {
        let mut index = Index { blocks: Vec::new(), types: HashMap::new(), kinds: Vec::new(), by_name: HashMap::new() };
        for text in TEXTS {
            let mut parts = text.split("\n= ");
            index.kinds.extend(parts.next().unwrap_or_default().lines().filter_map(kind));
            for part in parts {
                let (head, body) = part.split_once('\n').unwrap_or((part, ""));
                let name = head.split(' ').next().unwrap_or_default();
                index.types.insert(name, index.blocks.len());
                index.blocks.push(Block { head, body, read: OnceLock::new() });
            }
        }
        let named = index.kinds.iter().enumerate().map(|(at, kind)| ((kind.api_version, kind.name), at));
        index.by_name = named.collect();
        index
    }

    pub(super) fn kind(&self, api_version: &str, name: &str) -> Option<&Kind> {
        self.by_name.get(&(api_version, name)).map(|at| &self.kinds[*at])
    }

    pub(super) fn name(&self, at: usize) -> &'static str {
        self.blocks[at].head.split(' ').next().unwrap_or_default()
    }

    pub(super) fn type_at(&self, at: usize) -> &Type {
        let block = &self.blocks[at];
        block.read.get_or_init(|| type_(block.head, block.body, &self.types))
    }
}

#[cfg(test)]
mod tests {
    use super::INDEX;
    use crate::api::form::Form;

    fn names(form: &Form) -> bool {
        match form {
            Form::List(inner, _) | Form::Each(inner) => names(inner),
            Form::Or(forms) => forms.iter().all(names),
            Form::Named(at) => *at != usize::MAX,
            _ => true,
        }
    }

    /// Every line of the texts can be read, and every name in them leads to a type.
    #[test]
    fn the_texts_are_whole() {
        assert!(INDEX.kinds.len() > 200 && INDEX.types.len() > 900, "{} {}", INDEX.kinds.len(), INDEX.types.len());
        for kind in &INDEX.kinds {
            assert_eq!(kind.of().is_some(), kind.block.is_some(), "{kind:?}");
            assert!(kind.since <= kind.until, "{kind:?}");
        }
        for (name, at) in &INDEX.types {
            let of = INDEX.type_at(*at);
            let lines =
                INDEX.blocks[*at].body.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
            assert_eq!(of.fields.len() + of.alone.len(), lines, "{name}");
            for pair in of.fields.windows(2) {
                assert!(pair[0].name <= pair[1].name, "{name}: {} {}", pair[0].name, pair[1].name);
            }
            for field in &of.fields {
                assert!(names(&field.form), "{name}.{}: {:?}", field.name, field.form);
                let pattern = field.limits.as_ref().and_then(|limits| limits.pattern.as_ref());
                if let Some(pattern) = pattern {
                    assert!(regex_lite::Regex::new(&pattern.text).is_ok(), "{name}.{}: {}", field.name, pattern.text);
                }
            }
        }
    }
}
