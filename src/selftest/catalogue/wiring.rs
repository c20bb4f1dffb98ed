//! How a tree reaches its cluster: sources, paths, order, keys, names.

use serde_json::{Value as Json, json};

use crate::{
    manifest::at,
    selftest::operator::{
        Change::{Copy, Drop, Push, Put, Remove, Turn, Unlisted},
        On::{Containers, Kind, Pods, Values},
        Operator,
    },
};

const FLUX: &str = "kustomize.toolkit.fluxcd.io/Kustomization";
const KUSTOMIZE: &str = "kustomize.config.k8s.io/Kustomization";
const DANGLING: &[&str] = &["dangling-reference"];

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new(
        "decryption-gone",
        &["undecryptable-secret"],
        "sealed files that nothing opens",
        Kind(FLUX),
        "spec.decryption",
        Drop,
    ),
    Operator::new(
        "decryption-provider",
        &["undecryptable-secret", "invalid-object"],
        "sealed files that are opened by something else",
        Kind(FLUX),
        "spec.decryption.provider",
        Put("vault"),
    ),
    Operator::new(
        "source-dangling",
        DANGLING,
        "a Kustomization whose source is not there",
        Kind(FLUX),
        "spec.sourceRef.name",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "chart-source-dangling",
        DANGLING,
        "a HelmRelease whose source is not there",
        Kind("HelmRelease"),
        "spec.chart.spec.sourceRef.name",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "chart-ref-dangling",
        DANGLING,
        "a HelmRelease whose chart is not there",
        Kind("HelmRelease"),
        "spec.chartRef.name",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "values-dangling",
        DANGLING,
        "a HelmRelease whose values are not there",
        Kind("HelmRelease"),
        "spec.valuesFrom.*.name",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "depends-dangling",
        DANGLING,
        "a Kustomization that waits for one that is not there",
        Kind(FLUX),
        "spec.dependsOn.*.name",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "health-dangling",
        DANGLING,
        "a health check of something that is not there",
        Kind(FLUX),
        "spec.healthChecks.*.name",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "secret-dangling",
        DANGLING,
        "a Secret that is not there, in the values of a chart",
        Values,
        "auth.existingSecret",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "certificate-dangling",
        DANGLING,
        "a certificate that is not there, in the values of a chart",
        Values,
        "tls.certificatesSecret",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "claim-dangling",
        DANGLING,
        "a claim that is not there, in the values of a chart",
        Values,
        "*.persistence.existingClaim",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "env-secret-dangling",
        DANGLING,
        "a Secret that is not there, in a container",
        Containers,
        "env.*.valueFrom.secretKeyRef.name",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "volume-claim-dangling",
        DANGLING,
        "a claim that is not there, in a pod",
        Pods,
        "volumes.*.persistentVolumeClaim.claimName",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "volume-secret-dangling",
        DANGLING,
        "a Secret that is not there, in a pod",
        Pods,
        "volumes.*.secret.secretName",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "claim-gone",
        &["dangling-reference", "destructive-removal"],
        "a claim that pods need and that is gone",
        Kind("PersistentVolumeClaim"),
        "",
        Remove,
    )
    .in_whole_trees(),
    Operator::new(
        "sealed-gone",
        &["dangling-reference", "destructive-removal"],
        "a Secret that pods need and that is gone",
        Kind("Secret"),
        "",
        Remove,
    )
    .in_whole_trees(),
    Operator::new(
        "source-gone",
        DANGLING,
        "a source that a release needs and that is gone",
        Kind("GitRepository"),
        "",
        Remove,
    )
    .in_whole_trees(),
    Operator::new(
        "wrong-path",
        &["missing-file", "dangling-reference"],
        "a Kustomization whose path is not there",
        Kind(FLUX),
        "spec.path",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "self-dependency",
        &["dependency-cycle"],
        "a Kustomization that waits for itself",
        Kind(FLUX),
        "spec",
        Turn(after_itself),
    ),
    Operator::new(
        "cycle",
        &["dependency-cycle"],
        "two Kustomizations that wait for each other",
        Kind(FLUX),
        "",
        Turn(after_the_last),
    )
    .when(is_first),
    Operator::new(
        "file-unlisted",
        &["unlisted-file"],
        "a file that its kustomization does not list any more",
        Kind(KUSTOMIZE),
        "resources.*",
        Drop,
    ),
    Operator::new(
        "file-missing",
        &["missing-file"],
        "a file that a kustomization lists and that is not there",
        Kind(KUSTOMIZE),
        "resources",
        Push("not-there.yaml"),
    ),
    Operator::new(
        "values-file-missing",
        &["missing-file"],
        "a values file that is not there",
        Kind(KUSTOMIZE),
        "configMapGenerator.*.files",
        Put("[values.yaml=not-there.yaml]"),
    ),
    Operator::new(
        "new-file-unlisted",
        &["unlisted-file"],
        "an object in a file that nothing lists",
        Kind("Service"),
        "",
        Unlisted("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra, namespace: NAMESPACE}\ndata: {a: b}\n"),
    )
    .in_whole_trees(),
    Operator::new(
        "listed-twice",
        &["two-owners", "missing-file", "invalid-object"],
        "a file that a kustomization lists twice",
        Kind(KUSTOMIZE),
        "resources",
        Turn(first_twice),
    ),
    Operator::new("two-owners", &["two-owners"], "an object that stands in two files", Kind("Service"), "", Copy(same))
        .in_whole_trees(),
    Operator::new(
        "two-owners-of-a-path",
        &["two-owners"],
        "two Kustomizations for one folder",
        Kind(FLUX),
        "",
        Copy(renamed),
    ),
    Operator::new(
        "unwatched-values",
        &["unwatched-values"],
        "values whose change Flux does not notice",
        Kind(KUSTOMIZE),
        "configMapGenerator.*.options.labels",
        Drop,
    ),
    Operator::new(
        "no-remediation",
        &["missing-remediation"],
        "a release that gives up after its first failure",
        Kind("HelmRelease"),
        "spec.upgrade",
        Drop,
    ),
    Operator::new(
        "no-install-remediation",
        &["missing-remediation"],
        "a release whose first installation is never tried again",
        Kind("HelmRelease"),
        "spec.install",
        Drop,
    ),
    Operator::new(
        "unguarded",
        &["unguarded-prune"],
        "a Kustomization whose end is the end of its database",
        Kind(FLUX),
        "spec.deletionPolicy",
        Drop,
    ),
    Operator::new(
        "wrong-namespace",
        &["namespace-mismatch", "dangling-reference", "open-network-policy"],
        "an object in another namespace than what belongs to it",
        Kind("NetworkPolicy"),
        "metadata.namespace",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "service-elsewhere",
        &["namespace-mismatch", "dangling-reference"],
        "a Service in another namespace than its pods",
        Kind("Service"),
        "metadata.namespace",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "release-elsewhere",
        &["namespace-mismatch", "dangling-reference"],
        "a release in another namespace than its values",
        Kind("HelmRelease"),
        "metadata.namespace",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "chart-range",
        &["floating-version"],
        "a chart by a range of versions",
        Kind("HelmRelease"),
        "spec.chart.spec.version",
        Put("'>=17.0.0'"),
    ),
    Operator::new(
        "chart-wildcard",
        &["floating-version"],
        "a chart by a wildcard",
        Kind("HelmRelease"),
        "spec.chart.spec.version",
        Put("17.x"),
    ),
    Operator::new(
        "source-branch",
        &["floating-version"],
        "a source by a branch",
        Kind("GitRepository"),
        "spec.ref",
        Put("{branch: main}"),
    ),
    Operator::new(
        "source-head",
        &["floating-version"],
        "a source without a version",
        Kind("GitRepository"),
        "spec.ref",
        Drop,
    ),
    Operator::new(
        "oci-latest",
        &["floating-version"],
        "an artifact by the tag latest",
        Kind("OCIRepository"),
        "spec.ref",
        Put("{tag: latest}"),
    ),
    Operator::new(
        "plain-http",
        &["unverified-source"],
        "a source without TLS",
        Kind("GitRepository"),
        "spec.url",
        Turn(http),
    ),
    Operator::new(
        "insecure-oci",
        &["unverified-source"],
        "a registry without TLS",
        Kind("OCIRepository"),
        "spec.insecure",
        Put("true"),
    ),
    Operator::new(
        "argo-head",
        &["floating-version"],
        "an Application that follows HEAD",
        Kind("Application"),
        "spec.source.targetRevision",
        Put("HEAD"),
    ),
    Operator::new(
        "argo-range",
        &["floating-version"],
        "an Application that follows a range",
        Kind("Application"),
        "spec.source.targetRevision",
        Put("17.*"),
    ),
];

