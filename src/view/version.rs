//! Versions of charts that are no versions: what they mean changes without a commit.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{At, Spot, Tree};

/// A chart or its source that is not pinned.
pub struct Version<'a> {
    /// Where it is named, or should be.
    pub at: At<'a>,
    /// What it is, for people.
    pub what: String,
}

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Version<'a>> {
    let sources = Sources::of(tree.bodies);
    let releases = tree.bodies.iter().filter(|body| body.kind() == "HelmRelease");
    let mut found: Vec<Version<'a>> = releases.flat_map(|release| of_release(release, &sources)).collect();
    // Several releases may share a source.
    let mut seen = BTreeSet::new();
    found.retain(|version| seen.insert((std::ptr::from_ref(version.at.object), version.at.pointer.clone())));
    found
}

/// What releases take their charts from.
struct Sources<'s, 'a, 'v> {
    /// By kind and name.
    all: HashMap<(&'v str, &'v str), &'s Spot<'a, 'v>>,
    /// The names of those that Flux applies trees from.
    own: HashSet<&'v str>,
}

impl<'s, 'a, 'v> Sources<'s, 'a, 'v> {
    fn of(bodies: &'s [Spot<'a, 'v>]) -> Self {
        let mut sources = Sources { all: HashMap::new(), own: HashSet::new() };
        for body in bodies {
            match (body.kind(), body.group()) {
                ("Kustomization", "kustomize.toolkit.fluxcd.io") => {
                    sources.own.extend(body.text(&["spec", "sourceRef", "name"]));
                }
                (kind, "source.toolkit.fluxcd.io") => {
                    sources.all.entry((kind, body.name())).or_insert(body);
                }
                _ => {}
            }
        }
        sources
    }

    /// The source that stands at the end of `reference`, unless it is the tree's own repository: what moves that is a commit to it.
    fn foreign(&self, release: &Spot<'_, '_>, reference: &[&str]) -> Option<&'s Spot<'a, 'v>> {
        let reference = release.get(reference)?;
        let source = self.all.get(&(reference.text(&["kind"])?, reference.text(&["name"])?))?;
        let is_own = source.kind() == "GitRepository" && self.own.contains(source.name());
        (!is_own).then_some(*source)
    }
}

fn of_release<'a>(release: &Spot<'a, '_>, sources: &Sources<'_, 'a, '_>) -> Vec<Version<'a>> {
    let mut found = Vec::new();
    if let Some(chart) = release.get(&["spec", "chart", "spec"]) {
        let kind = chart.text(&["sourceRef", "kind"]).unwrap_or_default();
        match chart.get(&["version"]) {
            Some(version) if version.value.as_str().is_some_and(is_range) => found.push(Version {
                what: format!("the chart's version `{}` is a range", version.value.as_str().unwrap_or_default()),
                at: version.at(),
            }),
            None if kind == "HelmRepository" => {
                let what = "the chart has no version, so the newest one is taken".to_owned();
                found.push(Version { at: chart.get(&["chart"]).map_or_else(|| chart.at(), |name| name.at()), what });
            }
            _ => {}
        }
    }
    for reference in [&["spec", "chart", "spec", "sourceRef"][..], &["spec", "chartRef"]] {
        found.extend(sources.foreign(release, reference).and_then(of_source));
    }
    found
}

/// Whether a version is anything but one exact version.
fn is_range(version: &str) -> bool {
    semver::Version::parse(version.trim_start_matches('v')).is_err() && !version.contains("${")
}

/// What the source of a chart follows, where that can move.
fn of_source<'a>(source: &Spot<'a, '_>) -> Option<Version<'a>> {
    if !matches!(source.kind(), "GitRepository" | "OCIRepository") {
        return None;
    }
    let reference = source.get(&["spec", "ref"]);
    let pins = ["commit", "digest", "tag", "name"].iter().find_map(|key| reference.as_ref()?.get(&[key]));
    match (pins, reference) {
        (Some(tag), _) if tag.value == "latest" => {
            Some(Version { at: tag.at(), what: "the chart's source follows the tag `latest`".to_owned() })
        }
        (Some(_), _) => None,
        (None, Some(reference)) => {
            let moving = ["semver", "branch"].iter().find_map(|key| reference.get(&[key]));
            let at = moving.as_ref().unwrap_or(&reference).at();
            Some(Version { at, what: format!("the chart's source `{}` follows a branch or a range", source.name()) })
        }
        (None, None) => {
            let at = source.get(&["spec", "url"]).map_or_else(|| source.at(), |url| url.at());
            Some(Version { at, what: format!("the chart's source `{}` names no revision", source.name()) })
        }
    }
}
