//! From a working directory to rendered environments: what build and check have in common.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::SystemTime,
};

use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};

use super::{
    Reporting, Trouble,
    ground::{Ground, SCHEMAS, Staged},
    report::{self, Files},
    touched,
};
use crate::{
    api::Own,
    audit::{self, Facts},
    diagnostic::{Finding, Location, Severity, worst},
    drift::{Drift, removed_service, transitions},
    environment::{Environment, FOLDER, PROJECT_FILE, Repository},
    part::{Body, SecretDemand},
    plan::{Component, Plan, plan, vendored_files},
    policy::{self, Place, Scope, UNUSED_EXCEPTION, is_schema, read_schemas},
    render::{Positions, Rendered, render},
    scalar::Date,
    schema::closest,
    sops::is_sealed_name,
    tree::{FileTree, LOCK, Limits, Lock, ReadError, ReadReason, Survey},
    view::At,
};

/// The folder of the trees.
pub(super) const TREES: &str = "gitops";

/// A repository, its inputs read and parsed.
pub(super) struct Workspace {
    pub(super) root: PathBuf,
    /// Where its files are read.
    pub(super) ground: Ground,
    pub(super) repository: Repository,
    /// Input files that could not be read, and what is wrong with the project as a whole.
    pub(super) findings: Vec<Finding>,
    /// Whether this gen can read the project: where not, anything else that is wrong would be noise.
    pub(super) is_readable: bool,
    /// Schemas of kinds that gen does not know.
    pub(super) schemas: Arc<Own>,
}

/// An environment from its inputs to its files.
pub(super) struct Compiled {
    pub(super) environment: Environment,
    pub(super) rendered: Rendered,
}

impl Compiled {
    /// Holds the rendered files against a folder, whose files `on_disk` gives and which people know as `shown`.
    pub(super) fn drift<T>(
        &self,
        on_disk: &dyn Fn(&str) -> Option<Vec<u8>>,
        shown: &str,
        survey: &Survey,
        ask: impl FnOnce(&Drift<'_>) -> T,
    ) -> T {
        let (environment, rendered) = (&self.environment, &self.rendered);
        ask(&Drift { environment, rendered, survey, folder: shown, on_disk })
    }
}

impl Workspace {
    /// Finds the repository around the working directory and reads its inputs.
    pub(super) fn open() -> Result<Workspace, Trouble> {
        let root = find_root()?;
        Workspace::on(Ground::Disk(root.clone()), root)
    }

    /// The same, with the inputs as they are staged for the next commit; and the environments that it touches, their trees at hand.
    /// `None` where the commit holds no repository of gen's.
    pub(super) fn staged() -> Result<Option<(Workspace, Vec<String>)>, Trouble> {
        let root = find_root()?;
        let staged = Staged::read(&root)?;
        if !staged.has(PROJECT_FILE) || !staged.has_any(FOLDER) {
            return Ok(None);
        }
        let unmerged = staged.unmerged();
        let mut workspace = Workspace::on(Ground::Index(Box::new(staged)), root)?;
        workspace.is_readable &= unmerged.is_empty();
        workspace.findings.extend(unmerged);
        let names = if workspace.is_readable { touched::environments(&workspace) } else { Vec::new() };
        if let Ground::Index(staged) = &mut workspace.ground {
            staged.load(&names)?;
        }
        Ok(Some((workspace, names)))
    }

    fn on(ground: Ground, root: PathBuf) -> Result<Workspace, Trouble> {
        let mut findings = Vec::new();
        let mut inputs = match ground.read(FOLDER) {
            Ok(inputs) => inputs,
            Err(error) if matches!(error.reason, ReadReason::Missing) && error.path == FOLDER => {
                return Err(Trouble(format!("there is no folder {FOLDER}/ in {}", root.display())));
            }
            Err(error) if matches!(error.reason, ReadReason::Io(_)) => return Err(error.into()),
            Err(error) => {
                findings.push(unreadable(&error.path, &error.reason));
                FileTree::new()
            }
        };
        let project = ground.file(PROJECT_FILE)?;
        inputs.insert(PROJECT_FILE, project)?;
        let repository = Repository::load(inputs);
        let of_the_version = |finding: &&Finding| matches!(finding.path.as_str(), "edition" | "requires");
        let is_readable =
            findings.is_empty() && !repository.project_findings().iter().any(|said| of_the_version(&said));
        findings.extend(repository.project_findings().iter().cloned());
        let (files, errors) = ground.gather(SCHEMAS, &is_schema)?;
        let (schemas, flaws) = schemas_of(&files, errors);
        findings.extend(flaws);
        Ok(Workspace { root, ground, repository, findings, is_readable, schemas: Arc::new(schemas) })
    }

