//! The folder of one service.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Files, flux, kubernetes, kustomization};
use crate::{
    manifest::{Object, Origins},
    part::{Body, Release},
    plan::{Component, Plan},
    yaml::Node,
};

pub(super) fn render(plan: &Plan, component: &Component, files: &mut Files) {
    let mut folder = Folder { plan, component, files, resources: Vec::new(), taken: BTreeMap::new() };
    let mut values = None;
    for (origin, body) in component.bodies() {
        let namespace = plan.namespace.name.as_str();
        match body {
            Body::Release(release) => values = Some(folder.release(release, origin)),
            Body::Claim(claim) => folder.object(kubernetes::claim(claim, namespace), Origins::new(origin)),
            Body::Endpoint(endpoint) if endpoint.own => {
                folder.object(kubernetes::service(endpoint, namespace), Origins::new(origin));
            }
            Body::NetworkRule(rule) => folder.object(kubernetes::network_policy(rule, namespace), Origins::new(origin)),
            Body::Job(job) => {
                let mut origins = Origins::new(origin);
                origins.record(&kubernetes::JOB_IMAGE, job.image_origin.as_str());
                folder.object(kubernetes::cron_job(job, namespace), origins);
            }
            Body::Endpoint(_) | Body::SecretDemand(_) | Body::Runbook(_) => {}
        }
    }
    folder.copies();
    folder.kustomization(values);
}

struct Folder<'a> {
    plan: &'a Plan,
    component: &'a Component,
    files: &'a mut Files,
    resources: Vec<String>,
    taken: BTreeMap<String, usize>,
}

impl Folder<'_> {
    /// Writes one object to a file named after its kind; further ones of a kind carry what their name has beyond the
    /// instance's.
    fn object(&mut self, mut object: Json, origins: Origins) {
        if self.is_adopted() {
            object["metadata"]["annotations"][flux::KEEP.0] = flux::KEEP.1.into();
        }
        let text = |pointer: &str| object.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned();
        let kind = text("/kind").to_lowercase();
        let count = self.taken.entry(kind.clone()).or_insert(0);
        *count += 1;
        let name = text("/metadata/name");
        let file = match *count {
            1 => format!("{kind}.yaml"),
            _ => {
                let suffix = name.strip_prefix(&format!("{}-", self.component.instance)).unwrap_or(&name);
                format!("{kind}-{suffix}.yaml")
            }
        };
        self.yaml(file, object, origins);
    }

    fn yaml(&mut self, file: String, object: Json, origins: Origins) {
        let path = self.path(&file);
        self.files.yaml(path, object, origins);
        self.resources.push(file);
    }

    fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.component.instance)
    }

    fn is_adopted(&self) -> bool {
        self.component.bodies().any(|(_, body)| matches!(body, Body::Release(release) if release.adopted))
    }

    /// Source, release and values; gives the name of the values' ConfigMap.
    fn release(&mut self, release: &Release, origin: &str) -> String {
        let chart_origin = format!("charts.{}", release.chart.name);
        if let Some(source) = flux::chart_source(self.plan, self.component, &release.chart) {
            self.yaml("source.yaml".to_owned(), source, Origins::new(chart_origin));
        }
        let config_map = format!("{}-values", self.component.instance);
        let object = flux::helm_release(self.plan, self.component, release, &config_map);
        self.yaml("release.yaml".to_owned(), object, Origins::new(origin));
        self.files.yaml(self.path("values.yaml"), release.values.clone(), release.origins.clone());
        config_map
    }

    fn copies(&mut self) {
        for copy in &self.component.copies {
            let path = self.path(&copy.name);
            let text = std::str::from_utf8(&copy.bytes).unwrap_or_default();
            let written = |node: &Node| Object::written(&path, &copy.source, node.clone(), text, Some(&copy.origin));
            let objects = copy.documents.iter().map(written);
            self.files.rendered.bundle.objects.extend(objects);
            self.files.bytes(path, copy.bytes.clone(), Origins::new(copy.origin.as_str()));
            self.resources.push(copy.name.clone());
        }
    }

    fn kustomization(&mut self, values: Option<String>) {
        let mut map = kustomization(&self.resources);
        if let Some(name) = values {
            // A stable name, so that the HelmRelease can refer to it; the watch label makes Flux notice a change at once.
            let generator = json!({
                "name": name,
                "namespace": self.plan.namespace.name.as_str(),
                "files": ["values.yaml"],
                "options": {
                    "disableNameSuffixHash": true,
                    "labels": { "app.kubernetes.io/managed-by": "gen", "reconcile.fluxcd.io/watch": "Enabled" },
                },
            });
            map.insert("configMapGenerator".to_owned(), json!([generator]));
        }
        if self.component.copies.iter().any(|copy| copy.sealed) {
            map.insert("patches".to_owned(), json!([flux::sealed_secret_patch(self.is_adopted())]));
        }
        let path = self.path("kustomization.yaml");
        self.files.yaml(path, Json::Object(map), Origins::new(self.component.origin.as_str()));
    }
}
