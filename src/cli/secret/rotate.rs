//! `gen secret rotate`.

use std::process::ExitCode;

use clap::Args;

use super::Trouble;

#[derive(Debug, Args)]
pub(super) struct Rotate {}

impl Rotate {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        todo!()
    }
}
