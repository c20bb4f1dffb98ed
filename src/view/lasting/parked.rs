//! What waits for somebody to let it go on.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{Fact, fact, named};
use crate::{
    manifest::Object,
    view::{Spot, Tree},
};

/// Something that Flux may be told to leave as it is.
pub struct Parked<'a> {
    /// Whether it is told so.
    pub is_suspended: bool,
    /// Its own spec, whether it is told so left aside.
    pub own: Json,
    /// What it would bring to the cluster, as far as the tree holds it.
    pub brings: Vec<&'a Json>,
}

/// Kinds that take `spec.suspend`; a CronJob's keeps runs from starting, and changes arrive all the same.
const KINDS: &[&str] =
    &["Bucket", "GitRepository", "HelmChart", "HelmRelease", "HelmRepository", "Kustomization", "OCIRepository"];

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Fact<'a, Parked<'a>>> {
    let is_of_flux =
        |body: &&Spot<'_, '_>| body.group().ends_with(".toolkit.fluxcd.io") && KINDS.contains(&body.kind());
    let mut layers: HashMap<*const Object, Vec<&'a Json>> = HashMap::new();
    for valued in tree.releases {
        let bodies = valued.release.layers.iter().map(|layer| &layer.object.body);
        layers.entry(std::ptr::from_ref(valued.release.at.object)).or_default().extend(bodies);
    }
    let parked = |body: &Spot<'a, '_>| {
        let suspend = body.get(&["spec", "suspend"]);
        let is_suspended = suspend.as_ref().is_some_and(|suspend| suspend.value == true);
        let mut brings = Vec::new();
        match body.kind() {
            "Kustomization" => {
                let path = body.text(&["spec", "path"]).unwrap_or_default().trim_start_matches("./");
                brings.extend(below(&tree.bundle.objects, path));
            }
            "HelmRelease" => {
                let layers = layers.get(&std::ptr::from_ref(body.object)).into_iter().flatten();
                brings.extend(layers.filter(|layer| !std::ptr::eq::<Json>(**layer, &body.object.body)));
            }
            _ => {}
        }
        let at = suspend.map_or_else(|| body.at_name(), |suspend| suspend.at());
        let mut own = body.value_at(&["spec"]).cloned().unwrap_or_default();
        own.as_object_mut().map(|spec| spec.remove("suspend"));
        fact(at, named(body), "", Parked { is_suspended, own, brings })
    };
    tree.bodies.iter().filter(is_of_flux).map(parked).collect()
}

/// The objects in the files of a folder; a tree is in the order of its files.
fn below<'a>(objects: &'a [Object], folder: &str) -> Vec<&'a Json> {
    let folder = folder.trim_end_matches('/');
    if folder.is_empty() || folder == "." {
        return Vec::new();
    }
    let start = format!("{folder}/");
    let first = objects.partition_point(|object| object.file.as_str() < start.as_str());
    let inside = objects[first..].iter().take_while(|object| object.file.starts_with(&start));
    inside.map(|object| &object.body).collect()
}
