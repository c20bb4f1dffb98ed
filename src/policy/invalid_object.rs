//! An object that the API server refuses.

use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};

use super::{Check, Report, Rule};
use crate::{
    api::{self, Mistake, Own, Standing, Versions},
    diagnostic::Severity,
    view::{Manifest, View},
};

pub(super) const RULE: Rule = Rule {
    id: "invalid-object",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "An object has a field, a type or a value that its kind does not have, or lacks one that it needs.",
    rationale: "The API server refuses it, and with it everything that is applied in one go: a Flux Kustomization with one such \
                object applies none. Where validation is off a misspelt field is dropped without a word. gen knows the types of \
                Kubernetes 1.28 to 1.37, Flux 2.7 to 2.9, Argo CD and the Gateway API, and those of the CRDs in the tree.",
    remedy: "Correct the field. A kind of your own is checked once its CRD or JSON schema lies in `schemas/`.",
    bad: "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec:\n  sessionAfinity: ClientIP\n  ports: [{port: \"80\"}]\n",
    good: "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec:\n  sessionAffinity: ClientIP\n  ports: [{port: 80}]\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[
        "kubeconform -strict",
        "kubeval",
        "kubectl --validate=strict",
        "Polaris schema",
        "datree k8s-schema-validation",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    let (versions, own) = (versions(report), own(view, report));
    let judge = |manifest: &Manifest<'_>| judge(manifest, versions, &own);
    let found: Vec<Vec<Mistake>> = view.manifests.par_iter().map(judge).collect();
    for (manifest, mistakes) in view.manifests.iter().zip(found) {
        for mistake in mistakes {
            let at = manifest.at(&mistake.pointer, mistake.on_key);
            report.violation(&at, mistake.message, mistake.help).fix = mistake.fix;
        }
    }
}

fn judge(manifest: &Manifest<'_>, versions: Versions, own: &[&Own]) -> Vec<Mistake> {
    match api::standing(&manifest.body, versions, own) {
        Standing::Impossible { key, message, help } => {
            vec![Mistake { pointer: vec![key.to_owned()], on_key: false, message, help, fix: None }]
        }
        _ => api::mistakes(&manifest.body, manifest.extent, versions, own),
    }
}

/// What the tree is judged by.
pub(super) fn versions(report: &Report<'_>) -> Versions {
    Versions::new(report.scope.kubernetes.as_ref(), report.scope.flux.as_ref())
}

/// The schemas that others brought.
pub(super) fn own<'a>(view: &'a View<'_>, report: &Report<'a>) -> [&'a Own; 2] {
    [&report.scope.schemas, &view.own.kinds]
}
