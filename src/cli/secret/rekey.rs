//! `gen secret rekey`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
    process::ExitCode,
    time::SystemTime,
};

use clap::Args;

use super::{
    Trouble,
    config::Rules,
    file::{SecretFile, declared, demands, is_path, new_mistakes, refused},
    pipeline::{Workspace, folder},
    report,
};
use crate::{
    diagnostic::{Finding, Location},
    environment::{Environment, FOLDER},
    keyring::Keyring,
    part::{Credential, SecretDemand},
    path,
    sops::{Envelope, Sealed, Selector, is_sealed_name},
    yaml::typed::{Leaf, Stream},
};

#[derive(Debug, Args)]
pub(super) struct Rekey {
    /// Environments, or sealed files below environments/; everything where there is none.
    #[arg(value_name = "ENV|FILE")]
    what: Vec<String>,
    /// Take a new data key too, although nobody was removed.
    #[arg(long)]
    new_key: bool,
}

/// A sealed file and those who may open it.
struct Task<'a> {
    file: SecretFile,
    sealed: Sealed,
    /// The first of the environments that it belongs to.
    environment: &'a Environment,
    wanted: Vec<&'a str>,
    added: Vec<String>,
    removed: Vec<String>,
}

impl Rekey {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let workspace = Workspace::open()?;
        if !workspace.is_readable {
            return Err(refused(workspace.findings.clone()));
        }
        let (paths, names): (Vec<&String>, Vec<&String>) = self.what.iter().partition(|word| is_path(word));
        let names: Vec<String> = names.into_iter().cloned().collect();
        let names = workspace.select(&names, self.what.is_empty())?;
        let environments = environments(&workspace, &names)?;
        let owners = owners(&workspace, &environments);
        let mut chosen: BTreeSet<&str> = BTreeSet::new();
        for (file, of) in &owners {
            if of.iter().any(|environment| names.contains(&environment.name)) {
                chosen.insert(file);
            }
        }
        for path in paths {
            chosen.insert(known(&workspace, &environments, &owners, path)?);
        }
        let tasks = tasks(&workspace, &owners, &chosen)?;
        let texts = self.texts(&tasks)?;
        for (task, text) in tasks.iter().zip(&texts) {
            if let Some(text) = text {
                task.file.write(text)?;
            }
        }
        let rules = Rules::of(&workspace.root, &workspace.repository, &environments).of_existing();
        rules.write(&workspace.root)?;
        rules.said().into_iter().for_each(|said| report::print(&format!("{said}\n")));
        report::print(&summary(&workspace, &tasks, &texts));
        Ok(ExitCode::SUCCESS)
    }

    /// The files' new texts; `None` where there is nothing to do.
    fn texts(&self, tasks: &[Task<'_>]) -> Result<Vec<Option<String>>, Trouble> {
        let due = |task: &&Task<'_>| self.new_key || !task.added.is_empty() || !task.removed.is_empty();
        let held: BTreeSet<&str> =
            tasks.iter().filter(due).flat_map(|task| task.sealed.envelope().recipients()).collect();
        let keyring = (!held.is_empty()).then(|| Keyring::gather(&held.into_iter().collect::<Vec<_>>()));
        let mut findings = Vec::new();
        let mut texts = Vec::new();
        for task in tasks {
            let done = match &keyring {
                Some(keyring) if due(&task) => self.text(task, keyring).map(Some),
                _ => Ok(None),
            };
            texts.push(done.unwrap_or_else(|said| {
                findings.extend(said);
                None
            }));
        }
        if findings.is_empty() { Ok(texts) } else { Err(nothing_written(findings)) }
    }

    fn text(&self, task: &Task<'_>, keyring: &Keyring) -> Result<String, Vec<Finding>> {
        let path = task.file.path.as_str();
        let mut opened = keyring.open(path, &task.sealed).map_err(|finding| vec![finding])?;
        let cannot = |reason: String| {
            let help = "do it with `sops` itself, for the keys that gen does not know";
            vec![Finding::error("unsupported-seal", Location::file(path), reason).help(help)]
        };
        match self.new_key || !task.removed.is_empty() {
            true => opened.renew_key(&task.wanted),
            false => opened.rewrap(&task.wanted),
        }
        .map_err(cannot)?;
        let text = opened.close(SystemTime::now()).map_err(cannot)?;
        let mistakes = new_mistakes(&task.file, &text);
        if mistakes.is_empty() { Ok(text) } else { Err(mistakes) }
    }
}

