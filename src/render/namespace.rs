//! The folder of what gen manages of the namespace.

use super::{Document, Files, kubernetes, kustomization};
use crate::{
    manifest::{Origin, Traced},
    plan::Plan,
};

pub(super) fn render(plan: &Plan, files: &mut Files) {
    let namespace = &plan.namespace;
    let name = namespace.name.as_str();
    let mut objects = vec![("namespace.yaml", kubernetes::namespace(name, namespace.pod_security.as_str()))];
    if !namespace.quota.is_empty() {
        objects.push(("resourcequota.yaml", kubernetes::resource_quota(name, &namespace.quota)));
    }
    if namespace.default_deny {
        objects.push(("networkpolicy.yaml", kubernetes::default_deny(name)));
    }
    let listed = |(file, document): &(&str, Document)| Traced::new((*file).to_owned(), document.origins.whole());
    let resources: Vec<_> = objects.iter().map(listed).collect();
    for (file, document) in objects {
        files.yaml(format!("namespace/{file}"), document);
    }
    files.yaml("namespace/kustomization.yaml".to_owned(), kustomization(&resources, Origin::fixed("namespace")));
}
