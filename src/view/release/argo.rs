//! Releases that Argo CD makes: the sources of an Application that are charts.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::{
    Layer, Release,
    found::{Asked, last, made_by, model},
    index::Index,
};
use crate::view::Spot;

/// The releases of an Application.
pub(super) fn releases<'a>(index: &Index<'a>, body: &Spot<'a, 'a>) -> Vec<Release<'a>> {
    let mut sources = body.items(&["spec", "sources"]);
    sources.extend(body.get(&["spec", "source"]));
    sources.iter().filter_map(|source| release(index, body, source)).collect()
}

fn release<'a>(index: &Index<'a>, body: &Spot<'a, 'a>, source: &Spot<'a, 'a>) -> Option<Release<'a>> {
    let chart = source.text(&["chart"]).or_else(|| source.text(&["path"]))?;
    let version = source.text(&["targetRevision"]).filter(|_| source.text(&["chart"]).is_some());
    let asked: Asked = (last(chart).to_owned(), version.map(str::to_owned));
    let (chart, version) = (model(&asked.0, asked.1.as_deref())?, asked.1);
    let helm = source.get(&["helm"])?;
    let (layers, is_whole) = layers(index, source, &helm);
    if layers.is_empty() {
        return None;
    }
    let name = helm.text(&["releaseName"]).unwrap_or(body.name()).to_owned();
    let namespace = body.text(&["spec", "destination", "namespace"]).unwrap_or_default().to_owned();
    Some(made_by(body, (chart, version), (layers, is_whole), namespace, name))
}

/// The values of a source, the later ones on top as Argo CD stacks them: files, then `valuesObject` or else `values`, then
/// parameters. Second, whether these are all.
///
/// Source: Argo CD's user guide, "Helm", section "Values" (3.6).
fn layers<'a>(index: &Index<'a>, source: &Spot<'a, 'a>, helm: &Spot<'a, 'a>) -> (Vec<Layer<'a>>, bool) {
    let mut is_whole = helm.get(&["fileParameters"]).is_none();
    let mut layers = Vec::new();
    for file in helm.items(&["valueFiles"]) {
        let path = file.value.as_str().unwrap_or_default();
        let path = match path.strip_prefix('$') {
            // The first part is the name of the source that has the file.
            Some(of_other) => of_other.split_once('/').map_or("", |(_, path)| path).to_owned(),
            None => format!("{}/{path}", source.text(&["path"]).unwrap_or_default()),
        };
        let object = index.file_of_repository(path.trim_start_matches('/'));
        is_whole &= object.is_some();
        layers.extend(object.map(Layer::of_file));
    }
    let object = helm.get(&["valuesObject"]);
    let text = helm.get(&["values"]).filter(|_| object.is_none());
    if let Some(values) = object {
        layers.push(Layer::inside(values.object, values.pointer(), Cow::Borrowed(values.value)));
    }
    if let Some(text) = text {
        let pointer = text.pointer();
        let keys: Vec<&str> = pointer.iter().map(String::as_str).collect();
        let values = text.object.embedded(&keys);
        is_whole &= values.is_some();
        layers.extend(values.map(|values| Layer::inside(text.object, pointer.clone(), Cow::Owned(values))));
    }
    for parameter in helm.items(&["parameters"]) {
        let layer = of_parameter(&parameter);
        is_whole &= layer.is_some();
        layers.extend(layer);
    }
    (layers, is_whole)
}

/// One value by its dotted name, as `helm --set` takes it; indices of lists are not followed.
fn of_parameter<'a>(parameter: &Spot<'a, 'a>) -> Option<Layer<'a>> {
    let name = parameter.text(&["name"]).filter(|name| !name.contains(['[', '\\']))?;
    let value = parameter.get(&["value"])?;
    let is_text = parameter.value_at(&["forceString"]) == Some(&Json::Bool(true));
    let said = match value.value.as_str() {
        Some("true") if !is_text => Json::Bool(true),
        Some("false") if !is_text => Json::Bool(false),
        Some("null") if !is_text => Json::Null,
        Some(text) if !is_text => text.parse::<i64>().map_or_else(|_| Json::from(text), Json::from),
        _ => value.value.clone(),
    };
    let nested = name.rsplit('.').fold(said, |below, key| Json::Object(Map::from_iter([(key.to_owned(), below)])));
    Some(Layer::at_one_place(value.object, value.pointer(), Cow::Owned(nested)))
}
