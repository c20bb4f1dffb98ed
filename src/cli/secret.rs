//! `gen secret`: one file per subcommand.

mod adopt;
mod bootstrap;
mod check;
pub(super) mod config;
mod edit;
mod file;
pub(super) mod generate;
pub(super) mod identity;
mod import;
mod init;
mod rekey;
mod rotate;
mod set;
mod show;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{Trouble, pipeline, report};
use crate::process::keep_memory_private;

#[derive(Debug, Args)]
pub(super) struct Secret {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a private key outside the repository and put its public key into an environment.
    Init(init::Init),
    /// Make and seal the credentials that the services demand and that are missing.
    Generate(generate::Generate),
    /// Set one value, read from stdin or a prompt.
    Set(set::Set),
    /// Open a sealed file in your editor.
    Edit(edit::Edit),
    /// Print a sealed file, its values masked unless asked for.
    Show(show::Show),
    /// Seal a dotenv file or a plain Secret manifest.
    Import(import::Import),
    /// Take a sealed file that was edited under gitops/ back to its source.
    Adopt(adopt::Adopt),
    /// Seal files for exactly the recipients that their environment declares.
    Rekey(rekey::Rekey),
    /// Make a new credential, and say what the running service needs.
    Rotate(rotate::Rotate),
    /// Say what is wrong with sealed files; needs no key; reads only.
    Check(check::Check),
    /// Print the Secret with the private key that the cluster needs.
    Bootstrap(bootstrap::Bootstrap),
}

impl Secret {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        keep_memory_private();
        match self.command {
            Command::Init(command) => command.run(),
            Command::Generate(command) => command.run(),
            Command::Set(command) => command.run(),
            Command::Edit(command) => command.run(),
            Command::Show(command) => command.run(),
            Command::Import(command) => command.run(),
            Command::Adopt(command) => command.run(),
            Command::Rekey(command) => command.run(),
            Command::Rotate(command) => command.run(),
            Command::Check(command) => command.run(),
            Command::Bootstrap(command) => command.run(),
        }
    }
}
