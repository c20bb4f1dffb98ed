//! Builds typed trees from parser events, without recursion and within fixed bounds.

mod alias;
mod comment;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_saphyr::granit_parser::{ErrorKind, Event, ScalarStyle, ScanError, Span, StructureStyle, Tag};

use super::super::{
    Dialect, Mark, Source,
    budget::{Budget, Cost, MOST_FINDINGS, MOST_LEVELS},
    marks,
    refusal::Refusal,
    syntax,
};
use super::resolve::{Meaning, meaning};
use super::{Comment, Entry, Item, Leaf, Stream, Tree, duplicate};
use crate::diagnostic::{Finding, Location};
use crate::plain::Plain;

/// One list or map that is still open.
struct Frame {
    mark: Mark,
    flow: bool,
    anchor: usize,
    /// Comments in this column and further right belong to it, as long as it is open; from 1.
    column: u32,
    content: Content,
    /// Levels below this one, as far as they are known.
    height: usize,
    /// What was spent before it, to know what an alias of it costs.
    before: Cost,
}

enum Content {
    List(Vec<Item>),
    Map { entries: Vec<Entry>, pending: Option<Key> },
}

/// A key that waits for its value.
struct Key {
    text: String,
    mark: Mark,
    /// Whether the pair is kept; else a finding says why not.
    kept: bool,
    /// Comments between the key and the value, on the key's line.
    behind: Vec<Waiting>,
}

/// A comment that waits for what it stands above.
struct Waiting {
    text: Plain,
    start: u32,
    column: u32,
}

/// A finished node that aliases may name.
struct Anchor {
    tree: Tree,
    mark: Mark,
    cost: Cost,
    height: usize,
}

/// What a value is to the comments around it.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// A scalar or an alias.
    Leaf,
    /// In brackets.
    Flow,
    /// On lines of its own.
    Block,
}

