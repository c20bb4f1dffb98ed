//! A schema of a user that cannot be used.

use super::{Check, Report, Rule};
use crate::{
    api::{Flaw, Own},
    diagnostic::{Finding, Location, Severity},
    manifest::{Bundle, Object, Provenance, may_hold_objects},
    tree::FileTree,
    view::View,
};

pub(super) const RULE: Rule = Rule {
    id: "invalid-schema",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A CRD or a JSON schema cannot be read.",
    rationale: "What it should say about its objects is not checked, and nobody would notice. The API server refuses such a CRD.",
    remedy: "Correct it. A JSON schema names its kind by `x-kubernetes-group-version-kind`, or by its file: \
             `KIND-GROUP-VERSION.json` or `GROUP/KIND_VERSION.json`, as kubeconform and the CRD catalogs have it.",
    bad: "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets}\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema: {type: object, properties: {size: {type: sting}}}\n",
    good: "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets}\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema: {type: object, properties: {size: {type: string}}}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["kubeconform -schema-location"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for (at, Flaw { message, help, .. }) in &view.own.flaws {
        report.violation(at, message.as_str(), help.as_str());
    }
}

/// gen's own schemas of environments and of gen.yaml, which `gen schema` writes beside those of a user.
const NOT_OF_A_KIND: [&str; 2] = ["environment.schema.json", "gen.schema.json"];

/// Whether a file of `schemas/` is a schema of objects.
#[must_use]
pub fn is_schema(path: &str) -> bool {
    may_hold_objects(path) && !NOT_OF_A_KIND.iter().any(|own| path.ends_with(own))
}

/// The schemas in the files of `schemas/`, and what is wrong with them.
#[must_use]
pub fn read_schemas(files: &FileTree) -> (Own, Vec<Finding>) {
    let (bundle, mut findings) = Bundle::parse(files);
    let mut own = Own::default();
    for object in &bundle.objects {
        let flaws = add(&mut own, object);
        findings.extend(flaws.into_iter().map(|flaw| finding(object, flaw)));
    }
    (own, findings)
}

fn add(own: &mut Own, object: &Object) -> Vec<Flaw> {
    let body = &object.body;
    if Own::is_crd(body) {
        return own.add_crd(body);
    }
    if body.get("kind").is_some() && body.get("apiVersion").is_some() {
        let message = "this is neither a CRD nor a JSON schema".to_owned();
        let help = "`schemas/` holds schemas only: move it, or put its CRD (apiextensions.k8s.io/v1) here".to_owned();
        return vec![Flaw { pointer: vec!["kind".to_owned()], message, help }];
    }
    own.add_json_schema(&object.file, body)
}

fn finding(object: &Object, flaw: Flaw) -> Finding {
    let location = match &object.provenance {
        Provenance::Written(written) => written.location(&flaw.pointer, false),
        Provenance::Rendered => Location::file(&object.file),
    };
    Finding::error(RULE.id, location, flaw.message).help(flaw.help)
}
