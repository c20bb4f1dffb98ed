//! Where stored data goes with its pod, its StatefulSet or its tree.

use super::{
    At, Spot, Tree,
    pod::Pod,
    release::{Assigned, Valued, is_true},
};
use crate::chart::{Facet, Persistence};

/// A place where data is lost sooner than people think.
pub struct Storage<'a> {
    /// Where.
    pub at: At<'a>,
    /// When the data goes.
    pub loss: Loss,
}

/// When data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// With its pod: nothing persistent is mounted.
    WithPod,
    /// With its StatefulSet.
    WithStatefulSet,
    /// With the replica when their number is lowered.
    WithReplica,
    /// With the claim's manifest: a delivery engine that prunes deletes the claim.
    WithManifest,
}

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Storage<'a>> {
    let mut found: Vec<Storage<'a>> = tree.releases.iter().flat_map(of_release).collect();
    let is_pruned = tree.bodies.iter().any(prunes);
    for body in tree.bodies {
        match body.kind() {
            "StatefulSet" => found.extend(retention(body)),
            "PersistentVolumeClaim" if is_pruned && !is_kept(body) => {
                found.push(Storage { at: body.at_name(), loss: Loss::WithManifest });
            }
            _ => {}
        }
    }
    found.extend(tree.pods.iter().filter_map(fleeting));
    found
}

/// Whether a delivery engine is told to delete what is gone from its tree.
fn prunes(body: &Spot<'_, '_>) -> bool {
    let keys: &[&str] = match (body.kind(), body.group()) {
        ("Kustomization", "kustomize.toolkit.fluxcd.io") => &["spec", "prune"],
        ("Application", "argoproj.io") => &["spec", "syncPolicy", "automated", "prune"],
        ("ApplicationSet", "argoproj.io") => &["spec", "template", "spec", "syncPolicy", "automated", "prune"],
        _ => return false,
    };
    body.value_at(keys).is_some_and(|prune| prune == true)
}

fn retention<'a>(body: &Spot<'a, '_>) -> Vec<Storage<'a>> {
    let policy = ["spec", "persistentVolumeClaimRetentionPolicy"];
    let when = |key: &str, loss: Loss| {
        let spot = body.get(&[policy[0], policy[1], key]).filter(|spot| spot.value == "Delete")?;
        Some(Storage { at: spot.at(), loss })
    };
    [when("whenDeleted", Loss::WithStatefulSet), when("whenScaled", Loss::WithReplica)].into_iter().flatten().collect()
}

/// Whether a delivery engine leaves an object alone that is gone from its tree.
pub(super) fn is_kept(body: &Spot<'_, '_>) -> bool {
    let annotation = |key: &str| body.text(&["metadata", "annotations", key]).unwrap_or_default().to_ascii_lowercase();
    let options = annotation("argocd.argoproj.io/sync-options");
    annotation("kustomize.toolkit.fluxcd.io/prune") == "disabled"
        || annotation("helm.sh/resource-policy") == "keep"
        || options.split(',').any(|option| option.trim() == "prune=false")
}

/// What keeps its data in memory anyway, and is often nothing but a cache.
pub(super) const IN_MEMORY: &[&str] = &["Redis", "Valkey"];

/// A database whose pod mounts nothing that outlives it.
fn fleeting<'a>(pod: &Pod<'a, '_>) -> Option<Storage<'a>> {
    let (workload, spec) = (pod.workload.as_ref()?, pod.spec.as_ref()?);
    pod.database.filter(|product| !IN_MEMORY.contains(product))?;
    let fleeting = ["emptyDir", "configMap", "secret", "projected", "downwardAPI"];
    let is_lasting = |volume: &Spot<'_, '_>| !fleeting.iter().any(|kind| volume.value.get(kind).is_some());
    let has_lasting = spec.items(&["volumes"]).iter().any(is_lasting)
        || !workload.items(&["spec", "volumeClaimTemplates"]).is_empty();
    (!has_lasting).then(|| Storage { at: workload.at_name(), loss: Loss::WithPod })
}

fn of_release<'a>(valued: &Valued<'a, '_>) -> Vec<Storage<'a>> {
    let storage = |Assigned { setting, spot }: &Assigned<'a, '_>| {
        let loss = match setting.facet {
            Facet::Persistence(Persistence::Enabled) if !is_true(spot.value) => Loss::WithPod,
            Facet::Persistence(Persistence::Retention) if spot.value == "Delete" => {
                if setting.path.ends_with("whenScaled") { Loss::WithReplica } else { Loss::WithStatefulSet }
            }
            _ => return None,
        };
        Some(Storage { at: spot.at(), loss })
    };
    valued.set.iter().filter_map(storage).collect()
}
