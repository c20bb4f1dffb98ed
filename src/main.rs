//! The `gen` command.

fn main() -> std::process::ExitCode {
    gitops_gen::cli::run()
}
