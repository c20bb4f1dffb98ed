//! Releases in a tree, and values of charts that no release in it takes.

use std::{borrow::Cow, collections::HashSet};

use super::{Layer, Release, argo, flux, index::Index};
use crate::{
    chart::{self, Chart},
    manifest::{Bundle, Object, text},
    view::Spot,
};

/// The releases of a tree, and values of charts that no release in it takes.
pub(in crate::view) fn releases<'a>(bundle: &'a Bundle, bodies: &[Spot<'a, 'a>]) -> Vec<Release<'a>> {
    let index = Index::of(bundle);
    let of_body = |body: &Spot<'a, 'a>| match (body.kind(), body.group()) {
        ("HelmRelease", "helm.toolkit.fluxcd.io") => flux::release(&index, body).into_iter().collect(),
        ("Application", "argoproj.io") => argo::releases(&index, body),
        _ => Vec::new(),
    };
    let mut releases: Vec<Release<'a>> = bodies.iter().flat_map(of_body).collect();
    let taken: HashSet<*const Object> =
        releases.iter().flat_map(|release| &release.layers).map(|layer| std::ptr::from_ref(layer.object)).collect();
    let is_values = |object: &&Object| matches!(object.kind(), "" | "ConfigMap");
    let left = bundle.objects.iter().filter(is_values).filter(|object| !taken.contains(&std::ptr::from_ref(*object)));
    releases.extend(left.flat_map(|object| loose(&index, object)));
    releases
}

/// Name and version of a chart that is asked for.
pub(super) type Asked = (String, Option<String>);

/// Values that nothing in the tree says a chart of.
fn loose<'a>(index: &Index<'a>, object: &'a Object) -> Vec<Release<'a>> {
    let layers = match object.kind() {
        "" => vec![Layer::of_file(object)],
        _ => {
            let keys = Spot::whole(object).entries(&["data"]);
            keys.into_iter().filter_map(|(key, _)| embedded(object, key)).collect()
        }
    };
    let release = |layer: Layer<'a>| {
        let chart = chart::recognise(&layer.values)?;
        let beside = index.file(&format!("{}Chart.yaml", object.folder())).map(|chart| &chart.body);
        let version = match beside {
            Some(beside) if text(beside, &["name"]) != Some(chart.name) => return None,
            beside => beside.and_then(|beside| text(beside, &["version"])).map(str::to_owned),
        };
        let (at, body) = (layer.at(&[], false), layer.prefix.clone());
        let layers = vec![layer];
        Some(Release { chart, version, layers, is_whole: false, at, body, namespace: String::new(), name: None })
    };
    layers.into_iter().filter_map(release).collect()
}

/// The release that an object asks for: its chart, and its values with whether they are all.
pub(super) fn made_by<'a>(
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
pub(super) fn model(name: &str, version: Option<&str>) -> Option<&'static Chart> {
    let known = version.and_then(|version| chart::find(name, version));
    known.or_else(|| chart::find(name, chart::versions(name).last()?))
}

/// The last part of a path or an address.
pub(super) fn last(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}

/// The values in a ConfigMap's text.
pub(super) fn embedded<'a>(object: &'a Object, key: &str) -> Option<Layer<'a>> {
    let values = object.embedded(&["data", key])?;
    Some(Layer::inside(object, vec!["data".to_owned(), key.to_owned()], Cow::Owned(values)))
}
