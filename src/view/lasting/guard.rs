//! What keeps objects and their data where their manifest goes.

use super::{Fact, fact, named};
use crate::view::{Spot, storage::is_kept};

/// Something that keeps data.
pub struct Guard {
    /// What it is, for people.
    pub what: &'static str,
    /// What happens without it.
    pub otherwise: &'static str,
}

pub(super) fn of_body<'a>(body: &Spot<'a, '_>) -> Vec<Fact<'a, Guard>> {
    let guard = |part: &str, spot: Option<Spot<'a, '_>>, what, otherwise| {
        let at = spot.map_or_else(|| body.at_name(), |spot| spot.at());
        fact(at, named(body), part, Guard { what, otherwise })
    };
    let mut found = Vec::new();
    if is_kept(body) {
        let otherwise = "the delivery engine deletes it as soon as its manifest goes";
        found.push(guard("keep", None, "the annotation that keeps it in the cluster", otherwise));
    }
    match (body.kind(), body.group()) {
        ("Kustomization", "kustomize.toolkit.fluxcd.io")
            if body.text(&["spec", "deletionPolicy"]) == Some("Orphan") =>
        {
            let otherwise = "Flux deletes all that it applied as soon as this Kustomization goes or is renamed";
            found.push(guard(
                "deletionPolicy",
                body.get(&["spec", "deletionPolicy"]),
                "`deletionPolicy: Orphan`",
                otherwise,
            ));
        }
        ("PersistentVolume", _) if body.text(&["spec", "persistentVolumeReclaimPolicy"]) == Some("Retain") => {
            let spot = body.get(&["spec", "persistentVolumeReclaimPolicy"]);
            let otherwise = "the volume is erased as soon as its claim goes";
            found.push(guard("reclaim", spot, "`persistentVolumeReclaimPolicy: Retain`", otherwise));
        }
        _ => {}
    }
    found
}
