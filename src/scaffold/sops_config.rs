//! `.sops.yaml`: what the real `sops` shall do with new files of this repository.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{environment::FOLDER, sops::Selector};

/// Where `sops` finds its rules.
pub const SOPS_CONFIG: &str = ".sops.yaml";

const HEAD: &str = "# How `sops` seals new files here. The keys are those of environments/*.yaml: `gen secret check` compares them.\n\
                    creation_rules:\n";
const FOOT: &str = "stores:\n  yaml:\n    indent: 2\n";

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
    let mut text = HEAD.to_owned();
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
    text.push_str(FOOT);
    Some(text)
}

/// Whether a text is what [`sops_config`] writes for some environments, so that nobody's own work is lost with it.
#[must_use]
pub fn is_sops_config(text: &str) -> bool {
    let rules = text.strip_prefix(HEAD).and_then(|text| text.strip_suffix(FOOT));
    let read = |rule: &str| {
        let (holders, rest) = rule.split_once('\n')?;
        let (_, rest) = rest.split_once(&format!("^{FOLDER}/"))?;
        let (environment, _) = rest.split_once("/secrets/")?;
        let (_, keys) = rest.split_once("age: >-\n")?;
        let keys = keys.split(',').map(|key| key.trim().to_owned()).collect::<Vec<_>>();
        if keys.iter().any(|key| key.contains(char::is_whitespace)) {
            return None;
        }
        let recipients: BTreeMap<String, String> = holders.split(", ").map(str::to_owned).zip(keys).collect();
        Some((environment.to_owned(), recipients))
    };
    let environments =
        rules.and_then(|rules| rules.split("  # ").skip(1).map(read).collect::<Option<BTreeMap<_, _>>>());
    environments.and_then(|environments| sops_config(&environments)).is_some_and(|again| again == text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{is_sops_config, sops_config};
    use std::collections::BTreeMap;

    #[test]
    fn its_own_text_is_known_and_no_other() {
        let recipients = |holders: &[&str]| {
            holders.iter().map(|name| ((*name).to_owned(), format!("age1{name}"))).collect::<BTreeMap<_, _>>()
        };
        let environments = [("qa", recipients(&["ann"])), ("staging", recipients(&["ann", "bob", "flux"]))];
        let text = sops_config(&environments.map(|(name, recipients)| (name.to_owned(), recipients)).into()).unwrap();
        assert!(is_sops_config(&text));
        assert!(!is_sops_config(&text.replace("# ann, bob", "# ann, bob, zoe")));
        assert!(!is_sops_config(&text.replace("stores:", "# mine\nstores:")));
        assert!(!is_sops_config(&text.replace("^(data|stringData)$", "^data$")));
        assert!(!is_sops_config(""));
    }
}
