//! What a sealed file says without any key.

use std::collections::BTreeMap;

use crate::{
    path,
    yaml::{Dialect, FileId, Mark, Node, Source, Value, parse},
};

/// A sealed file, as anybody sees it.
#[derive(Debug)]
pub struct Facts {
    /// Its name for people.
    pub file: String,
    /// Its MAC, sealed: the same text twice means the same data key.
    pub(super) mac: String,
    /// Where the MAC stands.
    pub(super) mac_mark: Mark,
    /// The sealed values, by their paths.
    pub(super) sealed: BTreeMap<String, Leaf>,
    /// All other values, by their paths.
    pub(super) open: BTreeMap<String, Leaf>,
    /// What the `sops` block says beside the holders, by its keys.
    pub(super) block: BTreeMap<String, Leaf>,
    /// The recipients.
    pub(super) recipients: Vec<String>,
}

/// A value and its place.
#[derive(Debug)]
pub(super) struct Leaf {
    /// The value as text.
    pub(super) text: String,
    /// Its keys without indices: what its seal is bound to.
    pub(super) bound_to: String,
    pub(super) mark: Mark,
}

impl Facts {
    /// Reads a file; `None` for one that is not sealed, or that cannot be read, which is said elsewhere.
    #[must_use]
    pub fn read(file: &str, bytes: &[u8]) -> Option<Facts> {
        let documents = parse(Source { id: FileId(0), name: file, bytes }, Dialect::Manifest).ok()?;
        let block = documents.first()?.entry("sops")?;
        let mac = block.node.entry("mac")?;
        let mut facts = Facts {
            file: file.to_owned(),
            mac: mac.node.as_str()?.to_owned(),
            mac_mark: mac.node.mark,
            sealed: BTreeMap::new(),
            open: BTreeMap::new(),
            block: BTreeMap::new(),
            recipients: Vec::new(),
        };
        let groups = block.node.get("key_groups").and_then(Node::as_sequence).unwrap_or_default();
        for holders in std::iter::once(&block.node).chain(groups) {
            let items = holders.get("age").and_then(Node::as_sequence).unwrap_or_default();
            let names = items.iter().filter_map(|item| item.get("recipient")?.as_str());
            facts.recipients.extend(names.map(str::to_owned));
        }
        for entry in block.node.as_mapping().unwrap_or_default() {
            let is_said = entry.key.contains("encrypted") || entry.key == "lastmodified";
            if let Some(text) = text(&entry.node).filter(|_| is_said) {
                let leaf = Leaf { text, bound_to: String::new(), mark: entry.node.mark };
                facts.block.insert(entry.key.clone(), leaf);
            }
        }
        for (index, document) in documents.iter().enumerate() {
            let above = if index == 0 { String::new() } else { format!("document {}: ", index + 1) };
            for entry in document.as_mapping().unwrap_or_default().iter().filter(|entry| entry.key != "sops") {
                let path = format!("{above}{}", path::join("", &entry.key));
                facts.below(path, entry.key.clone(), &entry.node);
            }
        }
        Some(facts)
    }

    fn below(&mut self, path: String, bound_to: String, node: &Node) {
        match &node.value {
            Value::Mapping(entries) => {
                for entry in entries {
                    let bound_to = format!("{bound_to}:{}", entry.key);
                    self.below(path::join(&path, &entry.key), bound_to, &entry.node);
                }
            }
            Value::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.below(path::item(&path, index), bound_to.clone(), item);
                }
            }
            _ => {
                let Some(text) = text(node) else { return };
                let leaves = if text.starts_with("ENC[") { &mut self.sealed } else { &mut self.open };
                leaves.insert(path, Leaf { text, bound_to, mark: node.mark });
            }
        }
    }

    /// Whether two files have the same MAC: one is the other, under another name or with something else in it.
    #[must_use]
    pub fn has_mac_of(&self, other: &Facts) -> bool {
        self.mac == other.mac
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.sealed.contains_key(path) || self.open.contains_key(path)
    }

    /// Whether two files hold the same, holders aside.
    pub(super) fn holds_what(&self, other: &Facts) -> bool {
        let texts = |leaves: &BTreeMap<String, Leaf>| -> Vec<(String, String)> {
            leaves.iter().map(|(path, leaf)| (path.clone(), leaf.text.clone())).collect()
        };
        self.mac == other.mac
            && texts(&self.sealed) == texts(&other.sealed)
            && texts(&self.open) == texts(&other.open)
            && texts(&self.block) == texts(&other.block)
    }
}

/// A scalar as text; `None` for null, maps and lists.
fn text(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
