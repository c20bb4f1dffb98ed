//! What a tree consists of, generated or written by hand: [`Object`]s in a [`Bundle`], and the [`Origins`] of generated ones.

mod listing;
mod object;
mod origins;

pub use listing::{Listing, resolve};
pub use object::{
    Bundle, Comment, IGNORE, Identity, Object, Provenance, Written, at, comments, dotted, field, may_hold_objects, text,
};
pub use origins::{Origin, Origins, Traced, pointer};
