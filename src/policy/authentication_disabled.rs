//! A database that asks nobody who they are.

use super::{Check, Profile, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{Door, View},
};

pub(super) const RULE: Rule = Rule {
    id: "authentication-disabled",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A database lets people in without a password.",
    rationale: "Then the network is all that stands before the data: one open port, one pod that somebody got into, one policy \
                that does not hold because the cluster's network plugin enforces none. Worms look for servers like that, \
                empty them, and leave a note. A server that merely was given no password is a warning where its environment may be lost.",
    remedy: "Give it a password from a sealed Secret, and have pg_hba ask for it with `scram-sha-256`. `trust` is for `local` \
             lines and 127.0.0.1.",
    bad: "services:\n  postgres:\n    values:\n      primary:\n        pgHbaConfiguration: |\n          host all all 0.0.0.0/0 trust\n",
    good: "services:\n  postgres:\n    values:\n      primary:\n        pgHbaConfiguration: |\n          local all all trust\n          host all all 127.0.0.1/32 scram-sha-256\n          hostssl all all all scram-sha-256\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["Kubescape C-0274"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for open in &view.open_doors {
        let product = open.product;
        let mut severity = report.severity;
        let (message, help) = match &open.door {
            Door::TrustedAddress(address) => (
                format!(
                    "`trust` lets whoever connects from `{address}` in as any user that the line names, without a password"
                ),
                "write `scram-sha-256`; keep `trust` for `local` lines and 127.0.0.1",
            ),
            Door::Setting(name) => (
                format!("`{name}` has {product} let everybody in without a password"),
                "take it out, and give the server a password from a Secret",
            ),
            Door::NoUser => (
                format!(
                    "without a user of its own, {product} has the superuser `postgres` without a password, for every address"
                ),
                "set `auth.username`, or leave `auth.enablePostgresUser` at `true`",
            ),
            Door::Missing(setting) => {
                severity = implied(report);
                (format!("nothing sets `{setting}`, so {product} asks nobody for a password"), "set it from a Secret")
            }
            Door::KnownPassword(password) => {
                severity = implied(report);
                (
                    format!(
                        "nothing gives {product} a user and a password, so it takes `{password}` for both, as everybody knows"
                    ),
                    "set them from a Secret",
                )
            }
            Door::Unprotected => (
                format!("`protected-mode no` without a password lets everybody into {product}"),
                "set `requirepass`, from a Secret: `--requirepass $(REDIS_PASSWORD)`",
            ),
        };
        report.finding(severity, &open.at, message, help);
    }
}

/// How much it matters that something is not said.
fn implied(report: &Report<'_>) -> Severity {
    match report.scope.profile {
        Profile::Default => Severity::Warning,
        Profile::Production => Severity::Error,
    }
}
