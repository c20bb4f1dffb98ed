//! The files `.sops.yaml` that sops could find.

use std::{collections::BTreeSet, path::Path};

use crate::{
    audit::config::{ConfigFile, Stands},
    scaffold::SOPS_CONFIG,
    tree::{Limits, read_file},
};

/// Every `.sops.yaml` between the files `paths` and the root, and the nearest one above where the root has none.
pub(super) fn files<'a>(root: &Path, paths: impl Iterator<Item = &'a str>) -> Vec<ConfigFile> {
    let mut folders = BTreeSet::new();
    for path in paths {
        folders.extend(path.match_indices('/').map(|(at, _)| &path[..=at]));
    }
    let mut found: Vec<ConfigFile> = above(root).into_iter().collect();
    for folder in folders {
        let file = format!("{folder}{SOPS_CONFIG}");
        if let Ok(bytes) = read_file(root, &file, &Limits::default()) {
            found.push(ConfigFile { file, stands: Stands::Below(folder.to_owned()), bytes });
        }
    }
    found
}

/// The file at the root, or the nearest one above: sops goes up a hundred folders.
fn above(root: &Path) -> Option<ConfigFile> {
    let root = root.canonicalize().ok()?;
    root.ancestors().take(100).enumerate().find_map(|(up, folder)| {
        let bytes = read_file(folder, SOPS_CONFIG, &Limits::default()).ok()?;
        let below = root.strip_prefix(folder).ok()?.to_str()?;
        let prefix = if below.is_empty() { String::new() } else { format!("{below}/") };
        Some(ConfigFile { file: format!("{}{SOPS_CONFIG}", "../".repeat(up)), stands: Stands::Above(prefix), bytes })
    })
}
