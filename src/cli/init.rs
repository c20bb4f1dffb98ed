//! `gen init`.

mod files;
mod next;
mod place;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::Args;

use super::{
    Reporting, Trouble,
    ground::Ground,
    pipeline::Workspace,
    report,
    schema::FILE as SCHEMA,
    secret::{
        config::{self, Rules},
        generate,
        identity::{self, KeyFile},
    },
};
use crate::{
    diagnostic::{Finding, Severity, worst},
    environment::{FOLDER, PROJECT_FILE, Repository, json_schema_text},
    keyring,
    scaffold::{
        Delivery, NewEnvironment, SOPS_CONFIG, Sync, base, environment, git_attributes, git_ignore, pointer, project,
        sops_config,
    },
    scalar::DnsLabel,
    tree::{FileTree, Limits, read_file},
};
use files::Files;
use place::Place;

/// The layer that every environment extends.
const BASE: &str = "base";
/// The holder of a cluster's key.
const FLUX: &str = "flux";

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder of the repository; made where there is none.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// An environment to make, `staging` where none is named; may be given several times.
    #[arg(long = "environment", value_name = "NAME")]
    environments: Vec<String>,
    /// The cluster that they run on: the name of its folder of Flux's; that of the environment where it is left out.
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// What namespaces and databases are called after; the folder's name where it is left out.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Whose key opens the secrets beside the cluster's; your login name where it is left out.
    #[arg(long, value_name = "NAME")]
    holder: Option<String>,
}

/// An environment and the cluster that brings it to life.
struct Home {
    environment: String,
    /// Whether its file is made now.
    is_new: bool,
    /// The cluster's name.
    cluster: String,
    /// The folder that Flux reads, below the top.
    folder: String,
    /// Whether Flux was bootstrapped there.
    has_flux: bool,
    sync: Sync,
}

/// What a run found out and is about to do.
struct Work {
    place: Place,
    /// Whether there was a gen.yaml before: what differs then is meant to.
    is_repository: bool,
    homes: Vec<Home>,
    files: Files,
    /// The person's key, and those of clusters by name; none where no environment is new.
    own_key: Option<KeyFile>,
    cluster_keys: BTreeMap<String, KeyFile>,
}

