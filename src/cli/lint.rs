//! `gen lint`.

mod skipped;

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::SystemTime,
};

use clap::Args;
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use serde_json::Value as Json;

use self::skipped::Skipped;
use super::{
    Reporting, Trouble,
    before::Revision,
    mend::{Known, Mending, dialect},
    pipeline::{self, Workspace},
    report::{self, Files},
    sops_files,
};
use crate::{
    audit,
    diagnostic::{Finding, Location},
    environment::{FOLDER, PROJECT_FILE, Repository},
    manifest::{Bundle, Comment, Object, dotted, may_hold_objects},
    policy::{self, Comparison, Exception, Exceptions, Judged, Place, Profile, Rule, Scope},
    scalar::{Date, FluxVersion, KubernetesVersion},
    schema::closest,
    tree::{FileTree, Limits, ReadError, ReadReason, read_file},
    view::At,
};

/// How much a tree may hold that nobody wrote for gen.
const LIMITS: Limits = Limits { file_size: 16 << 20, files: 200_000, depth: 64 };

#[derive(Debug, Args)]
pub(super) struct Lint {
    /// Folders, or single files: manifests, and values of a chart that gen knows. All of them are judged together.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Which severities apply.
    #[arg(long, value_enum, default_value_t = Strictness::Default, value_name = "PROFILE")]
    profile: Strictness,
    /// The version of Kubernetes that the manifests are for, such as 1.33; the newest that gen knows where it is left out.
    #[arg(long, value_name = "VERSION")]
    kubernetes: Option<String>,
    /// The version of Flux that applies them, such as 2.8; the newest that gen knows where it is left out.
    #[arg(long, value_name = "VERSION")]
    flux: Option<String>,
    /// A folder of CRDs and JSON schemas of kinds that gen does not know.
    #[arg(long, value_name = "DIR")]
    schemas: Option<PathBuf>,
    /// Ask rules that are a matter of taste too.
    #[arg(long)]
    opinions: bool,
    /// Judge the way from the same paths at this Git revision to what stands there now as well.
    #[arg(long, value_name = "REV")]
    against: Option<String>,
    /// List the files that are passed over.
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    mending: Mending,
    #[command(flatten)]
    known: Known,
    #[command(flatten)]
    reporting: Reporting,
}

/// What was found in a tree.
struct Judgement {
    findings: Vec<Finding>,
    tree: FileTree,
    objects: usize,
    locked: Vec<String>,
    skipped: Skipped,
}

/// The profiles as the command line spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Strictness {
    /// For environments that may be lost.
    Default,
    /// For environments that may not.
    Production,
}

