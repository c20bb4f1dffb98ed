//! The way through a file, as sops goes it: in file order, depth first, with the place that each value is bound to and whether
//! the selector covers it. Reading, writing and masking go the same way.

use super::Selector;
use super::cipher::is_sealed_comment;
use crate::{
    path,
    yaml::typed::{Comment, Entry, Item, Leaf, Stream, Tree},
};

/// Where a leaf or comment stands.
pub(super) struct Place<'a> {
    /// What its ciphertext is bound to: the keys that lead to it, each with a colon behind it; one colon where there are none.
    /// Items of a list have the list's.
    pub(super) bound_to: &'a str,
    /// The same for people, dotted and with indices.
    dotted: &'a [Step],
    /// Whether the selector covers it.
    pub(super) is_covered: bool,
}

impl Place<'_> {
    /// The path for people.
    pub(super) fn dotted(&self) -> String {
        self.dotted.iter().fold(String::new(), |above, step| match step {
            Step::Key(key) => path::join(&above, key),
            Step::Index(index) => path::item(&above, *index),
        })
    }
}

enum Step {
    Key(String),
    Index(usize),
}

/// What is done with what stands in a file.
pub(super) trait Visitor {
    /// Why the way ends early.
    type Error;

    /// Changes a leaf. In a list it may turn out to be a comment.
    fn leaf(&mut self, leaf: &mut Leaf, place: &Place<'_>, in_list: bool) -> Result<Option<Comment>, Self::Error>;

    /// Changes a comment in a map.
    fn comment(&mut self, comment: &mut Comment, place: &Place<'_>) -> Result<(), Self::Error>;

    /// What becomes of a comment in a list; nothing where it is left out.
    fn listed_comment(&mut self, comment: Comment, place: &Place<'_>) -> Result<Option<Item>, Self::Error>;
}

/// Goes through all documents.
pub(super) fn walk<V: Visitor>(stream: &mut Stream, selector: &Selector, visitor: &mut V) -> Result<(), V::Error> {
    for document in &mut stream.documents {
        Walk { selector, bound_to: String::new(), steps: Vec::new(), named: 0, comments: Vec::new() }
            .tree(document, visitor, false)?;
    }
    Ok(())
}

struct Walk<'s> {
    selector: &'s Selector,
    bound_to: String,
    steps: Vec<Step>,
    /// How many keys on the way are named by the selector.
    named: usize,
    /// For selectors that read comments, on each level: whether the comments right above are named.
    comments: Vec<Vec<bool>>,
}

impl Walk<'_> {
    fn covers(&self, is_comment: bool) -> bool {
        if !self.selector.reads_comments() {
            return (self.named > 0) == self.selector.seals_what_it_names();
        }
        let mut comments: usize = self.comments.iter().flatten().filter(|named| **named).count();
        // A comment does not seal itself, but it unseals itself.
        if is_comment && self.selector.seals_what_it_names() {
            let own = self.comments.last().and_then(|level| level.last()).copied().unwrap_or(false);
            comments -= usize::from(own);
        }
        (comments > 0) == self.selector.seals_what_it_names()
    }

    fn at<T>(&self, is_comment: bool, visit: impl FnOnce(&Place<'_>) -> T) -> T {
        let bound_to = if self.bound_to.is_empty() { ":" } else { &self.bound_to };
        visit(&Place { bound_to, dotted: &self.steps, is_covered: self.covers(is_comment) })
    }

    fn note(&mut self, comment: &[u8]) {
        if self.selector.reads_comments() {
            let named = std::str::from_utf8(comment).is_ok_and(|text| self.selector.names(text));
            self.comments.last_mut().into_iter().for_each(|level| level.push(named));
        }
    }

    fn forget(&mut self) {
        self.comments.last_mut().into_iter().for_each(Vec::clear);
    }

    /// Whether a leaf turned out to be a comment.
    fn tree<V: Visitor>(
        &mut self,
        tree: &mut Tree,
        visitor: &mut V,
        in_list: bool,
    ) -> Result<Option<Comment>, V::Error> {
        match tree {
            Tree::Leaf(Leaf::Null) => Ok(None),
            Tree::Leaf(leaf) => self.at(false, |place| visitor.leaf(leaf, place, in_list)),
            Tree::Map(entries) => self.map(entries, visitor).map(|()| None),
            Tree::List(items) => self.list(items, visitor).map(|()| None),
        }
    }

    fn map<V: Visitor>(&mut self, entries: &mut [Entry], visitor: &mut V) -> Result<(), V::Error> {
        self.comments.push(Vec::new());
        for entry in entries {
            match entry {
                Entry::Comment(comment) => {
                    self.note(comment.text.expose());
                    self.at(true, |place| visitor.comment(comment, place))?;
                }
                Entry::Pair { key, value, .. } => {
                    let length = self.bound_to.len();
                    let named = usize::from(!self.selector.reads_comments() && self.selector.names(key));
                    self.named += named;
                    self.bound_to.push_str(key);
                    self.bound_to.push(':');
                    self.steps.push(Step::Key(key.clone()));
                    self.tree(value, visitor, false)?;
                    self.steps.pop();
                    self.bound_to.truncate(length);
                    self.named -= named;
                    self.forget();
                }
            }
        }
        self.comments.pop();
        Ok(())
    }

    fn list<V: Visitor>(&mut self, items: &mut Vec<Item>, visitor: &mut V) -> Result<(), V::Error> {
        self.comments.push(Vec::new());
        let mut kept = Vec::with_capacity(items.len());
        let mut index = 0;
        for item in std::mem::take(items) {
            match item {
                Item::Comment(comment) => {
                    self.note(comment.text.expose());
                    kept.extend(self.at(true, |place| visitor.listed_comment(comment, place))?);
                }
                Item::Value(mut value, mark) => {
                    let sealed_comment = value.as_text().is_some_and(|text| is_sealed_comment(text.expose()));
                    self.steps.push(Step::Index(index));
                    let comment = self.tree(&mut value, visitor, true)?;
                    self.steps.pop();
                    match comment {
                        Some(comment) => kept.push(Item::Comment(comment)),
                        None => {
                            kept.push(Item::Value(value, mark));
                            index += 1;
                        }
                    }
                    if !sealed_comment {
                        self.forget();
                    }
                }
            }
        }
        *items = kept;
        self.comments.pop();
        Ok(())
    }
}
