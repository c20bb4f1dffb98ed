//! Pinned chart models: what gen knows about a chart version. Adding a version is adding a file and a line in [`CHARTS`].

mod check;
mod index;
mod json_schema;
mod pods;
mod postgresql;
mod recognise;
mod setting;
mod suggest;
mod values;
mod words;

use serde_json::Value as Json;

pub use crate::api::Mistake;
pub use index::Index;
pub use pods::{Container, Pod};
pub use recognise::{Marks, recognise};
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
    /// The ports that its pods listen on.
    pub ports: &'static [ContainerPort],
    /// Every pod that the chart can make.
    pub pods: &'static [Pod],
    /// Values that name or move what gen's own objects point at.
    pub pinned: &'static [Pinned],
    /// Groups of settings that have an effect only together with another.
    pub groups: &'static [Group],
    /// Groups that the templates cannot do without: `null` there makes them fail, if only with what gen can turn on.
    pub needed: &'static [&'static str],
    /// Every value path.
    pub settings: &'static [Setting],
    /// What tells its values from those of other charts.
    pub marks: Marks,
    /// The tree of the settings.
    pub index: Index,
}

impl Chart {
    /// The settings that `values` set, in the chart's order. A group that is a setting itself comes with those in it.
    #[must_use]
    pub fn set<'v>(&self, values: &'v Json) -> Vec<Set<'v>> {
        let mut found = Vec::new();
        self.tree().root.set(values, &mut found);
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, set)| set).collect()
    }

    /// The setting of a path.
    #[must_use]
    pub fn setting(&self, path: &str) -> Option<&'static Setting> {
        self.node(path)?.row.map(|(_, setting)| setting)
    }

    /// What the chart takes for a path that is not set.
    #[must_use]
    pub fn default(&self, path: &str) -> Option<Json> {
        serde_json::from_str(self.setting(path)?.default).ok()
    }

    /// The settings of a group, its own first; none where the path names no group.
    #[must_use]
    pub fn group(&self, path: &str) -> Vec<&'static Setting> {
        let below = |setting: &&Setting| {
            setting.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if self.node(path).is_some_and(index::Node::is_group) {
            self.settings.iter().filter(below).collect()
        } else {
            Vec::new()
        }
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

/// A port of a chart's pods.
#[derive(Debug)]
pub struct ContainerPort {
    /// Its name in the pod.
    pub name: &'static str,
    /// The path of its number.
    pub path: &'static str,
    /// The flag that opens it; empty where it is always open.
    pub when: &'static str,
    /// Whether it answers with metrics and no data.
    pub is_metrics: bool,
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
pub static CHARTS: &[&Chart] = &[&postgresql::V17_0_2];

/// The model of a chart version.
#[must_use]
pub fn find(name: &str, version: &str) -> Option<&'static Chart> {
    CHARTS.iter().copied().find(|chart| chart.name == name && chart.version == version)
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
