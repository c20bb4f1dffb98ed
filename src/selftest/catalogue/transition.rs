//! Steps that a cluster refuses, or that cost data: each tree is fine, the way between them is not.

use serde_json::{Value as Json, json};

use crate::{
    manifest::at,
    selftest::operator::{
        Change::{Drop, Put, Remove, Turn},
        On::{Containers, Kind, Values},
        Operator,
    },
};

const SHRUNK: &[&str] = &["claim-shrunk"];
const REMOVED: &[&str] = &["destructive-removal"];
const FIXED: &[&str] = &["immutable-field", "claim-replaced"];
const OPENED: &[&str] = &["security-regression"];
const ENGINE: &[&str] = &["engine-downgrade"];

pub(super) const OPERATORS: &[Operator] = &[
    Operator::on_the_way(
        "claim-shrunk",
        SHRUNK,
        "a claim that is smaller than it was",
        Kind("PersistentVolumeClaim"),
        "spec.resources.requests.storage",
        Put("1Gi"),
    ),
    Operator::on_the_way(
        "template-shrunk",
        SHRUNK,
        "a StatefulSet's claim that is smaller than it was",
        Kind("StatefulSet"),
        "spec.volumeClaimTemplates.*.spec.resources.requests.storage",
        Put("1Gi"),
    ),
    Operator::on_the_way(
        "values-shrunk",
        SHRUNK,
        "a chart's claim that is smaller than it was",
        Values,
        "readReplicas.persistence.size",
        Put("1Gi"),
    )
    .when(has_replicas),
    Operator::on_the_way(
        "template-class",
        FIXED,
        "a StatefulSet's claim of another storage class",
        Kind("StatefulSet"),
        "spec.volumeClaimTemplates.*.spec.storageClassName",
        Put("fast"),
    ),
    Operator::on_the_way(
        "set-service",
        FIXED,
        "a StatefulSet of another Service",
        Kind("StatefulSet"),
        "spec.serviceName",
        Put("other"),
    ),
    Operator::on_the_way(
        "set-selector",
        FIXED,
        "a StatefulSet that selects other pods",
        Kind("StatefulSet"),
        "spec.selector.matchLabels",
        Put("{app.kubernetes.io/name: other}"),
    ),
    Operator::on_the_way(
        "deployment-selector",
        FIXED,
        "a Deployment that selects other pods",
        Kind("Deployment"),
        "spec.selector.matchLabels",
        Put("{app.kubernetes.io/name: other}"),
    ),
    Operator::on_the_way("release-removed", REMOVED, "a release that is gone", Kind("HelmRelease"), "", Remove),
    Operator::on_the_way("set-removed", REMOVED, "a StatefulSet that is gone", Kind("StatefulSet"), "", Remove),
    Operator::on_the_way("secret-removed", REMOVED, "a Secret that is gone", Kind("Secret"), "", Remove),
    Operator::on_the_way("policy-removed", REMOVED, "a network policy that is gone", Kind("NetworkPolicy"), "", Remove),
    Operator::on_the_way("backup-removed", REMOVED, "a backup that is gone", Kind("CronJob"), "", Remove),
    Operator::on_the_way(
        "service-opened",
        OPENED,
        "a Service that was inside the cluster, as a load balancer",
        Kind("Service"),
        "spec.type",
        Put("LoadBalancer"),
    ),
    Operator::on_the_way(
        "level-lowered",
        OPENED,
        "a namespace that asks less of its pods than it did",
        Kind("Namespace"),
        "metadata.labels",
        Turn(privileged),
    ),
    Operator::on_the_way("tls-dropped", OPENED, "a database that had TLS", Values, "tls.enabled", Put("false"))
        .when(has_tls),
    Operator::on_the_way(
        "context-dropped",
        OPENED,
        "a container that loses its security context",
        Containers,
        "securityContext",
        Drop,
    )
    .when(is_of_a_database),
    Operator::on_the_way(
        "engine-back",
        ENGINE,
        "a server that is older than its data",
        Values,
        "image.tag",
        Put("16.4.0-debian-12-r1"),
    ),
    Operator::on_the_way(
        "engine-ahead",
        ENGINE,
        "a server of the next major version, which cannot read its data",
        Values,
        "image.tag",
        Put("18.1.0-debian-12-r0"),
    ),
];

fn has_replicas(values: &Json) -> bool {
    at(values, &["readReplicas", "persistence", "size"]).is_some()
}

fn has_tls(values: &Json) -> bool {
    at(values, &["tls", "enabled"]) == Some(&Json::Bool(true))
}

fn is_of_a_database(container: &Json) -> bool {
    at(container, &["image"]).and_then(Json::as_str).is_some_and(|image| image.contains("postgres"))
}

fn privileged(labels: &Json) -> Option<Json> {
    const LEVEL: &str = "pod-security.kubernetes.io/enforce";
    labels.get(LEVEL).filter(|level| level.as_str() != Some("privileged"))?;
    let mut labels = labels.as_object()?.clone();
    labels.insert(LEVEL.to_owned(), json!("privileged"));
    Some(Json::Object(labels))
}
