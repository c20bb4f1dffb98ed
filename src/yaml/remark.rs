//! Comments that say something to a program, and what they are about.

use serde_saphyr::granit_parser::{Event, Parser, Placement, Span, options};

use super::node::{FileId, Mark, Node, Value};
use super::{Source, marks};

/// A comment that starts with the word that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where it stands, from its `#` on.
    pub mark: Mark,
    /// What follows the word.
    pub text: String,
    /// The first and the last line of what it is about: the entry or item that begins on its line or, where it has a line of
    /// its own, on the next one, with all below; the whole document where that is its first entry. None where nothing
    /// begins there.
    pub lines: Option<(u32, u32)>,
}

/// The comments of a text that start with `word`, in file order. `documents` is what the text was parsed to. A `#` in a quoted
/// text or in a block of lines is no comment.
#[must_use]
pub fn remarks(source: Source<'_>, documents: &[Node], word: &str) -> Vec<Remark> {
    // Almost no file has one, and then it is not read a second time.
    let text = match std::str::from_utf8(source.bytes) {
        Ok(text) if text.contains(word) => text,
        _ => return Vec::new(),
    };
    let mut remarks = Vec::new();
    let mut parts = None;
    for Found { mark, text: comment, is_behind } in comments(source.id, text) {
        let Some(rest) = comment.trim_start().strip_prefix(word) else { continue };
        if rest.starts_with(|next: char| next.is_alphanumeric() || next == '-' || next == '_') {
            continue;
        }
        let parts = parts.get_or_insert_with(|| Parts::of(text, documents));
        let lines = if is_behind { parts.on(mark.line) } else { parts.below(text, mark) };
        remarks.push(Remark { mark, text: rest.trim().to_owned(), lines });
    }
    remarks
}

/// A comment.
pub(super) struct Found {
    pub(super) mark: Mark,
    pub(super) text: String,
    /// Whether something else stands before it on its line.
    pub(super) is_behind: bool,
}

/// The comments of a text, as far as it can be read.
pub(super) fn comments(file: FileId, text: &str) -> Vec<Found> {
    let options = options! { emit_unresolved_aliases: true, emit_comments: true };
    let events = Parser::new_from_str_with_options(text, options).map_while(Result::ok);
    let comment = |(event, span): (Event<'_>, Span)| match event {
        Event::Comment(said, placement) => {
            let mark = marks::token(file, text, &span);
            Some(Found { mark, text: said.into_owned(), is_behind: placement == Placement::Right })
        }
        _ => None,
    };
    events.filter_map(comment).collect()
}

/// The entries and items of a text, by the lines they begin on.
struct Parts {
    /// First and last line of each, in the order of the first ones; of those that begin on one line the longest.
    parts: Vec<(u32, u32)>,
    /// First and last line of each document.
    documents: Vec<(u32, u32)>,
}

impl Parts {
    fn of(text: &str, documents: &[Node]) -> Parts {
        let breaks: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        let line = |offset: u32| {
            // What a mark spans ends before its last line's break.
            let last = (offset as usize).saturating_sub(1);
            u32::try_from(breaks.partition_point(|at| *at < last) + 1).unwrap_or(u32::MAX)
        };
        let mut parts = Vec::new();
        let mut waiting: Vec<&Node> = documents.iter().collect();
        while let Some(node) = waiting.pop() {
            match &node.value {
                Value::Sequence(items) => {
                    // What came through an alias keeps its place elsewhere.
                    parts.extend(items.iter().map(|item| (item.mark.line, line(item.mark.end))));
                    waiting.extend(items);
                }
                Value::Mapping(entries) => {
                    for entry in entries {
                        let end = entry.key_mark.end.max(entry.node.mark.end);
                        let is_here = entry.node.mark.start >= entry.key_mark.start;
                        let end = if is_here { end } else { entry.key_mark.end };
                        parts.push((entry.key_mark.line, line(end)));
                        waiting.push(&entry.node);
                    }
                }
                _ => {}
            }
        }
        parts.sort_unstable_by_key(|(first, last)| (*first, std::cmp::Reverse(*last)));
        parts.dedup_by_key(|(first, _)| *first);
        Parts { parts, documents: documents.iter().map(|node| (node.mark.line, line(node.mark.end))).collect() }
    }

    /// What begins on a line.
    fn on(&self, line: u32) -> Option<(u32, u32)> {
        let at = self.parts.binary_search_by_key(&line, |(first, _)| *first).ok()?;
        Some(self.parts[at])
    }

