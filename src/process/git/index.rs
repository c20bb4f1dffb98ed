//! What is staged: the index, as the next commit will have it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{Entry, Git, GitError, UNKNOWN};

/// The object names of a file without bytes, by SHA-1 and by SHA-256.
const EMPTY: [&str; 2] =
    ["e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"];

/// The files that are staged, by their paths below the folder that was asked for.
#[derive(Debug, Default)]
pub struct Index {
    /// Plain files.
    pub files: Vec<Entry>,
    /// Symbolic links; what stands in them is where they lead.
    pub links: Vec<Entry>,
    /// Submodules.
    pub others: Vec<String>,
    /// Files of a merge that nobody has resolved: no version of them is staged.
    pub unmerged: Vec<String>,
}

/// The index of the repository that a folder lies in.
pub struct Stage {
    git: Git,
    /// The folder, from the top of the repository, with a slash at its end; empty for the top.
    below: String,
}

impl Stage {
    /// The index around `folder`. In a hook `GIT_DIR` and `GIT_INDEX_FILE` are set, often relative to the top of the work tree, so
    /// git is asked there.
    ///
    /// # Errors
    /// When the folder lies in no repository, or its path is not UTF-8.
    pub fn open(folder: &Path) -> Result<Stage, GitError> {
        let folder = folder.canonicalize()?;
        let top = folder.ancestors().find(|above| above.join(".git").exists()).map(PathBuf::from);
        let top = match top {
            Some(top) => top,
            // Somebody keeps the repository elsewhere, and git knows where.
            None => {
                let said = Git::open(&folder)?.ask(&["rev-parse", "--show-toplevel"])?;
                PathBuf::from(said.trim_end_matches('\n'))
            }
        };
        let below = folder.strip_prefix(&top).unwrap_or(Path::new(""));
        let below = below.to_str().ok_or_else(|| GitError::Name(below.display().to_string()))?;
        let slash = if below.is_empty() { "" } else { "/" };
        Ok(Stage { git: Git { folder: top }, below: format!("{below}{slash}") })
    }

    /// What is staged at `paths`, files or folders below the folder.
    ///
    /// # Errors
    /// When git fails, or a name is not UTF-8.
    pub fn index(&self, paths: &[&str]) -> Result<Index, GitError> {
        let paths: Vec<String> = paths.iter().map(|path| format!("{}{path}", self.below)).collect();
        let arguments = ["--literal-pathspecs", "ls-files", "--stage", "-z", "--"].into_iter();
        let listing = self.git.output(&arguments.chain(paths.iter().map(String::as_str)).collect::<Vec<_>>())?;
        let mut index = Index::default();
        for record in listing.split(|&byte| byte == 0).filter(|record| !record.is_empty()) {
            let Some(tab) = record.iter().position(|&byte| byte == b'\t') else { continue };
            let facts = String::from_utf8_lossy(&record[..tab]);
            let path = self.named(&record[tab + 1..])?;
            let facts: Vec<&str> = facts.split_ascii_whitespace().collect();
            let [mode, id, stage] = facts[..] else { continue };
            let entry = || Entry { path: path.clone(), size: UNKNOWN, id: id.to_owned() };
            match (stage, mode) {
                ("0", "120000") => index.links.push(entry()),
                ("0", mode) if mode.starts_with("100") => index.files.push(entry()),
                ("0", _) => index.others.push(path),
                _ if index.unmerged.last() != Some(&path) => index.unmerged.push(path),
                _ => {}
            }
        }
        if index.files.iter().any(|entry| EMPTY.contains(&entry.id.as_str())) {
            let intended = self.intended()?;
            index.files.retain(|entry| !intended.contains(&entry.path));
        }
        Ok(index)
    }

    /// The files that the next commit changes, adds or removes.
    ///
    /// # Errors
    /// When git fails, or a name is not UTF-8.
    pub fn changed(&self) -> Result<Vec<String>, GitError> {
        self.differing(&["--cached"])
    }

    /// Files that are only meant to be added (`git add --intent-to-add`): a commit leaves them out.
    fn intended(&self) -> Result<BTreeSet<String>, GitError> {
        Ok(self.differing(&["--diff-filter=A"])?.into_iter().collect())
    }

    fn differing(&self, which: &[&str]) -> Result<Vec<String>, GitError> {
        let relative = format!("--relative={}", self.below);
        let mut arguments =
            vec!["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=all"];
        if !self.below.is_empty() {
            arguments.push(&relative);
        }
        arguments.extend(which);
        let listing = self.git.output(&arguments)?;
        let paths = listing.split(|&byte| byte == 0).filter(|path| !path.is_empty());
        paths.map(|path| std::str::from_utf8(path).map(str::to_owned).map_err(|_| lost(path))).collect()
    }

    /// What stands in `entries`, in their order; `None` for a file of more than 4 MiB.
    ///
    /// # Errors
    /// When git fails or has not got one of them.
    pub fn contents(&self, entries: &[Entry]) -> Result<Vec<Option<Vec<u8>>>, GitError> {
        if entries.is_empty() { Ok(Vec::new()) } else { self.git.bounded(entries) }
    }

    /// A path from the top as one below the folder.
    fn named(&self, path: &[u8]) -> Result<String, GitError> {
        let path = std::str::from_utf8(path).map_err(|_| lost(path))?;
        Ok(path.strip_prefix(&self.below).unwrap_or(path).to_owned())
    }
}

fn lost(path: &[u8]) -> GitError {
    GitError::Name(String::from_utf8_lossy(path).into_owned())
}
