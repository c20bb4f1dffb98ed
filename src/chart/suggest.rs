//! Which path was meant.

use serde_json::Value as Json;

use super::{Chart, index::Node};

/// A level too few.
const MISSING_LEVEL: f64 = 0.5;
/// A level too many.
const NEEDLESS_LEVEL: f64 = 0.6;
/// The farthest path that is still offered, where its last key is right and where that is misspelt as well.
const FARTHEST: f64 = 1.2;
const FARTHEST_MISSPELT: f64 = 0.95;
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
        let mut best: Option<(f64, &[&'static str])> = None;
        for path in self.tree().paths() {
            let Some((name, groups)) = path.split_last() else { continue };
            let Some(spelling) = distance(last, name) else { continue };
            let mut cost = 1.5 * spelling + alignment(above, groups);
            if let Json::Object(map) = value
                && let Some(node) = self.node_of(path)
            {
                let strange = map.keys().filter(|key| node.child(key).is_none()).count();
                cost += OTHER_KEYS * ratio(strange, map.len());
            }
            let limit = if spelling < 0.05 { FARTHEST } else { FARTHEST_MISSPELT };
            if cost <= limit && best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, path));
            }
        }
        best.map(|(_, path)| path)
    }

    fn node_of(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(&self.tree().root, |node, key| node.child(key))
    }
}

#[allow(clippy::cast_precision_loss)]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// How different two keys are, from 0 to a third; none where they are too different for a slip.
pub(super) fn distance(written: &str, name: &str) -> Option<f64> {
    if written == name {
        return Some(0.0);
    }
    let (lengths, longest) = (written.len().abs_diff(name.len()), written.len().max(name.len()));
    if lengths > longest / 3 {
        return None;
    }
    let steps = strsim::damerau_levenshtein(&written.to_lowercase(), &name.to_lowercase());
    // Letters in the wrong case only: nearer than any other slip.
    if steps == 0 { Some(0.01) } else { (steps <= longest / 3).then(|| ratio(steps, longest)) }
}

/// The least cost of turning one list of keys into the other.
fn alignment(written: &[&str], path: &[&str]) -> f64 {
    if written == path {
        return 0.0;
    }
    let mut costs: Vec<f64> =
        std::iter::successors(Some(0.0), |cost| Some(cost + MISSING_LEVEL)).take(path.len() + 1).collect();
    for key in written {
        let mut diagonal = costs[0];
        costs[0] += NEEDLESS_LEVEL;
        for (at, name) in path.iter().enumerate() {
            let paired = distance(key, name).map_or(f64::INFINITY, |spelling| diagonal + spelling);
            diagonal = costs[at + 1];
            costs[at + 1] = paired.min(costs[at] + MISSING_LEVEL).min(diagonal + NEEDLESS_LEVEL);
        }
    }
    costs[path.len()]
}
