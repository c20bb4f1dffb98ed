//! Flux's objects. What is not Kubernetes' own has no types in k8s-openapi; fields and apiVersions are those of the CRDs
//! of Flux 2.7.

use serde_json::{Map, Value as Json, json};

use super::{Document, Files, NAMESPACE, kubernetes::PRUNE, kustomization};
use crate::{
    environment::delivery_object,
    manifest::{Origin, Origins, Traced},
    part::{ChartPin, ChartSource, GitReference, Release},
    plan::{Component, Plan},
};

const MEDIA_TYPE: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
/// What decides where this repository comes from.
const SOURCE: Origin = Origin::fixed("delivery.flux.source");

/// A Flux Kustomization on its way to a file of the entry point.
pub(super) struct Entry {
    file: String,
    document: Document,
}

/// Writes the entry point: one Flux Kustomization per component.
pub(super) fn entry_point(entries: Vec<Entry>, files: &mut Files) {
    let listed = |entry: &Entry| Traced::new(entry.file.clone(), entry.document.origins.whole());
    let resources: Vec<_> = entries.iter().map(listed).collect();
    for entry in entries {
        files.yaml(format!("flux/{}", entry.file), entry.document);
    }
    // Whatever the services are, it is there for the engine.
    let entry_point = kustomization(&resources, Origin::fixed("delivery.engine"));
    files.yaml("flux/kustomization.yaml".to_owned(), entry_point);
}

/// The Flux Kustomization of the namespace.
pub(super) fn namespace_kustomization(plan: &Plan) -> Entry {
    let spec = kustomization_spec(plan, "namespace", "2m");
    let document = flux_kustomization(plan, "namespace", spec, Origins::new(Origin::fixed("namespace")));
    Entry { file: "namespace.yaml".to_owned(), document }
}

/// The Flux Kustomization of a service. It waits for its HelmRelease by a health check and not for everything: a claim
/// that no pod uses yet never becomes ready (seen on a real Flux 2.7).
pub(super) fn component_kustomization(plan: &Plan, component: &Component) -> Entry {
    let mut spec = kustomization_spec(plan, &component.instance, "10m");
    let mut origins = Origins::new(&component.origin);
    if plan.namespace.manage {
        let namespace = delivery_object(&plan.environment, "namespace");
        spec.insert("dependsOn".to_owned(), json!([{ "name": namespace }]));
        origins.record("/spec/dependsOn", Origin::fixed("namespace.manage"));
    }
    if component.copies.iter().any(|copy| copy.sealed) {
        let secret = plan.flux.decryption_secret();
        spec.insert("decryption".to_owned(), json!({ "provider": "sops", "secretRef": { "name": secret } }));
        origins.record("/spec/decryption/secretRef/name", Origin::fixed("delivery.flux.decryptionSecret"));
    }
    if component.chart().is_some() {
        let check = json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2",
            "kind": "HelmRelease",
            "name": component.instance,
            "namespace": plan.namespace.name.as_str(),
        });
        spec.insert("healthChecks".to_owned(), json!([check]));
        origins.record("/spec/healthChecks/0/namespace", NAMESPACE);
    }
    let document = flux_kustomization(plan, &component.instance, spec, origins);
    Entry { file: format!("{}.yaml", component.instance), document }
}

fn kustomization_spec(plan: &Plan, component: &str, timeout: &str) -> Map<String, Json> {
    let spec = json!({
        "interval": "1h",
        "retryInterval": "2m",
        "timeout": timeout,
        "path": below_root(plan, &format!("gitops/{}/{component}", plan.environment)),
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

fn flux_kustomization(plan: &Plan, component: &str, spec: Map<String, Json>, mut origins: Origins) -> Document {
    origins.record("/metadata/namespace", Origin::fixed("delivery.flux.source.namespace"));
    origins.record("/spec/path", Origin::fixed("delivery.flux.path"));
    origins.record_copy("/spec/sourceRef", SOURCE);
    let body = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {
            "name": delivery_object(&plan.environment, component),
            "namespace": plan.flux.source.namespace.as_str(),
            "labels": { "app.kubernetes.io/managed-by": "gen" },
        },
        "spec": spec,
    });
    Document { body, origins }
}

/// The name of a component's chart source: one each, so that no two Kustomizations own one object.
fn source_name(component: &Component) -> String {
    format!("{}-chart", component.instance)
}

fn chart_origin(chart: &ChartPin) -> Origin {
    Origin::fixed("charts").join(&chart.name)
}

/// The object that fetches the chart; none for a chart in this repository, which Flux has already.
pub(super) fn chart_source(plan: &Plan, component: &Component, chart: &ChartPin) -> Option<Document> {
    let origin = chart_origin(chart);
    let mut origins = Origins::new(origin.at("source"));
    origins.record("/metadata/name", &component.origin);
    origins.record("/metadata/namespace", NAMESPACE);
    let (kind, spec) = match &chart.source {
        ChartSource::Git { url, reference, path } => {
            // The default minute is not enough for bitnami/charts: a commit brings its whole history, some 500 MB.
            let (key, revision, timeout) = match reference {
                GitReference::Tag(tag) => ("tag", tag.as_str(), "5m"),
                GitReference::Commit(commit) => ("commit", commit.as_str(), "15m"),
            };
            origins.record("/spec/url", origin.at("source.git"));
            origins.record("/spec/ref", origin.at(format!("source.{key}")));
            origins.record("/spec/sparseCheckout", origin.at("source.path"));
            let spec = json!({
                "interval": "12h",
                "url": url.as_str(),
                "timeout": timeout,
                "ref": { key: revision },
                "sparseCheckout": [path.as_str()],
            });
            ("GitRepository", spec)
        }
        ChartSource::Oci { url, digest } => {
            let (key, revision, decides) = match digest {
                Some(digest) => ("digest", digest.as_str(), origin.at("source.digest")),
                None => ("tag", chart.version.as_str(), origin.at("version")),
            };
            origins.record("/spec/url", origin.at("source.oci"));
            origins.record("/spec/ref", decides);
            let spec = json!({
                "interval": "12h",
                "url": url.as_str(),
                "layerSelector": { "mediaType": MEDIA_TYPE, "operation": "copy" },
                "ref": { key: revision },
            });
            ("OCIRepository", spec)
        }
        ChartSource::Repository { url } => {
            origins.record("/spec/url", origin.at("source.repository"));
            ("HelmRepository", json!({ "interval": "12h", "url": url.as_str() }))
        }
        ChartSource::Vendored { .. } => return None,
    };
    let body = json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": kind,
        "metadata": {
            "name": source_name(component),
            "namespace": plan.namespace.name.as_str(),
            "labels": { "app.kubernetes.io/managed-by": "gen" },
        },
        "spec": spec,
    });
    Some(Document { body, origins })
}

