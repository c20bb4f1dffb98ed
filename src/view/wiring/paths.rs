//! Files that are named and missing, and files that nobody names.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    build::Ground,
    delivery::{Deliveries, Engine},
    fault::Fault,
    overlay::{Named, Role, below, has_overlay},
};
use crate::{manifest::resolve, view::Spot};

/// Files and folders that one kustomization.yaml lists twice.
pub(super) fn listed_twice<'a>(ground: &Ground<'a, '_>) -> Vec<Fault<'a>> {
    let mut found = Vec::new();
    for overlay in ground.overlays.values() {
        let mut seen = HashSet::new();
        for named in overlay.paths(Role::Resource).filter(|named| !seen.insert(named.path.as_str())) {
            let message = format!("{} is listed twice, and kustomize refuses to build that", named.path);
            found.push(Fault::new("two-owners", named.spot.at(), message, "list it once"));
        }
    }
    found
}

/// Files and folders that are named and are not there.
pub(super) fn missing<'a, 'v>(ground: &Ground<'a, 'v>, deliveries: &Deliveries<'a, 'v>) -> Vec<Fault<'a>>
where
    'a: 'v,
{
    let listing = &ground.bundle.files;
    let mut found = Vec::new();
    for delivery in &deliveries.all {
        for (spot, folder) in delivery.folders.iter().filter(|(_, folder)| listing.lacks(folder)) {
            let (what, hint) = (delivery.called(), near(ground, folder));
            let message = format!("{what} applies {folder}, which does not exist: nothing of it arrives");
            found.push(Fault::new("missing-file", spot.at(), message, hint));
        }
        if let ([(_, folder)], Engine::Flux) = (delivery.folders.as_slice(), delivery.engine) {
            let names = delivery.list(&["spec", "components"]);
            let spots = delivery.spot.items(&["spec", "components"]);
            for (spot, name) in spots.iter().zip(names) {
                let path = name.as_str().and_then(|name| resolve(folder, name));
                let is_optional = delivery.value(&["spec", "ignoreMissingComponents"]).is_some_and(|flag| flag == true);
                if let Some(path) = path.filter(|path| listing.lacks(path) && !is_optional) {
                    let message = format!("{} needs {path}, which does not exist", delivery.called());
                    found.push(Fault::new("missing-file", spot.at(), message, near(ground, &path)));
                }
            }
        }
    }
    let reached = reached(ground, deliveries);
    for overlay in ground.overlays.values() {
        let whose = reached.get(overlay.folder.as_str());
        let whom = match whose {
            Some(delivery) => {
                format!("{} cannot be built, and nothing of it is applied", deliveries.all[*delivery].called())
            }
            None => "kustomize cannot build this folder".to_owned(),
        };
        for Named { spot, path, role } in &overlay.named {
            let message = if listing.lacks(path) {
                format!("{path} does not exist: {whom}")
            } else if *role != Role::File && !listing.has_file(path) && is_bare(ground, path) {
                format!("the folder {path} has no kustomization.yaml: {whom}")
            } else {
                continue;
            };
            found.push(Fault::new("missing-file", spot.at(), message, near(ground, path)));
        }
    }
    found
}

/// Whether a folder that is known has no file of kustomize's.
fn is_bare(ground: &Ground<'_, '_>, folder: &str) -> bool {
    let listing = &ground.bundle.files;
    listing.lacks(&below(folder, "kustomization.yaml")) && !has_overlay(listing, folder)
}

/// What to write instead.
fn near(ground: &Ground<'_, '_>, path: &str) -> String {
    let listing = &ground.bundle.files;
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let start = if folder.is_empty() { 0 } else { folder.len() + 1 };
    let beside = listing.below(folder).filter_map(|path| path[start..].split('/').next()).take(1000);
    let beside: BTreeSet<&str> = beside.collect();
    match crate::schema::closest(name, beside) {
        Some(meant) => format!("did you mean `{meant}`? Correct the path, or add what it names"),
        None => "correct the path, or add what it names".to_owned(),
    }
}

/// The first delivery that each overlay is part of.
fn reached<'g, 'a, 'v>(ground: &'g Ground<'a, 'v>, deliveries: &Deliveries<'a, 'v>) -> HashMap<&'g str, usize> {
    let mut reached: HashMap<&str, usize> = HashMap::new();
    for (index, delivery) in deliveries.all.iter().enumerate() {
        let tops = delivery.folders.iter().filter_map(|(_, folder)| ground.overlays.get_key_value(folder.as_str()));
        let mut todo: Vec<&str> = tops.map(|(folder, _)| folder.as_str()).collect();
        // Where there is no kustomization.yaml at the top, those below are taken up.
        todo.extend(
            delivery
                .items
                .iter()
                .filter_map(|item| item.folders().first().copied())
                .filter_map(|folder| ground.overlays.get_key_value(folder).map(|(folder, _)| folder.as_str())),
        );
        while let Some(folder) = todo.pop() {
            if reached.contains_key(folder) {
                continue;
            }
            reached.insert(folder, index);
            let named = ground.overlays.get(folder).map(|overlay| overlay.named.as_slice()).unwrap_or_default();
            let inner = named.iter().filter(|named| named.role != Role::File);
            todo.extend(
                inner.filter_map(|named| ground.overlays.get_key_value(&named.path)).map(|(folder, _)| folder.as_str()),
            );
        }
    }
    reached
}

/// Manifests beside a kustomization.yaml that nothing lists.
pub(super) fn unlisted<'a, 'v>(
    ground: &Ground<'a, 'v>,
    deliveries: &Deliveries<'a, 'v>,
    listed: &HashSet<String>,
) -> Vec<Fault<'a>>
where
    'a: 'v,
{
    let applied = deliveries.all.iter().flat_map(|delivery| delivery.items.iter());
    let applied: HashSet<&str> = applied.map(|item| item.spot.object.file.as_str()).collect();
    let mut files: Vec<_> = ground.bodies.iter().collect();
    files.sort_by_key(|(file, _)| **file);
    let mut found = Vec::new();
    for (file, bodies) in files {
        let (folder, _) = file.rsplit_once('/').unwrap_or(("", file));
        if !ground.overlays.contains_key(folder) || listed.contains(*file) || applied.contains(*file) {
            continue;
        }
        let Some(body) = bodies.iter().find(|body| is_manifest(body)) else { continue };
        let overlay = below(folder, "kustomization.yaml");
        let message =
            format!("{overlay} does not list this file, so its {} `{}` is never applied", body.kind(), body.name());
        let name = file.rsplit('/').next().unwrap_or(file);
        let help = format!("add `{name}` to its `resources`, or delete the file");
        found.push(Fault::new("unlisted-file", body.at_name(), message, help));
    }
    found
}

/// Whether an object is one that a cluster takes, and not a setting of a tool on somebody's machine.
fn is_manifest(body: &Spot<'_, '_>) -> bool {
    let is_local = body.text(&["metadata", "annotations", "config.kubernetes.io/local-config"]) == Some("true");
    let is_tool = body.group().ends_with("kustomize.config.k8s.io") || body.kind() == "ksops";
    body.text(&["apiVersion"]).is_some() && !body.name().is_empty() && !is_local && !is_tool
}
