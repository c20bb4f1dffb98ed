//! The rules: what a tree must not hold. Each looks at a [`View`] and reports by pointer; file, line and column are worked out
//! here, and only for what is found. Adding a rule is adding a file and a line in [`RULES`].

mod authentication_disabled;
mod baseline;
mod claim_replaced;
mod claim_resize;
mod claim_shrunk;
mod client_not_proven;
mod compose_host_access;
mod cpu_limit;
mod dangling_reference;
mod data_loss_on_delete;
mod deadlock;
mod debug_mode;
mod decrypted_file;
mod default_storage_class;
mod dependency_cycle;
mod deprecated_api;
mod destructive_removal;
mod disruption_budget;
mod engine_downgrade;
mod exception;
mod fake_envelope;
mod floating_version;
mod foreign_environment;
mod host_path_volume;
mod http_without_tls;
mod image_not_pullable;
mod image_without_digest;
mod immutable_field;
mod impossible_access_mode;
mod invalid_object;
mod invalid_schema;
mod mend;
mod missing_file;
mod missing_probes;
mod missing_remediation;
mod missing_resources;
mod moved_server;
mod namespace_mismatch;
mod no_backup;
mod no_default_deny;
mod no_persistence;
mod not_encrypted;
mod open_load_balancer;
mod open_network_policy;
mod parked_change;
mod partially_encrypted;
mod plaintext_secret;
mod pod_security;
mod private_key_committed;
mod production_ahead;
mod public_database;
mod random_password;
mod removed_api;
mod secret_key_missing;
mod secrets_as_env;
mod security_regression;
mod service_account_token;
mod shared_claim;
mod suspended;
mod tampered_secret;
mod transition;
mod two_owners;
mod undecryptable_secret;
mod undefined_substitution;
mod unencrypted_connection;
mod unexplained_drift;
mod unguarded_prune;
mod unknown_chart_value;
mod unknown_kind;
mod unlisted_file;
mod unverified_source;
mod unwatched_values;
mod values_not_declarative;
mod wildcard_rbac;
mod writable_root;
mod wrong_recipient;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

pub use baseline::{Baseline, Judged};
pub use exception::{Covers, Exception, Exceptions, LOCKED_ALWAYS, UNUSED_EXCEPTION, unknown};
pub use invalid_schema::{is_schema, read_schemas};
pub use mend::{Mended, Rewritten, mend};
pub use security_regression::without_echoes;
pub use transition::Comparison;

use transition::Transition;

use crate::{
    api::Own,
    diagnostic::{Finding, Location, Severity},
    manifest::{Bundle, Object, Provenance, dotted},
    path,
    scalar::{FluxVersion, KubernetesVersion},
    view::{At, View, Weight},
};

/// A rule.
pub struct Rule {
    /// Its name, which is that of its file and of its test cases; it names the problem, not the cure.
    pub id: &'static str,
    /// How much it matters where an environment may be lost, and on a tree of which nothing is known.
    pub severity: Severity,
    /// How much it matters under the profile `production`.
    pub production: Severity,
    /// What it finds, in one sentence.
    pub summary: &'static str,
    /// Why that is a problem.
    pub rationale: &'static str,
    /// How to solve it.
    pub remedy: &'static str,
    /// A piece of YAML that breaks it.
    pub bad: &'static str,
    /// The same, right.
    pub good: &'static str,
    /// Whether the lines that it points at hold secrets: they are never shown.
    pub hides_lines: bool,
    /// Whether it is a matter of taste: it is held against a tree only where somebody asks for opinions.
    pub is_opinion: bool,
    /// What other tools call it, such as `kube-linter exposed-services`.
    pub elsewhere: &'static [&'static str],
    check: Check,
}

/// How a rule is held against a tree.
enum Check {
    /// It looks at a tree.
    Tree(fn(&View<'_>, &mut Report<'_>)),
    /// It looks at the way from one tree to the next.
    Change(fn(&Transition<'_>, &mut Report<'_>)),
    /// No tree tells: keys, holders, history. Whoever knows that reports under the rule's id.
    Elsewhere,
}

/// The rules of which `--fix` can solve findings, where the value is written and the change is certain.
const FIXABLE: &[&str] = &[
    "compose-host-access",
    "data-loss-on-delete",
    "debug-mode",
    "pod-security",
    "public-database",
    "removed-api",
    "service-account-token",
    "unverified-source",
    "unwatched-values",
    "values-not-declarative",
];

impl Rule {
    /// Whether `--fix` can solve some of its findings.
    #[must_use]
    pub fn is_fixable(&self) -> bool {
        FIXABLE.contains(&self.id)
    }

    /// Whether it looks at trees. Others tell what no tree does.
    #[must_use]
    pub fn is_about_trees(&self) -> bool {
        matches!(self.check, Check::Tree(_))
    }

