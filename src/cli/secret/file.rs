//! What the subcommands have in common: finding a sealed file of the repository, opening it, writing it back; and what an environment
//! says about its secrets.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use super::{
    Trouble,
    pipeline::{Workspace, find_root},
};
use crate::{
    diagnostic::{Finding, Severity},
    environment::{Environment, FOLDER},
    keyring::Keyring,
    output::text,
    part::SecretDemand,
    schema::closest,
    sops::{Opened, SUFFIX, Sealed, inspect},
    tree::{Access, Limits, ReadReason, read_file, write_file},
    yaml::{FileId, Source},
};

/// A sealed file of the repository, its bytes as they were read.
pub(super) struct SecretFile {
    /// The repository's root.
    pub(super) root: PathBuf,
    /// Its path below the root, and its name for people.
    pub(super) path: String,
    /// What stands there; `None` where there is no file yet.
    pub(super) bytes: Option<Vec<u8>>,
}

impl SecretFile {
    /// The file of the Secret `name` of an environment: `environments/<env>/secrets/<name>.sops.yaml`.
    pub(super) fn of(workspace: &Workspace, environment: &str, name: &str) -> SecretFile {
        let path = path_of(environment, name);
        let bytes = workspace.repository.inputs().get(&path).map(<[u8]>::to_vec);
        SecretFile { root: workspace.root.clone(), path, bytes }
    }

    /// The file at a path that somebody typed. In a repository its name is the path below the root, elsewhere that below its own
    /// folder.
    pub(super) fn at(typed: &Path) -> Result<SecretFile, Trouble> {
        let cannot = |why: String| Trouble(format!("cannot read {}: {why}", typed.display()));
        let file = typed.canonicalize().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => cannot("there is no such file".to_owned()),
            _ => cannot(error.to_string()),
        })?;
        let own_folder = file.parent().unwrap_or(Path::new("/"));
        let root = find_root().ok().and_then(|root| root.canonicalize().ok()).filter(|root| file.starts_with(root));
        let root = root.unwrap_or_else(|| own_folder.to_path_buf());
        let path = file.strip_prefix(&root).ok().and_then(Path::to_str);
        let path = path.ok_or_else(|| cannot(ReadReason::Name.to_string()))?.to_owned();
        let bytes = read_file(&root, &path, &Limits::default()).map_err(|error| cannot(error.reason.to_string()))?;
        Ok(SecretFile { root, path, bytes: Some(bytes) })
    }

    /// Reads it as everybody can.
    pub(super) fn sealed(&self) -> Result<Sealed, Trouble> {
        self.parse().map_err(refused)
    }

    /// Reads it as everybody can, for those who look at several files before they say what is wrong.
    pub(super) fn parse(&self) -> Result<Sealed, Vec<Finding>> {
        let bytes = self.bytes.as_deref().unwrap_or_default();
        Sealed::parse(Source { id: FileId(0), name: &self.path, bytes })
    }

    /// Opens it with the identities at hand. What keeps it from that is told on stderr.
    pub(super) fn unlock(&self) -> Result<Opened, Trouble> {
        let sealed = self.sealed()?;
        let keyring = Keyring::gather(&sealed.envelope().recipients());
        keyring.open(&self.path, &sealed).map_err(|finding| refused(vec![finding]))
    }

    /// Puts `text` in its place: atomically, synced to disk, and only where the file still holds what was read.
    pub(super) fn write(&self, text: &str) -> Result<(), Trouble> {
        Ok(write_file(&self.root, &self.path, text.as_bytes(), self.bytes.as_deref(), Access::Shared)?)
    }
}

/// What a command line means: `FILE`, or `ENV NAME`.
pub(super) enum Target {
    /// A file by its path.
    File(PathBuf),
    /// A Secret of an environment.
    Secret(String, String),
}

impl Target {
    /// One word is a file, two are an environment and a name.
    pub(super) fn of(words: &[String]) -> Target {
        match words {
            [environment, name] => Target::Secret(environment.clone(), name.clone()),
            words => Target::File(words.first().map(PathBuf::from).unwrap_or_default()),
        }
    }

    /// The file that it means, which must exist.
    pub(super) fn file(&self) -> Result<SecretFile, Trouble> {
        match self {
            Target::File(path) => match half_named(path) {
                Some(trouble) => Err(trouble),
                None => SecretFile::at(path),
            },
            Target::Secret(environment, name) => existing(&Workspace::open()?, environment, name),
        }
    }
}

/// What to say where only an environment was named.
fn half_named(path: &Path) -> Option<Trouble> {
    let word = path.to_str().filter(|word| !is_path(word))?;
    let workspace = Workspace::open().ok()?;
    if !workspace.repository.environments().contains(&word) {
        return None;
    }
    let there = names(&workspace, word).join(", ");
    let there = if there.is_empty() { "none yet".to_owned() } else { there };
    Some(Trouble(format!("which Secret of `{word}`? Name it too; there is {there}")))
}

