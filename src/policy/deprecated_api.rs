//! A version of a kind that the cluster will not serve for ever.

use super::{
    Check, Report, Rule,
    invalid_object::{own, versions},
    removed_api::say,
};
use crate::{
    api::{self, Gone, Standing},
    diagnostic::Severity,
    view::View,
};

pub(super) const RULE: Rule = Rule {
    id: "deprecated-api",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "An object has an apiVersion that the declared Kubernetes or Flux calls deprecated.",
    rationale: "It works today. The upgrade that removes it stops every change to what is applied together with the object, and \
                that is found out on the day of the upgrade.",
    remedy: "Write the version that comes in its place; both are served now, so that it can be done before the upgrade.",
    bad: "apiVersion: admissionregistration.k8s.io/v1beta1   # Kubernetes 1.37\nkind: MutatingAdmissionPolicyBinding\nmetadata: {name: sidecars}\nspec: {policyName: sidecars}\n",
    good: "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingAdmissionPolicyBinding\nmetadata: {name: sidecars}\nspec: {policyName: sidecars}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["pluto", "kubent", "kubectl (warning of the API server)"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    let (versions, own) = (versions(report), own(view, report));
    for manifest in &view.manifests {
        let Standing::Known(kind) = api::standing(&manifest.body, versions, &own) else { continue };
        if let Some(gone) = Gone::soon(kind, versions) {
            let end = gone.removed().map(|removed| format!(", and goes with {removed}")).unwrap_or_default();
            let message = format!("{} of {} is deprecated since {}{end}", kind.name, kind.api_version, gone.since);
            say(report, manifest, &gone, message);
        }
    }
}
