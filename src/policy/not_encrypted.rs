//! A file that should be sealed and is not.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "not-encrypted",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A file that `.sops.yaml` has a rule for is in plain text.",
    rationale: "The rule says that what stands in such files is secret. sops itself never looks: it seals what somebody hands it, and a file that \
                was decrypted in place, or never sealed, is committed like any other.",
    remedy: "Seal it (`sops encrypt --in-place FILE`) and change what it holds: it is in the history now. A file that holds no secret belongs \
             elsewhere, or the rule's `path_regex` is too wide.",
    bad: "# secrets/values.yaml, and .sops.yaml says path_regex: ^secrets/\nadminKey: plain\n",
    good: "# secrets/values.yaml\nadminKey: ENC[...]\nsops: ...\n",
    hides_lines: true,
    is_opinion: false,
    elsewhere: &["sops-pre-commit forbid-secrets", "pre-commit-hook-ensure-sops"],
    check: Check::Elsewhere,
};
