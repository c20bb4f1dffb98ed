//! What is wrong with sealed secrets: without a key, against another revision, and with a key.

pub mod certificate;
pub mod config;
mod judged;
pub mod strength;

pub use judged::Judged;
