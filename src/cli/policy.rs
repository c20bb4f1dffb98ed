//! `gen policy`.

use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::{Format, Trouble, pipeline::Workspace, report};
use crate::{
    manifest::may_hold_objects,
    policy::{Profile, Scope},
    selftest::{Inputs, SelfTest, Subject, Verdict, chosen},
    tree::{FileTree, Limits},
};

#[derive(Debug, Args)]
pub(super) struct Policy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plant mistakes into copies of your own trees, one at a time, and tell which of them no rule sees; writes nothing.
    Selftest(Selftest),
}

#[derive(Debug, Args)]
struct Selftest {
    /// The environments to spoil; every one where none is named.
    #[arg(value_name = "ENV")]
    environments: Vec<String>,
    /// Spoil this tree of manifests, which somebody wrote, and no environment.
    #[arg(long, value_name = "PATH", conflicts_with = "environments")]
    tree: Option<PathBuf>,
    /// Which mistakes are chosen where there are more than are asked for: the same number, the same mistakes.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// How many mistakes to plant into each tree.
    #[arg(long, value_name = "NUMBER", default_value_t = 500)]
    count: usize,
    /// List every mistake, not only those that live.
    #[arg(short, long)]
    verbose: bool,
    /// `json` is one document, `{"version": 1, "trees": [{"name", "seed", "mutants": [{"operator", "plants", "file", "path",
    /// "intended", "caughtBy"}]}]}`; a mutant that is caught by nothing lives.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Policy {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        match self.command {
            Command::Selftest(command) => command.run(),
        }
    }
}

/// A tree that was put to the test.
struct Tested {
    name: String,
    /// How much the rules say about it as it is.
    unclean: usize,
    verdicts: Vec<Verdict>,
}

impl Selftest {
    fn run(self) -> Result<ExitCode, Trouble> {
        let tested = match &self.tree {
            Some(path) => vec![self.test(path.display().to_string(), tree(path)?)],
            None => self.environments()?,
        };
        if tested.iter().all(|tested| tested.verdicts.is_empty()) {
            return Err(Trouble("there is nothing to spoil: no mistake that is known has a place there".to_owned()));
        }
        report::print(&match self.format {
            Format::Text => tested.iter().map(|tested| text(tested, self.verbose)).collect::<Vec<_>>().join("\n"),
            Format::Json => document(&tested, self.seed),
        });
        let lives = tested.iter().flat_map(|tested| &tested.verdicts).any(Verdict::lives);
        Ok(if lives { ExitCode::from(1) } else { ExitCode::SUCCESS })
    }

    fn test(&self, name: String, subject: Subject<'_>) -> Tested {
        let test = SelfTest::new(subject);
        let mutants = chosen(test.mutants(), self.seed, self.count);
        Tested { name, unclean: test.unclean(), verdicts: test.run(mutants) }
    }

    fn environments(&self) -> Result<Vec<Tested>, Trouble> {
        let workspace = Workspace::open()?;
        let names = workspace.select(&self.environments, self.environments.is_empty())?;
        names.into_iter().map(|name| self.environment(&workspace, name)).collect()
    }

    fn environment(&self, workspace: &Workspace, name: String) -> Result<Tested, Trouble> {
        let (compiled, findings) = workspace.render(&name);
        let Some(compiled) = compiled else {
            let first = findings.first().map(|finding| finding.message.as_str()).unwrap_or_default();
            return Err(Trouble(format!("{name} does not compile, so there is nothing to spoil: {first}")));
        };
        let (environment, rendered) = (compiled.environment, compiled.rendered);
        let files = Inputs::needed(workspace.repository.inputs(), &environment);
        let inputs = Inputs {
            environment: &name,
            files,
            layers: environment.layers.clone(),
            vendored: workspace.vendored(&environment, &mut Vec::new()),
        };
        let subject = Subject::rendered(rendered, environment.scope(), inputs);
        Ok(self.test(name.clone(), subject))
    }
}

