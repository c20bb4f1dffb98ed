//! Claims that are bound when their first pod starts, who waits for them and who uses them.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;

use super::{
    build::{Ground, Item},
    delivery::{Delivery, Engine},
    fault::Fault,
    overlay::files,
    release::{Release, waits_for_all},
};
use crate::{
    manifest::{at, resolve, text},
    view::{Spot, workload::pod_spec},
};

/// A claim that a Kustomization waits for.
pub(super) struct Claim<'a, 'v> {
    pub(super) name: String,
    /// The Kustomization that applies it and waits, by its index in the cluster.
    pub(super) delivery: usize,
    /// Where it says that it waits.
    pub(super) wait: Spot<'a, 'v>,
    pub(super) users: Vec<User>,
}

/// Whose pods use a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum User {
    /// A workload that the Kustomization of this index applies.
    Workload(usize),
    /// A job that starts at some time of the day.
    CronJob,
    /// The HelmRelease of this index.
    Release(usize),
}

/// Whether a claim of this class stays pending until a pod uses it: local disks are made on the pod's node.
fn waits_for_pod(class: &str, classes: &HashMap<&str, bool>) -> bool {
    classes.get(class).copied().unwrap_or_else(|| class.starts_with("local") || class.contains("hostpath"))
}

/// The StorageClasses among the objects, by name: whether each waits. The default one also stands at the empty name.
fn classes<'v>(members: &[&Delivery<'_, 'v>]) -> HashMap<&'v str, bool> {
    let mut found = HashMap::new();
    for item in members.iter().flat_map(|delivery| delivery.items.iter()).filter(|item| item.kind == "StorageClass") {
        let waits = item.spot.text(&["volumeBindingMode"]) == Some("WaitForFirstConsumer");
        found.insert(item.spot.name(), waits);
        let default = ["metadata", "annotations", "storageclass.kubernetes.io/is-default-class"];
        if item.spot.text(&default) == Some("true") {
            found.insert("", waits);
        }
    }
    found
}

fn claims<'i, 'a, 'v>(
    delivery: &'i Delivery<'a, 'v>,
    classes: &HashMap<&str, bool>,
) -> impl Iterator<Item = &'i Item<'a, 'v>> {
    let is_waiting = |item: &&Item<'a, 'v>| {
        item.kind == "PersistentVolumeClaim"
            && item.spot.text(&["spec", "volumeName"]).is_none()
            && waits_for_pod(item.spot.text(&["spec", "storageClassName"]).unwrap_or_default(), classes)
    };
    delivery.items.iter().filter(is_waiting)
}

