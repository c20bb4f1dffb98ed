//! A value in plain text beside sealed ones.

use super::{Report, Rule};
use crate::{diagnostic::Severity, view::View};

pub(super) const RULE: Rule = Rule {
    id: "partially-encrypted",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "Some values of a sealed file are sealed, and some that should be are in plain text.",
    rationale: "`sops` seals what its selector covers at the moment of sealing. A value that is added by hand afterwards, a key that the \
                selector leaves out, a line that a merge brought back: all of them stay as they are, in a file that everybody \
                takes for sealed.",
    remedy: "Seal the value (`gen secret edit`, `sops edit`), or the file anew where its selector leaves `data` or `stringData` out, and \
             change every value that was committed.",
    bad: "stringData:\n  password: ENC[AES256_GCM,data:...,type:str]\n  replication-password: hunter2\nsops: {...}\n",
    good: "stringData:\n  password: ENC[AES256_GCM,data:...,type:str]\n  replication-password: ENC[AES256_GCM,data:...,type:str]\nsops: {...}\n",
    hides_lines: true,
    check,
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    report.seals(view);
}
