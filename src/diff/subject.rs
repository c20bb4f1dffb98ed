//! What makes two documents the same one.

use std::{collections::BTreeMap, fmt};

use crate::{manifest::Object, secrecy::Place};

/// A document of a tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A Kubernetes object, wherever it stands and whichever version of its API it is written for.
    Object {
        /// The API group; empty for the core group.
        group: String,
        /// The kind.
        kind: String,
        /// The namespace that it names.
        namespace: Option<String>,
        /// The name.
        name: String,
    },
    /// A document without a kind or a name: which one of its file, from 0, counting only those.
    Document {
        /// The file, relative to the tree.
        file: String,
        /// Which of the file's documents.
        number: usize,
    },
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Object { kind, namespace: Some(namespace), name, .. } => write!(f, "{kind} {namespace}/{name}"),
            Subject::Object { kind, namespace: None, name, .. } => write!(f, "{kind} {name}"),
            Subject::Document { file, number: 0 } => f.write_str(file),
            Subject::Document { file, number } => write!(f, "{file}, document {}", number + 1),
        }
    }
}

impl Subject {
    /// The root of what stands in `file`.
    pub(super) fn place(&self, file: &str) -> Place<'static> {
        match self {
            Subject::Object { .. } => Place::root(),
            Subject::Document { .. } => Place::of_file(file),
        }
    }
}

/// The objects with what they are.
pub(super) fn identify(objects: &[Object]) -> Vec<(Subject, &Object)> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found = Vec::with_capacity(objects.len());
    for object in objects {
        let subject = match (object.kind(), object.name()) {
            ("", _) | (_, "") => {
                let next = numbers.entry(object.file.as_str()).or_default();
                *next += 1;
                Subject::Document { file: object.file.clone(), number: *next - 1 }
            }
            (kind, name) => Subject::Object {
                group: object.group().to_owned(),
                kind: kind.to_owned(),
                namespace: object.namespace().map(str::to_owned),
                name: name.to_owned(),
            },
        };
        found.push((subject, object));
    }
    found
}
