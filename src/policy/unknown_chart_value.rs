//! A value that the chart does not know, or not in this form.

use super::{Check, Report, Rule, invalid_object::versions};
use crate::{chart, diagnostic::Severity, view::View};

pub(super) const RULE: Rule = Rule {
    id: "unknown-chart-value",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A Helm value has a name that the chart does not know, the wrong type, or an impossible content.",
    rationale: "Helm takes whatever it is given: `primary.persistance` is ignored and the default of 8Gi holds, `architecture: \
                replicaton` runs a single server, and `allowExternal: \"false\"` leaves the network policy open, because a text \
                that is not empty is true. Bitnami's own schema covers 10 of the chart's 496 values.",
    remedy: "Write the value as the model of the chart's version has it: `gen values postgresql PATH` shows type, default and \
             allowed values.",
    bad: "services:\n  postgres:\n    values:\n      primary:\n        persistance: {size: 20Gi}\n",
    good: "services:\n  postgres:\n    storage: 20Gi\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    let versions = versions(report);
    for release in &view.releases {
        if !release.is_known() {
            // Whoever lets another model stand in for a version has been told.
            if view.bundle.provided.is_some() {
                continue;
            }
            let version = release.version.as_deref().unwrap_or_default();
            let message =
                format!("gen has no model of {} {version}, so its values are not checked", release.chart.name);
            let help = format!("known: {}", chart::versions(release.chart.name).join(", "));
            report.unless_elsewhere(false, &release.at, message, help);
            continue;
        }
        for layer in &release.layers {
            for mistake in release.chart.mistakes(&layer.values, versions) {
                let at = layer.at(&mistake.pointer, mistake.on_key);
                // One word about a value is enough; where the default of a group is spoken of, its type is another matter.
                let is_group = !release.chart.group(&mistake.pointer.join(".")).is_empty();
                if is_group || !report.has_spoken(&at) {
                    report.violation(&at, mistake.message, mistake.help);
                }
            }
        }
    }
}
