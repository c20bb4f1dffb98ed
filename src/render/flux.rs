//! Flux's objects. What is not Kubernetes' own has no types in k8s-openapi; fields and apiVersions are those of the CRDs
//! of Flux 2.7.

use serde_json::{Map, Value as Json, json};

use super::{Files, kubernetes::PRUNE, kustomization};
use crate::{
    environment::delivery_object,
    manifest::Origins,
    part::{ChartPin, ChartSource, GitReference, Release},
    plan::{Component, Plan},
};

const MEDIA_TYPE: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/// A Flux Kustomization on its way to a file of the entry point.
pub(super) struct Entry {
    file: String,
    object: Json,
    origin: String,
}

/// Writes the entry point: one Flux Kustomization per component.
pub(super) fn entry_point(entries: Vec<Entry>, files: &mut Files) {
    let resources: Vec<String> = entries.iter().map(|entry| entry.file.clone()).collect();
    for entry in entries {
        files.yaml(format!("flux/{}", entry.file), entry.object, Origins::new(entry.origin));
    }
    files.yaml("flux/kustomization.yaml".to_owned(), kustomization(&resources).into(), Origins::new("services"));
}

/// The Flux Kustomization of the namespace.
pub(super) fn namespace_kustomization(plan: &Plan) -> Entry {
    let spec = kustomization_spec(plan, "namespace", "2m");
    Entry {
        file: "namespace.yaml".to_owned(),
        object: flux_kustomization(plan, "namespace", spec),
        origin: "namespace".to_owned(),
    }
}

/// The Flux Kustomization of a service. It waits for its HelmRelease by a health check and not for everything: a claim
/// that no pod uses yet never becomes ready (seen on a real Flux 2.7).
pub(super) fn component_kustomization(plan: &Plan, component: &Component) -> Entry {
    let mut spec = kustomization_spec(plan, &component.instance, "10m");
    if plan.namespace.manage {
        let namespace = delivery_object(&plan.environment, "namespace");
        spec.insert("dependsOn".to_owned(), json!([{ "name": namespace }]));
    }
    if component.copies.iter().any(|copy| copy.sealed) {
        let secret = plan.flux.decryption_secret();
        spec.insert("decryption".to_owned(), json!({ "provider": "sops", "secretRef": { "name": secret } }));
    }
    if component.chart().is_some() {
        let check = json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2",
            "kind": "HelmRelease",
            "name": component.instance,
            "namespace": plan.namespace.name.as_str(),
        });
        spec.insert("healthChecks".to_owned(), json!([check]));
    }
    Entry {
        file: format!("{}.yaml", component.instance),
        object: flux_kustomization(plan, &component.instance, spec),
        origin: component.origin.clone(),
    }
}

fn kustomization_spec(plan: &Plan, component: &str, timeout: &str) -> Map<String, Json> {
    let root = plan.flux.path.as_ref().map_or(".", |path| path.as_str());
    let prefix = if root == "." { String::new() } else { format!("{root}/") };
    let spec = json!({
        "interval": "1h",
        "retryInterval": "2m",
        "timeout": timeout,
        "path": format!("./{prefix}gitops/{}/{component}", plan.environment),
        "prune": true,
        // Deleting this object must not delete a database.
        "deletionPolicy": "Orphan",
        "sourceRef": { "kind": plan.flux.source.kind.as_str(), "name": plan.flux.source.name.as_str() },
    });
    match spec {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

fn flux_kustomization(plan: &Plan, component: &str, spec: Map<String, Json>) -> Json {
    json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {
            "name": delivery_object(&plan.environment, component),
            "namespace": plan.flux.source.namespace.as_str(),
            "labels": { "app.kubernetes.io/managed-by": "gen" },
        },
        "spec": spec,
    })
}

/// The name of a component's chart source: one each, so that no two Kustomizations own one object.
fn source_name(component: &Component) -> String {
    format!("{}-chart", component.instance)
}

