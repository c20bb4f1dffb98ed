//! `gen secret check`.

mod history;
mod opened;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use rayon::prelude::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::{Trouble, config, file::is_path, pipeline::Workspace, report};
use crate::{
    audit,
    cli::{
        Reporting,
        pipeline::{find_root, folder},
        report::Files,
    },
    diagnostic::{Finding, Location, Severity, worst},
    environment::Environment,
    manifest::{Bundle, dotted, may_hold_objects},
    part::SecretDemand,
    policy::{self, Place, Profile, Scope},
    sops::{self, is_sealed_name},
    tree::{FileTree, Limits},
    view::At,
};

/// How much a folder may hold that nobody wrote for gen.
const LIMITS: Limits = Limits { file_size: 4 << 20, files: 200_000, depth: 64 };

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Environments, or files and folders; every environment where nothing is named.
    #[arg(value_name = "ENV | PATH")]
    what: Vec<String>,
    /// Tell what was done to the files since this commit by somebody without their key: values taken out, emptied, put back, moved.
    #[arg(long, value_name = "REV")]
    against: Option<String>,
    /// Open the files with the keys at hand too: checks the MAC, and tells weak, default and shared values and certificates that end.
    #[arg(long)]
    key: bool,
    #[command(flatten)]
    reporting: Reporting,
}

/// A sealed file that is looked at.
struct File {
    /// Its name for people.
    path: String,
    bytes: Vec<u8>,
    /// Its environment, where it belongs to one, and whether that is for production.
    environment: Option<(String, bool)>,
    /// What a service wants of it.
    demand: Option<SecretDemand>,
}

/// What was looked at, and what is wrong with it.
#[derive(Default)]
struct Looked {
    findings: Vec<Finding>,
    files: BTreeMap<String, File>,
}

impl Check {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        self.reporting.check()?;
        let (paths, names): (Vec<&String>, Vec<&String>) =
            self.what.iter().partition(|what| is_path(what) || Path::new(what).is_dir());
        let mut looked = Looked::default();
        if !names.is_empty() || self.what.is_empty() {
            let names: Vec<String> = names.into_iter().cloned().collect();
            looked.environments(&names)?;
        }
        looked.paths(&paths)?;
        let files: Vec<&File> = looked.files.values().collect();
        let mut said = format!("{}: looked at without a key\n", counted(files.len()));
        if let Some(revision) = &self.against {
            let (findings, compared) = history::findings(&files, revision)?;
            looked.findings.extend(findings);
            said.push_str(&format!("{}: held against {revision}\n", counted(compared)));
        }
        if self.key {
            let opened = opened::findings(&files);
            looked.told_by_a_key(opened.findings);
            said.push_str(&opened.said);
        }
        let is_sound = worst(&looked.findings) != Some(Severity::Error);
        // No line of a file is shown: any may hold what should have been sealed.
        let home = find_root().or_else(|_| Ok::<_, Trouble>(std::env::current_dir()?))?;
        let code = report::findings(looked.findings, &self.reporting, Files { home: &home, read: &|_| None })?;
        if self.reporting.is_for_people() {
            if !self.key && is_sound {
                said.push_str("no MAC was checked: that takes a key (`--key`)\n");
            }
            report::print(&said);
        }
        Ok(code)
    }
}

fn counted(files: usize) -> String {
    report::counted(files, "sealed file")
}

impl Looked {
    fn environments(&mut self, names: &[String]) -> Result<(), Trouble> {
        let workspace = Workspace::open()?;
        self.findings.extend(workspace.findings.clone());
        if !workspace.is_readable {
            return Ok(());
        }
        let names = workspace.select(names, names.is_empty())?;
        let (_, said) = workspace.compile(&names, |_| ());
        self.findings.extend(said.into_iter().filter(is_about_secrets));
        let mut environments = Vec::new();
        for name in &names {
            match workspace.repository.resolve(name) {
                Ok(environment) => environments.push(environment),
                // What it demands is not known before it can be read.
                Err(findings) => self.findings.extend(findings),
            }
        }
        let sources: Vec<_> = environments.par_iter().map(|environment| sources(&workspace, environment)).collect();
        sources.into_iter().for_each(|looked| self.join(looked));
        self.findings.extend(config::check(&workspace, &environments.iter().collect::<Vec<_>>()));
        let whole: HashSet<&[u8]> = workspace.repository.inputs().iter().map(|(_, bytes)| bytes).collect();
        let copies: Vec<_> =
            environments.par_iter().map(|environment| copies(&workspace, environment, &whole)).collect();
        copies.into_iter().for_each(|looked| self.join(looked));
        Ok(())
    }

    fn join(&mut self, other: Looked) {
        self.findings.extend(other.findings);
        self.files.extend(other.files);
    }

    /// What a key told, but for what was seen without one already: that stands at its line.
    fn told_by_a_key(&mut self, findings: Vec<Finding>) {
        let said: HashSet<(String, String)> = (self.findings.iter())
            .filter(|finding| finding.severity == Severity::Error)
            .flat_map(|finding| {
                [finding.rule, &finding.path].map(|what| (finding.location.file.clone(), what.to_owned()))
            })
            .collect();
        let is_new = |finding: &Finding| {
            let (file, path) = (&finding.location.file, &finding.path);
            let is_said = |what: &str| said.contains(&(file.clone(), what.to_owned()));
            // A rule tells of the whole file here, and a path of one thing in it.
            let is_same = if path.is_empty() { is_said(finding.rule) } else { is_said(path) };
            let is_plain = finding.rule == "not-sealed" && is_said("plaintext-secret");
            !(is_same || is_plain)
        };
        self.findings.extend(findings.into_iter().filter(is_new));
    }

