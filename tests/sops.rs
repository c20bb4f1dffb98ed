//! Sealed files against the real `sops`, in every version that there is.
//!
//! `just peers` builds them into `.peers` (or `GEN_PEERS`) as `sops`, `sops-3.9.4` and so on. The tests that need one are ignored,
//! a version that is missing is passed over loudly, and what works where is compared with the table of docs/sops.md.
#![allow(clippy::unwrap_used)]

#[path = "sops/corpus.rs"]
mod corpus;
#[path = "sops/driver.rs"]
mod driver;
#[path = "sops/interchange.rs"]
mod interchange;
#[path = "sops/matrix.rs"]
mod matrix;
#[path = "sops/others.rs"]
mod others;
#[path = "sops/reading.rs"]
mod reading;
#[path = "sops/tamper.rs"]
mod tamper;
#[path = "sops/texts.rs"]
mod texts;
