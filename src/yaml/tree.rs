//! Builds the positioned tree from parser events, without recursion and within fixed bounds.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_saphyr::granit_parser::{Event, ScalarStyle, Span, StructureStyle, Tag};

use crate::diagnostic::Finding;

use super::node::{Entry, Mark, Node, Value};
use super::resolve::{self, Scalar};
use super::text::{clamp, size_limit};
use super::{Dialect, Source, marks, merge};

/// The deepest nesting that is read. Everything that walks a tree may recurse.
const MOST_LEVELS: usize = 64;

/// The most keys and values of a file, alias expansion included. A node takes some 100 bytes: 10 MB and 100 MB.
fn most_nodes(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Input => 100_000,
        Dialect::Manifest => 1_000_000,
    }
}

/// One list or map that is still open.
struct Frame {
    mark: Mark,
    flow: bool,
    anchor: usize,
    content: Content,
    /// Levels below this one, as far as they are known.
    height: usize,
    /// The meters at its start, to know what an alias of it costs.
    nodes: usize,
    bytes: usize,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, pending: Option<Key>, merged: merge::Merged },
}

struct Key {
    text: String,
    mark: Mark,
    /// What to do with the value: a key that was refused takes its value with it.
    kind: KeyKind,
}

#[derive(Clone, Copy, PartialEq)]
enum KeyKind {
    Plain,
    Merge,
    Refused,
}

