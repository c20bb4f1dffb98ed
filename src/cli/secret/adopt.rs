//! `gen secret adopt`.

use std::process::ExitCode;

use clap::Args;

use super::Trouble;

#[derive(Debug, Args)]
pub(super) struct Adopt {}

impl Adopt {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        todo!()
    }
}
