//! What bounds the memory that reading a file takes.

use super::Dialect;
use super::refusal::Refusal;
use super::text::size_limit;

/// The deepest nesting that is read. Everything that walks a tree may recurse.
pub(super) const MOST_LEVELS: usize = 64;

/// After so many mistakes the rest of a file is not looked at.
pub(super) const MOST_FINDINGS: usize = 100;

/// What a part of a tree takes.
#[derive(Clone, Copy, Default)]
pub(super) struct Cost {
    /// Keys and values. Each takes 60 to 200 bytes.
    pub(super) nodes: usize,
    /// Bytes of text.
    pub(super) bytes: usize,
}

/// Counts everything that is kept: what is read, what aliases repeat, and the copies that anchors need. 100,000 keys and values
/// and 2 MiB of text for inputs, 1,000,000 and 32 MiB for manifests: measured at worst some 20 MB and 200 MB.
pub(super) struct Budget {
    most: Cost,
    spent: Cost,
    aliased: bool,
}

impl Budget {
    pub(super) fn new(dialect: Dialect) -> Self {
        let nodes = match dialect {
            Dialect::Input => 100_000,
            Dialect::Manifest => 1_000_000,
        };
        let most = Cost { nodes, bytes: 2 * size_limit(dialect) };
        Budget { most, spent: Cost::default(), aliased: false }
    }

    /// Pays for one value or key of `bytes`.
    pub(super) fn read(&mut self, bytes: usize) {
        self.spent.nodes += 1;
        self.spent.bytes += bytes;
    }

    /// Pays for a copy, before it is made; whether it may be made.
    pub(super) fn copy(&mut self, cost: Cost) -> bool {
        self.aliased = true;
        self.spent.nodes += cost.nodes;
        self.spent.bytes += cost.bytes;
        !self.is_over()
    }

    pub(super) fn spent(&self) -> Cost {
        self.spent
    }

    /// What was spent since.
    pub(super) fn since(&self, start: Cost) -> Cost {
        Cost { nodes: self.spent.nodes - start.nodes, bytes: self.spent.bytes - start.bytes }
    }

    fn is_over(&self) -> bool {
        self.spent.nodes > self.most.nodes || self.spent.bytes > self.most.bytes
    }

    /// Why reading stops here, if it does.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.is_over().then(|| {
            let help = format!("at most {} are read: split the file, or use fewer aliases", self.most.nodes);
            match self.aliased {
                true => {
                    let message = "the file holds too many keys and values once its aliases are expanded";
                    Refusal::new("alias-bomb", message, help)
                }
                false => Refusal::new("file-too-large", "the file holds too many keys and values", help),
            }
        })
    }
}
