//! Databases of which nothing in the tree makes a backup.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::{
    At, Tree,
    storage::IN_MEMORY,
    template::{From, Template},
};
use crate::manifest::at;

/// A database without a backup.
pub struct Unsaved<'a> {
    /// The name of its workload or release.
    pub at: At<'a>,
    /// What it is, for people.
    pub product: &'static str,
}

/// Objects by which others make backups: group and kind.
const SCHEDULES: &[(&str, &str)] = &[
    ("velero.io", "Schedule"),
    ("postgresql.cnpg.io", "ScheduledBackup"),
    ("k8up.io", "Schedule"),
    ("volsync.backube", "ReplicationSource"),
    ("stash.appscode.com", "BackupConfiguration"),
    ("core.kubestash.com", "BackupConfiguration"),
    ("longhorn.io", "RecurringJob"),
];

/// Programs that make backups, and what their jobs are called.
const SIGNS: &[&str] = &[
    "backup",
    "pg_dump",
    "pg_basebackup",
    "pgbackrest",
    "wal-g",
    "barman",
    "mysqldump",
    "mariadb-dump",
    "xtrabackup",
    "mongodump",
    "restic",
    "borg",
    "rclone",
    "kopia",
];

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Unsaved<'a>> {
    // Whoever saves whole clusters says so somewhere, not beside each database.
    if tree.bodies.iter().any(|body| SCHEDULES.contains(&(body.group(), body.kind()))) {
        return Vec::new();
    }
    let jobs = tree.templates.iter().filter(|template| template.kind == "CronJob" && is_backup(template));
    let saved: HashSet<&str> = jobs.map(|job| job.namespace.as_str()).collect();
    let is_saved = |namespace: &str| saved.contains(namespace) || saved.contains("");
    let unsaved = |template: &Template<'a, '_>| {
        let product = template.database.filter(|product| template.is_server && !IN_MEMORY.contains(product))?;
        let at = match &template.from {
            From::Manifest(body, _) => {
                let has_templates = !body.items(&["spec", "volumeClaimTemplates"]).is_empty();
                let volumes = at(&template.pod, &["spec", "volumes"]).and_then(Json::as_array);
                let mounts = volumes.into_iter().flatten().any(|volume| volume.get("persistentVolumeClaim").is_some());
                (has_templates || mounts).then(|| body.at_name())?
            }
            From::Chart(source) => {
                let release = source.release;
                // Replicas hold nothing of their own, and loose values no database at all.
                let is_own = source.pod.group == "primary" && !release.is_loose() && release.is_whole;
                (is_own && !release.is_on("backup.enabled")).then(|| release.at.clone())?
            }
        };
        (!is_saved(&template.namespace)).then_some(Unsaved { at, product })
    };
    tree.templates.iter().filter_map(unsaved).collect()
}

fn is_backup(template: &Template<'_, '_>) -> bool {
    let says = |text: &str| SIGNS.iter().any(|sign| text.contains(sign));
    let words = |container: &Json| {
        let lists = ["command", "args"].into_iter().filter_map(|key| container.get(key)?.as_array());
        let mut texts = lists.flatten().chain(["image", "name"].into_iter().filter_map(|key| container.get(key)));
        texts.any(|text| text.as_str().is_some_and(says))
    };
    says(&template.name) || template.containers("containers").any(|(_, container)| words(container))
}
