//! Roles that may do everything.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{Grant, View},
};

pub(super) const RULE: Rule = Rule {
    id: "wildcard-rbac",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "A role gives every right on every resource.",
    rationale: "Whoever gets into a pod with such a role has the cluster: it reads every Secret, database passwords among them, starts \
                pods on every node, and takes away the network policies. A database server needs no right at all.",
    remedy: "Name the resources and the verbs that the program asks for; its documentation or its chart lists them.",
    bad: "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: app}\nrules: [{apiGroups: [\"*\"], resources: [\"*\"], verbs: [\"*\"]}]\n",
    good: "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: app}\nrules: [{apiGroups: [\"\"], resources: [configmaps], verbs: [get, watch]}]\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[
        "Checkov CKV_K8S_49",
        "kube-linter wildcard-in-rules, cluster-admin-role-binding",
        "Kubescape C-0187, C-0185",
        "Trivy KSV-0044, KSV-0045, KSV-0046",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for power in &view.powers {
        let (message, help) = match power.gives {
            Grant::Everything => (
                "this gives every right on every resource, Secrets too",
                "name the resources and the verbs that are needed",
            ),
            Grant::ClusterAdmin => (
                "`cluster-admin` may do everything in the whole cluster",
                "bind a role that names the resources and the verbs that are needed",
            ),
        };
        report.violation(&power.at, message, help);
    }
}
