//! A reconcile simulator: what Flux and Argo CD would make of a tree, and where they would stop.

mod build;
mod claims;
mod delivery;
mod fault;
mod order;
mod overlay;
mod owners;
mod patch;
mod paths;
mod release;
mod root;
mod sealed;
mod settings;
mod sources;
mod substitution;
mod values;

use std::collections::HashSet;

use super::Tree;

pub use fault::{Fault, Weight};

use self::{build::Ground, delivery::Deliveries, overlay::Role};

pub(super) fn find<'a, 'v>(tree: &Tree<'a, 'v>) -> Vec<Fault<'a>>
where
    'a: 'v,
{
    let ground = Ground::of(tree);
    let listed = overlay::listed(&ground.overlays, tree.bundle);
    let files = ground.overlays.values().flat_map(|overlay| overlay.paths(Role::File));
    let files: HashSet<&str> = files.map(|named| named.path.as_str()).collect();
    // A patch is a part of an object.
    let is_patch = |file: &str| files.contains(file);
    let deliveries = Deliveries::of(tree, &ground, &is_patch);

    let mut found = paths::missing(&ground, &deliveries);
    found.extend(paths::unlisted(&ground, &deliveries, &listed));
    found.extend(build::circles(&ground));
    found.extend(sealed::find(&ground, &deliveries));
    found.extend(owners::find(&deliveries));
    found.extend(paths::listed_twice(&ground));
    for cluster in &deliveries.clusters {
        let releases = release::releases(&ground, &deliveries, cluster);
        found.extend(order::of_cluster(&ground, &deliveries, cluster, &releases));
        found.extend(values::find(&ground, &deliveries, cluster, &releases));
        found.extend(releases.iter().flat_map(|release| settings::of_release(tree, release)));
    }
    let loose = release::loose(tree, &deliveries, &is_patch);
    found.extend(order::of_loose(&loose));
    found.extend(loose.iter().flat_map(|release| settings::of_release(tree, release)));
    found.extend(deliveries.all.iter().flat_map(settings::of_delivery));
    found.extend(settings::forced(tree));
    found.extend(settings::namespaces(&ground, &deliveries));
    found.extend(substitution::find(tree, &deliveries));
    found.extend(sources::find(tree, &is_patch));
    found.extend(deliveries.all.iter().flat_map(claims::waves));
    let mut seen = HashSet::new();
    // Clusters share folders.
    found.retain(|fault| {
        seen.insert((fault.rule, std::ptr::from_ref(fault.at.object), fault.at.pointer.clone(), fault.message.clone()))
    });
    found
}
