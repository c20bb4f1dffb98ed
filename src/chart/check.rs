//! Values against a chart's rows: every mistake at once.

mod form;
mod words;

use serde_json::{Map, Value as Json};

use super::{
    Chart, Facet, Kind, Setting,
    index::Node,
    shape::{Fields, Form},
    suggest::is_slip,
};
pub(super) use form::{HUGE_PAGES, RESOURCE_NAMES};

use crate::schema::closest;

/// Something in the values that the chart ignores or cannot take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands: keys, and list indices as their digits.
    pub pointer: Vec<String>,
    /// Whether the key is wrong and not its value.
    pub on_key: bool,
    /// What is wrong. It never holds a text that could be a secret.
    pub message: String,
    /// How to put it right; may be empty.
    pub help: String,
}

impl Chart {
    /// Every mistake in `values`, in their order. `null` is one at [`Chart::needed`] only: Helm drops the default for it.
    #[must_use]
    pub fn mistakes(&self, values: &Json) -> Vec<Mistake> {
        let mut check = Check { chart: self, pointer: Vec::new(), found: Vec::new() };
        check.group(&self.tree().root, None, values);
        check.found
    }
}

/// A step of the way to a value.
#[derive(Clone, Copy)]
enum Step<'v> {
    Key(&'v str),
    Item(usize),
}

struct Check<'v> {
    chart: &'v Chart,
    pointer: Vec<Step<'v>>,
    found: Vec<Mistake>,
}

impl<'v> Check<'v> {
    fn at(&mut self, step: Step<'v>, look: impl FnOnce(&mut Self)) {
        self.pointer.push(step);
        look(self);
        self.pointer.pop();
    }

    /// A group of settings. `beside` is what it takes beside them, where an object of Kubernetes becomes of it.
    fn group(&mut self, node: &Node, beside: Option<&'static Form>, values: &'v Json) {
        let map = match values {
            Json::Null => return self.without(),
            Json::Object(map) => map,
            _ => {
                let help = words::some_keys(&node.keys());
                return self.wrong_type(values, "a map", help);
            }
        };
        let beside = node.row.and_then(|(_, setting)| own_form(setting)).or(beside);
        for (key, value) in map {
            let further = || beside.and_then(|form| below(form, key));
            match node.child(key) {
                Some(child) if child.is_group() => {
                    self.at(Step::Key(key), |check| check.group(child, further(), value));
                }
                Some(child) => {
                    if let Some((_, setting)) = child.row {
                        self.at(Step::Key(key), |check| check.setting(setting, value));
                    }
                }
                None => match further() {
                    Some(form) => self.at(Step::Key(key), |check| check.form(form, value)),
                    None if takes_any(node, beside) || self.is_dependency(key) => {}
                    None => self.at(Step::Key(key), |check| check.unknown(node, beside, value)),
                },
            }
        }
        if let Some(Form::Map(fields)) = beside {
            self.alone(fields, map);
        }
    }

    /// A group without its defaults.
    fn without(&mut self) {
        let path = self.path();
        if self.chart.needed.contains(&path.as_str()) {
            let message = format!("`{path}` cannot be null: the chart's templates fail without it");
            self.push(true, message, "delete this line, or set what stands in it".to_owned());
        }
    }

    /// What stands below the name of a chart that this one depends on is that chart's.
    fn is_dependency(&self, key: &str) -> bool {
        self.pointer.is_empty() && self.chart.dependencies.iter().any(|(name, _)| *name == key)
    }

    fn setting(&mut self, setting: &'static Setting, value: &'v Json) {
        match (setting.kind, value) {
            // The chart passes these through its template function, which takes a text for the whole.
            (Kind::List(_) | Kind::Map(_) | Kind::Shape(_), Json::String(text)) if text.contains('\n') => {}
            (Kind::Shape(_), Json::Object(map)) if map.is_empty() && setting.default == "{}" => {}
            (Kind::Quantity | Kind::OneOf(_), Json::String(text)) if text.is_empty() && setting.default == "\"\"" => {}
            (kind, _) if setting.facet == Facet::Credential => self.credential(kind, value),
            (kind, _) => self.kind(kind, value),
        }
    }

    /// A value that must not be shown.
    fn credential(&mut self, kind: Kind, value: &'v Json) {
        let before = self.found.len();
        self.kind(kind, value);
        for mistake in &mut self.found[before..] {
            if value.is_number() || value.is_boolean() {
                "quote it".clone_into(&mut mistake.help);
            }
        }
    }

