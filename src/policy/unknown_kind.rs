//! A custom kind without a schema.

use std::collections::BTreeMap;

use super::{
    Check, Report, Rule,
    invalid_object::{own, versions},
};
use crate::{
    api::{self, Standing},
    diagnostic::Severity,
    manifest::text,
    view::{Manifest, View},
};

pub(super) const RULE: Rule = Rule {
    id: "unknown-kind",
    severity: Severity::Note,
    production: Severity::Note,
    summary: "A custom kind has no schema, so its objects are not checked.",
    rationale: "gen has the schemas of Kubernetes, Flux, Argo CD and the Gateway API. Whatever an object of another kind says is \
                taken as it is, misspelt or not.",
    remedy: "Put the CRD, or a JSON schema, into `schemas/` at the root of the repository, or name its folder with \
             `gen lint --schemas DIR`. A CRD in the tree itself is enough.",
    bad: "apiVersion: example.com/v1\nkind: Widget      # and no CRD of it anywhere\nmetadata: {name: a}\n",
    good: "# schemas/widgets.yaml\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\n# ...\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["kubeconform -ignore-missing-schemas"],
    check: Check::Tree(check),
};

/// Once for each kind, at the first object of it.
fn check(view: &View<'_>, report: &mut Report<'_>) {
    let (versions, own) = (versions(report), own(view, report));
    let mut unknown: BTreeMap<(&str, &str), (&Manifest<'_>, usize)> = BTreeMap::new();
    for manifest in &view.manifests {
        if let Standing::Unknown = api::standing(&manifest.body, versions, &own) {
            let of = |key| text(&manifest.body, &[key]).unwrap_or_default();
            unknown.entry((of("apiVersion"), of("kind"))).or_insert((manifest, 0)).1 += 1;
        }
    }
    for ((api_version, kind), (first, count)) in unknown {
        let objects = if count == 1 { "its one object is".to_owned() } else { format!("its {count} objects are") };
        let message = format!("gen has no schema of {kind} ({api_version}), so {objects} not checked");
        report.violation(&first.at(&["kind".to_owned()], false), message, "put its CRD into `schemas/`");
    }
}
