//! `gen check`.

use std::{collections::BTreeSet, process::ExitCode};

use clap::Args;

use super::{
    Reporting, Trouble,
    before::Committed,
    mend::{Known, Mending},
    pipeline::{Compiled, TREES, Workspace, folder},
    report,
};
use crate::{
    audit,
    diagnostic::{Finding, Location, Severity, worst},
    drift::{removed_environment, removed_services},
    environment::FOLDER,
    policy::{Judged, Rule, without_echoes},
    sops,
    tree::{FileTree, LOCK, Limits, read_file, survey},
    yaml::Dialect,
};

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The environments to check; every one where none is named.
    #[arg(value_name = "ENV")]
    environments: Vec<String>,
    /// Check every environment.
    #[arg(long, conflicts_with = "environments")]
    all: bool,
    /// Judge the way from this Git revision's trees to those that the inputs produce as well.
    #[arg(long, value_name = "REV")]
    against: Option<String>,
    #[command(flatten)]
    mending: Mending,
    #[command(flatten)]
    known: Known,
    #[command(flatten)]
    reporting: Reporting,
}

impl Check {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        self.reporting.check()?;
        if self.mending.fix {
            self.mend()?;
        }
        let workspace = Workspace::open()?;
        let mut findings = workspace.findings.clone();
        if !workspace.is_readable {
            return workspace.report(findings, &self.reporting);
        }
        workspace.trees_lie_inside()?;
        let all = self.all || self.environments.is_empty();
        let names = workspace.select(&self.environments, all)?;
        let committed = self.against.as_deref().map(|revision| Committed::read(&workspace, revision)).transpose()?;
        let (drifts, said) = workspace.compile(&names, |compiled| {
            let (name, mut said) = drift(&workspace, &compiled)?;
            if let Some(before) = committed.as_ref().map(|committed| committed.tree(&name)).transpose()?.flatten() {
                said.extend(since(&workspace, &compiled, &before));
            }
            Ok::<_, Trouble>((name, said))
        });
        findings.extend(said);
        let mut unknown: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        for drift in drifts {
            let (name, said) = drift?;
            unknown.remove(name.as_str());
            findings.extend(said);
        }
        for name in unknown {
            findings.extend(audit::key::below(&workspace.tree(name), &folder(name)));
        }
        if all {
            findings.extend(workspace.repository.unused_layers());
            findings.extend(leftover_trees(&workspace, &names)?);
            let gone = committed.iter().flat_map(|committed| {
                let names = committed.environments().filter(|name| !names.contains(name));
                names.filter(|name| committed.is_of_gen(name))
            });
            findings.extend(gone.map(|name| removed_environment(name)));
        }
        without_echoes(&mut findings);
        let was_asked = |rule: &Rule| rule.is_about_trees() && !rule.is_opinion;
        let judged = Judged { locked: workspace.repository.locked(), was_read: &|_| all, was_asked: &was_asked };
        let (findings, known) = self.known.apply(findings, &judged)?;
        let is_exact = worst(&findings) != Some(Severity::Error);
        let code = workspace.report(findings, &self.reporting)?;
        if self.reporting.is_for_people() && is_exact {
            report::print(&format!("{}: exactly what the inputs produce\n", names.join(", ")));
        }
        if self.reporting.is_for_people() {
            report::print(&known);
        }
        Ok(code)
    }

    /// Makes the changes that findings about the inputs carry.
    fn mend(&self) -> Result<(), Trouble> {
        let prefix = format!("{FOLDER}/");
        let dialect = |file: &str| match file.strip_prefix(&prefix) {
            Some(name) if !name.contains('/') => Dialect::Input,
            _ => Dialect::Manifest,
        };
        let look = || {
            let workspace = Workspace::open()?;
            let names = workspace.select(&self.environments, self.all || self.environments.is_empty())?;
            Ok(workspace.compile(&names, |_| ()).1)
        };
        self.mending.run(&Workspace::open()?.root, &dialect, &look)
    }
}

/// The environment's name, and how its tree differs from what the inputs produce.
fn drift(workspace: &Workspace, compiled: &Compiled) -> Result<(String, Vec<Finding>), Trouble> {
    let name = &compiled.environment.name;
    let folder = folder(name);
    let directory = workspace.tree(name);
    let survey = survey(&compiled.rendered.tree, &directory)?;
    let mut findings = compiled.drift(&directory, &folder, &survey, |drift| drift.findings());
    // What is as it was rendered holds nothing that the inputs do not hold.
    let strange = survey.states.iter().filter_map(|(path, _)| {
        let bytes = read_file(&directory, path, &Limits::default()).ok()?;
        sops::private_key(&format!("{folder}/{path}"), &bytes)
    });
    findings.extend(strange);
    Ok((name.clone(), findings))
}

/// What a person must know of the way from `before` to what an environment's inputs produce.
fn since(workspace: &Workspace, compiled: &Compiled, before: &FileTree) -> Vec<Finding> {
    let folder = folder(&compiled.environment.name);
    let mut findings = workspace.transitions(compiled, &folder, before);
    findings.extend(removed_services(&compiled.environment, &compiled.rendered, &folder, before));
    findings
}

/// Trees that gen wrote for environments that are gone.
fn leftover_trees(workspace: &Workspace, names: &[String]) -> Result<Vec<Finding>, Trouble> {
    let entries = match std::fs::read_dir(workspace.root.join(TREES)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut findings = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !names.contains(&name) && !name.starts_with('.') && entry.path().join(LOCK).is_file() {
            let message = format!("this tree was built for an environment `{name}` that is gone");
            let help = "bring the environment back, or take its services down first and then remove the folder";
            findings.push(
                Finding::error("orphaned-tree", Location::file(format!("{TREES}/{name}/{LOCK}")), message).help(help),
            );
        }
    }
    Ok(findings)
}
