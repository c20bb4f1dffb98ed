//! Objects that two deliveries apply: each takes it from the other.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    build::Item,
    delivery::{Cluster, Deliveries, Delivery},
    fault::{Fault, Weight},
};

const RULE: &str = "two-owners";

/// An object of a cluster: where that is, group, kind, namespace, name.
type Key<'i> = (String, &'i str, &'i str, String, String);

pub(super) fn find<'a, 'v>(deliveries: &Deliveries<'a, 'v>) -> Vec<Fault<'a>> {
    let all = deliveries.clusters.iter().flat_map(|cluster| of_cluster(deliveries, cluster));
    // One base in two clusters is one thing to say.
    let mut seen = BTreeSet::new();
    all.filter(|fault| seen.insert((std::ptr::from_ref(fault.at.object) as usize, fault.message.clone()))).collect()
}

fn of_cluster<'a, 'v>(deliveries: &Deliveries<'a, 'v>, cluster: &Cluster) -> Vec<Fault<'a>> {
    let mut owners: BTreeMap<Key<'_>, Vec<(&Delivery<'a, 'v>, &Item<'a, 'v>)>> = BTreeMap::new();
    for delivery in cluster.members.iter().map(|member| &deliveries.all[*member]) {
        let remote = delivery.remote();
        for item in delivery.items.iter() {
            let Some(name) = substituted(delivery, &item.name) else { continue };
            let Some(namespace) = substituted(delivery, delivery.namespace_of(item)) else { continue };
            if name.is_empty() || is_shared(item) {
                continue;
            }
            let key = (remote.clone(), item.group, item.kind, namespace, name);
            owners.entry(key).or_default().push((delivery, item));
        }
    }
    let mut found = Vec::new();
    let mut said: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for ((_, _, kind, _, name), owned) in owners.iter().filter(|(_, owned)| owned.len() > 1) {
        let (first, item) = owned[0];
        let Some((second, other)) = owned.iter().find(|(delivery, _)| !std::ptr::eq(*delivery, first)) else {
            // The same object twice is a file that is listed twice, which is told where it is listed.
            let is_other = |other: &&Item<'a, 'v>| {
                other.spot.pointer() != item.spot.pointer() || !std::ptr::eq(other.spot.object, item.spot.object)
            };
            let other = owned.iter().map(|(_, other)| *other).find(is_other);
            found.extend(other.map(|other| twice(first, kind, name, item, other)));
            continue;
        };
        let id = |delivery: &Delivery<'_, '_>| std::ptr::from_ref(delivery) as usize;
        let count = said.entry((id(first), id(second))).or_default();
        *count += 1;
        // The first of many tells enough.
        if *count > 1 {
            continue;
        }
        let (one, two) = (&item.spot.object.file, &other.spot.object.file);
        let both = if one == two { format!("both from {one}") } else { format!("from {one} and {two}") };
        let message = format!(
            "{} and {} both apply {kind} `{name}` ({both}): each takes it from the other, and either can prune it",
            first.called(),
            second.called()
        );
        let help = "let one apply it, and the other depend on that one (`dependsOn`)";
        let weight = if item.kind == "Namespace" { Weight::Warning } else { Weight::Rule };
        found.push(Fault::new(RULE, second.spot.at_name(), message, help).weighing(weight));
    }
    found
}

/// One delivery gets an object from two places, or from one that is listed twice.
fn twice<'a>(
    delivery: &Delivery<'a, '_>,
    kind: &str,
    name: &str,
    one: &Item<'a, '_>,
    other: &Item<'a, '_>,
) -> Fault<'a> {
    let (file, second) = (&one.spot.object.file, &other.spot.object.file);
    let places = if file == second { format!("twice in {file}") } else { format!("in {file} and in {second}") };
    let message =
        format!("{} gets {kind} `{name}` twice ({places}), and kustomize refuses to build that", delivery.called());
    Fault::new(RULE, other.spot.at_name(), message, "keep one of them, and list it once")
}

/// Whether an object says that others may write it too.
fn is_shared(item: &Item<'_, '_>) -> bool {
    let says = |key: &str| item.spot.text(&["metadata", "annotations", key]).unwrap_or_default().to_ascii_lowercase();
    let mode = says("kustomize.toolkit.fluxcd.io/ssa");
    matches!(mode.as_str(), "merge" | "ifnotpresent" | "ignore")
        || says("kustomize.toolkit.fluxcd.io/reconcile") == "disabled"
}

/// A name with what `postBuild.substitute` puts in; nothing where that leaves something open.
fn substituted(delivery: &Delivery<'_, '_>, text: &str) -> Option<String> {
    if !text.contains("${") {
        return Some(text.to_owned());
    }
    let defined = delivery.value(&["spec", "postBuild", "substitute"])?.as_object()?;
    let mut done = text.to_owned();
    for (name, value) in defined {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        done = done.replace(&format!("${{{name}}}"), &value);
    }
    (!done.contains("${")).then_some(done)
}
