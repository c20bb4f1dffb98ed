//! What goes from the cluster with its manifest.

use std::collections::BTreeMap;

use super::{Check, Report, Rule, Transition, transition::pairs};
use crate::{diagnostic::Severity, view::lasting::Part};

pub(super) const RULE: Rule = Rule {
    id: "destructive-removal",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "Something that holds data, or that protects it, goes from the tree.",
    rationale: "A delivery engine that prunes deletes from the cluster what leaves the tree. A renamed Flux Kustomization uninstalled its release \
                and installed it again (seen on Flux 2.7); a claim of local-path takes its data with it. And without the annotation, the \
                policy or the backup that guarded it, the next mistake is not caught.",
    remedy: "Bring it back, or take it down on purpose and step by step: back up, tell the engine to leave the object alone (Flux: \
             `kustomize.toolkit.fluxcd.io/prune: Disabled`, `deletionPolicy: Orphan`; Argo CD: `Prune=false,Delete=false`), push that, and remove the \
             manifest in a second push.",
    bad: "metadata:\n  name: postgres-data\n  annotations: {}   # was kustomize.toolkit.fluxcd.io/prune: Disabled\n",
    good: "metadata:\n  name: postgres-data\n  annotations:\n    kustomize.toolkit.fluxcd.io/prune: Disabled\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["konflate removed-pvc", "konflate removed-namespace"],
    check: Check::Change(check),
};

fn check(transition: &Transition<'_>, report: &mut Report<'_>) {
    let held = pairs(&transition.before.held, &transition.after.held);
    let new: Vec<&str> =
        held.iter().filter_map(|pair| Some(pair.1.filter(|_| pair.0.is_none())?.thing.as_str())).collect();
    for (before, _) in held.iter().filter(|(_, after)| after.is_none()) {
        let Some(gone) = before else { continue };
        // What it closed is gone too.
        let selects = |pods: &[BTreeMap<String, String>]| {
            let fits = |selector: &BTreeMap<String, String>, pod: &BTreeMap<String, String>| {
                selector.iter().all(|(key, value)| pod.get(key) == Some(value))
            };
            gone.says.selects.as_ref().is_some_and(|selector| pods.iter().any(|pod| fits(selector, pod)))
        };
        if selects(&transition.before.pods) && !selects(&transition.after.pods) {
            continue;
        }
        let thing = &gone.thing;
        let cost = match gone.says.part {
            Part::State(cost) | Part::Protection(cost) => cost,
            // One that nobody asks for is tidied away.
            Part::Secret if transition.after.missing.contains(&gone.says.name) => {
                "something here still asks for it, and does not start again without"
            }
            Part::Secret => continue,
        };
        if gone.says.is_left {
            let message = format!("{thing} leaves the tree and stays in the cluster, as its annotation says");
            let help = "delete it by hand when nothing needs it any more";
            report.removal(Severity::Note, &gone.at, message, help);
            continue;
        }
        let kind = thing.split(' ').next().unwrap_or_default();
        let successor = new.iter().find(|name| name.split(' ').next() == Some(kind) && *name != thing);
        let message = match successor {
            Some(new) => format!("{thing} goes and {new} comes, which is another object: {cost}"),
            None => format!("{thing} goes from the tree: {cost}"),
        };
        let help = "bring it back; to really remove it, back up, have the delivery engine leave it alone, push, and then take it out";
        report.removal(report.severity, &gone.at, message, help);
    }
    for (before, after) in pairs(&transition.before.guards, &transition.after.guards) {
        let (Some(lost), None) = (before, after) else { continue };
        // With the object goes its guard, which is told above.
        let object = transition.after.held.iter().find(|held| held.thing == lost.thing);
        let Some(object) = object else { continue };
        let message = format!("{} loses {}: {}", lost.thing, lost.says.what, lost.says.otherwise);
        report.violation(&object.at, message, "bring it back");
    }
}
