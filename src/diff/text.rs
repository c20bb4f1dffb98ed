//! Files as text: how many lines of those that hold no object changed, and all changed lines where somebody asks for them.

use serde_json::Value as Json;
use similar::{Algorithm, ChangeTag, TextDiff, group_diff_ops};

use super::subject::identify;
use crate::{
    diagnostic::printable,
    manifest::Bundle,
    secrecy::{masked, redact},
    sops,
    tree::{FileTree, LOCK},
    yaml,
};

/// Files of more lines than this are not compared line by line: two of them with nothing in common would take seconds.
const MOST_LINES: usize = 10_000;
/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// A file without objects that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextChange {
    /// The file, relative to the tree.
    pub file: String,
    /// Whether it was there.
    pub was: bool,
    /// Whether it is there.
    pub is: bool,
    /// How many lines are new; 0 also where it is no text or too long.
    pub added: usize,
    /// How many lines are gone.
    pub removed: usize,
}

/// The changed lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unified {
    /// The file, relative to the tree.
    pub file: String,
    /// Whether it was there.
    pub was: bool,
    /// Whether it is there.
    pub is: bool,
    /// The lines; where they are not shown, one that says why.
    pub lines: Vec<Line>,
}

/// A line of a unified difference, ready to be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Where the next lines stand: `@@ -1,7 +1,7 @@`.
    Hunk(String),
    /// As it was.
    Same(String),
    /// New.
    Added(String),
    /// Gone.
    Removed(String),
    /// Something about the file or the line above.
    Note(&'static str),
}

/// The path of a file, what stood in it and what stands in it.
type Pair<'a> = (&'a str, Option<&'a [u8]>, Option<&'a [u8]>);

/// The files of two trees, by path, where their bytes differ; without the lock, which follows from the rest.
fn differing<'a>(before: &'a FileTree, after: &'a FileTree) -> Vec<Pair<'a>> {
    let gone =
        before.iter().filter(|(path, _)| after.get(path).is_none()).map(|(path, bytes)| (path, Some(bytes), None));
    let there = after.iter().map(|(path, bytes)| (path, before.get(path), Some(bytes)));
    let mut files: Vec<_> =
        there.chain(gone).filter(|(path, before, after)| *path != LOCK && before != after).collect();
    files.sort_unstable_by_key(|(path, _, _)| *path);
    files
}

/// What changed in the files for which `is_text` holds.
pub(super) fn texts(before: &FileTree, after: &FileTree, is_text: &dyn Fn(&str) -> bool) -> Vec<TextChange> {
    let change = |(file, before, after): Pair<'_>| {
        let lines = |bytes: Option<&[u8]>| std::str::from_utf8(bytes.unwrap_or_default()).map(str::to_owned);
        let (added, removed) = match (lines(before), lines(after)) {
            (Ok(old), Ok(new)) => count(&old, &new),
            _ => (0, 0),
        };
        TextChange { file: file.to_owned(), was: before.is_some(), is: after.is_some(), added, removed }
    };
    differing(before, after).into_iter().filter(|(path, _, _)| is_text(path)).map(change).collect()
}

fn count(old: &str, new: &str) -> (usize, usize) {
    let Some(difference) = lines(old, new) else { return (0, 0) };
    let count = |tag| difference.iter_all_changes().filter(|change| change.tag() == tag).count();
    (count(ChangeTag::Insert), count(ChangeTag::Delete))
}

fn lines<'a>(old: &'a str, new: &'a str) -> Option<TextDiff<'a, 'a, str>> {
    let is_long = |text: &str| text.lines().nth(MOST_LINES).is_some();
    (!is_long(old) && !is_long(new)).then(|| TextDiff::configure().algorithm(Algorithm::Myers).diff_lines(old, new))
}

/// The changed lines of every file but the lock. Sealed files and files with a Secret are only named; a document with
/// another secret in it is shown as it would be without.
#[must_use]
pub fn unified(before: &FileTree, after: &FileTree) -> Vec<Unified> {
    let file = |(file, before, after): Pair<'_>| Unified {
        file: printable(file.to_owned()),
        was: before.is_some(),
        is: after.is_some(),
        lines: shown_lines(file, before.unwrap_or_default(), after.unwrap_or_default()),
    };
    differing(before, after).into_iter().map(file).collect()
}

