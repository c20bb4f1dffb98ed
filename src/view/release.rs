//! Releases of pinned charts: the values that belong together, wherever they stand.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::{At, Spot};
use crate::{
    chart::{self, Chart, Kind, Setting, Shape},
    manifest::{Bundle, Object, field, text},
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

    /// Whether values of it stand in `object`.
    pub(super) fn takes(&self, object: &Object) -> bool {
        self.layers.iter().any(|layer| std::ptr::eq(layer.object, object))
    }

    /// Whether it is what `body` asks for.
    pub(super) fn is_made_by(&self, body: &Spot<'_, '_>) -> bool {
        std::ptr::eq(self.at.object, body.object) && body.pointer() == self.body
    }

    /// Whether what nothing sets is the default of the model: all values are known, and the model is that of this version.
    pub(super) fn has_defaults(&self) -> bool {
        self.is_whole && self.is_known()
    }

    /// The layer that has the last word about the dotted `path`, and what it says; `null` says that the default holds.
    fn last(&self, path: &str) -> Option<(&Layer<'a>, &Json)> {
        let said = |layer| {
            let Layer { values, .. }: &Layer<'a> = layer;
            let value =
                path.split('.').try_fold(values.as_ref(), |value, key| field(value, key).map(|(_, below)| below))?;
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
            None => self.has_defaults() && self.chart.default(path).is_some_and(|default| is_true(&default)),
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
            all.map(move |set| Assigned { setting: set.setting, spot: top.setting(set.setting.path, set.value) })
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

/// The releases of a tree, and values of charts that no release in it takes.
pub(super) fn releases<'a>(bundle: &'a Bundle, bodies: &[Spot<'a, 'a>]) -> Vec<Release<'a>> {
    let tree = Tree { bundle };
    let mut releases: Vec<Release<'a>> = bodies.iter().filter_map(|body| tree.release(body)).collect();
    for object in &bundle.objects {
        let is_values = matches!(object.kind(), "" | "ConfigMap");
        if is_values && !releases.iter().any(|release| release.takes(object)) {
            releases.extend(tree.loose(object));
        }
    }
    releases
}

struct Tree<'a> {
    bundle: &'a Bundle,
}

/// Name and version of a chart that is asked for.
type Asked = (String, Option<String>);

