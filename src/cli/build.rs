//! `gen build`.

use std::{fmt::Write as _, path::PathBuf, process::ExitCode};

use clap::Args;

use super::{
    Reporting, Trouble,
    pipeline::{Compiled, Workspace, folder},
    report,
};
use crate::{
    diagnostic::{Finding, Severity, worst},
    manifest::Bundle,
    tree::{LOCK, Limits, Report, State, Survey, SyncError, read_file, survey, sync},
};

#[derive(Debug, Args)]
pub(super) struct Build {
    /// The environments to build.
    #[arg(required_unless_present = "all", value_name = "ENV")]
    environments: Vec<String>,
    /// Build every environment.
    #[arg(long, conflicts_with = "environments")]
    all: bool,
    /// Overwrite these files although somebody edited them: paths such as gitops/staging/postgres/values.yaml.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    force: Vec<String>,
    /// Drop a service that is no longer in the environment from its tree.
    #[arg(long, value_name = "NAME")]
    remove: Vec<String>,
    /// Write DIR/<env> instead of gitops/<env>.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    reporting: Reporting,
}

/// One environment, ready to be written.
struct Target {
    compiled: Compiled,
    directory: PathBuf,
    /// The directory as it is shown and as `--force` names it.
    shown: String,
    survey: Survey,
    /// What a person must know before the cluster gets it.
    transitions: Vec<Finding>,
}

