//! What still has to be done when a signal ends the process.

use std::{
    io,
    process::Child,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM},
    iterator::Signals,
};

/// How long a child may take to end when it is told to, before it is killed.
const GRACE: Duration = Duration::from_millis(500);

/// As long as it lives, and after, SIGINT, SIGTERM, SIGHUP and SIGQUIT first end the child that runs, then do what it was made with, and
/// then end the process with the exit code that shells give such an end.
pub struct Guard {
    child: Arc<Mutex<Option<Pid>>>,
}

impl Guard {
    /// Does `last` when a signal comes.
    ///
    /// # Errors
    /// When the system refuses handlers.
    pub fn doing(last: impl Fn() + Send + 'static) -> io::Result<Guard> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT])?;
        let child = Arc::new(Mutex::new(None));
        let of_thread = Arc::clone(&child);
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                // Held to the end: no further child starts.
                let running = locked(&of_thread);
                if let Some(pid) = *running {
                    end(pid);
                }
                last();
                std::process::exit(128 + signal);
            }
        })?;
        Ok(Guard { child })
    }

    /// Starts a child and waits for its end. `start` is not called once a signal came.
    pub(super) fn wait(&self, start: impl FnOnce() -> io::Result<Child>) -> io::Result<std::process::ExitStatus> {
        let mut running = locked(&self.child);
        let mut child = start()?;
        let pid = Pid::from_child(&child);
        *running = Some(pid);
        drop(running);
        // The child stays a zombie until it is known to run no more, so that its number is nobody else's.
        while waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
            .is_err_and(|errno| errno == rustix::io::Errno::INTR)
        {}
        *locked(&self.child) = None;
        child.wait()
    }
}

fn locked(child: &Mutex<Option<Pid>>) -> MutexGuard<'_, Option<Pid>> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends a child, kindly first, and takes note of its end.
fn end(pid: Pid) {
    let reap = |more| waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | more);
    if kill_process(pid, Signal::TERM).is_err() {
        return;
    }
    for _ in 0..25 {
        if !matches!(reap(WaitIdOptions::NOHANG), Ok(None)) {
            return;
        }
        thread::sleep(GRACE / 25);
    }
    let _ = kill_process(pid, Signal::KILL);
    let _ = reap(WaitIdOptions::empty());
}
