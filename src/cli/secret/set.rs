//! `gen secret set`.

use std::process::ExitCode;

use clap::Args;

use super::Trouble;

#[derive(Debug, Args)]
pub(super) struct Set {}

impl Set {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        todo!()
    }
}
