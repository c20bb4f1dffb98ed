//! The `gen` command.

/// A build makes and drops some thousand small strings per service; the system's allocator took a quarter of its time. All that is
/// given back is overwritten first, so that no secret stays behind in memory, whoever held it.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<mimalloc::MiMalloc> = zeroizing_alloc::ZeroAlloc(mimalloc::MiMalloc);

fn main() -> std::process::ExitCode {
    gitops_gen::cli::run()
}
