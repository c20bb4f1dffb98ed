//! Which environments a commit touches.

use std::collections::BTreeSet;

use super::{
    ground::{Ground, SCHEMAS},
    pipeline::{TREES, Workspace},
    schema,
};
use crate::{
    environment::{FOLDER, PROJECT_FILE},
    plan::{listed_files, vendored_files},
};

/// The environments whose inputs or tree the staged change touches.
pub(super) fn environments(workspace: &Workspace) -> Vec<String> {
    let Ground::Index(staged) = &workspace.ground else { return Vec::new() };
    let known = workspace.repository.environments();
    let changed: BTreeSet<&str> = staged.changed.iter().map(String::as_str).collect();
    let schemas = format!("{SCHEMAS}/");
    let is_for_all = |path: &&str| {
        *path == PROJECT_FILE || (path.starts_with(&schemas) && ![schema::FILE, schema::PROJECT].contains(path))
    };
    if changed.iter().any(is_for_all) {
        return known.into_iter().map(str::to_owned).collect();
    }
    let is_touched = |name: &&str| {
        let layers = workspace.repository.reach(name);
        let folders = [format!("{FOLDER}/{name}/"), format!("{TREES}/{name}/")];
        let is_own = |path: &&str| {
            folders.iter().any(|folder| path.starts_with(folder.as_str()))
                || layers.iter().any(|layer| is_layer(path, layer))
        };
        changed.iter().any(is_own) || reads_other(workspace, name, &changed)
    };
    known.into_iter().filter(is_touched).map(str::to_owned).collect()
}

fn is_layer(path: &str, layer: &str) -> bool {
    path.strip_prefix(FOLDER).and_then(|path| path.strip_prefix('/')?.strip_suffix(".yaml")) == Some(layer)
}

/// Whether an environment reads a changed file that belongs to none: a manifest that it lists, or the chart that stands in the
/// repository.
fn reads_other(workspace: &Workspace, name: &str, changed: &BTreeSet<&str>) -> bool {
    let trees = format!("{TREES}/");
    let is_layer = |path: &str| path.starts_with(FOLDER) && path.matches('/').count() == 1;
    let is_other = |path: &&str| !(path.starts_with(&trees) || is_layer(path));
    if !changed.iter().any(is_other) {
        return false;
    }
    let Ok(environment) = workspace.repository.resolve(name) else { return false };
    listed_files(&environment).chain(vendored_files(&environment)).any(|path| changed.contains(path.as_str()))
}