impl Init {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let place = Place::find(&self.folder)?;
        let before = inputs(&place.root)?;
        let homes = self.homes(&place, &before)?;
        let is_repository = before.get(PROJECT_FILE).is_some();
        let files = Files::default();
        let mut work = Work { place, is_repository, homes, files, own_key: None, cluster_keys: BTreeMap::new() };
        self.keys(&mut work)?;
        self.inputs(&mut work)?;
        let workspace = work.workspace(&before)?;
        let (workspace, mut findings) = work.seal(workspace, &before)?;
        if worst(&findings) != Some(Severity::Error) {
            work.surroundings(&workspace)?;
            let names: Vec<String> = work.homes.iter().map(|home| home.environment.clone()).collect();
            findings.extend(workspace.compile(&names, |_| ()).1);
        }
        let is_sound = worst(&findings) != Some(Severity::Error);
        if is_sound {
            let keys: Vec<&KeyFile> = work.own_key.iter().chain(work.cluster_keys.values()).collect();
            work.files.write(&work.place.top, &keys)?;
        }
        let say = |findings| workspace.report(findings, &Reporting::default());
        let code = say(findings)?;
        if !is_sound {
            report::print("nothing was written\n");
            return Ok(code);
        }
        let environments = workspace.repository.environments().into_iter();
        let environments: Vec<_> = environments.filter_map(|name| workspace.repository.resolve(name).ok()).collect();
        let rules = Rules::of(&workspace.root, &workspace.repository, &environments);
        rules.write(&workspace.root)?;
        report::print(&next::text(&work, &self.folder, rules.said()));
        // Somebody's own .sops.yaml stays; what does not fit in it is theirs to change.
        say(config::check(&workspace, &environments.iter().collect::<Vec<_>>()))?;
        Ok(code)
    }

    /// Which environments there shall be, and where each runs.
    fn homes(&self, place: &Place, before: &FileTree) -> Result<Vec<Home>, Trouble> {
        let there = Repository::load(before.clone());
        let is_repository = before.get(PROJECT_FILE).is_some();
        let mut names = self.environments.clone();
        if names.is_empty() && is_repository {
            names = there.environments().into_iter().map(str::to_owned).collect();
        }
        if names.is_empty() {
            names.push("staging".to_owned());
        }
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names.iter().map(|name| self.home(name, place, before)).collect()
    }

    fn home(&self, name: &str, place: &Place, before: &FileTree) -> Result<Home, Trouble> {
        DnsLabel::parse(name).map_err(|reason| Trouble(format!("--environment {name}: {reason}")))?;
        if name == BASE {
            return Err(Trouble(format!("--environment {name}: that is the layer that every environment extends")));
        }
        let wanted = self.cluster.as_deref().unwrap_or(name);
        DnsLabel::parse(wanted).map_err(|reason| Trouble(format!("--cluster {wanted}: {reason}")))?;
        let known = &place.clusters;
        let found = match known.iter().find(|cluster| cluster.name == wanted) {
            Some(cluster) => Some(cluster),
            None if self.cluster.is_some() || known.is_empty() => None,
            None if known.len() == 1 => known.first(),
            None => {
                let names: Vec<&str> = known.iter().map(|cluster| cluster.name.as_str()).collect();
                let message =
                    format!("Flux runs on several clusters here, {}: say --cluster for `{name}`", names.join(", "));
                return Err(Trouble(message));
            }
        };
        Ok(Home {
            environment: name.to_owned(),
            is_new: before.get(&format!("{FOLDER}/{name}.yaml")).is_none(),
            cluster: found.map_or(wanted, |cluster| cluster.name.as_str()).to_owned(),
            folder: found
                .map_or_else(|| place.under_top(&format!("clusters/{wanted}")), |cluster| cluster.folder.clone()),
            has_flux: found.is_some(),
            sync: found.map_or_else(Sync::default, |cluster| cluster.sync.clone()),
        })
    }

    /// The keys that new environments are sealed for: the person's, and one for each cluster.
    fn keys(&self, work: &mut Work) -> Result<(), Trouble> {
        let Some(first) = work.homes.iter().find(|home| home.is_new) else { return Ok(()) };
        let said = |sync: &Sync| {
            (sync.kind.clone(), sync.name.clone(), sync.namespace.clone(), sync.decryption_secret.clone())
        };
        if let Some(other) = work.homes.iter().find(|home| home.is_new && said(&home.sync) != said(&first.sync)) {
            return Err(Trouble(format!(
                "Flux reads this repository in different ways on `{}` and `{}`: run `gen init` for one --environment at a time, and \
                 write the other's `delivery.flux.source` into its own file",
                first.cluster, other.cluster
            )));
        }
        let file =
            keyring::default_file().ok_or_else(|| Trouble("there is no home directory to keep keys in".to_owned()))?;
        let folder = file.parent().unwrap_or(Path::new("/")).to_path_buf();
        let product = self.product(&work.place)?;
        for home in work.homes.iter().filter(|home| home.is_new) {
            if !work.cluster_keys.contains_key(&home.cluster) {
                let path = folder.join(format!("{product}-{}.agekey", home.cluster));
                work.cluster_keys.insert(home.cluster.clone(), KeyFile::at(&path, &work.place.top)?);
            }
        }
        work.own_key = Some(KeyFile::at(&file, &work.place.top)?);
        Ok(())
    }

    fn product(&self, place: &Place) -> Result<String, Trouble> {
        if let Some(name) = &self.name {
            DnsLabel::parse(name).map_err(|reason| Trouble(format!("--name {name}: {reason}")))?;
            return Ok(name.clone());
        }
        let folder = place.root.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        Ok(identity::label(folder).unwrap_or_else(|| "app".to_owned()))
    }

    /// gen.yaml and the layers.
    fn inputs(&self, work: &mut Work) -> Result<(), Trouble> {
        let product = self.product(&work.place)?;
        let mut offer = |path: &str, text: String| work.files.offer(&work.place.top, work.place.under_top(path), text);
        offer(PROJECT_FILE, project())?;
        let (Some(own), Some(first)) = (&work.own_key, work.homes.iter().find(|home| home.is_new)) else {
            return Ok(());
        };
        offer(&format!("{FOLDER}/{BASE}.yaml"), base(&Delivery { sync: &first.sync, path: work.place.below() }))?;
        let holder = identity::holder(self.holder.as_deref(), &format!("gen init {}", self.folder.display()))?;
        if holder == FLUX {
            return Err(Trouble(format!("--holder {FLUX}: that is the cluster's; name yourself")));
        }
        for home in work.homes.iter().filter(|home| home.is_new) {
            let flux = &work.cluster_keys[&home.cluster].recipients[0];
            let recipients =
                BTreeMap::from([(holder.clone(), own.recipients[0].clone()), (FLUX.to_owned(), flux.clone())]);
            let (name, cluster) = (home.environment.as_str(), home.cluster.as_str());
            let new = NewEnvironment { name, product: &product, cluster, recipients: &recipients };
            offer(&format!("{FOLDER}/{name}.yaml"), environment(&new))?;
        }
        Ok(())
    }
}

