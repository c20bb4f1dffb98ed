//! A database that starts on another volume.

use super::{Check, Report, Rule, Transition, transition::kept};
use crate::{diagnostic::Severity, view::lasting::Home};

pub(super) const RULE: Rule = Rule {
    id: "claim-replaced",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "What holds data starts on another volume than before.",
    rationale: "The new claim is empty unless somebody filled it: the database starts without its data, and looks healthy. A chart names its \
                claims after the release, the architecture and itself, so a changed name is another claim too.",
    remedy: "Restore into the new claim first, then switch, in two pushes. To keep the data where it is, keep the names, or name the old claim in \
             `existingClaim`.",
    bad: "fullnameOverride: shop-db   # was postgres\n",
    good: "fullnameOverride: shop-db   # was postgres\nprimary:\n  persistence:\n    existingClaim: data-postgres-0\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Change(check),
};

fn check(transition: &Transition<'_>, report: &mut Report<'_>) {
    for (before, after) in kept(&transition.before.homes, &transition.after.homes) {
        let (old, new) = (&before.says, &after.says);
        let name = |home: &Home<'_>| home.made.clone().or_else(|| home.claim.first().map(|(_, name)| name.clone()));
        // The claim that the chart made is named from now on: it is the same one.
        if (old.made.is_some() || new.made.is_some()) && name(old) == name(new) {
            continue;
        }
        let message = if old.is_own && new.is_own {
            let mut changed = new.claim.iter().filter(|entry| !old.claim.contains(entry));
            let Some((name, value)) = changed.next() else { continue };
            let was = old.claim.iter().find(|(key, _)| key == name).map_or("", |(_, was)| was.as_str());
            format!(
                "{}: `{name}` goes from {} to {}, and the claim's name follows",
                after.thing,
                shown(was),
                shown(value)
            )
        } else if old.claim == new.claim {
            continue;
        } else {
            let claim = |home: &Home<'_>| match (home.is_own, home.claim.first()) {
                (false, Some((_, name))) => format!("`{name}`"),
                _ => "one that the chart makes".to_owned(),
            };
            format!("{} goes from the claim {} to {}", after.thing, claim(old), claim(new))
        };
        let message = format!("{message}: it starts empty unless the data is there already");
        let otherwise = "restore into the new claim before you push this, or name the old one in `existingClaim`";
        report.violation(&after.at, message, transition.steps("restore into a new claim and switch", otherwise));
    }
}

fn shown(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") }
}
