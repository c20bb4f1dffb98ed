//! What a shape says about how layers meet in it.

use super::Shape;

impl Shape {
    /// Whether an overlay replaces it whole, a map too.
    #[must_use]
    pub fn is_exclusive(&self) -> bool {
        self.exclusive
    }

    /// Whether what stands here belongs to another tool, whose `null` is a value.
    #[must_use]
    pub fn is_verbatim(&self) -> bool {
        self.verbatim
    }

    /// Whether it is a list that overlays join.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        self.joined
    }

    /// The shape of the items of a list.
    #[must_use]
    pub fn item(&self) -> Option<&Shape> {
        self.items.as_deref()
    }
}
