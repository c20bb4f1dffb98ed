//! The check of a positioned tree: every mistake at once, each at its own line.

use super::{
    Additional, Shape, Type, closest,
    words::{LONGEST_NAME, example, key_of, said, shorten, way_out},
};
use crate::{
    diagnostic::Finding,
    path::{item, join},
    scalar,
    yaml::{Entry, Mark, Node, Value},
};

/// The rule of a key that is required and not there.
pub const MISSING_KEY: &str = "missing-key";

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
    /// The file that a missing key belongs into.
    pub home: &'a str,
}

impl Shape {
    /// Checks `node` against this shape; `path` is the dotted path that leads to it.
    #[must_use]
    pub fn check(&self, node: &Node, path: &str, checked: &Checked<'_>) -> Vec<Finding> {
        let mut walk = Walk { checked, findings: Vec::new() };
        walk.node(self, node, node.mark, path);
        walk.findings
    }
}

struct Walk<'a> {
    checked: &'a Checked<'a>,
    findings: Vec<Finding>,
}

impl Walk<'_> {
    /// `place` is where a map is named: its key, which is a better place than the first line below it.
    fn node(&mut self, shape: &Shape, node: &Node, place: Mark, path: &str) {
        if shape.verbatim && matches!(node.value, Value::Mapping(_) | Value::Null) {
            return;
        }
        match &node.value {
            Value::Null => self.null(shape, node, path),
            Value::Mapping(entries) if shape.takes(Type::Object) => self.mapping(shape, entries, place, path),
            Value::Sequence(items) if shape.takes(Type::Array) => {
                if let Some(below) = &shape.items {
                    for (index, element) in items.iter().enumerate() {
                        self.node(below, element, element.mark, &item(path, index));
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
        if self.checked.mode == Mode::Layer && node.mark.length == 0 {
            let location = node.mark.location(&(self.checked.file)(node.mark));
            let message = format!("`{}` has no value, so what the layers below say about it is dropped", key_of(path));
            let help = "write `null` if that is meant, else give it a value or delete the line";
            self.findings.push(Finding::warning("empty-value", location, message).help(help).at(path));
        }
    }

    fn mapping(&mut self, shape: &Shape, entries: &[Entry], place: Mark, path: &str) {
        let mut meant = Vec::new();
        for entry in entries {
            let below = join(path, &entry.key);
            if let Some(format) = shape.key_format.as_deref()
                && let Some(Err(reason)) = scalar::check(format, &entry.key)
            {
                let message = said(&format!("the name `{}`", shorten(&entry.key)), &reason);
                self.push("bad-name", entry.key_mark, &below, message, way_out(format, &entry.key, &reason));
            }
            match shape.below(&entry.key) {
                Some(known) => self.node(known, &entry.node, entry.key_mark, &below),
                None if matches!(shape.additional, Additional::Refused) => {
                    meant.extend(self.unknown_key(shape, entry, &below));
                }
                None => {}
            }
        }
        if self.checked.mode == Mode::Whole {
            let is_there =
                |key: &str| entries.iter().any(|entry| entry.key == key) || meant.iter().any(|name| name == key);
            for key in shape.required.iter().filter(|key| !is_there(key)) {
                self.missing_key(key, place, path);
            }
        }
    }

    fn missing_key(&mut self, key: &str, place: Mark, path: &str) {
        let home = self.checked.home;
        let (what, help) = match path {
            "" => (format!("{home} needs `{key}`"), format!("add `{key}:`")),
            _ if (self.checked.file)(place) == home => (format!("`{path}` needs `{key}`"), format!("add `{key}:`")),
            _ => (format!("`{path}` needs `{key}`"), format!("add `{key}:` here, or to `{path}` in {home}")),
        };
        self.push(MISSING_KEY, place, path, what, help);
    }

    /// Reports the key and gives the one that was meant.
    fn unknown_key(&mut self, shape: &Shape, entry: &Entry, path: &str) -> Option<String> {
        let known: Vec<&str> = shape.properties.iter().map(|(name, _)| name.as_str()).collect();
        let meant = closest(&entry.key, known.iter().copied());
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known keys: {}", known.join(", ")),
        };
        self.push("unknown-key", entry.key_mark, path, format!("unknown key `{}`", shorten(&entry.key)), help);
        meant.map(str::to_owned)
    }

    fn scalar(&mut self, shape: &Shape, node: &Node, path: &str) {
        if let Some(long) = shape.short_form.as_ref().and_then(|key| shape.below(key)) {
            return self.scalar(long, node, path);
        }
        let text = match &node.value {
            Value::String(text) if text.contains(EXPRESSION) && self.checked.mode == Mode::Layer => return,
            Value::String(text) if shape.takes(Type::String) => text,
            Value::Bool(_) if shape.takes(Type::Boolean) => return,
            Value::Number(number) if shape.takes_number(number) => {
                self.range(shape, number, node, path);
                return self.format(shape, &number.to_string(), node, path);
            }
            Value::Number(_) if shape.takes(Type::String) => return self.number_for_string(shape, node, path),
            _ => return self.wrong_type(shape, node, path),
        };
        if !shape.allowed.is_empty() && !shape.allowed.contains(text) {
            let help = match closest(text, shape.allowed.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("allowed: {}", shape.allowed.join(", ")),
            };
            let message = format!("`{}` cannot be `{}`", key_of(path), shorten(text));
            self.push("wrong-value", node.mark, path, message, help);
        }
        self.format(shape, text, node, path);
    }

    fn format(&mut self, shape: &Shape, text: &str, node: &Node, path: &str) {
        if let Some(format) = shape.format.as_deref()
            && let Some(Err(reason)) = scalar::check(format, text)
        {
            let message = said(&format!("`{}`", key_of(path)), &reason);
            self.push("wrong-value", node.mark, path, message, way_out(format, text, &reason));
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
                format!("`{}` cannot be {number}", key_of(path)),
                format!("write a number {bounds}"),
            );
        }
    }

    fn number_for_string(&mut self, shape: &Shape, node: &Node, path: &str) {
        let text = (self.checked.text)(node.mark);
        if text.contains(EXPRESSION) {
            let message = format!("the expression gives a number, and `{}` should be a string", key_of(path));
            return self.push("wrong-type", node.mark, path, message, "end it with `| string }}`".to_owned());
        }
        if shape.format.as_deref().is_some_and(|format| matches!(scalar::check(format, &text), Some(Err(_)))) {
            return self.format(shape, &text, node, path);
        }
        self.push(
            "wrong-type",
            node.mark,
            path,
            format!("`{text}` reads as a number here, and its exact spelling would be lost"),
            format!("quote it: \"{text}\""),
        );
    }

    fn wrong_type(&mut self, shape: &Shape, node: &Node, path: &str) {
        let long = shape.short_form.as_ref().and_then(|key| shape.below(key)).map_or(&[][..], |long| &long.types);
        let wanted: Vec<Type> = long.iter().chain(&shape.types).copied().filter(|kind| *kind != Type::Null).collect();
        let words: Vec<&str> = wanted.iter().map(|kind| kind.words()).collect();
        let text = (self.checked.text)(node.mark);
        let unquoted = node.as_str().map(|_| text.trim_matches(['"', '\'']));
        let help = match unquoted {
            _ if text.contains(EXPRESSION) => String::new(),
            Some("true" | "false") if wanted.contains(&Type::Boolean) => "leave the quotes out".to_owned(),
            Some(plain) if wanted.contains(&Type::Integer) && plain.parse::<u32>().is_ok() => {
                "leave the quotes out".to_owned()
            }
            Some(plain) if wanted == [Type::Array] && plain.len() <= LONGEST_NAME => format!("write [{plain}]"),
            _ if matches!(node.value, Value::Bool(_)) && wanted.contains(&Type::String) => {
                format!("quote it: \"{text}\"")
            }
            _ => example(shape, &wanted),
        };
        let message = format!("`{}` is {}, and should be {}", key_of(path), node.kind_name(), words.join(" or "));
        self.push("wrong-type", node.mark, path, message, help);
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

/// What opens an expression, which has no type before it is evaluated.
const EXPRESSION: &str = "${{";
