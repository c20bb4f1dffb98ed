//! A file with its sealed values out of sight.

use super::Selector;
use super::cipher::{is_sealed_comment, looks_sealed};
use super::walk::{Place, Visitor, walk};
use crate::{
    plain::Plain,
    yaml::typed::{Comment, Item, Leaf, Stream},
};

/// Replaces every sealed value and comment by `mask`, and what should be sealed and is not.
pub(super) fn mask(stream: &mut Stream, selector: &Selector, mask: &str) {
    let Ok(()) = walk(stream, selector, &mut Masker(mask));
}

struct Masker<'m>(&'m str);

impl Masker<'_> {
    fn hides(text: &Plain, place: &Place<'_>) -> bool {
        !text.is_empty() && (place.is_covered || looks_sealed(text.expose()))
    }
}

impl Visitor for Masker<'_> {
    type Error = std::convert::Infallible;

    fn leaf(&mut self, leaf: &mut Leaf, place: &Place<'_>, in_list: bool) -> Result<Option<Comment>, Self::Error> {
        match leaf {
            Leaf::Text(text) if in_list && is_sealed_comment(text.expose()) => {
                return Ok(Some(Comment { text: Plain::from(format!(" {}", self.0).as_str()), inline: false }));
            }
            Leaf::Text(text) if !Masker::hides(text, place) => {}
            Leaf::Text(_) => *leaf = Leaf::Text(Plain::from(self.0)),
            _ if place.is_covered => *leaf = Leaf::Text(Plain::from(self.0)),
            _ => {}
        }
        Ok(None)
    }

    fn comment(&mut self, comment: &mut Comment, place: &Place<'_>) -> Result<(), Self::Error> {
        if Masker::hides(&comment.text, place) {
            comment.text = Plain::from(format!(" {}", self.0).as_str());
        }
        Ok(())
    }

    fn listed_comment(&mut self, mut comment: Comment, place: &Place<'_>) -> Result<Option<Item>, Self::Error> {
        self.comment(&mut comment, place)?;
        Ok(Some(Item::Comment(comment)))
    }
}
