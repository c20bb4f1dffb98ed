//! Who can open the sealed files, against whom the environment declares.

use std::collections::BTreeMap;

use super::Planner;
use crate::{
    diagnostic::{Finding, Severity},
    policy::Profile,
    sops::SealedSecret,
};

/// The rule.
const RULE: &str = "wrong-recipient";

impl Planner<'_> {
    /// Compares the recipients of a sealed file with those of the environment. Where it declares none, that is said elsewhere.
    pub(super) fn holders(&mut self, secret: &SealedSecret, file: &str) {
        let declared: BTreeMap<&str, &str> = self.recipients();
        if declared.is_empty() {
            return;
        }
        let strict = match self.environment.spec.profile {
            Profile::Default => Severity::Warning,
            Profile::Production => Severity::Error,
        };
        let environment = &self.environment.name;
        let place = secret.recipients_mark.location(file);
        let help = format!(
            "seal it for exactly the environment's holders with `gen secret rekey {environment}`, or correct `secrets.recipients`"
        );
        let missing = declared.iter().filter(|(key, _)| !secret.recipients.iter().any(|recipient| recipient == *key));
        let missing = missing.map(|(key, holder)| (strict, format!("`{holder}` ({key}) cannot open this file")));
        let extra = secret.recipients.iter().filter(|recipient| !declared.contains_key(recipient.as_str()));
        let extra = extra.map(|key| {
            (
                Severity::Error,
                format!("{key} can open this file, and is no recipient of the environment `{environment}`"),
            )
        });
        let said: Vec<(Severity, String)> = missing.chain(extra).collect();
        for (severity, message) in said {
            let finding = Finding { severity, ..Finding::error(RULE, place.clone(), message) };
            self.findings.push(finding.help(help.as_str()).at("secrets.recipients"));
        }
        for service in &secret.other_services {
            let message = format!(
                "a key of `{service}` can open this file too, and the environment `{environment}` has age recipients only"
            );
            let option = match *service {
                "azure_kv" => "azure-kv",
                "gcp_kms" => "gcp-kms",
                "hc_vault" => "hc-vault-transit",
                service => service,
            };
            let help =
                format!("`sops rotate -i --rm-{option} KEY {file}` takes it out; then change what it could open");
            self.findings.push(Finding::error(RULE, place.clone(), message).help(help).at("secrets.recipients"));
        }
    }

    /// The holders by their keys.
    fn recipients(&self) -> BTreeMap<&str, &str> {
        let recipients = &self.environment.spec.secrets.recipients;
        recipients.iter().map(|(holder, key)| (key.as_str(), holder.as_str())).collect()
    }
}
