//! Where a value stands, as far as it tells what the value is: a secret, a list whose order means nothing.

use serde_json::Value as Json;

use super::likeness::{Likeness, likeness};
use crate::{
    chart::{CHARTS, Facet},
    yaml::{Dialect, FileId, Source, parse},
};

/// Where a value stands in a document.
#[derive(Clone)]
pub struct Place<'a> {
    /// The kind of the nearest object around it.
    pub kind: &'a str,
    /// The key that the map or list around it stands under.
    pub parent: &'a str,
    /// The key that it stands under; for an item of a list, the key of the list.
    pub key: &'a str,
    secrecy: Secrecy,
    /// Whether the map around it is a Secret.
    is_secret: bool,
    /// Whether the map around it has a name that tells a credential, so that its `value` is one.
    is_literal: bool,
    /// The path in a chart's values.
    values: Option<Vec<&'a str>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    Open,
    /// Below a key such as `secret`, which names another object as often as it holds a value.
    Reference,
    /// Below a key such as `password`.
    Credential,
    /// In a Secret.
    Secret,
}

/// What stands below a key such as `secret` where it names another object.
const REFERENCES: &[&str] = &[
    "name",
    "namespace",
    "key",
    "kind",
    "apiVersion",
    "path",
    "mode",
    "defaultMode",
    "items",
    "optional",
    "secretName",
    "audience",
    "type",
];

impl<'a> Place<'a> {
    /// The root of a document.
    #[must_use]
    pub fn root() -> Place<'static> {
        Place {
            kind: "",
            parent: "",
            key: "",
            secrecy: Secrecy::Open,
            is_secret: false,
            is_literal: false,
            values: None,
        }
    }

    /// The root of a document without a kind, which holds a chart's values where its file is called so.
    #[must_use]
    pub fn of_file(file: &str) -> Place<'static> {
        if is_values(file) { Place::of_values() } else { Place::root() }
    }

    /// The root of a chart's values.
    #[must_use]
    pub fn of_values() -> Place<'static> {
        Place { values: Some(Vec::new()), ..Place::root() }
    }

    /// The same place, knowing what stands there.
    #[must_use]
    pub fn inside(&self, sides: &[&'a Json]) -> Place<'a> {
        let text = |side: &&'a Json, key: &str| side.get(key).and_then(Json::as_str);
        let is_literal = |name: &str| likeness(name) != Likeness::None;
        let mut inside = self.clone();
        // The items of a typed list need not name their kind.
        let is_listed = self.kind == "SecretList" && self.key == "items";
        inside.is_secret = is_listed || sides.iter().any(|side| text(side, "kind") == Some("Secret"));
        inside.is_literal = sides.iter().filter_map(|side| text(side, "name")).any(is_literal);
        if let Some(kind) =
            sides.iter().filter(|side| side.get("apiVersion").is_some()).find_map(|side| text(side, "kind"))
        {
            inside.kind = kind;
            inside.values = None;
        }
        inside
    }

    /// What stands under `key` of the map at this place.
    #[must_use]
    pub fn key(&self, key: &'a str) -> Place<'a> {
        let is_inline = (self.kind == "HelmRelease" && self.key == "spec" && key == "values") || key == "valuesObject";
        let values = if is_inline { Some(Vec::new()) } else { self.values.clone() };
        let values = values.map(|mut path| {
            if !is_inline {
                path.push(key);
            }
            path
        });
        let secrecy = self.secrecy_of(key, values.as_deref());
        Place { kind: self.kind, parent: self.key, key, secrecy, is_secret: false, is_literal: false, values }
    }

    /// An item of the list at this place; `follows_flag` where it is what a flag such as `--password` takes.
    #[must_use]
    pub fn item(&self, follows_flag: bool) -> Place<'a> {
        let secrecy = if follows_flag { Secrecy::Credential } else { self.secrecy };
        Place { secrecy, is_secret: false, is_literal: false, ..self.clone() }
    }

    /// The YAML in the text at this place.
    #[must_use]
    pub fn embedded(&self) -> Place<'a> {
        let values = if is_values(self.key) { Some(Vec::new()) } else { None };
        Place { is_secret: false, is_literal: false, values, kind: "", ..self.clone() }
    }

    /// Whether a text or a number at this place is a secret.
    pub(super) fn is_hidden(&self) -> bool {
        self.secrecy != Secrecy::Open
    }

    /// Whether the item of `list` before `at` is a flag whose value is a secret.
    #[must_use]
    pub fn follows_flag(list: &[Json], at: Option<usize>) -> bool {
        let before = at.and_then(|at| list.get(at.checked_sub(1)?)?.as_str());
        before.is_some_and(|flag| {
            flag.starts_with('-') && !flag.contains(['=', ' ', ':']) && likeness(flag) != Likeness::None
        })
    }

    fn secrecy_of(&self, key: &str, values: Option<&[&str]>) -> Secrecy {
        let likeness = likeness(key);
        match self.secrecy {
            Secrecy::Secret => return Secrecy::Secret,
            Secrecy::Credential | Secrecy::Reference if leads_elsewhere(key) => return Secrecy::Open,
            Secrecy::Credential => return Secrecy::Credential,
            Secrecy::Reference if REFERENCES.contains(&key) => return Secrecy::Open,
            Secrecy::Open | Secrecy::Reference => {}
        }
        if (self.is_secret && matches!(key, "data" | "stringData"))
            || key == "kubectl.kubernetes.io/last-applied-configuration"
        {
            return Secrecy::Secret;
        }
        if self.is_literal && key == "value" {
            return Secrecy::Credential;
        }
        if let Some(known) = values.and_then(modelled) {
            return if known { Secrecy::Credential } else { Secrecy::Open };
        }
        match likeness {
            // It counts Secrets, and holds none.
            _ if self.kind == "ResourceQuota" => Secrecy::Open,
            Likeness::Strong => Secrecy::Credential,
            Likeness::Weak => Secrecy::Reference,
            Likeness::None => self.secrecy,
        }
    }
}

/// Whether a key such as `secretKeyRef` or `valueFrom` says where the secret is, and not what.
fn leads_elsewhere(key: &str) -> bool {
    key.ends_with("Ref") || key.ends_with("From") || key.starts_with("existing")
}

/// Whether the value at this path of a chart's values is a credential, where a model knows the path.
fn modelled(path: &[&str]) -> Option<bool> {
    let path = path.join(".");
    let settings = || CHARTS.iter().flat_map(|chart| chart.settings);
    let above = |setting: &str| path.strip_prefix(setting).is_some_and(|rest| rest.starts_with('.'));
    let is_credential =
        settings().any(|setting| setting.facet == Facet::Credential && (setting.path == path || above(setting.path)));
    (is_credential || settings().any(|setting| setting.path == path)).then_some(is_credential)
}

fn is_values(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.starts_with("values") && (file.ends_with(".yaml") || file.ends_with(".yml"))
}

/// The YAML that a text of several lines holds: a map, or a list of maps.
#[must_use]
pub fn embedded(text: &str) -> Option<Json> {
    if !text.trim_end().contains('\n') && !text.trim_start().starts_with('{') {
        return None;
    }
    let documents = parse(Source { id: FileId(0), name: "", bytes: text.as_bytes() }, Dialect::Manifest).ok()?;
    let [document] = documents.as_slice() else { return None };
    let value = document.to_json();
    let is_structure = match &value {
        Json::Object(_) => true,
        Json::Array(items) => items.iter().all(Json::is_object),
        _ => false,
    };
    is_structure.then_some(value)
}
