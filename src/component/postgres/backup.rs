//! Regular dumps: a job of gen's own into a claim of its own.

use serde_json::{Value as Json, json};

use super::{PORT, Postgres, spec::Backup, values::amounts};
use crate::{
    component::Outcome,
    part::{Allowance, Body, Claim, EnvValue, Job, Labels, Mount, NetworkRule, Peer, Volume},
    path,
};

/// Runs inside the image of the server, whose tools match it.
const SCRIPT: &str = include_str!("backup.sh");

/// The role of that image.
const IMAGE: &str = "postgresql";

/// Travels with every backup, so that the one that fits is at hand.
const RESTORE: &str = include_str!("restore.sh");

/// CPU and memory of the dump.
pub(super) fn resources(backup: &Backup) -> Json {
    backup.resources.as_ref().map_or_else(|| amounts(("100m", "128Mi"), "512Mi"), |given| json!(given))
}

impl Postgres<'_> {
    pub(super) fn backup(&self, outcome: &mut Outcome) {
        let Some(backup) = &self.spec.backup else { return };
        let path = self.context.at("backup");
        if self.context.nodes == Some(1) {
            outcome.warning(
                "backup-on-one-node",
                path.as_str(),
                "the cluster has one node, so the dumps lie on the same machine as the database",
                "copy them elsewhere, or add a node",
            );
        }
        let Some(image) = self.context.images.get(IMAGE) else { return };
        let claim = Claim {
            name: self.backup_name(),
            size: backup.storage.size.clone(),
            class: backup.storage.class.clone().or_else(|| self.context.storage_class.cloned()),
            access_mode: "ReadWriteOnce".to_owned(),
            purpose: "backups".to_owned(),
        };
        outcome.add(path::join(&path, "storage"), Body::Claim(claim));
        let job = Job {
            name: self.backup_name(),
            schedule: backup.schedule.to_string(),
            image: image.clone(),
            image_origin: path::join("images", IMAGE),
            script: SCRIPT.to_owned(),
            arguments: vec!["backup".to_owned(), RESTORE.to_owned()],
            env: self.backup_env(backup),
            mounts: self.backup_mounts(),
            labels: self.backup_labels(),
            resources: resources(backup),
            avoid: self.names.primary_pod(),
        };
        outcome.add(path.as_str(), Body::Job(job));
        let rule = NetworkRule {
            name: self.backup_name(),
            pods: self.backup_labels(),
            ingress: Vec::new(),
            egress: vec![Allowance {
                name: "the database".to_owned(),
                peer: Peer { namespace: None, labels: self.names.pods() },
                ports: vec![PORT],
                origin: path.clone(),
            }],
        };
        outcome.add(path, Body::NetworkRule(rule));
    }

    /// Name of the job, its claim and its network rule.
    pub(super) fn backup_name(&self) -> String {
        format!("{}-backup", self.names.instance)
    }

    /// Labels of the pods that dump and restore.
    pub(super) fn backup_labels(&self) -> Labels {
        [
            ("app.kubernetes.io/name", self.backup_name()),
            ("app.kubernetes.io/instance", self.names.instance.clone()),
            ("app.kubernetes.io/component", "backup".to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }

    fn backup_env(&self, backup: &Backup) -> Vec<(String, EnvValue)> {
        let password = EnvValue::Secret { name: self.names.secret.clone(), key: self.spec.secret_keys().admin };
        let mut env = vec![
            ("PGHOST".to_owned(), EnvValue::Text(self.context.place.host(&self.names.instance))),
            ("PGPORT".to_owned(), EnvValue::Text(PORT.to_string())),
            ("PGUSER".to_owned(), EnvValue::Text("postgres".to_owned())),
            ("PGPASSWORD".to_owned(), password),
            ("RETENTION_MINUTES".to_owned(), EnvValue::Text(backup.retention.minutes().to_string())),
        ];
        if self.spec.tls.is_some() {
            env.push(("PGSSLMODE".to_owned(), EnvValue::Text("verify-full".to_owned())));
            env.push(("PGSSLROOTCERT".to_owned(), EnvValue::Text("/certs/ca.crt".to_owned())));
        }
        env
    }

    fn backup_mounts(&self) -> Vec<Mount> {
        let mount = |name: &str, path: &str, volume| Mount { name: name.to_owned(), path: path.to_owned(), volume };
        let mut mounts = vec![
            mount("backup", "/backup", Volume::Claim(self.backup_name())),
            mount("tmp", "/tmp", Volume::Scratch("64Mi".to_owned())),
        ];
        if let Some(tls) = &self.spec.tls {
            let volume = Volume::SecretFile { name: tls.secret.to_string(), key: "ca.crt".to_owned() };
            mounts.push(mount("ca", "/certs", volume));
        }
        mounts
    }
}
