//! `gen secret generate`.

use std::{fmt::Write as _, process::ExitCode, time::SystemTime};

use clap::Args;

use super::{
    Trouble,
    file::{SecretFile, declared, new_mistakes, recipients, refused},
    import::document,
    pipeline::Workspace,
    report,
};
use crate::{
    diagnostic::{Finding, Severity, worst},
    environment::Environment,
    keyring::Keyring,
    mint::{Minted, mint},
    part::{Body, Credential, DemandedKey, SecretDemand},
    plan::Component,
    scalar::Date,
    sops::{Selector, inspect, seal},
    yaml::{
        FileId,
        typed::{Stream, Tree},
    },
};

#[derive(Debug, Args)]
pub(super) struct Generate {
    /// The environments.
    #[arg(required_unless_present = "all", value_name = "ENV")]
    environments: Vec<String>,
    /// Every environment.
    #[arg(long, conflicts_with = "environments")]
    all: bool,
}

impl Generate {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let workspace = Workspace::open()?;
        if !workspace.is_readable {
            return Err(refused(workspace.findings.clone()));
        }
        let names = workspace.select(&self.environments, self.all)?;
        report::print(&generate(&workspace, &names)?);
        Ok(ExitCode::SUCCESS)
    }
}

/// A sealed file that has to be made, or lacks keys.
struct Lacking<'a> {
    environment: &'a Environment,
    file: SecretFile,
    demand: SecretDemand,
    /// What it lacks.
    keys: Vec<DemandedKey>,
}

/// Makes what the services of these environments demand and nobody made yet, all of it or nothing, and says what it made.
pub(in crate::cli) fn generate(workspace: &Workspace, names: &[String]) -> Result<String, Trouble> {
    let mut findings = Vec::new();
    let mut environments = Vec::new();
    for name in names {
        match workspace.repository.resolve(name) {
            Ok(environment) => environments.push(environment),
            Err(said) => findings.extend(said),
        }
    }
    let mut lacking = Vec::new();
    for environment in &environments {
        let wrong = environment.findings.iter().filter(|finding| finding.severity == Severity::Error);
        findings.extend(wrong.cloned());
        lacking.extend(look(workspace, environment, &mut findings));
    }
    let now = SystemTime::now();
    let mut made = Vec::new();
    if worst(&findings) != Some(Severity::Error) {
        for one in &lacking {
            match one.made(now)? {
                Ok(done) => made.push((one, done)),
                Err(mistakes) => findings.extend(mistakes),
            }
        }
    }
    if !findings.is_empty() {
        let trouble = refused(findings);
        report::print("nothing was written\n");
        return Err(trouble);
    }
    for (one, (text, _)) in &made {
        one.file.write(text)?;
    }
    Ok(summary(&environments, &made))
}

/// The sealed files that an environment has not at all, made but not written: their paths and texts.
pub(in crate::cli) fn new_files(
    workspace: &Workspace,
    environment: &Environment,
) -> Result<Vec<(String, String)>, Trouble> {
    let mut findings = Vec::new();
    let mut files = Vec::new();
    for one in look(workspace, environment, &mut findings).iter().filter(|one| one.file.bytes.is_none()) {
        let (text, _) = one.made(SystemTime::now())?.map_err(refused)?;
        files.push((one.file.path.clone(), text));
    }
    Ok(files)
}

/// What is missing in an environment; what keeps a file from getting it goes to `findings`.
fn look<'a>(workspace: &Workspace, environment: &'a Environment, findings: &mut Vec<Finding>) -> Vec<Lacking<'a>> {
    let (components, said) = workspace.planned(environment);
    let mut lacking = Vec::new();
    for (_, body) in components.iter().flat_map(Component::bodies) {
        let Body::SecretDemand(demand) = body else { continue };
        if demand.external {
            continue;
        }
        let file = SecretFile::of(workspace, &environment.name, &demand.name);
        let is_wrong = |finding: &&Finding| {
            finding.severity == Severity::Error
                && finding.location.file == file.path
                && finding.rule != "secret-key-missing"
        };
        let wrong: Vec<Finding> = said.iter().filter(is_wrong).cloned().collect();
        let keys = match &file.bytes {
            _ if !wrong.is_empty() => Vec::new(),
            None => demand.keys.clone(),
            Some(bytes) => missing(environment, demand, &file.path, bytes, findings),
        };
        findings.extend(wrong);
        if !keys.is_empty() {
            lacking.push(Lacking { environment, file, demand: demand.clone(), keys });
        }
    }
    lacking
}