    /// Whether it looks at the way from one tree to the next.
    #[must_use]
    pub fn is_about_transitions(&self) -> bool {
        matches!(self.check, Check::Change(_))
    }
}

/// Every rule. `unknown-chart-value` comes last: it is silent where another one has said more.
pub const RULES: &[Rule] = &[
    authentication_disabled::RULE,
    claim_replaced::RULE,
    claim_resize::RULE,
    claim_shrunk::RULE,
    client_not_proven::RULE,
    compose_host_access::RULE,
    dangling_reference::RULE,
    data_loss_on_delete::RULE,
    deadlock::RULE,
    decrypted_file::RULE,
    dependency_cycle::RULE,
    deprecated_api::RULE,
    destructive_removal::RULE,
    engine_downgrade::RULE,
    fake_envelope::RULE,
    floating_version::RULE,
    foreign_environment::RULE,
    http_without_tls::RULE,
    image_not_pullable::RULE,
    immutable_field::RULE,
    invalid_object::RULE,
    invalid_schema::RULE,
    missing_file::RULE,
    missing_remediation::RULE,
    moved_server::RULE,
    namespace_mismatch::RULE,
    no_default_deny::RULE,
    open_load_balancer::RULE,
    not_encrypted::RULE,
    open_network_policy::RULE,
    parked_change::RULE,
    partially_encrypted::RULE,
    plaintext_secret::RULE,
    pod_security::RULE,
    default_storage_class::RULE,
    impossible_access_mode::RULE,
    shared_claim::RULE,
    host_path_volume::RULE,
    no_persistence::RULE,
    no_backup::RULE,
    private_key_committed::RULE,
    production_ahead::RULE,
    public_database::RULE,
    random_password::RULE,
    removed_api::RULE,
    service_account_token::RULE,
    debug_mode::RULE,
    missing_resources::RULE,
    missing_probes::RULE,
    disruption_budget::RULE,
    image_without_digest::RULE,
    wildcard_rbac::RULE,
    writable_root::RULE,
    cpu_limit::RULE,
    secrets_as_env::RULE,
    secret_key_missing::RULE,
    security_regression::RULE,
    suspended::RULE,
    tampered_secret::RULE,
    two_owners::RULE,
    unexplained_drift::RULE,
    undecryptable_secret::RULE,
    undefined_substitution::RULE,
    unencrypted_connection::RULE,
    unguarded_prune::RULE,
    unknown_kind::RULE,
    unlisted_file::RULE,
    unverified_source::RULE,
    unwatched_values::RULE,
    values_not_declarative::RULE,
    wrong_recipient::RULE,
    unknown_chart_value::RULE,
];

/// The rule that holds objects against the types of their kinds.
pub const INVALID_OBJECT: &str = invalid_object::RULE.id;

/// The rule of that name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// Which severities apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// For environments that may be lost.
    #[default]
    Default,
    /// For environments that may not: what endangers data or secrets is an error.
    Production,
}

/// What a tree is for, as far as rules ask.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Which severities apply.
    pub profile: Profile,
    /// Whether rules that are a matter of taste are asked too.
    pub with_opinions: bool,
    /// The version of Kubernetes that the tree is for; the newest that gen knows where nobody says.
    pub kubernetes: Option<KubernetesVersion>,
    /// The version of Flux that brings it to the cluster, where one does.
    pub flux: Option<FluxVersion>,
    /// Schemas of kinds that gen does not know.
    pub schemas: Arc<Own>,
}

/// What a person can be shown of a place: where it is and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub location: Location,
    /// The environment path, or for a tree without one the path in the object.
    pub path: String,
    /// Whether the value is written there as it is: who changes it there changes nothing else.
    pub is_source: bool,
    /// Where the same stands in a generated file, where `location` is in what that was generated from.
    pub generated: Option<Location>,
}

impl Place {
    /// A place that only tells where something comes from.
    #[must_use]
    pub fn new(location: Location, path: impl Into<String>) -> Place {
        Place { location, path: path.into(), is_source: false, generated: None }
    }
}

/// Applies every rule. `locate` tells the place of what stands in an object that gen made.
#[must_use]
pub fn check(bundle: &Bundle, scope: &Scope, locate: &dyn Fn(&At<'_>) -> Place) -> Vec<Finding> {
    let view = View::of(bundle);
    let mut findings = Vec::new();
    for rule in RULES.iter().filter(|rule| scope.with_opinions || !rule.is_opinion) {
        let severity = severity(rule, scope);
        let mut report =
            Report { rule, severity, scope, locate, gone: locate, findings: &mut findings, subjects: None };
        if let Check::Tree(check) = rule.check {
            check(&view, &mut report);
        }
    }
    findings
}

/// How much a rule matters there.
fn severity(rule: &Rule, scope: &Scope) -> Severity {
    match scope.profile {
        Profile::Default => rule.severity,
        Profile::Production => rule.production,
    }
}

/// Collects what one rule finds.
struct Report<'a> {
    rule: &'static Rule,
    severity: Severity,
    scope: &'a Scope,
    locate: &'a dyn Fn(&At<'_>) -> Place,
    /// The place that decides about what stands in an older tree only.
    gone: &'a dyn Fn(&At<'_>) -> Place,
    findings: &'a mut Vec<Finding>,
    /// What each finding is about, under a name that it has in other trees too, where somebody asks.
    subjects: Option<&'a mut Vec<String>>,
}

