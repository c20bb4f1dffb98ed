//! Sizes of volumes.

use serde_json::Value as Json;

use super::{Fact, fact, named, place, released, settled, settled_text, volumes};
use crate::{
    scalar::Quantity,
    view::{Release, Spot},
};

/// The size of a volume.
pub struct Claim {
    /// How much is asked for.
    pub size: Quantity,
    /// What becomes of a larger size.
    pub growth: Growth,
    /// Whether Flux leaves the one in the cluster as it is.
    pub is_left: bool,
}

/// What becomes of a larger size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Growth {
    /// The class decides, which the tree does not hold or which can grow.
    ByClass,
    /// The provisioner of this class cannot resize.
    Never(String),
    /// The volume is a template's of a StatefulSet, which nobody can change.
    Template,
}

/// Classes whose provisioner resizes nothing, by their usual names.
const RIGID: &[&str] = &["hostpath", "local-path", "local-storage", "manual", "standard-rwo-local"];

pub(super) fn of_body<'a>(body: &Spot<'a, '_>) -> Vec<Fact<'a, Claim>> {
    match body.kind() {
        "PersistentVolumeClaim" => {
            let class = body.text(&["spec", "storageClassName"]).unwrap_or_default();
            let is_rigid = RIGID.contains(&class);
            let growth = if is_rigid { Growth::Never(class.to_owned()) } else { Growth::ByClass };
            size(body, &["spec", "resources", "requests", "storage"], named(body), String::new(), growth)
        }
        "StatefulSet" => {
            let templates = body.items(&["spec", "volumeClaimTemplates"]).into_iter();
            let keys = ["spec", "resources", "requests", "storage"];
            templates.flat_map(|one| size(&one, &keys, named(body), one.name().to_owned(), Growth::Template)).collect()
        }
        _ => Vec::new(),
    }
}

fn size<'a>(spot: &Spot<'a, '_>, keys: &[&str], thing: String, part: String, growth: Growth) -> Vec<Fact<'a, Claim>> {
    let is_left = spot.text(&["metadata", "annotations", "kustomize.toolkit.fluxcd.io/ssa"]) == Some("IfNotPresent");
    let found = spot.get(keys).and_then(|spot| Some((quantity(spot.value)?, spot.at())));
    found
        .into_iter()
        .map(|(size, at)| fact(at, &*thing, &*part, Claim { size, growth: growth.clone(), is_left }))
        .collect()
}

fn quantity(value: &Json) -> Option<Quantity> {
    match value {
        Json::String(text) => Quantity::parse(text).ok(),
        Json::Number(number) => Quantity::parse(&number.to_string()).ok(),
        _ => None,
    }
}

/// Volumes that the chart's StatefulSets make for themselves; a claim that exists has a size of its own.
pub(super) fn of_release<'a>(release: &Release<'a>) -> Vec<Fact<'a, Claim>> {
    let claim = |group: &'static str| {
        if settled_text(release, &format!("{group}.existingClaim")).is_some() {
            return None;
        }
        let path = format!("{group}.size");
        let size = quantity(&settled(release, &path)?)?;
        let says = Claim { size, growth: Growth::Template, is_left: false };
        Some(fact(place(release, &path), released(release), group, says))
    };
    volumes(release).into_iter().filter_map(claim).collect()
}
