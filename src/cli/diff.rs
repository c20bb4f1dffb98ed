//! `gen diff`.

use std::process::ExitCode;

use clap::Args;

use super::{
    Format, Reporting, Trouble,
    before::{Committed, on_disk},
    pipeline::{Compiled, Workspace, folder},
    report,
};
use crate::{
    diagnostic::{Severity, worst},
    diff::{trees, unified},
    drift::{removed_environment, removed_services},
    output::diff::{self as output, Standing, Tree},
    tree::FileTree,
};

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The environments to compare; every one where none is named.
    #[arg(value_name = "ENV")]
    environments: Vec<String>,
    /// Compare with the tree of this Git revision instead of the one on disk.
    #[arg(long, value_name = "REV")]
    against: Option<String>,
    /// Show changed lines of files instead of changed values of objects.
    #[arg(long)]
    text: bool,
    /// How changes are shown.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Diff {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        if self.text && self.format == Format::Json {
            return Err(Trouble("`--text` is for people: there is no JSON of it".to_owned()));
        }
        let reporting = Reporting::of(self.format);
        let workspace = Workspace::open()?;
        let mut findings = workspace.findings.clone();
        if !workspace.is_readable {
            return workspace.report(findings, &reporting);
        }
        workspace.ground.trees_lie_inside()?;
        let committed = self.against.as_deref().map(|revision| Committed::read(&workspace, revision)).transpose()?;
        let (names, gone) = self.select(&workspace, committed.as_ref())?;
        let (results, said) = workspace.compile(&names, |compiled| {
            let before = match &committed {
                Some(committed) => committed.tree(&compiled.environment.name)?,
                None => on_disk(&workspace, &compiled)?,
            };
            Ok(self.tree(&workspace, &compiled, before))
        });
        findings.extend(said);
        if worst(&findings) == Some(Severity::Error) {
            return workspace.report(findings, &reporting);
        }
        let mut found: Vec<Tree> = results.into_iter().collect::<Result<_, Trouble>>()?;
        for name in gone {
            let before = committed.as_ref().map(|committed| committed.tree(&name)).transpose()?.flatten();
            let findings = vec![removed_environment(&name)];
            let tree = self.compare(name, &before.unwrap_or_default(), &FileTree::new(), Standing::Gone);
            found.push(Tree { findings, ..tree });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        let is_same = found.iter().all(Tree::is_same);
        report::print(&match self.format {
            Format::Json => output::json(&found),
            Format::Text => {
                output::text(&found, report::style(), &|file| report::source(file, &|file| workspace.text(file)))
            }
        });
        Ok(ExitCode::from(u8::from(!is_same)))
    }

    /// The environments to compile, and those that are in the revision only.
    fn select(
        &self,
        workspace: &Workspace,
        committed: Option<&Committed>,
    ) -> Result<(Vec<String>, Vec<String>), Trouble> {
        let known = workspace.repository.environments();
        let is_gone = |name: &String| {
            !known.contains(&name.as_str()) && committed.is_some_and(|committed| committed.is_of_gen(name))
        };
        let (gone, names): (Vec<String>, Vec<String>) = if self.environments.is_empty() {
            let all = committed.iter().flat_map(|committed| committed.environments().cloned());
            (all.filter(is_gone).collect(), workspace.select(&[], true)?)
        } else {
            self.environments.iter().cloned().partition(is_gone)
        };
        Ok((workspace.select(&names, false)?, gone))
    }

    fn tree(&self, workspace: &Workspace, compiled: &Compiled, before: Option<FileTree>) -> Tree {
        let name = &compiled.environment.name;
        let standing = if before.is_some() { Standing::Changed } else { Standing::New };
        let before = before.unwrap_or_default();
        let mut tree = self.compare(name.clone(), &before, &compiled.rendered.tree, standing);
        tree.findings = workspace.transitions(compiled, &folder(name), &before);
        let removed = removed_services(&compiled.environment, &compiled.rendered, &folder(name), &before);
        tree.findings.extend(removed);
        tree
    }

    fn compare(&self, name: String, before: &FileTree, after: &FileTree, standing: Standing) -> Tree {
        let folder = folder(&name);
        let (changes, texts) = trees(before, after);
        let unified = self.text.then(|| unified(before, after));
        Tree { name, folder, standing, changes, texts, unified, findings: Vec::new() }
    }
}
