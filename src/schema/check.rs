//! The check of a positioned tree: every mistake at once, each at its own line.

use super::{Additional, Shape, Type, closest};
use crate::{
    diagnostic::Finding,
    path::{item, join},
    scalar,
    yaml::{Entry, Mark, Node, Value},
};

/// How complete the tree has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One layer of several: nothing is required, `null` removes what a lower layer says.
    Layer,
    /// The merged whole.
    Whole,
}

/// What the check needs to know about the text behind the tree.
pub struct Checked<'a> {
    /// How complete the tree has to be.
    pub mode: Mode,
    /// The file's name for a mark.
    pub file: &'a dyn Fn(Mark) -> String,
    /// The exact text of a scalar.
    pub text: &'a dyn Fn(Mark) -> String,
}

impl Shape {
    /// Checks `node` against this shape; `path` is the dotted path that leads to it.
    #[must_use]
    pub fn check(&self, node: &Node, path: &str, checked: &Checked<'_>) -> Vec<Finding> {
        let mut walk = Walk { checked, findings: Vec::new() };
        walk.node(self, node, path);
        walk.findings
    }
}

struct Walk<'a> {
    checked: &'a Checked<'a>,
    findings: Vec<Finding>,
}

impl Walk<'_> {
    fn node(&mut self, shape: &Shape, node: &Node, path: &str) {
        if shape.verbatim && matches!(node.value, Value::Mapping(_) | Value::Null) {
            return;
        }
        match &node.value {
            Value::Null => self.null(shape, node, path),
            Value::Mapping(entries) if shape.takes(Type::Object) => self.mapping(shape, entries, node.mark, path),
            Value::Sequence(items) if shape.takes(Type::Array) => {
                if let Some(below) = &shape.items {
                    for (index, element) in items.iter().enumerate() {
                        self.node(below, element, &item(path, index));
                    }
                }
            }
            Value::Mapping(_) | Value::Sequence(_) => self.wrong_type(shape, node, path),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => self.scalar(shape, node, path),
        }
    }

    fn null(&mut self, shape: &Shape, node: &Node, path: &str) {
        if self.checked.mode == Mode::Whole && !shape.takes(Type::Null) {
            self.wrong_type(shape, node, path);
        }
    }

    fn mapping(&mut self, shape: &Shape, entries: &[Entry], mark: Mark, path: &str) {
        for entry in entries {
            let below = join(path, &entry.key);
            if let Some(Err(reason)) = shape.key_format.as_deref().and_then(|format| scalar::check(format, &entry.key))
            {
                self.push(
                    "bad-name",
                    entry.key_mark,
                    &below,
                    format!("the name `{}` {reason}", entry.key),
                    String::new(),
                );
            }
            match shape.below(&entry.key) {
                Some(known) => self.node(known, &entry.node, &below),
                None if matches!(shape.additional, Additional::Refused) => self.unknown_key(shape, entry, &below),
                None => {}
            }
        }
        if self.checked.mode == Mode::Whole {
            for key in &shape.required {
                if !entries.iter().any(|entry| entry.key == *key) {
                    let place = if path.is_empty() { "this environment".to_owned() } else { format!("`{path}`") };
                    self.push("missing-key", mark, path, format!("{place} needs `{key}`"), format!("add `{key}:`"));
                }
            }
        }
    }

    fn unknown_key(&mut self, shape: &Shape, entry: &Entry, path: &str) {
        let known: Vec<&str> = shape.properties.iter().map(|(name, _)| name.as_str()).collect();
        let help = match closest(&entry.key, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known keys: {}", known.join(", ")),
        };
        self.push("unknown-key", entry.key_mark, path, format!("unknown key `{}`", entry.key), help);
    }

    fn scalar(&mut self, shape: &Shape, node: &Node, path: &str) {
        if let Some(long) = shape.short_form.as_ref().and_then(|key| shape.below(key)) {
            return self.scalar(long, node, path);
        }
        let text = match &node.value {
            Value::String(text) if text.contains("${{") && self.checked.mode == Mode::Layer => return,
            Value::String(text) if shape.takes(Type::String) => text,
            Value::Bool(_) if shape.takes(Type::Boolean) => return,
            Value::Number(number) if shape.takes_number(number) => {
                self.range(shape, number, node, path);
                return self.format(shape, &number.to_string(), node, path);
            }
            Value::Number(_) if shape.takes(Type::String) => return self.number_for_string(node, path),
            _ => return self.wrong_type(shape, node, path),
        };
        if !shape.allowed.is_empty() && !shape.allowed.contains(text) {
            let help = match closest(text, shape.allowed.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("allowed: {}", shape.allowed.join(", ")),
            };
            self.push("wrong-value", node.mark, path, format!("`{text}` is not one of the allowed values"), help);
        }
        self.format(shape, text, node, path);
    }

    fn format(&mut self, shape: &Shape, text: &str, node: &Node, path: &str) {
        if let Some(Err(reason)) = shape.format.as_deref().and_then(|format| scalar::check(format, text)) {
            let key = path.rsplit('.').next().unwrap_or(path);
            self.push("wrong-value", node.mark, path, format!("`{key}` {reason}"), String::new());
        }
    }

    fn range(&mut self, shape: &Shape, number: &serde_json::Number, node: &Node, path: &str) {
        let value = number.as_f64().unwrap_or(f64::NAN);
        let (low, high) = (shape.minimum.unwrap_or(f64::MIN), shape.maximum.unwrap_or(f64::MAX));
        if !(low..=high).contains(&value) {
            let bounds = match (shape.minimum, shape.maximum) {
                (Some(low), Some(high)) => format!("between {low} and {high}"),
                (Some(low), None) => format!("at least {low}"),
                (_, high) => format!("at most {}", high.unwrap_or(f64::MAX)),
            };
            self.push(
                "wrong-value",
                node.mark,
                path,
                format!("{number} is out of range"),
                format!("write a number {bounds}"),
            );
        }
    }

    fn number_for_string(&mut self, node: &Node, path: &str) {
        let text = (self.checked.text)(node.mark);
        self.push(
            "wrong-type",
            node.mark,
            path,
            format!("`{text}` reads as a number here, and its exact spelling would be lost"),
            format!("quote it: \"{text}\""),
        );
    }

    fn wrong_type(&mut self, shape: &Shape, node: &Node, path: &str) {
        let wanted: Vec<&str> = match shape.short_form.as_ref().and_then(|key| shape.below(key)) {
            Some(long) => long.types.iter().chain(&shape.types).map(|kind| kind.words()).collect(),
            None => shape.types.iter().filter(|kind| **kind != Type::Null).map(|kind| kind.words()).collect(),
        };
        let key = path.rsplit('.').next().unwrap_or(path);
        self.push(
            "wrong-type",
            node.mark,
            path,
            format!("`{key}` is {}, and should be {}", node.kind_name(), wanted.join(" or ")),
            String::new(),
        );
    }

    fn push(&mut self, rule: &'static str, mark: Mark, path: &str, message: String, help: String) {
        let location = mark.location(&(self.checked.file)(mark));
        self.findings.push(Finding::error(rule, location, message).help(help).at(path));
    }
}

impl Shape {
    fn takes(&self, kind: Type) -> bool {
        self.types.is_empty() || self.types.contains(&kind)
    }

    fn takes_number(&self, number: &serde_json::Number) -> bool {
        self.takes(Type::Number) || (self.takes(Type::Integer) && !number.is_f64())
    }
}
