//! What is wrong with the seal of one document, whatever it is a document of. Nothing here needs a key, and no text holds a value.

use serde_json::Value as Json;

use super::{super::Selector, envelope, judge::Judge, leaf::walk};
use crate::path;

/// Some values are sealed, and some that should be are not.
pub const PARTIALLY_ENCRYPTED: &str = "partially-encrypted";
/// What looks like a sealed file is none, or nobody could open it.
pub const FAKE_ENVELOPE: &str = "fake-envelope";

/// Something wrong with a document's seal.
#[derive(Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The rule: [`PARTIALLY_ENCRYPTED`], [`FAKE_ENVELOPE`], or one about the values of a Secret.
    pub rule: &'static str,
    /// The keys and list indices that lead to it.
    pub pointer: Vec<String>,
    /// Whether its key is the better place to point at.
    pub on_key: bool,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub help: String,
}

/// Whether a document has the block that sops keeps its metadata in. A chart may have values for something called sops.
#[must_use]
pub fn has_envelope(document: &Json) -> bool {
    let Some(block) = document.get("sops") else { return false };
    is_secret(document) || envelope::KEYS.iter().any(|key| block.get(key).is_some())
}

/// What is wrong with the seal of a document of `file`: with its `sops` block, and with each value that the block's selector
/// covers or that stands under `data` and `stringData` of a Secret. Of a document without such a block: sealed values, which
/// nothing could open.
#[must_use]
pub fn flaws(file: &str, document: &Json) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let is_sealed = has_envelope(document);
    if !is_sealed {
        flaws.extend(of_item(document, &mut Vec::new()));
        // Most documents of a tree have nothing to do with seals.
        if flaws.is_empty() && holds_seal(document) {
            flaws.extend(without_envelope(file, document));
        }
        return flaws;
    }
    let is_secret = is_secret(document);
    let selector = envelope::read(file, &document["sops"], &mut flaws);
    let selector = match selector {
        Some(selector) if selector.is_too_costly(key_bytes(document)) => {
            flaws.push(too_costly(&selector));
            None
        }
        selector => selector,
    };
    let mut judge = Judge::new(file, selector.as_ref(), is_secret);
    walk(document, is_secret, selector.as_ref(), &mut |leaf| judge.leaf(leaf));
    flaws.extend(judge.flaws());
    flaws
}

/// A `sops` block in an item of a list: kustomize takes lists apart, and sops opens whole files only.
fn of_item(document: &Json, above: &mut Vec<String>) -> Option<Flaw> {
    for (at, item) in document.get("items")?.as_array()?.iter().enumerate() {
        above.extend(["items".to_owned(), at.to_string()]);
        let found = if has_envelope(item) { Some(block_of_item(above)) } else { of_item(item, above) };
        if found.is_some() {
            return found;
        }
        above.truncate(above.len() - 2);
    }
    None
}

fn block_of_item(item: &[String]) -> Flaw {
    let pointer = [item, &["sops".to_owned()]].concat();
    let message = format!(
        "`{}` has a `sops` block of its own: sops opens whole files, so that nobody seals or checks it",
        path::below("", item)
    );
    let help =
        "give each object a file of its own, and seal it there; change what was committed in plain text".to_owned();
    Flaw { rule: FAKE_ENVELOPE, pointer, on_key: true, message, help }
}

/// All bytes that a selector is matched with.
fn key_bytes(value: &Json) -> usize {
    match value {
        Json::Object(map) => map.iter().map(|(key, value)| key.len() + key_bytes(value)).sum(),
        Json::Array(items) => items.iter().map(key_bytes).sum(),
        _ => 0,
    }
}

fn too_costly(selector: &Selector) -> Flaw {
    let key = selector.kind().key();
    Flaw {
        rule: FAKE_ENVELOPE,
        pointer: vec!["sops".to_owned(), key.to_owned()],
        on_key: true,
        message: format!("`{key}` is too large for a file with so many or so long keys"),
        help: "check that the file is what it should be: this takes minutes in sops, too".to_owned(),
    }
}

fn is_secret(document: &Json) -> bool {
    let text = |key: &str| document.get(key).and_then(Json::as_str);
    (text("apiVersion"), text("kind")) == (Some("v1"), Some("Secret"))
}

/// Whether a text of a document looks sealed.
fn holds_seal(value: &Json) -> bool {
    match value {
        Json::String(text) => text.starts_with("ENC[AES256_GCM,"),
        Json::Object(map) => map.values().any(holds_seal),
        Json::Array(items) => items.iter().any(holds_seal),
        _ => false,
    }
}

/// Sealed values that nothing can open.
fn without_envelope(file: &str, document: &Json) -> Option<Flaw> {
    let mut first = None;
    walk(document, is_secret(document), None, &mut |leaf| {
        if first.is_none() && holds_seal(leaf.value) {
            first = Some(leaf);
        }
    });
    let first = first?;
    let message =
        format!("`{}` is a sealed value without the `sops` block that opens it: it was copied here", first.path());
    let help = format!(
        "take the whole file as sops wrote it (`git log -p -- {file}` shows the versions), or seal the value anew"
    );
    Some(first.flaw(FAKE_ENVELOPE, message, help))
}
