//! Releases of pinned charts: the values that belong together, wherever they stand.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::{At, Spot};
use crate::{
    chart::{self, Chart, Kind, Set, Shape},
    manifest::{Bundle, Object},
};

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
    /// The release itself, or the file of loose values.
    pub at: At<'a>,
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
}

impl<'a> Layer<'a> {
    /// The place of a pointer into the values.
    #[must_use]
    pub fn at(&self, pointer: &[String], on_key: bool) -> At<'a> {
        At { object: self.object, pointer: self.prefix.iter().chain(pointer).cloned().collect(), on_key }
    }
}

impl<'a> Release<'a> {
    /// Whether the model is that of the version that the release asks for.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.version.as_deref().is_none_or(|version| version == self.chart.version)
    }

    /// Everything that its values set, each with its place.
    pub(super) fn set<'v>(&'v self) -> Vec<(Set<'v>, Spot<'a, 'v>)> {
        let mut all = Vec::new();
        for layer in &self.layers {
            for set in self.chart.set(&layer.values) {
                let at = layer.at(&set.pointer, false);
                let spot = Spot { object: at.object, pointer: at.pointer, value: set.value };
                all.push((set, spot));
            }
        }
        all
    }

    /// The layer that has the last word about the dotted `path`, and what it says; `null` says that the default holds.
    fn last(&self, path: &str) -> Option<(&Layer<'a>, &Json)> {
        let said = |layer| {
            let Layer { values, .. }: &Layer<'a> = layer;
            let value = path.split('.').try_fold(values.as_ref(), |value, key| value.get(key))?;
            Some((layer, value))
        };
        let (layer, value) = self.layers.iter().rev().find_map(said)?;
        (!value.is_null()).then_some((layer, value))
    }

    /// What the values say about the dotted `path`.
    pub(super) fn value(&self, path: &str) -> Option<&Json> {
        self.last(path).map(|(_, value)| value)
    }

    /// Where the values say something about the dotted `path`.
    pub(super) fn place(&self, path: &str) -> Option<At<'a>> {
        let pointer: Vec<String> = path.split('.').map(str::to_owned).collect();
        self.last(path).map(|(layer, _)| layer.at(&pointer, false))
    }

    /// Whether a flag of the chart is on in the end: set, or by default where these are all values.
    pub(super) fn is_on(&self, path: &str) -> bool {
        match self.value(path) {
            Some(value) => is_true(value),
            None => self.is_whole && self.chart.default(path).is_some_and(|default| is_true(&default)),
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

    /// Whole objects that the values add to the release.
    pub(super) fn extra_objects<'v>(&'v self) -> Vec<Spot<'a, 'v>> {
        let sets = self.set().into_iter().filter(|(set, _)| set.setting.kind == Kind::Shape(Shape::Objects));
        sets.flat_map(|(_, spot)| spot.items(&[])).filter(|object| !object.kind().is_empty()).collect()
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

/// The releases of a tree.
pub(super) fn releases(bundle: &Bundle) -> Vec<Release<'_>> {
    let tree = Tree { bundle };
    let bodies = super::spot::bodies(bundle);
    let helm = bodies.iter().filter(|body| body.kind() == "HelmRelease" && body.group() == "helm.toolkit.fluxcd.io");
    let mut releases: Vec<Release<'_>> = helm.filter_map(|body| tree.helm_release(body)).collect();
    let is_used = |releases: &[Release<'_>], object: &Object| {
        releases.iter().flat_map(|release| &release.layers).any(|layer| std::ptr::eq(layer.object, object))
    };
    for object in &bundle.objects {
        if is_used(&releases, object) {
            continue;
        }
        if object.kind() == "ConfigMap" {
            let keys = object.body.get("data").and_then(Json::as_object).into_iter().flatten().map(|(key, _)| key);
            let loose = keys.filter_map(|key| tree.embedded(object, key)).filter_map(|layer| tree.loose(layer));
            releases.extend(loose);
        } else if object.kind().is_empty() {
            let layer = Layer { object, prefix: Vec::new(), values: Cow::Borrowed(&object.body) };
            releases.extend(tree.loose(layer));
        }
    }
    releases
}

struct Tree<'a> {
    bundle: &'a Bundle,
}

