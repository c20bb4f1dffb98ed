//! Files that `.sops.yaml` has a rule for, and that nobody sealed.

use serde_json::Value as Json;

use super::{Config, ConfigFile, Rule, Stands};
use crate::{
    diagnostic::{Finding, Location},
    sops::has_envelope,
    yaml::{Dialect, FileId, Source, parse},
};

/// The rule of the finding.
const NOT_ENCRYPTED: &str = "not-encrypted";
/// Paths that no rule is made for: one that takes them takes everything, and only says how to seal what somebody seals.
const ANYTHING: &[&str] = &["deployment.yaml", "apps/web/deployment.yaml"];
/// Files that tools read as they are.
const PLAIN: &[&str] = &["Chart.yaml", "kustomization.yaml", "kustomization.yml", "package.json", ".sops.yaml"];

/// The files among `files` that a rule of their `.sops.yaml` is made for, and that are in plain text. Objects of Kubernetes are not
/// among them: a Secret is told as such, and others cannot be sealed.
#[must_use]
pub fn unsealed(configs: &[ConfigFile], files: &[(&str, &[u8])]) -> Vec<Finding> {
    let read = |file: &ConfigFile| {
        Some((file.stands.clone(), file.file.clone(), Config::read(&file.file, &file.bytes).ok()?.0))
    };
    let configs: Vec<(Stands, String, Config)> = configs.iter().filter_map(read).collect();
    let one = |(path, bytes): &(&str, &[u8])| {
        let nearest = configs.iter().filter_map(|(stands, file, config)| Some((stands.see(path)?, file, config)));
        let (seen, file, config) = nearest.min_by_key(|(seen, ..)| seen.len())?;
        let rule = config.rules.iter().find(|rule| rule.fits(&seen))?;
        let is_for_anything = rule.path_regex.is_none() || ANYTHING.iter().any(|path| rule.fits(path));
        let name = path.rsplit('/').next().unwrap_or(path);
        if is_for_anything || PLAIN.contains(&name) || !is_open(path, bytes, rule) {
            return None;
        }
        let line = rule.mark.line;
        let message = format!("{file} has a rule for this file (line {line}), and nobody sealed it");
        let help = format!("`sops encrypt --in-place {path}`, and change what it holds: it is in the history now");
        Some(Finding::error(NOT_ENCRYPTED, Location::file(*path), message).help(help))
    };
    files.iter().filter_map(one).collect()
}

/// Whether a file holds something that the rule would seal.
fn is_open(path: &str, bytes: &[u8], rule: &Rule) -> bool {
    let source = Source { id: FileId(0), name: path, bytes };
    let documents: Vec<Json> = match parse(source, Dialect::Manifest) {
        Ok(documents) => documents.iter().map(crate::yaml::Node::to_json).collect(),
        Err(_) => return false,
    };
    if documents.iter().any(has_envelope) {
        return false;
    }
    let seals = |keys: &[&str]| match &rule.selector {
        Some((selector, _)) => selector.seals(keys),
        None => !keys.iter().any(|key| key.ends_with("_unencrypted")),
    };
    let is_object = |document: &Json| document.get("kind").is_some() && document.get("apiVersion").is_some();
    documents.iter().filter(|document| !is_object(document)).any(|document| has_leaf(document, &mut Vec::new(), &seals))
}

fn has_leaf<'v>(value: &'v Json, keys: &mut Vec<&'v str>, seals: &dyn Fn(&[&str]) -> bool) -> bool {
    match value {
        Json::Null => false,
        Json::Object(map) => map.iter().any(|(key, value)| {
            keys.push(key);
            let has = has_leaf(value, keys, seals);
            keys.pop();
            has
        }),
        Json::Array(items) => items.iter().any(|item| has_leaf(item, keys, seals)),
        Json::String(text) if text.is_empty() => false,
        _ => seals(keys),
    }
}
