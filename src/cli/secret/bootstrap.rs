//! `gen secret bootstrap`.

use std::process::ExitCode;

use clap::Args;

use super::Trouble;

#[derive(Debug, Args)]
pub(super) struct Bootstrap {}

impl Bootstrap {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        todo!()
    }
}
