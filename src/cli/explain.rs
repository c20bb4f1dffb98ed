//! `gen explain`.

mod file;
mod line;

use std::process::ExitCode;

use clap::Args;

use super::{
    Format, Trouble,
    pipeline::{Compiled, Workspace},
    report,
};
use crate::{
    diagnostic::{Severity, worst},
    environment::{Environment, UnknownPath},
    output::{
        explain::{self, Answer},
        rules,
    },
    path,
    policy::{self, RULES, Rule},
    schema::closest,
};

#[derive(Debug, Args)]
#[command(
    override_usage = "gen explain [OPTIONS] <ENV> <PATH>\n       gen explain [OPTIONS] <FILE>[:<LINE>[:<COLUMN>]]\n       gen explain [OPTIONS] <RULE>"
)]
pub(super) struct Explain {
    /// An environment; or, without a path, a line of a file of a tree, such as
    /// gitops/staging/postgres/values.yaml:12, or a rule, such as public-database.
    #[arg(value_name = "ENV|FILE:LINE|RULE")]
    what: String,
    /// The path of the environment to explain, such as services.postgres.storage.
    #[arg(value_name = "PATH")]
    path: Option<String>,
    /// How the answer is shown.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Explain {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let answer = match &self.path {
            Some(path) => explain_path(&open()?, &self.what, path)?,
            None if self.what.contains(['/', ':', '.']) => file::explain(&open()?, &self.what)?,
            None => {
                let rule = rule(&self.what)?;
                report::print(&match self.format {
                    Format::Text => rules::text(rule),
                    Format::Json => rules::document(&[rule]),
                });
                return Ok(ExitCode::SUCCESS);
            }
        };
        report::print(&match self.format {
            Format::Text => explain::text(&answer),
            Format::Json => explain::document(&answer),
        });
        Ok(ExitCode::SUCCESS)
    }
}

fn open() -> Result<Workspace, Trouble> {
    let workspace = Workspace::open()?;
    if workspace.is_readable { Ok(workspace) } else { Err(broken("this repository")) }
}

/// The rule of that name: a word alone can be nothing else.
fn rule(name: &str) -> Result<&'static Rule, Trouble> {
    policy::find(name).ok_or_else(|| {
        let hint = match closest(name, RULES.iter().map(|rule| rule.id)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("`gen rules` lists them; for an environment write `gen explain {name} PATH`"),
        };
        Trouble(format!("there is no rule `{name}`: {hint}"))
    })
}

fn explain_path(workspace: &Workspace, name: &str, path: &str) -> Result<Answer, Trouble> {
    workspace.select(&[name.to_owned()], false)?;
    let environment = resolve(workspace, name)?;
    let chains = workspace.repository.explain(&environment, path).map_err(|unknown| nothing(path, &unknown))?;
    let mut answer = Answer { chains, ..Answer::default() };
    if answer.chains.len() == 1 && answer.chains[0].value.is_none() {
        own_value(workspace, name, &mut answer);
    }
    Ok(answer)
}

/// A value of a chart that no file sets may be one that gen sets itself.
fn own_value(workspace: &Workspace, name: &str, answer: &mut Answer) {
    let keys = path::split(&answer.chains[0].path);
    let [services, instance, values, keys @ ..] = keys.as_slice() else { return };
    if services != "services" || values != "values" || keys.is_empty() {
        return;
    }
    let (Some(Compiled { environment, rendered }), _) = workspace.render(name) else { return };
    let file = format!("{instance}/values.yaml");
    let object = rendered.bundle.objects.iter().find(|object| object.file == file);
    let is_set = object.is_some_and(|object| keys.iter().try_fold(&object.body, |value, key| value.get(key)).is_some());
    if let Some(origins) = rendered.origins.get(&file).filter(|_| is_set) {
        let origin = origins.of(keys);
        answer.notes.push(format!("gen sets this value of the chart, because of `{origin}`"));
        answer.chains.push(workspace.repository.trace(&environment, &origin));
    }
}

fn resolve(workspace: &Workspace, name: &str) -> Result<Environment, Trouble> {
    match workspace.repository.resolve(name) {
        Ok(environment) if worst(&environment.findings) != Some(Severity::Error) => Ok(environment),
        _ => Err(broken(&format!("the environment `{name}`"))),
    }
}

fn broken(what: &str) -> Trouble {
    Trouble(format!("{what} has errors, so that nothing true can be said about it: run `gen check` first"))
}

/// Why there is nothing at a path.
fn nothing(path: &str, unknown: &UnknownPath) -> Trouble {
    let hint = match (&unknown.meant, unknown.keys.as_slice()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, []) => format!("`{}` has no `{}`", unknown.known, unknown.key),
        (None, keys) if unknown.known.is_empty() => format!("the keys of an environment are: {}", keys.join(", ")),
        (None, keys) => format!("the keys of `{}` are: {}", unknown.known, keys.join(", ")),
    };
    Trouble(format!("`{path}` names nothing: {hint}"))
}
