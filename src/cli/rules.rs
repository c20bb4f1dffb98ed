//! `gen rules`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{Trouble, report};
use crate::{output::rules, policy::RULES};

#[derive(Debug, Args)]
pub(super) struct Rules {
    /// How the rules are shown.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: a line for each.
    Text,
    /// One JSON document, with all that is known of each.
    Json,
    /// A page with all that is known of each.
    Markdown,
}

impl Rules {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        report::print(&match self.format {
            Format::Text => rules::list(RULES),
            Format::Markdown => rules::page(RULES),
            Format::Json => rules::document(&RULES.iter().collect::<Vec<_>>()),
        });
        Ok(ExitCode::SUCCESS)
    }
}
