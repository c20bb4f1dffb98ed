//! Where a repository begins, and what is there: Git, Flux.

use std::path::{Path, PathBuf};

use crate::{
    cli::{
        Trouble,
        secret::identity::{absolute, git_around},
    },
    environment::PROJECT_FILE,
    scaffold::Sync,
    tree::{FileTree, Limits, read_file},
};

/// How deep below the top folders of clusters are looked for.
const DEPTH: usize = 6;

/// Where a repository of gen begins.
pub(super) struct Place {
    /// Its root; may not exist yet.
    pub(super) root: PathBuf,
    /// The root of the Git repository around it, or the same.
    pub(super) top: PathBuf,
    /// Whether there is a Git repository.
    pub(super) has_git: bool,
    /// The clusters that Flux was bootstrapped for, by their folders below `top`.
    pub(super) clusters: Vec<Cluster>,
}

/// A cluster that Flux was bootstrapped for.
pub(super) struct Cluster {
    /// The name of its folder.
    pub(super) name: String,
    /// Its folder, below the top of the Git repository.
    pub(super) folder: String,
    pub(super) sync: Sync,
}

impl Place {
    pub(super) fn find(directory: &Path) -> Result<Place, Trouble> {
        let root = absolute(directory)?;
        if root.exists() && !root.is_dir() {
            return Err(Trouble(format!("{} is a file", root.display())));
        }
        if let Some(around) = root.ancestors().skip(1).find(|folder| folder.join(PROJECT_FILE).is_file()) {
            let message = "a repository cannot lie in another: run `gen init` there";
            return Err(Trouble(format!("{} lies in the repository {}; {message}", root.display(), around.display())));
        }
        let git = git_around(&root);
        let top = git.clone().unwrap_or_else(|| root.clone());
        let clusters = clusters(&top)?;
        Ok(Place { has_git: git.is_some(), top, root, clusters })
    }

    /// The root below the top; `None` where they are the same.
    pub(super) fn below(&self) -> Option<&str> {
        self.root.strip_prefix(&self.top).ok()?.to_str().filter(|below| !below.is_empty())
    }

    /// A path below the root as one below the top.
    pub(super) fn under_top(&self, path: &str) -> String {
        self.below().map_or_else(|| path.to_owned(), |below| format!("{below}/{path}"))
    }
}

/// What `flux bootstrap` left behind: every `FOLDER/flux-system/gotk-sync.yaml`.
fn clusters(top: &Path) -> Result<Vec<Cluster>, Trouble> {
    const SYNC: &str = "/flux-system/gotk-sync.yaml";
    if !top.is_dir() {
        return Ok(Vec::new());
    }
    let limits = Limits { depth: DEPTH, ..Limits::default() };
    let wanted = |path: &str| path.ends_with(SYNC);
    let (found, _) = FileTree::gather(top, "", &wanted, &limits)?;
    let mut clusters = Vec::new();
    for (file, bytes) in found.iter() {
        let folder = file.strip_suffix(SYNC).unwrap_or_default().to_owned();
        let components = read_file(top, &format!("{folder}/flux-system/gotk-components.yaml"), &Limits::default()).ok();
        let sync = Sync::read(file, bytes, components.as_deref())
            .map_err(|reason| Trouble(format!("{file} does not say how Flux reads this repository: {reason}")))?;
        let name = folder.rsplit('/').next().unwrap_or_default().to_owned();
        clusters.push(Cluster { name, folder, sync });
    }
    Ok(clusters)
}