    /// The bytes of a file of the repository, an input as it was read.
    pub(super) fn text(&self, file: &str) -> Option<Vec<u8>> {
        match self.repository.inputs().get(file) {
            Some(bytes) => Some(bytes.to_vec()),
            None => self.ground.file(file).ok(),
        }
    }

    /// Prints findings about the repository, and gives the exit code.
    pub(super) fn report(&self, findings: Vec<Finding>, reporting: &Reporting) -> Result<ExitCode, Trouble> {
        report::findings(findings, reporting, Files { home: &self.root, read: &|file| self.text(file) })
    }

    /// The folder of an environment's tree.
    pub(super) fn tree(&self, environment: &str) -> PathBuf {
        self.root.join(folder(environment))
    }

    /// The environments that a command line names; with `all` every one.
    pub(super) fn select(&self, names: &[String], all: bool) -> Result<Vec<String>, Trouble> {
        let known = self.repository.environments();
        if all {
            return match known.as_slice() {
                [] => Err(Trouble(format!("there is no environment in {FOLDER}/"))),
                _ => Ok(known.into_iter().map(str::to_owned).collect()),
            };
        }
        let unknown = names.iter().filter(|name| !known.contains(&name.as_str()));
        let troubles: Vec<String> = unknown.map(|name| self.unknown(name, &known)).collect();
        if !troubles.is_empty() {
            return Err(Trouble(troubles.join("\n")));
        }
        let mut names = names.to_vec();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Why there is no environment of that name.
    fn unknown(&self, name: &str, known: &[&str]) -> String {
        let file = name.rsplit('/').next().unwrap_or(name);
        let plain = file.strip_suffix(".yaml").unwrap_or(file);
        let other = format!("{FOLDER}/{plain}.yml");
        let hint = match closest(plain, known.iter().copied()) {
            _ if self.repository.is_abstract(plain) => "it is an abstract layer, which others extend".to_owned(),
            _ if self.repository.inputs().get(&other).is_some() => {
                format!("gen reads only `.yaml` files, so rename {other}")
            }
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("environments: {}", known.join(", ")),
        };
        format!("there is no environment `{name}`: {hint}")
    }

    /// Compiles environments side by side and does `then` with each that compiles, so that no more trees are in memory at
    /// once than `then` keeps. What it gives comes first, what there is to say about the inputs second.
    pub(super) fn compile<T: Send>(
        &self,
        names: &[String],
        then: impl Fn(Compiled) -> T + Sync,
    ) -> (Vec<T>, Vec<Finding>) {
        let one = |name: &String| {
            let (compiled, said) = self.compile_one(name);
            (compiled.map(&then), said)
        };
        let results: Vec<_> = names.par_iter().map(one).collect();
        let mut done = Vec::new();
        let mut findings = self.repository.clashes(names);
        findings.extend(self.audit(names));
        for (result, said) in results {
            done.extend(result);
            findings.extend(said);
        }
        (done, findings)
    }

    /// What is wrong with the inputs whatever they say: private keys, hidden files too, and sealed values that stand twice.
    fn audit(&self, names: &[String]) -> Vec<Finding> {
        let mut findings = audit::key::of(self.repository.inputs());
        findings.extend(self.ground.keys(self.repository.inputs(), FOLDER));
        let own = |path: &str| names.iter().any(|name| path.starts_with(&format!("{FOLDER}/{name}/secrets/")));
        let files: Vec<(&str, &[u8])> =
            self.repository.inputs().iter().filter(|(path, _)| is_sealed_name(path)).collect();
        let suspects = audit::copied::suspects(&files);
        let facts: Vec<Facts> = suspects.par_iter().filter_map(|(path, bytes)| Facts::read(path, bytes)).collect();
        let copies = audit::copied::findings(&facts);
        let inputs: Vec<(&str, &[u8])> = self.repository.inputs().iter().collect();
        let configs = super::sops_files::files(&self.root, inputs.iter().map(|(path, _)| *path));
        findings.extend(audit::config::unsealed(&configs, &inputs));
        findings.extend(copies.into_iter().filter(|finding| own(&finding.location.file)));
        findings
    }

    fn compile_one(&self, name: &str) -> (Option<Compiled>, Vec<Finding>) {
        let (compiled, mut findings) = self.render(name);
        if let Some(Compiled { environment, rendered }) = &compiled {
            findings.extend(self.policies(environment, rendered));
        }
        once(&mut findings);
        let is_sound = worst(&findings) != Some(Severity::Error);
        (compiled.filter(|_| is_sound), findings)
    }

    /// Renders an environment as far as that can be done, whatever there is to say about it; policies are not asked.
    pub(super) fn render(&self, name: &str) -> (Option<Compiled>, Vec<Finding>) {
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
            Err(unsound) => {
                findings.extend(unsound.findings);
                findings.extend(self.renamed(&environment));
                findings.extend(unsound.plan.into_iter().flat_map(|plan| self.as_far(&environment, &plan)));
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

    /// The sealed files of an environment's tree, by their paths in it, each with the input that it is a copy of; and the Secrets
    /// that its services demand. Both as far as its plan gets: files may still be missing.
    pub(super) fn sealed_and_demanded(&self, environment: &Environment) -> (Vec<(String, String)>, Vec<SecretDemand>) {
        let (components, _) = self.planned(environment);
        let copies = components.iter().flat_map(|component| component.copies.iter().map(move |copy| (component, copy)));
        let sealed = copies
            .filter(|(_, copy)| copy.sealed)
            .map(|(component, copy)| (format!("{}/{}", component.instance, copy.name), copy.source.clone()))
            .collect();
        let demand = |body: &Body| match body {
            Body::SecretDemand(demand) => Some(demand.clone()),
            _ => None,
        };
        let demands = components.iter().flat_map(Component::bodies).filter_map(|(_, body)| demand(body)).collect();
        (sealed, demands)
    }

    /// The Secrets that the services of an environment demand.
    pub(super) fn demands(&self, environment: &Environment) -> Vec<SecretDemand> {
        self.sealed_and_demanded(environment).1
    }

    /// The sealed files of an environment's tree, by their paths in it, each with the input that it is a copy of.
    pub(super) fn sealed_copies(&self, environment: &Environment) -> Vec<(String, String)> {
        self.sealed_and_demanded(environment).0
    }

    /// The services of an environment as far as its plan gets, and what the plan has to say.
    pub(super) fn planned(&self, environment: &Environment) -> (Vec<Component>, Vec<Finding>) {
        let vendored = self.vendored(environment, &mut Vec::new());
        match plan(environment, self.repository.inputs(), &vendored) {
            Ok((plan, said)) => (plan.components, said),
            Err(unsound) => (unsound.plan.map_or_else(Vec::new, |plan| plan.components), unsound.findings),
        }
    }

    /// What rules say about a plan that lacks things, or has some twice: nothing about what is not there, and nothing about
    /// owners, because the plan has said who clashes.
    fn as_far(&self, environment: &Environment, plan: &Plan) -> Vec<Finding> {
        let mut rendered = render(plan);
        rendered.bundle.provided = None;
        let mut findings = self.policies(environment, &rendered);
        let is_told = |rule: &str| rule == UNUSED_EXCEPTION || rule == "two-owners";
        findings.retain(|finding| finding.severity > Severity::Note && !is_told(finding.rule));
        findings
    }

    /// What rules say about a rendered tree, the environment's exceptions made.
    fn policies(&self, environment: &Environment, rendered: &Rendered) -> Vec<Finding> {
        let folder = folder(&environment.name);
        let positions = Positions::new(rendered, &folder);
        let locate = |at: &At<'_>| Place { generated: positions.find(at), ..rendered.locate(environment, at) };
        let scope = Scope { schemas: Arc::clone(&self.schemas), ..environment.scope() };
        let mut said = policy::check(&rendered.bundle, &scope, &locate);
        said.extend(environment.beside(&self.repository));
        let today = Date::of(SystemTime::now());
        environment.exceptions(&self.repository, &rendered.bundle.comments, today).apply(said)
    }

    /// What rules say about the way from the tree `before` to the compiled one, which people know as `shown`; the environment's
    /// exceptions made.
    pub(super) fn transitions(&self, compiled: &Compiled, shown: &str, before: &FileTree) -> Vec<Finding> {
        let Compiled { environment, rendered } = compiled;
        let said = transitions(environment, rendered, shown, before);
        let copied = &rendered.bundle.comments;
        environment.exceptions(&self.repository, copied, Date::of(SystemTime::now())).silence(said)
    }

    /// The services that the tree on disk has and the environment has not. Somebody who renamed one must learn that before
    /// anything about the new name, such as that its Secret is missing.
    fn renamed(&self, environment: &Environment) -> Vec<Finding> {
        let folder = folder(&environment.name);
        let lock = self.ground.file(&format!("{folder}/{LOCK}")).ok();
        let Some(lock) = lock.and_then(|bytes| Lock::parse(&bytes).ok()) else { return Vec::new() };
        let own = ["flux", "namespace"];
        let services = lock.paths().filter_map(|path| path.split_once('/')).map(|(service, _)| service);
        let gone: BTreeSet<&str> = services
            .filter(|name| !own.contains(name) && !environment.spec.services.keys().any(|key| key.as_str() == *name))
            .collect();
        gone.into_iter().map(|service| removed_service(environment, &folder, service)).collect()
    }

    /// The files from elsewhere in the repository that an environment takes in.
    pub(super) fn vendored(&self, environment: &Environment, findings: &mut Vec<Finding>) -> FileTree {
        let mut tree = FileTree::new();
        for path in vendored_files(environment) {
            match self.ground.file(&path) {
                Ok(bytes) => drop(tree.insert(path, bytes)),
                Err(error) if matches!(error.reason, ReadReason::Missing) => {}
                Err(error) => findings.push(unreadable(&path, &error.reason)),
            }
        }
        tree
    }
}

/// Drops what schemas say of a line of which the inputs' own checks have said more.
fn once(findings: &mut Vec<Finding>) {
    let place = |finding: &Finding| (finding.location.file.clone(), finding.location.line);
    let is_repeat = |finding: &Finding| finding.rule == policy::INVALID_OBJECT;
    let of_inputs = |finding: &&Finding| finding.severity == Severity::Error && policy::find(finding.rule).is_none();
    let said: BTreeSet<(String, u32)> = findings.iter().filter(of_inputs).map(place).collect();
    findings.retain(|finding| !is_repeat(finding) || !said.contains(&place(finding)));
}

/// The schemas in a folder, which people know as `shown`, and what is wrong with them.
pub(super) fn schemas(folder: &Path, shown: &str) -> Result<(Own, Vec<Finding>), ReadError> {
    let (files, errors) = FileTree::gather(folder, shown, &is_schema, &Limits::default())?;
    Ok(schemas_of(&files, errors))
}

fn schemas_of(files: &FileTree, errors: Vec<ReadError>) -> (Own, Vec<Finding>) {
    let (own, mut findings) = read_schemas(files);
    findings.extend(errors.into_iter().map(|error| unreadable(&error.path, &error.reason)));
    (own, findings)
}

/// The folder of an environment's tree, relative to the root.
pub(super) fn folder(environment: &str) -> String {
    format!("{TREES}/{environment}")
}

fn unreadable(path: &str, reason: &ReadReason) -> Finding {
    Finding::error("unreadable-input", Location::file(path), format!("this input cannot be used: {reason}"))
        .help("inputs are small files inside the repository: move it away, or put the file itself here")
}

pub(super) fn find_root() -> Result<PathBuf, Trouble> {
    let start = std::env::current_dir()?;
    let found = start.ancestors().find(|folder| folder.join(PROJECT_FILE).is_file()).map(Path::to_path_buf);
    found.ok_or_else(|| {
        Trouble(format!(
            "there is no {PROJECT_FILE} in {} or above it: it marks the root of a repository",
            start.display()
        ))
    })
}
