//! `gen schema`.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::Args;

use super::{Trouble, report};
use crate::environment;

/// Where editors find the schema, relative to the repository's root.
const FILE: &str = "schemas/environment.schema.json";

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Print the schema instead of writing it.
    #[arg(long)]
    print: bool,
}

impl Schema {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let text = format!("{:#}\n", environment::json_schema());
        if self.print {
            report::print(&text);
            return Ok(ExitCode::SUCCESS);
        }
        let path = PathBuf::from(FILE);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        if fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
            fs::write(&path, text).map_err(|error| Trouble(format!("cannot write {FILE}: {error}")))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
