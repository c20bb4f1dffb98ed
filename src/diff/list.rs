//! Lists: which items are the same one, and where their order means something.

use std::collections::HashMap;

use serde_json::Value as Json;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::secrecy::Place;

/// Keys that name an item, in the order in which they are tried. The first is the common one; the others are the merge keys of
/// Kubernetes' own lists (`x-kubernetes-patch-merge-key` of its OpenAPI description) and, last, that of a sealed file's
/// recipients.
const NAMES: &[&str] = &["name", "containerPort", "mountPath", "devicePath", "ip", "key", "topologyKey", "recipient"];

/// Lists whose order means nothing: the kind of the object, the key around, the key of the list; empty means any.
pub const UNORDERED: &[(&str, &str, &str)] = &[
    ("", "", "accessModes"),
    ("", "", "dependsOn"),
    ("", "", "externalIPs"),
    ("", "", "extraEnvVars"),
    ("", "", "extraVolumeMounts"),
    ("", "", "extraVolumes"),
    ("", "", "env"),
    ("", "", "finalizers"),
    ("", "", "healthChecks"),
    ("", "", "hostAliases"),
    ("", "", "imagePullSecrets"),
    ("", "", "loadBalancerSourceRanges"),
    ("", "", "matchExpressions"),
    ("", "", "ownerReferences"),
    ("", "", "policyTypes"),
    ("", "", "ports"),
    ("", "", "pullSecrets"),
    ("", "", "readinessGates"),
    ("", "", "supplementalGroups"),
    ("", "", "sysctls"),
    ("", "", "tolerations"),
    ("", "", "topologySpreadConstraints"),
    ("", "", "volumeDevices"),
    ("", "", "volumeMounts"),
    ("", "", "volumes"),
    ("", "capabilities", "add"),
    ("", "capabilities", "drop"),
    ("", "ipBlock", "except"),
    ("", "sops", "age"),
    ("ClusterRole", "", "apiGroups"),
    ("ClusterRole", "", "resourceNames"),
    ("ClusterRole", "", "resources"),
    ("ClusterRole", "", "rules"),
    ("ClusterRole", "", "verbs"),
    ("ClusterRoleBinding", "", "subjects"),
    ("Kustomization", "", "resources"),
    ("NetworkPolicy", "", "egress"),
    ("NetworkPolicy", "", "from"),
    ("NetworkPolicy", "", "ingress"),
    ("NetworkPolicy", "", "to"),
    ("Role", "", "apiGroups"),
    ("Role", "", "resourceNames"),
    ("Role", "", "resources"),
    ("Role", "", "rules"),
    ("Role", "", "verbs"),
    ("RoleBinding", "", "subjects"),
    ("ServiceAccount", "", "secrets"),
];

/// Above this many pairs of items, lists are compared place by place.
const MOST_PAIRS: usize = 4_000_000;

/// What belongs together in two lists. Items that are equal are left out.
pub(super) enum Part {
    /// Items of one name: the name's key, the name, the index in the old list and in the new one.
    Named(&'static str, Json, Option<usize>, Option<usize>),
    /// Items by their indices.
    Item(Option<usize>, Option<usize>),
    /// All names of both lists: they stand in another order.
    Order(Vec<Json>, Vec<Json>),
}

/// The parts of two lists that stand at `place`.
pub(super) fn parts(old: &[Json], new: &[Json], place: &Place<'_>) -> Vec<Part> {
    let unordered = is_unordered(old, place) && is_unordered(new, place);
    if let Some(key) = NAMES.iter().copied().find(|key| is_named(old, key) && is_named(new, key)) {
        return named(key, old, new, unordered);
    }
    let below = place.item(false);
    let canonical = |items: &[Json]| items.iter().map(|item| canonical(item, &below)).collect::<Vec<String>>();
    let (old_texts, new_texts) = (canonical(old), canonical(new));
    if unordered { sets(old, new, &old_texts, &new_texts) } else { sequences(&old_texts, &new_texts) }
}

fn named(key: &'static str, old: &[Json], new: &[Json], unordered: bool) -> Vec<Part> {
    let name = |item: &Json| item.get(key).cloned().unwrap_or_default();
    let places = |items: &[Json]| -> HashMap<String, usize> {
        items.iter().enumerate().map(|(index, item)| (name(item).to_string(), index)).collect()
    };
    let (old_places, new_places) = (places(old), places(new));
    let find = |places: &HashMap<String, usize>, item: &Json| places.get(&name(item).to_string()).copied();
    let mut parts = Vec::new();
    for (index, item) in new.iter().enumerate() {
        parts.push(Part::Named(key, name(item), find(&old_places, item), Some(index)));
    }
    for (index, item) in old.iter().enumerate().filter(|(_, item)| find(&new_places, item).is_none()) {
        parts.push(Part::Named(key, name(item), Some(index), None));
    }
    let kept = old.iter().filter(|item| find(&new_places, item).is_some());
    let added = new.iter().filter(|item| find(&old_places, item).is_none());
    if !unordered && !kept.chain(added).map(name).eq(new.iter().map(name)) {
        parts.push(Part::Order(old.iter().map(name).collect(), new.iter().map(name).collect()));
    }
    parts
}

fn sets(old: &[Json], new: &[Json], old_texts: &[String], new_texts: &[String]) -> Vec<Part> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, text) in old_texts.iter().enumerate().rev() {
        places.entry(text).or_default().push(index);
    }
    let is_new = |text: &String| places.get_mut(text.as_str()).and_then(Vec::pop).is_none();
    let added: Vec<usize> =
        new_texts.iter().map(is_new).enumerate().filter(|(_, is_new)| *is_new).map(|(at, _)| at).collect();
    let mut gone: Vec<usize> = places.into_values().flatten().collect();
    gone.sort_unstable();
    let may_pair = added.len().saturating_mul(gone.len()) <= MOST_PAIRS;
    let is_only = added.len() == 1 && gone.len() == 1;
    let mut parts = Vec::new();
    for index in added {
        let twin = gone.iter().position(|&other| may_pair && is_alike(&old[other], &new[index], is_only));
        parts.push(Part::Item(twin.map(|at| gone.remove(at)), Some(index)));
    }
    parts.extend(gone.into_iter().map(|index| Part::Item(Some(index), None)));
    parts
}