    /// Files and folders of anybody.
    fn paths(&mut self, paths: &[&String]) -> Result<(), Trouble> {
        let mut whole = FileTree::new();
        for path in paths {
            let shown = path.trim_start_matches("./").trim_end_matches('/');
            let shown = if shown == "." { "" } else { shown };
            let place = PathBuf::from(path.as_str());
            let (tree, passed_over) = FileTree::gather(&place, shown, &may_hold_objects, &LIMITS)?;
            self.findings.extend(passed_over.into_iter().map(|error| {
                Finding::note("unreadable-file", Location::file(error.path), format!("passed over: {}", error.reason))
            }));
            self.findings.extend(audit::key::below(&place, shown));
            whole.join(tree);
        }
        self.findings.extend(tree_findings(&whole));
        for (path, bytes) in whole.iter().filter(|(path, bytes)| is_sealed_name(path) || looks_sealed(bytes)) {
            let file = File { path: path.to_owned(), bytes: bytes.to_vec(), environment: None, demand: None };
            self.files.entry(path.to_owned()).or_insert(file);
        }
        Ok(())
    }
}

/// The sealed files of an environment.
fn sources(workspace: &Workspace, environment: &Environment) -> Looked {
    let own = format!("{}/{}/secrets/", crate::environment::FOLDER, environment.name);
    let (listed, demands) = workspace.sealed_and_demanded(environment);
    let listed: HashSet<&str> = listed.iter().map(|(_, source)| source.as_str()).collect();
    let demands: HashMap<&str, &SecretDemand> =
        demands.iter().filter(|demand| !demand.external).map(|demand| (demand.name.as_str(), demand)).collect();
    let is_production = environment.spec.profile == Profile::Production;
    let mut looked = Looked::default();
    for (path, bytes) in workspace.repository.inputs().iter() {
        if !is_sealed_name(path) || !(path.starts_with(&own) || listed.contains(path)) {
            continue;
        }
        let name = path.strip_prefix(&own).and_then(|file| file.strip_suffix(sops::SUFFIX));
        let demand = name.and_then(|name| demands.get(name));
        // What nothing demands has been looked at by nobody yet.
        if demand.is_none() {
            let mut tree = FileTree::new();
            if tree.insert(path, bytes.to_vec()).is_ok() {
                looked.findings.extend(tree_findings(&tree));
            }
        }
        let environment = Some((environment.name.clone(), is_production));
        let demand = demand.map(|demand| (*demand).clone());
        let file = File { path: path.to_owned(), bytes: bytes.to_vec(), environment, demand };
        looked.files.insert(path.to_owned(), file);
    }
    looked
}

/// The sealed files of a tree that are no copies of a source as it is.
fn copies(workspace: &Workspace, environment: &Environment, sources: &HashSet<&[u8]>) -> Looked {
    let name = environment.name.as_str();
    let is_production = environment.spec.profile == Profile::Production;
    let mut looked = Looked::default();
    let shown = folder(name);
    let directory = workspace.tree(name);
    let Ok((mut tree, _)) = FileTree::gather(&directory, &shown, &may_hold_objects, &LIMITS) else { return looked };
    looked.findings.extend(audit::key::of(&tree));
    looked.findings.extend(audit::key::beside(&tree, &directory, &shown));
    let whole: HashSet<String> = tree
        .iter()
        .filter(|(path, bytes)| !is_sealed_name(path) || sources.contains(bytes))
        .map(|(path, _)| path.to_owned())
        .collect();
    tree.retain(|path| !whole.contains(path));
    looked.findings.extend(tree_findings(&tree));
    for (path, bytes) in tree.iter() {
        let file = File {
            path: path.to_owned(),
            bytes: bytes.to_vec(),
            environment: Some((name.to_owned(), is_production)),
            demand: None,
        };
        looked.files.insert(path.to_owned(), file);
    }
    looked
}

/// Whether a file of another name has a `sops` block.
fn looks_sealed(bytes: &[u8]) -> bool {
    String::from_utf8_lossy(bytes).lines().any(|line| line.starts_with("sops:") || line.contains("\"sops\":"))
}

/// What the rules about secrets say of files that belong to no environment.
fn tree_findings(tree: &FileTree) -> Vec<Finding> {
    let (bundle, mut findings) = Bundle::parse(tree);
    let locate = |at: &At<'_>| Place::new(Location::file(&at.object.file), dotted(&at.object.body, &at.pointer));
    findings.extend(policy::check(&bundle, &Scope::default(), &locate).into_iter().filter(is_about_secrets));
    let sealed = tree.iter().filter(|(path, _)| is_sealed_name(path));
    findings.extend(sealed.flat_map(|(path, bytes)| sops::suspicious_comments(path, &String::from_utf8_lossy(bytes))));
    findings
}

/// What this command tells of all that is said about an environment.
fn is_about_secrets(finding: &Finding) -> bool {
    const RULES: &[&str] = &[
        "missing-secret",
        "secret-mismatch",
        "secret-key-missing",
        "wrong-recipient",
        "too-few-recipients",
        "unused-secret",
        "plaintext-secret",
        "plaintext-comment",
        "partially-encrypted",
        "fake-envelope",
        "tampered-secret",
        "copied-secret",
        "private-key-committed",
        "syntax",
    ];
    let of_its_seal = is_sealed_name(&finding.location.file) && policy::find(finding.rule).is_none();
    RULES.contains(&finding.rule) || of_its_seal
}
