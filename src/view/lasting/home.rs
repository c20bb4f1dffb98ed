//! Which claims hold the data of what.

use super::{Fact, fact, knows_all, named, place, released, settled_text, volumes};
use crate::view::{At, Release, Tree, product};

/// Where data lies.
pub struct Home<'a> {
    /// The claim, by its name or, where a chart names it, by what its name is made of.
    pub claim: Vec<(&'static str, String)>,
    /// The name of a claim that the chart makes, where all that it is made of is known.
    pub made: Option<String>,
    /// Whether the claim is made for this and named after it.
    pub is_own: bool,
    /// The settings that name the server, with what they are: where one changes, another StatefulSet has its pods.
    pub server: Vec<(&'static str, String)>,
    /// Where each of these settings stands, or would.
    pub server_at: Vec<At<'a>>,
    /// The access modes of a claim that has a manifest.
    pub modes: Vec<String>,
    /// The database, where it is one.
    pub product: Option<&'static str>,
}

/// Settings from which charts make the names of their StatefulSets, and so those of the claims.
const NAMING: &[&str] =
    &["architecture", "fullnameOverride", "nameOverride", "global.postgresql.fullnameOverride", "primary.name"];

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Fact<'a, Home<'a>>> {
    let mut modes = std::collections::BTreeMap::new();
    for body in tree.bodies.iter().filter(|body| body.kind() == "PersistentVolumeClaim") {
        let list = body.items(&["spec", "accessModes"]);
        let list: Vec<String> = list.iter().filter_map(|mode| mode.value.as_str().map(str::to_owned)).collect();
        modes.insert((body.namespace(), body.name()), list);
    }
    let modes = |namespace: &str, name: &str| modes.get(&(namespace, name)).or_else(|| modes.get(&("", name))).cloned();
    let mut found = Vec::new();
    for pod in tree.pods {
        let (Some(workload), Some(spec)) = (&pod.workload, &pod.spec) else { continue };
        for volume in spec.items(&["volumes"]) {
            let Some(claim) = volume.get(&["persistentVolumeClaim", "claimName"]) else { continue };
            let name = claim.value.as_str().unwrap_or_default().to_owned();
            let modes = modes(&pod.namespace, &name).unwrap_or_default();
            let (server, server_at) = (Vec::new(), Vec::new());
            let says = Home {
                claim: vec![("claim", name)],
                made: None,
                is_own: false,
                server,
                server_at,
                modes,
                product: pod.database,
            };
            found.push(fact(claim.at(), named(workload), volume.text(&["name"]).unwrap_or_default(), says));
        }
    }
    for valued in tree.releases {
        let release = valued.release;
        found.extend(volumes(release).into_iter().filter_map(|group| {
            let existing = settled_text(release, &format!("{group}.existingClaim"));
            let modes = existing.as_ref().and_then(|name| modes(&release.namespace, name)).unwrap_or_default();
            (existing.is_some() || knows_all(release)).then(|| of_release(release, group, existing, modes))
        }));
    }
    found
}

fn of_release<'a>(
    release: &Release<'a>,
    group: &'static str,
    existing: Option<String>,
    modes: Vec<String>,
) -> Fact<'a, Home<'a>> {
    let is_named = settled_text(release, "fullnameOverride").is_some();
    let naming = NAMING.iter().filter(|path| !(is_named && **path == "nameOverride"));
    let naming = naming.filter(|path| release.chart.setting(path).is_some());
    let server = naming.map(|path| (*path, settled_text(release, path).unwrap_or_default()));
    let is_primary = group.starts_with("primary.") && !group.contains("cronjob");
    let server: Vec<(&str, String)> = if is_primary { server.collect() } else { Vec::new() };
    let is_own = existing.is_none();
    let (claim, path) = match existing {
        Some(name) => (vec![("claim", name)], format!("{group}.existingClaim")),
        None => {
            let mut claim = server.clone();
            claim.push(("volumeName", settled_text(release, &format!("{group}.volumeName")).unwrap_or_default()));
            (claim, group.to_owned())
        }
    };
    let made = if is_own && is_primary { made(release, group) } else { None };
    let server_at = server.iter().map(|(path, _)| place(release, path)).collect();
    let says = Home { claim, made, is_own, server, server_at, modes, product: product::of_name(release.chart.name) };
    fact(place(release, &path), released(release), group, says)
}

/// The name of the claim that the chart's primary makes for itself.
fn made(release: &Release<'_>, group: &str) -> Option<String> {
    let overridden = ["global.postgresql.fullnameOverride", "fullnameOverride"];
    let overridden = overridden.iter().find_map(|path| settled_text(release, path));
    let name = release.name.as_deref()?;
    let chart = settled_text(release, "nameOverride").unwrap_or_else(|| release.chart.name.to_owned());
    let named = || if name.contains(&chart) { name.to_owned() } else { format!("{name}-{chart}") };
    let whole = overridden.unwrap_or_else(named);
    let volume = settled_text(release, &format!("{group}.volumeName"))?;
    match settled_text(release, "architecture").as_deref() {
        Some("replication") => Some(format!("{volume}-{whole}-{}-0", settled_text(release, "primary.name")?)),
        _ => Some(format!("{volume}-{whole}-0")),
    }
}
