//! Secrets in environment variables.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{PodFlaw, View},
};

pub(super) const RULE: Rule = Rule {
    id: "secrets-as-env",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "A secret reaches a container as an environment variable.",
    rationale: "Environment variables are inherited by every child, show in crash dumps and in `kubectl exec -- env`, and keep \
                their value until the pod is restarted.",
    remedy: "Mount the Secret as a file, and let the program read it: most images take `..._FILE`. Bitnami's charts do with \
             `auth.usePasswordFiles: true`, their default.",
    bad: "kind: Pod\nmetadata: {name: app}\nspec:\n  containers:\n    - {name: app, env: [{name: PGPASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}]}\n",
    good: "kind: Pod\nmetadata: {name: app}\nspec:\n  containers:\n    - {name: app, env: [{name: PGPASSFILE, value: /run/secrets/db/pgpass}]}\n",
    hides_lines: false,
    is_opinion: true,
    elsewhere: &["Checkov CKV_K8S_35", "kube-linter read-secret-from-env-var", "Kubescape C-0207"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for upkeep in &view.upkeep {
        let PodFlaw::SecretInEnv(name) = &upkeep.flaw else { continue };
        let message = format!(
            "a secret reaches the container `{name}` as an environment variable, which children and dumps show"
        );
        report.violation(&upkeep.at, message, "mount it as a file");
    }
}