/// Whether two items of a set are one that changed: maps that still have an entry in common, or have no one else.
fn is_alike(old: &Json, new: &Json, is_only: bool) -> bool {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else { return false };
    is_only || old.iter().any(|(key, value)| new.get(key) == Some(value))
}

fn sequences(old: &[String], new: &[String]) -> Vec<Part> {
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    if old_rest.len().saturating_mul(new_rest.len()) > MOST_PAIRS {
        return replaced(start, old_rest.len(), start, new_rest.len());
    }
    let operations = capture_diff_slices(Algorithm::Myers, old_rest, new_rest);
    let part = |operation| match operation {
        DiffOp::Equal { .. } => Vec::new(),
        DiffOp::Delete { old_index, old_len, new_index } => replaced(start + old_index, old_len, start + new_index, 0),
        DiffOp::Insert { old_index, new_index, new_len } => replaced(start + old_index, 0, start + new_index, new_len),
        DiffOp::Replace { old_index, old_len, new_index, new_len } => {
            replaced(start + old_index, old_len, start + new_index, new_len)
        }
    };
    operations.into_iter().flat_map(part).collect()
}

/// So many items from `old` on that became so many from `new` on.
fn replaced(old: usize, old_count: usize, new: usize, new_count: usize) -> Vec<Part> {
    let within = |start: usize, count: usize, index: usize| (index < count).then_some(start + index);
    (0..old_count.max(new_count))
        .map(|index| Part::Item(within(old, old_count, index), within(new, new_count, index)))
        .collect()
}

/// Whether every item has a text or a number under `key` that no other one has.
fn is_named(items: &[Json], key: &str) -> bool {
    let mut seen = std::collections::HashSet::new();
    items.iter().all(|item| match item.get(key) {
        Some(name @ (Json::String(_) | Json::Number(_))) => seen.insert(name.to_string()),
        _ => false,
    })
}

fn is_unordered(items: &[Json], place: &Place<'_>) -> bool {
    let fits = |row: &str, own: &str| row.is_empty() || row == own;
    let is_listed = UNORDERED
        .iter()
        .any(|(kind, parent, key)| *key == place.key && fits(kind, place.kind) && fits(parent, place.parent));
    // A variable may use those above it.
    let uses_another =
        || items.iter().any(|item| item.get("value").and_then(Json::as_str).is_some_and(|text| text.contains("$(")));
    is_listed && !uses_another()
}

/// A text that two values share where nothing but order without meaning sets them apart.
pub(super) fn canonical(value: &Json, place: &Place<'_>) -> String {
    let inner = place.inside(&[value]);
    match value {
        Json::Object(map) => {
            let mut entries: Vec<(&String, String)> =
                map.iter().map(|(key, value)| (key, canonical(value, &inner.key(key)))).collect();
            entries.sort();
            let entries: Vec<String> =
                entries.into_iter().map(|(key, value)| format!("{}:{value}", Json::from(key.as_str()))).collect();
            format!("{{{}}}", entries.join(","))
        }
        Json::Array(list) => {
            let below = inner.item(false);
            let mut items: Vec<String> = list.iter().map(|item| canonical(item, &below)).collect();
            if is_unordered(list, &inner) {
                items.sort();
            }
            format!("[{}]", items.join(","))
        }
        scalar => scalar.to_string(),
    }
}
