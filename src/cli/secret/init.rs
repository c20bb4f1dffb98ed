//! `gen secret init`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{
    Trouble,
    config::{self, Rules},
    identity::{self, KeyFile},
    pipeline::Workspace,
};
use crate::{
    cli::{Reporting, ground::Ground, report},
    diagnostic::{Finding, Location, Severity, worst},
    environment::{Environment, FOLDER, Repository},
    keyring,
    scaffold::{ByHand, add_recipient},
    sops::is_sealed_name,
    tree::{Access, FileTree, write_file},
};

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The environments whose secrets the key shall open; needed where there are several.
    #[arg(value_name = "ENV")]
    environments: Vec<String>,
    /// Whose key it is; your login name where it is left out.
    #[arg(long, value_name = "NAME")]
    holder: Option<String>,
    /// The file of the private key, outside the repository; where sops looks for it where it is left out.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
}

/// The rule of a file that is left to its owner.
const BY_HAND: &str = "edit-by-hand";

/// An environment file that gets a holder.
struct Joined {
    environment: String,
    /// The file, as it was and as it shall be.
    file: String,
    before: Vec<u8>,
    after: String,
}

impl Init {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let workspace = Workspace::open()?;
        if !workspace.is_readable {
            return say(&workspace, workspace.findings.clone());
        }
        let names = self.names(&workspace)?;
        let holder = identity::holder(self.holder.as_deref(), &format!("gen secret init {}", names.join(" ")))?;
        let path = self.identity.clone().or_else(keyring::default_file);
        let path = path.ok_or_else(|| Trouble("there is no home directory: say --identity FILE".to_owned()))?;
        let root = workspace.root.canonicalize()?;
        let key = KeyFile::at(&path, &identity::git_around(&root).unwrap_or(root))?;

        let mut findings = Vec::new();
        let (mut joined, mut there) = (Vec::new(), Vec::new());
        for name in &names {
            match workspace.repository.resolve(name) {
                Ok(environment) => match join(&workspace, &environment, &holder, &key) {
                    Ok(Some(one)) => joined.push(one),
                    Ok(None) => there.extend(already(&environment, &key)),
                    Err(finding) => findings.push(*finding),
                },
                Err(said) => findings.extend(said),
            }
        }
        if worst(&findings) == Some(Severity::Error) {
            // Who writes the public key by hand needs the private one to stay.
            let is_by_hand =
                findings.iter().all(|finding| finding.severity < Severity::Error || finding.rule == BY_HAND);
            if is_by_hand {
                key.write()?;
            }
            let code = say(&workspace, findings)?;
            match is_by_hand && key.is_new() {
                true => report::print(&format!("{}: made; nothing else was written\n", key.path.display())),
                false => report::print("nothing was written\n"),
            }
            return Ok(code);
        }
        let after = with(&workspace, &joined)?;
        let environments = self.proven(&after, &joined)?;
        let rules = Rules::of(&workspace.root, &after, &environments);

