//! Databases without a backup.

use super::{Check, Profile, Report, Rule};
use crate::{diagnostic::Severity, view::View};

pub(super) const RULE: Rule = Rule {
    id: "no-backup",
    severity: Severity::Note,
    production: Severity::Error,
    summary: "Nothing in the tree makes a backup of a database.",
    rationale: "A volume is no backup: local-path deletes its folder with the claim, disks fail, and a wrong statement reaches \
                every replica at once. Under the profile `default`, which is for what may be lost, nothing is said.",
    remedy: "Give the service a `backup`; in a hand-written tree a CronJob that dumps it, or a Schedule of Velero. Where \
             backups are made elsewhere, say so in an exception.",
    bad: "services:\n  postgres:\n    storage: 20Gi\n",
    good: "services:\n  postgres:\n    storage: 20Gi\n    backup: {schedule: \"0 2 * * *\", retention: 30d, storage: 50Gi}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["Kyverno velero/backup-all-volumes (adds them)"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    // What may be lost needs no backup.
    if report.scope.profile == Profile::Default {
        return;
    }
    for unsaved in &view.unsaved {
        let message = format!("nothing here makes a backup of this database ({})", unsaved.product);
        let help = "add `backup: {schedule: \"0 2 * * *\", retention: 30d, storage: 50Gi}` to the service, or a CronJob that dumps it";
        report.unless_elsewhere(view.bundle.provided.is_some(), &unsaved.at, message, help);
    }
}
