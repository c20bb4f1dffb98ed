//! Which leaves of a file are sealed.

mod expression;
mod set;

use regex_lite::Regex;

/// How much matching a selector may cost in a file, in states times bytes: some seconds.
const MOST_WORK: usize = 200_000_000;

/// What `sops` calls the selector. Without one a file has `unencrypted_suffix: _unencrypted`.
#[derive(Clone, Debug)]
pub struct Selector {
    kind: SelectorKind,
    pattern: String,
    /// The compiled expression and its weight; none where the pattern is a suffix.
    expression: Option<(Regex, u32)>,
}

impl PartialEq for Selector {
    fn eq(&self, other: &Selector) -> bool {
        (self.kind, &self.pattern) == (other.kind, &other.pattern)
    }
}

impl Eq for Selector {}

/// The six kinds of selector, named as in the `sops` block and in `.sops.yaml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectorKind {
    /// `unencrypted_suffix`.
    UnencryptedSuffix,
    /// `encrypted_suffix`.
    EncryptedSuffix,
    /// `unencrypted_regex`.
    UnencryptedRegex,
    /// `encrypted_regex`.
    EncryptedRegex,
    /// `unencrypted_comment_regex`.
    UnencryptedCommentRegex,
    /// `encrypted_comment_regex`.
    EncryptedCommentRegex,
}

impl SelectorKind {
    /// All of them.
    pub const ALL: [SelectorKind; 6] = [
        SelectorKind::UnencryptedSuffix,
        SelectorKind::EncryptedSuffix,
        SelectorKind::UnencryptedRegex,
        SelectorKind::EncryptedRegex,
        SelectorKind::UnencryptedCommentRegex,
        SelectorKind::EncryptedCommentRegex,
    ];

    /// Its key in the `sops` block and in `.sops.yaml`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            SelectorKind::UnencryptedSuffix => "unencrypted_suffix",
            SelectorKind::EncryptedSuffix => "encrypted_suffix",
            SelectorKind::UnencryptedRegex => "unencrypted_regex",
            SelectorKind::EncryptedRegex => "encrypted_regex",
            SelectorKind::UnencryptedCommentRegex => "unencrypted_comment_regex",
            SelectorKind::EncryptedCommentRegex => "encrypted_comment_regex",
        }
    }
}

impl Selector {
    /// Compiles a selector.
    ///
    /// # Errors
    /// Why the expression does not compile, in words: sops would ignore it and seal nothing.
    pub fn new(kind: SelectorKind, pattern: &str) -> Result<Selector, String> {
        let key = kind.key();
        if pattern.is_empty() {
            return Err(format!("`{key}` is empty, which says nothing to sops"));
        }
        let expression = match kind {
            SelectorKind::UnencryptedSuffix | SelectorKind::EncryptedSuffix => None,
            _ => Some(
                expression::compile(pattern)
                    .map_err(|why| format!("`{key}` is no regular expression that sops and gen read alike: {why}"))?,
            ),
        };
        Ok(Selector { kind, pattern: pattern.to_owned(), expression })
    }

    /// What gen seals with: `encrypted_regex: ^(data|stringData)$`.
    #[must_use]
    pub fn of_secrets() -> Selector {
        Selector {
            kind: SelectorKind::EncryptedRegex,
            pattern: "^(data|stringData)$".to_owned(),
            expression: expression::compile("^(data|stringData)$").ok(),
        }
    }

    /// What sops assumes where a file names no selector.
    pub(super) fn of_silence() -> Selector {
        Selector { kind: SelectorKind::UnencryptedSuffix, pattern: "_unencrypted".to_owned(), expression: None }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> SelectorKind {
        self.kind
    }

    /// Its expression or suffix.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Whether matching so many bytes of keys and comments would take more than some seconds.
    pub(super) fn is_too_costly(&self, bytes: usize) -> bool {
        self.expression.as_ref().is_some_and(|(_, weight)| bytes.saturating_mul(*weight as usize) > MOST_WORK)
    }

    /// Whether comments decide rather than keys.
    pub(super) fn reads_comments(&self) -> bool {
        matches!(self.kind, SelectorKind::UnencryptedCommentRegex | SelectorKind::EncryptedCommentRegex)
    }

    /// Whether a key, or a comment where comments decide, is one that the selector names.
    pub(super) fn names(&self, text: &str) -> bool {
        match &self.expression {
            Some((expression, _)) => expression.is_match(text),
            None => text.ends_with(&self.pattern),
        }
    }

    /// Whether what the selector names is sealed, and not what it does not name.
    pub(super) fn seals_what_it_names(&self) -> bool {
        use SelectorKind::{EncryptedCommentRegex, EncryptedRegex, EncryptedSuffix};
        matches!(self.kind, EncryptedSuffix | EncryptedRegex | EncryptedCommentRegex)
    }

    /// Whether a leaf below these keys is sealed, as far as keys decide.
    #[must_use]
    pub fn seals(&self, keys: &[&str]) -> bool {
        let named = !self.reads_comments() && keys.iter().any(|key| self.names(key));
        named == self.seals_what_it_names()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
