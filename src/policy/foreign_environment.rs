//! An environment that leads to another one. Whoever knows all environments tells.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "foreign-environment",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "A text leads to where another environment lives.",
    rationale: "A host, a namespace or a bucket that was copied from another environment works at once, with the wrong data: production reads staging, or staging writes \
                into production.",
    remedy: "Name what is meant here; `${{ env.namespace }}` is this environment's own.",
    bad: "# environments/production.yaml\nservices:\n  postgres:\n    clients:\n      api: {namespace: shop-staging}\n",
    good: "# environments/production.yaml\nservices:\n  postgres:\n    clients:\n      api: {namespace: shop-production}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Elsewhere,
};
