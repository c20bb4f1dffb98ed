//! Environments that have grown apart. Whoever knows all environments tells.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "unexplained-drift",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "Something differs from the environment that comes before, and nobody said why.",
    rationale: "What is tried in one environment says something about the next one only as far as they are alike. Sizes, replicas, clients, backups and hosts differ \
                by their nature; a service, an image's repository or a raw chart value that is in one of them only was mostly forgotten in the other.",
    remedy: "Move it into the layer that both extend, or say why it differs: `policy.ignore` with a reason.",
    bad: "# environments/production.yaml\npromotes: staging\nservices:\n  postgres:\n    values: {primary: {pgHbaConfiguration: \"...\"}}   # not in staging\n",
    good: "# environments/base.yaml\nservices:\n  postgres:\n    values: {primary: {pgHbaConfiguration: \"...\"}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["Kyverno ensure-production-matches-staging"],
    check: Check::Elsewhere,
};
