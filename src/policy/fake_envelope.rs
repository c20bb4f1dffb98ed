//! A seal that is none.

use super::{Report, Rule};
use crate::{diagnostic::Severity, view::View};

pub(super) const RULE: Rule = Rule {
    id: "fake-envelope",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A file looks sealed and is not, or is sealed so that nobody can open it.",
    rationale: "A `sops` block alone seals nothing, and neither does a text that starts with `ENC[`. Flux opens what it finds a `sops.mac` \
                in and applies the rest as it stands; a file without recipients, or whose selector does not compile, was \
                never sealed or cannot be opened by anybody.",
    remedy: "Restore the file as `sops` or `gen secret` wrote it, or seal its values anew; change every value that was committed.",
    bad: "stringData:\n  password: hunter2\nsops:\n  mac: ENC[...]   # nothing above is sealed\n",
    good: "stringData:\n  password: ENC[AES256_GCM,data:...,iv:...,tag:...,type:str]\nsops: {age: [...], lastmodified: ..., mac: ..., version: ...}\n",
    hides_lines: true,
    check,
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    report.seals(view);
}