impl Build {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        self.reporting.check()?;
        let workspace = Workspace::open()?;
        let mut findings = workspace.findings.clone();
        if !workspace.is_readable {
            return workspace.report(findings, &self.reporting);
        }
        if self.out.is_none() {
            workspace.ground.trees_lie_inside()?;
        }
        let names = workspace.select(&self.environments, self.all)?;
        let (targets, said) = workspace.compile(&names, |compiled| self.target(&workspace, compiled));
        findings.extend(said);
        let mut summary = String::new();
        let mut result = Ok(());
        if worst(&findings) != Some(Severity::Error) {
            let targets = targets.into_iter().collect::<Result<Vec<Target>, Trouble>>()?;
            self.removable(&targets)?;
            for target in &targets {
                findings.extend(self.objections(target));
            }
            if worst(&findings) != Some(Severity::Error) {
                result = targets.iter().try_for_each(|target| self.write(target, &mut summary, &mut findings));
            }
        }
        if worst(&findings) == Some(Severity::Error) && summary.is_empty() {
            summary.push_str("nothing was written\n");
        }
        // What is written stays written when a later tree cannot be.
        let code = workspace.report(findings, &self.reporting);
        if self.reporting.is_for_people() {
            report::print(&summary);
        }
        result.and(code)
    }

    /// Whoever names a service that still stands in its file wants something else than what would happen.
    fn removable(&self, targets: &[Target]) -> Result<(), Trouble> {
        let stands = |name: &&String| {
            let mut services = targets.iter().flat_map(|target| target.compiled.environment.spec.services.keys());
            services.any(|key| key.as_str() == **name)
        };
        match self.remove.iter().find(stands) {
            Some(name) => Err(Trouble(format!("cannot remove `{name}`: take it out of the environment's file first"))),
            None => Ok(()),
        }
    }

    fn target(&self, workspace: &Workspace, mut compiled: Compiled) -> Result<Target, Trouble> {
        let name = &compiled.environment.name;
        let (directory, shown) = match &self.out {
            Some(out) => (out.join(name), out.join(name).display().to_string()),
            None => (workspace.tree(name), folder(name)),
        };
        let survey = survey(&compiled.rendered.tree, &directory)?;
        let before =
            compiled.drift(&|path| read_file(&directory, path, &Limits::default()).ok(), &shown, &survey, |drift| {
                drift.before()
            });
        let mut transitions = workspace.transitions(&compiled, &shown, &before);
        // A build is a proposal: `check --against` is where a change is stopped.
        transitions.iter_mut().for_each(|finding| finding.severity = finding.severity.min(Severity::Warning));
        // Nobody asks for the objects again, and a build keeps every environment in memory.
        compiled.rendered.bundle = Bundle::default();
        Ok(Target { compiled, directory, shown, survey, transitions })
    }

    /// What keeps a build from writing, or should be known before.
    fn objections(&self, target: &Target) -> Vec<Finding> {
        let refused = |path: &str, state: State| {
            let forced = self.forced(&target.shown).iter().any(|forced| {
                path == forced
                    || forced.is_empty()
                    || path.strip_prefix(forced.as_str()).is_some_and(|rest| rest.starts_with('/'))
            });
            match state {
                State::Edited | State::OrphanedEdited | State::Occupied => !forced && path != LOCK,
                State::SealedEdited | State::Blocked(_) => true,
                _ => false,
            }
        };
        let on_disk = |path: &str| read_file(&target.directory, path, &Limits::default()).ok();
        target.compiled.drift(&on_disk, &target.shown, &target.survey, |drift| {
            let mut findings = target.transitions.clone();
            for component in drift.removed_components().iter().filter(|component| !self.remove.contains(component)) {
                findings.push(drift.removed_component(component));
            }
            findings.extend(drift.by_hand(&refused));
            findings
        })
    }

    /// The paths of `--force` that lie in a target, relative to it.
    fn forced(&self, shown: &str) -> Vec<String> {
        let inside = |path: &String| {
            let path = path.trim_start_matches("./").trim_end_matches('/');
            if path == shown { Some(String::new()) } else { path.strip_prefix(&format!("{shown}/")).map(str::to_owned) }
        };
        self.force.iter().filter_map(inside).collect()
    }

    fn write(&self, target: &Target, summary: &mut String, findings: &mut Vec<Finding>) -> Result<(), Trouble> {
        let mut force = self.forced(&target.shown);
        force.push(LOCK.to_owned());
        match sync(&target.compiled.rendered.tree, &target.directory, &force) {
            Ok(report) => describe(&target.shown, &report, &self.remove, summary),
            Err(SyncError::Io(error)) => return Err(error.into()),
            // Somebody wrote between the survey and the sync.
            Err(SyncError::Refused(paths)) => {
                let names: Vec<String> = paths.iter().map(|(path, _)| format!("{}/{path}", target.shown)).collect();
                let place = crate::diagnostic::Location::file(names.first().cloned().unwrap_or_default());
                let message = format!("edited while this build ran, and left as it is: {}", names.join(", "));
                findings.push(Finding::error("hand-edited", place, message).help("run the build again"));
            }
        }
        Ok(())
    }
}

/// What a build did, for people.
fn describe(shown: &str, report: &Report, removed: &[String], summary: &mut String) {
    let mut line = |text: String| {
        let _ = writeln!(summary, "{text}");
    };
    if !report.changed() {
        return line(format!("{shown}: up to date, {} files", report.unchanged));
    }
    let count = |paths: &[String]| paths.iter().filter(|path| *path != LOCK).count();
    line(format!(
        "{shown}: {} created, {} updated, {} removed, {} unchanged",
        count(&report.created),
        count(&report.updated),
        count(&report.removed),
        report.unchanged
    ));
    for (sign, paths) in [("+", &report.created), ("~", &report.updated), ("-", &report.removed)] {
        paths.iter().filter(|path| *path != LOCK).for_each(|path| line(format!("  {sign} {path}")));
    }
    let is_gone = |component: &&String| {
        let folder = format!("{component}/");
        report.removed.iter().any(|path| path.starts_with(&folder))
    };
    for component in removed.iter().filter(is_gone) {
        line(format!(
            "  {component}: Flux lets go of it and deletes nothing. Its HelmRelease, StatefulSet, claims and Secrets stay in \
             the cluster until you delete them."
        ));
    }
    if let Some(error) = &report.leftover {
        line(format!("  the old tree could not be cleared away ({error}); the next build tries again"));
    }
}
