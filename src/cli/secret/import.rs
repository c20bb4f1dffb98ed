//! `gen secret import`.

use std::process::ExitCode;

use clap::Args;

use super::Trouble;

#[derive(Debug, Args)]
pub(super) struct Import {}

impl Import {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        todo!()
    }
}
