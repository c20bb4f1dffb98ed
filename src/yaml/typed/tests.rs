//! Reading and writing give back what they took.
#![allow(clippy::unwrap_used)]

mod reading;
mod round;
mod writing;

use std::fmt::Write as _;

use super::{Comment, Entry, Item, Leaf, Stream, Tree, read, write};
use crate::{
    diagnostic::Finding,
    yaml::{FileId, Source},
};

fn parse(text: &[u8]) -> Result<Stream, Vec<Finding>> {
    read(Source { id: FileId(0), name: "f.yaml", bytes: text })
}

/// A stream for people, one document a line: `k"key":` for pairs, `#"text"` for comments, `@"text"` for those behind a value, and
/// leaves by the first letter of their type. Only here: nothing else may print a tree.
fn shown(stream: &Stream) -> String {
    let mut out = String::new();
    for document in &stream.documents {
        show(&mut out, document);
        out.push('\n');
    }
    out
}

fn show(out: &mut String, tree: &Tree) {
    match tree {
        Tree::Map(entries) => {
            out.push('{');
            for entry in entries {
                match entry {
                    Entry::Pair { key, value, .. } => {
                        write!(out, "k{key:?}:").unwrap();
                        show(out, value);
                    }
                    Entry::Comment(comment) => show_comment(out, comment),
                }
            }
            out.push('}');
        }
        Tree::List(items) => {
            out.push('[');
            for item in items {
                match item {
                    Item::Value(value, _) => show(out, value),
                    Item::Comment(comment) => show_comment(out, comment),
                }
            }
            out.push(']');
        }
        Tree::Leaf(leaf) => match leaf {
            Leaf::Null => out.push_str("n "),
            Leaf::Bool(value) => write!(out, "b{value} ").unwrap(),
            Leaf::Int(value) => write!(out, "i{value} ").unwrap(),
            Leaf::Float(value) if value.is_nan() => out.push_str("fnan "),
            Leaf::Float(value) => write!(out, "f{value:?} ").unwrap(),
            Leaf::Time(text) => write!(out, "t{text} ").unwrap(),
            Leaf::Text(text) => match text.expose_text() {
                Some(text) => write!(out, "s{text:?} ").unwrap(),
                None => write!(out, "x{:?} ", text.expose()).unwrap(),
            },
        },
    }
}

fn show_comment(out: &mut String, comment: &Comment) {
    let sign = if comment.inline { '@' } else { '#' };
    write!(out, "{sign}{:?} ", String::from_utf8_lossy(comment.text.expose())).unwrap();
}
