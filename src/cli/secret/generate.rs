//! `gen secret generate`.

use std::process::ExitCode;

use clap::Args;

use super::Trouble;

#[derive(Debug, Args)]
pub(super) struct Generate {}

impl Generate {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        todo!()
    }
}
