//! `gen secret rotate`.

use std::{process::ExitCode, time::SystemTime};

use clap::Args;

use super::{
    Trouble,
    file::{demands, environment, existing, new_mistakes, refused},
    pipeline::Workspace,
    report,
    set::put,
};
use crate::{
    mint::mint,
    part::{Credential, DemandedKey, Rotation, SecretDemand},
    scalar::Date,
    schema::closest,
};

#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment: String,
    /// The Secret's name.
    name: String,
    /// The key; needed where the Secret has several passwords. A certificate is always made whole.
    key: Option<String>,
}

impl Rotate {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let workspace = Workspace::open()?;
        let resolved = environment(&workspace, &self.environment)?;
        let demand = self.demand(demands(&workspace, &resolved))?;
        let keys = self.keys(&demand)?;
        let file = existing(&workspace, &self.environment, &self.name)?;
        let mut opened = file.unlock()?;
        let now = SystemTime::now();
        let minted = mint(&keys, now)?;
        if let Some(document) = opened.stream_mut().documents.first_mut() {
            for (key, value) in minted.values {
                put(document, &key, value);
            }
        }
        let text = opened.close(now).map_err(Trouble)?;
        let mistakes = new_mistakes(&file, &text);
        if !mistakes.is_empty() {
            return Err(refused(mistakes));
        }
        file.write(&text)?;
        let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
        let mut said = format!("{}: new {}", file.path, names.join(", "));
        if let Some(ends) = minted.ends {
            said.push_str(&format!(", until {}, by a new authority: clients need the new ca.crt", Date::of(ends)));
        }
        said.push_str("\nThe running service knows nothing of it yet.\n\n");
        if let Some(key) = keys.first() {
            said.push_str(&steps(&key.rotation));
        }
        report::print(&said);
        Ok(ExitCode::SUCCESS)
    }

    /// What the services want of the Secret.
    fn demand(&self, demands: Vec<SecretDemand>) -> Result<SecretDemand, Trouble> {
        let Rotate { environment, name, .. } = &self;
        let names: Vec<String> = demands.iter().map(|demand| demand.name.clone()).collect();
        match demands.into_iter().find(|demand| demand.name == *name) {
            Some(demand) if demand.external => Err(Trouble(format!(
                "`{name}` is made by something in the cluster (`external: true`), which renews it too"
            ))),
            Some(demand) => Ok(demand),
            None => {
                let hint = closest(name, names.iter().map(String::as_str));
                let hint = hint.map_or_else(String::new, |meant| format!(", did you mean `{meant}`?"));
                Err(Trouble(format!(
                    "no service of `{environment}` demands the Secret `{name}`{hint}; gen does not know how a value of another \
                     one is made: `gen secret set {environment} {name} KEY` takes a new one"
                )))
            }
        }
    }

    /// What is made anew: one password, or all of a certificate.
    fn keys(&self, demand: &SecretDemand) -> Result<Vec<DemandedKey>, Trouble> {
        let names = || demand.keys.iter().map(|key| key.name.as_str());
        let chosen = match (&self.key, demand.keys.as_slice()) {
            (Some(wanted), keys) => keys.iter().find(|key| key.name == *wanted),
            (None, [key]) => Some(key),
            (None, keys) => keys.iter().find(|key| is_of_certificate(key)),
        };
        let list = || names().collect::<Vec<_>>().join(", ");
        match (chosen, &self.key) {
            (Some(key), _) if is_of_certificate(key) => {
                Ok(demand.keys.iter().filter(|key| is_of_certificate(key)).cloned().collect())
            }
            (Some(key), _) => Ok(vec![key.clone()]),
            (None, Some(wanted)) => {
                let hint = match closest(wanted, names()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("its keys: {}", list()),
                };
                Err(Trouble(format!("no service demands the key `{wanted}` of `{}`: {hint}", demand.name)))
            }
            (None, None) => Err(Trouble(format!(
                "which password shall be a new one? Each has steps of its own, so take one after the other: {}",
                list()
            ))),
        }
    }
}

fn is_of_certificate(key: &DemandedKey) -> bool {
    matches!(key.credential, Credential::Certificate { .. })
}

/// The steps of a rotation for a terminal: numbered, commands indented.
fn steps(rotation: &Rotation) -> String {
    let Rotation { before, publish, after, back } = rotation;
    let mut text = String::new();
    for (step, number) in [before, publish, after].into_iter().filter(|step| !step.is_empty()).zip(1..) {
        text.push_str(&format!("{number}. {}\n", unfenced(step)));
    }
    text.push_str(&unfenced(back));
    text
}

/// Markdown with fenced blocks indented instead.
fn unfenced(markdown: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for line in markdown.lines() {
        match line.starts_with("```") {
            true => inside = !inside,
            false if inside => text.push_str(&format!("    {line}\n")),
            false => text.push_str(&format!("{line}\n")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::steps;
    use crate::part::Rotation;

    #[test]
    fn steps_are_numbered_and_commands_stand_apart() {
        let rotation = Rotation {
            before: "Tell it:\n\n```sh\ntell &&\n  wait\n```".to_owned(),
            publish: "Publish.".to_owned(),
            after: String::new(),
            back: "The way back: none.".to_owned(),
        };
        let expected = "1. Tell it:\n\n    tell &&\n      wait\n\n2. Publish.\n\nThe way back: none.\n";
        assert_eq!(steps(&rotation), expected);
    }
}
