//! Values against a chart's rows: every mistake at once.

mod kind;

use serde_json::Value as Json;

use super::{Chart, Facet, Kind, Setting, Shape, index::Node, suggest::is_slip};
use crate::{
    api::{Extent, MANY, Mistake, Place, Step, Versions, Walk, did_you_mean, some_keys},
    schema::closest,
};

impl Chart {
    /// Every mistake in `values`, in their order. `null` is one at [`Chart::needed`] only: Helm drops the default for it. Parts of
    /// objects are judged by the types of `versions`.
    #[must_use]
    pub fn mistakes(&self, values: &Json, versions: Versions) -> Vec<Mistake> {
        let mut check = Check { chart: self, versions, walk: Walk::default() };
        check.group(&self.tree().root, None, values);
        check.walk.found
    }
}

struct Check<'v> {
    chart: &'v Chart,
    versions: Versions,
    walk: Walk<'v>,
}

impl<'v> Check<'v> {
    fn at(&mut self, step: Step<'v>, look: impl FnOnce(&mut Self)) {
        self.walk.pointer.push(step);
        look(self);
        self.walk.pointer.pop();
    }

    /// A group of settings. `beside` is what it takes beside them, where an object of Kubernetes becomes of it.
    fn group(&mut self, node: &Node, beside: Option<Place>, values: &'v Json) {
        let map = match values {
            Json::Null => return self.without(),
            Json::Object(map) => map,
            _ => {
                let help = some_keys(&node.keys());
                return self.walk.wrong_type(values, "a map", help);
            }
        };
        let beside = node.row.and_then(|(_, setting)| own_part(setting, self.versions)).or(beside);
        for (key, value) in map {
            let further = || beside.and_then(|place| place.below(key));
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
                    Some(place) => self.at(Step::Key(key), |check| check.place(place, Extent::Whole, value)),
                    None if takes_any(node, beside) || self.is_dependency(key) => {}
                    None => self.at(Step::Key(key), |check| check.unknown(node, beside, value)),
                },
            }
        }
        if let Some(place) = beside {
            self.walk = place.check_alone(std::mem::take(&mut self.walk), map);
        }
    }

    /// A part of an object.
    fn part(&mut self, shape: Shape, value: &'v Json) {
        // What the chart itself writes of a pod is not in its values.
        let extent = if shape == Shape::PodSpec { Extent::Partial } else { Extent::Whole };
        if let Some(place) = part(shape, self.versions) {
            self.place(place, extent, value);
        }
    }

    fn place(&mut self, place: Place, extent: Extent, value: &'v Json) {
        self.walk = place.check(std::mem::take(&mut self.walk), extent, value);
    }

    /// A group without its defaults.
    fn without(&mut self) {
        let path = self.walk.path();
        if self.chart.needed.contains(&path.as_str()) {
            let message = format!("`{path}` cannot be null: the chart's templates fail without it");
            self.walk.push(true, message, "delete this line, or set what stands in it".to_owned());
        }
    }

    /// What stands below the name of a chart that this one depends on is that chart's.
    fn is_dependency(&self, key: &str) -> bool {
        self.walk.pointer.is_empty() && self.chart.dependencies.iter().any(|(name, _)| *name == key)
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
        let before = self.walk.found.len();
        self.kind(kind, value);
        for mistake in &mut self.walk.found[before..] {
            if value.is_number() || value.is_boolean() {
                "quote it".clone_into(&mut mistake.help);
            }
        }
    }

    fn unknown(&mut self, node: &Node, beside: Option<Place>, value: &'v Json) {
        let path = self.walk.path();
        let keys = self.walk.keys();
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
        let fields = beside.map_or_else(Vec::new, Place::keys);
        let nearest =
            |keys: &[&str], value| self.chart.nearest(keys, value).filter(|_| self.walk.found.len() < MOST_OFFERED);
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
            did_you_mean(&self.walk.path_beside(name))
        } else if let Some(path) = whole.or(meant) {
            did_you_mean(&path.join("."))
        } else {
            self.which(&known)
        };
        let why = if fields.is_empty() { "the chart ignores it" } else { "neither the chart nor Kubernetes knows it" };
        self.walk.push(true, format!("unknown value `{path}`: {why}"), help);
    }

    /// What a group takes, or where to read it.
    fn which(&self, known: &[&str]) -> String {
        if known.len() <= MANY {
            return some_keys(known);
        }
        let group: Vec<&str> = self.walk.keys().split_last().map(|(_, above)| above.to_vec()).unwrap_or_default();
        format!("`gen values {}` lists what there is", [self.chart.name, &group.join(".")].join(" ").trim_end())
    }
}

/// A file with more mistakes than this is not for this chart, and looking for what was meant takes time.
const MOST_OFFERED: usize = 200;
/// Deeper values are no settings.
const DEEPEST: usize = 16;

/// What a group takes beside its settings.
pub(super) fn own_part(setting: &'static Setting, versions: Versions) -> Option<Place> {
    match setting.kind {
        Kind::Shape(shape) => part(shape, versions),
        _ => None,
    }
}

/// The part of an object that a value becomes.
pub(super) fn part(shape: Shape, versions: Versions) -> Option<Place> {
    Place::part(&format!("{shape:?}"), versions)
}

fn takes_any(node: &Node, beside: Option<Place>) -> bool {
    let row = node.row.map(|(_, setting)| setting.kind);
    matches!(row, Some(Kind::Any | Kind::Map(_))) || beside.is_some_and(Place::is_open)
}
