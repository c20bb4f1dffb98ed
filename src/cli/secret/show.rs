//! `gen secret show`.

use std::process::ExitCode;

use clap::Args;

use super::Trouble;

#[derive(Debug, Args)]
pub(super) struct Show {}

impl Show {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        todo!()
    }
}
