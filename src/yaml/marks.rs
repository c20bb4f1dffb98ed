//! Exact places. The parser's spans are exact for flow style; for block style they leave out a dash or a header.

use serde_saphyr::granit_parser::Span;

use super::node::{FileId, Mark};
use super::text::clamp;

/// The mark of a token that the parser spans exactly.
pub(super) fn token(file: FileId, text: &str, span: &Span) -> Mark {
    let start = span.start.byte_offset().unwrap_or_default().min(text.len());
    let end = span.end.byte_offset().unwrap_or(start).clamp(start, text.len());
    let length = if span.start.line() == span.end.line() {
        span.end.index().saturating_sub(span.start.index())
    } else {
        first_line(text, start, end)
    };
    Mark {
        file,
        start: clamp(start),
        end: clamp(end),
        line: clamp(span.start.line()),
        column: clamp(span.start.col() + 1),
        length: clamp(length),
    }
}

/// Characters of a range that stand on its first line.
fn first_line(text: &str, start: usize, end: usize) -> usize {
    let range = text.get(start..end).unwrap_or_default();
    range.chars().take_while(|character| !matches!(character, '\n' | '\r')).count()
}

/// Lets a mark reach to `end`.
pub(super) fn stretch(mark: &mut Mark, end: u32, text: &str) {
    mark.end = mark.end.max(end);
    mark.length = clamp(first_line(text, mark.start as usize, mark.end as usize));
}

/// The mark of a `|` or `>` text. The parser spans the lines below the header; the mark starts at the header's sign, which
/// stands on the last line before them that is not blank, and ends with the last line that is not blank.
pub(super) fn block_scalar(file: FileId, text: &str, span: &Span, last_end: usize) -> Mark {
    let mut mark = token(file, text, span);
    let (start, end) = (mark.start as usize, mark.end as usize);
    let header = header(text, last_end.min(start), start);
    let content = text[start..end].trim_end_matches([' ', '\t', '\n', '\r']).len();
    let Some(header) = header else {
        mark.end = clamp(start + content);
        return mark;
    };
    let line_start = text[..header].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let breaks = text[header..start].replace("\r\n", "\n").matches(['\n', '\r']).count();
    let sign = text[header..].find(char::is_whitespace).unwrap_or(text.len() - header);
    Mark {
        file,
        start: clamp(header),
        end: clamp(if content > 0 { start + content } else { header + sign }),
        line: mark.line.saturating_sub(clamp(breaks)).max(1),
        column: clamp(text[line_start..header].trim_start_matches('\u{FEFF}').chars().count() + 1),
        length: clamp(sign),
    }
}

/// The sign of a block text's header, between the last token and its content: what follows dashes, colons, tags, anchors,
/// blank and comment lines.
fn header(text: &str, from: usize, to: usize) -> Option<usize> {
    let mut at = from;
    while at < to {
        let rest = &text[at..to];
        match rest.as_bytes()[0] {
            b'|' | b'>' => return Some(at),
            b'#' => at += rest.find(['\n', '\r'])?,
            b'!' | b'&' => at += rest.find(char::is_whitespace)?,
            _ => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    None
}

/// The place of the first dash of a block list. The parser starts a list that is not indented under its key behind its dash.
pub(super) fn first_dash(text: &str, mark: Mark, last_end: usize) -> Mark {
    let start = mark.start as usize;
    let gap = text.get(last_end..start).unwrap_or_default();
    // The gap holds the rest of the key's line, then blank lines, comments, tags and anchors.
    let mut line_start = last_end;
    for line in gap.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches(' ').len();
        if line_start > last_end && line[indent..].starts_with('-') {
            let dash = line_start + indent;
            let lines_below = text[dash..start].matches('\n').count();
            return Mark {
                start: clamp(dash),
                line: mark.line - clamp(lines_below),
                column: clamp(indent + 1),
                ..mark
            };
        }
        line_start += line.len();
    }
    mark
}

/// Whether a tab stands in the indentation before a block list or map.
pub(super) fn is_indented_by_tab(text: &str, mark: Mark) -> bool {
    let before = &text[..mark.start as usize];
    let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
    line.contains('\t') && line.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
}
