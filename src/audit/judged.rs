//! An opened file, as those see it who judge its values.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    diagnostic::Location,
    part::SecretDemand,
    plain::Plain,
    yaml::{
        Mark,
        typed::{Entry, Stream, Tree},
    },
};

/// A sealed file that was opened, and what is known of it.
#[derive(Clone, Copy)]
pub struct Judged<'a> {
    /// The file, for people.
    pub file: &'a str,
    /// The environment that it belongs to; empty where it belongs to none.
    pub environment: &'a str,
    /// Whether that environment has the production profile.
    pub is_production: bool,
    /// Its documents, decrypted.
    pub stream: &'a Stream,
    /// What a component wants of it, where one does.
    pub demand: Option<&'a SecretDemand>,
}

/// A value under `data` or `stringData`.
pub(super) struct Credential<'a> {
    /// Its key.
    pub(super) key: &'a str,
    /// Its path, `stringData.password`.
    pub(super) path: String,
    /// Where it stands.
    pub(super) place: Location,
    /// What the cluster gets: decoded where the file has it under `data`.
    pub(super) value: Plain,
}

impl<'a> Judged<'a> {
    /// The values that a cluster would get, in file order. What is no text, or no base64 under `data`, is not among them.
    pub(super) fn credentials(&self) -> Vec<Credential<'a>> {
        let mut found = Vec::new();
        for document in &self.stream.documents {
            for (block, _, values) in pairs(document) {
                if block == "data" || block == "stringData" {
                    found.extend(
                        pairs(values).filter_map(|(key, mark, value)| self.credential(block, key, mark, value)),
                    );
                }
            }
        }
        found
    }

    fn credential(&self, block: &str, key: &'a str, mark: Mark, value: &Tree) -> Option<Credential<'a>> {
        let text = value.as_text()?;
        let value = match block {
            "data" => Plain::new(STANDARD.decode(text.expose().trim_ascii()).ok()?),
            _ => text.clone(),
        };
        let path = crate::path::join(block, key);
        Some(Credential { key, path, place: mark.location(self.file), value })
    }
}

fn pairs(tree: &Tree) -> impl Iterator<Item = (&str, Mark, &Tree)> {
    let entries = match tree {
        Tree::Map(entries) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().filter_map(|entry| match entry {
        Entry::Pair { key, mark, value } => Some((key.as_str(), *mark, value)),
        Entry::Comment(_) => None,
    })
}
