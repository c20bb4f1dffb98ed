//! Kubernetes' own objects, by the types of k8s-openapi.

mod job;
mod network;

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{
        Namespace, PersistentVolumeClaim, PersistentVolumeClaimSpec, ResourceQuota, ResourceQuotaSpec, Service,
        ServicePort, ServiceSpec, VolumeResourceRequirements,
    },
    apimachinery::pkg::{
        api::resource::Quantity as K8sQuantity,
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use serde::Serialize;

pub(super) use job::cron_job;
pub(super) use network::{default_deny, network_policy};

use super::{Document, NAMESPACE};
use crate::{
    manifest::{Origin, Origins, Traced, pointer},
    part::{Claim, Endpoint, Labels},
    scalar::Quantity,
};

/// Keeps an object when it leaves the tree.
pub(super) const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
/// How server-side apply treats an object.
const SSA: &str = "kustomize.toolkit.fluxcd.io/ssa";
/// What enforces, reports and warns of a Pod Security level.
const POD_SECURITY: &str = "pod-security.kubernetes.io";

/// The namespace, which outlives the tree.
pub(super) fn namespace(name: &str, pod_security: &str) -> Document {
    let mut origins = Origins::new(Origin::fixed("namespace"));
    let mut metadata = metadata(name, None);
    let labels = metadata.labels.get_or_insert_default();
    for mode in ["enforce", "audit", "warn"] {
        let label = format!("{POD_SECURITY}/{mode}");
        origins.record(pointer("/metadata/labels", &label), Origin::fixed("namespace.podSecurity"));
        labels.insert(label, pod_security.to_owned());
    }
    metadata.annotations = Some(texts(&[(PRUNE, "Disabled")]));
    origins.record("/metadata/name", NAMESPACE);
    document(&Namespace { metadata, ..Namespace::default() }, origins)
}

/// A quota for the whole namespace.
pub(super) fn resource_quota(namespace: &str, hard: &BTreeMap<String, Quantity>) -> Document {
    let origin = Origin::fixed("namespace.quota");
    let (metadata, mut origins) = start(&Traced::new("quota".to_owned(), &origin), namespace, &origin);
    let hard = hard.iter().map(|(key, amount)| (key.clone(), K8sQuantity(amount.to_string()))).collect();
    let spec = Some(ResourceQuotaSpec { hard: Some(hard), ..ResourceQuotaSpec::default() });
    origins.record_copy("/spec/hard", origin);
    document(&ResourceQuota { metadata, spec, ..ResourceQuota::default() }, origins)
}

/// A claim that survives its removal from the tree, and whose edited size cannot hold up other changes: server-side apply
/// of a bound local-path claim with another size is refused, and with it everything beside it (seen on a real Flux 2.7).
pub(super) fn claim(claim: &Claim, origin: impl Into<Origin>, namespace: &str) -> Document {
    let (mut metadata, mut origins) = start(&claim.name, namespace, origin);
    metadata.annotations = Some(texts(&[(PRUNE, "Disabled"), (SSA, "IfNotPresent")]));
    let requests = BTreeMap::from([("storage".to_owned(), K8sQuantity(claim.size.value.to_string()))]);
    let spec = PersistentVolumeClaimSpec {
        access_modes: Some(vec![claim.access_mode.value.clone()]),
        storage_class_name: claim.class.as_ref().map(|class| class.value.to_string()),
        resources: Some(VolumeResourceRequirements {
            requests: Some(requests),
            ..VolumeResourceRequirements::default()
        }),
        ..PersistentVolumeClaimSpec::default()
    };
    origins.record("/spec/accessModes", &claim.access_mode.origin);
    origins.record("/spec/resources", &claim.size.origin);
    if let Some(class) = &claim.class {
        origins.record("/spec/storageClassName", &class.origin);
    }
    document(&PersistentVolumeClaim { metadata, spec: Some(spec), ..PersistentVolumeClaim::default() }, origins)
}

/// A Service inside the cluster.
pub(super) fn service(endpoint: &Endpoint, origin: impl Into<Origin>, namespace: &str) -> Document {
    let (metadata, mut origins) = start(&endpoint.name, namespace, origin);
    let port = ServicePort {
        name: Some(endpoint.port_name.clone()),
        port: endpoint.port.into(),
        protocol: Some("TCP".to_owned()),
        target_port: Some(IntOrString::String(endpoint.port_name.clone())),
        ..ServicePort::default()
    };
    let spec = ServiceSpec {
        type_: Some("ClusterIP".to_owned()),
        selector: Some(plain(&endpoint.pods)),
        ports: Some(vec![port]),
        ..ServiceSpec::default()
    };
    record_labels(&mut origins, "/spec/selector", &endpoint.pods);
    document(&Service { metadata, spec: Some(spec), ..Service::default() }, origins)
}

fn selector(labels: &Labels) -> LabelSelector {
    let match_labels = if labels.is_empty() { None } else { Some(plain(labels)) };
    LabelSelector { match_labels, match_expressions: None }
}

fn plain(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(key, label)| (key.clone(), label.value.clone())).collect()
}

fn record_labels(origins: &mut Origins, at: &str, labels: &Labels) {
    for (key, label) in labels {
        origins.record(pointer(at, key), &label.origin);
    }
}

/// The metadata of an object in the namespace, and the origins that it begins with.
fn start(name: &Traced<String>, namespace: &str, origin: impl Into<Origin>) -> (ObjectMeta, Origins) {
    let mut origins = Origins::new(origin);
    origins.record("/metadata/name", &name.origin);
    origins.record("/metadata/namespace", NAMESPACE);
    (metadata(name, Some(namespace)), origins)
}

fn metadata(name: &str, namespace: Option<&str>) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: namespace.map(str::to_owned),
        labels: Some(texts(&[("app.kubernetes.io/managed-by", "gen")])),
        ..ObjectMeta::default()
    }
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The types hold maps with string keys, numbers and strings only, which always become JSON.
fn document<T: Serialize>(object: &T, origins: Origins) -> Document {
    Document { body: serde_json::to_value(object).unwrap_or_default(), origins }
}
