//! What is wrong with sealed secrets: without a key, against another revision, and with a key.

pub mod certificate;
pub mod config;
pub mod copied;
mod facts;
pub mod history;
mod judged;
pub mod key;
pub mod strength;

pub use facts::Facts;
pub use judged::Judged;

/// The rule of files that something without their key has changed.
pub const TAMPERED: &str = "tampered-secret";
