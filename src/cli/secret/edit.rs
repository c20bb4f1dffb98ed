//! `gen secret edit`.

use std::process::ExitCode;

use clap::Args;

use super::Trouble;

#[derive(Debug, Args)]
pub(super) struct Edit {}

impl Edit {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        todo!()
    }
}
