//! A password that nobody knows.

use super::{Check, Report, Rule};
use crate::{diagnostic::Severity, view::View};

pub(super) const RULE: Rule = Rule {
    id: "random-password",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "The chart makes up the database's password.",
    rationale: "It is in no Secret of the repository, so nothing brings it back: a restored cluster gets another one, and the data keeps the old. \
                Argo CD renders the chart without looking into the cluster, so it gets a new one with every sync, and locks everybody out.",
    remedy: "Seal a Secret with the passwords (`gen secret generate`) and name it in `auth.existingSecret`.",
    bad: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: postgres, namespace: shop}\nspec:\n  chart: {spec: {chart: postgresql, version: 17.0.2}}\n  \
          values:\n    auth:\n      username: shop\n",
    good: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: postgres, namespace: shop}\nspec:\n  chart: {spec: {chart: postgresql, version: 17.0.2}}\n  \
           values:\n    auth:\n      username: shop\n      existingSecret: postgres-auth\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for generated in &view.generated {
        let message = format!(
            "neither `{}` nor a password is set, so the chart makes one up that no file knows",
            generated.setting
        );
        report.violation(
            &generated.at,
            message,
            format!("seal a Secret with the passwords and name it in `{}`", generated.setting),
        );
    }
}
