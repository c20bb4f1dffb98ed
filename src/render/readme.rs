//! `gitops/<env>/README.md`: what runs here, who may connect, and what to do at 2 a.m.

use std::sync::LazyLock;

use serde_json::{Value as Json, json};

use super::Files;
use crate::{
    manifest::{Origin, Origins},
    part::{Allowance, Body, ChartPin, ChartSource, GitReference, Peer},
    plan::{Component, Plan},
    template::Document,
};

static README: LazyLock<Document> = LazyLock::new(|| Document::compile(include_str!("readme.md.jinja")));

pub(super) fn render(plan: &Plan, files: &mut Files) {
    let components: Vec<Json> = plan.components.iter().map(|component| describe(plan, component)).collect();
    let scope = json!({
        "environment": plan.environment,
        "source": plan.source,
        "namespace": plan.namespace.name.as_str(),
        "managed": plan.namespace.manage,
        "pod_security": plan.namespace.pod_security.as_str(),
        "flux_namespace": plan.flux.source.namespace.as_str(),
        "components": components,
    });
    files.bytes("README.md".to_owned(), README.render(&scope).into_bytes(), Origins::new(Origin::fixed("services")));
}

fn describe(plan: &Plan, component: &Component) -> Json {
    let host = |service: &str| format!("{service}.{}.svc", plan.namespace.name);
    let (mut endpoints, mut secrets, mut clients, mut claims, mut jobs) = (vec![], vec![], vec![], vec![], vec![]);
    let (mut runbook, mut chart) = (String::new(), None);
    for (_, body) in component.bodies() {
        match body {
            Body::Endpoint(endpoint) => endpoints.push(json!({
                "host": host(&endpoint.name), "port": endpoint.port, "purpose": endpoint.purpose,
            })),
            Body::SecretDemand(demand) => secrets.extend(demand.keys.iter().map(|key| {
                json!({ "name": demand.name, "key": key.name, "purpose": key.purpose, "external": demand.external })
            })),
            Body::NetworkRule(rule) => clients.extend(rule.ingress.iter().map(client)),
            Body::Claim(claim) => claims.push(json!({
                "name": claim.name.value,
                "purpose": claim.purpose,
                "size": claim.size.value.to_string(),
                "class": claim.class.as_ref().map(|class| class.value.to_string()),
                "access_mode": claim.access_mode.value,
            })),
            Body::Job(job) => jobs.push(json!({ "name": job.name.value, "schedule": job.schedule.value })),
            Body::Runbook(text) => runbook.push_str(text),
            Body::Release(release) => chart = Some(pinned(&release.chart)),
        }
    }
    json!({
        "instance": component.instance, "kind": component.kind, "endpoints": endpoints, "secrets": secrets,
        "clients": clients, "claims": claims, "jobs": jobs, "runbook": runbook, "chart": chart,
    })
}

fn client(allowed: &Allowance) -> Json {
    let ports: Vec<String> = allowed.ports.iter().map(|port| port.value.to_string()).collect();
    json!({ "name": allowed.name, "who": who(&allowed.peer), "ports": ports.join(", ") })
}

fn who(peer: &Peer) -> String {
    let labels: Vec<String> = peer.labels.iter().map(|(key, value)| format!("`{key}={}`", value.value)).collect();
    let pods =
        if labels.is_empty() { "every pod".to_owned() } else { format!("pods labelled {}", labels.join(" and ")) };
    match &peer.namespace {
        Some(namespace) => format!("{pods} of the namespace `{}`", namespace.value),
        None => format!("{pods} of this namespace"),
    }
}

fn pinned(chart: &ChartPin) -> String {
    let place = match &chart.source {
        ChartSource::Git { url, reference: GitReference::Tag(tag), path } => {
            format!("{path} of {url} at the tag `{tag}`")
        }
        ChartSource::Git { url, reference: GitReference::Commit(commit), path } => {
            format!("{path} of {url} at the commit `{commit}`")
        }
        ChartSource::Oci { url, digest: Some(digest) } => format!("{url} at `{digest}`"),
        ChartSource::Oci { url, digest: None } => format!("{url}, by its tag"),
        ChartSource::Repository { url } => format!("the Helm repository {url}"),
        ChartSource::Vendored { path } => format!("`{path}` of this repository"),
    };
    format!("{} {} from {place}", chart.name, chart.version)
}
