//! The chart's values.

use serde_json::{Value as Json, json};

use super::{METRICS_PORT, Postgres};
use crate::{
    chart::{self, Chart, Values},
    component::Outcome,
    part::{Body, ChartPin, Name, Release},
    path,
};

/// The chart that runs PostgreSQL.
pub(super) const CHART: &str = "postgresql";

/// Seconds that a server may take to shut down cleanly. The default of 30 kills a checkpoint in the middle, and the next
/// start replays the log instead.
const GRACE_SECONDS: u32 = 120;

/// A start may replay a long log: 60 tries of 10 seconds before the liveness probe, which would kill it, begins to count.
const STARTUP_TRIES: u32 = 60;

impl Postgres<'_> {
    pub(super) fn release(&self, outcome: &mut Outcome) {
        let Some(pin) = self.context.charts.get(CHART) else {
            return outcome.error(
                "missing-key",
                self.context.path,
                format!("PostgreSQL needs the chart `{CHART}`, and the environment pins none"),
                format!("add `charts: {{{CHART}: {{version: {}, source: ...}}}}`", chart::versions(CHART).join(" or ")),
            );
        };
        let Some(chart) = chart::find(CHART, pin.version.as_str()) else {
            return outcome.error(
                "unknown-chart-version",
                format!("charts.{CHART}.version"),
                format!("gen has no model of {CHART} {}", pin.version),
                format!("known versions: {}", chart::versions(CHART).join(", ")),
            );
        };
        for image in chart.images.iter().filter(|image| !self.context.images.contains_key(image.role)) {
            outcome.error(
                "missing-key",
                self.context.path,
                format!(
                    "{CHART} {} needs `images.{}`: its own default can no longer be pulled",
                    chart.version, image.role
                ),
                format!("add `{}:` to `images:`", image.role),
            );
        }
        self.check_values(chart, outcome);
        let release = self.helm_release(chart, pin);
        self.check_quota(&release.values, outcome);
        outcome.add(self.context.path, Body::Release(release));
    }

    /// What goes past gen: the release would follow, gen's own Service, network policies, backup and runbook would not.
    fn check_values(&self, chart: &Chart, outcome: &mut Outcome) {
        for pinned in chart.pinned {
            if self.spec.values.pointer(&format!("/{}", pinned.path.replace('.', "/"))).is_none() {
                continue;
            }
            let help = match pinned.instead {
                "" => "leave it out".to_owned(),
                instead => format!("{instead} instead"),
            };
            let at = self.context.at(&format!("values.{}", pinned.path));
            if pinned.opens {
                let message =
                    format!("`{}` changes the pods' labels: no network policy would close the database", pinned.path);
                outcome.error("open-database", at, message, help);
            } else {
                let message = format!(
                    "gen's Service, network policies, backup and runbook do not know of this `{}` and would miss the database",
                    pinned.path
                );
                outcome.warning("overridden-value", at, message, help);
            }
        }
    }

    fn helm_release(&self, chart: &Chart, pin: &ChartPin) -> Release {
        let mut values = Values::new(self.context.path);
        self.identity(&mut values, chart);
        self.access(&mut values);
        self.servers(&mut values);
        self.metrics(&mut values);
        values.overlay(&self.spec.values, &self.context.at("values"));
        let (values, origins) = values.finish();
        let adopted = self.spec.release.is_some();
        Release { name: self.names.release.clone(), chart: pin.clone(), values, origins, adopted, names: self.taken() }
    }

    /// The names of what the release is, makes and uses, the endpoints excepted.
    fn taken(&self) -> Vec<Name> {
        let (name, fullname) = (self.context.at("release.name"), self.context.at("release.fullname"));
        let mut taken = vec![Name::new("Helm release", self.names.release.as_str(), name)];
        for server in self.server_sets() {
            taken.push(Name::new("StatefulSet", server.as_str(), fullname.as_str()));
            taken.push(Name::new("Service", format!("{server}-hl"), fullname.as_str()));
            taken.push(Name::new("PodDisruptionBudget", server, fullname.as_str()));
        }
        taken.push(Name::new("ServiceAccount", self.names.fullname.as_str(), fullname.as_str()));
        if self.has_chart_service() {
            taken.push(Name::new("Service", self.names.primary.as_str(), fullname));
        }
        if let Some(claim) = &self.spec.storage.claim {
            taken.push(Name::new("data claim", claim.as_str(), self.context.at("storage.claim")));
        }
        taken
    }

    /// gen's own Service has the instance's name and keeps it in every architecture. The chart's stays where replicas find
    /// their primary by it, and where clients of an adopted release do.
    fn has_chart_service(&self) -> bool {
        self.is_replicated() || self.names.fullname != self.names.instance
    }

    fn identity(&self, values: &mut Values, chart: &Chart) {
        let path = self.context.path;
        values.set("fullnameOverride", self.names.fullname.as_str(), &self.context.at("release.fullname"));
        // Without it the chart refuses every registry and repository but Bitnami's own, whose versioned tags are gone.
        values.set("global.security.allowInsecureImages", true, "images");
        values.set("architecture", self.spec.architecture.as_str(), &self.context.at("architecture"));
        values.set_images(chart, |role| self.context.images.get(role));
        values.set("volumePermissions.enabled", false, path);
        // The chart's own dump job would hang its release on local-path, and keeps every dump for ever.
        values.set("backup.enabled", false, path);
    }

    fn access(&self, values: &mut Values) {
        let keys = self.spec.secret_keys();
        let keys_path = self.context.at("secret.keys");
        values.set("auth.enablePostgresUser", true, self.context.path);
        values.set("auth.username", self.spec.user(), &self.context.at("username"));
        values.set("auth.database", self.spec.database.to_string(), &self.context.at("database"));
        values.set("auth.existingSecret", self.names.secret.as_str(), &self.context.at("secret.name"));
        values.set("auth.secretKeys.adminPasswordKey", keys.admin, &keys_path);
        values.set("auth.secretKeys.userPasswordKey", keys.user, &keys_path);
        values.set("auth.secretKeys.replicationPasswordKey", keys.replication, &keys_path);
        if let Some(tls) = &self.spec.tls {
            let path = self.context.at("tls");
            values.set("tls.enabled", true, &path);
            values.set("tls.certificatesSecret", tls.secret.to_string(), &path::join(&path, "secret"));
            values.set("tls.certFilename", "tls.crt", &path);
            values.set("tls.certKeyFilename", "tls.key", &path);
            // With a CA file the image asks every client for a certificate, its own exporter included.
            values.set("tls.certCAFilename", "", &path);
        }
    }

    fn servers(&self, values: &mut Values) {
        self.server(values, "primary");
        values.set("primary.persistence.enabled", true, &self.context.at("storage"));
        values.set("primary.persistence.existingClaim", self.names.claim.as_str(), &self.context.at("storage"));
        values.set("primary.service.enabled", self.has_chart_service(), self.context.path);
        values.set("primary.service.type", "ClusterIP", self.context.path);
        if self.is_replicated() {
            self.replicas(values);
        }
    }

    fn replicas(&self, values: &mut Values) {
        let storage_path = self.context.at("storage");
        let storage = &self.spec.storage;
        self.server(values, "readReplicas");
        values.set("readReplicas.replicaCount", self.spec.replicas, &self.context.at("replicas"));
        values.set("readReplicas.service.type", "ClusterIP", self.context.path);
        values.set("readReplicas.persistence.enabled", true, &storage_path);
        if let Some(size) = &storage.size {
            values.set("readReplicas.persistence.size", size.to_string(), &path::join(&storage_path, "size"));
        }
        if let Some(class) = self.storage_class() {
            values.set("readReplicas.persistence.storageClass", class.to_string(), &path::join(&storage_path, "class"));
        }
        values.set(
            "readReplicas.persistence.accessModes",
            json!([storage.access_mode.as_str()]),
            &path::join(&storage_path, "accessMode"),
        );
    }

    /// What primary and replicas have in common.
    fn server(&self, values: &mut Values, role: &str) {
        let path = self.context.path;
        let mut set = |key: &str, value: Json, origin: &str| values.set(&format!("{role}.{key}"), value, origin);
        set("resources", self.resources(), &self.context.at("resources"));
        set("startupProbe.enabled", true.into(), path);
        set("startupProbe.failureThreshold", STARTUP_TRIES.into(), path);
        set("livenessProbe.enabled", true.into(), path);
        set("readinessProbe.enabled", true.into(), path);
        set("terminationGracePeriodSeconds", GRACE_SECONDS.into(), path);
        set("podSecurityContext", pod_security_context(), path);
        set("containerSecurityContext", container_security_context(), path);
        set("automountServiceAccountToken", false.into(), path);
        // `minAvailable: 1` of a single server would block every drain of its node.
        set("pdb", json!({ "create": true, "maxUnavailable": 1 }), path);
        // gen writes its own, port by port: the chart's closed one lets in every pod that carries a certain label.
        set("networkPolicy.enabled", false.into(), &self.context.at("clients"));
    }

    fn metrics(&self, values: &mut Values) {
        let path = self.context.at("metrics");
        values.set("metrics.enabled", self.spec.metrics, &path);
        if self.spec.metrics {
            values.set("metrics.resources", amounts(("50m", "64Mi"), "128Mi"), &path);
            values.set("metrics.containerSecurityContext", container_security_context(), &path);
            values.set("metrics.service.ports.metrics", METRICS_PORT, &path);
        }
    }

    fn resources(&self) -> Json {
        match &self.spec.resources {
            Some(resources) => json!(resources),
            // The chart's own preset of 192Mi ends an idle server.
            None => amounts(("250m", "512Mi"), "1Gi"),
        }
    }
}

/// Requests of processor time and memory, and a limit of memory.
pub(super) fn amounts((cpu, memory): (&str, &str), limit: &str) -> Json {
    json!({ "requests": { "cpu": cpu, "memory": memory }, "limits": { "memory": limit } })
}

/// User and group 1001 are the ones that Bitnami's images are built for.
fn pod_security_context() -> Json {
    json!({ "enabled": true, "fsGroup": 1001, "fsGroupChangePolicy": "OnRootMismatch" })
}

/// Pod Security `restricted`, spelled out rather than left to a default of the chart.
fn container_security_context() -> Json {
    json!({
        "enabled": true,
        "runAsUser": 1001,
        "runAsGroup": 1001,
        "runAsNonRoot": true,
        "privileged": false,
        "readOnlyRootFilesystem": true,
        "allowPrivilegeEscalation": false,
        "capabilities": { "drop": ["ALL"] },
        "seccompProfile": { "type": "RuntimeDefault" },
    })
}
