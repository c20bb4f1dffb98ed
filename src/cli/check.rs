//! `gen check`.

use std::{collections::BTreeSet, process::ExitCode};

use clap::Args;

use super::{
    Reporting, Trouble,
    before::Committed,
    ground::Ground,
    mend::{Known, Mending, dialect},
    pipeline::{Compiled, TREES, Workspace, find_root, folder},
    report::{self, Files},
};
use crate::{
    diagnostic::{Finding, Location, Severity, worst},
    drift::{removed_environment, removed_services},
    environment::FOLDER,
    policy::{Judged, Rule, without_echoes},
    sops,
    tree::{FileTree, LOCK},
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
    /// Check what is staged for the next commit, in the environments that it touches: for the hook that Git runs before one.
    #[arg(long, conflicts_with_all = ["environments", "all", "fix"])]
    staged: bool,
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
        if self.staged {
            return self.staged();
        }
        if self.mending.fix {
            self.mend()?;
        }
        let workspace = Workspace::open()?;
        if !workspace.is_readable {
            return workspace.report(workspace.findings.clone(), &self.reporting);
        }
        workspace.ground.trees_lie_inside()?;
        let all = self.all || self.environments.is_empty();
        let names = workspace.select(&self.environments, all)?;
        let committed = self.committed(&workspace)?;
        let mut findings = findings(&workspace, &names, committed.as_ref())?;
        if all {
            findings.extend(workspace.repository.unused_layers());
            findings.extend(leftover_trees(&workspace)?);
            let gone = committed.iter().flat_map(|committed| {
                let names = committed.environments().filter(|name| !names.contains(name));
                names.filter(|name| committed.is_of_gen(name))
            });
            findings.extend(gone.map(|name| removed_environment(name)));
        }
        self.say(&workspace, findings, all, &format!("{}: exactly what the inputs produce\n", names.join(", ")))
    }

    /// The content of the index, as far as the change in it touches it.
    fn staged(&self) -> Result<ExitCode, Trouble> {
        let Some((workspace, names)) = Workspace::staged()? else {
            let home = find_root()?;
            let nothing = Files { home: &home, read: &|_| None };
            let code = report::findings(Vec::new(), &self.reporting, nothing);
            if self.reporting.is_for_people() {
                report::print("nothing of gen is staged or committed\n");
            }
            return code;
        };
        if !workspace.is_readable {
            return workspace.report(workspace.findings.clone(), &self.reporting);
        }
        let mut findings = findings(&workspace, &names, self.committed(&workspace)?.as_ref())?;
        let changed = |file: &str| match &workspace.ground {
            Ground::Index(staged) => staged.changed.contains(file),
            Ground::Disk(_) => true,
        };
        findings.extend(workspace.repository.unused_layers().into_iter().filter(|one| changed(&one.location.file)));
        findings.extend(leftover_trees(&workspace)?.into_iter().filter(|tree| {
            let name = tree.location.file.split('/').nth(1).unwrap_or_default();
            changed(&tree.location.file) || changed(&format!("{FOLDER}/{name}.yaml"))
        }));
        findings.iter_mut().filter(|finding| finding.rule == "stale").for_each(|finding| {
            finding.help = finding.help.replace("commit the result", "stage the result: `git add gitops`");
        });
        let done = match names.as_slice() {
            [] => "nothing that is staged touches an environment\n".to_owned(),
            _ => format!("{}: what is staged is exactly what its inputs produce\n", names.join(", ")),
        };
        self.say(&workspace, findings, false, &done)
    }

    /// The trees that the way is judged from.
    fn committed(&self, workspace: &Workspace) -> Result<Option<Committed>, Trouble> {
        self.against.as_deref().map(|revision| Committed::read(workspace, revision)).transpose()
    }

    /// Prints findings but for the known ones; where none is an error, that all is `well`. `all` tells whether everything was read.
    fn say(
        &self,
        workspace: &Workspace,
        mut findings: Vec<Finding>,
        all: bool,
        well: &str,
    ) -> Result<ExitCode, Trouble> {
        without_echoes(&mut findings);
        let was_asked = |rule: &Rule| rule.is_about_trees() && !rule.is_opinion;
        let judged = Judged { locked: workspace.repository.locked(), was_read: &|_| all, was_asked: &was_asked };
        let (findings, known) = self.known.apply(findings, &judged)?;
        let is_well = worst(&findings) != Some(Severity::Error);
        let code = workspace.report(findings, &self.reporting)?;
        if self.reporting.is_for_people() && is_well {
            report::print(well);
        }
        if self.reporting.is_for_people() {
            report::print(&known);
        }
        Ok(code)
    }

    /// Makes the changes that findings about the inputs carry.
    fn mend(&self) -> Result<(), Trouble> {
        let look = || {
            let workspace = Workspace::open()?;
            let names = workspace.select(&self.environments, self.all || self.environments.is_empty())?;
            Ok(workspace.compile(&names, |_| ()).1)
        };
        self.mending.run(&Workspace::open()?.root, &dialect, &look)
    }
}

/// What is wrong with environments and their trees, and with the way to these from the `committed` ones.
fn findings(workspace: &Workspace, names: &[String], committed: Option<&Committed>) -> Result<Vec<Finding>, Trouble> {
    let mut findings = workspace.findings.clone();
    let (drifts, said) = workspace.compile(names, |compiled| {
        let (name, mut said) = drift(workspace, &compiled)?;
        if let Some(before) = committed.map(|committed| committed.tree(&name)).transpose()?.flatten() {
            said.extend(since(workspace, &compiled, &before));
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
        findings.extend(workspace.ground.keys(&FileTree::new(), &folder(name)));
    }
    Ok(findings)
}

/// The environment's name, and how its tree differs from what the inputs produce.
fn drift(workspace: &Workspace, compiled: &Compiled) -> Result<(String, Vec<Finding>), Trouble> {
    let name = &compiled.environment.name;
    let folder = folder(name);
    let survey = workspace.ground.survey(&compiled.rendered.tree, &folder)?;
    let read = |path: &str| workspace.ground.file(&format!("{folder}/{path}")).ok();
    let mut findings = compiled.drift(&read, &folder, &survey, |drift| drift.findings());
    // What is as it was rendered holds nothing that the inputs do not hold.
    let strange =
        survey.states.iter().filter_map(|(path, _)| sops::private_key(&format!("{folder}/{path}"), &read(path)?));
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
fn leftover_trees(workspace: &Workspace) -> Result<Vec<Finding>, Trouble> {
    let known = workspace.repository.environments();
    let finding = |name: String| {
        let message = format!("this tree was built for an environment `{name}` that is gone");
        let help = "bring the environment back, or take its services down first and then remove the folder";
        Finding::error("orphaned-tree", Location::file(format!("{TREES}/{name}/{LOCK}")), message).help(help)
    };
    let trees = workspace.ground.trees()?.into_iter();
    Ok(trees.filter(|name| !known.contains(&name.as_str())).map(finding).collect())
}
