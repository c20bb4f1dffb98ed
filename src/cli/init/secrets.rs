//! The first passwords of an environment.

use std::time::SystemTime;

use crate::{
    cli::{Trouble, pipeline::Workspace, secret::config::recipients},
    environment::{Environment, FOLDER},
    mint,
    part::{Credential, SecretDemand},
    sops::{SUFFIX, Selector, seal},
    yaml::typed::{Stream, Tree},
};

/// The sealed files that the services of a new environment demand and that are missing, by their paths.
pub(super) fn missing(workspace: &Workspace, environment: &Environment) -> Result<Vec<(String, String)>, Trouble> {
    let recipients = recipients(environment);
    let keys: Vec<&str> = recipients.values().map(String::as_str).collect();
    let mut made = Vec::new();
    for demand in workspace.demands(environment).iter().filter(|demand| !demand.external) {
        let path = format!("{FOLDER}/{}/secrets/{}{SUFFIX}", environment.name, demand.name);
        if workspace.repository.inputs().get(&path).is_none()
            && let Some(stream) = manifest(demand, environment.spec.namespace.name.as_str())?
        {
            let sealed = seal(stream, &keys, &Selector::of_secrets(), SystemTime::now());
            made.push((path, sealed.map_err(Trouble)?));
        }
    }
    Ok(made)
}

/// A Secret of new passwords; `None` where it holds something else too, which `gen secret generate` makes.
fn manifest(demand: &SecretDemand, namespace: &str) -> Result<Option<Stream>, Trouble> {
    let mut values = Vec::new();
    for key in &demand.keys {
        match key.credential {
            Credential::Password => values.push((key.name.as_str(), Tree::text(mint::password()?))),
            Credential::Certificate { .. } => return Ok(None),
        }
    }
    let metadata = Tree::map([("name", Tree::text(demand.name.as_str())), ("namespace", Tree::text(namespace))]);
    let manifest = Tree::map([
        ("apiVersion", Tree::text("v1")),
        ("kind", Tree::text("Secret")),
        ("metadata", metadata),
        ("type", Tree::text(demand.kind.as_str())),
        ("stringData", Tree::map(values)),
    ]);
    Ok(Some(Stream { indent: 2, ..Stream::of(manifest) }))
}
