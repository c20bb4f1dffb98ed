//! `gen secret rekey`.

use std::process::ExitCode;

use clap::Args;

use super::Trouble;

#[derive(Debug, Args)]
pub(super) struct Rekey {}

impl Rekey {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        todo!()
    }
}
