//! Releases that Flux makes: HelmReleases.

use std::borrow::Cow;

use super::{
    Layer, Release,
    found::{Asked, embedded, last, made_by, model},
    index::Index,
};
use crate::{
    manifest::{Object, text},
    view::Spot,
};

/// The release that a HelmRelease asks for.
pub(super) fn release<'a>(index: &Index<'a>, body: &Spot<'a, 'a>) -> Option<Release<'a>> {
    let mut is_whole = true;
    let mut layers = Vec::new();
    for from in body.items(&["spec", "valuesFrom"]) {
        let layer = from.text(&["targetPath"]).is_none().then(|| values(index, body, &from)).flatten();
        is_whole &= layer.is_some();
        layers.extend(layer);
    }
    if let Some(inline) = body.get(&["spec", "values"]) {
        layers.push(Layer::inside(body.object, inline.pointer(), Cow::Borrowed(inline.value)));
    }
    let certain = layers.iter().find_map(|layer| index.bundle.values.get(&layer.object.file)).cloned();
    let (chart, version) = match certain {
        Some((name, version)) => (name, Some(version)),
        None => asked(index, body)?,
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
fn asked(index: &Index<'_>, body: &Spot<'_, '_>) -> Option<Asked> {
    if let Some(chart) = body.text(&["spec", "chart", "spec", "chart"]) {
        let name = last(chart);
        let repository = || index.source("GitRepository", body.text(&["spec", "chart", "spec", "sourceRef", "name"])?);
        // bitnami/charts names its tags so.
        let tagged = || text(repository()?, &["spec", "ref", "tag"])?.strip_prefix(name)?.strip_prefix('/');
        let version = body.text(&["spec", "chart", "spec", "version"]).or_else(tagged);
        return Some((name.to_owned(), version.map(str::to_owned)));
    }
    let source = index.source("OCIRepository", body.text(&["spec", "chartRef", "name"])?)?;
    let version = text(source, &["spec", "ref", "tag"]).map(str::to_owned);
    Some((last(text(source, &["spec", "url"])?).to_owned(), version))
}

/// The values that a HelmRelease takes from a ConfigMap: one in the tree, or one that kustomize makes from a file.
fn values<'a>(index: &Index<'a>, release: &Spot<'a, 'a>, from: &Spot<'a, 'a>) -> Option<Layer<'a>> {
    if from.kind() != "ConfigMap" {
        return None;
    }
    let (name, key) = (from.text(&["name"])?, from.text(&["valuesKey"]).unwrap_or("values.yaml"));
    let is_here = |object: &Object| object.namespace().unwrap_or_default() == release.namespace();
    let is_beside = |object: &Object| object.folder() == release.object.folder();
    let maps = index.config_maps(name).iter();
    if let Some(map) = maps.min_by_key(|object| (!is_here(object), !is_beside(object))) {
        return embedded(map, key);
    }
    let made = |(kustomization, generator): &(&'a Object, Spot<'a, 'a>)| {
        let folder = kustomization.folder();
        let file = generator.items(&["files"]).iter().find_map(|file| {
            let text = file.value.as_str()?;
            let (as_key, path) = text.split_once('=').unwrap_or((last(text), text));
            (as_key == key && release.object.file.starts_with(folder))
                .then(|| format!("{folder}{}", path.trim_start_matches("./")))
        })?;
        index.file(&file).map(Layer::of_file)
    };
    index.generators(name).iter().find_map(made)
}
