//! Writes trees as sops' encoder (go-yaml v3.0.4) does, but for what other readers of YAML would misread.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::super::{
    emit::{LONGEST_KEY, block, pad, quoted},
    plain::Style,
    text::is_allowed,
};
use super::spell::{float, is_single_quoted, style};
use super::{Comment, Entry, Item, Leaf, Stream, Tree};
use crate::plain::Plain;

/// Writes a stream as sops does, with the stream's indentation: block style, `|` for texts of several lines, comments above what
/// they belong to or, where they are `inline` and stand before a leaf, behind it.
///
/// [`read`](super::read) gives the same stream back, except that an `inline` comment that stands elsewhere becomes one above.
#[must_use]
pub fn write(stream: &Stream) -> Plain {
    let size = stream.documents.iter().map(|tree| size(tree, 0)).sum();
    let mut writer = Writer { out: String::with_capacity(size), step: stream.indent.clamp(2, 9) };
    for (index, document) in stream.documents.iter().enumerate() {
        if index > 0 {
            writer.out.push_str("---\n");
        }
        match document {
            Tree::Map(entries) if is_open(document) => writer.entries(entries, 0, false),
            Tree::Map(entries) => {
                for entry in entries {
                    if let Entry::Comment(comment) = entry {
                        writer.comment(comment, 0);
                    }
                }
                writer.out.push_str("{}\n");
            }
            Tree::List(items) if is_open(document) => writer.items(items, 0, false),
            other => writer.closed(other, 0, writer.step, None),
        }
    }
    Plain::new(writer.out.into_bytes())
}

struct Writer {
    out: String,
    /// Spaces per level.
    step: usize,
}

impl Writer {
    /// What stands in a map; the first pair continues the line where `started`.
    fn entries(&mut self, entries: &[Entry], indent: usize, mut started: bool) {
        let mut behind = None;
        for (index, entry) in entries.iter().enumerate() {
            match entry {
                Entry::Comment(comment) if is_behind(comment, entries.get(index + 1).and_then(pair_value), false) => {
                    behind = Some(comment);
                }
                Entry::Comment(comment) => self.comment(comment, indent),
                Entry::Pair { key, value, .. } => {
                    if !std::mem::take(&mut started) {
                        pad(&mut self.out, indent);
                    }
                    self.key(key, indent);
                    self.out.push(':');
                    let inner = self.deeper(indent);
                    self.out.push(if is_open(value) { '\n' } else { ' ' });
                    match value {
                        Tree::Map(entries) if is_open(value) => self.entries(entries, inner, false),
                        Tree::List(items) if is_open(value) => self.items(items, inner, false),
                        _ => self.closed(value, indent, inner, behind.take()),
                    }
                }
            }
        }
    }

    /// What stands in a list; the first item continues the line where `started`.
    fn items(&mut self, items: &[Item], indent: usize, mut started: bool) {
        let mut behind = None;
        for (index, item) in items.iter().enumerate() {
            match item {
                Item::Comment(comment) if is_behind(comment, items.get(index + 1).and_then(item_value), true) => {
                    behind = Some(comment);
                }
                Item::Comment(comment) => self.comment(comment, indent),
                Item::Value(value, _) => {
                    if !std::mem::take(&mut started) {
                        pad(&mut self.out, indent);
                    }
                    self.out.push('-');
                    // A comment that comes first in the item would be the list's if it stood above the dash.
                    let breaks = is_open(value) && starts_with_comment(value);
                    self.out.push(if breaks { '\n' } else { ' ' });
                    match value {
                        Tree::Map(entries) if is_open(value) => self.entries(entries, indent + 2, !breaks),
                        Tree::List(items) if is_open(value) => self.items(items, indent + 2, !breaks),
                        _ => self.closed(value, indent, indent + 2, behind.take()),
                    }
                }
            }
        }
    }

    /// A value that starts on the line of its key or dash and has its next lines, if any, at `inner`.
    fn closed(&mut self, value: &Tree, indent: usize, inner: usize, behind: Option<&Comment>) {
        let mut comment = String::new();
        if let Some(behind) = behind {
            comment.push_str(" #");
            push_line(&mut comment, &String::from_utf8_lossy(behind.text.expose()));
        }
        match value {
            Tree::Leaf(leaf) => return self.leaf(leaf, inner, &comment),
            Tree::Map(entries) => {
                let comments = entries.iter().filter_map(|entry| match entry {
                    Entry::Comment(comment) => Some(comment),
                    Entry::Pair { .. } => None,
                });
                self.empty('{', comments, indent, inner);
                self.out.push('}');
            }
            Tree::List(items) => {
                let comments = items.iter().filter_map(|item| match item {
                    Item::Comment(comment) => Some(comment),
                    Item::Value(..) => None,
                });
                self.empty('[', comments, indent, inner);
                self.out.push(']');
            }
        }
        self.out.push_str(&comment);
        self.out.push('\n');
    }

