//! From a working directory to rendered environments: what build and check have in common.

use std::path::{Path, PathBuf};

use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};

use super::Trouble;
use crate::{
    diagnostic::{Finding, Location, Severity, worst},
    environment::{Environment, FOLDER, PROJECT_FILE, Repository},
    plan::{plan, vendored_files},
    render::{Rendered, render},
    schema::closest,
    tree::{FileTree, Limits, ReadReason, read_file},
};

/// A repository, its inputs read and parsed.
pub(super) struct Workspace {
    pub(super) root: PathBuf,
    pub(super) repository: Repository,
    /// Input files that could not be read, and what is wrong with the project as a whole.
    pub(super) findings: Vec<Finding>,
}

/// An environment from its inputs to its files.
pub(super) struct Compiled {
    pub(super) environment: Environment,
    pub(super) rendered: Rendered,
}

impl Workspace {
    /// Finds the repository around the working directory and reads its inputs.
    pub(super) fn open() -> Result<Workspace, Trouble> {
        let root = find_root()?;
        let mut findings = Vec::new();
        let mut inputs = match FileTree::read(&root, FOLDER, &Limits::default()) {
            Ok(inputs) => inputs,
            Err(error) if matches!(error.reason, ReadReason::Missing) => {
                return Err(Trouble(format!("there is no folder {FOLDER}/ in {}", root.display())));
            }
            Err(error) if matches!(error.reason, ReadReason::Io(_)) => return Err(error.into()),
            Err(error) => {
                findings.push(unreadable(&error.path, &error.reason));
                FileTree::new()
            }
        };
        let project = read_file(&root, PROJECT_FILE, &Limits::default())?;
        inputs.insert(PROJECT_FILE, project)?;
        let repository = Repository::load(inputs);
        findings.extend(repository.project_findings().iter().cloned());
        Ok(Workspace { root, repository, findings })
    }

    /// Whether the project as a whole allows to go on.
    pub(super) fn is_sound(&self) -> bool {
        worst(&self.findings) != Some(Severity::Error)
    }

    /// The environments that a command line names; with `all` every one.
    pub(super) fn select(&self, names: &[String], all: bool) -> Result<Vec<String>, Trouble> {
        let known = self.repository.environments();
        if all {
            return match known.as_slice() {
                [] if self.is_sound() => Err(Trouble(format!("there is no environment in {FOLDER}/"))),
                _ => Ok(known.into_iter().map(str::to_owned).collect()),
            };
        }
        for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
            let hint = match closest(name, known.iter().copied()) {
                _ if self.repository.is_abstract(name) => "it is an abstract layer, which others extend".to_owned(),
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("environments: {}", known.join(", ")),
            };
            return Err(Trouble(format!("there is no environment `{name}`: {hint}")));
        }
        let mut names = names.to_vec();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Compiles environments side by side. What compiles comes first, what there is to say second.
    pub(super) fn compile(&self, names: &[String]) -> (Vec<Compiled>, Vec<Finding>) {
        let results: Vec<_> = names.par_iter().map(|name| self.compile_one(name)).collect();
        let mut compiled = Vec::new();
        let mut findings = self.repository.clashes(names);
        for (environment, said) in results {
            compiled.extend(environment);
            findings.extend(said);
        }
        (compiled, findings)
    }

    fn compile_one(&self, name: &str) -> (Option<Compiled>, Vec<Finding>) {
        let mut environment = match self.repository.resolve(name) {
            Ok(environment) => environment,
            Err(findings) => return (None, findings),
        };
        let mut findings = std::mem::take(&mut environment.findings);
        let vendored = self.vendored(&environment, &mut findings);
        let planned = match plan(&environment, self.repository.inputs(), &vendored) {
            Ok((plan, said)) => {
                findings.extend(said);
                plan
            }
            Err(said) => {
                findings.extend(said);
                return (None, findings);
            }
        };
        let rendered = render(&planned);
        for (path, origin) in &rendered.clashes {
            let message = format!("two things want to be {path}");
            let place = environment.location(origin);
            findings.push(Finding::error("file-clash", place, message).help("rename one of them").at(origin));
        }
        (Some(Compiled { environment, rendered }), findings)
    }

    fn vendored(&self, environment: &Environment, findings: &mut Vec<Finding>) -> FileTree {
        let mut tree = FileTree::new();
        for path in vendored_files(environment) {
            match read_file(&self.root, &path, &Limits::default()) {
                Ok(bytes) => drop(tree.insert(path, bytes)),
                Err(error) if matches!(error.reason, ReadReason::Missing) => {}
                Err(error) => findings.push(unreadable(&path, &error.reason)),
            }
        }
        tree
    }
}

/// The folder of an environment's tree, relative to the root.
pub(super) fn folder(environment: &str) -> String {
    format!("gitops/{environment}")
}

fn unreadable(path: &str, reason: &ReadReason) -> Finding {
    Finding::error("unreadable-input", Location::file(path), format!("this input cannot be used: {reason}"))
        .help("inputs are plain files inside the repository")
}

fn find_root() -> Result<PathBuf, Trouble> {
    let start = std::env::current_dir()?;
    let found = start.ancestors().find(|folder| folder.join(PROJECT_FILE).is_file()).map(Path::to_path_buf);
    found.ok_or_else(|| {
        Trouble(format!(
            "there is no {PROJECT_FILE} in {} or above it: it marks the root of a repository",
            start.display()
        ))
    })
}
