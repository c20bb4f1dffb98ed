//! `gen schema`.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::Args;

use super::{Trouble, pipeline::find_root, report};
use crate::environment;

/// Where editors find the schema, relative to the repository's root.
pub(super) const FILE: &str = "schemas/environment.schema.json";

/// The same for gen.yaml.
pub(super) const PROJECT: &str = "schemas/gen.schema.json";

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Print the schema of environment files instead of writing both.
    #[arg(long)]
    print: bool,
}

impl Schema {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let text = environment::json_schema_text();
        if self.print {
            report::print(&text);
            return Ok(ExitCode::SUCCESS);
        }
        write(FILE, &text)?;
        write(PROJECT, &environment::project_json_schema_text())?;
        Ok(ExitCode::SUCCESS)
    }
}

fn write(file: &str, text: &str) -> Result<(), Trouble> {
    // Where there is no repository yet, the working directory is where one would begin.
    let path = find_root().map_or_else(|_| PathBuf::from(file), |root| root.join(file));
    if fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        let written = folder.and_then(|()| fs::write(&path, text));
        written.map_err(|error| Trouble(format!("cannot write {file}: {error}")))?;
        report::print(&format!("{}: written\n", path.display()));
    }
    Ok(())
}
