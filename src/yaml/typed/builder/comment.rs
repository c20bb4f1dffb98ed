//! Where comments go: sops makes those above a pair or item, and those behind a value, entries of the map or list around it.

use serde_saphyr::granit_parser::{Placement, Span};

use super::super::{Comment, Entry, Item, Tree};
use super::{Builder, Content, Shape, Waiting};
use crate::{plain::Plain, yaml::Mark};

impl Builder<'_> {
    pub(super) fn comment(&mut self, text: &str, placement: Placement, span: &Span) {
        self.budget.read(text.len());
        let mark = self.place(span);
        let text = Plain::from(text.trim_end_matches('\r'));
        let start = mark.start as usize;
        let gap = self.text.get(self.last_end..start).unwrap_or_default();
        // Behind the dash of a list that starts here, a comment is the item's.
        let line = gap.rsplit(['\n', '\r']).next().unwrap_or_default();
        if placement == Placement::Right && !line.trim_start_matches(' ').starts_with('-') {
            let is_gap = |signs: &[u8]| gap.bytes().all(|byte| matches!(byte, b' ' | b'\t') || signs.contains(&byte));
            match self.stack.last_mut().map(|frame| &mut frame.content) {
                Some(Content::Map { pending: Some(key), .. }) => {
                    return key.behind.push(Waiting { text, start: mark.start, column: mark.column });
                }
                Some(_) if is_gap(b",") => return self.comment_behind(text, true),
                // The value is missing, and it was said so before the comment came.
                Some(Content::Map { .. }) if is_gap(b":,") => return self.comment_behind(text, false),
                _ => {}
            }
        }
        self.comments.push(Waiting { text, start: mark.start, column: mark.column });
    }

    /// Puts a comment that stands behind a value before it, as sops does; one behind brackets becomes the first thing in them.
    fn comment_behind(&mut self, text: Plain, inline: bool) {
        let is_flow = self.last_shape == Shape::Flow;
        match self.stack.last_mut().map(|frame| &mut frame.content) {
            Some(Content::List(items)) => {
                let at = items.len().saturating_sub(1);
                items.insert(at, Item::Comment(Comment { text, inline: inline && !items.is_empty() }));
            }
            Some(Content::Map { entries, .. }) => match entries.last_mut() {
                Some(Entry::Pair { value: Tree::List(items), .. }) if is_flow => {
                    items.insert(0, Item::Comment(Comment { text, inline: false }));
                }
                Some(Entry::Pair { value: Tree::Map(entries), .. }) if is_flow => {
                    entries.insert(0, Entry::Comment(Comment { text, inline: false }));
                }
                _ => {
                    let at = entries.len().saturating_sub(1);
                    entries.insert(at, Entry::Comment(Comment { text, inline: inline && !entries.is_empty() }));
                }
            },
            None => {}
        }
    }

    /// Puts the comments before `start` into the open list or map, above what comes next.
    pub(super) fn stand_above(&mut self, start: u32) {
        if !self.comments.is_empty() {
            for text in self.take_comments(start) {
                self.push_comment(text);
            }
        }
    }

    pub(super) fn take_comments(&mut self, start: u32) -> Vec<Plain> {
        let count = self.comments.iter().take_while(|comment| comment.start < start).count();
        self.comments.drain(..count).map(|comment| comment.text).collect()
    }

    pub(super) fn push_comment(&mut self, text: Plain) {
        let comment = Comment { text, inline: false };
        match self.stack.last_mut().map(|frame| &mut frame.content) {
            Some(Content::List(items)) => items.push(Item::Comment(comment)),
            Some(Content::Map { entries, .. }) => entries.push(Entry::Comment(comment)),
            // Above a root that is no map, which is an error anyway.
            None => {}
        }
    }

    /// Where the dash of the item that starts at `mark` stands: on its line, or on a line of its own above.
    pub(super) fn dash(&self, mark: Mark) -> u32 {
        let start = mark.start as usize;
        let line = self.text[..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        if !self.text[line..start].trim_start_matches(' ').is_empty() {
            return u32::try_from(line).unwrap_or(u32::MAX);
        }
        let mut at = self.last_end;
        for line in self.text.get(self.last_end..start).unwrap_or_default().split_inclusive('\n') {
            if line.trim_start_matches(' ').starts_with('-') {
                return u32::try_from(at).unwrap_or(u32::MAX);
            }
            at += line.len();
        }
        mark.start
    }
}
