//! A change that nobody will see.

use super::{Check, Report, Rule, Transition, transition::kept};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "parked-change",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "A change goes to something that Flux is told to leave as it is.",
    rationale: "Under `suspend: true` Flux brings nothing to the cluster and says nothing either. The change waits, with all later ones, and \
                arrives unannounced with whoever resumes next.",
    remedy: "Resume in the same commit (`suspend: false`), or say in the commit that the change waits.",
    bad: "spec:\n  suspend: true\n  chart:\n    spec:\n      version: 17.0.2   # was 16.7.27\n",
    good: "spec:\n  suspend: false\n  chart:\n    spec:\n      version: 17.0.2   # was 16.7.27\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["konflate suspended"],
    check: Check::Change(check),
};

fn check(transition: &Transition<'_>, report: &mut Report<'_>) {
    for (before, after) in kept(&transition.before.parked, &transition.after.parked) {
        let (old, new) = (&before.says, &after.says);
        let is_changed = old.own != new.own || old.brings != new.brings;
        if new.is_suspended && is_changed {
            let message =
                format!("this change waits: {} is suspended, so Flux does not bring it to the cluster", after.thing);
            report.violation(&after.at, message, "write `suspend: false`, or say in the commit that it shall wait");
        }
    }
}
