//! Two servers on one data folder.

use super::{Check, Report, Rule, Transition, transition::kept};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "moved-server",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "A database moves to another StatefulSet, and its claim may let both run at once.",
    rationale: "A claim with `ReadWriteOnce` binds a node and no pod. After a change of name or architecture the new primary was seen to start \
                on it while the old one was still writing (Flux 2.7, chart 17.0.2); with `ReadWriteOncePod` it waited.",
    remedy: "Scale the old StatefulSet to zero, wait for its pod to end, then push. Better: a claim with `ReadWriteOncePod`.",
    bad: "architecture: replication   # was standalone\nprimary:\n  persistence:\n    existingClaim: data   # ReadWriteOnce\n",
    good: "architecture: replication   # was standalone\nprimary:\n  persistence:\n    existingClaim: data   # ReadWriteOncePod\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Change(check),
};

fn check(transition: &Transition<'_>, report: &mut Report<'_>) {
    for (before, after) in kept(&transition.before.homes, &transition.after.homes) {
        let (old, new) = (&before.says, &after.says);
        let mut settings = new.server.iter().zip(&old.server).zip(&new.server_at);
        let Some((((_, is), (_, was)), at)) = settings.find(|((new, old), _)| new != old) else { continue };
        if new.is_own || old.claim != new.claim || new.modes == ["ReadWriteOncePod"] {
            continue;
        }
        let message = format!(
            "from {} to {} the primary moves to another StatefulSet, and its claim may let both run at once",
            name(was),
            name(is)
        );
        let help = "scale the old StatefulSet to zero, and wait for its pod to end, before you push";
        report.violation(at, message, help);
    }
}

fn name(setting: &str) -> &str {
    if setting.is_empty() { "its default" } else { setting }
}