pub(super) struct Builder<'a> {
    source: Source<'a>,
    text: &'a str,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Anchor>,
    comments: Vec<Waiting>,
    root: Option<(Tree, Mark)>,
    documents: Vec<Tree>,
    indent: Option<u32>,
    findings: Vec<Finding>,
    budget: Budget,
    last_end: usize,
    last_shape: Shape,
    /// Open containers below the deepest level that is kept.
    too_deep: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: Source<'a>, text: &'a str) -> Self {
        Builder {
            source,
            text,
            stack: Vec::new(),
            anchors: HashMap::new(),
            comments: Vec::new(),
            root: None,
            documents: Vec::new(),
            indent: None,
            findings: Vec::new(),
            budget: Budget::new(Dialect::Manifest),
            last_end: 0,
            last_shape: Shape::Leaf,
            too_deep: 0,
        }
    }

    /// Takes the next event; breaks where going on would cost too much.
    pub(super) fn event(&mut self, event: Event<'_>, span: &Span) -> ControlFlow<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) if self.too_deep == 0 => {
                self.scalar(text, style, anchor, tag.as_deref(), span);
            }
            Event::SequenceStart(style, anchor, _) => self.open(Content::List(Vec::new()), style, anchor, span),
            Event::MappingStart(style, anchor, _) => {
                self.open(Content::Map { entries: Vec::new(), pending: None }, style, anchor, span);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(id) if self.too_deep == 0 => self.alias(id, span),
            Event::UnresolvedAlias(_) if self.too_deep == 0 => {
                let help = "define the anchor first, or put the text in double quotes";
                let message = "no anchor of this name stands above this alias";
                self.no_alias(span, Refusal::new("undefined-alias", message, help));
            }
            Event::Comment(text, placement) if self.too_deep == 0 => self.comment(&text, placement, span),
            _ => {}
        }
        if let Some(refusal) = self.budget.refusal() {
            self.refuse(refusal, self.place(span));
            return ControlFlow::Break(());
        }
        if self.findings.len() >= MOST_FINDINGS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Takes the error that ends a text which is no YAML.
    pub(super) fn broken(&mut self, error: &ScanError) {
        let mut finding = syntax::finding(error, self.source.name, self.text, self.last_end);
        if matches!(error.kind(), ErrorKind::UnexpectedCharacter { .. }) {
            "a value cannot start with this character".clone_into(&mut finding.message);
        }
        self.findings.push(finding);
    }

    pub(super) fn finish_document(&mut self) {
        self.anchors.clear();
        let left = self.take_comments(u32::MAX);
        let comments = left.into_iter().map(|text| Entry::Comment(Comment { text, inline: false }));
        match self.root.take() {
            Some((Tree::Map(mut entries), _)) => {
                entries.extend(comments);
                self.documents.push(Tree::Map(entries));
            }
            None | Some((Tree::Leaf(Leaf::Null), _)) => self.documents.push(Tree::Map(comments.collect())),
            Some((_, mark)) => {
                let message = "a document must be a map of keys";
                self.error("root-not-a-map", mark, message, "start with `key: value` lines");
            }
        }
    }

    pub(super) fn finish(mut self) -> Result<Stream, Vec<Finding>> {
        if self.documents.is_empty() && self.findings.is_empty() {
            let finding = Finding::error("empty-file", Location::file(self.source.name), "the file is empty");
            self.findings.push(finding.help("write at least one `key: value`, or delete the file"));
        }
        if !self.findings.is_empty() {
            self.findings.sort_by_key(|finding| (finding.location.line, finding.location.column));
            return Err(self.findings);
        }
        let left = self.take_comments(u32::MAX);
        if let Some(Tree::Map(entries)) = self.documents.last_mut() {
            entries.extend(left.into_iter().map(|text| Entry::Comment(Comment { text, inline: false })));
        }
        let indent = self.indent.and_then(|indent| usize::try_from(indent).ok());
        Ok(Stream { documents: self.documents, indent: indent.filter(|indent| (2..=9).contains(indent)).unwrap_or(4) })
    }

    fn place(&self, span: &Span) -> Mark {
        marks::token(self.source.id, self.text, span)
    }

    fn error(&mut self, rule: &'static str, mark: Mark, message: impl Into<String>, help: impl Into<String>) {
        self.findings.push(Finding::error(rule, mark.location(self.source.name), message).help(help));
    }

    fn refuse(&mut self, refusal: Refusal, mark: Mark) {
        self.error(refusal.rule, mark, refusal.message, refusal.help);
    }

    fn scalar(&mut self, text: Cow<'_, str>, style: ScalarStyle, anchor: usize, tag: Option<&Tag>, span: &Span) {
        let mark = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                marks::block_scalar(self.source.id, self.text, span, self.last_end)
            }
            _ => self.place(span),
        };
        // The parser writes a missing value as `~`.
        let missing = style == ScalarStyle::Plain && mark.start == mark.end;
        let text = if missing { Cow::Borrowed("") } else { text };
        let length = text.len();
        self.budget.read(length);
        self.stand_above(mark.start);
        self.last_end = self.last_end.max(mark.end as usize);
        let meaning = meaning(&text, style == ScalarStyle::Plain, tag).unwrap_or_else(|refusal| {
            self.refuse(refusal, mark);
            Meaning::Text
        });
        if self.expects_key() && anchor == 0 && matches!(meaning, Meaning::Text) {
            return self.key(text.into_owned(), mark);
        }
        let tree = Tree::Leaf(match meaning {
            Meaning::Text => Leaf::Text(Plain::new(text.into_owned().into_bytes())),
            Meaning::Leaf(leaf) => leaf,
        });
        if anchor != 0 {
            self.keep(anchor, &tree, mark, Cost { nodes: 1, bytes: length }, 0);
        }
        self.attach(tree, mark, 0, Shape::Leaf);
    }

    fn open(&mut self, content: Content, style: StructureStyle, anchor: usize, span: &Span) {
        if self.too_deep > 0 {
            self.too_deep += 1;
            return;
        }
        let mut mark = self.place(span);
        let flow = style == StructureStyle::Flow;
        let above = self.stack.last().map(|frame| (frame.mark.column, matches!(frame.content, Content::Map { .. })));
        let mut column = 0;
        if !flow {
            let is_list = matches!(content, Content::List(_));
            if is_list && matches!(above, Some((_, true))) {
                mark = marks::first_dash(self.text, mark, self.last_end);
            }
            if marks::is_indented_by_tab(self.text, mark) {
                self.error("yaml-syntax", mark, "a tab stands where YAML wants spaces", "replace it with spaces");
            }
            column = mark.column;
            if let Some((parent, true)) = above {
                if column > parent {
                    self.indent.get_or_insert(column - parent);
                }
                // A list may stand in the column of its key; then comments there are the map's.
                column = column.max(parent + 1);
            }
            // A comment that ends the document is the root's, wherever it stands.
            if above.is_none() {
                column = 0;
            }
        }
        if self.stack.len() >= MOST_LEVELS {
            let help = format!("at most {MOST_LEVELS} levels are read");
            self.error("deep-nesting", mark, "the lists and maps are nested too deeply", help);
            self.too_deep = 1;
            return;
        }
        // What stands above an item's dash is the list's, what stands behind it is the item's.
        if matches!(above, Some((_, false))) && !self.comments.is_empty() {
            self.stand_above(self.dash(mark));
        }
        let inner = self.take_comments(mark.start);
        self.last_end = self.last_end.max(if flow { mark.end } else { mark.start } as usize);
        self.stack.push(Frame { mark, flow, anchor, column, content, height: 0, before: self.budget.spent() });
        for text in inner {
            self.push_comment(text);
        }
        self.budget.read(0);
    }

    fn close(&mut self, span: &Span) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            if self.too_deep == 0 {
                self.attach(Tree::Leaf(Leaf::Null), self.place(span), 0, Shape::Leaf);
            }
            return;
        }
        let Some(column) = self.stack.last().map(|frame| frame.column) else { return };
        let own = self.comments.iter().take_while(|comment| comment.column >= column).count();
        let own: Vec<Plain> = self.comments.drain(..own).map(|comment| comment.text).collect();
        for text in own {
            self.push_comment(text);
        }
        let Some(mut frame) = self.stack.pop() else { return };
        if frame.flow {
            frame.mark.end = frame.mark.end.max(self.place(span).end);
            self.last_end = self.last_end.max(frame.mark.end as usize);
        } else {
            frame.mark.end = frame.mark.end.max(u32::try_from(self.last_end).unwrap_or(u32::MAX));
        }
        let tree = match frame.content {
            Content::List(items) => Tree::List(items),
            Content::Map { entries, .. } => {
                duplicate::report(&entries, self.source.name, &mut self.findings);
                Tree::Map(entries)
            }
        };
        if frame.anchor != 0 {
            self.keep(frame.anchor, &tree, frame.mark, self.budget.since(frame.before), frame.height + 1);
        }
        self.attach(tree, frame.mark, frame.height + 1, if frame.flow { Shape::Flow } else { Shape::Block });
    }

    fn expects_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { content: Content::Map { pending: None, .. }, .. }))
    }

    fn key(&mut self, text: String, mark: Mark) {
        let kept = text != "<<";
        if !kept {
            let message = "sops cannot keep a merge key (`<<`)";
            self.error("merge-key", mark, message, "repeat the keys, or give this one another name");
        }
        self.last_shape = Shape::Leaf;
        if let Some(Frame { content: Content::Map { pending, .. }, .. }) = self.stack.last_mut() {
            *pending = Some(Key { text, mark, kept, behind: Vec::new() });
        }
    }

    /// Puts a finished node where it belongs: below its parent, as a key, or as the root.
    fn attach(&mut self, tree: Tree, mark: Mark, height: usize, shape: Shape) {
        self.last_shape = shape;
        if self.expects_key() {
            let text = match tree {
                Tree::Leaf(Leaf::Text(text)) => text.expose_text().map(str::to_owned),
                _ => None,
            };
            if let Some(text) = text {
                return self.key(text, mark);
            }
            self.error("non-string-key", mark, "a key must be a text", "put the key in double quotes");
            if let Some(Frame { content: Content::Map { pending, .. }, .. }) = self.stack.last_mut() {
                *pending = Some(Key { text: String::new(), mark, kept: false, behind: Vec::new() });
            }
            return;
        }
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some((tree, mark));
            return;
        };
        frame.height = frame.height.max(height);
        match &mut frame.content {
            Content::List(items) => items.push(Item::Value(tree, mark)),
            Content::Map { entries, pending } => {
                if let Some(key) = pending.take().filter(|key| key.kept) {
                    // Only that behind the sign of a `|` text stands behind the value to sops, all others behind the colon.
                    entries.extend(key.behind.into_iter().map(|comment| {
                        let inline = shape == Shape::Leaf && mark.start < comment.start && mark.start < mark.end;
                        Entry::Comment(Comment { text: comment.text, inline })
                    }));
                    entries.push(Entry::Pair { key: key.text, mark: key.mark, value: tree });
                }
            }
        }
    }
}
