//! Images, in containers and in a chart's values.

use serde_json::Value as Json;

use super::{At, Release, Spot, pod::Pod};
use crate::{path, scalar::ImageRef};

/// An image that a pod runs.
pub struct Image<'a> {
    /// Where it is named; for a chart's image where the part is that tells most.
    pub at: At<'a>,
    /// Its reference, spelled out.
    pub reference: ImageRef,
    /// Whether it names a tag or a digest of its own.
    pub is_tagged: bool,
    /// Whether it is a default of a chart, which nothing sets.
    pub is_default: bool,
}

pub(super) fn find<'a>(pods: &[Pod<'a, '_>], releases: &[Release<'a>]) -> Vec<Image<'a>> {
    let containers = pods.iter().flat_map(|pod| &pod.containers);
    containers.filter_map(of_container).chain(releases.iter().flat_map(of_release)).collect()
}

fn of_container<'a>(container: &Spot<'a, '_>) -> Option<Image<'a>> {
    let image = container.get(&["image"])?;
    let (reference, is_tagged) = parse(image.value.as_str()?)?;
    Some(Image { at: image.at(), reference, is_tagged, is_default: false })
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
fn of_release<'a>(release: &Release<'a>) -> Vec<Image<'a>> {
    let global = text(release, "global.imageRegistry");
    let mut images = Vec::new();
    for image in release.chart.images {
        let [registry, repository, tag, digest] = PARTS.map(|part| path::join(image.path, part));
        let set = [&digest, &tag, &repository, &registry].into_iter().find_map(|path| release.place(path));
        let runs = release.is_whole && (image.when.is_empty() || image.when.iter().any(|flag| release.is_on(flag)));
        if set.is_none() && !runs {
            continue;
        }
        let part =
            |path: &str| text(release, path).or_else(|| release.chart.default(path)?.as_str().map(str::to_owned));
        let mut reference = format!(
            "{}/{}",
            global.clone().or_else(|| part(&registry)).unwrap_or_default(),
            part(&repository).unwrap_or_default()
        );
        for (mark, part) in [(':', part(&tag)), ('@', part(&digest))] {
            if let Some(part) = part.filter(|part| !part.is_empty()) {
                reference.push(mark);
                reference.push_str(&part);
            }
        }
        let is_default = set.is_none();
        let at = set.unwrap_or_else(|| release.nearest(image.path));
        if let Some((reference, is_tagged)) = parse(reference.trim_start_matches('/')) {
            images.push(Image { at, reference, is_tagged, is_default });
        }
    }
    images
}

/// The text that a release's values set.
fn text(release: &Release<'_>, path: &str) -> Option<String> {
    release.value(path).and_then(Json::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}
