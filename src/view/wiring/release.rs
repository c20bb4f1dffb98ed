//! HelmReleases as they are applied.

use std::{borrow::Cow, collections::HashSet};

use serde_json::Value as Json;

use super::{
    build::Ground,
    delivery::{Cluster, Deliveries, Delivery},
};
use crate::view::{Spot, Tree};

/// A HelmRelease as it is applied.
pub(super) struct Release<'a, 'v> {
    pub(super) spot: Spot<'a, 'v>,
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) body: Cow<'v, Json>,
    /// What applies it: index among the cluster's members.
    pub(super) delivery: Option<usize>,
}

/// The HelmReleases of a cluster.
pub(super) fn releases<'a: 'v, 'v>(
    ground: &Ground<'a, 'v>,
    deliveries: &Deliveries<'a, 'v>,
    cluster: &Cluster,
) -> Vec<Release<'a, 'v>> {
    let mut found = Vec::new();
    for (index, member) in cluster.members.iter().enumerate() {
        let delivery = &deliveries.all[*member];
        for item in delivery.items.iter().filter(|item| is_release(item.kind, item.group)) {
            found.push(Release {
                spot: item.spot.clone(),
                name: item.name.clone(),
                namespace: delivery.namespace_of(item).to_owned(),
                body: delivery.applied(ground, item),
                delivery: Some(index),
            });
        }
    }
    found
}

pub(super) fn is_release(kind: &str, group: &str) -> bool {
    kind == "HelmRelease" && group == "helm.toolkit.fluxcd.io"
}

/// The HelmReleases that no known delivery applies.
pub(super) fn loose<'a: 'v, 'v>(
    tree: &Tree<'a, 'v>,
    deliveries: &Deliveries<'a, 'v>,
    patches: &dyn Fn(&str) -> bool,
) -> Vec<Release<'a, 'v>> {
    let applied = deliveries.all.iter().flat_map(|delivery| delivery.items.iter());
    let applied: HashSet<*const Json> = applied.map(|item| std::ptr::from_ref(item.spot.value)).collect();
    let bodies = tree.bodies[..tree.written].iter().filter(|body| is_release(body.kind(), body.group()));
    let loose = bodies.filter(|body| {
        !applied.contains(&std::ptr::from_ref(body.value))
            && !patches(&body.object.file)
            && body.value_at(&["spec", "interval"]).is_some()
    });
    let release = |body: &Spot<'a, 'v>| Release {
        spot: body.clone(),
        name: body.name().to_owned(),
        namespace: body.namespace().to_owned(),
        body: Cow::Borrowed(body.value),
        delivery: None,
    };
    loose.map(release).collect()
}

/// Where a Kustomization says that it waits for all that it applies.
pub(super) fn waits_for_all<'a, 'v>(delivery: &Delivery<'a, 'v>) -> Option<Spot<'a, 'v>> {
    let is_on = delivery.value(&["spec", "wait"]).is_some_and(|wait| wait == true);
    is_on.then(|| delivery.spot.get(&["spec", "wait"]).unwrap_or_else(|| delivery.spot.clone()))
}
