//! The folder of what gen manages of the namespace.

use super::{Files, kubernetes, kustomization};
use crate::{manifest::Origins, plan::Plan};

pub(super) fn render(plan: &Plan, files: &mut Files) {
    let namespace = &plan.namespace;
    let name = namespace.name.as_str();
    let mut objects =
        vec![("namespace.yaml", kubernetes::namespace(name, namespace.pod_security.as_str()), "namespace")];
    if !namespace.quota.is_empty() {
        objects.push(("resourcequota.yaml", kubernetes::resource_quota(name, &namespace.quota), "namespace.quota"));
    }
    if namespace.default_deny {
        objects.push(("networkpolicy.yaml", kubernetes::default_deny(name), "namespace.defaultDeny"));
    }
    let resources: Vec<String> = objects.iter().map(|(file, _, _)| (*file).to_owned()).collect();
    for (file, object, origin) in objects {
        files.yaml(format!("namespace/{file}"), object, Origins::new(origin));
    }
    files.yaml("namespace/kustomization.yaml".to_owned(), kustomization(&resources).into(), Origins::new("namespace"));
}
