//! Claims without a storage class.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{ClaimFlaw, View},
};

pub(super) const RULE: Rule = Rule {
    id: "default-storage-class",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "A database's claim leaves its storage class to the cluster.",
    rationale: "What the default class is differs from cluster to cluster and changes when somebody marks another one: the data \
                of a new replica then lies on another disk, with another fate when its claim goes. A claim cannot change its \
                class afterwards.",
    remedy: "Name the class: `storage.class` in the environment, `persistence.storageClass` in the chart, `storageClassName` \
             in a claim.",
    bad: "kind: StatefulSet\nmetadata: {name: db}\nspec:\n  template: {spec: {containers: [{name: db, image: \"docker.io/library/postgres:17.6\"}]}}\n  volumeClaimTemplates:\n    - spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}\n",
    good: "kind: StatefulSet\nmetadata: {name: db}\nspec:\n  template: {spec: {containers: [{name: db, image: \"docker.io/library/postgres:17.6\"}]}}\n  volumeClaimTemplates:\n    - spec: {storageClassName: local-path, accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["Kyverno require-storageclass"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for claim in &view.claims {
        if claim.flaw == ClaimFlaw::NoClass {
            let message = "this claim of a database takes whatever class is the cluster's default on that day";
            report.violation(&claim.at, message, "name the storage class, such as `local-path`");
        }
    }
}
