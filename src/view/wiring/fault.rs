//! What is wrong with how a tree is put together.

use crate::{diagnostic::Fix, view::At};

/// Something that a delivery engine will not do as it is meant.
pub struct Fault<'a> {
    /// The rule that it belongs to.
    pub rule: &'static str,
    /// Where the cure belongs.
    pub at: At<'a>,
    /// What will happen.
    pub message: String,
    /// What to write instead.
    pub help: String,
    /// How sure that is.
    pub weight: Weight,
    /// A harmless change that solves it.
    pub fix: Option<Fix>,
}

/// How much a fault weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// As much as its rule.
    Rule,
    /// As much as its rule where the tree is all there is, else a note.
    IfComplete,
    /// An error whatever its rule says: data is in danger.
    Error,
    /// A warning whatever its rule says.
    Warning,
    /// A note.
    Note,
    /// Nothing, unless somebody asks for opinions.
    Opinion,
}

impl<'a> Fault<'a> {
    /// A fault that weighs as much as its rule.
    pub(super) fn new(
        rule: &'static str,
        at: At<'a>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Fault<'a> {
        Fault { rule, at, message: message.into(), help: help.into(), weight: Weight::Rule, fix: None }
    }

    /// The same fault with another weight.
    pub(super) fn weighing(self, weight: Weight) -> Fault<'a> {
        Fault { weight, ..self }
    }
}
