//! Why an environment says what it says: the chain of places that set a path, the lowest layer first.

use serde_json::Value as Json;

use super::{
    Environment, Repository,
    known::{UnknownPath, meaning, without_secrets},
    resolve::{Layered, layered},
};
use crate::{
    diagnostic::Location,
    path,
    schema::Shape,
    yaml::{Mark, Node, Value},
};

/// How one value of an environment came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// The environment path.
    pub path: String,
    /// What it comes to, expressions filled in; nothing where it is not set.
    pub value: Option<Json>,
    /// What the layers say about it, the lowest first.
    pub steps: Vec<Step>,
    /// What it means and what holds where it is left out, in words; empty for what the schema does not know.
    pub meaning: String,
    /// Where nothing sets it: the nearest path above that something does, and its place.
    pub nearest: Option<(String, Location)>,
}

/// What one layer says about a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Where.
    pub location: Location,
    /// What stands there; nothing where the layer takes the value away with something above it.
    pub value: Option<Json>,
    /// What becomes of it.
    pub effect: Effect,
}

/// What becomes of what a layer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It holds.
    Decides,
    /// A higher layer says something else.
    Overridden,
    /// A map or a joined list: what it holds joins what the other layers say.
    Joins,
    /// A `null` at this path takes away what lower layers say.
    Removes(String),
    /// A list, or a map of exclusive forms, at this path replaces what lower layers say, this value with it.
    Replaces(String),
}

impl Repository {
    /// The chains behind `path` in an environment that [`Repository::resolve`] gave: one for a value, one for each value
    /// below a map.
    ///
    /// # Errors
    /// When the path names nothing that is set or could be.
    pub fn explain(&self, environment: &Environment, path: &str) -> Result<Vec<Chain>, UnknownPath> {
        let keys = path::split(path);
        let layered = layered(self, &environment.name);
        let meaning = meaning(environment, &layered, &keys)?;
        let leaves = leaves(environment, &layered, &keys);
        Ok(match leaves.as_slice() {
            [] => vec![chain(environment, &layered, &keys, meaning)],
            leaves => leaves.iter().map(|keys| self::explain(environment, &layered, keys)).collect(),
        })
    }

    /// The one chain behind `path`, where layers name it, also where it is a map.
    #[must_use]
    pub fn trace(&self, environment: &Environment, path: &str) -> Chain {
        explain(environment, &layered(self, &environment.name), &path::split(path))
    }
}

fn explain(environment: &Environment, layered: &Layered, keys: &[String]) -> Chain {
    chain(environment, layered, keys, meaning(environment, layered, keys).unwrap_or_default())
}

/// The paths of the values below a map, as they hold and as layers said them. A list is one value, because layers replace it
/// whole.
fn leaves(environment: &Environment, layered: &Layered, keys: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for root in std::iter::once(&environment.merged).chain(&layered.roots) {
        if let Some(node) = root.at(keys).filter(|node| node.as_mapping().is_some()) {
            collect(node, &mut keys.to_vec(), &mut found);
        }
    }
    let mut leaves: Vec<Vec<String>> = Vec::new();
    for (leaf, is_null) in &found {
        let says_less = *is_null && found.iter().any(|(other, _)| other.len() > leaf.len() && other.starts_with(leaf));
        if !says_less && !leaves.contains(leaf) {
            leaves.push(leaf.clone());
        }
    }
    leaves
}

fn collect(node: &Node, at: &mut Vec<String>, found: &mut Vec<(Vec<String>, bool)>) {
    match node.as_mapping() {
        Some(entries) if !entries.is_empty() => {
            for entry in entries {
                at.push(entry.key.clone());
                collect(&entry.node, at, found);
                at.pop();
            }
        }
        _ => found.push((at.clone(), node.is_null())),
    }
}

