//! An object that the API server refuses.

use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use serde_json::Value as Json;

use super::{Check, Report, Rule};
use crate::{
    api::{self, Mistake, Own, Standing, Versions},
    diagnostic::Severity,
    schema::closest,
    view::{At, Manifest, View},
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
    half_named(view, report);
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

/// Documents that say half of what they are: no kind, or no API version.
fn half_named(view: &View<'_>, report: &mut Report<'_>) {
    const KEYS: [&str; 2] = ["apiVersion", "kind"];
    for object in &view.bundle.objects {
        let Some(body) = object.body.as_object() else { continue };
        let is_text = |key: &str| body.get(key).is_some_and(Json::is_string);
        let [Some(missing), None] =
            [KEYS.iter().find(|key| !is_text(key)), KEYS.iter().filter(|key| !is_text(key)).nth(1)]
        else {
            continue;
        };
        // An object without a version is one of those below.
        if *missing == "apiVersion" && !body.contains_key(*missing) && body.contains_key("metadata") {
            continue;
        }
        let meant =
            body.keys().find(|key| closest(key, std::iter::once(*missing)).is_some() && !KEYS.contains(&key.as_str()));
        let (key, message) = match (body.get(*missing), meant) {
            (Some(_), _) => (*missing, format!("`{missing}` is no text, so nothing knows what this is")),
            (None, Some(meant)) => {
                (meant.as_str(), format!("unknown key `{meant}`, and no `{missing}`: nothing knows what this is"))
            }
            (None, None) if body.contains_key("metadata") => {
                ("metadata", format!("there is no `{missing}`, so nothing knows what this is"))
            }
            (None, None) => continue,
        };
        let help = match meant {
            Some(_) => format!("did you mean `{missing}`?"),
            None => format!("write the `{missing}`"),
        };
        let at = At { object, pointer: vec![key.to_owned()], on_key: true };
        report.violation(&at, message, help);
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