/// Says what is wrong, and that nothing came of the command.
fn nothing_written(findings: Vec<Finding>) -> Trouble {
    let trouble = refused(findings);
    report::print("nothing was written\n");
    trouble
}

/// Every environment that resolves: a file may belong to others than those that were named, which must be sound.
fn environments(workspace: &Workspace, named: &[String]) -> Result<Vec<Environment>, Trouble> {
    let mut environments = Vec::new();
    let mut findings = Vec::new();
    for name in workspace.repository.environments() {
        match workspace.repository.resolve(name) {
            Ok(environment) => environments.push(environment),
            Err(said) if named.iter().any(|named| named == name) => findings.extend(said),
            Err(_) => {}
        }
    }
    if findings.is_empty() { Ok(environments) } else { Err(nothing_written(findings)) }
}

/// The sealed inputs with the environments that they belong to: by their folder, or because a service lists them.
fn owners<'a>(workspace: &Workspace, environments: &'a [Environment]) -> BTreeMap<String, Vec<&'a Environment>> {
    let mut owners: BTreeMap<String, Vec<&Environment>> = BTreeMap::new();
    for environment in environments {
        let folder = format!("{FOLDER}/{}/secrets/", environment.name);
        let inputs = workspace.repository.inputs().iter().map(|(path, _)| path);
        let own = inputs.filter(|path| path.starts_with(&folder) && is_sealed_name(path)).map(str::to_owned);
        let listed = workspace.sealed_copies(environment).into_iter().map(|(_, source)| source);
        let files: BTreeSet<String> = own.chain(listed).collect();
        for file in files {
            owners.entry(file).or_default().push(environment);
        }
    }
    owners
}

/// The sealed input that somebody named by a path.
fn known<'a>(
    workspace: &Workspace,
    environments: &[Environment],
    owners: &'a BTreeMap<String, Vec<&Environment>>,
    typed: &str,
) -> Result<&'a str, Trouble> {
    let file = SecretFile::at(Path::new(typed))?;
    if let Some((path, _)) = owners.get_key_value(&file.path) {
        return Ok(path);
    }
    let original = environments.iter().find_map(|environment| {
        let copy = file.path.strip_prefix(&folder(&environment.name))?.strip_prefix('/')?;
        workspace.sealed_copies(environment).into_iter().find(|(path, _)| path == copy)
    });
    Err(Trouble(match original {
        Some((_, original)) => format!("{} is a copy: rekey {original}, then build", file.path),
        None => {
            format!(
                "{} belongs to no environment, so that nobody declares who may open it: use `sops updatekeys`",
                file.path
            )
        }
    }))
}

fn tasks<'a>(
    workspace: &Workspace,
    owners: &BTreeMap<String, Vec<&'a Environment>>,
    chosen: &BTreeSet<&str>,
) -> Result<Vec<Task<'a>>, Trouble> {
    let mut findings = Vec::new();
    let mut tasks = Vec::new();
    for path in chosen {
        let of = owners.get(*path).map(Vec::as_slice).unwrap_or_default();
        let [first, others @ ..] = of else { continue };
        let wanted = declared(first)?;
        if let Some(other) = others.iter().find(|other| holders(other) != holders(first)) {
            let message = format!(
                "the environments `{}` and `{}` share this file and declare different recipients",
                first.name, other.name
            );
            let help = "give each a file of its own, or both the same `secrets.recipients`";
            findings.push(Finding::error("shared-secret-file", Location::file(*path), message).help(help));
            continue;
        }
        let bytes = workspace.repository.inputs().get(path).map(<[u8]>::to_vec);
        let file = SecretFile { root: workspace.root.clone(), path: (*path).to_owned(), bytes };
        match file.parse() {
            Ok(sealed) => tasks.push(Task::of(file, sealed, first, wanted)),
            Err(mistakes) => findings.extend(mistakes),
        }
    }
    if findings.is_empty() { Ok(tasks) } else { Err(nothing_written(findings)) }
}

fn holders(environment: &Environment) -> BTreeSet<&str> {
    environment.spec.secrets.recipients.values().map(|key| key.as_str()).collect()
}

