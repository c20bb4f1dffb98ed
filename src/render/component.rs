//! The folder of one service.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Document, Files, NAMESPACE, flux, kubernetes, kustomization};
use crate::{
    manifest::{Object, Origin, Origins, Traced, comments, pointer},
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
            Body::Claim(claim) => folder.object(kubernetes::claim(claim, origin, namespace)),
            Body::Endpoint(endpoint) if endpoint.own => {
                folder.object(kubernetes::service(endpoint, origin, namespace));
            }
            Body::NetworkRule(rule) => folder.object(kubernetes::network_policy(rule, origin, namespace)),
            Body::Job(job) => folder.object(kubernetes::cron_job(job, origin, namespace)),
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
    resources: Vec<Traced<String>>,
    taken: BTreeMap<String, usize>,
}

impl Folder<'_> {
    /// Writes one object to a file named after its kind; further ones of a kind carry what their name has beyond the
    /// instance's.
    fn object(&mut self, mut object: Document) {
        if self.is_adopted() {
            object.body["metadata"]["annotations"][flux::KEEP.0] = flux::KEEP.1.into();
            object.origins.record(pointer("/metadata/annotations", flux::KEEP.0), self.at("release"));
        }
        let text = |pointer: &str| object.body.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned();
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
        self.yaml(file, object);
    }

    fn yaml(&mut self, file: String, object: Document) {
        let path = self.path(&file);
        self.resources.push(Traced::new(file, object.origins.whole()));
        self.files.yaml(path, object);
    }

    /// The environment path of a key of the service.
    fn at(&self, key: &'static str) -> Origin {
        self.component.origin.at(key)
    }

    fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.component.instance)
    }

    fn is_adopted(&self) -> bool {
        self.component.bodies().any(|(_, body)| matches!(body, Body::Release(release) if release.adopted))
    }

    /// Source, release and values; gives the name of the values' ConfigMap.
    fn release(&mut self, release: &Release, origin: &Origin) -> String {
        if let Some(source) = flux::chart_source(self.plan, self.component, &release.chart) {
            self.yaml("source.yaml".to_owned(), source);
        }
        let config_map = format!("{}-values", self.component.instance);
        let object = flux::helm_release(self.plan, self.component, release, origin, &config_map);
        self.yaml("release.yaml".to_owned(), object);
        let values = Document { body: release.values.clone(), origins: release.origins.clone() };
        let (file, chart) = (self.path("values.yaml"), &release.chart);
        self.files.rendered.bundle.values.insert(file.clone(), (chart.name.clone(), chart.version.to_string()));
        self.files.yaml(file, values);
        config_map
    }

    fn copies(&mut self) {
        for copy in &self.component.copies {
            let path = self.path(&copy.name);
            let text = std::str::from_utf8(&copy.bytes).unwrap_or_default();
            let written = |node: &Node| Object::written(&path, &copy.source, node.clone(), text, Some(&copy.origin));
            let objects = copy.documents.iter().map(written);
            self.files.rendered.bundle.objects.extend(objects);
            let said = comments(&copy.source, Some(&copy.origin), &copy.bytes, &copy.documents);
            self.files.rendered.bundle.comments.extend(said);
            self.files.bytes(path, copy.bytes.clone(), Origins::new(copy.origin.as_str()));
            self.resources.push(Traced::new(copy.name.clone(), copy.origin.as_str()));
        }
    }

    fn kustomization(&mut self, values: Option<String>) {
        let mut document = kustomization(&self.resources, &self.component.origin);
        if let Some(name) = values {
            // A stable name, so that the HelmRelease can refer to it; the watch label makes Flux notice a change at once.
            document.body["configMapGenerator"] = json!([{
                "name": name,
                "namespace": self.plan.namespace.name.as_str(),
                "files": ["values.yaml"],
                "options": {
                    "disableNameSuffixHash": true,
                    "labels": { "app.kubernetes.io/managed-by": "gen", "reconcile.fluxcd.io/watch": "Enabled" },
                },
            }]);
            document.origins.record("/configMapGenerator/0/namespace", NAMESPACE);
        }
        if self.component.copies.iter().any(|copy| copy.sealed) {
            document.body["patches"] = json!([flux::sealed_secret_patch(self.is_adopted())]);
        }
        self.files.yaml(self.path("kustomization.yaml"), document);
    }
}