impl Work {
    /// The repository as it will be.
    fn workspace(&self, before: &FileTree) -> Result<Workspace, Trouble> {
        let mut inputs = before.clone();
        for (path, bytes) in self.files.new.iter() {
            let path = match self.place.below() {
                Some(below) => path.strip_prefix(below).and_then(|path| path.strip_prefix('/')).unwrap_or_default(),
                None => path,
            };
            if path == PROJECT_FILE || path.starts_with(&format!("{FOLDER}/")) {
                inputs.insert(path, bytes)?;
            }
        }
        let repository = Repository::load(inputs);
        let findings = repository.project_findings().to_vec();
        let root = self.place.root.clone();
        Ok(Workspace {
            ground: Ground::Disk(root.clone()),
            root,
            repository,
            findings,
            is_readable: true,
            schemas: Arc::default(),
        })
    }

    /// The sealed files of new environments; gives the repository with them, and what is wrong with its inputs.
    fn seal(&mut self, workspace: Workspace, before: &FileTree) -> Result<(Workspace, Vec<Finding>), Trouble> {
        let mut findings = workspace.findings.clone();
        for home in self.homes.iter().filter(|home| home.is_new) {
            match workspace.repository.resolve(&home.environment) {
                Ok(environment) => {
                    for (path, text) in generate::new_files(&workspace, &environment)? {
                        self.files.offer(&self.place.top, self.place.under_top(&path), text)?;
                    }
                }
                Err(said) => findings.extend(said),
            }
        }
        Ok((self.workspace(before)?, findings))
    }

    /// What stands around the inputs: for editors, sops, Git and Flux.
    fn surroundings(&mut self, workspace: &Workspace) -> Result<(), Trouble> {
        let resolved =
            workspace.repository.environments().into_iter().filter_map(|name| workspace.repository.resolve(name).ok());
        let recipients =
            resolved.map(|environment| (environment.name.clone(), config::recipients(&environment))).collect();
        let texts = [
            (SCHEMA, Some(json_schema_text())),
            (SOPS_CONFIG, sops_config(&recipients)),
            (".gitignore", Some(git_ignore().to_owned())),
            (".gitattributes", Some(git_attributes().to_owned())),
        ];
        for (path, text) in texts {
            if let Some(text) = text {
                self.files.offer(&self.place.top, self.place.under_top(path), text)?;
            }
        }
        for home in &self.homes {
            let text = pointer(&home.environment, &home.sync, self.place.below());
            self.files.offer(&self.place.top, format!("{}/{}.yaml", home.folder, home.environment), text)?;
        }
        Ok(())
    }
}

/// What there is of a repository's inputs.
fn inputs(root: &Path) -> Result<FileTree, Trouble> {
    let mut inputs = match root.join(FOLDER).symlink_metadata() {
        Ok(_) => FileTree::read(root, FOLDER, &Limits::default())?,
        Err(_) => FileTree::new(),
    };
    if root.join(PROJECT_FILE).symlink_metadata().is_ok() {
        inputs.insert(PROJECT_FILE, read_file(root, PROJECT_FILE, &Limits::default())?)?;
    }
    Ok(inputs)
}
