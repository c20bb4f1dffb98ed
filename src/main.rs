//! The `gen` command.

/// A build makes and drops some thousand small strings per service; the system's allocator took a quarter of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    gitops_gen::cli::run()
}