impl<'a> Tree<'a> {
    fn release(&self, body: &Spot<'a, 'a>) -> Option<Release<'a>> {
        match (body.kind(), body.group()) {
            ("HelmRelease", "helm.toolkit.fluxcd.io") => self.helm_release(body),
            ("Application", "argoproj.io") => application(body),
            _ => None,
        }
    }

    fn helm_release(&self, body: &Spot<'a, 'a>) -> Option<Release<'a>> {
        let mut is_whole = true;
        let mut layers = Vec::new();
        for from in body.items(&["spec", "valuesFrom"]) {
            let layer = from.text(&["targetPath"]).is_none().then(|| self.values(body, &from)).flatten();
            is_whole &= layer.is_some();
            layers.extend(layer);
        }
        if let Some(inline) = body.get(&["spec", "values"]) {
            layers.push(Layer { object: body.object, prefix: inline.pointer(), values: Cow::Borrowed(inline.value) });
        }
        let certain = layers.iter().find_map(|layer| self.bundle.values.get(&layer.object.file)).cloned();
        let (chart, version) = match certain {
            Some((name, version)) => (name, Some(version)),
            None => self.asked(body)?,
        };
        let chart = model(&chart, version.as_deref())?;
        let target = body.text(&["spec", "targetNamespace"]);
        // As Flux names it where it is not told.
        let default = || target.map_or(body.name().to_owned(), |namespace| format!("{namespace}-{}", body.name()));
        let name = body.text(&["spec", "releaseName"]).map_or_else(default, str::to_owned);
        let namespace = target.unwrap_or(body.namespace()).to_owned();
        Some(Release {
            chart,
            version,
            layers,
            is_whole,
            at: body.at_name(),
            body: body.pointer(),
            namespace,
            name: Some(name),
        })
    }

    /// Name and version of the chart that a HelmRelease asks for.
    fn asked(&self, body: &Spot<'a, 'a>) -> Option<Asked> {
        let source = |kind: &str, name: &str| {
            let is_source = |object: &&Object| object.kind() == kind && object.name() == name;
            self.bundle.objects.iter().find(is_source).map(|object| &object.body)
        };
        if let Some(chart) = body.text(&["spec", "chart", "spec", "chart"]) {
            let name = last(chart);
            let repository = || source("GitRepository", body.text(&["spec", "chart", "spec", "sourceRef", "name"])?);
            // bitnami/charts names its tags so.
            let tagged = || text(repository()?, &["spec", "ref", "tag"])?.strip_prefix(name)?.strip_prefix('/');
            let version = body.text(&["spec", "chart", "spec", "version"]).or_else(tagged);
            return Some((name.to_owned(), version.map(str::to_owned)));
        }
        let source = source("OCIRepository", body.text(&["spec", "chartRef", "name"])?)?;
        let version = text(source, &["spec", "ref", "tag"]).map(str::to_owned);
        Some((last(text(source, &["spec", "url"])?).to_owned(), version))
    }

    /// The values that a HelmRelease takes from a ConfigMap: one in the tree, or one that kustomize makes from a file.
    fn values(&self, release: &Spot<'a, 'a>, from: &Spot<'a, 'a>) -> Option<Layer<'a>> {
        if from.kind() != "ConfigMap" {
            return None;
        }
        let (name, key) = (from.text(&["name"])?, from.text(&["valuesKey"]).unwrap_or("values.yaml"));
        let named = |object: &&Object| object.kind() == "ConfigMap" && object.name() == name;
        let namespace = |object: &Object| object.namespace().unwrap_or_default() == release.namespace();
        let is_beside = |object: &Object| object.folder() == release.object.folder();
        let mut maps: Vec<&Object> = self.bundle.objects.iter().filter(named).collect();
        maps.sort_by_key(|object| (!namespace(object), !is_beside(object)));
        if let Some(map) = maps.first() {
            return embedded(map, key);
        }
        self.bundle.objects.iter().filter(|object| object.kind() == "Kustomization").find_map(|object| {
            let generators = Spot::whole(object).items(&["configMapGenerator"]);
            let generator = generators.iter().find(|generator| generator.text(&["name"]) == Some(name))?;
            let file = generator.items(&["files"]).iter().find_map(|file| {
                let text = file.value.as_str()?;
                let (as_key, path) = text.split_once('=').unwrap_or((last(text), text));
                (as_key == key && release.object.file.starts_with(object.folder()))
                    .then(|| format!("{}{}", object.folder(), path.trim_start_matches("./")))
            })?;
            let object = self.bundle.objects.iter().find(|object| object.file == file)?;
            Some(Layer { object, prefix: Vec::new(), values: Cow::Borrowed(&object.body) })
        })
    }

    /// Values that nothing in the tree says a chart of.
    fn loose(&self, object: &'a Object) -> Vec<Release<'a>> {
        let layers = match object.kind() {
            "" => vec![Layer { object, prefix: Vec::new(), values: Cow::Borrowed(&object.body) }],
            _ => {
                let keys = Spot::whole(object).entries(&["data"]);
                keys.into_iter().filter_map(|(key, _)| embedded(object, key)).collect()
            }
        };
        let release = |layer: Layer<'a>| {
            let chart = chart::recognise(&layer.values)?;
            let version = match self.chart_beside(object) {
                Some(beside) if text(beside, &["name"]) != Some(chart.name) => return None,
                beside => beside.and_then(|beside| text(beside, &["version"])).map(str::to_owned),
            };
            let (at, body) = (layer.at(&[], false), layer.prefix.clone());
            let layers = vec![layer];
            Some(Release { chart, version, layers, is_whole: false, at, body, namespace: String::new(), name: None })
        };
        layers.into_iter().filter_map(release).collect()
    }

    /// The Chart.yaml beside a file: its values are those of that chart.
    fn chart_beside(&self, object: &Object) -> Option<&'a Json> {
        let is_chart =
            |other: &&Object| other.file.strip_prefix(object.folder()).is_some_and(|file| file == "Chart.yaml");
        self.bundle.objects.iter().find(is_chart).map(|chart| &chart.body)
    }
}

/// An Argo CD Application with values of its own.
fn application<'a>(body: &Spot<'a, 'a>) -> Option<Release<'a>> {
    let mut sources = body.items(&["spec", "sources"]);
    sources.extend(body.get(&["spec", "source"]));
    let (source, chart) = sources.iter().find_map(|source| {
        let chart = source.text(&["chart"]).or_else(|| source.text(&["path"]))?;
        let version = source.text(&["targetRevision"]).filter(|_| source.text(&["chart"]).is_some());
        Some((source, (last(chart).to_owned(), version.map(str::to_owned))))
    })?;
    let (chart, version) = (model(&chart.0, chart.1.as_deref())?, chart.1);
    let helm = source.get(&["helm"])?;
    let values = helm.get(&["valuesObject"])?;
    let is_whole =
        ["values", "valueFiles", "parameters", "fileParameters"].iter().all(|key| helm.get(&[key]).is_none());
    let layers = vec![Layer { object: body.object, prefix: values.pointer(), values: Cow::Borrowed(values.value) }];
    let name = helm.text(&["releaseName"]).unwrap_or(body.name()).to_owned();
    let namespace = body.text(&["spec", "destination", "namespace"]).unwrap_or_default().to_owned();
    Some(Release {
        chart,
        version,
        layers,
        is_whole,
        at: body.at_name(),
        body: body.pointer(),
        namespace,
        name: Some(name),
    })
}

/// The model of a chart's version, or where there is none that of the newest one.
fn model(name: &str, version: Option<&str>) -> Option<&'static Chart> {
    let known = version.and_then(|version| chart::find(name, version));
    known.or_else(|| chart::find(name, chart::versions(name).last()?))
}

/// The last part of a path or an address.
fn last(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}

fn embedded<'a>(object: &'a Object, key: &str) -> Option<Layer<'a>> {
    let values = object.embedded(&["data", key])?;
    Some(Layer { object, prefix: vec!["data".to_owned(), key.to_owned()], values: Cow::Owned(values) })
}
