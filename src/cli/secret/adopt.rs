//! `gen secret adopt`.

use std::process::ExitCode;

use clap::Args;

use super::{
    Trouble,
    file::{SecretFile, environment, is_path, path_of, recipients, refused},
    pipeline::{TREES, Workspace, folder},
    report,
};
use crate::{
    diagnostic::{Finding, Location},
    environment::Environment,
    keyring::Keyring,
    schema::closest,
    sops::{Sealed, SealedSecret, inspect, is_sealed_name},
    tree::{LOCK, Limits, Lock, LockError, read_file},
    yaml::{FileId, Source},
};

#[derive(Debug, Args)]
pub(super) struct Adopt {
    /// A sealed file under gitops/; or an environment, all of whose edited sealed files are taken; then a Secret's name, where only that
    /// one is meant.
    #[arg(value_name = "FILE | ENV [NAME]", num_args = 1..=2, required = true)]
    what: Vec<String>,
}

/// A sealed copy and what it was made from.
struct Pair {
    /// The copy, relative to the root.
    copy: String,
    /// Its path in the tree, as the lock has it.
    locked: String,
    /// The source, relative to the root.
    source: String,
}

/// What is to be done about a pair.
enum Found {
    /// Both are the same, or the source is newer: nothing.
    Nothing,
    /// The copy was edited, the source was not: the copy's bytes and the source's.
    Edited(Vec<u8>, Option<Vec<u8>>),
    /// Both were changed.
    Both,
}

impl Adopt {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let workspace = Workspace::open()?;
        workspace.ground.trees_lie_inside()?;
        let (name, wanted) = self.wanted(&workspace)?;
        let resolved = environment(&workspace, &name)?;
        let lock = lock(&workspace, &name)?;
        let pairs = pairs(&workspace, &resolved, &lock);
        let mine: Vec<&Pair> = match &wanted {
            None => pairs.iter().collect(),
            Some(wanted) => vec![one(&pairs, wanted, &name)?],
        };
        let mut findings = Vec::new();
        let mut taken = Vec::new();
        for pair in mine {
            match look(&workspace, &lock, pair)? {
                Found::Nothing => {}
                Found::Both => findings.push(both_changed(pair)),
                Found::Edited(bytes, source) => match sound(&resolved, pair, &bytes, source.as_deref()) {
                    Ok(notes) => taken.push((pair, bytes, source, notes)),
                    Err(mistakes) => findings.extend(mistakes),
                },
            }
        }
        // All or nothing, so that one look at the output tells what the repository is like.
        if !findings.is_empty() {
            return Err(refused(findings));
        }
        if taken.is_empty() {
            report::print("nothing to take back: no sealed file was edited there\n");
            return Ok(ExitCode::SUCCESS);
        }
        for (pair, bytes, source, notes) in taken {
            let file = SecretFile { root: workspace.root.clone(), path: pair.source.clone(), bytes: source };
            let text = String::from_utf8(bytes).map_err(|_| Trouble(format!("{} is not UTF-8", pair.copy)))?;
            file.write(&text)?;
            report::print(&format!("{}: taken from {}\n{notes}", pair.source, pair.copy));
        }
        report::print(&format!("next: gen build {name}\n"));
        Ok(ExitCode::SUCCESS)
    }

    /// The environment, and what of it is meant: a path from the root, or a Secret's name.
    fn wanted(&self, workspace: &Workspace) -> Result<(String, Option<String>), Trouble> {
        match self.what.as_slice() {
            [file] if is_path(file) => {
                let path = SecretFile::at(file.as_ref())?.path;
                let below = path.strip_prefix(TREES).and_then(|rest| rest.strip_prefix('/'));
                match below.and_then(|rest| rest.split_once('/')) {
                    Some((environment, _)) => Ok((environment.to_owned(), Some(path))),
                    None => Err(Trouble(format!("{path} is no file below {TREES}/, where sealed copies stand"))),
                }
            }
            [environment, rest @ ..] => {
                workspace.select(std::slice::from_ref(environment), false)?;
                Ok((environment.clone(), rest.first().cloned()))
            }
            [] => Err(Trouble("name an environment".to_owned())),
        }
    }
}

/// What gen wrote there last: without it nobody can tell which side was changed.
fn lock(workspace: &Workspace, environment: &str) -> Result<Lock, Trouble> {
    let path = format!("{}/{LOCK}", folder(environment));
    let bytes = read_file(&workspace.root, &path, &Limits::default()).map_err(|error| {
        Trouble(format!("{error}; it tells which side was edited: run `gen build {environment}` first"))
    })?;
    Lock::parse(&bytes).map_err(|error| match error {
        LockError::Conflict { .. } => Trouble(format!(
            "{}: {error}; take one side of {path} with `git checkout --ours {path}`",
            folder(environment)
        )),
        LockError::Malformed { .. } => Trouble(format!("{}: {error}; restore {path} from Git", folder(environment))),
    })
}

/// The sealed copies of a tree: those that the plan has, and those that the lock still has.
fn pairs(workspace: &Workspace, environment: &Environment, lock: &Lock) -> Vec<Pair> {
    let folder = folder(&environment.name);
    let mut pairs: Vec<Pair> = Vec::new();
    for (locked, source) in workspace.sealed_copies(environment) {
        pairs.push(Pair { copy: format!("{folder}/{locked}"), locked, source });
    }
    for locked in lock.paths().filter(|path| is_sealed_name(path)) {
        if pairs.iter().all(|pair| pair.locked != locked) {
            let file = locked.rsplit('/').next().unwrap_or(locked);
            let source = path_of(&environment.name, file.strip_suffix(crate::sops::SUFFIX).unwrap_or(file));
            pairs.push(Pair { copy: format!("{folder}/{locked}"), locked: locked.to_owned(), source });
        }
    }
    pairs
}

