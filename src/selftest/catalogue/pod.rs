//! What runs and where its data lies: rights, resources, probes, images, volumes, backups.

use serde_json::{Value as Json, json};

use crate::{
    chart::{Facet, ImagePart, Persistence, Setting},
    manifest::at,
    selftest::operator::{
        Change::{Beside, Drop, Push, Put, Remove, Turn},
        On::{Containers, Kind, Pods, Settings, Values},
        Operator,
    },
};

const RIGHTS: &[&str] = &["pod-security"];
const LOST: &[&str] = &["data-loss-on-delete"];
const FLOATING: &[&str] = &["floating-version"];
const GONE: &[&str] = &["image-not-pullable"];

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new(
        "privileged",
        RIGHTS,
        "a privileged container",
        Containers,
        "securityContext.privileged",
        Put("true"),
    ),
    Operator::new("root", RIGHTS, "a container that runs as root", Containers, "securityContext.runAsUser", Put("0")),
    Operator::new(
        "maybe-root",
        RIGHTS,
        "a container that may run as root",
        Containers,
        "securityContext.runAsNonRoot",
        Put("false"),
    ),
    Operator::new(
        "escalation",
        RIGHTS,
        "a container whose processes may gain rights",
        Containers,
        "securityContext.allowPrivilegeEscalation",
        Put("true"),
    ),
    Operator::new(
        "capabilities-kept",
        RIGHTS,
        "a container that keeps its capabilities",
        Containers,
        "securityContext.capabilities",
        Drop,
    ),
    Operator::new(
        "capability-added",
        RIGHTS,
        "a container with SYS_ADMIN",
        Containers,
        "securityContext.capabilities.add",
        Put("[SYS_ADMIN]"),
    ),
    Operator::new(
        "unconfined",
        RIGHTS,
        "a container without a seccomp profile",
        Containers,
        "securityContext.seccompProfile",
        Put("{type: Unconfined}"),
    ),
    Operator::new("no-context", RIGHTS, "a container without a security context", Containers, "securityContext", Drop),
    Operator::new("host-pid", RIGHTS, "a pod that sees its node's processes", Pods, "hostPID", Put("true")),
    Operator::new("host-ipc", RIGHTS, "a pod that shares its node's memory", Pods, "hostIPC", Put("true")),
    Operator::new(
        "host-path",
        &["pod-security", "host-path-volume"],
        "a pod with a folder of its node",
        Pods,
        "volumes",
        Push("{name: node, hostPath: {path: /}}"),
    ),
    Operator::new(
        "values-privileged",
        RIGHTS,
        "a privileged container in the values of a chart",
        Values,
        "*.containerSecurityContext.privileged",
        Put("true"),
    ),
    Operator::new(
        "values-root",
        RIGHTS,
        "a container that runs as root, in the values of a chart",
        Values,
        "*.containerSecurityContext.runAsUser",
        Put("0"),
    ),
    Operator::new(
        "values-maybe-root",
        RIGHTS,
        "a container that may run as root, in the values of a chart",
        Values,
        "*.containerSecurityContext.runAsNonRoot",
        Put("false"),
    ),
    Operator::new(
        "values-escalation",
        RIGHTS,
        "a container whose processes may gain rights, in the values of a chart",
        Values,
        "*.containerSecurityContext.allowPrivilegeEscalation",
        Put("true"),
    ),
    Operator::new(
        "values-capabilities",
        RIGHTS,
        "a container that keeps its capabilities, in the values of a chart",
        Values,
        "*.containerSecurityContext.capabilities.drop",
        Put("[]"),
    ),
    Operator::new(
        "values-capability-added",
        RIGHTS,
        "a container with NET_RAW, in the values of a chart",
        Values,
        "*.containerSecurityContext.capabilities.add",
        Put("[NET_RAW]"),
    ),
    Operator::new(
        "values-unconfined",
        RIGHTS,
        "a container without a seccomp profile, in the values of a chart",
        Values,
        "*.containerSecurityContext.seccompProfile.type",
        Put("Unconfined"),
    ),
    Operator::new(
        "values-no-context",
        RIGHTS,
        "a chart's security context turned off",
        Values,
        "*.containerSecurityContext.enabled",
        Put("false"),
    ),
    Operator::new(
        "values-sidecar",
        RIGHTS,
        "a privileged sidecar in the values of a chart",
        Values,
        "primary.sidecars",
        Put("[{name: shell, image: 'docker.io/library/busybox:1.36.1', securityContext: {privileged: true}}]"),
    ),
    Operator::new(
        "values-host-path",
        &["pod-security", "host-path-volume"],
        "a folder of the node in the values of a chart",
        Settings(is_volumes),
        "",
        Put("[{name: node, hostPath: {path: /}}]"),
    ),
    Operator::new(
        "volume-permissions",
        RIGHTS,
        "a chart's init container that runs as root",
        Values,
        "volumePermissions.enabled",
        Put("true"),
    ),
    Operator::new(
        "token",
        &["service-account-token"],
        "a token for the Kubernetes API that nothing needs",
        Pods,
        "automountServiceAccountToken",
        Put("true"),
    ),
    Operator::new(
        "token-by-default",
        &["service-account-token"],
        "a token for the Kubernetes API, for want of a word",
        Pods,
        "automountServiceAccountToken",
        Drop,
    ),
    Operator::new(
        "values-token",
        &["service-account-token"],
        "a token for the Kubernetes API in the values of a chart",
        Settings(is_token),
        "",
        Put("true"),
    ),
    Operator::new(
        "wildcard-role",
        &["wildcard-rbac"],
        "a Role that may do everything",
        Kind("Service"),
        "",
        Beside(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: everything, namespace: NAMESPACE}\nrules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]\n",
        ),
    ),
    Operator::new(
        "values-wildcard-role",
        &["wildcard-rbac"],
        "a Role that may do everything in the values of a chart",
        Values,
        "rbac",
        Put("{create: true, rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]}"),
    ),
    Operator::new(
        "admin",
        &["wildcard-rbac"],
        "a binding to cluster-admin",
        Kind("Service"),
        "",
        Beside(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: admin}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\nsubjects: [{kind: ServiceAccount, name: default, namespace: NAMESPACE}]\n",
        ),
    ),
    Operator::new(
        "diagnostic-mode",
        &["debug-mode"],
        "a server that sleeps for diagnosis",
        Values,
        "diagnosticMode",
        Put("{enabled: true}"),
    ),
    Operator::new(
        "image-debug",
        &["debug-mode"],
        "an image that logs for debugging",
        Values,
        "image.debug",
        Put("true"),
    ),
    Operator::new(
        "no-resources",
        &["missing-resources"],
        "a container without resources",
        Containers,
        "resources",
        Drop,
    ),
    Operator::new(
        "no-memory-limit",
        &["missing-resources"],
        "a container without a memory limit",
        Containers,
        "resources.limits.memory",
        Drop,
    ),
    Operator::new(
        "no-requests",
        &["missing-resources"],
        "a container without requests",
        Containers,
        "resources.requests",
        Drop,
    ),
    Operator::new(
        "values-no-resources",
        &["missing-resources"],
        "a chart's container without resources",
        Values,
        "*.resources",
        Drop,
    ),
    Operator::new(
        "values-no-memory-limit",
        &["missing-resources"],
        "a chart's container without a memory limit",
        Values,
        "*.resources.limits",
        Drop,
    ),
    Operator::new(
        "no-liveness",
        &["missing-probes"],
        "a server without a liveness probe",
        Containers,
        "livenessProbe",
        Drop,
    ),
    Operator::new(
        "no-readiness",
        &["missing-probes"],
        "a server without a readiness probe",
        Containers,
        "readinessProbe",
        Drop,
    ),
    Operator::new(
        "values-no-liveness",
        &["missing-probes"],
        "a chart's liveness probe turned off",
        Values,
        "*.livenessProbe.enabled",
        Put("false"),
    ),
    Operator::new(
        "values-no-readiness",
        &["missing-probes"],
        "a chart's readiness probe turned off",
        Values,
        "*.readinessProbe.enabled",
        Put("false"),
    ),
    Operator::new(
        "values-no-budget",
        &["disruption-budget"],
        "replicas without a disruption budget",
        Values,
        "*.pdb.create",
        Put("false"),
    )
    .when(is_replicated),
    Operator::new(
        "budget-stuck",
        &["disruption-budget"],
        "a disruption budget that lets no node be drained",
        Kind("PodDisruptionBudget"),
        "spec",
        Turn(no_disruption),
    ),
    Operator::new(
        "values-budget-stuck",
        &["disruption-budget"],
        "a disruption budget that lets no node be drained, in the values of a chart",
        Values,
        "*.pdb.maxUnavailable",
        Put("0"),
    ),
    Operator::new(
        "values-no-persistence",
        &["no-persistence"],
        "a database whose data goes with its pod",
        Settings(is_kept),
        "",
        Put("false"),
    ),
    Operator::new(
        "empty-dir",
        &["no-persistence"],
        "a folder that goes with the pod in the place of a claim",
        Pods,
        "volumes.*",
        Turn(empty_dir),
    ),
    Operator::new(
        "default-class",
        &["default-storage-class"],
        "a claim without a storage class",
        Kind("PersistentVolumeClaim"),
        "spec.storageClassName",
        Drop,
    ),
    Operator::new(
        "values-default-class",
        &["default-storage-class"],
        "a chart's claim without a storage class",
        Values,
        "*.persistence.storageClass",
        Drop,
    ),
    Operator::new(
        "shared-mode",
        &["impossible-access-mode"],
        "an access mode that local-path does not have",
        Kind("PersistentVolumeClaim"),
        "spec.accessModes",
        Put("[ReadWriteMany]"),
    )
    .when(is_local),
    Operator::new(
        "values-shared-mode",
        &["impossible-access-mode"],
        "an access mode that local-path does not have, in the values of a chart",
        Values,
        "*.persistence.accessModes",
        Put("[ReadWriteMany]"),
    )
    .when(is_local_in_values),
    Operator::new(
        "shared-claim",
        &["shared-claim"],
        "replicas that share one claim",
        Values,
        "readReplicas.persistence.existingClaim",
        Put("postgres-data"),
    ),
    Operator::new(
        "unguarded-claim",
        LOST,
        "a claim that goes with its file",
        Kind("PersistentVolumeClaim"),
        "metadata.annotations",
        Drop,
    ),
    Operator::new(
        "unguarded-namespace",
        &["data-loss-on-delete", "unguarded-prune"],
        "a namespace that goes with its file",
        Kind("Namespace"),
        "metadata.annotations",
        Drop,
    ),
    Operator::new(
        "values-retention",
        LOST,
        "a chart's claims that go with it",
        Values,
        "readReplicas.persistentVolumeClaimRetentionPolicy",
        Put("{enabled: true, whenDeleted: Delete}"),
    ),
    Operator::new(
        "set-retention",
        LOST,
        "a StatefulSet whose claims go with it",
        Kind("StatefulSet"),
        "spec.persistentVolumeClaimRetentionPolicy",
        Put("{whenDeleted: Delete, whenScaled: Retain}"),
    ),
    Operator::new(
        "reclaim-delete",
        LOST,
        "a volume that is deleted with its claim",
        Kind("PersistentVolume"),
        "spec.persistentVolumeReclaimPolicy",
        Put("Delete"),
    ),
    Operator::new("backup-gone", &["no-backup"], "a database without its backup", Kind("CronJob"), "", Remove)
        .when(is_backup),
    Operator::new(
        "backup-suspended",
        &["no-backup"],
        "a backup that is suspended",
        Kind("CronJob"),
        "spec.suspend",
        Put("true"),
    )
    .when(is_backup),
    Operator::new("latest", FLOATING, "an image by the tag latest", Containers, "image", Turn(latest)),
    Operator::new("untagged", FLOATING, "an image without a tag", Containers, "image", Turn(untagged)),
    Operator::new(
        "values-latest",
        FLOATING,
        "an image by the tag latest in the values of a chart",
        Settings(is_tag),
        "",
        Turn(latest_tag),
    ),
    Operator::new(
        "values-rolling",
        FLOATING,
        "an image by a tag that moves in the values of a chart",
        Settings(is_tag),
        "",
        Turn(major_tag),
    ),
    Operator::new(
        "values-gone",
        GONE,
        "an image of a place that keeps none any more",
        Settings(is_repository),
        "",
        Turn(bitnami),
    ),
    Operator::new("gone", GONE, "an image of a registry that was closed", Containers, "image", Turn(closed)),
    Operator::new(
        "moved",
        GONE,
        "an image of a place that keeps none any more, in a container",
        Containers,
        "image",
        Put("docker.io/bitnami/postgresql:17.6.0-debian-12-r4"),
    ),
];