impl<'a> Tree<'a> {
    fn helm_release(&self, body: &Spot<'a, 'a>) -> Option<Release<'a>> {
        let mut is_whole = true;
        let mut layers = Vec::new();
        for from in body.items(&["spec", "valuesFrom"]) {
            let key = from.text(&["valuesKey"]).unwrap_or("values.yaml");
            let name = from.text(&["name"]).unwrap_or_default();
            match self.values(from.kind(), body, name, key).filter(|_| from.text(&["targetPath"]).is_none()) {
                Some(layer) => layers.push(layer),
                None => is_whole = false,
            }
        }
        if let Some(inline) = body.get(&["spec", "values"]) {
            layers.push(Layer { object: body.object, prefix: inline.pointer, values: Cow::Borrowed(inline.value) });
        }
        let certain = layers.iter().find_map(|layer| self.bundle.values.get(&layer.object.file)).cloned();
        let (chart, version) = match certain {
            Some((name, version)) => (name, Some(version)),
            None => self.chart_of(body)?,
        };
        let known = version.as_deref().and_then(|version| chart::find(&chart, version));
        let chart = known.or_else(|| chart::find(&chart, chart::versions(&chart).last()?))?;
        let (namespace, name) = (body.namespace().to_owned(), body.text(&["spec", "releaseName"]).map(str::to_owned));
        Some(Release { chart, version, layers, is_whole, at: body.at(), namespace, name })
    }

    /// Name and version of the chart that a HelmRelease asks for.
    fn chart_of(&self, body: &Spot<'a, 'a>) -> Option<(String, Option<String>)> {
        let last = |path: &str| path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        if let Some(chart) = body.text(&["spec", "chart", "spec", "chart"]) {
            return Some((last(chart), body.text(&["spec", "chart", "spec", "version"]).map(str::to_owned)));
        }
        let source = body.text(&["spec", "chartRef", "name"])?;
        let is_source = |object: &&Object| object.kind() == "OCIRepository" && object.name() == source;
        let source = self.bundle.objects.iter().find(is_source)?;
        let spec = source.body.get("spec")?;
        let version = spec.pointer("/ref/tag").and_then(Json::as_str).map(str::to_owned);
        Some((last(spec.get("url").and_then(Json::as_str)?), version))
    }

    /// The values that a HelmRelease takes from a ConfigMap: one in the tree, or one that kustomize makes from a file.
    fn values(&self, kind: &str, release: &Spot<'a, 'a>, name: &str, key: &str) -> Option<Layer<'a>> {
        if kind != "ConfigMap" {
            return None;
        }
        let is_here = |object: &&Object| object.kind() == "ConfigMap" && object.name() == name;
        if let Some(object) = self.bundle.objects.iter().find(is_here) {
            return self.embedded(object, key);
        }
        self.bundle.objects.iter().filter(|object| object.kind() == "Kustomization").find_map(|object| {
            let whole = Spot { object, pointer: Vec::new(), value: &object.body };
            let generators = whole.items(&["configMapGenerator"]);
            let generator = generators.iter().find(|generator| generator.text(&["name"]) == Some(name))?;
            let is_of_release =
                object.folder() == release.object.folder() || release.object.file.starts_with(object.folder());
            let file = generator.items(&["files"]).iter().find_map(|file| {
                let text = file.value.as_str()?;
                let (as_key, path) = text.split_once('=').unwrap_or((text.rsplit('/').next().unwrap_or(text), text));
                (as_key == key && is_of_release)
                    .then(|| format!("{}{}", object.folder(), path.trim_start_matches("./")))
            })?;
            let object = self.bundle.objects.iter().find(|object| object.file == file)?;
            Some(Layer { object, prefix: Vec::new(), values: Cow::Borrowed(&object.body) })
        })
    }

    fn embedded(&self, object: &'a Object, key: &str) -> Option<Layer<'a>> {
        let values = object.embedded(&["data", key])?;
        Some(Layer { object, prefix: vec!["data".to_owned(), key.to_owned()], values: Cow::Owned(values) })
    }

    fn loose(&self, layer: Layer<'a>) -> Option<Release<'a>> {
        let chart = chart::recognise(&layer.values)?;
        let at = layer.at(&[], false);
        let layers = vec![layer];
        Some(Release { chart, version: None, layers, is_whole: false, at, namespace: String::new(), name: None })
    }
}