/// The pair that a path or a name means.
fn one<'a>(pairs: &'a [Pair], wanted: &str, environment: &str) -> Result<&'a Pair, Trouble> {
    let name = |pair: &'a Pair| {
        let file = pair.copy.rsplit('/').next().unwrap_or_default();
        file.strip_suffix(crate::sops::SUFFIX).unwrap_or(file)
    };
    if let Some(pair) = pairs.iter().find(|pair| pair.copy == wanted || name(pair) == wanted) {
        return Ok(pair);
    }
    let hint = match closest(wanted, pairs.iter().map(name)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("gen copied no such file into {}", folder(environment)),
    };
    Err(Trouble(format!("there is no sealed copy `{wanted}`: {hint}")))
}

/// Who changed what since gen copied the source.
fn look(workspace: &Workspace, lock: &Lock, pair: &Pair) -> Result<Found, Trouble> {
    let Ok(copy) = read_file(&workspace.root, &pair.copy, &Limits::default()) else { return Ok(Found::Nothing) };
    let source = match read_file(&workspace.root, &pair.source, &Limits::default()) {
        Ok(source) => Some(source),
        Err(error) if matches!(error.reason, crate::tree::ReadReason::Missing) => None,
        Err(error) => return Err(error.into()),
    };
    if source.as_ref() == Some(&copy) || lock.wrote(&pair.locked, &copy) {
        return Ok(Found::Nothing);
    }
    match &source {
        Some(bytes) if !lock.wrote(&pair.locked, bytes) => Ok(Found::Both),
        _ => Ok(Found::Edited(copy, source)),
    }
}

fn both_changed(pair: &Pair) -> Finding {
    let Pair { copy, source, .. } = pair;
    let message = format!(
        "both {copy} and its source {source} were changed since the last build, and sealed files cannot be merged"
    );
    Finding::error("both-changed", Location::file(copy), message).help(format!(
        "compare them with `gen secret show --reveal FILE`, put what is missing into {source} with `gen secret edit {source}`, then \
         `git checkout -- {copy}` and build"
    ))
}

/// Whether a copy may become the source: it is a sound sealed Secret, for nobody but the environment's recipients, of the same name; where a
/// key is at hand, its seal fits too. Gives what people should know.
fn sound(environment: &Environment, pair: &Pair, bytes: &[u8], source: Option<&[u8]>) -> Result<String, Vec<Finding>> {
    let secret = inspect(&pair.copy, FileId(0), bytes)?;
    let mut findings = Vec::new();
    let wrong =
        |rule, message: String, help: String| Finding::error(rule, Location::file(&pair.copy), message).help(help);
    let declared = recipients(environment);
    let strangers = secret.recipients.iter().map(String::as_str).filter(|recipient| !declared.contains(recipient));
    let strangers: Vec<&str> = strangers.chain(secret.other_services.iter().copied()).collect();
    if !strangers.is_empty() {
        let message =
            format!("it is sealed for {} too, whom {} does not declare", strangers.join(", "), environment.own_file());
        let help = format!(
            "find out who did that with `git log -- {}`; a declared recipient stands under `secrets.recipients`",
            pair.copy
        );
        findings.push(wrong("wrong-recipient", message, help));
    }
    let old = source.and_then(|source| inspect(&pair.source, FileId(0), source).ok());
    for (what, new, before) in old.iter().flat_map(|old| changed(&secret, old)) {
        let message = format!("its {what} is `{new}`, that of its source is `{before}`: this is another Secret");
        findings.push(wrong("secret-mismatch", message, format!("restore it: `git checkout -- {}`", pair.copy)));
    }
    let mut notes = String::new();
    if let Some(old) = &old {
        for key in old.keys.iter().filter(|key| !secret.keys.contains(key)) {
            notes.push_str(&format!("note: `{key}` is gone\n"));
        }
        for key in secret.keys.iter().filter(|key| !old.keys.contains(key)) {
            notes.push_str(&format!("note: `{key}` is new\n"));
        }
    }
    match seal(pair, bytes) {
        Ok(true) => {}
        Ok(false) => notes.push_str("note: no private key at hand opens it, so its seal was not checked\n"),
        Err(finding) => findings.push(finding),
    }
    if findings.is_empty() { Ok(notes) } else { Err(findings) }
}

/// What must stay as it is.
fn changed<'a>(new: &'a SealedSecret, old: &'a SealedSecret) -> Vec<(&'static str, &'a str, &'a str)> {
    let namespace = |secret: &'a SealedSecret| secret.namespace.as_deref().unwrap_or_default();
    let all = [
        ("name", new.name.as_str(), old.name.as_str()),
        ("namespace", namespace(new), namespace(old)),
        ("type", new.type_.as_str(), old.type_.as_str()),
    ];
    all.into_iter().filter(|(_, new, old)| new != old).collect()
}

/// Whether its seal fits, as far as a key is at hand.
#[allow(clippy::result_large_err, reason = "once per file")]
fn seal(pair: &Pair, bytes: &[u8]) -> Result<bool, Finding> {
    let source = Source { id: FileId(0), name: &pair.copy, bytes };
    let Ok(sealed) = Sealed::parse(source) else { return Ok(false) };
    match Keyring::gather(&sealed.envelope().recipients()).open(&pair.copy, &sealed) {
        Ok(_) => Ok(true),
        Err(finding) if matches!(finding.rule, "no-identity" | "wrong-identity" | "unsupported-seal") => Ok(false),
        Err(finding) => Err(finding),
    }
}
