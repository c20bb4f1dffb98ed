//! Where the bytes of a change stand.

use std::ops::Range;

use serde_json::{Value as Json, json};

use super::value;
use crate::{
    diagnostic::Fix,
    yaml::{
        emit,
        emit::quoted,
        node::{Entry, Node, Value},
    },
};

/// Bytes that take the place of others.
pub(super) struct Splice {
    pub(super) range: Range<usize>,
    pub(super) with: String,
}

const NOT_THERE: &str = "the value is not written there";
pub(super) const COMMENTED: &str = "a comment stands in what would go";
const STYLE: &str = "it is written in a style that is not changed by a program";

/// What a change to the value at `pointer` does to the text. `has_comment` tells whether one starts in a range.
pub(super) fn splice(
    text: &str,
    root: &Node,
    pointer: &[String],
    fix: &Fix,
    has_comment: &dyn Fn(&Range<usize>) -> bool,
) -> Result<Splice, &'static str> {
    let (last, above) = pointer.split_last().ok_or(STYLE)?;
    let parent = root.at(above).ok_or(NOT_THERE)?;
    let node = root.at(pointer).ok_or(NOT_THERE)?;
    let place = Place { text, root, pointer, has_comment };
    match fix {
        Fix::Replace(yaml) => place.replace(parent, last, node, &value(yaml).ok_or(STYLE)?),
        Fix::Insert(key, yaml) => place.insert(parent, last, node, key, value(yaml).ok_or(STYLE)?),
        Fix::Remove => match &parent.value {
            Value::Mapping(entries) => place.remove_entry(parent, entries, last),
            Value::Sequence(items) => place.remove_item(parent, items, last.parse().map_err(|_| NOT_THERE)?),
            _ => Err(NOT_THERE),
        },
    }
}

struct Place<'a> {
    text: &'a str,
    root: &'a Node,
    pointer: &'a [String],
    has_comment: &'a dyn Fn(&Range<usize>) -> bool,
}

