//! Which leaves of a file are sealed.

/// What `sops` calls the selector. Without one a file has `unencrypted_suffix: _unencrypted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    kind: SelectorKind,
    pattern: String,
}

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
        Ok(Selector { kind, pattern: pattern.to_owned() })
    }

    /// What gen seals with: `encrypted_regex: ^(data|stringData)$`.
    #[must_use]
    pub fn of_secrets() -> Selector {
        todo!()
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

    /// Whether a leaf below these keys is sealed, as far as keys decide.
    #[must_use]
    pub fn seals(&self, keys: &[&str]) -> bool {
        let _ = keys;
        todo!()
    }
}
