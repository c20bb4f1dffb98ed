//! What is wrong with the seals of a tree.

use super::At;
use crate::{
    manifest::{Bundle, Object, Provenance},
    sops::{self, Flaw},
};

/// Something wrong with the seal of an object.
pub struct BrokenSeal<'a> {
    /// Where it stands.
    pub at: At<'a>,
    /// What it is.
    pub flaw: Flaw,
}

pub(super) fn find(bundle: &Bundle) -> Vec<BrokenSeal<'_>> {
    bundle.objects.iter().flat_map(of_object).collect()
}

fn of_object(object: &Object) -> Vec<BrokenSeal<'_>> {
    // gen itself seals nothing in what it renders.
    let Provenance::Written(written) = &object.provenance else { return Vec::new() };
    let broken = |flaw: Flaw| {
        let at = At { object, pointer: flaw.pointer.clone(), on_key: flaw.on_key };
        BrokenSeal { at, flaw }
    };
    sops::flaws(&written.file, &object.body).into_iter().map(broken).collect()
}
