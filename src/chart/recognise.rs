//! Which chart a file of values is for.

use serde_json::{Map, Value as Json};

use super::{CHARTS, Chart, index::Node, suggest::is_slip};

/// The keys of a chart's values that tell it from others. Dotted paths.
#[derive(Debug)]
pub struct Marks {
    /// Those that no other chart has: one is enough.
    pub own: &'static [&'static str],
    /// Those that similar charts have too: taken where nothing else in the file is strange.
    pub shared: &'static [&'static str],
}

/// The chart whose values these are, where enough speaks for one; the newest version where several have one name.
#[must_use]
pub fn recognise(values: &Json) -> Option<&'static Chart> {
    let map = values.as_object()?;
    if map.contains_key("kind") || map.contains_key("apiVersion") {
        return None;
    }
    CHARTS.iter().rev().copied().find(|chart| chart.is_for(values, map))
}

impl Chart {
    /// Whether these values are for this chart.
    fn is_for(&self, values: &Json, map: &Map<String, Json>) -> bool {
        let has = |path: &&str| at(values, path).is_some();
        let own = self.marks.own.iter().any(has);
        let likely = own || (self.marks.shared.iter().any(has) && self.images_fit(values));
        if !likely {
            return false;
        }
        let tally = Tally::of(&self.tree().root, map, if own { 0 } else { 3 });
        let wrong = tally.strange + tally.misspelt;
        (own || tally.strange == 0) && wrong <= (tally.known + wrong).div_ceil(4)
    }

    /// Whether no image of the chart is replaced by one of another name.
    fn images_fit(&self, values: &Json) -> bool {
        let name = |text: &str| text.rsplit('/').next().unwrap_or_default().to_owned();
        self.images.iter().map(|image| format!("{}.repository", image.path)).all(|path| {
            let usual = self.default(&path);
            match (at(values, &path).and_then(Json::as_str), usual.as_ref().and_then(Json::as_str)) {
                (Some(set), Some(usual)) => name(set) == name(usual),
                _ => true,
            }
        })
    }
}

fn at<'v>(values: &'v Json, path: &str) -> Option<&'v Json> {
    path.split('.').try_fold(values, |value, key| value.get(key))
}

/// How many keys are known, nearly known, and strange.
#[derive(Default)]
struct Tally {
    known: usize,
    misspelt: usize,
    strange: usize,
}

impl Tally {
    fn of(node: &Node, map: &Map<String, Json>, deeper: usize) -> Self {
        let mut tally = Tally::default();
        tally.count(node, map, deeper);
        tally
    }

    fn count(&mut self, node: &Node, map: &Map<String, Json>, deeper: usize) {
        for (key, value) in map {
            match node.child(key) {
                Some(child) if child.is_group() && !value.is_object() && !value.is_null() => self.strange += 1,
                Some(child) => {
                    self.known += 1;
                    if deeper > 0
                        && child.is_group()
                        && child.row.is_none()
                        && let Json::Object(below) = value
                    {
                        self.count(child, below, deeper - 1);
                    }
                }
                None if node.children.iter().any(|child| is_slip(key, child.key)) => self.misspelt += 1,
                None => self.strange += 1,
            }
        }
    }
}
