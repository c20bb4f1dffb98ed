//! `gen secret generate`, `rotate` and `rekey`: what they write, what they say, and what they refuse.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "secret_mint/certificate.rs"]
mod certificate;
#[path = "secret_mint/generate.rs"]
mod generate;
#[path = "secret_mint/rekey.rs"]
mod rekey;
#[path = "bad_input/repository.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared between tests")]
mod repository;
#[path = "secret_mint/rotate.rs"]
mod rotate;
#[path = "secret_mint/shown.rs"]
mod shown;
#[path = "secret_mint/stage.rs"]
mod stage;
