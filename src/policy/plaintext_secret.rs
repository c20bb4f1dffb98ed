//! A secret in plain text.

use super::{Check, Report, Rule};
use crate::{diagnostic::Severity, view::View};

pub(super) const RULE: Rule = Rule {
    id: "plaintext-secret",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A secret stands in plain text where everybody who can read the repository can read it.",
    rationale: "What was committed once stays in the history of every clone, whatever is committed later; base64 is no seal. \
                Values of a Helm release are also kept in the cluster, in a Secret for every revision, and some charts copy \
                them into environment variables.",
    remedy: "Keep the value in a Secret that is sealed with SOPS (docs/secrets.md) and refer to it by name. A value that was \
             ever committed has to be changed at its source.",
    bad: "services:\n  postgres:\n    values:\n      auth: {password: hunter2}\n",
    good: "services:\n  postgres:\n    secret: {name: postgres-auth}   # environments/staging/secrets/postgres-auth.sops.yaml\n",
    hides_lines: true,
    is_opinion: false,
    elsewhere: &[
        "Checkov CKV_SECRET_4",
        "gitleaks kubernetes-secret-yaml",
        "KICS Password in URL",
        "kube-linter env-var-secret",
        "Kubescape C-0012",
        "Polaris sensitiveConfigmapContent",
        "Polaris sensitiveContainerEnvVar",
        "Trivy KSV-0109",
        "Trivy KSV-01010",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for credential in &view.credentials {
        let weak = if credential.is_guessed { ", and is one that everybody tries first" } else { "" };
        let message = format!("{} stands here in plain text{weak}", credential.what);
        report.violation(&credential.at, message, credential.instead);
    }
}
