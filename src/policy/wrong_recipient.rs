//! A sealed file for the wrong people.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "wrong-recipient",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "A sealed file can be opened by others than those whom its environment declares.",
    rationale: "What a file may be opened by stands in the file itself, and `sops` adds whomever `.sops.yaml` names on the day. A holder who \
                is missing finds out on the day that somebody else's key is lost; one too many reads every password, and that \
                is an error under every profile. The block is not authenticated: anybody who may push can change it.",
    remedy: "`gen secret rekey` seals the files of an environment for exactly its `secrets.recipients`, with a new data key where somebody \
             was removed. Change the credentials that a removed holder could read.",
    bad: "secrets:\n  recipients:\n    platform: age1aaa...   # and the file names age1aaa... and age1ccc...\n    flux: age1bbb...\n",
    good: "secrets:\n  recipients:\n    platform: age1aaa...   # and so does the file\n    flux: age1bbb...\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Elsewhere,
};
