//! YAML as sops sees it: documents with typed leaves, comments and duplicate-free text keys, read as go-yaml v3 reads them and
//! written as sops writes them. Everything that may be secret is [`Plain`].

use super::{Mark, Source};
use crate::{diagnostic::Finding, plain::Plain};

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

/// Reads a stream.
///
/// # Errors
/// Every mistake that could be found at once, with its place and without a word of what the file holds.
pub fn read(source: Source<'_>) -> Result<Stream, Vec<Finding>> {
    let _ = source;
    todo!()
}

/// Writes a stream as sops does, with the stream's indentation.
#[must_use]
pub fn write(stream: &Stream) -> Plain {
    let _ = stream;
    todo!()
}
