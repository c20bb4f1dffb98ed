//! Where things stand in the files of a rendered tree.

use std::{cell::RefCell, collections::BTreeMap};

use super::Rendered;
use crate::{
    diagnostic::Location,
    view::At,
    yaml::{Dialect, FileId, Node, Source, parse},
};

/// Finds what objects hold in the text of their files. A file is parsed when the first finding in it asks.
pub struct Positions<'a> {
    rendered: &'a Rendered,
    folder: &'a str,
    parsed: RefCell<BTreeMap<String, Option<Node>>>,
}

impl<'a> Positions<'a> {
    /// The places in a rendered tree, which stands in `folder`.
    #[must_use]
    pub fn new(rendered: &'a Rendered, folder: &'a str) -> Positions<'a> {
        Positions { rendered, folder, parsed: RefCell::default() }
    }

    /// Where the part of an object stands, or the nearest thing above it that is there.
    #[must_use]
    pub fn find(&self, at: &At<'_>) -> Option<Location> {
        let file = at.object.file.as_str();
        let mut parsed = self.parsed.borrow_mut();
        let node = parsed.entry(file.to_owned()).or_insert_with(|| {
            let bytes = self.rendered.tree.get(file)?;
            parse(Source { id: FileId(0), name: file, bytes }, Dialect::Manifest).ok()?.into_iter().next()
        });
        let node = node.as_ref()?;
        let (last, above) = at.pointer.split_last().map_or((None, &[][..]), |(last, above)| (Some(last), above));
        let key = last.filter(|_| at.on_key).and_then(|last| Some(node.at(above)?.entry(last)?.key_mark));
        let nearest = || (0..=at.pointer.len()).rev().find_map(|length| node.place(&at.pointer[..length]));
        let mark = key.or_else(nearest).unwrap_or(node.mark);
        Some(mark.location(&format!("{}/{file}", self.folder)))
    }
}