impl Report<'_> {
    /// Reports a violation at its place. What it gives back takes a [`Fix`](crate::diagnostic::Fix).
    fn violation(&mut self, at: &At<'_>, message: impl Into<String>, help: impl Into<String>) -> &mut Finding {
        self.finding(self.severity, at, message, help)
    }

    /// Reports what this rule is about among the broken seals of a tree.
    fn seals(&mut self, view: &View<'_>) {
        for broken in view.seals.iter().filter(|broken| broken.flaw.rule == self.rule.id) {
            self.violation(&broken.at, broken.flaw.message.as_str(), broken.flaw.help.as_str());
        }
    }

    /// Reports what this rule is about among the faults of a tree's wiring.
    fn faults(&mut self, view: &View<'_>) {
        for fault in view.faults.iter().filter(|fault| fault.rule == self.rule.id) {
            let severity = match fault.weight {
                Weight::Rule => self.severity,
                Weight::IfComplete if view.bundle.provided.is_some() => self.severity,
                Weight::IfComplete | Weight::Note => Severity::Note,
                Weight::Error => Severity::Error,
                Weight::Warning => Severity::Warning,
                Weight::Opinion if self.scope.with_opinions => Severity::Warning,
                Weight::Opinion => continue,
            };
            self.finding(severity, &fault.at, fault.message.as_str(), fault.help.as_str()).fix = fault.fix.clone();
        }
    }

    /// Whether another rule has said something at this place: one is enough, and the last one knows least.
    fn has_spoken(&self, at: &At<'_>) -> bool {
        let Place { location, path, .. } = self.place(at);
        let is_same = |finding: &Finding| finding.location == location && finding.path == path;
        self.findings.iter().any(|finding| finding.rule != self.rule.id && is_same(finding))
    }

    /// Reports something that is a violation only where the tree is all there is.
    fn unless_elsewhere(
        &mut self,
        is_complete: bool,
        at: &At<'_>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Finding {
        let severity = if is_complete { self.severity } else { Severity::Note };
        self.finding(severity, at, message, help)
    }

    fn finding(
        &mut self,
        severity: Severity,
        at: &At<'_>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Finding {
        if let Some(subjects) = &mut self.subjects {
            let Object { file, .. } = at.object;
            let (kind, name) = (at.object.kind(), at.object.name());
            let namespace = at.object.namespace().unwrap_or_default();
            let file = if kind.is_empty() || name.is_empty() { file.as_str() } else { "" };
            // Something before an item of a list gives it another number.
            let keys: Vec<&str> =
                at.pointer.iter().map(String::as_str).filter(|key| key.parse::<u32>().is_err()).collect();
            subjects.push(format!("{kind} {namespace}/{name} {file} {}", keys.join(".")));
        }
        let place = self.place(at);
        self.put(severity, at, place, message, help)
    }

    /// Reports something about what stands in an older tree only.
    fn removal(&mut self, severity: Severity, at: &At<'_>, message: impl Into<String>, help: impl Into<String>) {
        let place = (self.gone)(at);
        self.put(severity, at, place, message, help);
    }

    fn put(
        &mut self,
        severity: Severity,
        at: &At<'_>,
        Place { location, path, is_source, generated }: Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Finding {
        let target = is_source.then(|| match &at.object.provenance {
            Provenance::Rendered => path::split(&path),
            Provenance::Written(_) => at.pointer.clone(),
        });
        let subject = match &at.object.provenance {
            Provenance::Rendered => at.object.subject(None, &path),
            Provenance::Written(_) => at.object.subject(Some(&at.pointer), ""),
        };
        let finding = Finding::error(self.rule.id, location, message);
        let finding = Finding { severity, subject, target, generated, ..finding };
        self.findings.push(finding.help(help).at(path));
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    fn place(&self, at: &At<'_>) -> Place {
        match &at.object.provenance {
            Provenance::Rendered => (self.locate)(at),
            Provenance::Written(written) => {
                let location = written.location(&at.pointer, at.on_key);
                let inside = dotted(&at.object.body, &at.pointer);
                let is_source = written.node.at(&at.pointer).is_some();
                let path = written.origin.clone().unwrap_or(inside);
                Place { location, path, is_source, generated: None }
            }
        }
    }
}
