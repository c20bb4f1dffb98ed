//! Regular dumps: a job of gen's own into a claim of its own.

use serde_json::{Value as Json, json};

use super::{PORT, Postgres, spec::Backup, values::amounts};
use crate::{
    component::Outcome,
    manifest::{Origin, Traced},
    part::{Body, Claim, EnvValue, EnvVar, Job, Mount, NetworkRule, Volume},
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
        let path = self.at("backup");
        if self.context.nodes == Some(1) {
            outcome.warning(
                "backup-on-one-node",
                path.clone(),
                "the cluster has one node, so the dumps lie on the same machine as the database",
                "copy them elsewhere, or add a node",
            );
        }
        let Some(image) = self.context.image(IMAGE) else { return };
        let claim = Claim {
            name: self.names.backup.clone(),
            size: Traced::new(backup.storage.size.clone(), self.at("backup.storage.size")),
            class: self.context.class(backup.storage.class.as_ref(), self.at("backup.storage.class")),
            access_mode: Traced::new("ReadWriteOnce".to_owned(), path.clone()),
            purpose: "backups".to_owned(),
        };
        outcome.add(path.clone(), Body::Claim(claim));
        let job = Job {
            name: self.names.backup.clone(),
            schedule: Traced::new(backup.schedule.to_string(), self.at("backup.schedule")),
            image: image.map(|image| (*image).clone()),
            script: SCRIPT.to_owned(),
            arguments: vec!["backup".to_owned(), RESTORE.to_owned()],
            env: self.backup_env(backup),
            mounts: self.backup_mounts(),
            labels: self.names.backup_pods(),
            resources: Traced::new(resources(backup), self.at("backup.resources")),
            avoid: self.names.primary_pod(),
        };
        outcome.add(path.clone(), Body::Job(job));
        let rule = NetworkRule {
            name: self.names.backup.clone(),
            pods: self.names.backup_pods(),
            ingress: Traced::new(Vec::new(), path.clone()),
            egress: vec![self.own_traffic("the database", self.names.pods(), path.clone())],
        };
        outcome.add(path, Body::NetworkRule(rule));
    }

    fn backup_env(&self, backup: &Backup) -> Vec<Traced<EnvVar>> {
        let job = self.at("backup");
        let variable =
            |name: &str, value: EnvValue, origin: &Origin| Traced::new(EnvVar { name: name.to_owned(), value }, origin);
        let text = |value: &str, origin: &Origin| EnvValue::Text(Traced::new(value.to_owned(), origin));
        let host = self.names.instance.map(|instance| self.context.place.host(instance));
        let password = EnvValue::Secret { name: self.names.secret.clone(), key: self.secret_keys().admin };
        let minutes = backup.retention.minutes().to_string();
        let mut env = vec![
            variable("PGHOST", EnvValue::Text(host), &job),
            variable("PGPORT", text(&PORT.to_string(), &job), &job),
            variable("PGUSER", text("postgres", &job), &job),
            variable("PGPASSWORD", password, &job),
            variable("RETENTION_MINUTES", text(&minutes, &self.at("backup.retention")), &job),
        ];
        if self.spec.tls.is_some() {
            let tls = self.at("tls");
            env.push(variable("PGSSLMODE", text("verify-full", &tls), &tls));
            env.push(variable("PGSSLROOTCERT", text("/certs/ca.crt", &tls), &tls));
        }
        env
    }

    fn backup_mounts(&self) -> Vec<Traced<Mount>> {
        let mount = |name: &str, path: &str, volume, origin: &'static str| {
            Traced::new(Mount { name: name.to_owned(), path: path.to_owned(), volume }, self.at(origin))
        };
        let mut mounts = vec![
            mount("backup", "/backup", Volume::Claim(self.names.backup.clone()), "backup"),
            mount("tmp", "/tmp", Volume::Scratch("64Mi".to_owned()), "backup"),
        ];
        if let Some(tls) = &self.spec.tls {
            let name = Traced::new(tls.secret.to_string(), self.at("tls.secret"));
            mounts.push(mount("ca", "/certs", Volume::SecretFile { name, key: "ca.crt".to_owned() }, "tls"));
        }
        mounts
    }
}
