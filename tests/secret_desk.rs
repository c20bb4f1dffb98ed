//! The commands with which people work on sealed files: set, edit, show, import, adopt. Each in success and in each failure; no run may
//! show or leave a value that nobody asked for (see `Desk::run`).
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "bad_input/repository.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared between tests")]
mod repository;

#[path = "secret_desk/adopt.rs"]
mod adopt;
#[path = "secret_desk/desk.rs"]
mod desk;
#[path = "secret_desk/edit.rs"]
mod edit;
#[path = "secret_desk/import.rs"]
mod import;
#[path = "secret_desk/set.rs"]
mod set;
#[path = "secret_desk/show.rs"]
mod show;
#[path = "secret_desk/signal.rs"]
mod signal;
#[path = "secret_desk/sops.rs"]
mod sops;
