//! Data that goes with something that people delete without a second thought.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::{Fix, Severity},
    view::{Loss, View},
};

pub(super) const RULE: Rule = Rule {
    id: "data-loss-on-delete",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "Data is deleted together with a pod, a StatefulSet or a manifest.",
    rationale: "Pods, StatefulSets and releases are made anew all the time: to move a node, to change an immutable field, by a \
                renamed folder that a delivery engine prunes. local-path deletes the folder with the claim, so there is \
                nothing left to bind again.",
    remedy: "Keep data in a claim that outlives what uses it: persistence on, retention `Retain`, and a claim's manifest marked \
             with `kustomize.toolkit.fluxcd.io/prune: Disabled` (Flux) or `argocd.argoproj.io/sync-options: \
             Prune=false,Delete=false` (Argo CD). gen's own claims are.",
    bad: "primary:\n  persistentVolumeClaimRetentionPolicy:\n    enabled: true\n    whenDeleted: Delete\n",
    good: "primary:\n  persistentVolumeClaimRetentionPolicy:\n    enabled: true\n    whenDeleted: Retain\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for storage in &view.storage {
        let (message, help) = match storage.loss {
            Loss::WithPod => continue,
            Loss::WithStatefulSet => (
                "the claims, and the data in them, are deleted with the StatefulSet, which every change of an immutable field needs",
                "write `Retain`",
            ),
            Loss::WithReplica => ("a replica's claim is deleted when their number is lowered", "write `Retain`"),
            Loss::WithManifest => (
                "this tree is pruned: when this manifest leaves it, or is renamed, the claim and its data are deleted",
                "add the annotation `kustomize.toolkit.fluxcd.io/prune: Disabled`, under Argo CD \
                 `argocd.argoproj.io/sync-options: Prune=false,Delete=false`",
            ),
        };
        let fix = matches!(storage.loss, Loss::WithStatefulSet | Loss::WithReplica);
        report.violation(&storage.at, message, help).fix = fix.then(|| Fix::Replace("Retain".to_owned()));
    }
}
