//! Changes for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{
    json::list,
    text::{Style, findings},
};
use crate::{
    diagnostic::{Finding, printable},
    diff::{Change, Line, Step, Subject, TextChange, Unified, line_changes, telling},
    yaml,
};

/// Scalars longer than this stand on lines of their own.
const LONGEST_INLINE: usize = 80;

/// What changes in the tree of one environment.
pub struct Tree {
    /// The environment.
    pub name: String,
    /// The folder of the tree, relative to the repository's root.
    pub folder: String,
    /// What becomes of it.
    pub standing: Standing,
    /// Changed values of objects.
    pub changes: Vec<Change>,
    /// Changed files without objects.
    pub texts: Vec<TextChange>,
    /// Changed lines of all files, to be shown instead of values.
    pub unified: Option<Vec<Unified>>,
    /// What a person must know before the cluster gets the changes.
    pub findings: Vec<Finding>,
}

/// What becomes of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was there and is there.
    Changed,
    /// It was not there.
    New,
    /// It is no longer there.
    Gone,
}

impl Tree {
    /// Whether nothing that would be shown differs.
    #[must_use]
    pub fn is_same(&self) -> bool {
        match &self.unified {
            Some(files) => files.is_empty(),
            None => self.changes.is_empty() && self.texts.is_empty(),
        }
    }
}

/// `{"version": 1, "changes": [...], "findings": [...]}` in one line, with a newline at its end.
#[must_use]
pub fn json(trees: &[Tree]) -> String {
    let changes: Vec<Json> = trees
        .iter()
        .flat_map(|tree| {
            let changes = telling(&tree.changes).map(|change| change_json(tree, change));
            changes.chain(tree.texts.iter().map(|text| text_json(tree, text)))
        })
        .collect();
    let findings: Vec<Finding> = trees.iter().flat_map(|tree| tree.findings.iter().cloned()).collect();
    format!("{}\n", json!({ "version": 1, "changes": changes, "findings": list(&findings) }))
}

fn change_json(tree: &Tree, change: &Change) -> Json {
    let object = match &change.subject {
        Subject::Object { group, kind, namespace, name } => {
            json!({ "group": group, "kind": kind, "namespace": namespace, "name": name })
        }
        Subject::Document { .. } => Json::Null,
    };
    json!({
        "environment": tree.name,
        "object": object,
        "file": format!("{}/{}", tree.folder, change.file),
        "path": change.shown.path,
        "what": if matches!(change.pointer.last(), Some(Step::Order)) { "order" } else { "value" },
        "masked": change.shown.is_masked,
        "before": change.shown.before,
        "after": change.shown.after,
    })
}

fn text_json(tree: &Tree, text: &TextChange) -> Json {
    json!({
        "environment": tree.name,
        "object": null,
        "file": format!("{}/{}", tree.folder, text.file),
        "path": "",
        "what": "text",
        "masked": false,
        "before": text.was.then(|| json!({ "linesRemoved": text.removed })),
        "after": text.is.then(|| json!({ "linesAdded": text.added })),
    })
}

/// Changes grouped by environment and object, one line each where they are short, and a last line that counts. `source` gives
/// the text of a file that a finding points into.
pub fn text(trees: &[Tree], style: Style, source: &dyn Fn(&str) -> Option<String>) -> String {
    let mut page = Page { text: String::new(), style };
    for tree in trees.iter().filter(|tree| !tree.is_same()) {
        match &tree.unified {
            Some(files) => files.iter().for_each(|file| page.unified(tree, file)),
            None => page.tree(tree),
        }
        if !tree.findings.is_empty() {
            page.text.push('\n');
            page.text.push_str(&findings(&tree.findings, style, source));
        }
        page.text.push('\n');
    }
    page.text.push_str(&count(trees));
    page.text
}

