//! Sealed secrets: what components demand, against what stands in `environments/<env>/secrets/`.

use std::collections::BTreeSet;

use super::{Component, Copy, Planner};
use crate::{
    diagnostic::{Finding, Location},
    environment::FOLDER,
    part::{Body, DemandedKey, Part, SecretDemand},
    sops::{self, SealedSecret},
    yaml::{FileId, Mark},
};

impl Planner<'_> {
    /// The sealed files behind the demands of `parts`.
    pub(super) fn sealed(&mut self, parts: &[Part]) -> Vec<Copy> {
        let mut copies = Vec::new();
        for part in parts {
            if let Body::SecretDemand(demand) = &part.body
                && !demand.external
            {
                copies.extend(self.sealed_file(demand, &part.origin.to_string()));
            }
        }
        copies
    }

    fn sealed_file(&mut self, demand: &SecretDemand, origin: &str) -> Option<Copy> {
        let file = self.secret_file(demand.name.as_str());
        let Some(bytes) = self.inputs.get(&file) else {
            let keys: Vec<&str> = demand.keys.iter().map(|key| key.name.as_str()).collect();
            let message = format!("{file} is missing: the Secret `{}` with {}", demand.name, keys.join(", "));
            self.error("missing-secret", origin, message, self.how_to_seal(demand));
            return None;
        };
        let documents = match sops::inspect(&file, FileId(0), bytes) {
            Ok(secret) => {
                self.compare(demand, &secret, &file, origin);
                self.holders(&secret, &file);
                self.findings.extend(secret.warnings);
                vec![secret.document]
            }
            Err(findings) => {
                self.findings.extend(findings);
                Vec::new()
            }
        };
        Some(Copy {
            name: format!("{}.sops.yaml", demand.name),
            bytes: bytes.to_vec(),
            origin: origin.to_owned(),
            source: file,
            documents,
            sealed: true,
            objects: Vec::new(),
        })
    }

    fn compare(&mut self, demand: &SecretDemand, secret: &SealedSecret, file: &str, origin: &str) {
        let namespace = self.environment.spec.namespace.name.as_str();
        let mut wrong = |rule: &'static str, mark: Mark, message: String, help: String| {
            self.findings.push(Finding::error(rule, mark.location(file), message).help(help).at(origin));
        };
        let metadata = [
            ("name", secret.name.as_str(), secret.name_mark, demand.name.as_str()),
            ("namespace", secret.namespace.as_deref().unwrap_or(""), secret.namespace_mark, namespace),
            ("type", secret.type_.as_str(), secret.type_mark, demand.kind.as_str()),
        ];
        for (what, is, mark, should) in metadata {
            if is != should {
                let message = format!("the Secret's {what} is `{is}`, and should be `{should}`");
                let help = format!("set it with `gen secret edit {file}` or `sops edit {file}`: the seal covers it");
                wrong("secret-mismatch", mark, message, help);
            }
        }
        for DemandedKey { name: key, purpose, .. } in &demand.keys {
            if !secret.keys.contains(key) {
                let message = format!("the Secret lacks the key `{key}`, the {purpose}");
                let help = format!(
                    "`gen secret generate {0}` makes it, `gen secret set {0} {1} {key}` takes a value; or `sops edit {file}`",
                    self.environment.name, demand.name
                );
                wrong("secret-key-missing", secret.keys_mark, message, help);
            }
        }
    }

    /// How a missing file comes to be.
    fn how_to_seal(&self, demand: &SecretDemand) -> String {
        format!(
            "`gen secret generate {0}` makes it; `gen secret import {0} {1} FILE` seals the values that you have",
            self.environment.name, demand.name
        )
    }

    /// A sealed file that nothing wants is a leftover or a typo in its name.
    pub(super) fn unused_secrets(&mut self, components: &[Component]) {
        let used: BTreeSet<&str> =
            components.iter().flat_map(|component| &component.copies).map(|copy| copy.name.as_str()).collect();
        let folder = self.secret_file("");
        let folder = folder.trim_end_matches(".sops.yaml");
        for (path, _) in self.inputs.iter() {
            if let Some(name) = path.strip_prefix(folder)
                && !used.contains(name)
            {
                let message = "no service of this environment wants this file";
                let help = "check its name, list it under a service's `manifests:`, or remove it";
                self.findings.push(Finding::warning("unused-secret", Location::file(path), message).help(help));
            }
        }
    }

    fn secret_file(&self, name: &str) -> String {
        format!("{FOLDER}/{}/secrets/{name}.sops.yaml", self.environment.name)
    }
}
