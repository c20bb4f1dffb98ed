//! A sealed file that was changed without its key.

use super::{Check, Rule};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    id: "tampered-secret",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A sealed file was changed by something that does not hold its key.",
    rationale: "Flux opens each value by itself and never checks the MAC over all of them. Who may push, and holds no key, can empty a \
                value, take one out, bring an older one back, or turn the Secret into a ConfigMap, and Flux applies it. Without \
                a key `gen secret check --against REV` tells most of that from an earlier commit; with one, `gen secret check \
                --key` checks the MAC.",
    remedy: "Restore the file from the commit before (`git checkout COMMIT -- FILE`) and make the change with `gen secret edit` or `sops edit`. \
             After a merge take one side whole, and make the other side's change again.",
    bad: "stringData:\n  password: \"\"   # was ENC[...], and sops.mac is what it was\n",
    good: "stringData:\n  password: ENC[...]   # a new one, and so is sops.mac\n",
    hides_lines: true,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Elsewhere,
};
