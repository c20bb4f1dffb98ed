//! Findings and changes for people and for programs.

pub mod diff;
pub mod json;
pub mod text;