impl<'a> Task<'a> {
    fn of(file: SecretFile, sealed: Sealed, environment: &'a Environment, wanted: Vec<&'a str>) -> Task<'a> {
        let now: Vec<String> = sealed.envelope().recipients().into_iter().map(str::to_owned).collect();
        let added =
            wanted.iter().filter(|key| !now.iter().any(|now| now == *key)).map(|key| (*key).to_owned()).collect();
        let removed = now.into_iter().filter(|key| !wanted.contains(&key.as_str())).collect();
        Task { file, sealed, environment, wanted, added, removed }
    }

    /// The holder of a key, as far as the environment says.
    fn holder(&self, key: &str) -> String {
        let named = self.environment.spec.secrets.recipients.iter().find(|(_, own)| own.as_str() == key);
        named.map_or_else(|| key.to_owned(), |(holder, _)| format!("{holder} ({key})"))
    }
}

/// The paths of what is sealed in a file.
fn sealed_paths(stream: &Stream, envelope: &Envelope) -> Vec<Vec<String>> {
    let selector: &Selector = &envelope.selector;
    let mut paths = Vec::new();
    for document in &stream.documents {
        document.walk(&mut |keys, leaf| {
            if selector.seals(keys) && !matches!(leaf, Leaf::Null) {
                paths.push(keys.iter().map(|key| (*key).to_owned()).collect());
            }
        });
    }
    paths.dedup();
    paths
}

/// The command that changes what stands at a path of a file.
fn remedy(task: &Task<'_>, demands: &[SecretDemand], keys: &[String]) -> String {
    let environment = &task.environment.name;
    let own = task.file.path.strip_prefix(&format!("{FOLDER}/{environment}/secrets/"));
    let name = own.and_then(|name| name.strip_suffix(crate::sops::SUFFIX));
    let (Some(name), [_, key]) = (name, keys) else { return format!("gen secret edit {}", task.file.path) };
    let demanded = demands.iter().filter(|demand| demand.name == name).flat_map(|demand| &demand.keys);
    match demanded.into_iter().find(|demanded| demanded.name == *key).map(|demanded| &demanded.credential) {
        Some(Credential::Password) => format!("gen secret rotate {environment} {name} {key}"),
        Some(Credential::Certificate { .. }) => format!("gen secret rotate {environment} {name}"),
        None => format!("gen secret set {environment} {name} {key}"),
    }
}

/// What was done, for people, and what is left to do.
fn summary(workspace: &Workspace, tasks: &[Task<'_>], texts: &[Option<String>]) -> String {
    let mut text = String::new();
    let mut exposed = String::new();
    let mut built = BTreeSet::new();
    for (task, _) in tasks.iter().zip(texts).filter(|(_, text)| text.is_some()) {
        let path = &task.file.path;
        let key =
            if task.removed.is_empty() && !task.added.is_empty() { "the same data key" } else { "a new data key" };
        let recipients = report::counted(task.wanted.len(), "recipient");
        let _ = writeln!(text, "{path}: sealed for {recipients}, with {key}");
        let added = task.added.iter().map(|added| format!("  + {}\n", task.holder(added)));
        text.extend(added.chain(task.removed.iter().map(|removed| format!("  - {removed}\n"))));
        built.insert(task.environment.name.as_str());
        if task.removed.is_empty() {
            continue;
        }
        let demands = demands(workspace, task.environment);
        let mut said = BTreeSet::new();
        for keys in sealed_paths(task.sealed.stream(), task.sealed.envelope()) {
            let shown = keys.iter().fold(String::new(), |path, key| path::join(&path, key));
            let remedy = remedy(task, &demands, &keys);
            let remedy = if said.insert(remedy.clone()) { remedy } else { "the same".to_owned() };
            let _ = writeln!(exposed, "  {path} {shown}: {remedy}");
        }
    }
    if text.is_empty() {
        let files = report::counted(tasks.len(), "file");
        let _ = writeln!(text, "{files}: sealed for the declared recipients already, nothing to do");
        return text;
    }
    if !exposed.is_empty() {
        text.push_str(
            "\nWhoever was removed could read these, and still can in Git's history. Change every one of them at its service:\n",
        );
        text.push_str(&exposed);
    }
    let built: Vec<&str> = built.into_iter().collect();
    let _ = writeln!(text, "next: gen build {}", built.join(" "));
    text
}
