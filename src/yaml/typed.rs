//! YAML as sops sees it: documents with typed leaves, comments and duplicate-free text keys, read as go-yaml v3 reads them and
//! written as sops writes them. Everything that may be secret is [`Plain`].

mod builder;
mod duplicate;
mod read;
mod resolve;
mod spell;
#[cfg(test)]
mod tests;
mod timestamp;
mod write;

pub use read::read;
pub use write::write;

use super::Mark;
use crate::plain::Plain;

/// A file: its documents, and how it was written.
#[derive(Clone)]
pub struct Stream {
    /// The documents, at least one; each root is a map.
    pub documents: Vec<Tree>,
    /// Spaces per level that the file was read with; 4 where nothing tells (what sops writes).
    pub indent: usize,
}

/// A node.
#[derive(Clone)]
pub enum Tree {
    /// A map in file order.
    Map(Vec<Entry>),
    /// A list.
    List(Vec<Item>),
    /// A scalar.
    Leaf(Leaf),
}

/// What stands in a map.
#[derive(Clone)]
pub enum Entry {
    /// A key and its value.
    Pair {
        /// The key.
        key: String,
        /// Where it stands; the default for what was not read from a file.
        mark: Mark,
        /// The value.
        value: Tree,
    },
    /// A comment before the next pair, or after the last.
    Comment(Comment),
}

/// What stands in a list.
#[derive(Clone)]
pub enum Item {
    /// A value and where it stands.
    Value(Tree, Mark),
    /// A comment before the next item, or after the last.
    Comment(Comment),
}

/// One line of comment.
#[derive(Clone)]
pub struct Comment {
    /// What stands behind the first `#`.
    pub text: Plain,
    /// Whether it stands behind the value that follows it here, on the same line.
    pub inline: bool,
}

/// A scalar with the type that go-yaml v3 gives it (facts: section 3 of sops' format).
#[derive(Clone)]
pub enum Leaf {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// A float, also infinite or not a number.
    Float(f64),
    /// A YAML timestamp, as RFC 3339 with nanoseconds spells it.
    Time(String),
    /// Text; also what `!!binary` holds, which need not be UTF-8.
    Text(Plain),
}

impl Stream {
    /// A stream of one document, to be written as sops writes.
    #[must_use]
    pub fn of(document: Tree) -> Stream {
        Stream { documents: vec![document], indent: 4 }
    }
}

impl Tree {
    /// A map of these pairs, whose keys must differ.
    #[must_use]
    pub fn map<K: Into<String>>(pairs: impl IntoIterator<Item = (K, Tree)>) -> Tree {
        let pair = |(key, value): (K, Tree)| Entry::Pair { key: key.into(), mark: Mark::default(), value };
        Tree::Map(pairs.into_iter().map(pair).collect())
    }

    /// A text.
    #[must_use]
    pub fn text(text: impl Into<Plain>) -> Tree {
        Tree::Leaf(Leaf::Text(text.into()))
    }

    /// The text of a text.
    #[must_use]
    pub fn as_text(&self) -> Option<&Plain> {
        match self {
            Tree::Leaf(Leaf::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The pairs of a map in file order; none where this is no map.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &Tree)> {
        let entries = match self {
            Tree::Map(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().filter_map(|entry| match entry {
            Entry::Pair { key, value, .. } => Some((key.as_str(), value)),
            Entry::Comment(_) => None,
        })
    }

    /// What stands at the end of a path of keys.
    #[must_use]
    pub fn get(&self, path: &[&str]) -> Option<&Tree> {
        path.iter().try_fold(self, |tree, wanted| tree.pairs().find(|(key, _)| key == wanted).map(|(_, value)| value))
    }

    /// What stands at the end of a path of keys, to be changed.
    pub fn get_mut(&mut self, path: &[&str]) -> Option<&mut Tree> {
        path.iter().try_fold(self, |tree, wanted| {
            let Tree::Map(entries) = tree else { return None };
            entries.iter_mut().find_map(|entry| match entry {
                Entry::Pair { key, value, .. } if key == wanted => Some(value),
                _ => None,
            })
        })
    }

    /// Puts a value at the end of a path of keys: in the place of what stands there, else behind the last pair of its map. Maps
    /// that are missing on the way are made; null and what is no map on the way is replaced by one.
    pub fn set(&mut self, path: &[&str], value: Tree) {
        let Some((first, rest)) = path.split_first() else {
            *self = value;
            return;
        };
        if let Some(child) = self.get_mut(&[first]) {
            return child.set(rest, value);
        }
        let mut child = Tree::Map(Vec::new());
        child.set(rest, value);
        let pair = Entry::Pair { key: (*first).to_owned(), mark: Mark::default(), value: child };
        match self {
            Tree::Map(entries) => {
                let last = entries.iter().rposition(|entry| matches!(entry, Entry::Pair { .. }));
                entries.insert(last.map_or(entries.len(), |last| last + 1), pair);
            }
            other => *other = Tree::Map(vec![pair]),
        }
    }

    /// Takes what stands at the end of a path of keys out of its map; comments stay.
    pub fn remove(&mut self, path: &[&str]) -> Option<Tree> {
        let (last, above) = path.split_last()?;
        let Tree::Map(entries) = self.get_mut(above)? else { return None };
        let at = entries.iter().position(|entry| matches!(entry, Entry::Pair { key, .. } if key == last))?;
        match entries.remove(at) {
            Entry::Pair { value, .. } => Some(value),
            Entry::Comment(_) => None,
        }
    }

    /// Shows every leaf with the keys that lead to it; items of a list have the list's path, as in sops.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&[&'a str], &'a Leaf)) {
        fn go<'a>(tree: &'a Tree, path: &mut Vec<&'a str>, visit: &mut impl FnMut(&[&'a str], &'a Leaf)) {
            match tree {
                Tree::Leaf(leaf) => visit(path, leaf),
                Tree::List(items) => {
                    for item in items {
                        if let Item::Value(value, _) = item {
                            go(value, path, visit);
                        }
                    }
                }
                Tree::Map(_) => {
                    for (key, value) in tree.pairs() {
                        path.push(key);
                        go(value, path, visit);
                        path.pop();
                    }
                }
            }
        }
        go(self, &mut Vec::new(), visit);
    }
}
