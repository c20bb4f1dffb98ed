//! What stands on a line of a YAML file.

use crate::yaml::{Mark, Node, Value};

/// A key or an item.
struct Spot<'a> {
    keys: Vec<String>,
    mark: Mark,
    /// Where it and all below it ends, in bytes.
    end: u32,
    node: &'a Node,
}

/// The keys that lead to what stands at a place of a document, and where it starts. On a line without anything it is what
/// comes next; nothing above the first key and below the last.
pub(super) fn at(root: &Node, text: &str, line: u32, column: Option<u32>) -> Option<(Vec<String>, Mark)> {
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let content = text.lines().nth(line as usize - 1).unwrap_or_default();
    let first = starts.get(line as usize - 1).copied().unwrap_or(text.len());
    let column = column.map(|column| {
        let before = content.char_indices().nth(column as usize - 1).map_or(content.len(), |(at, _)| at);
        first + before
    });
    let indent = content.len() - content.trim_start().len();
    let covers = |spot: &Spot<'_>, exact: bool| {
        let (start, end) = (spot.mark.start as usize, spot.end as usize);
        match column.filter(|_| exact) {
            Some(at) => start <= at && at < end,
            None => spot.mark.line <= line && end > first + indent,
        }
    };
    let mut found: Option<Spot<'_>> = None;
    loop {
        let below = children(found.as_ref(), root);
        let exact = below.iter().position(|spot| covers(spot, true));
        let Some(at) = exact.or_else(|| below.iter().position(|spot| covers(spot, false) && spot.mark.line == line))
        else {
            break;
        };
        found = below.into_iter().nth(at);
    }
    let is_empty = content.trim().is_empty() || content.trim().starts_with('#');
    let is_leaf = |spot: &Spot<'_>| !matches!(spot.node.value, Value::Mapping(_) | Value::Sequence(_));
    match found {
        Some(spot) if !is_empty || is_leaf(&spot) => Some((spot.keys, spot.mark)),
        None if !is_empty || children(None, root).first().is_none_or(|top| line < top.mark.line) => None,
        inside => next(inside, root, line),
    }
}

fn next(inside: Option<Spot<'_>>, root: &Node, line: u32) -> Option<(Vec<String>, Mark)> {
    let below = children(inside.as_ref(), root);
    below.into_iter().find(|spot| spot.mark.line > line).map(|spot| (spot.keys, spot.mark))
}

fn children<'a>(parent: Option<&Spot<'a>>, root: &'a Node) -> Vec<Spot<'a>> {
    let (above, node) = parent.map_or((&[][..], root), |spot| (spot.keys.as_slice(), spot.node));
    let keys = |key: String| above.iter().cloned().chain([key]).collect();
    match &node.value {
        Value::Mapping(entries) => entries
            .iter()
            .map(|entry| Spot {
                keys: keys(entry.key.clone()),
                mark: entry.key_mark,
                end: entry.node.mark.end.max(entry.key_mark.end),
                node: &entry.node,
            })
            .collect(),
        Value::Sequence(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| Spot {
                keys: keys(index.to_string()),
                mark: item.mark,
                end: item.mark.end,
                node: item,
            })
            .collect(),
        _ => Vec::new(),
    }
}
