//! `gen diff`.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
};

use clap::Args;

use super::{
    Format, Reporting, Trouble,
    pipeline::{Compiled, TREES, Workspace, folder},
    report,
};
use crate::{
    diagnostic::{Severity, worst},
    diff::{trees, unified},
    drift::{removed_service, transitions},
    output::diff::{self as output, Standing, Tree},
    process::{Entry, Git, GitError},
    schema::closest,
    tree::{FileTree, LOCK, Limits, Lock, ReadReason, read_file},
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
        workspace.trees_lie_inside()?;
        let committed = self.against.as_deref().map(|revision| Committed::read(&workspace, revision)).transpose()?;
        let (names, gone) = self.select(&workspace, committed.as_ref())?;
        let (results, said) = workspace.compile(&names, |compiled| {
            let before = match &committed {
                Some(committed) => committed.tree(&compiled.environment.name)?,
                None => on_disk(&workspace, &compiled)?,
            };
            Ok(self.tree(&compiled, before))
        });
        findings.extend(said);
        if worst(&findings) == Some(Severity::Error) {
            return workspace.report(findings, &reporting);
        }
        let mut found: Vec<Tree> = results.into_iter().collect::<Result<_, Trouble>>()?;
        for name in gone {
            let before = committed.as_ref().map(|committed| committed.tree(&name)).transpose()?.flatten();
            found.push(self.compare(name, &before.unwrap_or_default(), &FileTree::new(), Standing::Gone));
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
            let all = committed.iter().flat_map(|committed| committed.trees.keys().cloned());
            (all.filter(is_gone).collect(), workspace.select(&[], true)?)
        } else {
            self.environments.iter().cloned().partition(is_gone)
        };
        Ok((workspace.select(&names, false)?, gone))
    }

    fn tree(&self, compiled: &Compiled, before: Option<FileTree>) -> Tree {
        let name = &compiled.environment.name;
        let standing = if before.is_some() { Standing::Changed } else { Standing::New };
        let before = before.unwrap_or_default();
        let mut tree = self.compare(name.clone(), &before, &compiled.rendered.tree, standing);
        tree.findings = transitions(&compiled.environment, &compiled.rendered, &folder(name), &tree.changes);
        let folders = |tree: &FileTree| -> BTreeSet<String> {
            tree.iter().filter_map(|(path, _)| path.split_once('/')).map(|(folder, _)| folder.to_owned()).collect()
        };
        let gone = &folders(&before) - &folders(&compiled.rendered.tree);
        tree.findings.extend(gone.iter().map(|service| removed_service(&compiled.environment, &folder(name), service)));
        tree
    }

    fn compare(&self, name: String, before: &FileTree, after: &FileTree, standing: Standing) -> Tree {
        let folder = folder(&name);
        let (changes, texts) = trees(before, after);
        let unified = self.text.then(|| unified(before, after));
        Tree { name, folder, standing, changes, texts, unified, findings: Vec::new() }
    }
}

/// What gen wrote and what it would write, as it stands on disk; `None` where there is no folder. Other files are none of
/// its business.
fn on_disk(workspace: &Workspace, compiled: &Compiled) -> Result<Option<FileTree>, Trouble> {
    let folder = folder(&compiled.environment.name);
    let limits = Limits::default();
    let read = |path: &str| match read_file(&workspace.root, path, &limits) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.reason, ReadReason::Missing | ReadReason::NotAFolder | ReadReason::Folder) => {
            Ok(None)
        }
        Err(error) => Err(error),
    };
    if !workspace.tree(&compiled.environment.name).is_dir() {
        return Ok(None);
    }
    let lock = read(&format!("{folder}/{LOCK}"))?.and_then(|bytes| Lock::parse(&bytes).ok());
    let mut tree = FileTree::new();
    match &lock {
        Some(lock) => {
            let rendered = compiled.rendered.tree.iter().map(|(path, _)| path);
            let gone = lock.paths().filter(|path| compiled.rendered.tree.get(path).is_none());
            for path in rendered.chain(gone) {
                if let Some(bytes) = read(&format!("{folder}/{path}"))? {
                    tree.insert(path, bytes)?;
                }
            }
        }
        // Nothing tells gen's files from others.
        None => {
            for (path, bytes) in FileTree::read(&workspace.root, &folder, &limits)?.iter() {
                if let Some(path) = path.strip_prefix(&format!("{folder}/")).filter(|path| *path != LOCK) {
                    tree.insert(path, bytes)?;
                }
            }
        }
    }
    Ok(Some(tree))
}

