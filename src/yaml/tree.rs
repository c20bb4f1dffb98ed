//! Builds the positioned tree from parser events, without recursion and within fixed bounds.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_saphyr::granit_parser::{Event, ScalarStyle, Span, StructureStyle, Tag};

use crate::diagnostic::Finding;

use super::budget::{Budget, Cost, MOST_FINDINGS, MOST_LEVELS};
use super::keys::{self, Key, KeyKind, Merged};
use super::node::{Entry, Mark, Node, Value};
use super::refusal::Refusal;
use super::scalar;
use super::text::clamp;
use super::{Dialect, Source, marks};

/// One list or map that is still open.
struct Frame {
    mark: Mark,
    flow: bool,
    anchor: usize,
    content: Content,
    /// Levels below this one, as far as they are known.
    height: usize,
    /// What was spent before it, to know what an alias of it costs.
    before: Cost,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, pending: Option<Key>, merged: Merged },
}

/// A finished node that aliases may name.
struct Anchor {
    node: Node,
    cost: Cost,
    height: usize,
}

pub(super) struct Builder<'a> {
    source: Source<'a>,
    text: &'a str,
    dialect: Dialect,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Anchor>,
    root: Option<Node>,
    findings: Vec<Finding>,
    budget: Budget,
    last_end: usize,
    /// Open containers below the deepest level that is kept.
    too_deep: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: Source<'a>, text: &'a str, dialect: Dialect) -> Self {
        Builder {
            source,
            text,
            dialect,
            stack: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            findings: Vec::new(),
            budget: Budget::new(dialect),
            last_end: 0,
            too_deep: 0,
        }
    }

    /// Takes the next event; breaks where going on would cost too much.
    pub(super) fn event(&mut self, event: Event<'_>, span: &Span) -> ControlFlow<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) if self.too_deep == 0 => {
                self.scalar(&text, style, anchor, tag.as_deref(), span);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.open(Content::Sequence(Vec::new()), style, anchor, tag.as_deref(), span);
            }
            Event::MappingStart(style, anchor, tag) => {
                let content = Content::Mapping { entries: Vec::new(), pending: None, merged: Merged::default() };
                self.open(content, style, anchor, tag.as_deref(), span);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(id) if self.too_deep == 0 => self.alias(id, span),
            Event::UnresolvedAlias(name) if self.too_deep == 0 => {
                let mark = self.place(span);
                let message = format!("no anchor `&{name}` stands above this alias");
                self.error(
                    "undefined-alias",
                    mark,
                    message,
                    "define the anchor first, or put the text in double quotes",
                );
                self.last_end = mark.end as usize;
                self.attach(Node { mark, value: Value::Null }, 0);
            }
            _ => {}
        }
        if let Some(refusal) = self.budget.refusal() {
            self.refuse(refusal, self.place(span));
            return ControlFlow::Break(());
        }
        if self.findings.len() >= MOST_FINDINGS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// The document that just ended.
    pub(super) fn finish_document(&mut self) -> Option<Node> {
        self.anchors.clear();
        self.root.take()
    }

    /// Where the last understood token ends.
    pub(super) fn last_end(&self) -> usize {
        self.last_end
    }

    pub(super) fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// The mark of a token.
    pub(super) fn place(&self, span: &Span) -> Mark {
        marks::token(self.source.id, self.text, span)
    }

    fn error(&mut self, rule: &'static str, mark: Mark, message: impl Into<String>, help: impl Into<String>) {
        self.findings.push(Finding::error(rule, mark.location(self.source.name), message).help(help));
    }

    fn refuse(&mut self, refusal: Refusal, mark: Mark) {
        self.error(refusal.rule, mark, refusal.message, refusal.help);
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, tag: Option<&Tag>, span: &Span) {
        let mark = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                marks::block_scalar(self.source.id, self.text, span, self.last_end)
            }
            _ => self.place(span),
        };
        // The parser writes a missing value as `~`.
        let text = if style == ScalarStyle::Plain && mark.start == mark.end { "" } else { text };
        self.last_end = self.last_end.max(mark.end as usize);
        let is_key = self.expects_key();
        if is_key && text == "<<" && style == ScalarStyle::Plain && tag.is_none() {
            return self.merge_key(mark);
        }
        let value =
            scalar::value(text, style == ScalarStyle::Plain, tag, self.dialect, is_key).unwrap_or_else(|refusal| {
                self.refuse(refusal, mark);
                Value::String(text.to_owned())
            });
        self.budget.read(text.len());
        let node = Node { mark, value };
        if anchor != 0 {
            self.keep(anchor, &node, Cost { nodes: 1, bytes: text.len() }, 0);
        }
        self.attach(node, 0);
    }

    fn merge_key(&mut self, mark: Mark) {
        let mut kind = KeyKind::Merge;
        if self.dialect == Dialect::Input {
            let help = "repeat the keys, or put what is shared into a file and name it under `extends`";
            self.error("merge-key", mark, "merge keys (`<<`) are not part of this language, layers are", help);
            kind = KeyKind::Refused;
        }
        if let Some(Frame { content: Content::Mapping { pending, .. }, .. }) = self.stack.last_mut() {
            *pending = Some(Key { text: "<<".to_owned(), mark, kind });
        }
    }

    fn open(&mut self, content: Content, style: StructureStyle, anchor: usize, tag: Option<&Tag>, span: &Span) {
        if self.too_deep > 0 {
            self.too_deep += 1;
            return;
        }
        let mut mark = self.place(span);
        let flow = style == StructureStyle::Flow;
        if !flow {
            let below_key = matches!(self.stack.last(), Some(Frame { content: Content::Mapping { .. }, .. }));
            if below_key && matches!(content, Content::Sequence(_)) {
                mark = marks::first_dash(self.text, mark, self.last_end);
            }
            if marks::is_indented_by_tab(self.text, mark) {
                self.error("yaml-syntax", mark, "a tab stands where YAML wants spaces", "replace it with spaces");
            }
        }
        let foreign = tag.filter(|tag| !matches!(tag.core_suffix(), Some("map" | "seq")));
        if let Some(refusal) = foreign.and_then(|tag| scalar::foreign_tag(tag, self.dialect)) {
            self.refuse(refusal, mark);
        }
        if self.stack.len() >= MOST_LEVELS {
            self.error(
                "deep-nesting",
                mark,
                "the lists and maps are nested too deeply",
                format!("at most {MOST_LEVELS} levels are read"),
            );
            self.too_deep = 1;
            return;
        }
        self.last_end = self.last_end.max(if flow { mark.end } else { mark.start } as usize);
        self.stack.push(Frame { mark, flow, anchor, content, height: 0, before: self.budget.spent() });
        self.budget.read(0);
    }

    fn close(&mut self, span: &Span) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            if self.too_deep == 0 {
                let mark = self.place(span);
                self.attach(Node { mark, value: Value::Null }, 0);
            }
            return;
        }
        let Some(frame) = self.stack.pop() else { return };
        let mut mark = frame.mark;
        if frame.flow {
            let end = self.place(span).end;
            self.last_end = self.last_end.max(end as usize);
            marks::stretch(&mut mark, end, self.text);
        } else {
            mark.end = mark.end.max(clamp(self.last_end));
        }
        let value = match frame.content {
            Content::Sequence(items) => {
                if !frame.flow {
                    mark.length = 1;
                }
                Value::Sequence(items)
            }
            Content::Mapping { entries, merged, .. } => {
                if let Some(first) = entries.first().filter(|first| !frame.flow && first.key_mark.start == mark.start) {
                    mark.length = first.key_mark.length;
                }
                let name = self.source.name;
                Value::Mapping(keys::finish(entries, &merged, name, &mut self.findings))
            }
        };
        let node = Node { mark, value };
        if frame.anchor != 0 {
            self.keep(frame.anchor, &node, self.budget.since(frame.before), frame.height + 1);
        }
        self.attach(node, frame.height + 1);
    }

    fn keep(&mut self, id: usize, node: &Node, cost: Cost, height: usize) {
        if self.budget.copy(cost) {
            self.anchors.insert(id, Anchor { node: node.clone(), cost, height });
        }
    }

    fn alias(&mut self, id: usize, span: &Span) {
        let place = self.place(span);
        self.last_end = place.end as usize;
        let Some(anchor) = self.anchors.get(&id) else {
            self.error("undefined-alias", place, "this alias names the value it stands in", "repeat the value instead");
            return self.attach(Node { mark: place, value: Value::Null }, 0);
        };
        let height = anchor.height;
        if !self.budget.copy(anchor.cost) {
            return;
        }
        if self.stack.len() + height > MOST_LEVELS {
            let help = format!("at most {MOST_LEVELS} levels are read");
            self.error("deep-nesting", place, "this alias nests lists and maps too deeply", help);
            return self.attach(Node { mark: place, value: Value::Null }, 0);
        }
        let node = anchor.node.clone();
        self.attach(node, height);
    }

    fn expects_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { content: Content::Mapping { pending: None, .. }, .. }))
    }

    /// Puts a finished node where it belongs: below its parent, as a key, or as the root.
    fn attach(&mut self, node: Node, height: usize) {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.height = frame.height.max(height);
        match &mut frame.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping { entries, pending, merged } => match pending.take() {
                Some(Key { kind: KeyKind::Refused, .. }) => {}
                Some(Key { kind: KeyKind::Merge, mark, .. }) => {
                    if let Err(refusal) = merged.take(entries, node) {
                        self.refuse(refusal, mark);
                    }
                }
                Some(Key { text, mark, .. }) => entries.push(Entry { key: text, key_mark: mark, node }),
                None => {
                    let key = Key::of(node, self.dialect);
                    let refused = key.kind == KeyKind::Refused;
                    let mark = key.mark;
                    *pending = Some(key);
                    if refused {
                        self.error("non-string-key", mark, "a key must be a text", "put the key in double quotes");
                    }
                }
            },
        }
    }
}
