//! Which connections network policies let through: an evaluator of Kubernetes' own semantics, exact where a tree says everything,
//! and what it leaves open to strangers.

mod address;
mod index;
mod policy;
mod selector;

pub use policy::{Caller, Direction, Policies, Port};
pub use selector::Labels;

pub(super) use address::{is_private, is_wide};
pub(super) use index::{Index, pair_of};
pub(super) use policy::{Openness, Policy, covers, openness};
pub(super) use selector::{Known, labels, selects, selects_pairs};
