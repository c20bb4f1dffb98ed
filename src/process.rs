//! Other programs as children: git, asked for what was committed. No shell, no pager, no questions, nothing written, no network.

mod git;

pub use git::{Commit, Entry, Git, GitError};
