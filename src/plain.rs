//! Decrypted text. [`Plain`] is the only type that holds it.

use zeroize::Zeroizing;

/// Bytes that nobody but their owner may see: it has no `Debug`, `Display` or `Serialize`, cannot be compared with `==` (that
/// takes a time which tells something), and is overwritten when it goes.
#[derive(Clone, Default)]
pub struct Plain(Zeroizing<Vec<u8>>);

impl Plain {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Plain {
        Plain(Zeroizing::new(bytes))
    }

    /// The bytes; whoever calls this answers for where they go.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as text, where they are UTF-8.
    #[must_use]
    pub fn expose_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// How many bytes there are: no secret, sealing does not hide it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Plain {
    fn from(text: &str) -> Plain {
        Plain::new(text.as_bytes().to_vec())
    }
}
