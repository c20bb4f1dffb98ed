//! A variable that nobody defines.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "undefined-substitution",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A manifest uses a variable of Flux that its Kustomization does not define.",
    rationale: "Flux substitutes every `${name}` of what a Kustomization with `postBuild` applies, those in scripts \
                and dashboards too. Flux 2.9 refuses the whole Kustomization for an undefined one; before, it puts \
                nothing in its place: an address or a password becomes an empty text, and nobody is told.",
    remedy: "Define it in `postBuild.substitute` or in what `substituteFrom` names, or give it a default: \
             `${name:=value}`. Where it is no variable of Flux write `$${name}`, or annotate the object \
             `kustomize.toolkit.fluxcd.io/substitute: disabled`.",
    bad: "# clusters/one/app.yaml\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: app, namespace: flux-system}\nspec:\n  path: ./app\n  sourceRef: {kind: GitRepository, name: flux-system}\n  postBuild: {substitute: {domain: example.com}}\n# app/config.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {url: \"https://${host}.${domain}\"}\n",
    good: "# clusters/one/app.yaml\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: app, namespace: flux-system}\nspec:\n  path: ./app\n  sourceRef: {kind: GitRepository, name: flux-system}\n  postBuild: {substitute: {domain: example.com}}\n# app/config.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {url: \"https://${host:=www}.${domain}\"}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["flux StrictPostBuildSubstitutions", "flate test"],
    check: Check::Tree(|view, report| report.faults(view)),
};