fn shown_lines(file: &str, before: &[u8], after: &[u8]) -> Vec<Line> {
    if sops::is_sealed_name(file) {
        return vec![Line::Note("sealed: its lines are not shown")];
    }
    let (old, new) = match (readable(file, before), readable(file, after)) {
        (Readable::Text(old), Readable::Text(new)) => (old, new),
        (Readable::Not(why), _) | (_, Readable::Not(why)) => return vec![Line::Note(why)],
    };
    if old == new {
        return vec![Line::Note("only masked values differ")];
    }
    match lines(&old, &new) {
        Some(difference) => hunks(&difference),
        None => vec![Line::Note("too many lines to compare")],
    }
}

enum Readable {
    Text(String),
    Not(&'static str),
}

/// A file's text without its secrets.
fn readable(file: &str, bytes: &[u8]) -> Readable {
    let Ok(text) = std::str::from_utf8(bytes) else { return Readable::Not("no text: its bytes are not shown") };
    let mut tree = FileTree::new();
    if tree.insert(file, bytes).is_err() {
        return Readable::Not("its path is no plain one: its lines are not shown");
    }
    let (bundle, mistakes) = Bundle::parse(&tree);
    // Nobody can tell the secrets of what cannot be read.
    if !mistakes.is_empty() {
        return Readable::Not("no YAML: its lines are not shown");
    }
    if bundle.objects.iter().any(|object| object.kind() == "Secret" || object.body.get("sops").is_some()) {
        return Readable::Not("a Secret: its lines are not shown");
    }
    let shown: Vec<(bool, Json)> = identify(&bundle.objects)
        .into_iter()
        .map(|(subject, object)| {
            let shown = masked(&object.body, &subject.place(file));
            (shown == object.body, shown)
        })
        .collect();
    if shown.iter().all(|(is_same, _)| *is_same) {
        return Readable::Text(if shown.is_empty() { redact(text) } else { with_clean_comments(text) });
    }
    let documents: Vec<String> = shown.iter().map(|(_, body)| yaml::emit(body)).collect();
    Readable::Text(documents.join("---\n"))
}

/// The changed lines of two texts of several lines; `None` where neither is one.
#[must_use]
pub fn line_changes(old: &str, new: &str) -> Option<Vec<Line>> {
    let is_long = old.contains('\n') || new.contains('\n');
    lines(old, new).filter(|_| is_long).map(|difference| hunks(&difference))
}

/// A YAML text whose values are known to hold no secret: its comments may.
fn with_clean_comments(text: &str) -> String {
    if text.contains("PRIVATE KEY") {
        return redact(text);
    }
    let line = |line: &str| match line.find('#') {
        Some(at) => format!("{}{}", &line[..at], redact(&line[at..])),
        None => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}

fn hunks(difference: &TextDiff<'_, '_, str>) -> Vec<Line> {
    let mut lines = Vec::new();
    for group in group_diff_ops(difference.ops().to_vec(), CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let range = |start: usize, end: usize| match end - start {
            0 => format!("{start},0"),
            1 => format!("{}", start + 1),
            length => format!("{},{length}", start + 1),
        };
        let old = range(first.old_range().start, last.old_range().end);
        let new = range(first.new_range().start, last.new_range().end);
        lines.push(Line::Hunk(format!("@@ -{old} +{new} @@")));
        for change in group.iter().flat_map(|operation| difference.iter_changes(operation)) {
            let text = printable(change.value().trim_end_matches('\n').to_owned());
            lines.push(match change.tag() {
                ChangeTag::Equal => Line::Same(text),
                ChangeTag::Insert => Line::Added(text),
                ChangeTag::Delete => Line::Removed(text),
            });
            if change.missing_newline() {
                lines.push(Line::Note("no newline at the end of the file"));
            }
        }
    }
    lines
}
