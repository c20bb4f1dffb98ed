//! Changes to a few values of a text that leave every other byte as it is. What comes out is read again and held against the
//! same changes to the values: where anything else would be different, nothing is done.

mod splice;
#[cfg(test)]
mod tests;

use serde_json::Value as Json;

use super::remark::comments;
use super::{Dialect, FileId, Node, Source, parse};
use crate::diagnostic::Fix;
use splice::{Splice, splice};

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// A line of the document, from 1.
    pub line: u32,
    /// The keys and list indices that lead to the value in it.
    pub pointer: Vec<String>,
    /// What is done to the value.
    pub fix: Fix,
}

/// Makes the edits in `text`, each that can be made. What comes second tells for each whether it was, or why not.
#[must_use]
pub fn edit(text: &str, dialect: Dialect, edits: &[Edit]) -> (String, Vec<Result<(), &'static str>>) {
    let mut results = vec![Err(UNREADABLE); edits.len()];
    let Some(documents) = read(text, dialect) else { return (text.to_owned(), results) };
    // From the end: what is still to be changed stays where it is.
    let mut order: Vec<usize> = (0..edits.len()).collect();
    let start = |index: &usize| {
        let edit: &Edit = &edits[*index];
        let node = document(&documents, edit.line).and_then(|at| documents[at].at(&edit.pointer));
        (std::cmp::Reverse(node.map_or(0, |node| node.mark.start)), std::cmp::Reverse(edit.pointer.len()))
    };
    order.sort_by_key(start);
    let mut text = text.to_owned();
    some(&mut text, dialect, edits, &order, &mut results);
    (text, results)
}

const UNREADABLE: &str = "the file cannot be read";
const OTHER: &str = "the rest of the file would not stay as it is";

/// Makes the edits that `order` names, all at once or, where that cannot be, each half by itself.
fn some(
    text: &mut String,
    dialect: Dialect,
    edits: &[Edit],
    order: &[usize],
    results: &mut [Result<(), &'static str>],
) {
    let chosen: Vec<&Edit> = order.iter().map(|index| &edits[*index]).collect();
    match all(text, dialect, &chosen) {
        Ok(done) => {
            *text = done;
            order.iter().for_each(|index| results[*index] = Ok(()));
        }
        Err(why) => match order {
            [] => {}
            [one] => results[*one] = Err(why),
            _ => {
                let (later, earlier) = order.split_at(order.len() / 2);
                some(text, dialect, edits, later, results);
                some(text, dialect, edits, earlier, results);
            }
        },
    }
}

/// The text with all edits made.
fn all(text: &str, dialect: Dialect, edits: &[&Edit]) -> Result<String, &'static str> {
    let documents = read(text, dialect).ok_or(UNREADABLE)?;
    let found = comments(FileId(0), text);
    let mut wanted: Vec<Json> = documents.iter().map(Node::to_json).collect();
    let mut splices: Vec<Splice> = Vec::new();
    for edit in edits {
        let at = document(&documents, edit.line).ok_or(UNREADABLE)?;
        change(&mut wanted[at], &edit.pointer, &edit.fix).ok_or("the value is not written there")?;
        let is_comment =
            |range: &std::ops::Range<usize>| found.iter().any(|comment| range.contains(&(comment.mark.start as usize)));
        splices.push(splice(text, &documents[at], &edit.pointer, &edit.fix, &is_comment)?);
    }
    // Equal places keep the order they were asked for in, for what is put there second comes first.
    splices.sort_by_key(|splice| std::cmp::Reverse((splice.range.start, splice.range.end)));
    let mut done = text.to_owned();
    let mut last = text.len();
    for Splice { range, with } in &splices {
        if range.end > last {
            return Err("another change is made to the same lines: run it again");
        }
        last = range.start;
        done.replace_range(range.clone(), with);
    }
    let is_kept = |at: u32| !splices.iter().any(|splice| splice.range.contains(&(at as usize)));
    let kept: Vec<&str> =
        found.iter().filter(|comment| is_kept(comment.mark.start)).map(|comment| comment.text.as_str()).collect();
    let after = comments(FileId(0), &done);
    let is_same = read(&done, dialect).is_some_and(|after| after.iter().map(Node::to_json).eq(wanted));
    let has_comments = after.iter().map(|comment| comment.text.as_str()).eq(kept);
    if is_same && has_comments { Ok(done) } else { Err(OTHER) }
}

fn read(text: &str, dialect: Dialect) -> Option<Vec<Node>> {
    parse(Source { id: FileId(0), name: "", bytes: text.as_bytes() }, dialect).ok()
}

/// The document that a line lies in.
fn document(documents: &[Node], line: u32) -> Option<usize> {
    documents.iter().rposition(|document| document.mark.line <= line)
}

/// Makes a change to a value.
fn change(root: &mut Json, pointer: &[String], fix: &Fix) -> Option<()> {
    let (last, above) = pointer.split_last()?;
    let mut parent = root;
    for key in above {
        parent = below(parent, key)?;
    }
    match fix {
        Fix::Remove => match parent {
            Json::Array(items) => {
                let index = last.parse::<usize>().ok().filter(|index| *index < items.len())?;
                items.remove(index);
            }
            other => drop(other.as_object_mut()?.remove(last)?),
        },
        Fix::Replace(yaml) => *below(parent, last)? = value(yaml)?,
        Fix::Insert(key, yaml) => {
            let map = below(parent, last)?;
            if map.is_null() {
                *map = Json::Object(serde_json::Map::new());
            }
            if map.as_object_mut()?.insert(key.clone(), value(yaml)?).is_some() {
                return None;
            }
        }
    }
    Some(())
}

fn below<'a>(value: &'a mut Json, key: &str) -> Option<&'a mut Json> {
    match value {
        Json::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        other => other.get_mut(key),
    }
}

/// What a piece of YAML says.
fn value(yaml: &str) -> Option<Json> {
    let documents = parse(Source { id: FileId(0), name: "", bytes: yaml.as_bytes() }, Dialect::Manifest).ok()?;
    Some(documents.first().map_or(Json::Null, Node::to_json))
}