    /// What stands before the closing bracket of a list or map that holds nothing but comments.
    fn empty<'a>(&mut self, bracket: char, comments: impl Iterator<Item = &'a Comment>, indent: usize, inner: usize) {
        self.out.push(bracket);
        let mut any = false;
        for comment in comments {
            if !any {
                self.out.push('\n');
            }
            any = true;
            self.comment(comment, inner);
        }
        if any {
            pad(&mut self.out, indent.max(1));
        }
    }

    fn leaf(&mut self, leaf: &Leaf, inner: usize, behind: &str) {
        match leaf {
            Leaf::Null => self.out.push_str("null"),
            Leaf::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Leaf::Int(value) => self.out.push_str(&value.to_string()),
            Leaf::Float(value) => self.out.push_str(&float(*value)),
            Leaf::Time(text) => self.out.push_str(text),
            Leaf::Text(text) => match text.expose_text() {
                None => {
                    self.out.push_str("!!binary ");
                    BASE64_STANDARD.encode_string(text.expose(), &mut self.out);
                }
                Some(text) => match style(text) {
                    Style::Plain => self.out.push_str(text),
                    // As every selector starts: to YAML it is a letter like others.
                    Style::Quoted if text.strip_prefix('^').is_some_and(|rest| style(rest) == Style::Plain) => {
                        self.out.push_str(text);
                    }
                    Style::Quoted if is_single_quoted(text) => self.single_quoted(text),
                    Style::Quoted => quoted(&mut self.out, text),
                    Style::Block => {
                        block(&mut self.out, text, inner, behind);
                        self.out.push('\n');
                        return;
                    }
                },
            },
        }
        self.out.push_str(behind);
        self.out.push('\n');
    }

    fn single_quoted(&mut self, text: &str) {
        self.out.push('\'');
        for (index, part) in text.split('\'').enumerate() {
            if index > 0 {
                self.out.push_str("''");
            }
            self.out.push_str(part);
        }
        self.out.push('\'');
    }

    fn key(&mut self, key: &str, indent: usize) {
        let start = self.out.len();
        match style(key) {
            Style::Plain => self.out.push_str(key),
            Style::Quoted if is_single_quoted(key) => self.single_quoted(key),
            Style::Quoted | Style::Block => quoted(&mut self.out, key),
        }
        if self.out.len() - start > LONGEST_KEY {
            self.out.insert_str(start, "? ");
            self.out.push('\n');
            pad(&mut self.out, indent);
        }
    }

    /// A comment on lines of its own.
    fn comment(&mut self, comment: &Comment, indent: usize) {
        let text = String::from_utf8_lossy(comment.text.expose());
        for line in text.split(['\n', '\r']) {
            pad(&mut self.out, indent);
            self.out.push('#');
            push_line(&mut self.out, line);
            self.out.push('\n');
        }
    }

    /// The column of what stands below a key: go-yaml's, which is a multiple of the step also below the dashes of lists.
    fn deeper(&self, indent: usize) -> usize {
        (indent + self.step) / self.step * self.step
    }
}

/// Whether a comment can stand behind `value`, where it is read as `inline` again.
fn is_behind(comment: &Comment, value: Option<&Tree>, in_list: bool) -> bool {
    let is_closed = |value: &Tree| matches!(value, Tree::Leaf(_)) || (in_list && !is_open(value));
    let is_line = |text: &[u8]| !text.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
    comment.inline && value.is_some_and(is_closed) && is_line(comment.text.expose())
}

fn pair_value(entry: &Entry) -> Option<&Tree> {
    match entry {
        Entry::Pair { value, .. } => Some(value),
        Entry::Comment(_) => None,
    }
}

fn item_value(item: &Item) -> Option<&Tree> {
    match item {
        Item::Value(value, _) => Some(value),
        Item::Comment(_) => None,
    }
}

/// Whether it is a list or map that holds anything but comments.
fn is_open(tree: &Tree) -> bool {
    match tree {
        Tree::Map(entries) => entries.iter().any(|entry| matches!(entry, Entry::Pair { .. })),
        Tree::List(items) => items.iter().any(|item| matches!(item, Item::Value(..))),
        Tree::Leaf(_) => false,
    }
}

/// Whether the first line of a list or map is a comment.
fn starts_with_comment(tree: &Tree) -> bool {
    match tree {
        Tree::Map(entries) => match entries.as_slice() {
            [Entry::Comment(comment), rest @ ..] => !is_behind(comment, rest.first().and_then(pair_value), false),
            _ => false,
        },
        Tree::List(items) => match items.as_slice() {
            [Item::Comment(comment), rest @ ..] => !is_behind(comment, rest.first().and_then(item_value), true),
            _ => false,
        },
        Tree::Leaf(_) => false,
    }
}

/// One line of a comment's text; what YAML does not allow in a file is written as people would: comments are no data.
fn push_line(out: &mut String, line: &str) {
    for character in line.chars() {
        let is_kept = is_allowed(character) && !matches!(character, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}');
        if is_kept { out.push(character) } else { out.extend(character.escape_unicode()) }
    }
}

/// About what a tree takes, so that the text of a file need not be moved while it grows.
fn size(tree: &Tree, indent: usize) -> usize {
    match tree {
        Tree::Leaf(Leaf::Text(text)) => text.len() + 16,
        Tree::Leaf(_) => 32,
        Tree::Map(entries) => entries
            .iter()
            .map(|entry| match entry {
                Entry::Pair { key, value, .. } => key.len() + 8 + indent + size(value, indent + 4),
                Entry::Comment(comment) => comment.text.len() + 4 + indent,
            })
            .sum(),
        Tree::List(items) => items
            .iter()
            .map(|item| match item {
                Item::Value(value, _) => 8 + indent + size(value, indent + 4),
                Item::Comment(comment) => comment.text.len() + 4 + indent,
            })
            .sum(),
    }
}
