//! Which path was meant.

use serde_json::Value as Json;

use super::{Chart, index::Node};

/// What a misspelt last key costs: a slip less than a missing level, a name that is barely alike more.
const MISSPELT: f64 = 6.0;
/// A level too few.
const MISSING_LEVEL: f64 = 0.5;
/// A level too many.
const NEEDLESS_LEVEL: f64 = 0.6;
/// The farthest path that is still offered, where its last key is right and where that is misspelt as well.
const FARTHEST: f64 = 1.2;
const FARTHEST_MISSPELT: f64 = 0.95;
/// The shortest beginning of a key that stands for the whole.
const SHORTENED: usize = 5;
/// How far a group is whose keys are not those of the value.
const OTHER_KEYS: f64 = 0.3;

impl Chart {
    /// The path that was most likely meant by one that names nothing: misspelt, a level too high or too low, or in
    /// another group.
    #[must_use]
    pub fn meant(&self, path: &str) -> Option<String> {
        let keys: Vec<&str> = path.split('.').collect();
        self.nearest(&keys, &Json::Null).map(|keys| keys.join("."))
    }

    /// The path nearest to `keys`, at which `value` was to be set.
    pub(super) fn nearest(&self, keys: &[&str], value: &Json) -> Option<&[&'static str]> {
        // Values of a chart that depends on this one hold them below its name.
        let own = match keys {
            [first, rest @ ..] if *first == self.name && !rest.is_empty() => rest,
            _ => keys,
        };
        let (last, above) = own.split_last()?;
        let near = self.tree().paths().iter().filter_map(|(name, paths)| Some((distance(last, name)?, paths)));
        let mut best: Option<(f64, usize, &[&'static str])> = None;
        let near = near.flat_map(|(far, paths)| paths.iter().map(move |path| (far, paths.len() == 1, path)));
        for (spelling, is_only, (place, path)) in near {
            let Some(moved) = alignment(above, &path[..path.len() - 1], is_only) else { continue };
            let mut cost = MISSPELT * spelling * spelling + moved;
            if let Json::Object(map) = value
                && let Some(node) = self.node_of(path)
            {
                let strange = map.keys().filter(|key| node.child(key).is_none()).count();
                cost += OTHER_KEYS * ratio(strange, map.len());
            }
            let limit = if spelling < 0.05 { FARTHEST } else { FARTHEST_MISSPELT };
            if cost <= limit && best.is_none_or(|(least, first, _)| (cost, *place) < (least, first)) {
                best = Some((cost, *place, path));
            }
        }
        best.map(|(.., path)| path)
    }

    fn node_of(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(&self.tree().root, |node, key| node.child(key))
    }
}

#[allow(clippy::cast_precision_loss)]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Whether a key is another one with a letter or two wrong: closer than what is offered to a person.
pub(super) fn is_slip(written: &str, name: &str) -> bool {
    distance(written, name).is_some_and(|far| far <= 0.21)
}

/// How different two keys are, from 0 to a third; none where they are too different for a slip.
fn distance(written: &str, name: &str) -> Option<f64> {
    if written == name {
        return Some(0.0);
    }
    let shortened = || (written.len() >= SHORTENED && name.starts_with(written)).then_some(0.3);
    slips(written, name).or_else(shortened)
}

fn slips(written: &str, name: &str) -> Option<f64> {
    let longest = written.len().max(name.len());
    let (ours, theirs) = (letters(written), letters(name));
    let apart = (ours & !theirs).count_ones().max((theirs & !ours).count_ones());
    if written.len().abs_diff(name.len()).max(apart as usize) > longest / 3 {
        return None;
    }
    match strsim::damerau_levenshtein(&written.to_lowercase(), &name.to_lowercase()) {
        // Letters in the wrong case only: nearer than any other slip.
        0 => Some(0.01),
        steps => (steps <= longest / 3).then(|| ratio(steps, longest)),
    }
}

/// Which letters a key has, as bits: each that only one of two keys has is a step from one to the other.
fn letters(key: &str) -> u32 {
    key.bytes().filter(u8::is_ascii_alphabetic).fold(0, |set, byte| set | 1 << (byte.to_ascii_lowercase() - b'a'))
}

/// The least cost of turning one list of keys into the other; none where they have nothing in common, unless the path is
/// the only one with its last key.
fn alignment(written: &[&str], path: &[&str], is_only: bool) -> Option<f64> {
    if written == path {
        return Some(0.0);
    }
    // For each beginning of the path: the cost, and whether a key was found in both.
    let mut costs: Vec<(f64, bool)> = std::iter::successors(Some(0.0), |cost| Some(cost + MISSING_LEVEL))
        .map(|cost| (cost, false))
        .take(path.len() + 1)
        .collect();
    for key in written {
        let mut diagonal = costs[0].0;
        costs[0].0 += NEEDLESS_LEVEL;
        for (at, name) in path.iter().enumerate() {
            let (left, above) = (costs[at], costs[at + 1]);
            let moved = [(left.0 + MISSING_LEVEL, left.1), (above.0 + NEEDLESS_LEVEL, above.1)];
            let paired = distance(key, name).map(|spelling| (diagonal + spelling, true));
            diagonal = above.0;
            let cheapest = moved.into_iter().chain(paired).min_by(|a, b| a.0.total_cmp(&b.0));
            costs[at + 1] = cheapest.unwrap_or(above);
        }
    }
    let (cost, in_common) = costs[path.len()];
    (in_common || is_only || written.is_empty() || path.is_empty()).then_some(cost)
}
