//! What holds plain text in its memory leaves no copy of it behind.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Turns core dumps off, for this process and its children (an editor's memory is full of what it shows), and keeps other processes of
/// the same user from reading this one's memory, where the system can. What the system refuses is let be: it guards against accidents, not
/// against whoever owns the machine.
pub fn keep_memory_private() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
