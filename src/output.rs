//! Findings and answers for people and for programs.

pub mod explain;
pub mod json;
pub mod text;
