//! What nobody has tried before. Whoever knows all environments tells.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "production-ahead",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "A chart or an image is newer here than in the environment that comes before.",
    rationale: "Whoever promotes changes from one environment to the next wants them to run there first. A newer version here was tried by nobody.",
    remedy: "Raise it in the environment that `promotes` names, let it run there, then here.",
    bad: "# environments/production.yaml\npromotes: staging\nimages: {postgresql: \"example.com/postgresql:17.7.0\"}   # staging has 17.6.0\n",
    good: "# environments/production.yaml\npromotes: staging\nimages: {postgresql: \"example.com/postgresql:17.6.0\"}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["Kyverno ensure-production-matches-staging"],
    check: Check::Elsewhere,
};
