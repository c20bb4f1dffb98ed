//! Values whose change Flux would not notice, and names that it would not find.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{
    build::{Ground, Item},
    delivery::{Cluster, Deliveries, Delivery, Engine},
    fault::Fault,
    release::Release,
};
use crate::{
    diagnostic::Fix,
    manifest::{at, text},
    view::{At, Spot},
};

/// The label by which Flux sees a change at once.
const LABEL: &str = "reconcile.fluxcd.io/watch";

type Index<'i, 'a, 'v> = HashMap<(&'i str, &'i str, &'i str), (&'i Delivery<'a, 'v>, &'i Item<'a, 'v>)>;

pub(super) fn find<'a: 'v, 'v>(
    ground: &Ground<'a, 'v>,
    deliveries: &Deliveries<'a, 'v>,
    cluster: &Cluster,
    releases: &[Release<'a, 'v>],
) -> Vec<Fault<'a>> {
    let members: Vec<_> = cluster.members.iter().map(|member| &deliveries.all[*member]).collect();
    let mut index: Index<'_, 'a, 'v> = HashMap::new();
    for delivery in &members {
        for item in delivery.items.iter().filter(|item| matches!(item.kind, "ConfigMap" | "Secret")) {
            index.insert((item.kind, delivery.namespace_of(item), item.name.as_str()), (delivery, item));
        }
    }
    let mut found = Vec::new();
    let mut look = |who: String, namespace: &str, from: &Json, place: Spot<'a, 'v>| {
        let (Some(kind), Some(name)) = (text(from, &["kind"]), text(from, &["name"])) else { return };
        if let Some((delivery, item)) = index.get(&(kind, namespace, name)) {
            found.extend(of_item(ground, delivery, item, &who, &place));
        }
    };
    for release in releases {
        let all = at(&release.body, &["spec", "valuesFrom"]).and_then(Json::as_array);
        let spots = release.spot.items(&["spec", "valuesFrom"]);
        for (number, from) in all.into_iter().flatten().enumerate() {
            let place = spots.get(number).cloned().unwrap_or_else(|| release.spot.clone());
            look(format!("HelmRelease `{}`", release.name), &release.namespace, from, place);
        }
    }
    for delivery in members.iter().filter(|delivery| delivery.engine == Engine::Flux) {
        let spots = delivery.spot.items(&["spec", "postBuild", "substituteFrom"]);
        for (number, from) in delivery.list(&["spec", "postBuild", "substituteFrom"]).iter().enumerate() {
            let place = spots.get(number).cloned().unwrap_or_else(|| delivery.spot.clone());
            look(delivery.called(), &delivery.namespace, from, place);
        }
    }
    found
}

fn of_item<'a: 'v, 'v>(
    ground: &Ground<'a, 'v>,
    delivery: &Delivery<'a, 'v>,
    item: &Item<'a, 'v>,
    who: &str,
    place: &Spot<'a, 'v>,
) -> Option<Fault<'a>> {
    let folders = item.folders();
    let overlays: Vec<_> = folders.iter().filter_map(|folder| ground.overlays.get(*folder)).collect();
    if item.generated == Some(true) {
        let is_renamed = overlays.iter().any(|overlay| !overlay.spot.items(&["configurations"]).is_empty());
        if is_renamed {
            return None;
        }
        let message = format!(
            "{who} finds no {}: kustomize ends that name with a digest, and tells only its own kinds of objects",
            item.called()
        );
        let help = "set `disableNameSuffixHash: true` in the generator's `options`, with the label reconcile.fluxcd.io/watch: Enabled";
        return Some(Fault::new("dangling-reference", place.at(), message, help));
    }
    let says = |map: Option<&Json>| map.and_then(|map| text(map, &[LABEL])).is_some_and(|value| value == "Enabled");
    let of_overlay = |overlay: &Spot<'_, '_>| {
        let pairs = overlay.items(&["labels"]);
        says(overlay.value_at(&["commonLabels"]))
            || (item.generated.is_some() && says(overlay.value_at(&["generatorOptions", "labels"])))
            || pairs.iter().any(|pairs| says(pairs.value_at(&["pairs"])))
    };
    let is_watched = overlays.iter().any(|overlay| of_overlay(&overlay.spot))
        || says(delivery.value(&["spec", "commonMetadata", "labels"]))
        || says(at(&delivery.applied(ground, item), &["metadata", "labels"]))
        || says(item.spot.value_at(&["options", "labels"]))
        || item.spot.value_at(&["immutable"]).is_some_and(|flag| flag == true);
    if is_watched {
        return None;
    }
    let message = format!("{who} does not notice a change of {} before its next interval", item.called());
    let help = "label it `reconcile.fluxcd.io/watch: Enabled`";
    let (at, fix) = cure(item);
    Some(Fault { fix, ..Fault::new("unwatched-values", at, message, help) })
}

/// Where the label belongs, and how it gets there. What is sealed would have to be sealed again.
fn cure<'a>(item: &Item<'a, '_>) -> (At<'a>, Option<Fix>) {
    let above: &[&str] = if item.generated.is_some() { &["options"] } else { &["metadata"] };
    let labels: &[&str] = if item.generated.is_some() { &["options", "labels"] } else { &["metadata", "labels"] };
    let is_sealed = item.spot.value_at(&["sops"]).is_some();
    let (spot, fix) = match (item.spot.get(labels), item.spot.get(above)) {
        (Some(labels), _) => (labels, Fix::Insert(LABEL.to_owned(), "Enabled".to_owned())),
        (None, Some(above)) => (above, Fix::Insert("labels".to_owned(), format!("{{{LABEL}: Enabled}}"))),
        (None, None) => {
            (item.spot.clone(), Fix::Insert("options".to_owned(), format!("{{labels: {{{LABEL}: Enabled}}}}")))
        }
    };
    (spot.at(), (!is_sealed).then_some(fix))
}
