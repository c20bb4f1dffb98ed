//! `gen secret check`.

use std::process::ExitCode;

use clap::Args;

use super::Trouble;

#[derive(Debug, Args)]
pub(super) struct Check {}

impl Check {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        todo!()
    }
}
