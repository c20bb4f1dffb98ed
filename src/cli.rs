//! The command line: one file per subcommand, each of which strings the stages together.

mod before;
mod build;
mod check;
mod diff;
mod explain;
mod ground;
mod init;
mod lint;
mod mend;
mod pipeline;
mod policy;
mod report;
mod reporting;
mod rules;
mod schema;
mod secret;
mod sops_files;
mod touched;
mod values;

use std::{path::PathBuf, process::ExitCode};

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};

use reporting::{FindingFormat, Reporting};

/// Compiles environments into a GitOps tree, and checks it.
#[derive(Debug, Parser)]
#[command(name = "gen", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    /// Change to this directory first.
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    directory: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a working repository from nothing, or the missing pieces of one.
    Init(init::Init),
    /// Compile environments, check them and write their trees.
    Build(build::Build),
    /// Tell whether the trees are exactly what their inputs produce; reads only.
    Check(check::Check),
    /// Apply the rules to any tree of manifests, hand-written ones too; reads only.
    Lint(lint::Lint),
    /// Tell what a build would change, by meaning; reads only.
    Diff(diff::Diff),
    /// Tell where a value of an environment, or a line of a generated file, comes from; reads only.
    Explain(explain::Explain),
    /// Make, change and check sealed secrets.
    Secret(secret::Secret),
    /// Put the rules to the test on your own trees; reads only.
    Policy(policy::Policy),
    /// List the rules that trees are held against.
    Rules(rules::Rules),
    /// Show what a chart's values are: type, default, allowed values, meaning.
    Values(values::Values),
    /// Write the JSON Schemas of environment files and gen.yaml to schemas/, for editors.
    Schema(schema::Schema),
}

/// How an answer is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// The command line as clap describes it: what docs/commands.md is made from.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command line. Exit codes: 0 clean, 1 a finding at or above `--fail-on`, 2 usage, an environment that does not
/// exist, an I/O error.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    if let Some(directory) = &cli.directory
        && let Err(error) = std::env::set_current_dir(directory)
    {
        return report::trouble(&format!("cannot change to {}: {error}", directory.display()));
    }
    let result = match cli.command {
        Command::Init(command) => command.run(),
        Command::Secret(command) => command.run(),
        Command::Build(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Lint(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Diff(command) => command.run(),
        Command::Policy(command) => command.run(),
        Command::Rules(command) => command.run(),
        Command::Schema(command) => command.run(),
        Command::Values(command) => command.run(),
    };
    result.unwrap_or_else(|trouble| match trouble.0.as_str() {
        "" => ExitCode::from(1),
        message => report::trouble(message),
    })
}

/// Why a command could not do its work: the message for people. It is empty where findings said it already; the exit code is 1
/// then.
#[derive(Debug)]
struct Trouble(String);

impl Trouble {
    /// Findings said it already.
    fn said() -> Trouble {
        Trouble(String::new())
    }
}

impl<E: std::error::Error> From<E> for Trouble {
    fn from(error: E) -> Self {
        Trouble(error.to_string())
    }
}
