//! `.sops.yaml` against the environments. It decides what the real `sops` does with a new file, and sops reads it trustingly:
//! it ignores keys that it does not know and expressions that do not compile, and takes the first rule that fits.

mod rules;
mod unsealed;

use std::collections::{BTreeMap, BTreeSet};

use rules::{Config, Rule};
pub use unsealed::unsealed;

use crate::{
    diagnostic::{Finding, Location},
    sops::Selector,
    yaml::Mark,
};

/// A `.sops.yaml`, as it was read.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// Its name for people, relative to the repository's root.
    pub file: String,
    /// Where it stands, seen from the repository's root.
    pub stands: Stands,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Where a `.sops.yaml` stands, seen from the repository's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// At the root, or above it: what leads from its folder to the root, with a slash at its end; empty at the root.
    Above(String),
    /// In a folder below the root, named with a slash at its end.
    Below(String),
}

/// A sealed file, there or wanted, and what its environment says about it.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// Its path below the root.
    pub path: &'a str,
    /// Its environment.
    pub environment: &'a str,
    /// The age public keys of the environment by holder.
    pub recipients: &'a BTreeMap<String, String>,
}

/// What is wrong with the files `.sops.yaml` that sops would read for sealed files: those that do not fit their environments,
/// or themselves, are errors; that there is none, or no rule, is a warning.
///
/// sops takes the nearest one, from the *working directory* upward. `files` are all that it could find from anywhere between a
/// sealed file and the repository's root, and the nearest one above where the root has none.
#[must_use]
pub fn findings(files: &[ConfigFile], targets: &[Target<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in files {
        let config = match Config::read(&file.file, &file.bytes) {
            Ok((config, said)) => {
                found.extend(said);
                config
            }
            Err(said) => {
                found.extend(said);
                continue;
            }
        };
        let seen: Vec<(String, &Target<'_>)> =
            targets.iter().filter_map(|target| Some((file.stands.see(target.path)?, target))).collect();
        if let (Stands::Below(folder), false) = (&file.stands, seen.is_empty()) {
            found.push(wins(&file.file, folder));
        }
        found.extend(Held { config: &config, file: &file.file }.against(&seen));
    }
    if !files.iter().any(|file| matches!(file.stands, Stands::Above(_))) && !targets.is_empty() {
        let message = "there is no .sops.yaml, so `sops edit` does not know what a new file is sealed for";
        let help = "`gen secret init` writes it";
        found.push(Finding::warning("no-sops-rule", Location::file(".sops.yaml"), message).help(help));
    }
    found
}

impl Stands {
    /// The path below the root, as the file's rules see it; `None` where the file is none of their business.
    fn see(&self, path: &str) -> Option<String> {
        match self {
            Stands::Above(prefix) => Some(format!("{prefix}{path}")),
            Stands::Below(folder) => path.strip_prefix(folder.as_str()).map(str::to_owned),
        }
    }
}

fn wins(file: &str, folder: &str) -> Finding {
    let message = format!("who runs sops in {folder} gets the rules of this file, not those of the repository's root");
    Finding::warning("second-sops-config", Location::file(file), message)
        .help("keep one .sops.yaml, at the repository's root, and move the rules there")
}

/// A file whose rules are held against environments.
struct Held<'a> {
    config: &'a Config,
    file: &'a str,
}

impl Held<'_> {
    /// Each environment is told once about each rule, whatever number of files it takes effect for.
    fn against(&self, seen: &[(String, &Target<'_>)]) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut told = BTreeSet::new();
        for (path, target) in seen {
            let Some(index) = self.config.rules.iter().position(|rule| rule.fits(path)) else {
                if told.insert((usize::MAX, target.environment)) {
                    found.push(self.no_rule(target));
                }
                continue;
            };
            if told.insert((index, target.environment)) {
                found.extend(self.rule(index, path, target));
            }
        }
        found
    }

    fn no_rule(&self, target: &Target<'_>) -> Finding {
        let message = format!("no rule fits {}: sops would not make this file", target.path);
        let help = format!(
            "add `- path_regex: ^environments/{}/secrets/` with `encrypted_regex: {}` and `age: {}`",
            target.environment,
            Selector::of_secrets().pattern(),
            keys(target)
        );
        Finding::warning("no-sops-rule", Location::file(self.file), message).help(help)
    }

    fn rule(&self, index: usize, path: &str, target: &Target<'_>) -> Vec<Finding> {
        let rule = &self.config.rules[index];
        let mut found = Vec::new();
        let later = self.config.rules[index + 1..].iter().find(|later| later.path_regex.is_some() && later.fits(path));
        let shadow = later.map_or_else(String::new, |later| {
            format!("; the rule in line {} fits too, but the first one wins", later.mark.line)
        });
        let place = |mark: Mark| mark.location(self.file);
        let mut error = |mark: Mark, message: String, help: String| {
            let finding = Finding::error("sops-rule-mismatch", place(mark), format!("{message}{shadow}"));
            found.push(finding.help(help));
        };
        if let Some((mark, message)) = recipients(rule, target) {
            error(mark, message, format!("write `age: {}`", keys(target)));
        }
        for (mark, service) in &rule.other_services {
            let message =
                format!("this rule seals for `{service}` too, and `{}` has age recipients only", target.environment);
            error(*mark, message, format!("delete `{service}`"));
        }
        if rule.groups > 1 {
            let message = format!("this rule splits the key among {} groups; a cluster has one key", rule.groups);
            error(rule.recipients_mark, message, "write one list of `age` keys".to_owned());
        }
        if let Some((mark, message)) = selection(rule) {
            let ours = Selector::of_secrets();
            error(mark, message, format!("write `{}: {}`", ours.kind().key(), ours.pattern()));
        }
        if let Some(mark) = rule.mac_only_encrypted {
            let message = "with `mac_only_encrypted` nobody notices a changed name, namespace or type of a Secret";
            let finding = Finding::warning("sops-rule-mismatch", place(mark), message);
            found.push(finding.help("delete this line"));
        }
        found
    }
}

/// How the recipients of a rule differ from those of the environment.
fn recipients(rule: &Rule, target: &Target<'_>) -> Option<(Mark, String)> {
    let has = |key: &str| rule.recipients.iter().any(|(have, _)| have == key);
    let lacks = target.recipients.iter().filter(|(_, key)| !has(key)).map(|(holder, _)| format!("lacks `{holder}`"));
    let wanted: BTreeSet<&str> = target.recipients.values().map(String::as_str).collect();
    let more = rule.recipients.iter().filter(|(key, _)| !wanted.contains(key.as_str()));
    let strangers: Vec<&Mark> = more.clone().map(|(_, mark)| mark).collect();
    let more = more.map(|(key, _)| format!("has {key}, which no holder has"));
    let all: Vec<String> = lacks.chain(more).collect();
    if all.is_empty() {
        return None;
    }
    let mark = strangers.first().map_or(rule.recipients_mark, |mark| **mark);
    let message = format!("this rule seals for other keys than `{}` has: it {}", target.environment, all.join(", "));
    Some((mark, message))
}

/// What is wrong with the selector of a rule that seals Secrets: it must seal their values, and nothing else.
fn selection(rule: &Rule) -> Option<(Mark, String)> {
    let said = rule.selector.as_ref();
    let mark = said.map_or(rule.mark, |(_, mark)| *mark);
    let seals = |keys: &[&str]| said.is_none_or(|(selector, _)| selector.seals(keys));
    let values: Vec<&str> = ["data", "stringData"].into_iter().filter(|block| !seals(&[block, "key"])).collect();
    let clear = [&["apiVersion"] as &[&str], &["kind"], &["metadata", "name"], &["metadata", "namespace"], &["type"]];
    let hidden: Vec<String> = clear.into_iter().filter(|keys| seals(keys)).map(|keys| keys.join(".")).collect();
    let subject = match said {
        Some((selector, _)) => format!("`{}: {}`", selector.kind().key(), selector.pattern()),
        None => "a rule without a selector".to_owned(),
    };
    match (values.as_slice(), hidden.as_slice()) {
        ([], []) => None,
        ([_, _], []) => Some((mark, format!("{subject} seals nothing of a Secret: all of it would stay plain text"))),
        ([], _) => Some((mark, format!("{subject} seals {} too, which kustomize must read", hidden.join(", ")))),
        _ => Some((mark, format!("{subject} leaves `{}` of a Secret in plain text", values.join("` and `")))),
    }
}

fn keys(target: &Target<'_>) -> String {
    target.recipients.values().map(String::as_str).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
