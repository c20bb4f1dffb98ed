//! Findings, changes and answers for people and for programs.

pub mod diff;
pub mod explain;
pub mod json;
pub mod rules;
pub mod text;
