//! `.sops.yaml`: which files sops could read for an environment, and what is wrong with them.

use std::{collections::BTreeMap, path::Path};

use crate::{
    audit::config::{Target, findings},
    cli::{Trouble, pipeline::Workspace, sops_files::files},
    diagnostic::Finding,
    environment::{Environment, FOLDER, Repository},
    scaffold::{SOPS_CONFIG, is_sops_config, sops_config},
    sops::is_sealed_name,
    tree::{Access, Limits, read_file, write_file},
};

/// What is wrong with `.sops.yaml`, for the sealed files of these environments.
pub(in crate::cli) fn check(workspace: &Workspace, environments: &[&Environment]) -> Vec<Finding> {
    let mut paths: Vec<(String, &Environment)> = Vec::new();
    for environment in environments {
        let folder = format!("{FOLDER}/{}/secrets/", environment.name);
        let inputs = workspace.repository.inputs().iter().map(|(path, _)| path);
        let sealed: Vec<String> =
            inputs.filter(|path| path.starts_with(&folder) && is_sealed_name(path)).map(str::to_owned).collect();
        // Where there is none yet, any new one would be treated alike.
        let wanted = if sealed.is_empty() { vec![format!("{folder}NAME.sops.yaml")] } else { sealed };
        paths.extend(wanted.into_iter().map(|path| (path, *environment)));
    }
    let recipients: BTreeMap<&str, BTreeMap<String, String>> =
        environments.iter().map(|environment| (environment.name.as_str(), recipients(environment))).collect();
    let targets: Vec<Target<'_>> = paths
        .iter()
        .map(|(path, environment)| Target {
            path,
            environment: &environment.name,
            recipients: &recipients[environment.name.as_str()],
        })
        .collect();
    findings(&files(&workspace.root, targets.iter().map(|target| target.path)), &targets)
}

/// The public keys of an environment by holder.
pub(in crate::cli) fn recipients(environment: &Environment) -> BTreeMap<String, String> {
    let recipients = &environment.spec.secrets.recipients;
    recipients.iter().map(|(holder, key)| (holder.to_string(), key.to_string())).collect()
}

/// What happens to the `.sops.yaml` of the root when recipients change.
#[derive(Default)]
pub(in crate::cli) struct Rules {
    /// Its bytes before, and the text that it gets.
    write: Option<(Option<Vec<u8>>, String)>,
}

impl Rules {
    /// A file that is as gen writes it goes with the environments, which are all that `repository` has; any other is its owner's.
    pub(in crate::cli) fn of(root: &Path, repository: &Repository, environments: &[Environment]) -> Rules {
        // One that cannot be read would lose its rule.
        if environments.len() != repository.environments().len() {
            return Rules::default();
        }
        let keys = environments.iter().map(|environment| (environment.name.clone(), recipients(environment))).collect();
        let Some(new) = sops_config(&keys) else { return Rules::default() };
        let write = match read_file(root, SOPS_CONFIG, &Limits::default()) {
            Ok(old) if old != new.as_bytes() && std::str::from_utf8(&old).is_ok_and(is_sops_config) => {
                Some((Some(old), new))
            }
            Err(_) if root.join(SOPS_CONFIG).symlink_metadata().is_err() => Some((None, new)),
            _ => None,
        };
        Rules { write }
    }

    /// The same, but makes no file where there is none.
    pub(in crate::cli) fn of_existing(self) -> Rules {
        Rules { write: self.write.filter(|(before, _)| before.is_some()) }
    }

    pub(in crate::cli) fn write(&self, root: &Path) -> Result<(), Trouble> {
        match &self.write {
            Some((before, text)) => {
                Ok(write_file(root, SOPS_CONFIG, text.as_bytes(), before.as_deref(), Access::Shared)?)
            }
            None => Ok(()),
        }
    }

    /// A line for people.
    pub(in crate::cli) fn said(&self) -> Option<String> {
        let (before, _) = self.write.as_ref()?;
        Some(format!("{SOPS_CONFIG}: {}", if before.is_some() { "updated" } else { "written" }))
    }
}
