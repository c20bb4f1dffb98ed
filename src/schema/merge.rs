//! Short forms and the merge of layers.

use super::Shape;
use crate::yaml::{Entry, Node, Value};

impl Shape {
    /// Replaces every short form by the map that it stands for.
    #[must_use]
    pub fn expand(&self, mut node: Node) -> Node {
        if self.verbatim {
            return node;
        }
        if let Some(key) = &self.short_form
            && !matches!(node.value, Value::Mapping(_) | Value::Sequence(_) | Value::Null)
        {
            let mark = node.mark;
            let entry = Entry { key: key.clone(), key_mark: mark, node };
            return Node { mark, value: Value::Mapping(vec![entry]) };
        }
        node.value = match node.value {
            Value::Mapping(entries) => Value::Mapping(
                entries
                    .into_iter()
                    .map(|entry| match self.below(&entry.key) {
                        Some(shape) => Entry { node: shape.expand(entry.node), ..entry },
                        None => entry,
                    })
                    .collect(),
            ),
            Value::Sequence(items) => match &self.items {
                Some(shape) => Value::Sequence(items.into_iter().map(|item| shape.expand(item)).collect()),
                None => Value::Sequence(items),
            },
            scalar => scalar,
        };
        node
    }

    /// Lays `over` on top of `base`: maps merge deeply, lists and scalars replace, `null` removes the inherited key.
    /// Every node keeps the place of the layer that set it.
    #[must_use]
    pub fn merge(&self, base: Node, over: Node) -> Node {
        if self.exclusive && !matches!(over.value, Value::Null) {
            return over;
        }
        match (base.value, over.value) {
            (Value::Mapping(below), Value::Mapping(above)) => {
                Node { mark: over.mark, value: Value::Mapping(self.merge_entries(below, above)) }
            }
            (Value::Sequence(mut below), Value::Sequence(above)) if self.joined => {
                below.extend(above);
                Node { mark: over.mark, value: Value::Sequence(below) }
            }
            (_, value) => Node { mark: over.mark, value },
        }
    }

    fn merge_entries(&self, mut below: Vec<Entry>, above: Vec<Entry>) -> Vec<Entry> {
        let unknown = Shape { verbatim: self.verbatim, ..Shape::default() };
        for entry in above {
            let shape = self.below(&entry.key).unwrap_or(&unknown);
            let keeps_null = self.verbatim || shape.verbatim;
            match below.iter().position(|candidate| candidate.key == entry.key) {
                Some(at) if matches!(entry.node.value, Value::Null) && !keeps_null => {
                    below.remove(at);
                }
                Some(at) => {
                    let old = below.remove(at);
                    let node = shape.merge(old.node, entry.node);
                    below.insert(at, Entry { key: entry.key, key_mark: entry.key_mark, node });
                }
                None if matches!(entry.node.value, Value::Null) && !keeps_null => {}
                None => {
                    let nothing = Node { mark: entry.node.mark, value: Value::Mapping(Vec::new()) };
                    let node = match entry.node.value {
                        Value::Mapping(_) => shape.merge(nothing, entry.node),
                        _ => entry.node,
                    };
                    below.push(Entry { node, ..entry });
                }
            }
        }
        below
    }
}
