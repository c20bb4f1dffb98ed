//! A version of a kind that the cluster does not serve any more.

use super::{
    Check, Report, Rule,
    invalid_object::{own, versions},
};
use crate::{
    api::{self, Gone, Standing},
    diagnostic::{Fix, Severity},
    view::{Manifest, View},
};

pub(super) const RULE: Rule = Rule {
    id: "removed-api",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "An object has an apiVersion that the declared Kubernetes or Flux has removed.",
    rationale: "The API server answers `no matches for kind`, and nothing of what is applied together with it is applied. Flux 2.7, \
                2.8 and 2.9 each removed versions of their kinds, and Kubernetes does so with every few releases.",
    remedy: "Write the version that came in its place. Where only the apiVersion differs, `gen lint --fix` does it; otherwise read \
             what moved in the migration guide of the release.",
    bad: "apiVersion: helm.toolkit.fluxcd.io/v2beta1\nkind: HelmRelease\n",
    good: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["pluto", "kubent", "kube-linter no-extensions-v1beta", "Polaris", "flux migrate"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    let (versions, own) = (versions(report), own(view, report));
    for manifest in &view.manifests {
        if let Standing::Gone(gone) = api::standing(&manifest.body, versions, &own) {
            let message = format!("{} of {} is gone since {}", gone.kind.name, gone.kind.api_version, gone.since);
            say(report, manifest, &gone, message);
        }
    }
}

/// Reports a version on its way out, or gone, with what to write in its place.
pub(super) fn say(report: &mut Report<'_>, manifest: &Manifest<'_>, gone: &Gone, message: String) {
    let help = match gone.instead {
        Some((api_version, kind)) if kind == gone.kind.name && gone.is_renamed => {
            format!("write `apiVersion: {api_version}`")
        }
        Some((api_version, kind)) if kind == gone.kind.name => {
            format!("write `apiVersion: {api_version}`, and what changed in its fields")
        }
        Some((api_version, kind)) => format!("{kind} of {api_version} comes in its place"),
        None => "nothing comes in its place".to_owned(),
    };
    let at = manifest.at(&["apiVersion".to_owned()], false);
    let fix = gone.instead.filter(|_| gone.is_renamed).map(|(version, _)| Fix::Replace(version.to_owned()));
    report.violation(&at, message, help).fix = fix;
}
