//! Closing: the values sealed, the MAC, the block.

use std::time::SystemTime;

use super::cipher::{Cipher, Kind};
use super::envelope::{BLOCK, Block};
use super::mac::Mac;
use super::stash::Stash;
use super::walk::{Place, Visitor, walk};
use super::{Selector, moment, value};
use crate::{
    plain::Plain,
    yaml::{
        Mark,
        typed::{Comment, Entry, Item, Leaf, Stream, Tree},
    },
};

/// What was sealed.
pub(super) struct Closed {
    pub(super) mac: String,
    /// How many values were sealed, without comments.
    pub(super) values: usize,
}

/// Seals what the selector covers, in place; what is in the stash keeps its ciphertext.
pub(super) fn values(
    stream: &mut Stream,
    selector: &Selector,
    mac_only_encrypted: bool,
    cipher: &Cipher,
    stash: Stash,
) -> Result<Closed, String> {
    for document in &stream.documents {
        let Tree::Map(entries) = document else { return Err("a document must be a map of keys".to_owned()) };
        if entries.iter().any(|entry| matches!(entry, Entry::Pair { key, .. } if key == BLOCK)) {
            return Err("a document has the key `sops` at its top, where the `sops` block goes".to_owned());
        }
    }
    let mut closer = Closer { cipher, mac: Mac::new(mac_only_encrypted), stash, values: 0, selector };
    walk(stream, selector, &mut closer)?;
    Ok(Closed { values: closer.values, mac: closer.mac.finish() })
}

/// The time and the MAC bound to it, written into the block.
pub(super) fn stamp(block: &mut Block, cipher: &Cipher, mac: &str, now: SystemTime) -> Result<(), String> {
    let now = moment::format(now);
    let mac = cipher.seal(Kind::Str, mac.as_bytes(), now.as_bytes())?;
    block.stamp(&now, &mac);
    Ok(())
}

/// Whether two streams say the same, comments and their places included.
pub(super) fn same(one: &Stream, other: &Stream) -> bool {
    one.indent == other.indent
        && one.documents.len() == other.documents.len()
        && one.documents.iter().zip(&other.documents).all(|(one, other)| same_tree(one, other))
}

fn same_tree(one: &Tree, other: &Tree) -> bool {
    match (one, other) {
        (Tree::Map(one), Tree::Map(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|pair| match pair {
                    (Entry::Pair { key: a, value: one, .. }, Entry::Pair { key: b, value: other, .. }) => {
                        a == b && same_tree(one, other)
                    }
                    (Entry::Comment(one), Entry::Comment(other)) => same_comment(one, other),
                    _ => false,
                })
        }
        (Tree::List(one), Tree::List(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|pair| match pair {
                    (Item::Value(one, _), Item::Value(other, _)) => same_tree(one, other),
                    (Item::Comment(one), Item::Comment(other)) => same_comment(one, other),
                    _ => false,
                })
        }
        (Tree::Leaf(one), Tree::Leaf(other)) => match (value::bytes(one), value::bytes(other)) {
            (Some((a, one)), Some((b, other))) => a == b && one == other,
            (None, None) => true,
            _ => false,
        },
        _ => false,
    }
}

fn same_comment(one: &Comment, other: &Comment) -> bool {
    one.inline == other.inline && one.text.expose() == other.text.expose()
}

struct Closer<'c> {
    cipher: &'c Cipher,
    selector: &'c Selector,
    mac: Mac,
    stash: Stash,
    values: usize,
}

impl Closer<'_> {
    fn seal(&mut self, kind: Kind, plaintext: &[u8], place: &Place<'_>) -> Result<Plain, String> {
        let sealed = match self.stash.take(place.bound_to, kind, plaintext) {
            Some(sealed) => sealed,
            None => self.cipher.seal(kind, plaintext, place.bound_to.as_bytes())?,
        };
        Ok(Plain::new(sealed.into_bytes()))
    }

    fn seal_comment(&mut self, comment: &Comment, place: &Place<'_>) -> Result<Plain, String> {
        let sealed = self.seal(Kind::Comment, comment.text.expose(), place)?;
        // Else nobody could tell afterwards what is sealed. sops refuses it too.
        if self.selector.reads_comments()
            && !self.selector.seals_what_it_names()
            && sealed.expose_text().is_some_and(|text| self.selector.names(text))
        {
            return Err("a sealed comment would match `unencrypted_comment_regex`".to_owned());
        }
        Ok(sealed)
    }
}

impl Visitor for Closer<'_> {
    type Error = String;

    fn leaf(&mut self, leaf: &mut Leaf, place: &Place<'_>, _in_list: bool) -> Result<Option<Comment>, String> {
        let Some((kind, bytes)) = value::bytes(leaf) else { return Ok(None) };
        self.mac.add(&bytes, place.is_covered);
        if place.is_covered && !bytes.is_empty() {
            let sealed = self.seal(kind, &bytes, place)?;
            self.values += 1;
            *leaf = Leaf::Text(sealed);
        }
        Ok(None)
    }

    fn comment(&mut self, comment: &mut Comment, place: &Place<'_>) -> Result<(), String> {
        if place.is_covered && !comment.text.is_empty() {
            comment.text = self.seal_comment(comment, place)?;
        }
        Ok(())
    }

    /// A sealed comment in a list is an item of the list; an empty one could not be told from an empty text.
    fn listed_comment(&mut self, comment: Comment, place: &Place<'_>) -> Result<Option<Item>, String> {
        if !place.is_covered {
            return Ok(Some(Item::Comment(comment)));
        }
        if comment.text.is_empty() {
            return Ok(None);
        }
        let sealed = self.seal_comment(&comment, place)?;
        Ok(Some(Item::Value(Tree::Leaf(Leaf::Text(sealed)), Mark::default())))
    }
}