fn count(trees: &[Tree]) -> String {
    let names = |of: &dyn Fn(&&Tree) -> bool| {
        trees.iter().filter(of).map(|tree| tree.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let same = names(&|tree| tree.is_same());
    let different = names(&|tree| !tree.is_same());
    let mut text = String::new();
    if !different.is_empty() {
        let mut counts = [0_usize; 3];
        for tree in trees.iter().filter(|tree| !tree.is_same()) {
            match &tree.unified {
                Some(files) => files.iter().for_each(|file| counts[kind(file.was, file.is)] += 1),
                None => {
                    for change in telling(&tree.changes) {
                        counts[kind(change.before.is_some(), change.after.is_some())] += 1;
                    }
                    tree.texts.iter().for_each(|text| counts[kind(text.was, text.is)] += 1);
                }
            }
        }
        let [added, removed, changed] = counts;
        let total = added + removed + changed;
        let noun = match (trees.iter().any(|tree| tree.unified.is_some()), total) {
            (true, 1) => "file",
            (true, _) => "files",
            (false, 1) => "change",
            (false, _) => "changes",
        };
        let _ = writeln!(text, "{different}: {total} {noun}, {added} added, {changed} changed, {removed} removed");
    }
    if !same.is_empty() {
        let _ = writeln!(text, "{same}: no difference");
    }
    text
}

/// 0 added, 1 removed, 2 changed.
fn kind(was: bool, is: bool) -> usize {
    match (was, is) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 2,
    }
}

const SIGNS: [(&str, &str); 3] = [("+", GREEN), ("-", RED), ("~", YELLOW)];
const BOLD: &str = "1";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const CYAN: &str = "36";

struct Page {
    text: String,
    style: Style,
}

impl Page {
    /// A line of plain text; what a terminal would take for something else is escaped.
    fn line(&mut self, indent: usize, color: &str, line: &str) {
        let line = printable(line.to_owned());
        let _ = match (self.style.color, color) {
            (false, _) | (_, "") => writeln!(self.text, "{:indent$}{line}", ""),
            (true, color) => writeln!(self.text, "{:indent$}\u{1b}[{color}m{line}\u{1b}[0m", ""),
        };
    }

    fn tree(&mut self, tree: &Tree) {
        let standing = match tree.standing {
            Standing::Changed => "",
            Standing::New => " (new)",
            Standing::Gone => " (gone: there is no such environment any more)",
        };
        self.line(0, BOLD, &format!("{}{standing}", tree.name));
        let mut last = None;
        for change in telling(&tree.changes) {
            let title = match &change.subject {
                Subject::Object { .. } => format!("{} ({})", change.subject, change.file),
                Subject::Document { .. } => change.subject.to_string(),
            };
            if change.is_whole() {
                let (sign, color) = SIGNS[kind(change.before.is_some(), change.after.is_some())];
                self.line(2, color, &format!("{sign} {title}"));
                last = None;
                continue;
            }
            if last != Some((&change.subject, &change.file)) {
                self.line(2, BOLD, &title);
                last = Some((&change.subject, &change.file));
            }
            self.change(change);
        }
        for text in &tree.texts {
            let (sign, color) = SIGNS[kind(text.was, text.is)];
            let lines = match (text.was, text.is, text.added, text.removed) {
                (true, true, 0, 0) => ": other bytes".to_owned(),
                (true, true, 1, removed) => format!(": 1 line added, {removed} removed"),
                (true, true, added, removed) => format!(": {added} lines added, {removed} removed"),
                _ => String::new(),
            };
            self.line(2, color, &format!("{sign} {}{lines}", text.file));
        }
    }

    fn change(&mut self, change: &Change) {
        let shown = &change.shown;
        let (sign, color) = SIGNS[kind(change.before.is_some(), change.after.is_some())];
        let path = match (&change.pointer.last(), shown.path.as_str()) {
            (Some(Step::Order), path) => format!("{path} (order)"),
            (_, "") => "(whole)".to_owned(),
            (_, path) => path.to_owned(),
        };
        match (&shown.before, &shown.after) {
            (Some(_), Some(_)) if shown.is_sealed => {
                self.line(4, color, &format!("{sign} {path}: sealed value changed"))
            }
            (Some(before), Some(after)) if before == after => match inline(after) {
                Some(after) => self.line(4, color, &format!("{sign} {path}: {after} (changed)")),
                None => self.line(4, color, &format!("{sign} {path}: a masked value in it changed")),
            },
            (Some(before), Some(after)) => match (inline(before), inline(after)) {
                (Some(before), Some(after)) if before.len() + after.len() <= LONGEST_INLINE * 2 => {
                    self.line(4, color, &format!("{sign} {path}: {before} -> {after}"));
                }
                _ => {
                    self.line(4, color, &format!("{sign} {path}:"));
                    self.both(before, after);
                }
            },
            (Some(value), None) | (None, Some(value)) => match inline(value) {
                Some(value) => self.line(4, color, &format!("{sign} {path}: {value}")),
                None => {
                    self.line(4, color, &format!("{sign} {path}:"));
                    yaml::emit(value).lines().for_each(|line| self.line(8, color, line));
                }
            },
            (None, None) => {}
        }
    }

    /// Two values that differ as a whole: texts line by line, anything else one below the other.
    fn both(&mut self, before: &Json, after: &Json) {
        let lines = before.as_str().zip(after.as_str()).and_then(|(before, after)| line_changes(before, after));
        match lines {
            Some(lines) => self.lines(8, &lines),
            None => {
                yaml::emit(before).lines().for_each(|line| self.line(8, RED, &format!("- {line}")));
                yaml::emit(after).lines().for_each(|line| self.line(8, GREEN, &format!("+ {line}")));
            }
        }
    }

    fn unified(&mut self, tree: &Tree, file: &Unified) {
        let side = |letter: char, exists: bool| match exists {
            true => format!("{letter}/{}/{}", tree.folder, file.file),
            false => "/dev/null".to_owned(),
        };
        self.line(0, BOLD, &format!("--- {}", side('a', file.was)));
        self.line(0, BOLD, &format!("+++ {}", side('b', file.is)));
        self.lines(0, &file.lines);
    }

    fn lines(&mut self, indent: usize, lines: &[Line]) {
        for line in lines {
            match line {
                Line::Hunk(text) => self.line(indent, CYAN, text),
                Line::Same(text) => self.line(indent, "", &format!(" {text}")),
                Line::Added(text) => self.line(indent, GREEN, &format!("+{text}")),
                Line::Removed(text) => self.line(indent, RED, &format!("-{text}")),
                Line::Note(text) => self.line(indent, "", &format!("\\ {text}")),
            }
        }
    }
}

/// A scalar, or an empty container, that fits on a line.
fn inline(value: &Json) -> Option<String> {
    let is_scalar = match value {
        Json::Array(list) => list.is_empty() || list.iter().all(|item| !item.is_object() && !item.is_array()),
        Json::Object(map) => map.is_empty(),
        _ => true,
    };
    let text = match value {
        Json::Array(list) if is_scalar => {
            format!(
                "[{}]",
                list.iter().map(|item| yaml::emit(item).trim_end().to_owned()).collect::<Vec<_>>().join(", ")
            )
        }
        _ => yaml::emit(value).trim_end().to_owned(),
    };
    (is_scalar && !text.contains('\n') && text.chars().count() <= LONGEST_INLINE).then_some(text)
}
