//! Private keys in any file of a folder.

use std::path::Path;

use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};

use crate::{
    diagnostic::Finding,
    sops::private_key,
    tree::{FileTree, Limits},
};

/// Larger files are passed over: they are neither keys nor manifests.
const LIMITS: Limits = Limits { file_size: 4 << 20, files: 200_000, depth: 64 };

/// The private keys in the files below `folder`, or in the file that it is, hidden ones too; people know it as `shown`. What cannot be
/// read is passed over: whoever needs the file says so.
#[must_use]
pub fn below(folder: &Path, shown: &str) -> Vec<Finding> {
    beside(&FileTree::new(), folder, shown)
}

/// [`below`], without the files that are in `known` and are read no second time.
#[must_use]
pub fn beside(known: &FileTree, folder: &Path, shown: &str) -> Vec<Finding> {
    let is_new = |path: &str| known.get(path).is_none();
    FileTree::gather_hidden(folder, shown, &is_new, &LIMITS).map(|(tree, _)| of(&tree)).unwrap_or_default()
}

/// The private keys in the files of a tree.
#[must_use]
pub fn of(tree: &FileTree) -> Vec<Finding> {
    let files: Vec<(&str, &[u8])> = tree.iter().collect();
    files.par_iter().filter_map(|(path, bytes)| private_key(path, bytes)).collect()
}
