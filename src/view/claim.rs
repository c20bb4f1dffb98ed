//! Claims of databases: which class makes their volumes, and what that class can do.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::{
    At, Spot, Tree, database,
    release::{Release, is_true},
};
use crate::path;

/// Something wrong with a claim.
pub struct Claim<'a> {
    /// Where it stands, or should.
    pub at: At<'a>,
    /// What it is.
    pub flaw: ClaimFlaw,
}

/// What is wrong with a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimFlaw {
    /// It leaves its class to the cluster.
    NoClass,
    /// This mode, which volumes of this class do not have.
    Mode(String, String),
    /// Several servers would write to the claim of this name.
    Shared(String),
    /// The volume is a folder of whichever node the pod stands on.
    HostPath,
}

/// Provisioners whose volumes stand on one node.
const OF_ONE_NODE: &[&str] = &[
    "rancher.io/local-path",
    "openebs.io/local",
    "kubernetes.io/no-provisioner",
    "topolvm.io",
    "microk8s.io/hostpath",
];

/// Classes that are known by their name.
const LOCAL: &[&str] = &["local-path", "openebs-hostpath"];

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Claim<'a>> {
    let classes = tree.bodies.iter().filter(|body| body.kind() == "StorageClass");
    let classes: HashMap<&str, &str> =
        classes.filter_map(|class| Some((class.name(), class.text(&["provisioner"])?))).collect();
    let is_local = |class: &str| {
        classes.get(class).map_or_else(|| LOCAL.contains(&class), |provisioner| OF_ONE_NODE.contains(provisioner))
    };
    let used = used_by_databases(tree);
    let mut found = Vec::new();
    for body in tree.bodies {
        match body.kind() {
            "PersistentVolumeClaim" => {
                let is_database = used.contains(&(body.namespace(), body.name()));
                of_spec(body.get(&["spec"]), is_database, &is_local, &mut found);
            }
            "StatefulSet" => {
                let is_database = database::of_workload(body).is_some();
                for claim in body.items(&["spec", "volumeClaimTemplates"]) {
                    of_spec(claim.get(&["spec"]), is_database, &is_local, &mut found);
                }
            }
            "PersistentVolume" if body.get(&["spec", "nodeAffinity"]).is_none() => {
                let path = body.get(&["spec", "hostPath"]);
                found.extend(path.map(|path| Claim { at: path.at(), flaw: ClaimFlaw::HostPath }));
            }
            _ => {}
        }
        found.extend(shared(body));
    }
    for valued in tree.releases {
        of_release(valued.release, &is_local, &mut found);
    }
    found
}

/// Namespace and name of every claim that a database's pod mounts.
fn used_by_databases<'v>(tree: &Tree<'_, 'v>) -> HashSet<(&'v str, &'v str)> {
    let mut used = HashSet::new();
    for pod in tree.pods.iter().filter(|pod| pod.database.is_some()) {
        let (Some(workload), Some(spec)) = (&pod.workload, &pod.spec) else { continue };
        for volume in spec.items(&["volumes"]) {
            used.extend(volume.text(&["persistentVolumeClaim", "claimName"]).map(|name| (workload.namespace(), name)));
        }
    }
    used
}

fn of_spec<'a>(
    spec: Option<Spot<'a, '_>>,
    is_database: bool,
    is_local: &dyn Fn(&str) -> bool,
    found: &mut Vec<Claim<'a>>,
) {
    let Some(spec) = spec else { return };
    let class = spec.text(&["storageClassName"]);
    // A volume that is named, or chosen by its labels, needs no class.
    let is_bound = ["volumeName", "selector"].iter().any(|key| spec.get(&[key]).is_some());
    if is_database && class.is_none() && !is_bound {
        found.push(Claim { at: spec.at(), flaw: ClaimFlaw::NoClass });
    }
    if spec.text(&["volumeMode"]) == Some("Block") {
        return;
    }
    for mode in spec.items(&["accessModes"]) {
        found.extend(impossible(mode.value, class, is_local).map(|flaw| Claim { at: mode.at(), flaw }));
    }
}

fn impossible(mode: &Json, class: Option<&str>, is_local: &dyn Fn(&str) -> bool) -> Option<ClaimFlaw> {
    let (mode, class) = (mode.as_str()?, class?);
    let is_many = matches!(mode, "ReadWriteMany" | "ReadOnlyMany");
    (is_many && is_local(class)).then(|| ClaimFlaw::Mode(mode.to_owned(), class.to_owned()))
}

/// The claim that all replicas of a database would mount.
fn shared<'a>(body: &Spot<'a, '_>) -> Option<Claim<'a>> {
    let is_several = body.value_at(&["spec", "replicas"]).and_then(Json::as_u64).is_some_and(|count| count > 1);
    if !is_several || !matches!(body.kind(), "Deployment" | "StatefulSet" | "ReplicaSet") {
        return None;
    }
    database::of_workload(body)?;
    let volumes = body.items(&["spec", "template", "spec", "volumes"]);
    let claim = volumes.iter().find_map(|volume| volume.get(&["persistentVolumeClaim", "claimName"]))?;
    let name = claim.value.as_str()?.to_owned();
    // Those of the replicas themselves are apart; this one may be for something else.
    body.items(&["spec", "volumeClaimTemplates"])
        .is_empty()
        .then(|| Claim { at: claim.at(), flaw: ClaimFlaw::Shared(name) })
}

fn of_release<'a>(release: &Release<'a>, is_local: &dyn Fn(&str) -> bool, found: &mut Vec<Claim<'a>>) {
    let text = |path: &str| release.value(path).and_then(Json::as_str).filter(|text| !text.is_empty());
    let is_replicated = text("architecture") == Some("replication");
    let global = ["global.defaultStorageClass", "global.storageClass"].into_iter().find_map(text);
    for pod in release.chart.pods.iter().filter(|pod| pod.is_server) {
        if !pod.when.iter().all(|(path, is)| text(path) == Some(is)) {
            continue;
        }
        let group = path::join(pod.group, "persistence");
        let at = |key: &str| path::join(&group, key);
        let is_kept = release.value(&at("enabled")).is_none_or(is_true);
        let claim = text(&at("existingClaim"));
        if let (Some(name), true) = (claim, is_kept) {
            let count = pod.replicas.and_then(|path| release.value(path)).and_then(Json::as_u64).unwrap_or(1);
            let is_primary = text("primary.persistence.existingClaim") == Some(name) && pod.group != "primary";
            if is_replicated && (count > 1 || is_primary) {
                let place = release.place(&at("existingClaim"));
                found.extend(place.map(|at| Claim { at, flaw: ClaimFlaw::Shared(name.to_owned()) }));
            }
        }
        if !is_kept || claim.is_some() {
            continue;
        }
        let class = text(&at("storageClass")).or(global);
        if class.is_none() && release.has_defaults() {
            found.push(Claim { at: release.nearest(&at("storageClass")), flaw: ClaimFlaw::NoClass });
        }
        if let (Some(Json::Array(modes)), Some(place)) =
            (release.value(&at("accessModes")), release.place(&at("accessModes")))
        {
            let flaw = modes.iter().find_map(|mode| impossible(mode, class, is_local));
            found.extend(flaw.map(|flaw| Claim { at: place, flaw }));
        }
    }
}
