//! What a tool decrypted and left behind.

use std::collections::BTreeSet;

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    sops,
    view::{At, View},
};

pub(super) const RULE: Rule = Rule {
    id: "decrypted-file",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "A file has the name that tools give to what they have decrypted.",
    rationale: "helm-secrets writes `NAME.dec.yaml`, editors write `.decrypted~NAME.yaml`: plain text beside the sealed file, which the next \
                `git add .` takes along.",
    remedy: "Delete it, and add the pattern to .gitignore (`*.dec.yaml`, `*.decrypted*`). If it was committed, change what it holds.",
    bad: "# values.dec.yaml\nauth: {password: hunter2hunter2}\n",
    good: "# values.sops.yaml\nauth: {existingSecret: postgres-auth}\n",
    hides_lines: true,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    let mut told = BTreeSet::new();
    for object in &view.bundle.objects {
        let name = object.file.rsplit('/').next().unwrap_or_default();
        let is_named_so = [".dec.", ".decrypted~", ".decrypted."].iter().any(|mark| name.contains(mark));
        if is_named_so && !sops::has_envelope(&object.body) && told.insert(object.file.as_str()) {
            let at = At { object, pointer: Vec::new(), on_key: false };
            let message = "this is named like something that a tool has decrypted, and is in plain text";
            report.violation(&at, message, "delete it, and add the pattern to .gitignore; the sealed file has it all");
        }
    }
}
