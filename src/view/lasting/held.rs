//! Objects whose removal costs something.

use super::{Fact, fact, named, released};
use crate::view::{
    Release, Spot, Tree, database, product,
    reach::{Labels, labels},
    reference,
    storage::is_kept,
    workload::{pod_labels, pod_spec},
};

/// An object whose removal costs something.
pub struct Held {
    /// What part it plays.
    pub part: Part,
    /// Whether the delivery engine leaves it in the cluster when its manifest goes.
    pub is_left: bool,
    /// Its kind and name, for finding what asks for it.
    pub name: (String, String),
    /// Of a policy: the labels of the pods that it is for.
    pub selects: Option<Labels>,
}

/// The parts that objects play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It holds data, or something that does: what happens when it goes.
    State(&'static str),
    /// It protects data: what is missing without it.
    Protection(&'static str),
    /// A Secret, which somebody may use.
    Secret,
}

/// Operators' kinds whose objects are databases, and take their volumes with them.
const DATABASES: &[(&str, &str)] = &[
    ("Cluster", "postgresql.cnpg.io"),
    ("PostgresCluster", "postgres-operator.crunchydata.com"),
    ("Tenant", "minio.min.io"),
    ("postgresql", "acid.zalan.do"),
];

/// Kinds by which operators and backup tools copy data away on a schedule.
const BACKUPS: &[(&str, &str)] =
    &[("Schedule", "k8up.io"), ("Schedule", "velero.io"), ("ScheduledBackup", "postgresql.cnpg.io")];

pub(super) fn of_body<'a>(body: &Spot<'a, '_>) -> Option<Fact<'a, Held>> {
    let part = part(body)?;
    let name = (body.kind().to_owned(), body.name().to_owned());
    let selects =
        (body.kind() == "NetworkPolicy").then(|| labels(body.value_at(&["spec", "podSelector", "matchLabels"])));
    Some(fact(body.at_name(), named(body), "", Held { part, is_left: is_kept(body), name, selects }))
}

fn part(body: &Spot<'_, '_>) -> Option<Part> {
    let pair = (body.kind(), body.group());
    let state = |cost| Some(Part::State(cost));
    match pair {
        ("StatefulSet", _) => {
            let policy = ["spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"];
            match body.text(&policy) {
                Some("Delete") => state("its pods stop, and its claims are deleted with all data"),
                _ => state("its pods stop; its claims stay behind, and nothing uses them"),
            }
        }
        ("Deployment", _) => database::of_workload(body).and_then(|_| state("the database stops")),
        ("PersistentVolumeClaim", _) => state("the claim is deleted, and with most classes all data in it"),
        ("PersistentVolume", _) => state("the volume goes, and with `Delete` all data in it"),
        ("Namespace", _) => state("everything in it is deleted, claims and their data included"),
        ("CustomResourceDefinition", _) => state("every object of its kind is deleted from the cluster"),
        ("Kustomization", "kustomize.toolkit.fluxcd.io") => of_flux(body),
        ("Application", "argoproj.io") => {
            let finalizers = body.items(&["metadata", "finalizers"]);
            let is_cascading = finalizers.iter().any(|one| {
                one.value.as_str().is_some_and(|name| name.starts_with("resources-finalizer.argocd.argoproj.io"))
            });
            is_cascading.then_some(Part::State("Argo CD deletes all that it applied"))
        }
        ("NetworkPolicy", "networking.k8s.io") => {
            Some(Part::Protection("what it closed is open to whoever no other policy keeps out"))
        }
        ("CronJob", _) if is_backup(body) => Some(Part::Protection("no more backups are made")),
        ("Secret", "") => Some(Part::Secret),
        _ if DATABASES.contains(&pair) => state("the operator deletes the database with its volumes"),
        _ if BACKUPS.contains(&pair) => Some(Part::Protection("no more backups are made")),
        _ => None,
    }
}

/// A Kustomization of Flux deletes what it applied unless it is told otherwise.
fn of_flux(body: &Spot<'_, '_>) -> Option<Part> {
    let is_pruning = body.value_at(&["spec", "prune"]).is_some_and(|prune| prune == true);
    let keeps = matches!(body.text(&["spec", "deletionPolicy"]), Some("Orphan"));
    let deletes = body.text(&["spec", "deletionPolicy"]) == Some("Delete");
    ((is_pruning || deletes) && !keeps)
        .then_some(Part::State("Flux deletes all that it applied, StatefulSets and releases included"))
}

/// Whether a job copies a database away: by its name, or by what it runs.
fn is_backup(body: &Spot<'_, '_>) -> bool {
    let name = body.name();
    if ["backup", "dump", "snapshot"].iter().any(|word| name.contains(word)) {
        return true;
    }
    const PROGRAMS: &[&str] = &[
        "barman",
        "mariadb-dump",
        "mongodump",
        "mysqldump",
        "pg_basebackup",
        "pg_dump",
        "pgbackrest",
        "restic",
        "wal-g",
    ];
    let containers = pod_spec(body).map(|spec| spec.items(&["containers"])).unwrap_or_default();
    let texts = containers.iter().flat_map(|one| [one.items(&["command"]), one.items(&["args"])].concat());
    let runs = |text: &str| PROGRAMS.iter().any(|program| text.contains(program));
    texts.into_iter().any(|spot| spot.value.as_str().is_some_and(runs))
}

/// A release of a database's chart.
pub(super) fn of_release<'a>(release: &Release<'a>) -> Option<Fact<'a, Held>> {
    product::of_name(release.chart.name)?;
    release.name.as_ref()?;
    let cost = "Helm uninstalls it: its StatefulSets and Services go, its volumes stay behind or go with them";
    let name = (String::new(), String::new());
    Some(fact(
        release.at.clone(),
        released(release),
        "",
        Held { part: Part::State(cost), is_left: false, name, selects: None },
    ))
}

/// What is asked for and not in the tree.
pub(super) fn missing(tree: &Tree<'_, '_>) -> Vec<(String, String)> {
    reference::find(tree).into_iter().map(|reference| (reference.target.kind, reference.target.name)).collect()
}

/// The labels of the pods of a tree; of those that charts make, the two that say what they are.
pub(super) fn pods(tree: &Tree<'_, '_>) -> Vec<Labels> {
    let own = tree.bodies.iter().filter_map(pod_labels).map(|spot| labels(Some(spot.value)));
    let of_charts = tree.releases.iter().filter_map(|valued| {
        let pair = |key: &str, value: &str| (format!("app.kubernetes.io/{key}"), value.to_owned());
        let name = valued.release.name.as_deref()?;
        Some(Labels::from([pair("name", valued.release.chart.name), pair("instance", name)]))
    });
    own.chain(of_charts).collect()
}