/// Whether a word is a path, and not the name of an environment or of a Secret.
pub(super) fn is_path(word: &str) -> bool {
    word.contains('/') || word.ends_with(".yaml") || word.ends_with(".yml") || Path::new(word).is_file()
}

/// The file of a Secret that is there already.
pub(super) fn existing(workspace: &Workspace, environment: &str, name: &str) -> Result<SecretFile, Trouble> {
    workspace.select(&[environment.to_owned()], false)?;
    let file = SecretFile::of(workspace, environment, name);
    if file.bytes.is_some() {
        return Ok(file);
    }
    let there = names(workspace, environment);
    let hint = match closest(name, there.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!(
            "`gen secret generate {environment}` makes what its services demand, `gen secret import {environment} {name} FILE` \
             seals what you have"
        ),
    };
    Err(Trouble(format!("there is no {}: {hint}", file.path)))
}

/// The names of the sealed files of an environment.
fn names(workspace: &Workspace, environment: &str) -> Vec<String> {
    let folder = format!("{FOLDER}/{environment}/secrets/");
    let name = |path: &str| Some(path.strip_prefix(&folder)?.strip_suffix(SUFFIX)?.to_owned());
    workspace.repository.inputs().iter().filter_map(|(path, _)| name(path)).collect()
}

/// The environment that a path belongs to as one of its sealed Secrets.
pub(super) fn environment_of(path: &str) -> Option<&str> {
    let (environment, file) = path.strip_prefix(FOLDER)?.strip_prefix('/')?.split_once("/secrets/")?;
    (!environment.contains('/') && file.ends_with(SUFFIX)).then_some(environment)
}

/// The mistakes of a sealed Secret that its new text has and its old one had not, comments that anybody could read a value in among them;
/// none in a file that holds something else. Needs no key.
pub(super) fn new_mistakes(file: &SecretFile, text: &str) -> Vec<Finding> {
    let mistakes = |bytes: &[u8]| match inspect(&file.path, FileId(0), bytes) {
        Ok(secret) => secret.warnings,
        Err(findings) => findings,
    };
    let old = file.bytes.as_deref().map(mistakes).unwrap_or_default();
    if environment_of(&file.path).is_none() && !old.is_empty() {
        return Vec::new();
    }
    let mut new = mistakes(text.as_bytes());
    let is_old = |new: &Finding| {
        old.iter().any(|old| (old.rule, &old.path, &old.message) == (new.rule, &new.path, &new.message))
    };
    new.retain(|finding| !is_old(finding));
    for finding in &mut new {
        finding.severity = Severity::Error;
    }
    new
}

/// The file of the Secret `name` of an environment, relative to the root.
pub(super) fn path_of(environment: &str, name: &str) -> String {
    format!("{FOLDER}/{environment}/secrets/{name}{SUFFIX}")
}

/// Says on stderr what is wrong with the inputs of a command that does something else than finding that out; the exit code is 1. Lines of
/// files are not shown: any may be secret here.
pub(super) fn refused(findings: Vec<Finding>) -> Trouble {
    let said = text::findings(&findings, text::Style { color: false }, &|_| None);
    let _ = std::io::stderr().write_all(said.as_bytes());
    Trouble::said()
}

/// The environment `name`, or why there is none, with a name that was perhaps meant.
pub(super) fn environment(workspace: &Workspace, name: &str) -> Result<Environment, Trouble> {
    if !workspace.is_readable {
        return Err(refused(workspace.findings.clone()));
    }
    workspace.select(&[name.to_owned()], false)?;
    workspace.repository.resolve(name).map_err(refused)
}

/// The public keys that an environment declares, without duplicates.
pub(super) fn recipients(environment: &Environment) -> Vec<&str> {
    let mut keys: Vec<&str> = environment.spec.secrets.recipients.values().map(|key| key.as_str()).collect();
    let mut seen = std::collections::BTreeSet::new();
    keys.retain(|key| seen.insert(*key));
    keys
}

/// The public keys that an environment declares, or what makes one.
pub(super) fn declared(environment: &Environment) -> Result<Vec<&str>, Trouble> {
    let keys = recipients(environment);
    match keys.is_empty() {
        true => Err(Trouble(format!(
            "the environment `{0}` declares no recipients: `gen secret init {0}` makes a key and writes it there",
            environment.name
        ))),
        false => Ok(keys),
    }
}

/// The Secrets that an environment's services demand, those that something else in the cluster makes too.
pub(super) fn demands(workspace: &Workspace, environment: &Environment) -> Vec<SecretDemand> {
    workspace.demands(environment)
}