fn is_volumes(setting: &Setting) -> bool {
    matches!(setting.path, "primary.extraVolumes" | "readReplicas.extraVolumes")
}

fn is_token(setting: &Setting) -> bool {
    matches!(setting.path, "primary.automountServiceAccountToken" | "readReplicas.automountServiceAccountToken")
}

fn is_replicated(values: &Json) -> bool {
    at(values, &["architecture"]).and_then(Json::as_str) == Some("replication")
}

fn is_kept(setting: &Setting) -> bool {
    setting.facet == Facet::Persistence(Persistence::Enabled) && setting.path.ends_with("persistence.enabled")
}

fn is_local(claim: &Json) -> bool {
    at(claim, &["spec", "storageClassName"]).and_then(Json::as_str) == Some("local-path")
}

fn is_local_in_values(values: &Json) -> bool {
    at(values, &["readReplicas", "persistence", "storageClass"]).and_then(Json::as_str) == Some("local-path")
}

fn is_backup(job: &Json) -> bool {
    at(job, &["metadata", "name"]).and_then(Json::as_str).is_some_and(|name| name.contains("backup"))
}

fn is_tag(setting: &Setting) -> bool {
    setting.facet == Facet::Image(ImagePart::Tag)
}

fn is_repository(setting: &Setting) -> bool {
    setting.facet == Facet::Image(ImagePart::Repository)
}

