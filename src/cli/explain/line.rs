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
        // What begins the line is meant, not what follows it there.
        let above = found.as_ref().filter(|above| above.mark.line == line);
        let begins = |spot: &Spot<'_>| above.is_none_or(|above| above.mark.start == spot.mark.start);
        let exact = || below.iter().position(|spot| column.is_some() && covers(spot, true));
        let on_line = || below.iter().position(|spot| covers(spot, false) && begins(spot));
        let Some(at) = exact().or_else(on_line) else { break };
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::at;
    use crate::yaml::{Dialect, FileId, Source, parse};

    const TEXT: &str = "# header\nkind: Secret\n\n# about the list\nlist:\n  - name: a\n    value: {b: 1, c: [2, 3]}\n\n  \
                        # the text\n  - |\n    # no comment\n\n    text\nempty:\nlast: x # note\n# end\n";

    fn found(line: u32, column: Option<u32>) -> String {
        let source = Source { id: FileId(0), name: "", bytes: TEXT.as_bytes() };
        let documents = parse(source, Dialect::Manifest).unwrap();
        at(&documents[0], TEXT, line, column).map_or_else(String::new, |(keys, _)| keys.join("."))
    }

    #[test]
    fn every_line_leads_to_what_stands_on_it_or_comes_next() {
        let expected = [
            "",
            "kind",
            "list",
            "list",
            "list",
            "list.0.name",
            "list.0.value",
            "list.1",
            "list.1",
            "list.1",
            "list.1",
            "list.1",
            "list.1",
            "empty",
            "last",
            "",
        ];
        let all: Vec<String> = (1..=16).map(|line| found(line, None)).collect();
        assert_eq!(all, expected);
    }

    #[test]
    fn a_column_tells_what_is_meant_on_a_line() {
        let on_line_7 = |column| found(7, Some(column));
        assert_eq!(on_line_7(5), "list.0.value");
        assert_eq!(on_line_7(13), "list.0.value.b");
        assert_eq!(on_line_7(16), "list.0.value.b");
        assert_eq!(on_line_7(19), "list.0.value.c");
        assert_eq!(on_line_7(23), "list.0.value.c.0");
        assert_eq!(on_line_7(26), "list.0.value.c.1");
        assert_eq!(found(6, Some(1)), "list.0.name");
        assert_eq!(found(6, Some(99)), "list.0.name");
    }
}
