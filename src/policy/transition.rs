//! From one tree to the next: what no tree tells alone.

use std::collections::{BTreeMap, HashMap};

use super::{Check, Place, RULES, Report, Scope, security_regression, severity};
use crate::{
    diagnostic::Finding,
    manifest::Bundle,
    view::{
        At, View,
        lasting::{Fact, Lasting},
    },
};

/// Two trees of one thing: the one that a cluster has, and the one that it shall get.
pub struct Comparison<'a> {
    /// The old tree.
    pub before: &'a Bundle,
    /// The new one.
    pub after: &'a Bundle,
    /// What they are for.
    pub scope: &'a Scope,
    /// The place of what stands in the new tree, where gen made it.
    pub locate: &'a dyn Fn(&At<'_>) -> Place,
    /// The place that decides about what stands in the old tree only.
    pub gone: &'a dyn Fn(&At<'_>) -> Place,
    /// The file with the steps for this tree, where gen wrote one.
    pub runbook: Option<&'a str>,
}

/// What lasts of both trees.
pub(super) struct Transition<'a> {
    pub(super) before: &'a Lasting<'a>,
    pub(super) after: &'a Lasting<'a>,
    /// What rules about security find in the new tree and did not find in the old one.
    pub(super) opened: Vec<Finding>,
    runbook: Option<&'a str>,
}

impl Comparison<'_> {
    /// What the rules about transitions find. Whether somebody made an exception is not asked.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let (before, after) = (View::with_lasting(self.before), View::with_lasting(self.after));
        let opened = self.opened(&before, &after);
        let transition = Transition { before: &before.lasting, after: &after.lasting, opened, runbook: self.runbook };
        let mut findings = Vec::new();
        for rule in RULES.iter().filter(|rule| self.scope.with_opinions || !rule.is_opinion) {
            let Check::Change(check) = rule.check else { continue };
            let severity = severity(rule, self.scope);
            let (scope, locate, gone) = (self.scope, self.locate, self.gone);
            check(
                &transition,
                &mut Report { rule, severity, scope, locate, gone, findings: &mut findings, subjects: None },
            );
        }
        findings
    }

    /// What rules about security find in the new tree more often than in the old one.
    fn opened(&self, before: &View<'_>, after: &View<'_>) -> Vec<Finding> {
        let mut known: HashMap<String, usize> = HashMap::new();
        for (subject, _) in self.about_security(before) {
            *known.entry(subject).or_default() += 1;
        }
        let is_new = |(subject, finding): (String, Finding)| match known.get_mut(&subject) {
            Some(left @ 1..) => {
                *left -= 1;
                None
            }
            _ => Some(finding),
        };
        self.about_security(after).into_iter().filter_map(is_new).collect()
    }

    /// What rules about security find, each with a name that it has in both trees: rule, object and path.
    fn about_security(&self, view: &View<'_>) -> Vec<(String, Finding)> {
        let mut found = Vec::new();
        for rule in RULES.iter().filter(|rule| security_regression::RULES_OF_IT.contains(&rule.id)) {
            let Check::Tree(check) = rule.check else { continue };
            let (mut findings, mut subjects) = (Vec::new(), Vec::new());
            let severity = severity(rule, self.scope);
            let (scope, locate, gone) = (self.scope, self.locate, self.gone);
            let findings_of = &mut findings;
            check(
                view,
                &mut Report {
                    rule,
                    severity,
                    scope,
                    locate,
                    gone,
                    findings: findings_of,
                    subjects: Some(&mut subjects),
                },
            );
            found.extend(subjects.into_iter().map(|subject| format!("{} {subject}", rule.id)).zip(findings));
        }
        found
    }
}

impl Transition<'_> {
    /// The steps: where the runbook of this tree has them, or else in words.
    pub(super) fn steps(&self, section: &str, otherwise: &str) -> String {
        match self.runbook {
            Some(file) => format!("see \"{section}\" in {file}"),
            None => otherwise.to_owned(),
        }
    }
}

/// A fact before and after.
pub(super) type Pair<'x, 'a, T> = (Option<&'x Fact<'a, T>>, Option<&'x Fact<'a, T>>);

/// The facts of two trees that are about the same. Twins, as the overlays of a base that kustomize gives their namespaces, are told
/// apart by their file.
pub(super) fn pairs<'x, 'a, T>(before: &'x [Fact<'a, T>], after: &'x [Fact<'a, T>]) -> Vec<Pair<'x, 'a, T>> {
    let mut old: BTreeMap<(&str, &str), Vec<&'x Fact<'a, T>>> = BTreeMap::new();
    for fact in before {
        old.entry((&fact.thing, &fact.part)).or_default().push(fact);
    }
    let mut found: Vec<Pair<'x, 'a, T>> = Vec::with_capacity(after.len());
    let mut take = |fact: &'x Fact<'a, T>, is_same_file: bool| {
        let twins = old.get_mut(&(fact.thing.as_str(), fact.part.as_str()))?;
        let fits = |twin: &&Fact<'a, T>| !is_same_file || twin.at.object.file == fact.at.object.file;
        let index = twins.iter().position(fits)?;
        Some(twins.remove(index))
    };
    found.extend(after.iter().map(|fact| (take(fact, true), Some(fact))));
    for pair in found.iter_mut().filter(|pair| pair.0.is_none()) {
        pair.0 = pair.1.and_then(|fact| take(fact, false));
    }
    found.extend(old.into_values().flatten().map(|fact| (Some(fact), None)));
    found
}

/// The pairs of which both sides are there.
pub(super) fn kept<'x, 'a, T>(
    before: &'x [Fact<'a, T>],
    after: &'x [Fact<'a, T>],
) -> impl Iterator<Item = (&'x Fact<'a, T>, &'x Fact<'a, T>)> {
    pairs(before, after).into_iter().filter_map(|(before, after)| Some((before?, after?)))
}
