//! Other programs as children: git, asked for what was committed, the commands that print private keys, and the editor. No shell,
//! no pager, no questions. Also what holds for this process itself: no core dump, and what happens when a signal ends it.

mod command;
mod discretion;
mod editor;
mod git;
mod signal;

pub use command::{Failure, output, words};
pub use discretion::keep_memory_private;
pub use editor::{Editor, NoEditor};
pub use git::{Change, Commit, Entry, Git, GitError, Index, Stage};
pub use signal::Guard;