impl Lint {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        self.reporting.check()?;
        let profile = match self.profile {
            Strictness::Default => Profile::Default,
            Strictness::Production => Profile::Production,
        };
        let kubernetes = self.kubernetes.as_deref().map(KubernetesVersion::parse).transpose();
        let kubernetes = kubernetes.map_err(|error| Trouble(format!("--kubernetes: this {error}")))?;
        let flux = self.flux.as_deref().map(FluxVersion::parse).transpose();
        let flux = flux.map_err(|error| Trouble(format!("--flux: this {error}")))?;
        let here = std::env::current_dir()?.canonicalize()?;
        let (schemas, flaws) = match &self.schemas {
            Some(folder) => {
                pipeline::schemas(folder, &spelled(folder, &here)).map_err(|error| missing(folder, &error))?
            }
            None => Default::default(),
        };
        let scope = Scope { profile, with_opinions: self.opinions, kubernetes, flux, schemas: Arc::new(schemas) };
        if self.mending.fix {
            let look = || Ok(self.judge(&scope, &flaws, &here)?.findings);
            self.mending.run(&here, &dialect, &look)?;
        }
        let Judgement { findings, tree, objects, locked, skipped } = self.judge(&scope, &flaws, &here)?;
        let was_read = |file: &str| tree.get(file).is_some() || !Path::new(file).exists();
        let was_asked = |rule: &Rule| rule.is_about_trees() && (self.opinions || !rule.is_opinion);
        let of = Judged { locked: &locked, was_read: &was_read, was_asked: &was_asked };
        let (findings, known) = self.known.apply(findings, &of)?;
        let files = Files { home: &here, read: &|file| std::fs::read(file).ok() };
        let code = report::findings(findings, &self.reporting, files)?;
        if self.verbose {
            skipped.list();
        }
        if self.reporting.is_for_people() {
            let (files, objects) = (report::counted(tree.len(), "file"), report::counted(objects, "object"));
            report::print(&format!("{files}, {objects}{}\n{known}", skipped.words()));
        }
        Ok(code)
    }

    /// Reads the tree and holds it against the rules.
    fn judge(&self, scope: &Scope, flaws: &[Finding], here: &Path) -> Result<Judgement, Trouble> {
        let gather = |path: &PathBuf| {
            FileTree::gather(path, &spelled(path, here), &may_hold_objects, &LIMITS)
                .map_err(|error| missing(path, &error))
        };
        let (mut tree, mut passed_over) = (FileTree::new(), Vec::new());
        for result in self.paths.par_iter().map(gather).collect::<Vec<_>>() {
            let (gathered, errors) = result?;
            tree.join(gathered);
            passed_over.extend(errors);
        }
        let mut skipped = Skipped::templates_of_charts(&mut tree);
        if tree.is_empty() && !passed_over.is_empty() {
            let errors: Vec<String> = passed_over.iter().map(ToString::to_string).collect();
            return Err(Trouble(errors.join("\n")));
        }
        if tree.is_empty() {
            let paths: Vec<String> = self.paths.iter().map(|path| path.display().to_string()).collect();
            let what = match skipped.words() {
                none if none.is_empty() => "no YAML or JSON".to_owned(),
                words => format!("nothing but what is{}", words.trim_start_matches(';')),
            };
            return Err(Trouble(format!("there is nothing to check: {what} in {}", paths.join(", "))));
        }
        let (bundle, findings) = Bundle::parse(&tree);
        let mut findings = skipped.other_templates(findings, &tree);
        skipped.strangers(&bundle);
        findings.extend_from_slice(flaws);
        let locate = |at: &At<'_>| Place::new(Location::file(&at.object.file), dotted(&at.object.body, &at.pointer));
        findings.extend(policy::check(&bundle, scope, &locate));
        let (exceptions, said) = self.exceptions(&bundle)?;
        findings = exceptions.apply(findings);
        findings.extend(said);
        if let Some(revision) = &self.against {
            findings.extend(exceptions.silence(self.since(revision, here, &bundle, scope)?));
            policy::without_echoes(&mut findings);
        }
        for path in &self.paths {
            findings.extend(audit::key::below(path, &spelled(path, here)));
        }
        let below: Vec<(&str, &[u8])> = tree.iter().filter(|(path, _)| !path.starts_with(['.', '/'])).collect();
        let configs = sops_files::files(here, below.iter().map(|(path, _)| *path));
        findings.extend(audit::config::unsealed(&configs, &below));
        findings.extend(passed_over.into_iter().map(unreadable));
        findings.extend(environments(&bundle, here)?);
        Ok(Judgement { findings, tree, objects: bundle.objects.len(), locked: exceptions.locked, skipped })
    }
}

impl Lint {
    /// The exceptions in the comments of the tree, without those for rules that gen.yaml locks, and what is wrong with gen.yaml.
    fn exceptions(&self, bundle: &Bundle) -> Result<(Exceptions, Vec<Finding>), Trouble> {
        let mut projects = BTreeSet::new();
        for path in &self.paths {
            let path = path.canonicalize()?;
            projects.extend(path.ancestors().find(|above| above.join(PROJECT_FILE).is_file()).map(Path::to_path_buf));
        }
        let (mut locked, mut findings) = (Vec::new(), Vec::new());
        for root in &projects {
            let mut inputs = FileTree::new();
            inputs.insert(PROJECT_FILE, read_file(root, PROJECT_FILE, &Limits::default())?)?;
            let repository = Repository::load(inputs);
            locked.extend_from_slice(repository.locked());
            // What is wrong with the project is the affair of `gen check`, unless a lock is lost by it.
            let is_asked = !bundle.comments.is_empty() || self.known.is_used();
            findings.extend(repository.project_findings().iter().filter(|_| is_asked).cloned());
        }
        // What an environment copies is judged with it: more is known then, and more may be wrong.
        let here = std::env::current_dir()?;
        let inputs: Vec<PathBuf> = projects.iter().map(|root| root.join(FOLDER)).collect();
        let is_copied = |file: &str| inputs.iter().any(|inputs| here.join(file).starts_with(inputs));
        let exception = |comment: &Comment| Exception::of(comment, !is_copied(&comment.file));
        let list = bundle.comments.iter().map(exception).collect();
        let today = Date::of(SystemTime::now());
        Ok((Exceptions { list, locked, today, with_opinions: self.opinions }, findings))
    }

