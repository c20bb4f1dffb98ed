//! `gen secret bootstrap`.

use std::{
    collections::BTreeMap,
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use super::{Trouble, config, file, identity, pipeline::Workspace};
use crate::{
    environment::{Environment, spec::Engine},
    keyring::{self, Keyring},
    plain::Plain,
    scaffold::scalar,
    sops::Identity,
};

/// Holders that are a cluster by their names.
const CLUSTERS: &[&str] = &["flux", "cluster"];

#[derive(Debug, Args)]
pub(super) struct Bootstrap {
    /// The environment whose cluster needs the key.
    #[arg(value_name = "ENV")]
    environment: String,
    /// The holder whose key the cluster gets; `flux`, or one named like the cluster, where it is left out.
    #[arg(long, value_name = "NAME")]
    holder: Option<String>,
    /// The file of the private key, where it is none that gen looks at.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Print the private key although a person may be looking: without this only a pipe or a file gets it.
    #[arg(long)]
    reveal: bool,
}

impl Bootstrap {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let workspace = Workspace::open()?;
        let environment = file::environment(&workspace, &self.environment)?;
        let flux = match (environment.spec.delivery.engine, &environment.spec.delivery.flux) {
            (Engine::Flux, Some(flux)) => flux,
            (engine, _) => {
                let name = if engine == Engine::Argocd { "Argo CD" } else { "this engine" };
                let message =
                    format!("this gen writes no trees for {name} yet, so it knows no Secret that {name} would read");
                return Err(Trouble(message));
            }
        };
        let recipients = config::recipients(&environment);
        let holder = self.holder(&environment, &recipients)?;
        let public = &recipients[&holder];
        let private = self.private(public, &holder)?;
        if std::io::stdout().is_terminal() && !self.reveal {
            let name = &environment.name;
            return Err(Trouble(format!(
                "this would show a private key: pipe it, `gen secret bootstrap {name} | kubectl apply --server-side -f -`, or say \
                 --reveal"
            )));
        }
        let head = format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {}\n  namespace: {}\ntype: Opaque\nstringData:\n  {holder}.agekey: |\n    \
             # public key: {public}\n    ",
            scalar(flux.decryption_secret()),
            scalar(flux.source.namespace.as_str()),
        );
        let mut stdout = std::io::stdout().lock();
        for piece in [head.as_bytes(), private.expose(), b"\n"] {
            stdout.write_all(piece)?;
        }
        stdout.flush()?;
        Ok(ExitCode::SUCCESS)
    }

    /// The holder whose key the cluster gets: never somebody's own key by accident.
    fn holder(&self, environment: &Environment, recipients: &BTreeMap<String, String>) -> Result<String, Trouble> {
        let names = || recipients.keys().cloned().collect::<Vec<_>>().join(", ");
        if recipients.is_empty() {
            let message = format!(
                "`{0}` has no recipients: `gen secret init {0} --holder flux --identity FILE`",
                environment.name
            );
            return Err(Trouble(message));
        }
        if let Some(holder) = &self.holder {
            let known = recipients.contains_key(holder);
            return if known {
                Ok(holder.clone())
            } else {
                Err(Trouble(format!("there is no holder `{holder}`, only {}", names())))
            };
        }
        let cluster = environment.spec.cluster.name.as_str();
        let candidates: Vec<&str> =
            CLUSTERS.iter().copied().chain([cluster]).filter(|name| recipients.contains_key(*name)).collect();
        match candidates.as_slice() {
            [one] => Ok((*one).to_owned()),
            [] => Err(Trouble(format!(
                "no holder of `{}` is called flux or `{cluster}`: say --holder, one of {}",
                environment.name,
                names()
            ))),
            several => {
                Err(Trouble(format!("which holder is the cluster? Say --holder, one of {}", several.join(", "))))
            }
        }
    }

    /// The private key of a recipient, from `--identity`, from where sops looks, or from the `*.agekey` files beside it.
    fn private(&self, public: &str, holder: &str) -> Result<Plain, Trouble> {
        let found = |identities: &[Identity]| {
            let own = identities.iter().find(|one| one.recipient().as_deref() == Some(public));
            own.and_then(Identity::private_line)
        };
        if let Some(file) = &self.identity {
            let private = found(&identity::read(file)?);
            return private
                .ok_or_else(|| Trouble(format!("{} does not hold the key of `{holder}`, {public}", file.display())));
        }
        if let Some(private) = found(Keyring::gather(&[public]).identities()) {
            return Ok(private);
        }
        let folder = keyring::default_file().and_then(|file| file.parent().map(Path::to_path_buf));
        let beside = folder.iter().filter_map(|folder| folder.read_dir().ok()).flatten().flatten();
        let files = beside.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|is| is == "agekey"));
        let private = files.filter_map(|file| found(&identity::read(&file).ok()?)).next();
        private.ok_or_else(|| {
            let folder = folder.map_or_else(String::new, |folder| format!(" nor in {}/*.agekey", folder.display()));
            Trouble(format!(
                "the private key of `{holder}`, {public}, is neither where sops looks{folder}: name its file with --identity"
            ))
        })
    }
}
