//! `gen rules`.

use std::process::ExitCode;

use clap::Args;

use super::{Format, Trouble, report};
use crate::{output::rules, policy::RULES};

#[derive(Debug, Args)]
pub(super) struct Rules {
    /// How the rules are shown.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Rules {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        report::print(&match self.format {
            Format::Text => rules::list(RULES),
            Format::Json => rules::document(&RULES.iter().collect::<Vec<_>>()),
        });
        Ok(ExitCode::SUCCESS)
    }
}