    fn unknown(&mut self, node: &Node, beside: Option<&'static Form>, value: &'v Json) {
        let path = self.path();
        let keys = self.keys();
        // One map in the other: what was meant is the innermost.
        let mut deep = keys.clone();
        let mut inner = value;
        while let Json::Object(map) = inner
            && let (1, Some((key, below))) = (map.len(), map.iter().next())
            && deep.len() < DEEPEST
        {
            deep.push(key);
            inner = below;
        }
        let written = keys.last().copied().unwrap_or_default();
        let fields: Vec<&'static str> = match beside {
            Some(Form::Map(fields)) => fields.keys.iter().map(|(name, _)| *name).collect(),
            _ => Vec::new(),
        };
        let nearest =
            |keys: &[&str], value| self.chart.nearest(keys, value).filter(|_| self.found.len() < MOST_OFFERED);
        let whole = nearest(&deep, inner).filter(|_| deep.len() > keys.len());
        let meant = nearest(&keys, value);
        let mut known = node.keys();
        let further: Vec<&str> = fields.iter().copied().filter(|name| !known.contains(name)).collect();
        known.extend(further);
        let sibling = |path: &&[&str]| path.len() == keys.len() && path[..path.len() - 1] == keys[..keys.len() - 1];
        let slip = |path: &&[&str]| sibling(path) && path.last().is_some_and(|name| is_slip(written, name));
        let help = if written.contains('.') && self.chart.node(&keys.join(".")).is_some() {
            format!("Helm does not split keys at dots: write each part of `{}` on its own level", keys.join("."))
        } else if let Some(path) = meant.filter(slip) {
            did_you_mean(&path.join("."))
        } else if let Some(name) = closest(written, fields.iter().copied()) {
            did_you_mean(&self.path_beside(name))
        } else if let Some(path) = whole.or(meant) {
            did_you_mean(&path.join("."))
        } else {
            self.which(&known)
        };
        let why = if fields.is_empty() { "the chart ignores it" } else { "neither the chart nor Kubernetes knows it" };
        self.push(true, format!("unknown value `{path}`: {why}"), help);
    }

    /// What a group takes, or where to read it.
    fn which(&self, known: &[&str]) -> String {
        if known.len() <= words::MANY {
            return words::some_keys(known);
        }
        let group: Vec<&str> = self.keys().split_last().map(|(_, above)| above.to_vec()).unwrap_or_default();
        format!("`gen values {}` lists what there is", [self.chart.name, &group.join(".")].join(" ").trim_end())
    }

    /// Keys of which there can be one only.
    fn alone(&mut self, fields: &'static Fields, map: &'v Map<String, Json>) {
        let mut there = map.iter().filter(|(key, value)| fields.alone.contains(&key.as_str()) && !value.is_null());
        if let (Some((first, _)), Some((second, _))) = (there.next(), there.next()) {
            let message = format!("`{}` cannot have both `{first}` and `{second}`", self.path());
            self.at(Step::Key(second), |check| check.push(true, message, "keep one of them".to_owned()));
        }
    }
}

/// A file with more mistakes than this is not for this chart, and looking for what was meant takes time.
const MOST_OFFERED: usize = 200;
/// Deeper values are no settings.
const DEEPEST: usize = 16;

fn did_you_mean(path: &str) -> String {
    format!("did you mean `{path}`?")
}

/// What a group takes beside its settings.
pub(super) fn own_form(setting: &'static Setting) -> Option<&'static Form> {
    match setting.kind {
        Kind::Shape(shape) => Some(shape.form()),
        _ => None,
    }
}

/// What a form holds at a key.
pub(super) fn below(form: &'static Form, key: &str) -> Option<&'static Form> {
    match form {
        Form::Map(fields) => fields.below(key),
        Form::Each(each) => Some(each),
        Form::Is(Kind::Shape(shape)) => below(shape.form(), key),
        _ => None,
    }
}

fn takes_any(node: &Node, beside: Option<&'static Form>) -> bool {
    let row = node.row.map(|(_, setting)| setting.kind);
    matches!(row, Some(Kind::Any | Kind::Map(_)))
        || matches!(beside, Some(Form::Is(Kind::Any) | Form::Map(Fields { open: true, .. })))
}
