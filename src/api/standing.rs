//! What an `apiVersion` and a `kind` stand for.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{
    Own, Versions,
    form::{Line, Type},
    index::{INDEX, Kind, group},
    walk::did_you_mean,
};
use crate::suggest::closest;

/// What is known of an object's kind.
pub enum Standing {
    /// A user's schema has it.
    Own(OwnType),
    /// The declared version serves it.
    Known(&'static Kind),
    /// The declared version does not serve it any more.
    Gone(Gone),
    /// It cannot be: what is wrong, on which key, and what to do.
    Impossible {
        /// The key that is wrong.
        key: &'static str,
        /// What is wrong.
        message: String,
        /// How to put it right.
        help: String,
    },
    /// A custom kind without a schema.
    Unknown,
    /// No object at all: it has no `kind`.
    Nothing,
}

/// A type of a user.
pub struct OwnType(pub(super) Arc<Type>);

/// A version of a kind on its way out, or gone.
pub struct Gone {
    /// The kind.
    pub kind: &'static Kind,
    /// The release since when, such as `Kubernetes 1.25`.
    pub since: String,
    /// The `apiVersion` and the kind that come in its place.
    pub instead: Option<(&'static str, &'static str)>,
    /// Whether only the `apiVersion` differs: every field means the same there.
    pub is_renamed: bool,
}

/// Kinds that moved without a change in what their fields mean. Others need a look: a Deployment of `extensions/v1beta1` has no
/// selector, an Ingress before v1 names its backends otherwise.
const RENAMED: [&str; 12] = [
    "batch/v1beta1",
    "rbac.authorization.k8s.io/",
    "storage.k8s.io/",
    "scheduling.k8s.io/",
    "coordination.k8s.io/v1beta1",
    "node.k8s.io/v1beta1",
    "policy/v1beta1",
    "kustomize.toolkit.fluxcd.io/v1beta2",
    "helm.toolkit.fluxcd.io/v2beta2",
    "source.toolkit.fluxcd.io/v1beta2",
    "image.toolkit.fluxcd.io/v1beta2",
    "notification.toolkit.fluxcd.io/v1beta2",
];

impl Gone {
    /// The deprecation of a kind that the declared version still serves.
    #[must_use]
    pub fn soon(kind: &'static Kind, versions: Versions) -> Option<Gone> {
        let since = kind.deprecated.filter(|since| *since <= kind.line.version(versions))?;
        // A preview without a successor is the newest that there is.
        kind.instead.and_then(|_| Gone::of(kind, since))
    }

    fn of(kind: &'static Kind, since: u32) -> Option<Gone> {
        let instead = kind.instead.and_then(|instead| instead.rsplit_once('/'));
        let is_renamed = instead.is_some_and(|(_, name)| name == kind.name)
            && RENAMED.iter().any(|start| kind.api_version.starts_with(start));
        Some(Gone { kind, since: kind.line.spelled(since), instead, is_renamed })
    }

