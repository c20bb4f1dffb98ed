//! Sealed Secret manifests: whole files that `sops` encrypted for age recipients. [`inspect`] reads one without any key and
//! says what is not sealed, what would leak, and what Flux could not use.
//!
//! Sealed files are copied byte for byte, so a mistake here ends up in the cluster or, worse, in the repository's history.
//! No finding holds a value; because a file that should be sealed may hold plain text anywhere, its source lines must not
//! be shown beside a finding either (see [`is_sealed_name`]).

mod comment;
mod envelope;
mod flaw;
mod judge;
mod key;
mod leaf;
mod manifest;
mod value;

pub use comment::suspicious as suspicious_comments;
pub use flaw::{FAKE_ENVELOPE, Flaw, PARTIALLY_ENCRYPTED, flaws, has_envelope};
pub use key::{PRIVATE_KEY, private_key};

use crate::diagnostic::{Finding, Location};
use crate::yaml::{self, Dialect, FileId, Mark, Node, Source};

/// How a sealed file's name ends.
pub const SUFFIX: &str = ".sops.yaml";

/// Whether a file of this name is meant to be sealed. Its lines are never shown.
#[must_use]
pub fn is_sealed_name(path: &str) -> bool {
    path.ends_with(SUFFIX) || path.ends_with(".sops.yml")
}

/// What everybody may know of a sealed Secret, with the places to point at.
#[derive(Clone, Debug, PartialEq)]
pub struct SealedSecret {
    /// `metadata.name`.
    pub name: String,
    /// Where the name stands.
    pub name_mark: Mark,
    /// `metadata.namespace`, where there is one.
    pub namespace: Option<String>,
    /// Where the namespace stands; the name's place where there is none.
    pub namespace_mark: Mark,
    /// `type`; `Opaque` where there is none, as in Kubernetes.
    pub type_: String,
    /// Where the type stands; the place of `kind` where there is none.
    pub type_mark: Mark,
    /// The keys under `data` and `stringData`, in file order.
    pub keys: Vec<String>,
    /// Where the keys stand: the key `stringData` or `data`; the place of `kind` where there are none.
    pub keys_mark: Mark,
    /// The age recipients, as they are written.
    pub recipients: Vec<String>,
    /// Key services other than age that can open the file too, by their names in the block (`kms`, `pgp`, ...).
    pub other_services: Vec<&'static str>,
    /// Where the recipients stand.
    pub recipients_mark: Mark,
    /// The file's only document: whatever is secret in it is sealed.
    pub document: Node,
    /// What is no mistake but worth a look: comments that may hold plain text.
    pub warnings: Vec<Finding>,
}

/// Reads a sealed Secret manifest without any key. `file` is its name for findings.
///
/// # Errors
/// Every mistake that could be found at once: what is no YAML, no single Secret, not sealed or not wholly sealed, what
/// stands beside the sealed values and should not, and an envelope that `sops` could not open.
pub fn inspect(file: &str, id: FileId, bytes: &[u8]) -> Result<SealedSecret, Vec<Finding>> {
    if let Some(finding) = private_key(file, bytes) {
        return Err(vec![finding]);
    }
    let documents = yaml::parse(Source { id, name: file, bytes }, Dialect::Manifest).map_err(redacted)?;
    let [document] = documents.as_slice() else {
        return Err(vec![not_one_document(file, documents.get(1).map(|second| second.mark))]);
    };
    let mut findings = Vec::new();
    let secret = manifest::read(file, document, &mut findings);
    match secret {
        Some(secret) if findings.is_empty() => {
            Ok(SealedSecret { warnings: comment::suspicious(file, &String::from_utf8_lossy(bytes)), ..secret })
        }
        _ => Err(findings),
    }
}

/// The command that seals the plain file `file`: gen's own where it knows the environment, as it does by the folder.
fn seal_command(file: &str) -> String {
    let sops =
        format!("`sops encrypt --age age1...,age1... --encrypted-regex '^(data|stringData)$' --in-place {file}`");
    let environment = file.strip_prefix("environments/").and_then(|rest| rest.split_once("/secrets/"));
    match environment {
        Some((environment, _)) => format!("`gen secret import {environment} {file}`, or {sops}"),
        None => sops,
    }
}

fn not_one_document(file: &str, second: Option<Mark>) -> Finding {
    match second {
        Some(mark) => Finding::error(
            "several-documents",
            mark.location(file),
            "a sealed file holds one Secret, this is a second document",
        )
        .help("give each Secret a file of its own"),
        None => Finding::error("empty-file", Location::file(file), "the file is empty")
            .help(format!("write the Secret, then seal it: {}", seal_command(file))),
    }
}

/// Syntax errors without what they quote from the file: in a sealed file that may be a piece of a plain value.
fn redacted(mut findings: Vec<Finding>) -> Vec<Finding> {
    // From the first to the last quote: what is quoted may hold quotes itself.
    let unquoted = |text: &str| match (text.find('`'), text.rfind('`')) {
        (Some(first), Some(last)) => format!("{}`...{}", &text[..first], &text[last..]),
        _ => text.to_owned(),
    };
    for finding in &mut findings {
        finding.message = unquoted(&finding.message);
        finding.path.clear();
    }
    findings
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
