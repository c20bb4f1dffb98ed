//! Where stored data goes with its pod, its StatefulSet or its tree.

use super::{
    At, Release, Spot,
    pod::{Pod, pod_spec},
    release::is_true,
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

pub(super) fn find<'a>(bodies: &[Spot<'a, '_>], pods: &[Pod<'a, '_>], releases: &[Release<'a>]) -> Vec<Storage<'a>> {
    let mut found: Vec<Storage<'a>> = releases.iter().flat_map(of_release).collect();
    let is_pruned = bodies.iter().any(|body| {
        let is_flux = body.kind() == "Kustomization" && body.group() == "kustomize.toolkit.fluxcd.io";
        let prunes = body.value.pointer("/spec/prune").is_some_and(|prune| prune == true);
        (is_flux && prunes) || (body.kind() == "Application" && body.group() == "argoproj.io")
    });
    for body in bodies {
        match body.kind() {
            "StatefulSet" => found.extend(retention(body)),
            "PersistentVolumeClaim" if is_pruned && !is_kept(body) => {
                let at = body.get(&["metadata", "name"]).map_or_else(|| body.at(), |name| name.at());
                found.push(Storage { at, loss: Loss::WithManifest });
            }
            _ => {}
        }
    }
    found.extend(pods.iter().filter_map(|pod| fleeting(pod, bodies)));
    found
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
fn is_kept(body: &Spot<'_, '_>) -> bool {
    let annotation = |key: &str| body.text(&["metadata", "annotations", key]).unwrap_or_default().to_ascii_lowercase();
    let options = annotation("argocd.argoproj.io/sync-options");
    annotation("kustomize.toolkit.fluxcd.io/prune") == "disabled"
        || annotation("helm.sh/resource-policy") == "keep"
        || options.split(',').any(|option| option.trim() == "prune=false")
}

/// A database whose pod mounts nothing that outlives it.
fn fleeting<'a>(pod: &Pod<'a, '_>, bodies: &[Spot<'a, '_>]) -> Option<Storage<'a>> {
    let spec = pod.spec.as_ref().filter(|_| pod.database.is_some())?;
    let workload = bodies.iter().find(|body| {
        std::ptr::eq(body.object, spec.object) && pod_spec(body).is_some_and(|other| other.pointer == spec.pointer)
    })?;
    let is_server = matches!(workload.kind(), "StatefulSet" | "Deployment" | "Pod" | "ReplicaSet" | "DaemonSet");
    let volumes = spec.items(&["volumes"]);
    let lasting = ["persistentVolumeClaim", "hostPath", "csi", "nfs", "ephemeral", "iscsi", "rbd", "fc", "local"];
    let is_lasting = volumes.iter().any(|volume| lasting.iter().any(|kind| volume.value.get(kind).is_some()))
        || !workload.items(&["spec", "volumeClaimTemplates"]).is_empty();
    (is_server && !is_lasting).then(|| Storage { at: workload.at(), loss: Loss::WithPod })
}

fn of_release<'a>(release: &Release<'a>) -> Vec<Storage<'a>> {
    let storage = |(set, spot): (crate::chart::Set<'_>, Spot<'a, '_>)| {
        let loss = match set.setting.facet {
            Facet::Persistence(Persistence::Enabled) if !spot.value.is_null() && !is_true(spot.value) => Loss::WithPod,
            Facet::Persistence(Persistence::Retention) if spot.value == "Delete" => {
                if set.setting.path.ends_with("whenScaled") { Loss::WithReplica } else { Loss::WithStatefulSet }
            }
            _ => return None,
        };
        Some(Storage { at: spot.at(), loss })
    };
    release.set().into_iter().filter_map(storage).collect()
}
