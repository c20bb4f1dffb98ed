//! Aliases: sops repeats what they name and writes no anchors back.

use serde_saphyr::granit_parser::Span;

use super::super::{Leaf, Tree};
use super::{Anchor, Builder, Shape};
use crate::yaml::{
    Mark,
    budget::{Cost, MOST_LEVELS},
    refusal::Refusal,
};

impl Builder<'_> {
    /// Keeps a node that aliases may name, if the budget allows it.
    pub(super) fn keep(&mut self, id: usize, tree: &Tree, mark: Mark, cost: Cost, height: usize) {
        if self.budget.copy(cost) {
            self.anchors.insert(id, Anchor { tree: tree.clone(), mark, cost, height });
        }
    }

    pub(super) fn alias(&mut self, id: usize, span: &Span) {
        let place = self.place(span);
        let Some(anchor) = self.anchors.get(&id) else {
            let message = "this alias names the value it stands in";
            return self.no_alias(span, Refusal::new("undefined-alias", message, "repeat the value instead"));
        };
        if !self.budget.copy(anchor.cost) {
            return;
        }
        let (height, mark, tree) = (anchor.height, anchor.mark, anchor.tree.clone());
        if self.stack.len() + height > MOST_LEVELS {
            let help = format!("at most {MOST_LEVELS} levels are read");
            let message = "this alias nests lists and maps too deeply";
            return self.no_alias(span, Refusal::new("deep-nesting", message, help));
        }
        self.stand_above(place.start);
        self.last_end = place.end as usize;
        self.attach(tree, mark, height, Shape::Leaf);
    }

    /// Reports an alias that cannot be replaced, and goes on.
    pub(super) fn no_alias(&mut self, span: &Span, refusal: Refusal) {
        let place = self.place(span);
        self.refuse(refusal, place);
        self.last_end = place.end as usize;
        self.attach(Tree::Leaf(Leaf::Null), place, 0, Shape::Leaf);
    }
}