    /// When it goes, or went, such as `Kubernetes 1.25`.
    #[must_use]
    pub fn removed(&self) -> Option<String> {
        Some(self.kind.line.spelled(self.kind.removed?))
    }
}

/// What the `apiVersion` and `kind` of an object stand for.
#[must_use]
pub fn standing(body: &Json, versions: Versions, own: &[&Own]) -> Standing {
    let text = |key: &str| body.get(key).and_then(Json::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if kind.is_empty() || api_version.is_empty() {
        return nameless(body, kind);
    }
    if let Some(of) = own.iter().find_map(|own| own.get(api_version, kind)) {
        return Standing::Own(OwnType(Arc::clone(of)));
    }
    match INDEX.kind(api_version, kind) {
        Some(kind) => served(kind, versions),
        None => nowhere(api_version, kind),
    }
}

/// What has no `apiVersion`: an object all the same where its kind and its metadata say so.
fn nameless(body: &Json, kind: &str) -> Standing {
    let newest = INDEX.kinds.iter().rfind(|known| known.name == kind && known.block.is_some());
    match newest.filter(|_| body.get("metadata").is_some_and(Json::is_object) && body.get("apiVersion").is_none()) {
        Some(known) => Standing::Impossible {
            key: "kind",
            message: format!("this {kind} has no `apiVersion`"),
            help: format!("add `apiVersion: {}`", known.api_version),
        },
        None => Standing::Nothing,
    }
}

fn served(kind: &'static Kind, versions: Versions) -> Standing {
    let version = kind.line.version(versions);
    // Its promised end may have been put off: as long as it is served it is there.
    let last = kind.removed.filter(|_| kind.block.is_none()).map(|removed| removed - 1).unwrap_or(kind.until);
    if version > last
        && let Some(gone) = Gone::of(kind, last + 1)
    {
        let others = || INDEX.kinds.iter().filter(|other| other.name == kind.name && other.group() == kind.group());
        let serving = || others().find(|other| (other.since..=other.until).contains(&version) && other.block.is_some());
        let instead = gone.instead.or_else(|| serving().map(|other| (other.api_version, other.name)));
        return Standing::Gone(Gone { instead, ..gone });
    }
    if version < kind.since {
        let (ours, theirs) = (kind.line.spelled(version), kind.line.spelled(kind.since));
        let message = format!("{} of {} exists since {theirs}, and this is for {ours}", kind.name, kind.api_version);
        let help = "use a version of it that the cluster serves, or say which version the cluster has";
        return Standing::Impossible { key: "apiVersion", message, help: help.to_owned() };
    }
    Standing::Known(kind)
}

/// Whether an `apiVersion` ends in a version as Kubernetes spells them.
fn is_version(api_version: &str) -> bool {
    let version = api_version.rsplit('/').next().unwrap_or_default();
    let shape: String = version.chars().filter(|c| !c.is_ascii_digit()).collect();
    matches!(shape.as_str(), "v" | "valpha" | "vbeta") && version.ends_with(|c: char| c.is_ascii_digit())
}

/// A kind that the texts do not have under this `apiVersion`.
fn nowhere(api_version: &str, kind: &str) -> Standing {
    let of_group = || INDEX.kinds.iter().filter(|known| known.group() == group(api_version));
    let newest = |kinds: &mut dyn Iterator<Item = &'static Kind>| kinds.filter(|known| known.block.is_some()).last();
    // A version of the group that it does not have. Custom kinds may have more versions than gen knows.
    if of_group().next().is_none() {
        let moved = || INDEX.kinds.iter().filter(|known| known.name == kind && known.block.is_some());
        return match closest(group(api_version), moved().map(Kind::group)) {
            Some(meant) => {
                let meant = moved().rfind(|known| known.group() == meant).map_or("", |known| known.api_version);
                let message = format!("there is no {kind} in `{api_version}`");
                Standing::Impossible { key: "apiVersion", message, help: did_you_mean(meant) }
            }
            None => Standing::Unknown,
        };
    }
    // CRDs that gen has one release of may have had other versions, and will have.
    let is_custom = of_group().all(|known| known.line == Line::Always);
    if is_custom && is_version(api_version) && of_group().any(|known| known.name == kind) {
        return Standing::Unknown;
    }
    if let Some(other) = newest(&mut of_group().filter(|known| known.name == kind)) {
        let message = format!("there is no {kind} in `{api_version}`");
        return Standing::Impossible { key: "apiVersion", message, help: did_you_mean(other.api_version) };
    }
    if let Some(meant) = closest(kind, of_group().map(|known| known.name)).filter(|meant| *meant != kind) {
        let message = format!("there is no {kind} in `{api_version}`");
        return Standing::Impossible { key: "kind", message, help: did_you_mean(meant) };
    }
    let elsewhere = newest(&mut INDEX.kinds.iter().filter(|known| known.name == kind));
    match elsewhere {
        // Kustomization is Flux's and kustomize's; in each of their groups it was found already.
        Some(other) => {
            let message = format!("there is no {kind} in `{api_version}`");
            Standing::Impossible { key: "apiVersion", message, help: format!("it is in `{}`", other.api_version) }
        }
        None => Standing::Unknown,
    }
}
