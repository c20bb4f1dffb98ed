//! Images, in containers, in a chart's values and in what kustomize puts in their place.

use serde_json::Value as Json;

use super::{At, Layer, Release, Spot, Tree, release::Valued};
use crate::{path, scalar::ImageRef};

/// An image that a pod runs.
pub struct Image<'a> {
    /// Where its registry and repository are named; of the tag or the digest where nothing else is.
    pub at: At<'a>,
    /// Where its tag or digest is; of its repository where it has none.
    pub at_version: At<'a>,
    /// Its reference, spelled out.
    pub reference: ImageRef,
    /// Whether it names a tag or a digest of its own.
    pub is_tagged: bool,
    /// Whether it is a default of a chart, which nothing sets.
    pub is_default: bool,
}

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Image<'a>> {
    let kustomizations = tree.bodies.iter().filter(|body| body.kind() == "Kustomization");
    let replaced: Vec<Spot<'a, '_>> = kustomizations.flat_map(|body| body.items(&["images"])).collect();
    let is_replaced = |image: &Image<'_>| {
        let names = replaced.iter().filter(|entry| pins(entry).is_some()).filter_map(|entry| entry.text(&["name"]));
        names.filter_map(parse).any(|(name, _)| {
            (name.registry(), name.repository()) == (image.reference.registry(), image.reference.repository())
        })
    };
    let containers = tree.pods.iter().flat_map(|pod| &pod.containers).filter_map(of_container);
    let containers = containers.filter(|image| !is_replaced(image));
    let of_releases = tree.releases.iter().flat_map(of_release);
    // An image that Compose builds is called as one likes.
    let composed = tree.composed.iter().filter(|service| service.spot.get(&["build"]).is_none());
    let containers = containers.chain(composed.filter_map(|service| of_container(&service.spot)));
    containers.chain(replaced.iter().filter_map(of_kustomization)).chain(of_releases).collect()
}

pub(super) fn of_container<'a>(container: &Spot<'a, '_>) -> Option<Image<'a>> {
    let image = container.get(&["image"])?;
    let (reference, is_tagged) = parse(image.value.as_str()?)?;
    Some(Image { at: image.at(), at_version: image.at(), reference, is_tagged, is_default: false })
}

/// The tag or the digest that kustomize gives an image.
fn pins<'a, 'v>(entry: &Spot<'a, 'v>) -> Option<Spot<'a, 'v>> {
    ["digest", "newTag"].into_iter().find_map(|key| entry.get(&[key]))
}

/// What an entry of a kustomization's `images` makes of an image.
fn of_kustomization<'a>(entry: &Spot<'a, '_>) -> Option<Image<'a>> {
    let name = entry.get(&["newName"]).or_else(|| entry.get(&["name"]))?;
    let pin = pins(entry)?;
    let mark = if entry.get(&["digest"]).is_some() { '@' } else { ':' };
    let (reference, is_tagged) = parse(&format!("{}{mark}{}", name.value.as_str()?, pin.value.as_str()?))?;
    Some(Image { at: name.at(), at_version: pin.at(), reference, is_tagged, is_default: false })
}

/// The reference, and whether it pins anything.
fn parse(text: &str) -> Option<(ImageRef, bool)> {
    match ImageRef::parse(text) {
        Ok(reference) => Some((reference, true)),
        Err(_) => ImageRef::parse(&format!("{text}:latest")).ok().map(|reference| (reference, false)),
    }
}

const PARTS: [&str; 4] = ["registry", "repository", "tag", "digest"];

/// The images of a chart: those whose parts are set, and the defaults of those that run.
pub(super) fn of_release<'a>(valued: &Valued<'a, '_>) -> Vec<Image<'a>> {
    let release = valued.release;
    let mut images = Vec::new();
    for image in release.chart.images {
        let said = PARTS.map(|part| {
            let (layer, value) = release.last(image.path.split('.').chain([part]))?;
            let text = value.as_str().filter(|text| !text.is_empty())?;
            Some((layer, part, text))
        });
        let [registry, repository, tag, digest] = said.map(|said| said.map(|(_, _, text)| text));
        let place = |(layer, part, _): (&Layer<'a>, &str, &str)| {
            let pointer: Vec<String> = image.path.split('.').chain([part]).map(str::to_owned).collect();
            layer.at(&pointer, false)
        };
        let runs =
            release.has_defaults() && (image.when.is_empty() || image.when.iter().any(|flag| release.is_on(flag)));
        let at_name = said[1].or(said[0]).map(place);
        let at_version = said[3].or(said[2]).map(place);
        let is_default = at_name.is_none() && at_version.is_none();
        if is_default && !runs {
            continue;
        }
        let default = |index: usize| {
            let default = release.chart.default(&path::join(image.path, PARTS[index]))?;
            default.as_str().map(str::to_owned)
        };
        let registry = text(release, "global.imageRegistry").map(str::to_owned).or(registry.map(str::to_owned));
        let registry = registry.or_else(|| default(0)).unwrap_or_default();
        let repository = repository.map(str::to_owned).or_else(|| default(1)).unwrap_or_default();
        let mut reference = format!("{registry}/{repository}");
        if let Some(tag) = tag.map(str::to_owned).or_else(|| default(2)).filter(|tag| !tag.is_empty()) {
            reference.push(':');
            reference.push_str(&tag);
        }
        if let Some(digest) = digest {
            reference.push('@');
            reference.push_str(digest);
        }
        let nearest = || release.nearest(image.path);
        let at = at_name.clone().or_else(|| at_version.clone()).unwrap_or_else(nearest);
        let at_version = at_version.or(at_name).unwrap_or_else(nearest);
        if let Some((reference, is_tagged)) = parse(reference.trim_start_matches('/')) {
            images.push(Image { at, at_version, reference, is_tagged, is_default });
        }
    }
    images
}

/// The text that a release's values set.
fn text<'v>(release: &'v Release<'_>, path: &str) -> Option<&'v str> {
    release.value(path).and_then(Json::as_str).filter(|text| !text.is_empty())
}