fn chain(environment: &Environment, layered: &Layered, keys: &[String], meaning: String) -> Chain {
    let mut said: Vec<(&Node, Mark, Said)> = Vec::new();
    // Items of a joined list count on from those of the lower layers.
    let mut before = 0;
    for root in &layered.roots {
        let new = look(&layered.shape, root, keys, &mut before);
        if matches!(new, Some((_, Said::Removes(_) | Said::Replaces(_)))) {
            before = 0;
        }
        let new = new.filter(|(_, new)| matches!(new, Said::Value(_)) || !said.is_empty());
        said.extend(new.map(|(mark, new)| (root, mark, new)));
    }
    let step = |(index, (root, mark, what)): (usize, &(&Node, Mark, Said))| {
        let (value, effect) = match what {
            Said::Removes(at) => (None, Effect::Removes(at.clone())),
            Said::Replaces(at) => (None, Effect::Replaces(at.clone())),
            Said::Value(value) => {
                let effect = match (said.len(), &said[index + 1..]) {
                    (2.., above) if joins(&layered.shape, keys, value, above) => Effect::Joins,
                    (_, []) => Effect::Decides,
                    _ => Effect::Overridden,
                };
                (Some(without_secrets(root, keys, value.clone())), effect)
            }
        };
        Step { location: environment.files.location(*mark), value, effect }
    };
    let path = path::below("", keys);
    let value = environment.merged.at(keys).map(|node| without_secrets(&environment.merged, keys, node.to_json()));
    let nearest = || {
        let above = (1..keys.len())
            .rev()
            .map(|length| &keys[..length])
            .find(|keys| environment.merged.place(keys).is_some())?;
        Some((path::below("", above), environment.location(&path)))
    };
    Chain {
        nearest: if value.is_none() { nearest() } else { None },
        steps: said.iter().enumerate().map(step).collect(),
        path,
        value,
        meaning,
    }
}

/// What a layer says about a path.
enum Said {
    Value(Json),
    Removes(String),
    Replaces(String),
}

/// What one layer says about the path `keys`, and where.
fn look(shape: &Shape, root: &Node, keys: &[String], before: &mut usize) -> Option<(Mark, Said)> {
    let unknown = Shape::default();
    let (mut shape, mut node, mut mark, mut is_verbatim) = (shape, root, root.mark, false);
    for (depth, key) in keys.iter().enumerate() {
        let here = || path::below("", &keys[..depth]);
        is_verbatim |= shape.is_verbatim();
        match &node.value {
            Value::Null if !is_verbatim => return Some((mark, Said::Removes(here()))),
            Value::Mapping(_) => match node.entry(key) {
                Some(entry) => {
                    (node, mark) =
                        (&entry.node, if is_container(&entry.node) { entry.key_mark } else { entry.node.mark });
                    shape = shape.below(key).unwrap_or(&unknown);
                }
                None if shape.is_exclusive() => return Some((mark, Said::Replaces(here()))),
                None => return None,
            },
            Value::Sequence(items) => {
                let index: usize = key.parse().ok()?;
                let own = if shape.is_joined() { index.checked_sub(*before) } else { Some(index) };
                if shape.is_joined() {
                    *before += items.len();
                }
                match own.and_then(|index| items.get(index)) {
                    Some(item) => {
                        (node, mark) = (item, item.mark);
                        shape = shape.item().unwrap_or(&unknown);
                    }
                    None if shape.is_joined() => return None,
                    None => return Some((mark, Said::Replaces(here()))),
                }
            }
            _ => return Some((mark, Said::Replaces(here()))),
        }
    }
    is_verbatim |= shape.is_verbatim();
    Some(match node.value {
        Value::Null if !is_verbatim => (mark, Said::Removes(path::below("", keys))),
        _ => (mark, Said::Value(node.to_json())),
    })
}

fn is_container(node: &Node) -> bool {
    node.as_mapping().is_some() || node.as_sequence().is_some()
}

/// Whether a value adds up with what the layers above say.
fn joins(shape: &Shape, keys: &[String], value: &Json, above: &[(&Node, Mark, Said)]) -> bool {
    let shape = keys.iter().try_fold(shape, |shape, key| shape.below(key));
    let adds = |value: &Json| match value {
        Json::Object(_) => !shape.is_some_and(Shape::is_exclusive),
        Json::Array(_) => shape.is_some_and(Shape::is_joined),
        _ => false,
    };
    adds(value) && above.iter().all(|(_, _, said)| matches!(said, Said::Value(value) if adds(value)))
}
