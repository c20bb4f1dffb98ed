//! Releases in a tree, and where their values stand.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::{Layer, Release};
use crate::{
    chart::{self, Chart},
    manifest::{Bundle, Object, text},
    view::Spot,
};

/// The releases of a tree, and values of charts that no release in it takes.
pub(in crate::view) fn releases<'a>(bundle: &'a Bundle, bodies: &[Spot<'a, 'a>]) -> Vec<Release<'a>> {
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
        Some(made_by(body, (chart, version), (layers, is_whole), namespace, name))
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
    Some(made_by(body, (chart, version), (layers, is_whole), namespace, name))
}

/// The release that an object asks for: its chart, and its values with whether they are all.
fn made_by<'a>(
    body: &Spot<'a, 'a>,
    (chart, version): (&'static Chart, Option<String>),
    (layers, is_whole): (Vec<Layer<'a>>, bool),
    namespace: String,
    name: String,
) -> Release<'a> {
    let (at, body) = (body.at_name(), body.pointer());
    Release { chart, version, layers, is_whole, at, body, namespace, name: Some(name) }
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
