//! `.sops.yaml`: what the real `sops` shall do with new files of this repository.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{environment::FOLDER, sops::Selector};

/// Where `sops` finds its rules.
pub const SOPS_CONFIG: &str = ".sops.yaml";

/// The text of `.sops.yaml` for environments and their age public keys by holder; an environment without one gets no rule, and without
/// any rule there is no file.
///
/// The keys stand in one text, which every version of sops reads; a list needs 3.11.
#[must_use]
pub fn sops_config(environments: &BTreeMap<String, BTreeMap<String, String>>) -> Option<String> {
    if environments.values().all(BTreeMap::is_empty) {
        return None;
    }
    let selector = Selector::of_secrets();
    let mut text = String::from(
        "# How `sops` seals new files here. The keys are those of environments/*.yaml: `gen secret check` compares them.\ncreation_rules:\n",
    );
    let with_keys = environments.iter().filter(|(_, recipients)| !recipients.is_empty());
    for (environment, recipients) in with_keys {
        let holders: Vec<&str> = recipients.keys().map(String::as_str).collect();
        let keys: Vec<&str> = recipients.values().map(String::as_str).collect();
        let _ = write!(
            text,
            "  # {}\n  - path_regex: ^{FOLDER}/{environment}/secrets/[^/]+\\.sops\\.yaml$\n    {}: {}\n    age: >-\n      {}\n",
            holders.join(", "),
            selector.kind().key(),
            selector.pattern(),
            keys.join(",\n      "),
        );
    }
    text.push_str("stores:\n  yaml:\n    indent: 2\n");
    Some(text)
}
