//! A change that the API server refuses.

use super::{Check, Report, Rule, Transition, transition::kept};
use crate::{diagnostic::Severity, view::lasting::Growth};

pub(super) const RULE: Rule = Rule {
    id: "immutable-field",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A field changes that cannot be changed.",
    rationale: "The API server refuses the whole object, Helm the whole release and Flux the whole Kustomization: nothing of the commit \
                arrives, and nobody is told where they look. For a StatefulSet that are its volumes, its selector and the name of its Service; for \
                a claim its class and modes; the labels that a Deployment selects by; a Job's template; the type of a Secret.",
    remedy: "Take the change back, or make the object anew: for a StatefulSet `kubectl delete statefulset NAME --cascade=orphan` right after \
             the push, which leaves pods and claims alone; for what holds nothing, delete it and let the delivery engine make it again. Claims are \
             never made anew: restore into a second one.",
    bad: "readReplicas:\n  persistence:\n    size: 30Gi   # was 20Gi\n",
    good: "readReplicas:\n  persistence:\n    size: 20Gi\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["konflate immutable-field"],
    check: Check::Change(check),
};

fn check(transition: &Transition<'_>, report: &mut Report<'_>) {
    let orphan = transition.steps(
        "resize",
        "take it back, or delete the StatefulSet with `--cascade=orphan` right after the push: its pods and claims stay",
    );
    for (before, after) in kept(&transition.before.claims, &transition.after.claims) {
        let (old, new) = (&before.says.size, &after.says.size);
        if after.says.growth != Growth::Template || new.nanos() <= old.nanos() {
            continue;
        }
        let message = format!(
            "{} grows from {old} to {new}: no StatefulSet takes another size for its volumes, and what is applied with it stops",
            after.called()
        );
        report.violation(&after.at, message, orphan.as_str());
    }
    for (before, after) in kept(&transition.before.fixed, &transition.after.fixed) {
        let (old, new) = (&before.says, &after.says);
        if old.value == new.value || (new.may_appear && (old.value.is_null())) {
            continue;
        }
        let what = match after.part.as_str() {
            "immutable" => "what it holds is marked `immutable`, which".to_owned(),
            part => format!("`{part}`"),
        };
        let message = format!("{}: {what} cannot be changed, and what is applied with it stops", after.thing);
        let help = match (new.is_cheap, new.is_of_chart || after.thing.starts_with("StatefulSet")) {
            (true, _) => {
                "take it back, or give the object another name; or delete the old one right after the push".to_owned()
            }
            (_, true) => orphan.clone(),
            _ => transition.steps(
                "restore into a new claim and switch",
                "take it back; for another class or mode restore the data into a second claim, and switch to that",
            ),
        };
        report.violation(&after.at, message, help);
    }
}
