//! Another version of a database than its data is of.

use super::{Check, Report, Rule, Transition, transition::kept};
use crate::{diagnostic::Severity, view::lasting::Engine};

pub(super) const RULE: Rule = Rule {
    id: "engine-downgrade",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A database gets a version that refuses the data of the one before.",
    rationale: "PostgreSQL starts on the files of its own major version only (\"database files are incompatible with server\"). MySQL, MongoDB, \
                Elasticsearch and others rewrite their files when they start, and no older version reads them again; most take one major version at \
                a time. With a claim that stays, the pod does not start; without one, the data is gone.",
    remedy: "Move the data: dump with the old version, start the new one on an empty volume, restore. Back up before, and change nothing else \
             in that commit.",
    bad: "image:\n  tag: 18.1.0   # was 17.6.0\n",
    good: "image:\n  tag: 17.7.0   # was 17.6.0\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["konflate major-image-bump"],
    check: Check::Change(check),
};

/// Databases whose files only the same major version reads.
const OWN_MAJOR_ONLY: &[&str] = &["Meilisearch", "PostgreSQL"];

fn check(transition: &Transition<'_>, report: &mut Report<'_>) {
    for (before, after) in kept(&transition.before.engines, &transition.after.engines) {
        let (old, new) = (&before.says, &after.says);
        if old.product != new.product || old.version == new.version {
            continue;
        }
        let Some((severity, why)) = objection(old, new) else { continue };
        let what = if new.is_chart { format!("the chart of {}", new.product) } else { new.product.to_owned() };
        let message = format!("{}: {what} goes from {} to {}: {why}", after.thing, old.text, new.text);
        let otherwise = "dump with the old version, restore into the new one on an empty volume, then switch";
        let help = match new.is_chart {
            true => {
                "read the chart's notes on upgrades, and pin the image to the version that the data is of".to_owned()
            }
            false => transition.steps("restore into a new claim and switch", otherwise),
        };
        report.finding(severity, &after.at, message, help);
    }
}

/// Why a step from one version to another is wrong, and how wrong.
fn objection(old: &Engine, new: &Engine) -> Option<(Severity, &'static str)> {
    let (was, is) = (major(old), major(new));
    let (older, newer) = (is < was, is > was);
    if new.is_chart {
        let is_older = new.version < old.version;
        return match (is_older, newer) {
            (true, _) => Some((Severity::Warning, "an older chart may bring an older database")),
            (_, true) => {
                Some((Severity::Warning, "another major version of the chart often brings another one of the database"))
            }
            _ => None,
        };
    }
    match OWN_MAJOR_ONLY.contains(&new.product) {
        true if older || newer => Some((Severity::Error, "it does not start on the data of another major version")),
        false if older => Some((Severity::Error, "an older version does not read the data of a newer one")),
        false if newer && is[0] > was[0] + 1 && new.product != "MinIO" => {
            Some((Severity::Warning, "a step over a major version is not supported"))
        }
        _ if shorter(&new.version, &old.version) => {
            Some((Severity::Warning, "an older version has bugs that the newer one mended"))
        }
        _ => None,
    }
}

/// The part of a version by which files differ: two numbers before PostgreSQL 10, of Meilisearch and where the first one says nothing.
fn major(engine: &Engine) -> [u64; 2] {
    let number = |index: usize| engine.version.get(index).copied().unwrap_or_default();
    let two = match engine.product {
        "PostgreSQL" => number(0) < 10,
        "Meilisearch" | "MySQL" | "MariaDB" | "Elasticsearch" | "MongoDB" => {
            engine.version.len() > 1 && !engine.is_chart
        }
        "MinIO" => true,
        _ => false,
    };
    [number(0), if two { number(1) } else { 0 }]
}

/// Whether a version is older, as far as both are spelled out.
fn shorter(new: &[u64], old: &[u64]) -> bool {
    let known = new.len().min(old.len());
    new[..known] < old[..known]
}