/// The trees of a revision: by environment the files with their bytes, none where a file is too large.
struct Committed {
    revision: String,
    trees: BTreeMap<String, BTreeMap<String, Option<Vec<u8>>>>,
}

impl Committed {
    fn read(workspace: &Workspace, revision: &str) -> Result<Committed, Trouble> {
        let git = Git::open(&workspace.root)?;
        let commit = git.commit(revision).map_err(|error| missing(&git, revision, error))?;
        let limits = Limits::default();
        let entries = git.files(&commit, TREES)?;
        if entries.len() > limits.files {
            return Err(Trouble(format!("{TREES} at `{revision}` holds more than {} files", limits.files)));
        }
        let (small, large): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| entry.size <= limits.file_size);
        let contents = git.contents(&small)?;
        let files = small.into_iter().zip(contents.into_iter().map(Some));
        let mut trees: BTreeMap<String, BTreeMap<String, Option<Vec<u8>>>> = BTreeMap::new();
        for (entry, bytes) in files.chain(large.into_iter().map(|entry| (entry, None))) {
            let parts = entry.path.strip_prefix(&format!("{TREES}/")).and_then(|path| path.split_once('/'));
            if let Some((environment, path)) = parts {
                trees.entry(environment.to_owned()).or_default().insert(path.to_owned(), bytes);
            }
        }
        Ok(Committed { revision: revision.to_owned(), trees })
    }

    fn is_of_gen(&self, environment: &str) -> bool {
        self.trees.get(environment).is_some_and(|files| files.contains_key(LOCK))
    }

    /// What gen wrote for an environment; `None` where the revision has no folder of it.
    fn tree(&self, environment: &str) -> Result<Option<FileTree>, Trouble> {
        let Some(files) = self.trees.get(environment) else { return Ok(None) };
        let place = format!("{} at `{}`", folder(environment), self.revision);
        let lock = match files.get(LOCK) {
            Some(Some(bytes)) => Lock::parse(bytes).map_err(|error| Trouble(format!("{LOCK} of {place}: {error}")))?,
            _ => return Err(Trouble(format!("{place} was not written by gen: it has no {LOCK}"))),
        };
        let mut tree = FileTree::new();
        for path in lock.paths() {
            match files.get(path) {
                Some(Some(bytes)) => tree.insert(path, bytes.as_slice())?,
                Some(None) => {
                    let limit = Limits::default().file_size;
                    return Err(Trouble(format!("{path} of {place} is larger than {limit} bytes")));
                }
                None => {}
            }
        }
        Ok(Some(tree))
    }
}

/// Why a revision names no commit, and what may have been meant.
fn missing(git: &Git, revision: &str, error: GitError) -> Trouble {
    let GitError::NoCommit { is_shallow } = error else { return error.into() };
    let mut names = git.names().unwrap_or_default();
    names.push("HEAD".to_owned());
    let remote = names.iter().find(|name| name.ends_with(&format!("/{revision}"))).map(String::as_str);
    let meant = match remote.or_else(|| closest(revision, names.iter().map(String::as_str))) {
        Some(meant) => format!(": did you mean `{meant}`?"),
        None => String::new(),
    };
    Trouble(if is_shallow {
        format!(
            "there is no commit `{revision}` in this shallow clone{meant}\nfetch the whole history: `fetch-depth: 0` for \
             actions/checkout, `git fetch --unshallow` elsewhere"
        )
    } else {
        format!("there is no commit `{revision}`{meant}")
    })
}
