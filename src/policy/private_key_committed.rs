//! A private key in the repository.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "private-key-committed",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A private key stands in the repository.",
    rationale: "Whoever reads the repository opens every file that was ever sealed for that key, in every commit of it: a key that was \
                pushed once is known for good.",
    remedy: "Take it out, make a new one outside the repository (`gen secret init`), seal the files for that with new data keys (`gen \
             secret rekey`), and change what the old one could open.",
    bad: "# environments/keys.txt\nAGE-SECRET-KEY-1...\n",
    good: "# environments/staging.yaml\nsecrets:\n  recipients:\n    platform: age1...\n",
    hides_lines: true,
    is_opinion: false,
    elsewhere: &["Checkov CKV_SECRET_13", "gitleaks age-secret-key", "gitleaks private-key"],
    check: Check::Elsewhere,
};