    /// What begins on the next line that holds more than comments, below a comment.
    fn below(&self, text: &str, comment: Mark) -> Option<(u32, u32)> {
        let rest = text.get(comment.end as usize..).unwrap_or_default();
        let mut lines = rest.split('\n').enumerate().skip(1).filter(|(_, line)| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#')
        });
        let (mut count, mut content) = lines.next()?;
        let is_inside = self.documents.iter().any(|(first, last)| (*first..=*last).contains(&comment.line));
        // The sign that a document starts is no content, but nothing reaches over the one that ends another.
        let is_first = self.documents.first().is_none_or(|(first, _)| comment.line < *first);
        while content.starts_with("---") && content.trim_end() == "---" && is_first && !is_inside {
            (count, content) = lines.next()?;
        }
        let line = comment.line + u32::try_from(count).unwrap_or(u32::MAX);
        let document = self.documents.iter().find(|(first, _)| *first == line);
        document.copied().or_else(|| self.on(line))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::super::{Dialect, parse};
    use super::{FileId, Remark, Source, remarks};

    /// The line, the text and the lines that each is about.
    type Told = (u32, String, Option<(u32, u32)>);

    fn found(text: &str) -> Vec<Told> {
        let source = Source { id: FileId(0), name: "a.yaml", bytes: text.as_bytes() };
        let documents = parse(source, Dialect::Manifest).unwrap();
        let told = |remark: Remark| (remark.mark.line, remark.text, remark.lines);
        remarks(source, &documents, "gen:ignore").into_iter().map(told).collect()
    }

    fn lines(text: &str) -> Vec<Option<(u32, u32)>> {
        found(text).into_iter().map(|(.., lines)| lines).collect()
    }

    #[test]
    fn at_the_end_of_a_line_it_is_about_what_begins_there() {
        assert_eq!(lines("a: 1\nb: # gen:ignore x\n  c: 1\n  d: 2\ne: 3\n"), [Some((2, 4))]);
        assert_eq!(lines("a:\n  b: 1 # gen:ignore x\n  c: 2\n"), [Some((2, 2))]);
        assert_eq!(lines("a:\n- n: 1 # gen:ignore x\n  m: 2\n- n: 2\n"), [Some((2, 3))]);
        assert_eq!(lines("a: {b: 1, c: 2} # gen:ignore x\nd: 1\n"), [Some((1, 1))]);
        assert_eq!(lines("a: {b: 1,\n  c: 2} # gen:ignore x\n"), [Some((2, 2))]);
        assert_eq!(lines("a: {\n  b: 1\n} # gen:ignore x\n"), [None]);
        assert_eq!(lines("a: | # gen:ignore x\n  text\n  more\nb: 1\n"), [Some((1, 3))]);
    }

    #[test]
    fn on_a_line_of_its_own_it_is_about_what_begins_on_the_next() {
        assert_eq!(lines("a:\n  # gen:ignore x\n  # why\n\n  b:\n    c: 1\n  d: 2\n"), [Some((5, 6))]);
        assert_eq!(lines("a:\n  # gen:ignore x\n  - b: 1\n    c: 2\n  - d\n"), [Some((3, 4))]);
        assert_eq!(lines("a: 1\n# gen:ignore x\n"), [None]);
        assert_eq!(lines("a: 1\n# gen:ignore x\n---\nb: 1\n"), [None]);
    }

    #[test]
    fn at_the_head_of_a_document_it_is_about_all_of_it() {
        assert_eq!(lines("# gen:ignore x\na: 1\nb:\n  c: 1\n---\nd: 1\n"), [Some((1 + 1, 4))]);
        assert_eq!(lines("# gen:ignore x\n---\na: 1\nb: 2\n"), [Some((3, 4))]);
        assert_eq!(lines("a: 1\n---\n# gen:ignore x\nb: 1\nc: 1\n"), [Some((4, 5))]);
        assert_eq!(lines("a:\n  # gen:ignore x\n  b: 1\n  c: 2\n"), [Some((3, 3))]);
    }

    #[test]
    fn texts_are_no_comments() {
        assert_eq!(lines("a: |\n  # gen:ignore x\n  b\nc: \"# gen:ignore x\"\nd: '\n  # gen:ignore x'\n"), []);
        assert_eq!(lines("a: 1 # gen:ignored\nb: 1#gen:ignore x\nc: 1 # see gen:ignore\n"), []);
    }

    #[test]
    fn the_text_is_what_follows() {
        let told = found("a: 1 #gen:ignore public-database we: \"know\" # really \r\nb: 1 # gen:ignore\n");
        assert_eq!(told[0], (1, "public-database we: \"know\" # really".to_owned(), Some((1, 1))));
        assert_eq!(told[1], (2, String::new(), Some((2, 2))));
    }
}