/// The claims of a cluster that are waited for.
pub(super) fn of_cluster<'a: 'v, 'v>(
    ground: &Ground<'a, 'v>,
    members: &[&Delivery<'a, 'v>],
    releases: &[Release<'a, 'v>],
) -> Vec<Claim<'a, 'v>> {
    let classes = classes(members);
    let mut found: BTreeMap<(String, String), Claim<'a, 'v>> = BTreeMap::new();
    for (index, delivery) in members.iter().enumerate().filter(|(_, delivery)| delivery.engine == Engine::Flux) {
        let all = waits_for_all(delivery);
        if all.is_none() && delivery.list(&["spec", "healthChecks"]).is_empty() {
            continue;
        }
        for item in claims(delivery, &classes) {
            let namespace = delivery.namespace_of(item);
            let is_checked = |check: &&Json| {
                text(check, &["kind"]) == Some("PersistentVolumeClaim") && text(check, &["name"]) == Some(&item.name)
            };
            let checked = || {
                delivery.list(&["spec", "healthChecks"]).iter().find(is_checked)?;
                Some(delivery.spot.get(&["spec", "healthChecks"]).unwrap_or_else(|| delivery.spot.clone()))
            };
            let Some(wait) = all.clone().or_else(checked) else { continue };
            let claim = Claim { name: item.name.clone(), delivery: index, wait, users: Vec::new() };
            found.insert((namespace.to_owned(), item.name.clone()), claim);
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    for (index, delivery) in members.iter().enumerate() {
        for (item, name) in delivery.items.iter().flat_map(|item| used(item).into_iter().map(move |name| (item, name)))
        {
            let user = if item.kind == "CronJob" { User::CronJob } else { User::Workload(index) };
            let key = (delivery.namespace_of(item).to_owned(), name.to_owned());
            found.entry(key).and_modify(|claim| claim.users.push(user));
        }
    }
    for (index, release) in releases.iter().enumerate() {
        let namespace = text(&release.body, &["spec", "targetNamespace"]).unwrap_or(&release.namespace);
        let mut note = |text: &str| {
            let key = (namespace.to_owned(), text.to_owned());
            found.entry(key).and_modify(|claim| claim.users.push(User::Release(index)));
        };
        at(&release.body, &["spec", "values"]).into_iter().for_each(|values| strings(values, &mut note));
        for values in layers(ground, members, release) {
            strings(values, &mut note);
        }
    }
    found.into_values().collect()
}

/// The claims that a workload's pods mount.
fn used<'v>(item: &Item<'_, 'v>) -> Vec<&'v str> {
    let Some(spec) = item.generated.is_none().then(|| pod_spec(&item.spot)).flatten() else { return Vec::new() };
    let volumes = spec.items(&["volumes"]);
    volumes.iter().filter_map(|volume| volume.text(&["persistentVolumeClaim", "claimName"])).collect()
}

/// The values that a HelmRelease takes from ConfigMaps that are made from files.
fn layers<'a: 'v, 'v>(
    ground: &Ground<'a, 'v>,
    members: &[&Delivery<'a, 'v>],
    release: &Release<'a, 'v>,
) -> Vec<&'a Json> {
    let from = at(&release.body, &["spec", "valuesFrom"]).and_then(Json::as_array).into_iter().flatten();
    let names: Vec<&str> = from.filter_map(|from| text(from, &["name"])).collect();
    let Some(delivery) = release.delivery.map(|index| members[index]) else { return Vec::new() };
    let made = delivery.items.iter().filter(|item| item.generated.is_some() && names.contains(&item.name.as_str()));
    let files = made.flat_map(|item| files(&item.spot));
    let path = |(_, file): (bool, Spot<'a, 'v>)| {
        let text = file.value.as_str()?;
        resolve(file.object.folder(), text.split_once('=').map_or(text, |(_, path)| path))
    };
    let documents = files.filter_map(path).flat_map(|path| ground.documents(&path).to_vec());
    documents.map(|object| &object.body).collect()
}

/// Every text in a value.
fn strings(value: &Json, then: &mut impl FnMut(&str)) {
    match value {
        Json::String(text) => then(text),
        Json::Array(items) => items.iter().for_each(|item| strings(item, then)),
        Json::Object(map) => map.values().for_each(|value| strings(value, then)),
        _ => {}
    }
}

/// Claims of an Application in an earlier wave than every pod that uses them: Argo CD waits for each wave.
pub(super) fn waves<'a, 'v>(delivery: &Delivery<'a, 'v>) -> Vec<Fault<'a>> {
    let wave = |item: &Item<'a, 'v>| {
        let wave = item.spot.text(&["metadata", "annotations", "argocd.argoproj.io/sync-wave"]);
        wave.and_then(|wave| wave.parse::<i64>().ok()).unwrap_or_default()
    };
    let mut first: HashMap<(&str, &str), i64> = HashMap::new();
    for item in delivery.items.iter().filter(|item| item.kind != "CronJob") {
        for name in used(item) {
            let earliest = first.entry((delivery.namespace_of(item), name)).or_insert(i64::MAX);
            *earliest = wave(item).min(*earliest);
        }
    }
    let mut found = Vec::new();
    for item in claims(delivery, &HashMap::new()) {
        let used = first.get(&(delivery.namespace_of(item), item.name.as_str()));
        if let Some(later) = used.filter(|later| **later > wave(item)) {
            let message = format!(
                "{} never gets beyond wave {}: PersistentVolumeClaim `{}` is bound when its first pod starts, which is in wave {later}",
                delivery.called(),
                wave(item),
                item.name
            );
            let keys = ["metadata", "annotations", "argocd.argoproj.io/sync-wave"];
            let at = item.spot.get(&keys).map_or_else(|| item.spot.at_name(), |spot| spot.at());
            found.push(Fault::new("deadlock", at, message, "put the claim into the wave of what uses it"));
        }
    }
    found
}