        key.write()?;
        for one in &joined {
            write_file(&workspace.root, &one.file, one.after.as_bytes(), Some(&one.before), Access::Shared)?;
        }
        rules.write(&workspace.root)?;
        self.tell(&workspace, &key, &joined, &there, &rules);
        let after = Workspace {
            ground: Ground::Disk(workspace.root.clone()),
            root: workspace.root.clone(),
            repository: after,
            findings: Vec::new(),
            is_readable: true,
            schemas: Default::default(),
        };
        let named: Vec<&Environment> = environments.iter().filter(|one| names.contains(&one.name)).collect();
        say(&after, config::check(&after, &named))
    }

    fn names(&self, workspace: &Workspace) -> Result<Vec<String>, Trouble> {
        if !self.environments.is_empty() {
            return workspace.select(&self.environments, false);
        }
        match workspace.select(&[], true)? {
            one if one.len() == 1 => Ok(one),
            several => Err(Trouble(format!("which environments shall the key open? There are {}", several.join(", ")))),
        }
    }

    /// Every environment that resolves, the edited ones with the key: what is about to be written was read back.
    fn proven(&self, after: &Repository, joined: &[Joined]) -> Result<Vec<Environment>, Trouble> {
        let environments: Vec<Environment> =
            after.environments().into_iter().filter_map(|name| after.resolve(name).ok()).collect();
        for one in joined {
            if !environments.iter().any(|environment| environment.name == one.environment) {
                let message = format!("{} would not be valid any more with the new key: add it by hand", one.file);
                return Err(Trouble(message));
            }
        }
        Ok(environments)
    }

    fn tell(&self, workspace: &Workspace, key: &KeyFile, joined: &[Joined], there: &[String], rules: &Rules) {
        let mut text = String::new();
        let mut line = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        let state = if key.is_new() { "made; keep a copy where you keep passwords" } else { "used as it is" };
        line(format!("{}: {state}", key.path.display()));
        line(format!("  public key: {}", key.recipients[0]));
        if key.is_open_to_others() {
            line(format!("  others may read it: chmod 600 {}", key.path.display()));
        }
        there.iter().for_each(|said| line(said.clone()));
        for one in joined {
            line(format!("{}: the key is a recipient now", one.file));
        }
        rules.said().into_iter().for_each(&mut line);
        for one in joined {
            let name = &one.environment;
            let folder = format!("{FOLDER}/{name}/secrets/");
            let has_sealed =
                workspace.repository.inputs().iter().any(|(path, _)| path.starts_with(&folder) && is_sealed_name(path));
            line(match has_sealed {
                true => {
                    format!("next: somebody who can open the secrets of {name} already runs `gen secret rekey {name}`")
                }
                false => format!("next: `gen secret generate {name}` makes and seals what its services demand"),
            });
        }
        report::print(&text);
    }
}

/// Prints findings and gives the exit code.
fn say(workspace: &Workspace, findings: Vec<Finding>) -> Result<ExitCode, Trouble> {
    workspace.report(findings, &Reporting::default())
}

/// Where the key is a recipient of an environment already.
fn already(environment: &Environment, key: &KeyFile) -> Option<String> {
    let recipients = &environment.spec.secrets.recipients;
    let (holder, _) = recipients.iter().find(|(_, one)| key.recipients.iter().any(|own| own == one.as_str()))?;
    Some(format!("{}: the key is a recipient already, as `{holder}`", environment.own_file()))
}

/// The environment's file with the key; `None` where it is a recipient already.
fn join(
    workspace: &Workspace,
    environment: &Environment,
    holder: &str,
    key: &KeyFile,
) -> Result<Option<Joined>, Box<Finding>> {
    if already(environment, key).is_some() {
        return Ok(None);
    }
    let file = environment.own_file().to_owned();
    let at = format!("secrets.recipients.{holder}");
    let public = &key.recipients[0];
    if environment.spec.secrets.recipients.keys().any(|name| name.as_str() == holder) {
        let message = format!("`{holder}` has another key here than {}", key.path.display());
        let help = format!(
            "choose a name with --holder, or put {public} in its place and run `gen secret rekey {}`",
            environment.name
        );
        return Err(Box::new(Finding::error("holder-taken", environment.location(&at), message).help(help).at(at)));
    }
    let before = workspace.text(&file).unwrap_or_default();
    let edited = match std::str::from_utf8(&before) {
        Ok(text) => add_recipient(&file, text, holder, public),
        Err(_) => Err(ByHand { findings: Vec::new(), lines: String::new() }),
    };
    match edited {
        Ok(after) => Ok(Some(Joined { environment: environment.name.clone(), file, before, after })),
        Err(_) => {
            let message = "this file is written in a way that gen does not edit";
            let help =
                format!("add the key yourself: `{holder}: {public}` below `secrets.recipients`, and run this again");
            Err(Box::new(Finding::error(BY_HAND, Location::file(file), message).help(help).at("secrets.recipients")))
        }
    }
}

/// The repository with its files edited.
fn with(workspace: &Workspace, joined: &[Joined]) -> Result<Repository, Trouble> {
    let mut inputs = FileTree::new();
    for (path, bytes) in workspace.repository.inputs().iter() {
        let edited = joined.iter().find(|one| one.file == path).map(|one| one.after.as_bytes());
        inputs.insert(path, edited.unwrap_or(bytes))?;
    }
    Ok(Repository::load(inputs))
}
