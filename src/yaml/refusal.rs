//! Why a node is not taken.

/// Why a scalar or a tag is not taken: the parts of a finding that is still without a place.
pub(super) struct Refusal {
    pub(super) rule: &'static str,
    /// One line, without a full stop; names no number and no text that might be a secret.
    pub(super) message: String,
    /// One line.
    pub(super) help: String,
}

impl Refusal {
    pub(super) fn new(rule: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Refusal { rule, message: message.into(), help: help.into() }
    }
}
