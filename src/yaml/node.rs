//! The positioned tree.

use serde_json::Number;

use crate::diagnostic::Location;

/// Which file a [`Mark`] lies in: an index into the caller's list of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FileId(pub u32);

/// Where a node or a key stands in its file. The range is exact: quotes belong to a scalar, brackets to a flow container; a
/// block container reaches from its first key or dash to the end of its last item. A missing value is an empty range at
/// its colon. What came through an alias keeps the place where it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Line of the first character, from 1.
    pub line: u32,
    /// Column of the first character, from 1, in characters.
    pub column: u32,
    /// Characters to underline on that line; for block containers those of the first key or dash; 0 for a missing value.
    pub length: u32,
}

impl Mark {
    /// The place for a finding in the file called `file`.
    #[must_use]
    pub fn location(&self, file: &str) -> Location {
        Location::new(file, self.line, self.column).spanning(self.length)
    }

    /// The exact source text, such as `"1.30"` or `1.30`: what tells a quoted scalar from a plain one.
    #[must_use]
    pub fn slice<'a>(&self, text: &'a str) -> Option<&'a str> {
        text.get(self.start as usize..self.end as usize)
    }
}

/// A value together with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the value stands.
    pub mark: Mark,
    /// The value.
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer or a finite float.
    Number(Number),
    /// Any other scalar.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// A map in file order; keys are unique.
    Mapping(Vec<Entry>),
}

/// One key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key stands.
    pub key_mark: Mark,
    /// What it maps to.
    pub node: Node,
}

impl Node {
    /// The entry of `key`, `None` where there is none or the node is no map.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_mapping()?.iter().find(|entry| entry.key == key)
    }

    /// What `key` maps to.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The node at the end of `path`; items of a list are named by their index, from 0.
    #[must_use]
    pub fn at<S: AsRef<str>>(&self, path: &[S]) -> Option<&Node> {
        path.iter().try_fold(self, |node, segment| match &node.value {
            Value::Sequence(items) => items.get(segment.as_ref().parse::<usize>().ok()?),
            _ => node.get(segment.as_ref()),
        })
    }

    /// Where the end of `path` stands, for a finding: a key is a better place than the map or list below it.
    #[must_use]
    pub fn place<S: AsRef<str>>(&self, path: &[S]) -> Option<Mark> {
        let Some((last, above)) = path.split_last() else { return Some(self.mark) };
        let parent = self.at(above)?;
        match parent.entry(last.as_ref()) {
            Some(Entry { key_mark, node: Node { value: Value::Mapping(_) | Value::Sequence(_), .. }, .. }) => {
                Some(*key_mark)
            }
            Some(entry) => Some(entry.node.mark),
            None => parent.at(std::slice::from_ref(last)).map(|node| node.mark),
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The number of a number.
    #[must_use]
    pub fn as_number(&self) -> Option<&Number> {
        match &self.value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The entries of a map, in file order.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items of a list.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// Whether the value is null or missing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// What kind of value it is, with its article, for messages.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a map",
        }
    }

    /// The value without its places; maps keep their order.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => serde_json::Value::Bool(*value),
            Value::Number(number) => serde_json::Value::Number(number.clone()),
            Value::String(text) => serde_json::Value::String(text.clone()),
            Value::Sequence(items) => items.iter().map(Node::to_json).collect(),
            Value::Mapping(entries) => entries.iter().map(|entry| (entry.key.clone(), entry.node.to_json())).collect(),
        }
    }
}
