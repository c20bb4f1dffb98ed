//! What the namespace's quota asks of every container.

use serde_json::Value as Json;

use super::Postgres;
use crate::component::Outcome;

impl Postgres<'_> {
    /// Under a quota for a resource Kubernetes refuses pods with a container that leaves that resource open, unless a
    /// LimitRange fills it in.
    pub(super) fn check_quota(&self, values: &Json, outcome: &mut Outcome) {
        let of = |path: &str| values.pointer(path).cloned().unwrap_or_default();
        let mut containers = vec![("resources", of("/primary/resources"))];
        if self.spec.metrics {
            containers.push(("values.metrics.resources", of("/metrics/resources")));
        }
        if let Some(backup) = &self.spec.backup {
            containers.push(("backup.resources", super::backup::resources(backup)));
        }
        for name in self.context.quota.keys() {
            for (key, _) in containers.iter().filter(|(_, resources)| leaves_open(resources, name)) {
                outcome.warning(
                    "quota-without-amount",
                    self.at(*key),
                    format!("the namespace has a quota for {name}, and Kubernetes refuses pods that leave it open"),
                    format!("set it below `{key}`, or add a LimitRange to `manifests:`"),
                );
            }
        }
    }
}

/// Whether `resources` say nothing about what the quota `name` counts. A limit without a request is a request too.
fn leaves_open(resources: &Json, name: &str) -> bool {
    let (kinds, resource): (&[&str], &str) = match name.split_once('.') {
        Some(("limits", resource)) => (&["limits"], resource),
        Some(("requests", resource)) => (&["requests", "limits"], resource),
        _ => (&["requests", "limits"], name),
    };
    matches!(resource, "cpu" | "memory" | "ephemeral-storage")
        && kinds.iter().all(|kind| resources.get(kind).and_then(|amounts| amounts.get(resource)).is_none())
}
