//! A source that others can change on the way.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "unverified-source",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "What a cluster runs is fetched without TLS, or from no revision in particular.",
    rationale: "Who sits between the cluster and a source without TLS decides what the cluster runs, with the rights \
                of the delivery engine. A GitRepository without `ref` follows the branch `master`, whoever makes \
                one.",
    remedy: "Use https or ssh, remove `insecure`, and name a branch, tag or commit. Signatures (`verify`) prove \
             the origin: gen asks for them with `--opinions`.",
    bad: "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: charts}\nspec: {interval: 24h, url: http://charts.example.com}\n",
    good: "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: charts}\nspec: {interval: 24h, url: https://charts.example.com}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["Kyverno verify-flux-sources"],
    check: Check::Tree(|view, report| report.faults(view)),
};
