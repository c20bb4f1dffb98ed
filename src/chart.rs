//! Pinned chart models: what gen knows about a chart version. Adding a version is adding a file and a line in [`CHARTS`].

mod postgresql;
mod setting;
mod values;

use serde_json::Value as Json;

pub use setting::{Exposure, Facet, ImagePart, Kind, NetworkPolicy, Persistence, Set, Setting, Shape, Target};
pub use values::Values;

/// What gen knows about one version of a chart.
#[derive(Debug)]
pub struct Chart {
    /// The chart's name.
    pub name: &'static str,
    /// The version that this model describes.
    pub version: &'static str,
    /// The charts that it depends on, by name and the version that its Chart.lock pins.
    pub dependencies: &'static [(&'static str, &'static str)],
    /// Every image that the chart can run.
    pub images: &'static [Image],
    /// Values that name or move what gen's own objects point at.
    pub pinned: &'static [Pinned],
    /// Groups of settings that have an effect only together with another.
    pub groups: &'static [Group],
    /// Every value path.
    pub settings: &'static [Setting],
}

impl Chart {
    /// The settings that `values` set, in their order.
    #[must_use]
    pub fn set<'v>(&self, values: &'v Json) -> Vec<Set<'v>> {
        let find = |setting: &'static Setting| {
            let pointer: Vec<String> = setting.path.split('.').map(str::to_owned).collect();
            let value = pointer.iter().try_fold(values, |value, key| value.get(key))?;
            Some(Set { setting, pointer, value })
        };
        self.settings.iter().filter_map(find).collect()
    }

    /// Every mistake in `values`.
    #[must_use]
    pub fn mistakes(&self, _values: &Json) -> Vec<Mistake> {
        Vec::new()
    }

    /// The default of the setting `path`.
    #[must_use]
    pub fn default(&self, path: &str) -> Option<Json> {
        let setting = self.settings.iter().find(|setting| setting.path == path)?;
        serde_json::from_str(setting.default).ok()
    }
}

/// A value that gen's own objects rely on.
#[derive(Debug)]
pub struct Pinned {
    /// Its path in the values, or that of the map that it stands in.
    pub path: &'static str,
    /// How to get what it is for; empty where there is no way.
    pub instead: &'static str,
    /// Whether gen's network policies would no longer close the pods.
    pub opens: bool,
}

/// A group of settings that has an effect only together with another setting.
#[derive(Debug)]
pub struct Group {
    /// The path of the group.
    pub path: &'static str,
    /// The setting and what it has to be.
    pub when: (&'static str, &'static str),
}

/// An image of a chart.
#[derive(Debug)]
pub struct Image {
    /// The role, a key of the environment's `images`.
    pub role: &'static str,
    /// The path of the values that choose it.
    pub path: &'static str,
    /// The flags of which one makes the chart run it; none where it always does.
    pub when: &'static [&'static str],
}

/// Every chart version that gen has a model of.
pub const CHARTS: &[Chart] = &[postgresql::V17_0_2];

/// The model of a chart version.
#[must_use]
pub fn find(name: &str, version: &str) -> Option<&'static Chart> {
    CHARTS.iter().find(|chart| chart.name == name && chart.version == version)
}

/// A mistake in the values of a chart.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// The keys and list indices that lead to it.
    pub pointer: Vec<String>,
    /// Whether its key is wrong.
    pub on_key: bool,
    /// What is wrong and why.
    pub message: String,
    /// How to fix it.
    pub help: String,
}

/// The chart that a map without a kind holds values of.
#[must_use]
pub fn recognise(values: &Json) -> Option<&'static Chart> {
    let keys: Vec<&String> = values.as_object()?.keys().collect();
    let fits = |chart: &&Chart| {
        let is_known =
            |key: &&&String| chart.settings.iter().any(|setting| setting.path.split('.').next() == Some(key.as_str()));
        !keys.is_empty() && keys.iter().filter(is_known).count() * 4 >= keys.len() * 3
    };
    CHARTS.iter().find(fits)
}

/// The names of all charts, each once.
#[must_use]
pub fn names() -> Vec<&'static str> {
    distinct(CHARTS.iter().map(|chart| chart.name))
}

/// The versions of one chart.
#[must_use]
pub fn versions(name: &str) -> Vec<&'static str> {
    CHARTS.iter().filter(|chart| chart.name == name).map(|chart| chart.version).collect()
}

/// The image roles of all charts, each once.
#[must_use]
pub fn image_roles() -> Vec<&'static str> {
    distinct(CHARTS.iter().flat_map(|chart| chart.images).map(|image| image.role))
}

fn distinct(names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}