/// The keys that a file lacks. A certificate of which a part is there is not made.
fn missing(
    environment: &Environment,
    demand: &SecretDemand,
    file: &str,
    bytes: &[u8],
    findings: &mut Vec<Finding>,
) -> Vec<DemandedKey> {
    let secret = match inspect(file, FileId(0), bytes) {
        Ok(secret) => secret,
        Err(mistakes) => {
            findings.extend(mistakes);
            return Vec::new();
        }
    };
    let is_there = |key: &&DemandedKey| secret.keys.contains(&key.name);
    let of_certificate = |key: &&DemandedKey| matches!(key.credential, Credential::Certificate { .. });
    let (there, lacks): (Vec<&DemandedKey>, Vec<&DemandedKey>) =
        demand.keys.iter().filter(of_certificate).partition(is_there);
    if !there.is_empty() && !lacks.is_empty() {
        let message = format!(
            "the Secret has {}, but lacks {}: a certificate is made whole or not at all",
            list(there.into_iter()),
            list(lacks.into_iter())
        );
        let help = format!(
            "`gen secret rotate {0} {1}` makes all of it anew; `gen secret set {0} {1} KEY` takes what you have",
            environment.name, demand.name
        );
        findings.push(Finding::error("secret-key-missing", secret.keys_mark.location(file), message).help(help));
        return Vec::new();
    }
    demand.keys.iter().filter(|key| !is_there(key)).cloned().collect()
}

/// Keys for people.
fn list<'a>(keys: impl Iterator<Item = &'a DemandedKey>) -> String {
    keys.map(|key| format!("`{}`", key.name)).collect::<Vec<_>>().join(", ")
}

impl Lacking<'_> {
    /// The file's new text and what was made for it, or what keeps it from being made.
    fn made(&self, now: SystemTime) -> Result<Result<(String, Minted), Vec<Finding>>, Trouble> {
        let minted = mint(&self.keys, now)?;
        let text = match &self.file.bytes {
            None => {
                let namespace = self.environment.spec.namespace.name.as_str();
                let document = document(&self.demand.name, namespace, &self.demand.kind, &minted.values);
                let mut stream = Stream::of(document);
                stream.indent = 2;
                seal(stream, &declared(self.environment)?, &Selector::of_secrets(), now).map_err(Trouble)?
            }
            Some(_) => {
                let sealed = self.file.sealed()?;
                let keyring = Keyring::gather(&sealed.envelope().recipients());
                let mut opened = match keyring.open(&self.file.path, &sealed) {
                    Ok(opened) => opened,
                    Err(finding) => return Ok(Err(vec![self.with_holders(finding, &sealed.envelope().recipients())])),
                };
                if let Some(document) = opened.stream_mut().documents.first_mut() {
                    for (key, value) in &minted.values {
                        document.set(&["stringData", key], Tree::text(value.clone()));
                    }
                }
                opened.close(now).map_err(Trouble)?
            }
        };
        let mistakes = new_mistakes(&self.file, &text);
        Ok(if mistakes.is_empty() { Ok((text, minted)) } else { Err(mistakes) })
    }

    /// Names those who can do what somebody without a key cannot.
    fn with_holders(&self, mut finding: Finding, can_open: &[&str]) -> Finding {
        let declared = &self.environment.spec.secrets.recipients;
        let holders: Vec<&str> = declared
            .iter()
            .filter(|(_, key)| can_open.contains(&key.as_str()))
            .map(|(holder, _)| holder.as_str())
            .collect();
        if !holders.is_empty() {
            let keys = list(self.keys.iter());
            let who = holders.join(", ");
            finding.help =
                format!("adding {keys} takes the private key of one of these holders: {who}; {}", finding.help);
        }
        finding
    }
}

/// What was made, for people, and what comes next.
fn summary(environments: &[Environment], made: &[(&Lacking<'_>, (String, Minted))]) -> String {
    let mut text = String::new();
    for (one, (_, minted)) in made {
        let keys = one.keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            text,
            "{}: {} {keys}",
            one.file.path,
            if one.file.bytes.is_some() { "added" } else { "made with" }
        );
        if let Some(ends) = minted.ends {
            let names = one.keys.iter().find_map(|key| match &key.credential {
                Credential::Certificate { names, .. } => names.first(),
                Credential::Password => None,
            });
            let name = names.map_or("", String::as_str);
            let _ = writeln!(
                text,
                "  a certificate for {name} and its other names until {}, by an authority whose key is gone: `gen secret rotate` \
                 renews it",
                Date::of(ends)
            );
        }
    }
    for environment in environments {
        let own = |(one, _): &&(&Lacking<'_>, _)| one.environment.name == environment.name;
        if made.iter().any(|one| own(&one)) {
            let holders: Vec<&str> = environment.spec.secrets.recipients.keys().map(|holder| holder.as_str()).collect();
            let _ = writeln!(text, "sealed for {}; next: gen build {}", holders.join(", "), environment.name);
            if recipients(environment).len() == 1 {
                let _ = writeln!(
                    text,
                    "note: one lost key makes these files unreadable: declare a second recipient, then `gen secret rekey {}`",
                    environment.name
                );
            }
        } else {
            let _ = writeln!(text, "{}: nothing is missing", environment.name);
        }
    }
    text
}
