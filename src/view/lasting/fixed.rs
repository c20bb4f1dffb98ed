//! Fields that Kubernetes lets nobody change once the object is there, by the validation of its API server (1.36). Some ten of the
//! rows were tried on a real one: the cases `change-claim`, `-others`, `-secret-type` and `-statefulset` of
//! `tests/rules/immutable-field`.

use serde_json::{Value as Json, json};

use super::{Fact, fact, named, place, released, settled, settled_text, volumes};
use crate::{
    manifest::at,
    view::{Release, Spot},
};

/// A field that nobody can change.
pub struct Fixed {
    /// What it is, as far as it matters: what Kubernetes fills in is filled in.
    pub value: Json,
    /// Whether something that was not there can be added: the cluster has filled it in, with what nobody here knows.
    pub may_appear: bool,
    /// Whether deleting the object and making it anew costs nothing but a moment.
    pub is_cheap: bool,
    /// Whether it is a part of a StatefulSet that a chart makes.
    pub is_of_chart: bool,
}

/// A field: the kind, the keys, what Kubernetes takes where it is left out (`null`: it fills something in).
type Row = (&'static str, &'static [&'static str], &'static str);

/// The fields. For StatefulSets and claims it is the other way round: few fields can change.
const FIELDS: &[Row] = &[
    ("ClusterRoleBinding", &["roleRef"], "null"),
    ("ConfigMap", &["immutable"], "false"),
    ("DaemonSet", &["spec", "selector"], "null"),
    ("Deployment", &["spec", "selector"], "null"),
    ("IngressClass", &["spec", "controller"], "null"),
    ("Job", &["spec", "completionMode"], "\"NonIndexed\""),
    ("Job", &["spec", "selector"], "null"),
    ("Job", &["spec", "template"], "null"),
    ("PersistentVolumeClaim", &["spec", "accessModes"], "null"),
    ("PersistentVolumeClaim", &["spec", "dataSource"], "null"),
    ("PersistentVolumeClaim", &["spec", "selector"], "null"),
    ("PersistentVolumeClaim", &["spec", "storageClassName"], "null"),
    ("PersistentVolumeClaim", &["spec", "volumeMode"], "\"Filesystem\""),
    ("PersistentVolumeClaim", &["spec", "volumeName"], "null"),
    ("PriorityClass", &["preemptionPolicy"], "\"PreemptLowerPriority\""),
    ("PriorityClass", &["value"], "0"),
    ("ReplicaSet", &["spec", "selector"], "null"),
    ("RoleBinding", &["roleRef"], "null"),
    ("Secret", &["immutable"], "false"),
    ("Secret", &["type"], "\"Opaque\""),
    ("Service", &["spec", "clusterIP"], "null"),
    ("StatefulSet", &["spec", "podManagementPolicy"], "\"OrderedReady\""),
    ("StatefulSet", &["spec", "selector"], "null"),
    ("StatefulSet", &["spec", "serviceName"], "\"\""),
    ("StatefulSet", &["spec", "volumeClaimTemplates"], "[]"),
    ("StorageClass", &["mountOptions"], "[]"),
    ("StorageClass", &["parameters"], "{}"),
    ("StorageClass", &["provisioner"], "null"),
    ("StorageClass", &["reclaimPolicy"], "\"Delete\""),
    ("StorageClass", &["volumeBindingMode"], "\"Immediate\""),
];

/// Kinds that can be deleted and made anew without a loss.
const CHEAP: &[&str] = &[
    "ClusterRoleBinding",
    "ConfigMap",
    "DaemonSet",
    "Deployment",
    "IngressClass",
    "Job",
    "PriorityClass",
    "ReplicaSet",
    "RoleBinding",
    "Secret",
    "Service",
    "StorageClass",
];

pub(super) fn of_body<'a>(body: &Spot<'a, '_>) -> Vec<Fact<'a, Fixed>> {
    if is_made_anew(body) {
        return Vec::new();
    }
    let is_cheap = CHEAP.contains(&body.kind());
    let field = |(_, keys, default): &Row| {
        let default: Json = serde_json::from_str(default).unwrap_or_default();
        let may_appear = default.is_null();
        let value = body.value_at(keys).filter(|value| !value.is_null()).cloned().unwrap_or(default);
        let at = body.get(keys).map_or_else(|| body.at_name(), |spot| spot.at());
        let value = match keys.last() {
            Some(&"volumeClaimTemplates") => templates(&value),
            Some(&"immutable") => frozen(body),
            _ => value,
        };
        let says = Fixed { value, may_appear, is_cheap, is_of_chart: false };
        fact(at, named(body), keys.join("."), says)
    };
    FIELDS.iter().filter(|(kind, ..)| *kind == body.kind()).map(field).collect()
}

/// Whether the delivery engine is told to delete and make anew what cannot be changed. For what holds data that is no answer.
fn is_made_anew(body: &Spot<'_, '_>) -> bool {
    let annotation = |key: &str| body.text(&["metadata", "annotations", key]).unwrap_or_default();
    let options = annotation("argocd.argoproj.io/sync-options");
    let is_forced = annotation("kustomize.toolkit.fluxcd.io/force").eq_ignore_ascii_case("enabled")
        || (options.contains("Force=true") && options.contains("Replace=true"));
    // A hook is made anew every time.
    let is_hook = body.value_at(&["metadata", "annotations", "argocd.argoproj.io/hook"]).is_some()
        || body.value_at(&["metadata", "annotations", "helm.sh/hook"]).is_some();
    let is_kept = body.get(&["metadata", "annotations", "kustomize.toolkit.fluxcd.io/ssa"]);
    // Flux leaves what is there as it is.
    let is_left = is_kept.is_some_and(|mode| matches!(mode.value.as_str(), Some("IfNotPresent" | "Ignore")));
    is_left || is_hook || (is_forced && CHEAP.contains(&body.kind()))
}

/// Templates of claims without their sizes, which are looked at as such.
fn templates(list: &Json) -> Json {
    let one = |template: &Json| {
        let spec = |key: &str| at(template, &["spec", key]).cloned().unwrap_or_default();
        let name = at(template, &["metadata", "name"]).cloned().unwrap_or_default();
        json!({
            "name": name,
            "labels": at(template, &["metadata", "labels"]).cloned().unwrap_or_default(),
            "annotations": at(template, &["metadata", "annotations"]).cloned().unwrap_or_default(),
            "accessModes": spec("accessModes"),
            "storageClassName": spec("storageClassName"),
            "selector": spec("selector"),
            "dataSource": spec("dataSource"),
            "volumeMode": spec("volumeMode"),
        })
    };
    list.as_array().map_or(Json::Null, |list| list.iter().map(one).collect())
}

/// What an immutable ConfigMap or Secret holds; a sealed value stands for itself, and says nothing where it was sealed anew.
fn frozen(body: &Spot<'_, '_>) -> Json {
    let is_frozen = body.value_at(&["immutable"]).is_some_and(|flag| flag == true);
    let is_sealed = body.value_at(&["sops"]).is_some();
    match (is_frozen, is_sealed) {
        (false, _) => Json::from(false),
        (true, true) => json!(["frozen"]),
        (true, false) => {
            json!([body.value_at(&["data"]), body.value_at(&["stringData"]), body.value_at(&["binaryData"])])
        }
    }
}

/// The settings from which a chart makes the volumes of its StatefulSets.
pub(super) fn of_release<'a>(release: &Release<'a>) -> Vec<Fact<'a, Fixed>> {
    const PARTS: &[&str] = &["accessModes", "annotations", "dataSource", "labels", "selector", "storageClass"];
    let mut found = Vec::new();
    for group in volumes(release) {
        // A claim of its own makes no template, and the claim of a backup is an object of its own.
        let is_template = group.ends_with(".persistence") || group == "persistence";
        if !is_template || settled_text(release, &format!("{group}.existingClaim")).is_some() {
            continue;
        }
        for part in PARTS {
            let path = format!("{group}.{part}");
            let Some(value) = settled(release, &path) else { continue };
            let says = Fixed { value, may_appear: false, is_cheap: false, is_of_chart: true };
            found.push(fact(place(release, &path), released(release), path, says));
        }
    }
    found
}
