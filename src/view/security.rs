//! What the Pod Security Standards say about the pods of a tree, and which level their namespaces ask for.

mod container;
mod standard;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::{
    At, Spot, Tree,
    template::{From, Origin, Template},
};

pub use standard::{Flaw, Refusal};

/// A pod for which some level has a word.
pub struct Insecure<'a> {
    /// The namespace that it goes to; empty where nothing names it.
    pub namespace: String,
    /// What that namespace asks for, where the tree says so.
    pub asked: Option<Asked>,
    /// Whether it belongs to a database.
    pub is_database: bool,
    /// Whether it runs on every node: what does often needs the node's powers.
    pub is_agent: bool,
    /// Whether it comes from a chart's values.
    pub is_chart: bool,
    /// What is refused, and where to change it.
    pub refusals: Vec<Refused<'a>>,
}

/// A refusal and its place.
pub struct Refused<'a> {
    /// What is refused.
    pub refusal: Refusal,
    /// Where it stands, or would.
    pub at: At<'a>,
    /// What to write there, where that is not the field itself.
    pub instead: Option<&'static str>,
}

/// A level of the standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Anything goes.
    Privileged,
    /// Nothing that is known to lead to the node.
    Baseline,
    /// Hardened pods only.
    Restricted,
}

impl Level {
    /// Every level as the label spells it.
    pub const ALL: [(&'static str, Level); 3] =
        [("privileged", Level::Privileged), ("baseline", Level::Baseline), ("restricted", Level::Restricted)];

    /// The level as the label spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        }
    }
}

/// What a namespace asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The level.
    pub level: Level,
    /// The minor version of the standards; that of the cluster where none is pinned.
    pub minor: Option<u32>,
}

/// What is wrong with a namespace itself.
pub struct OpenNamespace<'a> {
    /// Its label, or its name where it has none.
    pub at: At<'a>,
    /// Its name.
    pub name: String,
    /// What the label says, where there is one.
    pub label: Option<String>,
    /// The database that stands in it.
    pub database: Option<&'static str>,
}

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";
const VERSION: &str = "pod-security.kubernetes.io/enforce-version";

/// The namespaces of a tree by name; the same name may stand in the folders of several clusters.
struct Namespaces<'s, 'a, 'v>(HashMap<&'v str, Vec<(&'s Spot<'a, 'v>, Option<Asked>)>>);

impl<'s, 'a, 'v> Namespaces<'s, 'a, 'v> {
    fn of(bodies: &'s [Spot<'a, 'v>]) -> Self {
        let mut found: HashMap<&str, Vec<_>> = HashMap::new();
        for body in bodies.iter().filter(|body| body.kind() == "Namespace" && body.group().is_empty()) {
            found.entry(body.name()).or_default().push((body, asked(body)));
        }
        Namespaces(found)
    }

    /// The one that a pod of `file` means: of several that nearest to it.
    fn of_pod(&self, name: &str, file: &str) -> Option<&(&'s Spot<'a, 'v>, Option<Asked>)> {
        let shared = |other: &str| file.split('/').zip(other.split('/')).take_while(|(a, b)| a == b).count();
        self.0.get(name)?.iter().max_by_key(|(body, _)| shared(&body.object.file))
    }
}

/// What the labels of a namespace ask for, as the admission controller reads them: a level that it does not know is the
/// strictest, a version that it does not know the newest.
fn asked(body: &Spot<'_, '_>) -> Option<Asked> {
    let label = |key: &str| body.text(&["metadata", "labels", key]);
    let named = label(ENFORCE)?;
    let level = Level::ALL.into_iter().find(|(name, _)| *name == named).map_or(Level::Restricted, |(_, level)| level);
    let minor = label(VERSION).and_then(|version| version.strip_prefix("v1.")?.parse().ok());
    Some(Asked { level, minor })
}

/// The pods of a tree for which some level has a word.
pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Insecure<'a>> {
    let namespaces = Namespaces::of(tree.bodies);
    let insecure = |template: &Template<'a, '_>| {
        let refusals = standard::refusals(&template.pod);
        if refusals.is_empty() {
            return None;
        }
        let place = |refusal: Refusal| {
            let Origin { at, instead } = template.origin(&refusal.pointer);
            Refused { refusal, at, instead }
        };
        let asked = namespaces.of_pod(&template.namespace, template.file()).and_then(|(_, asked)| *asked);
        Some(Insecure {
            namespace: template.namespace.clone(),
            asked,
            is_database: template.database.is_some(),
            is_agent: template.kind == "DaemonSet",
            is_chart: matches!(template.from, From::Chart(_)),
            refusals: refusals.into_iter().map(place).collect(),
        })
    };
    tree.templates.iter().filter_map(insecure).collect()
}

/// Namespaces whose label is no level, and those with a database in them that hold nobody to any.
pub(super) fn namespaces<'a>(tree: &Tree<'a, '_>) -> Vec<OpenNamespace<'a>> {
    let all = Namespaces::of(tree.bodies);
    let mut databases: HashMap<*const Spot<'_, '_>, &'static str> = HashMap::new();
    for template in tree.templates {
        if let (Some(database), Some((body, _))) = (template.database, all.of_pod(&template.namespace, template.file()))
        {
            databases.entry(std::ptr::from_ref(*body)).or_insert(database);
        }
    }
    let mut found = Vec::new();
    for (body, asked) in all.0.values().flatten() {
        let label = body.get(&["metadata", "labels", ENFORCE]);
        let text = label.as_ref().and_then(|label| label.value.as_str()).map(str::to_owned);
        let is_unknown = text.as_ref().is_some_and(|text| !Level::ALL.iter().any(|(name, _)| name == text));
        let database = databases.get(&std::ptr::from_ref(*body)).copied();
        let holds_nobody = asked.is_none_or(|asked| asked.level == Level::Privileged);
        if is_unknown || (holds_nobody && database.is_some()) {
            let at = label.map_or_else(|| body.at_name(), |label| label.at());
            found.push(OpenNamespace { at, name: body.name().to_owned(), label: text, database });
        }
    }
    // A map has no order.
    found.sort_by(|a, b| (&a.at.object.file, &a.name).cmp(&(&b.at.object.file, &b.name)));
    found
}