    /// What a person must know of the way from a revision's tree to this one.
    fn since(&self, revision: &str, here: &Path, after: &Bundle, scope: &Scope) -> Result<Vec<Finding>, Trouble> {
        let revision = Revision::open(here, revision)?;
        let mut files = Vec::new();
        for path in &self.paths {
            files.extend(revision.files(&spelled(path, here), &may_hold_objects, &LIMITS)?);
        }
        // A file that is too large was passed over then too.
        let mut tree = FileTree::of_files(files.into_iter().filter_map(|(path, bytes)| Some((path, bytes?))));
        let _ = Skipped::templates_of_charts(&mut tree);
        // What could not be read then is no part of the way.
        let (before, _) = Bundle::parse(&tree);
        let place = |at: &At<'_>| Place::new(Location::file(&at.object.file), dotted(&at.object.body, &at.pointer));
        let comparison = Comparison { before: &before, after, scope, locate: &place, gone: &place, runbook: None };
        Ok(comparison.findings())
    }
}

/// A path as the working directory sees it: one file has one name, however it was asked for.
fn spelled(path: &Path, here: &Path) -> String {
    let given: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    let is_below = given.components().all(|part| matches!(part, Component::Normal(_)));
    let real = path.canonicalize().ok().filter(|_| !is_below);
    let below = real.as_deref().and_then(|real| real.strip_prefix(here).ok());
    below.unwrap_or(&given).to_string_lossy().into_owned()
}

/// Whether a document is an environment of gen's own, which is no manifest.
fn is_environment(body: &Json) -> bool {
    let has = |key: &str| body.get(key).is_some();
    !has("kind")
        && !has("apiVersion")
        && has("services")
        && ["extends", "delivery", "cluster"].iter().any(|key| has(key))
}

/// What rules say about the environments among the files: those of the repository that the working directory is the root of
/// are judged as `gen check` does, without their trees; others are named.
fn environments(bundle: &Bundle, here: &Path) -> Result<Vec<Finding>, Trouble> {
    let found: Vec<&Object> = bundle.objects.iter().filter(|object| is_environment(&object.body)).collect();
    if found.is_empty() || !here.join(PROJECT_FILE).is_file() || !here.join(FOLDER).is_dir() {
        return Ok(found.into_iter().map(environment).collect());
    }
    let workspace = Workspace::open()?;
    let known = workspace.repository.environments();
    let name = |object: &Object| {
        let name = object.file.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix(".yaml")?;
        known.contains(&name).then(|| name.to_owned())
    };
    let (own, others): (Vec<&Object>, Vec<&Object>) = found.into_iter().partition(|object| name(object).is_some());
    let names: Vec<String> = own.into_iter().filter_map(name).collect();
    let mut findings = if names.is_empty() { Vec::new() } else { workspace.compile(&names, |_| ()).1 };
    findings.extend(
        others.into_iter().filter(|object| !workspace.repository.is_abstract(stem(&object.file))).map(environment),
    );
    Ok(findings)
}

fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".yaml").unwrap_or(name)
}

fn environment(object: &Object) -> Finding {
    let message = "this is an environment and no manifest, so no rule has looked at it";
    Finding::note("environment-file", Location::file(&object.file), message)
        .help("run `gen check`, which holds it against the rules, with `--fix` to mend it")
}

fn unreadable(error: ReadError) -> Finding {
    let place = Location::file(error.path);
    match error.reason {
        ReadReason::TooLarge(limit) => {
            let message = format!("passed over: it is larger than {} MiB, so no rule has looked at it", limit >> 20);
            Finding::warning("unreadable-file", place, message).help("split it: a manifest is read by people too")
        }
        ReadReason::Outside => {
            Finding::note("unreadable-file", place, "passed over: it is a link that leads out of the folder")
        }
        reason => Finding::note("unreadable-file", place, format!("passed over: {reason}")),
    }
}

/// Why a path cannot be linted, with the name that may have been meant.
fn missing(path: &Path, error: &ReadError) -> Trouble {
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(beside).into_iter().flatten().flatten();
    let names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let hint = match closest(&name, names.iter().map(String::as_str)) {
        Some(meant) if !path.exists() => format!(": did you mean `{}`?", path.with_file_name(meant).display()),
        _ => String::new(),
    };
    Trouble(format!("{error}{hint}"))
}
