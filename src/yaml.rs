//! YAML in and out: text to positioned [`Node`]s, values to text that YAML 1.1 and 1.2 readers understand alike. The only
//! module that names a YAML crate.
//!
//! Reading is built on the event parser of `serde-saphyr`, because only events carry the styles, tags and exact byte ranges
//! that findings and the lossless handling of sealed files need. What a plain scalar means is decided here, not there:
//! see [`Dialect`].

mod budget;
mod edit;
mod emit;
mod keys;
mod marks;
mod node;
mod parse;
mod plain;
mod refusal;
mod remark;
mod resolve;
mod scalar;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod trap;
mod tree;
pub mod typed;

pub use edit::{Edit, edit};
pub use emit::{emit, emit_document};
pub use node::{Entry, FileId, Mark, Node, Value};
pub use parse::parse;
pub use remark::{Remark, remarks};

/// What kind of text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A file of `gen`'s own language: one document that is a map, and values that YAML 1.1 readers would take for
    /// something else are errors. At most 1 MiB, 100,000 keys and values after alias expansion, 64 levels.
    Input,
    /// Kubernetes manifests: any number of documents, whatever YAML a cluster accepts. Plain scalars mean what
    /// `sigs.k8s.io/yaml` makes of them (kubectl, Helm, Flux and the API server read YAML through it; 1.6.0 is built on
    /// go-yaml v2, checked against it by `tests/yaml_readers.rs`): `yes`, `on`, `y` are booleans, `0777` is octal, dates
    /// are strings, number and boolean keys become strings. At most 16 MiB, 1,000,000 keys and values after alias
    /// expansion, 64 levels.
    Manifest,
}

/// A text to parse.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Goes into every mark.
    pub id: FileId,
    /// The file's name, for findings.
    pub name: &'a str,
    /// The bytes; checked to be UTF-8 without control characters.
    pub bytes: &'a [u8],
}