impl Place<'_> {
    fn replace(&self, parent: &Node, key: &str, node: &Node, value: &Json) -> Result<Splice, &'static str> {
        let is_inside_flow = (0..self.pointer.len())
            .any(|length| self.root.at(&self.pointer[..length]).is_some_and(|above| self.is_flow(above)));
        let with = match value {
            Json::Array(_) | Json::Object(_) => flow(value),
            _ if is_inside_flow => flow(value),
            _ => emit(value).trim_end_matches('\n').to_owned(),
        };
        if with.contains('\n') {
            return Err(STYLE);
        }
        let (start, end) = (node.mark.start as usize, node.mark.end as usize);
        let is_container = matches!(node.value, Value::Mapping(_) | Value::Sequence(_));
        if start != end && (!is_container || self.is_flow(node)) {
            return Ok(Splice { range: start..end, with });
        }
        // Nothing is written yet, or lines below the key.
        let colon = self.colon(parent.entry(key).ok_or(STYLE)?)?;
        let range = colon..end.max(colon);
        if (self.has_comment)(&range) {
            return Err(COMMENTED);
        }
        Ok(Splice { range, with: format!(" {with}") })
    }

    fn insert(&self, parent: &Node, at: &str, node: &Node, key: &str, value: Json) -> Result<Splice, &'static str> {
        let entries = match &node.value {
            Value::Null => return self.replace(parent, at, node, &json!({ key: value })),
            Value::Mapping(entries) => entries,
            _ => return Err(NOT_THERE),
        };
        if entries.iter().any(|entry| entry.key == key) {
            return Err("there is such a key already");
        }
        let Some((first, last)) = entries.first().zip(entries.last()) else {
            let range = node.mark.start as usize..node.mark.end as usize;
            return Ok(Splice { range, with: flow(&json!({ key: value })) });
        };
        let end = end_of(last, None);
        if self.is_flow(node) {
            let pair = flow(&json!({ key: value }));
            let pair = pair.trim_start_matches('{').strip_suffix('}').ok_or(STYLE)?;
            return Ok(Splice { range: end..end, with: format!(", {pair}") });
        }
        let indent = " ".repeat(first.key_mark.column.saturating_sub(1) as usize);
        let lines = emit(&json!({ key: value }));
        let with: String = lines.lines().map(|line| format!("{}{indent}{line}", self.line_end())).collect();
        let at = self.end_of_line(end);
        Ok(Splice { range: at..at, with })
    }

    fn remove_entry(&self, map: &Node, entries: &[Entry], key: &str) -> Result<Splice, &'static str> {
        let at = entries.iter().position(|entry| entry.key == key).ok_or(NOT_THERE)?;
        let (entry, next) = (&entries[at], entries.get(at + 1));
        let (start, end) = (entry.key_mark.start as usize, end_of(entry, next));
        if self.is_flow(map) {
            let before = at.checked_sub(1).map(|before| end_of(&entries[before], Some(entry)));
            let next = next.map(|next| next.key_mark.start as usize);
            return self.without(between(start, end, before, next));
        }
        if entries.len() == 1 {
            return self.emptied(map, "{}");
        }
        let line = self.start_of_line(start);
        if self.text[line..start].trim_matches(' ').is_empty() {
            return Ok(Splice { range: line..self.start_of_next_line(end), with: String::new() });
        }
        // Behind the dash of an item: the next entry takes its place.
        let range = start..next.ok_or(STYLE)?.key_mark.start as usize;
        self.without(range)
    }

    fn remove_item(&self, list: &Node, items: &[Node], index: usize) -> Result<Splice, &'static str> {
        let item = items.get(index).ok_or(NOT_THERE)?;
        let (start, end) = (item.mark.start as usize, item.mark.end as usize);
        if self.is_flow(list) {
            let before = index.checked_sub(1).map(|before| items[before].mark.end as usize);
            let next = items.get(index + 1).map(|next| next.mark.start as usize);
            return self.without(between(start, end, before, next));
        }
        if items.len() == 1 {
            return self.emptied(list, "[]");
        }
        let line = self.start_of_line(start);
        match self.text[line..start].trim_matches(' ') {
            "-" => Ok(Splice { range: line..self.start_of_next_line(end), with: String::new() }),
            _ => Err(STYLE),
        }
    }

    fn without(&self, range: Range<usize>) -> Result<Splice, &'static str> {
        if (self.has_comment)(&range) { Err(COMMENTED) } else { Ok(Splice { range, with: String::new() }) }
    }

    /// Writes an empty map or list where the last entry of a block goes: without anything, the key would mean `null`.
    fn emptied(&self, block: &Node, empty: &str) -> Result<Splice, &'static str> {
        let above = &self.pointer[..self.pointer.len() - 1];
        let (key, above) = above.split_last().ok_or(STYLE)?;
        let end = block.mark.end as usize;
        let holder = self.root.at(above).ok_or(NOT_THERE)?;
        let (start, space) = match holder.entry(key) {
            Some(entry) => (self.colon(entry)?, " "),
            None => (block.mark.start as usize, ""),
        };
        let range = start..end;
        if end < start || (self.has_comment)(&range) {
            return Err(COMMENTED);
        }
        Ok(Splice { range, with: format!("{space}{empty}") })
    }

    /// The byte behind the colon of an entry.
    fn colon(&self, entry: &Entry) -> Result<usize, &'static str> {
        let end = entry.key_mark.end as usize;
        let rest = self.text.get(end..).ok_or(STYLE)?;
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        if rest[spaces..].starts_with(':') { Ok(end + spaces + 1) } else { Err(STYLE) }
    }

    fn is_flow(&self, container: &Node) -> bool {
        self.text[container.mark.start as usize..].starts_with(['{', '['])
    }

    fn start_of_line(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |found| found + 1)
    }

    /// Before the signs that end the line.
    fn end_of_line(&self, at: usize) -> usize {
        let end = self.text[at..].find('\n').map_or(self.text.len(), |found| at + found);
        if self.text[at..end].ends_with('\r') { end - 1 } else { end }
    }

    fn start_of_next_line(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |found| at + found + 1)
    }

    fn line_end(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }
}

/// Where an entry ends. What came through an alias stands elsewhere.
fn end_of(entry: &Entry, next: Option<&Entry>) -> usize {
    let (key, value) = (entry.key_mark.end, entry.node.mark);
    let is_here = value.start >= key && next.is_none_or(|next| value.end <= next.key_mark.start);
    (if is_here { value.end } else { key }) as usize
}

/// A part of a list in brackets, with one of the commas around it.
fn between(start: usize, end: usize, before: Option<usize>, next: Option<usize>) -> Range<usize> {
    match (before, next) {
        (_, Some(next)) => start..next,
        (Some(before), None) => before..end,
        (None, None) => start..end,
    }
}

/// A value on one line, so that it may also stand in brackets.
fn flow(value: &Json) -> String {
    let list = |parts: Vec<String>| parts.join(", ");
    match value {
        Json::Array(items) => format!("[{}]", list(items.iter().map(flow).collect())),
        Json::Object(map) => {
            let pair = |(key, value): (&String, &Json)| format!("{}: {}", flow(&key.as_str().into()), flow(value));
            format!("{{{}}}", list(map.iter().map(pair).collect()))
        }
        Json::String(text) => {
            let plain = emit(value);
            let plain = plain.trim_end_matches('\n');
            if plain == text && !text.contains([',', '[', ']', '{', '}', '\n', ':', '#']) {
                return text.clone();
            }
            let mut out = String::new();
            quoted(&mut out, text);
            out
        }
        other => emit(other).trim_end().to_owned(),
    }
}