/// The object that fetches the chart; none for a chart in this repository, which Flux has already.
pub(super) fn chart_source(plan: &Plan, component: &Component, chart: &ChartPin) -> Option<Json> {
    let (kind, spec) = match &chart.source {
        ChartSource::Git { url, reference, path } => {
            // The default minute is not enough for bitnami/charts: a commit brings its whole history, some 500 MB.
            let (reference, timeout) = match reference {
                GitReference::Tag(tag) => (json!({ "tag": tag.as_str() }), "5m"),
                GitReference::Commit(commit) => (json!({ "commit": commit.as_str() }), "15m"),
            };
            let spec = json!({
                "interval": "12h",
                "url": url.as_str(),
                "timeout": timeout,
                "ref": reference,
                "sparseCheckout": [path.as_str()],
            });
            ("GitRepository", spec)
        }
        ChartSource::Oci { url, digest } => {
            let reference = match digest {
                Some(digest) => json!({ "digest": digest.as_str() }),
                None => json!({ "tag": chart.version.as_str() }),
            };
            let spec = json!({
                "interval": "12h",
                "url": url.as_str(),
                "layerSelector": { "mediaType": MEDIA_TYPE, "operation": "copy" },
                "ref": reference,
            });
            ("OCIRepository", spec)
        }
        ChartSource::Repository { url } => ("HelmRepository", json!({ "interval": "12h", "url": url.as_str() })),
        ChartSource::Vendored { .. } => return None,
    };
    Some(json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": kind,
        "metadata": {
            "name": source_name(component),
            "namespace": plan.namespace.name.as_str(),
            "labels": { "app.kubernetes.io/managed-by": "gen" },
        },
        "spec": spec,
    }))
}

/// The release. A failed install or upgrade is tried again and never rolled back or uninstalled: there is data below it.
pub(super) fn helm_release(plan: &Plan, component: &Component, release: &Release, config_map: &str) -> Json {
    let retry = json!({ "strategy": { "name": "RetryOnFailure", "retryInterval": "5m" } });
    let (key, chart) = chart_reference(plan, component, &release.chart);
    let mut spec = Map::new();
    spec.insert("releaseName".to_owned(), release.name.as_str().into());
    spec.insert("interval".to_owned(), "30m".into());
    spec.insert("timeout".to_owned(), "10m".into());
    spec.insert(key.to_owned(), chart);
    spec.insert("install".to_owned(), retry.clone());
    spec.insert("upgrade".to_owned(), retry);
    spec.insert("driftDetection".to_owned(), json!({ "mode": "warn" }));
    spec.insert("valuesFrom".to_owned(), json!([{ "kind": "ConfigMap", "name": config_map }]));
    json!({
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {
            "name": component.instance,
            "namespace": plan.namespace.name.as_str(),
            "labels": { "app.kubernetes.io/managed-by": "gen" },
        },
        "spec": spec,
    })
}

fn chart_reference(plan: &Plan, component: &Component, chart: &ChartPin) -> (&'static str, Json) {
    let own = |kind: &str| json!({ "kind": kind, "name": source_name(component) });
    let (path, source) = match &chart.source {
        ChartSource::Oci { .. } => return ("chartRef", own("OCIRepository")),
        ChartSource::Git { path, .. } => (format!("./{path}"), own("GitRepository")),
        ChartSource::Repository { .. } => (chart.name.clone(), own("HelmRepository")),
        ChartSource::Vendored { path } => {
            let root = plan.flux.path.as_ref().map_or(".", |root| root.as_str());
            let prefix = if root == "." { String::new() } else { format!("{root}/") };
            let source = json!({
                "kind": plan.flux.source.kind.as_str(),
                "name": plan.flux.source.name.as_str(),
                "namespace": plan.flux.source.namespace.as_str(),
            });
            (format!("./{prefix}{path}"), source)
        }
    };
    // By version and not by revision: else every commit to the repository would restart the database.
    let spec = json!({
        "chart": path,
        "version": chart.version.as_str(),
        "reconcileStrategy": "ChartVersion",
        "sourceRef": source,
    });
    ("chart", json!({ "spec": spec }))
}

/// Keeps Helm from deleting an object that a live release owned under the same name before gen took it over: Helm asks the
/// object in the cluster, not its own manifest.
pub(super) const KEEP: (&str, &str) = ("helm.sh/resource-policy", "keep");

/// Engine metadata of sealed Secrets, added without touching their data, so that no key is needed to change it.
pub(super) fn sealed_secret_patch(is_adopted: bool) -> Json {
    let keep = if is_adopted { format!("    {}: {}\n", KEEP.0, KEEP.1) } else { String::new() };
    let patch = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: any\n  labels:\n    app.kubernetes.io/managed-by: gen\n  \
         annotations:\n    {PRUNE}: Disabled\n{keep}"
    );
    json!({ "target": { "kind": "Secret" }, "patch": patch })
}
