//! Kinds that the CRDs of a tree define.

use super::{At, Manifest};
use crate::api::{Flaw, Own};

/// The kinds, and what cannot be used of the CRDs.
#[derive(Default)]
pub struct OwnKinds<'a> {
    /// The kinds.
    pub kinds: Own,
    /// What is wrong, and where.
    pub flaws: Vec<(At<'a>, Flaw)>,
}

pub(super) fn find<'a>(manifests: &[Manifest<'a>]) -> OwnKinds<'a> {
    let mut own = OwnKinds::default();
    for manifest in manifests.iter().filter(|manifest| Own::is_crd(&manifest.body)) {
        let flaws = own.kinds.add_crd(&manifest.body);
        own.flaws.extend(flaws.into_iter().map(|flaw| (manifest.at(&flaw.pointer, false), flaw)));
    }
    own
}
