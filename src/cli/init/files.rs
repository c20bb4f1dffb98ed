//! New files, all or none.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    cli::{Trouble, secret::identity::KeyFile},
    tree::{Access, FileTree, write_file},
};

/// What a run is about to write.
#[derive(Default)]
pub(super) struct Files {
    /// New files, by their paths below the top.
    pub(super) new: FileTree,
    /// Files that are there already and say something else, with what gen would have written.
    pub(super) kept: Vec<(String, String)>,
}

impl Files {
    /// Adds a file, where there is none yet.
    pub(super) fn offer(&mut self, top: &Path, path: String, text: String) -> Result<(), Trouble> {
        let place = top.join(&path);
        if place.symlink_metadata().is_ok() {
            if fs::read(&place).ok().as_deref() != Some(text.as_bytes()) {
                self.kept.push((path, text));
            }
            return Ok(());
        }
        let blocked =
            place.ancestors().skip(1).find(|above| above.symlink_metadata().is_ok()).filter(|above| !above.is_dir());
        if let Some(file) = blocked {
            return Err(Trouble(format!("{path} cannot be made: {} is no folder", file.display())));
        }
        Ok(self.new.insert(path, text)?)
    }

    /// Writes everything. Where that fails, what was written is taken away again.
    pub(super) fn write(&self, top: &Path, keys: &[&KeyFile]) -> Result<(), Trouble> {
        let mut done = Done::default();
        let result = self.write_each(top, keys, &mut done);
        result.map_err(|Trouble(reason)| match done.undo() {
            left if left.is_empty() => Trouble(format!("{reason}; nothing was left behind")),
            left => Trouble(format!("{reason}; these are left behind: {}", left.join(", "))),
        })
    }

    fn write_each(&self, top: &Path, keys: &[&KeyFile], done: &mut Done) -> Result<(), Trouble> {
        for key in keys.iter().filter(|key| key.is_new()) {
            done.about_to_make(&key.path);
            key.write()?;
            done.files.push(key.path.clone());
        }
        done.about_to_make(&top.join("any"));
        fs::create_dir_all(top).map_err(|error| Trouble(format!("cannot make {}: {error}", top.display())))?;
        for (path, bytes) in self.new.iter() {
            let place = top.join(path);
            done.about_to_make(&place);
            write_file(top, path, bytes, None, Access::Shared)?;
            done.files.push(place);
        }
        Ok(())
    }
}

/// What a run has made so far.
#[derive(Default)]
struct Done {
    files: Vec<PathBuf>,
    /// Folders that were not there, outer ones first.
    folders: Vec<PathBuf>,
}

impl Done {
    fn about_to_make(&mut self, file: &Path) {
        let missing: Vec<PathBuf> =
            file.ancestors().skip(1).take_while(|folder| !folder.exists()).map(Path::to_path_buf).collect();
        self.folders.extend(missing.into_iter().rev());
    }

    /// Takes it all away; gives what could not be.
    fn undo(&self) -> Vec<String> {
        let files = self.files.iter().rev().filter(|file| fs::remove_file(file).is_err());
        let mut left: Vec<String> = files.map(|file| file.display().to_string()).collect();
        for folder in self.folders.iter().rev().filter(|folder| folder.exists()) {
            if fs::remove_dir(folder).is_err() {
                left.push(folder.display().to_string());
            }
        }
        left
    }
}