fn no_disruption(spec: &Json) -> Option<Json> {
    let mut spec = spec.as_object()?.clone();
    spec.shift_remove("minAvailable");
    spec.insert("maxUnavailable".to_owned(), json!(0));
    Some(Json::Object(spec))
}

fn empty_dir(volume: &Json) -> Option<Json> {
    volume.get("persistentVolumeClaim")?;
    Some(json!({ "name": volume.get("name")?, "emptyDir": {} }))
}

/// An image without its digest and its tag.
fn bare(image: &Json) -> Option<&str> {
    let image = image.as_str()?;
    let image = image.split('@').next()?;
    let name = image.rfind('/').map_or(0, |slash| slash + 1);
    Some(image[name..].find(':').map_or(image, |colon| &image[..name + colon]))
}

fn latest(image: &Json) -> Option<Json> {
    Some(json!(format!("{}:latest", bare(image)?)))
}

fn untagged(image: &Json) -> Option<Json> {
    Some(json!(bare(image)?))
}

fn closed(image: &Json) -> Option<Json> {
    let (_, name) = bare(image)?.rsplit_once('/')?;
    Some(json!(format!("k8s.gcr.io/{name}:1.0.0")))
}

fn latest_tag(tag: &Json) -> Option<Json> {
    tag.as_str().map(|_| json!("latest"))
}

fn major_tag(tag: &Json) -> Option<Json> {
    Some(json!(tag.as_str()?.split('.').next()?.split('-').next()?))
}

fn bitnami(repository: &Json) -> Option<Json> {
    Some(json!(repository.as_str()?.strip_prefix("bitnamilegacy/").map(|name| format!("bitnami/{name}"))?))
}
