//! Objects that make pods.

use super::Spot;

/// Where the pod's template stands in a workload.
const TEMPLATES: &[(&str, &[&str])] = &[
    ("CronJob", &["spec", "jobTemplate", "spec", "template"]),
    ("DaemonSet", &["spec", "template"]),
    ("Deployment", &["spec", "template"]),
    ("Job", &["spec", "template"]),
    ("PodTemplate", &["template"]),
    ("ReplicaSet", &["spec", "template"]),
    ("ReplicationController", &["spec", "template"]),
    ("StatefulSet", &["spec", "template"]),
];

/// The pod that a workload makes, or that the object is.
pub(super) fn pod_template<'a, 'v>(body: &Spot<'a, 'v>) -> Option<Spot<'a, 'v>> {
    match body.kind() {
        "Pod" => Some(body.clone()),
        kind => body.get(TEMPLATES.iter().find(|(name, _)| *name == kind)?.1),
    }
}

/// The spec of a workload's pod.
pub(super) fn pod_spec<'a, 'v>(body: &Spot<'a, 'v>) -> Option<Spot<'a, 'v>> {
    pod_template(body)?.get(&["spec"])
}

/// The labels of a workload's pod.
pub(super) fn pod_labels<'a, 'v>(body: &Spot<'a, 'v>) -> Option<Spot<'a, 'v>> {
    pod_template(body)?.get(&["metadata", "labels"])
}

/// Whether a workload's pods stay: jobs come, use a database and go.
pub(super) fn is_server(body: &Spot<'_, '_>) -> bool {
    !matches!(body.kind(), "Job" | "CronJob")
}
