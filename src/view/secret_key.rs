//! Keys of Secrets that are asked for and that the Secrets do not have.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{At, Release, Spot, Tree, pod::Pod, release::is_true};
use crate::manifest::Provenance;

/// A key that a Secret of the tree does not have.
pub struct MissingKey<'a> {
    /// Where it is asked for.
    pub at: At<'a>,
    /// The Secret.
    pub secret: String,
    /// The key.
    pub key: String,
    /// The keys that it has.
    pub known: Vec<String>,
}

/// What a body asks for: the place of the key, the Secret's namespace and name, the key.
type Demand<'a, 'v> = (Spot<'a, 'v>, &'v str, &'v str, &'v str);

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<MissingKey<'a>> {
    let secrets = tree.bodies.iter().filter(|body| body.kind() == "Secret" && body.group().is_empty());
    let keys = |secret: &Spot<'_, '_>| -> Vec<String> {
        let entries = ["data", "stringData"].into_iter().flat_map(|block| secret.entries(&[block]));
        entries.map(|(key, _)| key.to_owned()).collect()
    };
    // kustomize and Flux give a namespace to what names none.
    let known: HashMap<(&str, &str), Vec<String>> =
        secrets.map(|secret| ((secret.namespace(), secret.name()), keys(secret))).collect();
    let demands = tree.pods.iter().flat_map(of_pod).chain(tree.bodies.iter().flat_map(of_release));
    // What gen renders asks for what its services demand, which is looked at where that is known.
    let demands = demands.filter(|(spot, ..)| matches!(spot.object.provenance, Provenance::Written(_)));
    let missing = |(spot, namespace, name, key): Demand<'a, '_>| {
        let has = known.get(&(namespace, name)).or_else(|| known.get(&("", name)))?;
        let is_missing = !has.iter().any(|known| known == key);
        is_missing.then(|| MissingKey {
            at: spot.at(),
            secret: name.to_owned(),
            key: key.to_owned(),
            known: has.clone(),
        })
    };
    let releases = tree.releases.iter().flat_map(|valued| of_values(valued.release));
    let in_values = releases.filter_map(|(at, namespace, secret, key)| {
        let has = known.get(&(namespace, secret.as_str())).or_else(|| known.get(&("", secret.as_str())));
        let known = has.filter(|has| !has.contains(&key))?.clone();
        Some(MissingKey { at, secret, key, known })
    });
    demands.filter_map(missing).chain(in_values).collect()
}

/// The keys that the values of a chart name, each with the value that names its Secret and, where there is one, the one that
/// tells whether it is asked for.
const OF_VALUES: &[(&str, &str, Option<&str>)] = &[
    ("auth.secretKeys.adminPasswordKey", "auth.existingSecret", Some("auth.enablePostgresUser")),
    ("auth.secretKeys.userPasswordKey", "auth.existingSecret", None),
    ("tls.certFilename", "tls.certificatesSecret", Some("tls.enabled")),
    ("tls.certKeyFilename", "tls.certificatesSecret", Some("tls.enabled")),
    ("tls.certCAFilename", "tls.certificatesSecret", Some("tls.enabled")),
];

/// What the values of a release ask for: the place, the namespace, the Secret, the key.
fn of_values<'a, 'v>(release: &'v Release<'a>) -> Vec<(At<'a>, &'v str, String, String)> {
    let text =
        |path: &str| release.value(path).and_then(Json::as_str).filter(|text| !text.is_empty() && !text.contains("{{"));
    let demand = |(key, secret, switch): &(&str, &str, Option<&str>)| {
        let is_known = release.chart.setting(key).is_some() && release.chart.setting(secret).is_some();
        let is_off = |switch: &str| release.value(switch).is_some_and(|value| !is_true(value));
        if !is_known || switch.is_some_and(is_off) {
            return None;
        }
        let at = release.place(key).filter(|at| matches!(at.object.provenance, Provenance::Written(_)))?;
        Some((at, release.namespace.as_str(), text(secret)?.to_owned(), text(key)?.to_owned()))
    };
    OF_VALUES.iter().filter_map(demand).collect()
}

/// The key at `key` of `spot`, of the Secret whose name stands at `name`; none where it may be missing.
fn demand<'a, 'v>(spot: &Spot<'a, 'v>, namespace: &'v str, name: &str, key: &str) -> Option<Demand<'a, 'v>> {
    let is_optional = spot.value.get("optional").is_some_and(|optional| optional == true);
    let (secret, wanted) = (spot.text(&[name])?, spot.text(&[key])?);
    (!is_optional).then_some((spot.get(&[key])?, namespace, secret, wanted))
}

fn of_pod<'a, 'v>(pod: &'v Pod<'a, 'v>) -> Vec<Demand<'a, 'v>> {
    let here = pod.namespace.as_str();
    let references = pod.variables().into_iter().filter_map(|variable| variable.get(&["valueFrom", "secretKeyRef"]));
    let mut found: Vec<Demand<'a, 'v>> =
        references.filter_map(|reference| demand(&reference, here, "name", "key")).collect();
    for volume in pod.spec.iter().flat_map(|spec| spec.items(&["volumes"])) {
        let sources = volume.items(&["projected", "sources"]).into_iter();
        let sources = sources.filter_map(|source| source.get(&["secret"])).map(|source| (source, "name"));
        for (source, name) in volume.get(&["secret"]).into_iter().map(|source| (source, "secretName")).chain(sources) {
            let Some(secret) = source.text(&[name]) else { continue };
            let items = source.items(&["items"]).into_iter();
            let demands = items.filter_map(|item| Some((item.get(&["key"])?, here, secret, item.text(&["key"])?)));
            let is_optional = source.value.get("optional").is_some_and(|optional| optional == true);
            found.extend(demands.filter(|_| !is_optional));
        }
    }
    found
}

/// What a HelmRelease takes its values from.
fn of_release<'a, 'v>(body: &Spot<'a, 'v>) -> Vec<Demand<'a, 'v>> {
    if body.kind() != "HelmRelease" {
        return Vec::new();
    }
    let sources = body.items(&["spec", "valuesFrom"]).into_iter();
    let sources = sources.filter(|source| source.text(&["kind"]) == Some("Secret"));
    sources.filter_map(|source| demand(&source, body.namespace(), "name", "valuesKey")).collect()
}
