//! What a cluster keeps from one tree to the next, under names that it has in both: what rules about transitions hold side by side.

mod claim;
mod engine;
mod fixed;
mod guard;
mod held;
mod home;
mod level;
mod parked;

use serde_json::Value as Json;

pub use claim::{Claim, Growth};
pub use engine::Engine;
pub use fixed::Fixed;
pub use guard::Guard;
pub use held::{Held, Part};
pub use home::Home;
pub use level::Level;
pub use parked::Parked;

use super::{At, Release, Spot, Tree};

/// One fact of a tree, and what it is called in every tree that has it.
pub struct Fact<'a, T> {
    /// Where it stands.
    pub at: At<'a>,
    /// The object or the release that it is about, for people: `StatefulSet shop/postgres`.
    pub thing: String,
    /// Which of the thing's facts of this type it is.
    pub part: String,
    /// What it says.
    pub says: T,
}

impl<T> Fact<'_, T> {
    /// What the fact is about, for people.
    #[must_use]
    pub fn called(&self) -> String {
        match self.part.as_str() {
            "" => self.thing.clone(),
            part => format!("`{part}` of {}", self.thing),
        }
    }
}

/// What lasts of a tree.
#[derive(Default)]
pub struct Lasting<'a> {
    /// Objects whose removal costs something.
    pub held: Vec<Fact<'a, Held>>,
    /// What keeps objects and their data where their manifest goes.
    pub guards: Vec<Fact<'a, Guard>>,
    /// Sizes of volumes.
    pub claims: Vec<Fact<'a, Claim>>,
    /// Fields that Kubernetes lets nobody change.
    pub fixed: Vec<Fact<'a, Fixed>>,
    /// Which claims hold the data of what.
    pub homes: Vec<Fact<'a, Home<'a>>>,
    /// Versions of databases.
    pub engines: Vec<Fact<'a, Engine>>,
    /// How open or how closed something is.
    pub levels: Vec<Fact<'a, Level>>,
    /// What waits for somebody to let it go on.
    pub parked: Vec<Fact<'a, Parked<'a>>>,
    /// The labels of its pods.
    pub pods: Vec<std::collections::BTreeMap<String, String>>,
    /// What is asked for and not in the tree: kind and name.
    pub missing: Vec<(String, String)>,
}

impl<'a> Lasting<'a> {
    /// What lasts of a tree.
    pub(super) fn of(tree: &Tree<'a, '_>) -> Lasting<'a> {
        let mut lasting = Lasting {
            engines: engine::find(tree),
            homes: home::find(tree),
            parked: parked::find(tree),
            missing: held::missing(tree),
            pods: held::pods(tree),
            ..Lasting::default()
        };
        for body in tree.bodies {
            lasting.held.extend(held::of_body(body));
            lasting.guards.extend(guard::of_body(body));
            lasting.claims.extend(claim::of_body(body));
            lasting.fixed.extend(fixed::of_body(body));
            lasting.levels.extend(level::of_body(body));
        }
        for valued in tree.releases {
            lasting.held.extend(held::of_release(valued.release));
            lasting.claims.extend(claim::of_release(valued.release));
            lasting.fixed.extend(fixed::of_release(valued.release));
            lasting.levels.extend(level::of_release(valued.release));
        }
        lasting
    }
}

/// What an object is called.
fn named(body: &Spot<'_, '_>) -> String {
    match body.namespace() {
        "" => format!("{} {}", body.kind(), body.name()),
        namespace => format!("{} {namespace}/{}", body.kind(), body.name()),
    }
}

/// What a release is called, or values without one.
fn released(release: &Release<'_>) -> String {
    match (&release.name, release.namespace.as_str()) {
        (None, _) => release.at.object.file.clone(),
        (Some(name), "") => format!("release {name}"),
        (Some(name), namespace) => format!("release {namespace}/{name}"),
    }
}

fn fact<'a, T>(at: At<'a>, thing: impl Into<String>, part: impl Into<String>, says: T) -> Fact<'a, T> {
    Fact { at, thing: thing.into(), part: part.into(), says }
}

/// What a setting of a release is in the end, as far as that is known.
fn settled(release: &Release<'_>, path: &str) -> Option<Json> {
    match release.value(path) {
        Some(value) => Some(value.clone()).filter(|value| !value.is_null()),
        None => release.chart.default(path).filter(|_| knows_all(release)),
    }
}

/// Whether the values of a release are all it has: what stands elsewhere, or cannot be read, may say anything.
fn knows_all(release: &Release<'_>) -> bool {
    release.is_whole || release.is_loose()
}

/// The text that a setting of a release is in the end; none where it is empty.
fn settled_text(release: &Release<'_>, path: &str) -> Option<String> {
    settled(release, path)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The groups of settings of a release that are volumes with a size of their own, as far as they are in use.
fn volumes(release: &Release<'_>) -> Vec<&'static str> {
    let sizes = release.chart.settings.iter().filter_map(|setting| setting.path.strip_suffix(".size"));
    let is_used = |group: &&str| {
        let is_idle = |idle: &crate::chart::Group| {
            let (path, wanted) = idle.when;
            let is_below = group.strip_prefix(idle.path).is_some_and(|rest| rest.starts_with('.'));
            is_below && settled(release, path).is_none_or(|value| value.to_string().trim_matches('"') != wanted)
        };
        let is_on = settled(release, &format!("{group}.enabled")).is_none_or(|on| on == true);
        is_on && !release.chart.groups.iter().any(is_idle)
    };
    sizes.filter(is_used).collect()
}

/// Where a release says something about a setting, or would.
fn place<'a>(release: &Release<'a>, path: &str) -> At<'a> {
    release.place(path).unwrap_or_else(|| release.nearest(path))
}
