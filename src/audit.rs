//! What is wrong with sealed secrets: without a key, against another revision, and with a key.

pub mod certificate;
mod judged;
pub mod strength;

pub use judged::Judged;
