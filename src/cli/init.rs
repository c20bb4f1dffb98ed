//! `gen init`.

use std::process::ExitCode;

use clap::Args;

use super::Trouble;

#[derive(Debug, Args)]
pub(super) struct Init {}

impl Init {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        todo!()
    }
}
