//! Releases of pinned charts: the values that belong together, wherever they stand.

mod argo;
mod flux;
mod found;
mod index;

use std::borrow::Cow;

use serde_json::Value as Json;

use super::{At, Spot};
use crate::{
    chart::{Chart, Kind, Setting, Shape},
    manifest::{Object, field},
};

pub(super) use found::releases;

/// A release of a pinned chart, or loose values of one.
pub struct Release<'a> {
    /// The chart's model.
    pub chart: &'static Chart,
    /// The version that the release asks for, where it names one.
    pub version: Option<String>,
    /// Its values, the later ones on top.
    pub layers: Vec<Layer<'a>>,
    /// Whether these are all values that it has: what they do not set is the chart's default.
    pub is_whole: bool,
    /// The name of the release itself, or the file of loose values.
    pub at: At<'a>,
    /// The keys that lead to the release in its object: a list may hold several.
    body: Vec<String>,
    /// Its namespace; empty where it names none.
    pub namespace: String,
    /// Helm's name of the release, where it is known.
    pub name: Option<String>,
}

/// Values that stand in one place.
pub struct Layer<'a> {
    /// The object that holds them.
    pub object: &'a Object,
    /// The keys that lead to them.
    pub prefix: Vec<String>,
    /// The values.
    pub values: Cow<'a, Json>,
    /// Whether they all stand at the end of `prefix`, as a dotted name and a value do.
    is_one_place: bool,
}

impl<'a> Layer<'a> {
    /// Values below the end of `prefix`.
    fn inside(object: &'a Object, prefix: Vec<String>, values: Cow<'a, Json>) -> Layer<'a> {
        Layer { object, prefix, values, is_one_place: false }
    }

    /// Values that have a document to themselves.
    fn of_file(object: &'a Object) -> Layer<'a> {
        Layer::inside(object, Vec::new(), Cow::Borrowed(&object.body))
    }

    /// Values that are spelled in one text.
    fn at_one_place(object: &'a Object, prefix: Vec<String>, values: Cow<'a, Json>) -> Layer<'a> {
        Layer { is_one_place: true, ..Layer::inside(object, prefix, values) }
    }

    /// The place of a pointer into the values.
    #[must_use]
    pub fn at(&self, pointer: &[String], on_key: bool) -> At<'a> {
        let below = if self.is_one_place { &[] } else { pointer };
        At { object: self.object, pointer: self.prefix.iter().chain(below).cloned().collect(), on_key }
    }
}

impl<'a> Release<'a> {
    /// Whether the model is that of the version that the release asks for.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.version.as_deref().is_none_or(|version| version == self.chart.version)
    }

    /// Whether it is what `body` asks for.
    pub(super) fn is_made_by(&self, body: &Spot<'_, '_>) -> bool {
        std::ptr::eq(self.at.object, body.object) && body.pointer() == self.body
    }

    /// Whether these are values without a release that takes them.
    pub(super) fn is_loose(&self) -> bool {
        self.name.is_none()
    }

    /// Whether what nothing sets is the default of the model: all values are known, and the model is that of this version.
    pub(super) fn has_defaults(&self) -> bool {
        self.is_whole && self.is_known()
    }

    /// The layer that has the last word about what stands at the end of `keys`, and what it says; `null` drops the default.
    pub(super) fn last<'k>(&self, keys: impl Iterator<Item = &'k str> + Clone) -> Option<(&Layer<'a>, &Json)> {
        let said = |layer| {
            let Layer { values, .. }: &Layer<'a> = layer;
            let value =
                keys.clone().try_fold(values.as_ref(), |value, key| field(value, key).map(|(_, below)| below))?;
            Some((layer, value))
        };
        self.layers.iter().rev().find_map(said)
    }

    /// What the values say about the dotted `path`.
    pub(super) fn value(&self, path: &str) -> Option<&Json> {
        self.last(path.split('.')).map(|(_, value)| value)
    }

    /// Where the values say something about the dotted `path`.
    pub(super) fn place(&self, path: &str) -> Option<At<'a>> {
        let pointer: Vec<String> = path.split('.').map(str::to_owned).collect();
        self.last(path.split('.')).map(|(layer, _)| layer.at(&pointer, false))
    }

    /// Whether a flag of the chart is on in the end: set, or by default where these are all values.
    pub(super) fn is_on(&self, path: &str) -> bool {
        match self.value(path) {
            Some(value) => is_true(value),
            None => self.has_defaults() && self.chart.default(path).is_some_and(|default| is_true(&default)),
        }
    }

    /// The place at the end of `keys`, list indices among them, or the nearest above it, and how many keys lead there.
    pub(super) fn toward(&self, keys: &[String]) -> (At<'a>, usize) {
        let depth = |layer: &&Layer<'a>| {
            let mut value = layer.values.as_ref();
            let below = |key: &&String| {
                let below = match value {
                    Json::Array(items) => key.parse().ok().and_then(|index: usize| items.get(index)),
                    value => value.get(key.as_str()),
                };
                below.inspect(|below| value = below).is_some()
            };
            keys.iter().take_while(below).count()
        };
        match self.layers.iter().max_by_key(depth) {
            Some(layer) => {
                let depth = depth(&layer);
                (layer.at(&keys[..depth], depth < keys.len()), depth)
            }
            None => (self.at.clone(), 0),
        }
    }

    /// The place nearest to the dotted `path`, which nothing sets.
    pub(super) fn nearest(&self, path: &str) -> At<'a> {
        let pointer: Vec<String> = path.split('.').map(str::to_owned).collect();
        let depth = |layer: &&Layer<'a>| {
            let mut value = layer.values.as_ref();
            pointer.iter().take_while(|key| value.get(key).inspect(|below| value = below).is_some()).count()
        };
        match self.layers.iter().max_by_key(depth) {
            Some(layer) => layer.at(&pointer[..depth(&layer)], true),
            None => self.at.clone(),
        }
    }
}

/// A release with everything that its values set.
pub(super) struct Valued<'a, 'v> {
    pub(super) release: &'v Release<'a>,
    pub(super) set: Vec<Assigned<'a, 'v>>,
}

/// A setting of a chart and what some values say about it.
pub(super) struct Assigned<'a, 'v> {
    pub(super) setting: &'static Setting,
    pub(super) spot: Spot<'a, 'v>,
}

impl<'a, 'v> Valued<'a, 'v> {
    pub(super) fn of(release: &'v Release<'a>) -> Valued<'a, 'v> {
        let assigned = |layer: &'v Layer<'a>| {
            let top = Spot::at_keys(layer.object, &layer.prefix, &layer.values);
            let all = release.chart.set(&layer.values).into_iter();
            let spot = move |path, value| match layer.is_one_place {
                true => top.with(value),
                false => top.setting(path, value),
            };
            all.map(move |set| Assigned { setting: set.setting, spot: spot(set.setting.path, set.value) })
        };
        Valued { release, set: release.layers.iter().flat_map(assigned).collect() }
    }

    /// Whole objects that the values add to the release.
    pub(super) fn extra_objects(&self) -> Vec<Spot<'a, 'v>> {
        let lists = self.set.iter().filter(|assigned| assigned.setting.kind == Kind::Shape(Shape::Objects));
        lists.flat_map(|list| list.spot.items(&[])).filter(|object| !object.kind().is_empty()).collect()
    }
}

/// Whether Helm's templates take a value for true.
pub(super) fn is_true(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(flag) => *flag,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(map) => !map.is_empty(),
    }
}
