//! The types of Kubernetes, Flux, Argo CD and the Gateway API, and whether an object is one of theirs.
//!
//! They stand in text files beside this one, derived by `derive.py` and compiled in. An index of names is made when the first is asked
//! for; a type is read when the first object needs it.

mod check;
mod cross;
mod form;
mod index;
mod meta;
mod own;
mod place;
mod read;
mod scalar;
mod standing;
mod walk;

use serde_json::Value as Json;

pub use index::Kind;
pub use own::{Flaw, Own};
pub use place::{Looks, Place};
pub use standing::{Gone, Standing, standing};
pub use walk::{MANY, Mistake, Step, Walk, did_you_mean, shorten, some_keys};

use crate::scalar::{FluxVersion, KubernetesVersion};

/// What objects are judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The minor version of Kubernetes 1.
    pub kubernetes: u32,
    /// The minor version of Flux 2.
    pub flux: u32,
}

impl Versions {
    /// The declared versions; the newest that gen knows where nobody says.
    #[must_use]
    pub fn new(kubernetes: Option<&KubernetesVersion>, flux: Option<&FluxVersion>) -> Versions {
        Versions {
            kubernetes: kubernetes.map_or(*KubernetesVersion::MINORS.end(), KubernetesVersion::minor),
            flux: flux.map_or(*FluxVersion::MINORS.end(), FluxVersion::minor),
        }
    }
}

/// How much of an object is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// A patch: what it does not say stands elsewhere.
    Partial,
}

/// Everything that is wrong with an object, in its order. Nothing where its kind is not known.
#[must_use]
pub fn mistakes(body: &Json, extent: Extent, versions: Versions, own: &[&Own]) -> Vec<Mistake> {
    let mut check = check::Check::new(versions, extent);
    match standing(body, versions, own) {
        Standing::Own(of) => check.object(&of.0, body),
        Standing::Known(kind) => {
            if let Some(of) = kind.of() {
                check.object(of, body);
            }
        }
        _ => {}
    }
    check.walk.found
}
