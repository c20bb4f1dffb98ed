//! Other programs as children: git, asked for what was committed, and the commands that print private keys. No shell, no
//! pager, no questions.

mod command;
mod git;

pub use command::{Failure, output, words};
pub use git::{Commit, Entry, Git, GitError};