/// The release. A failed install or upgrade is tried again and never rolled back or uninstalled: there is data below it.
pub(super) fn helm_release(
    plan: &Plan,
    component: &Component,
    release: &Release,
    origin: &Origin,
    config_map: &str,
) -> Document {
    let mut origins = Origins::new(origin);
    origins.record("/metadata/namespace", NAMESPACE);
    origins.record("/spec/releaseName", &release.name.origin);
    let retry = json!({ "strategy": { "name": "RetryOnFailure", "retryInterval": "5m" } });
    let (key, chart) = chart_reference(plan, component, &release.chart, &mut origins);
    let mut spec = Map::new();
    spec.insert("releaseName".to_owned(), release.name.as_str().into());
    spec.insert("interval".to_owned(), "30m".into());
    spec.insert("timeout".to_owned(), "10m".into());
    spec.insert(key.to_owned(), chart);
    spec.insert("install".to_owned(), retry.clone());
    spec.insert("upgrade".to_owned(), retry);
    spec.insert("driftDetection".to_owned(), json!({ "mode": "warn" }));
    spec.insert("valuesFrom".to_owned(), json!([{ "kind": "ConfigMap", "name": config_map }]));
    let body = json!({
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {
            "name": component.instance,
            "namespace": plan.namespace.name.as_str(),
            "labels": { "app.kubernetes.io/managed-by": "gen" },
        },
        "spec": spec,
    });
    Document { body, origins }
}

fn chart_reference(
    plan: &Plan,
    component: &Component,
    chart: &ChartPin,
    origins: &mut Origins,
) -> (&'static str, Json) {
    let origin = chart_origin(chart);
    let mut own = |at: &str, kind: &str| {
        origins.record(at.to_owned(), origin.at("source"));
        origins.record(format!("{at}/name"), &component.origin);
        json!({ "kind": kind, "name": source_name(component) })
    };
    let at = "/spec/chart/spec/sourceRef";
    let (path, decides, source) = match &chart.source {
        ChartSource::Oci { .. } => return ("chartRef", own("/spec/chartRef", "OCIRepository")),
        ChartSource::Git { path, .. } => (format!("./{path}"), "source.path", own(at, "GitRepository")),
        ChartSource::Repository { .. } => (chart.name.clone(), "source", own(at, "HelmRepository")),
        ChartSource::Vendored { path } => {
            let source = json!({
                "kind": plan.flux.source.kind.as_str(),
                "name": plan.flux.source.name.as_str(),
                "namespace": plan.flux.source.namespace.as_str(),
            });
            origins.record_copy(at, SOURCE);
            (below_root(plan, path.as_str()), "source.path", source)
        }
    };
    origins.record("/spec/chart/spec/chart", origin.at(decides));
    origins.record("/spec/chart/spec/version", origin.at("version"));
    // By version and not by revision: else every commit to the repository would restart the database.
    let spec = json!({
        "chart": path,
        "version": chart.version.as_str(),
        "reconcileStrategy": "ChartVersion",
        "sourceRef": source,
    });
    ("chart", json!({ "spec": spec }))
}

/// A path of this repository in the source that holds it.
pub(super) fn below_root(plan: &Plan, path: &str) -> String {
    match plan.flux.path.as_ref().map(|root| root.as_str()) {
        None | Some(".") => format!("./{path}"),
        Some(root) => format!("./{root}/{path}"),
    }
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