fn is_first(object: &Json) -> bool {
    at(object, &["spec", "dependsOn"]).is_none()
}

/// A name that nothing has.
fn other(name: &Json) -> Option<Json> {
    Some(json!(format!("{}-other", name.as_str()?)))
}

fn after_itself(spec: &Json) -> Option<Json> {
    // The names of gen's Kustomizations end in the folder that they bring.
    let folder = spec.get("path")?.as_str()?.trim_start_matches("./").to_owned();
    let mut parts = folder.rsplit('/');
    let (service, environment) = (parts.next()?, parts.next()?);
    let mut spec = spec.as_object()?.clone();
    spec.insert("dependsOn".to_owned(), json!([{ "name": format!("{environment}-{service}") }]));
    Some(Json::Object(spec))
}

fn after_the_last(object: &Json) -> Option<Json> {
    let name = at(object, &["metadata", "name"])?.as_str()?.strip_suffix("-namespace")?;
    let mut object = object.clone();
    let spec = object.get_mut("spec")?.as_object_mut()?;
    spec.insert("dependsOn".to_owned(), json!([{ "name": format!("{name}-postgres") }]));
    Some(object)
}

fn first_twice(resources: &Json) -> Option<Json> {
    let mut resources = resources.as_array()?.clone();
    resources.push(resources.first()?.clone());
    Some(Json::Array(resources))
}

fn same(object: &Json) -> Option<Json> {
    Some(object.clone())
}

fn renamed(object: &Json) -> Option<Json> {
    let mut object = object.clone();
    let name = object.pointer_mut("/metadata/name")?;
    *name = json!(format!("{}-again", name.as_str()?));
    Some(object)
}

fn http(url: &Json) -> Option<Json> {
    Some(json!(url.as_str()?.strip_prefix("https://").map(|rest| format!("http://{rest}"))?))
}