/// A finished node that aliases may name.
struct Anchor {
    node: Node,
    nodes: usize,
    bytes: usize,
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
    /// Keys and values so far, alias expansion and the copies kept for anchors included: what bounds memory.
    nodes: usize,
    /// Bytes of text so far, likewise.
    bytes: usize,
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
            nodes: 0,
            bytes: 0,
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
                let content = Content::Mapping { entries: Vec::new(), pending: None, merged: merge::Merged::default() };
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
        if !self.is_over_budget() {
            return ControlFlow::Continue(());
        }
        let mark = self.place(span);
        let message = match self.anchors.is_empty() {
            true => "the file holds too many keys and values",
            false => "the file holds too many keys and values once its aliases are expanded",
        };
        let help = format!("at most {} are read: split the file, or use fewer aliases", most_nodes(self.dialect));
        self.error("alias-bomb", mark, message, help);
        ControlFlow::Break(())
    }

    fn is_over_budget(&self) -> bool {
        self.nodes > most_nodes(self.dialect) || self.bytes > 2 * size_limit(self.dialect)
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
        let value = self.value(text, style, tag, mark, is_key);
        self.nodes += 1;
        self.bytes += text.len();
        let node = Node { mark, value };
        if anchor != 0 {
            self.keep(anchor, &node, 1, text.len(), 0);
        }
        self.attach(node, 0);
    }

    /// What a scalar means; reports and returns something harmless where it means nothing good.
    fn value(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, mark: Mark, is_key: bool) -> Value {
        let as_text = || Value::String(text.to_owned());
        let plain = style == ScalarStyle::Plain;
        let scalar = match tag {
            None if !plain => return as_text(),
            None => {
                if self.dialect == Dialect::Input
                    && let Some(trap) = resolve::trap(text, is_key)
                {
                    self.error("yaml-1.1-trap", mark, trap.message, trap.help);
                    return as_text();
                }
                self.resolve(text)
            }
            Some(tag) => match tag.core_suffix() {
                Some("str") => return as_text(),
                Some(name @ ("null" | "bool" | "int" | "float")) => {
                    let scalar = match (name, self.resolve(text)) {
                        ("float", Scalar::Int(value)) => Scalar::Float(value as f64),
                        (_, other) => other,
                    };
                    let fits = matches!(
                        (name, scalar),
                        ("null", Scalar::Null)
                            | ("bool", Scalar::Bool(_))
                            | ("int", Scalar::Int(_))
                            | ("float", Scalar::Float(_))
                    );
                    if !fits {
                        self.error(
                            "unsupported-tag",
                            mark,
                            format!("this value is no `!!{name}`"),
                            "correct the value or delete the tag",
                        );
                        return as_text();
                    }
                    scalar
                }
                _ => {
                    self.foreign_tag(tag, mark);
                    return as_text();
                }
            },
        };
        match scalar {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Int(value) => {
                match i64::try_from(value).map(Into::into).or_else(|_| u64::try_from(value).map(Into::into)) {
                    Ok(number) => Value::Number(number),
                    Err(_) => as_text(),
                }
            }
            Scalar::Float(value) => match serde_json::Number::from_f64(value) {
                Some(number) => Value::Number(number),
                None if is_key => as_text(),
                None => {
                    let message = "infinity and not-a-number have no place in JSON, and so in no manifest";
                    self.error("non-finite-number", mark, message, "write a number, or put the text in double quotes");
                    Value::Null
                }
            },
            Scalar::Text | Scalar::Other => as_text(),
        }
    }

    fn resolve(&self, text: &str) -> Scalar {
        match self.dialect {
            Dialect::Input => resolve::core(text),
            Dialect::Manifest => resolve::go(text),
        }
    }

    /// Inputs know the core tags only; go-yaml takes a tagged scalar for text and ignores the tag of a list or map, except
    /// that it decodes `!!binary`.
    fn foreign_tag(&mut self, tag: &Tag, mark: Mark) {
        let binary = tag.suffix_in_namespace("tag:yaml.org,2002:").is_some_and(|name| name == "binary");
        if self.dialect == Dialect::Input || binary {
            let message = format!("the tag `{}{}` is not supported", tag.original_handle(), tag.suffix());
            self.error("unsupported-tag", mark, message, "delete the tag, and quote the value if it is a text");
        }
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
            if matches!(content, Content::Sequence(_)) {
                mark = marks::first_dash(self.text, mark, self.last_end);
            }
            if marks::is_indented_by_tab(self.text, mark) {
                self.error("yaml-syntax", mark, "a tab stands where YAML wants spaces", "replace it with spaces");
            }
        }
        if let Some(tag) = tag.filter(|tag| !matches!(tag.core_suffix(), Some("map" | "seq"))) {
            self.foreign_tag(tag, mark);
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
        self.stack.push(Frame { mark, flow, anchor, content, height: 0, nodes: self.nodes, bytes: self.bytes });
        self.nodes += 1;
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
                Value::Mapping(merge::finish(entries, &merged, name, &mut self.findings))
            }
        };
        let node = Node { mark, value };
        if frame.anchor != 0 {
            self.keep(frame.anchor, &node, self.nodes - frame.nodes, self.bytes - frame.bytes, frame.height + 1);
        }
        self.attach(node, frame.height + 1);
    }

    fn keep(&mut self, id: usize, node: &Node, nodes: usize, bytes: usize, height: usize) {
        self.nodes += nodes;
        self.bytes += bytes;
        if self.is_over_budget() {
            return;
        }
        self.anchors.insert(id, Anchor { node: node.clone(), nodes, bytes, height });
    }

    fn alias(&mut self, id: usize, span: &Span) {
        let place = self.place(span);
        self.last_end = place.end as usize;
        let Some(anchor) = self.anchors.get(&id) else {
            self.error("undefined-alias", place, "this alias names the value it stands in", "repeat the value instead");
            return self.attach(Node { mark: place, value: Value::Null }, 0);
        };
        self.nodes += anchor.nodes;
        self.bytes += anchor.bytes;
        let height = anchor.height;
        if self.is_over_budget() {
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
                    if let Err(finding) = merged.take(entries, node, mark, self.source.name) {
                        self.findings.push(finding);
                    }
                }
                Some(Key { text, mark, .. }) => entries.push(Entry { key: text, key_mark: mark, node }),
                None => {
                    let key = key(node, self.dialect);
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

/// The key that a node is. `sigs.k8s.io/yaml` turns numbers and booleans into text; null, lists and maps are refused.
fn key(node: Node, dialect: Dialect) -> Key {
    let mark = node.mark;
    let text = match node.value {
        Value::String(text) => Some(text),
        Value::Bool(value) if dialect == Dialect::Manifest => Some(value.to_string()),
        Value::Number(number) if dialect == Dialect::Manifest => Some(resolve::number_key(&number)),
        _ => None,
    };
    let kind = if text.is_some() { KeyKind::Plain } else { KeyKind::Refused };
    Key { text: text.unwrap_or_default(), mark, kind }
}