/// A tree of manifests that somebody wrote.
fn tree(path: &std::path::Path) -> Result<Subject<'static>, Trouble> {
    let (tree, _) = FileTree::gather(path, "", &may_hold_objects, &Limits::default())?;
    let scope = Scope { profile: Profile::Default, ..Scope::default() };
    Ok(Subject::written(tree, scope))
}

fn text(tested: &Tested, is_verbose: bool) -> String {
    let Tested { name, unclean, verdicts } = tested;
    let lives = verdicts.iter().filter(|verdict| verdict.lives()).count();
    let mut text = String::new();
    if is_verbose {
        verdicts.iter().for_each(|verdict| text.push_str(&line(verdict)));
    } else {
        text.push_str(&table(verdicts));
        verdicts.iter().filter(|verdict| verdict.lives()).for_each(|verdict| text.push_str(&line(verdict)));
    }
    let caught = verdicts.len() - lives;
    let _ = writeln!(text, "{name}: {}, {caught} caught, {lives} live", report::counted(verdicts.len(), "mutant"));
    if *unclean > 0 {
        let _ = writeln!(
            text,
            "{name} is not clean: {} about it as it is, which may hide mutants",
            report::counted(*unclean, "finding")
        );
    }
    text
}

fn line(verdict: &Verdict) -> String {
    let mutant = &verdict.mutant;
    let place = match mutant.path.is_empty() {
        true => mutant.file.clone(),
        false => format!("{} at {}", mutant.file, mutant.path),
    };
    let rules: Vec<&str> = verdict.caught_by.iter().copied().collect();
    match rules.is_empty() {
        true => format!("lives: {} ({}) in {place}\n", mutant.operator.plants, mutant.operator.id),
        false => format!("caught by {}: {} in {place}\n", rules.join(", "), mutant.operator.plants),
    }
}

/// How many of each kind were caught, and by which rules.
fn table(verdicts: &[Verdict]) -> String {
    let mut rows: BTreeMap<&str, Vec<&Verdict>> = BTreeMap::new();
    for verdict in verdicts {
        rows.entry(verdict.mutant.operator.id).or_default().push(verdict);
    }
    let width = rows.keys().map(|id| id.len()).max().unwrap_or(0);
    let row = |(id, verdicts): (&&str, &Vec<&Verdict>)| {
        let caught = verdicts.iter().filter(|verdict| !verdict.lives()).count();
        let mut by: BTreeMap<&str, usize> = BTreeMap::new();
        verdicts.iter().flat_map(|verdict| &verdict.caught_by).for_each(|rule| *by.entry(rule).or_default() += 1);
        let intended = |rule: &&str| verdicts.iter().any(|verdict| verdict.mutant.operator.rules.contains(rule));
        let mut rules: Vec<&str> = by.keys().copied().collect();
        rules.sort_by_key(|rule| !intended(rule));
        let share = format!("{caught}/{}", verdicts.len());
        format!("{id:width$}  {share:>7}  {}\n", rules.into_iter().take(3).collect::<Vec<_>>().join(", "))
    };
    rows.iter().map(row).collect()
}

fn document(tested: &[Tested], seed: u64) -> String {
    let mutant = |verdict: &Verdict| {
        let mutant = &verdict.mutant;
        json!({
            "operator": mutant.operator.id,
            "plants": mutant.operator.plants,
            "file": mutant.file,
            "path": mutant.path,
            "intended": mutant.operator.rules,
            "caughtBy": verdict.caught_by,
        })
    };
    let tree = |tested: &Tested| {
        let mutants: Vec<Json> = tested.verdicts.iter().map(mutant).collect();
        json!({ "name": tested.name, "seed": seed, "mutants": mutants })
    };
    let trees: Vec<Json> = tested.iter().map(tree).collect();
    format!("{}\n", json!({ "version": 1, "trees": trees }))
}
