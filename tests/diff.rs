//! `gen diff`: that it tells every change and nothing else, shows no secret, and finds what was committed.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "diff/apply.rs"]
mod apply;
#[path = "diff/command.rs"]
mod command;
#[path = "diff/laws.rs"]
mod laws;
#[path = "diff/lists.rs"]
mod lists;
#[path = "bad_input/repository.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared between tests")]
mod repository;
#[path = "diff/revision.rs"]
mod revision;
#[path = "diff/secrets.rs"]
mod secrets;
