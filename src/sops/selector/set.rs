//! Sets of characters.

use std::fmt::Write as _;

const LAST: u32 = 0x10_FFFF;

/// A set of characters as ranges, in any order.
#[derive(Clone, Default)]
pub(super) struct Set(Vec<(u32, u32)>);

impl Set {
    pub(super) fn of(character: char) -> Set {
        Set::range(character, character)
    }

    pub(super) fn range(low: char, high: char) -> Set {
        Set(vec![(u32::from(low), u32::from(high))])
    }

    pub(super) fn listed(ranges: &[(char, char)]) -> Set {
        Set(ranges.iter().map(|(low, high)| (u32::from(*low), u32::from(*high))).collect())
    }

    /// The classes of POSIX, all of them ASCII.
    pub(super) fn posix(name: &str) -> Option<Set> {
        Some(Set::listed(match name {
            "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
            "alpha" => &[('A', 'Z'), ('a', 'z')],
            "ascii" => &[('\0', '\x7F')],
            "blank" => &[('\t', '\t'), (' ', ' ')],
            "cntrl" => &[('\0', '\x1F'), ('\x7F', '\x7F')],
            "digit" => &[('0', '9')],
            "graph" => &[('!', '~')],
            "lower" => &[('a', 'z')],
            "print" => &[(' ', '~')],
            "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
            "space" => &[('\t', '\r'), (' ', ' ')],
            "upper" => &[('A', 'Z')],
            "word" => &[('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')],
            "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
            _ => return None,
        }))
    }

    pub(super) fn add(&mut self, other: Set) {
        self.0.extend(other.0);
    }

    /// With both cases of every letter where `fold` says so, as Go folds: the Kelvin sign is a `k`, the long s an `s`.
    pub(super) fn folded(mut self, fold: bool) -> Result<Set, String> {
        if !fold {
            return Ok(self);
        }
        if self.0.iter().any(|(_, high)| *high > 0x7F) {
            return Err("`(?i)` beside characters beyond ASCII is not supported".to_owned());
        }
        for letter in 'a'..='z' {
            let (small, capital) = (u32::from(letter), u32::from(letter.to_ascii_uppercase()));
            if self.0.iter().any(|(low, high)| (*low..=*high).contains(&small) || (*low..=*high).contains(&capital)) {
                self.0.extend([(small, small), (capital, capital)]);
                match letter {
                    'k' => self.0.push((0x212A, 0x212A)),
                    's' => self.0.push((0x17F, 0x17F)),
                    _ => {}
                }
            }
        }
        Ok(self)
    }

    /// Every other character.
    pub(super) fn complement(mut self) -> Set {
        self.0.sort_unstable();
        let mut others = Vec::new();
        let mut next = 0;
        for (low, high) in self.0 {
            if low > next {
                others.push((next, low - 1));
            }
            next = next.max(high + 1);
        }
        if next <= LAST {
            others.push((next, LAST));
        }
        Set(others)
    }

    /// The set as an expression.
    pub(super) fn text(&self) -> Result<String, String> {
        let mut text = "[".to_owned();
        for (low, high) in &self.0 {
            // Halves of surrogate pairs are no characters.
            let low = if (0xD800..=0xDFFF).contains(low) { 0xE000 } else { *low };
            let high = if (0xD800..=0xDFFF).contains(high) { 0xD7FF } else { *high };
            if low <= high {
                let _ = write!(text, "\\x{{{low:X}}}-\\x{{{high:X}}}");
            }
        }
        text.push(']');
        if text.len() == 2 { Err("a class holds no character".to_owned()) } else { Ok(text) }
    }
}
