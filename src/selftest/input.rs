//! An environment's inputs, compiled again for every mistake that is planted into them.

use crate::{
    diagnostic::Finding,
    environment::{Environment, FOLDER, Repository},
    plan::plan,
    policy,
    render::{Rendered, render},
    sops::is_sealed_name,
    tree::FileTree,
};

/// The inputs of one environment.
pub struct Inputs<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// gen.yaml and what stands in `environments/`, as far as this environment needs it.
    pub files: FileTree,
    /// The files that it is merged from, its own last.
    pub layers: Vec<String>,
    /// Files from elsewhere in the repository that it takes in.
    pub vendored: FileTree,
}

impl Inputs<'_> {
    /// The files among the inputs of a repository that an environment may need: no layers and no secrets of others.
    #[must_use]
    pub fn needed(all: &FileTree, environment: &Environment) -> FileTree {
        let own = format!("{FOLDER}/{}/", environment.name);
        let mut files = all.clone();
        files.retain(|path| {
            let is_layer = path.strip_prefix(FOLDER).is_some_and(|rest| rest.matches('/').count() == 1);
            match (is_layer, is_sealed_name(path)) {
                (true, _) => environment.layers.iter().any(|layer| layer == path),
                (false, true) => path.starts_with(&own),
                (false, false) => true,
            }
        });
        files
    }

    /// Everything that a build would say about inputs such as these.
    pub(super) fn findings(&self, files: FileTree) -> Vec<Finding> {
        let repository = Repository::load(files);
        let mut findings = repository.project_findings().to_vec();
        let mut environment = match repository.resolve(self.environment) {
            Ok(environment) => environment,
            Err(said) => {
                findings.extend(said);
                return findings;
            }
        };
        findings.append(&mut environment.findings);
        match plan(&environment, repository.inputs(), &self.vendored) {
            Ok((planned, said)) => {
                findings.extend(said);
                findings.extend(judged(&environment, &render(&planned)));
            }
            Err(unsound) => {
                findings.extend(unsound.findings);
                if let Some(planned) = unsound.plan {
                    let mut rendered = render(&planned);
                    rendered.bundle.provided = None;
                    findings.extend(judged(&environment, &rendered));
                }
            }
        }
        findings
    }
}

fn judged(environment: &Environment, rendered: &Rendered) -> Vec<Finding> {
    policy::check(&rendered.bundle, &environment.scope(), &|at| rendered.locate(environment, at))
}
