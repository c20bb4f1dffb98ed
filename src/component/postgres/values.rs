//! The chart's values.

use serde_json::{Value as Json, json};

use super::{METRICS_PORT, Postgres};
use crate::{
    chart::{self, Chart, Values},
    component::Outcome,
    manifest::{Origin, Traced},
    part::{Body, ChartPin, Name, Release},
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
        // The plan says so where there is no model.
        let Some(chart) = chart::find(CHART, pin.model.as_str()) else { return };
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
        outcome.add(&self.root, Body::Release(release));
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
            let at = self.at(format!("values.{}", pinned.path));
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
        let mut values = Values::new(&self.root);
        self.identity(&mut values, chart);
        self.access(&mut values);
        self.servers(&mut values);
        self.metrics(&mut values);
        values.overlay(&self.spec.values, &self.at("values"));
        let (values, origins) = values.finish();
        let adopted = self.spec.release.is_some();
        Release { name: self.names.release.clone(), chart: pin.clone(), values, origins, adopted, names: self.taken() }
    }

    /// The names of what the release is, makes and uses, the endpoints excepted.
    fn taken(&self) -> Vec<Name> {
        let (name, fullname) = (self.at("release.name"), self.at("release.fullname").to_string());
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
            taken.push(Name::new("data claim", claim.as_str(), self.at("storage.claim")));
        }
        taken
    }

    /// gen's own Service has the instance's name and keeps it in every architecture. The chart's stays where replicas find
    /// their primary by it, and where clients of an adopted release do.
    pub(super) fn has_chart_service(&self) -> bool {
        self.is_replicated() || *self.names.fullname != *self.names.instance
    }

    fn identity(&self, values: &mut Values, chart: &Chart) {
        values.set_traced("/fullnameOverride", self.names.fullname.clone());
        // Without it the chart refuses every registry and repository but Bitnami's own, whose versioned tags are gone.
        values.set("/global/security/allowInsecureImages", true);
        values.set_traced("/architecture", Traced::new(self.spec.architecture.as_str(), self.at("architecture")));
        values.set_images(chart, |role| self.context.image(role));
        for image in chart.images.iter().filter(|_| self.context.is_mirrored) {
            values.trace(format!("/{}/registry", image.path.replace('.', "/")), Origin::fixed("mirror"));
        }
        values.set("/volumePermissions/enabled", false);
        // The chart's own dump job would hang its release on local-path, and keeps every dump for ever.
        values.set("/backup/enabled", false);
    }

    fn access(&self, values: &mut Values) {
        let keys = self.secret_keys();
        values.set("/auth/enablePostgresUser", true);
        values.set_traced("/auth/username", self.user());
        values.set_traced("/auth/database", Traced::new(self.spec.database.as_str(), self.at("database")));
        values.set_traced("/auth/existingSecret", self.names.secret.clone());
        values.set_traced("/auth/secretKeys/adminPasswordKey", keys.admin);
        values.set_traced("/auth/secretKeys/userPasswordKey", keys.user);
        values.set_traced("/auth/secretKeys/replicationPasswordKey", keys.replication);
        if let Some(tls) = &self.spec.tls {
            values.trace("/tls", self.at("tls"));
            values.set("/tls/enabled", true);
            values.set_traced("/tls/certificatesSecret", Traced::new(tls.secret.as_str(), self.at("tls.secret")));
            values.set("/tls/certFilename", "tls.crt");
            values.set("/tls/certKeyFilename", "tls.key");
            // With a CA file the image asks every client for a certificate, its own exporter included.
            values.set("/tls/certCAFilename", "");
        }
    }

    fn servers(&self, values: &mut Values) {
        self.server(values, "primary");
        values.set("/primary/persistence/enabled", true);
        values.set_traced("/primary/persistence/existingClaim", self.names.claim.clone());
        let asks = if self.is_replicated() { "architecture" } else { "release.fullname" };
        values.set_traced("/primary/service/enabled", Traced::new(self.has_chart_service(), self.at(asks)));
        values.set("/primary/service/type", "ClusterIP");
        if self.is_replicated() {
            self.replicas(values);
        }
    }

    fn replicas(&self, values: &mut Values) {
        values.trace("/readReplicas", self.at("architecture"));
        self.server(values, "readReplicas");
        values.set_traced("/readReplicas/replicaCount", Traced::new(self.spec.replicas, self.at("replicas")));
        values.set("/readReplicas/service/type", "ClusterIP");
        values.set("/readReplicas/persistence/enabled", true);
        if let Some(size) = &self.spec.storage.size {
            values.set_traced("/readReplicas/persistence/size", Traced::new(size.to_string(), self.at("storage.size")));
        }
        if let Some(class) = self.storage_class() {
            values.set_traced("/readReplicas/persistence/storageClass", class.map(ToString::to_string));
        }
        values.set_traced("/readReplicas/persistence/accessModes", self.access_mode().map(|mode| json!([mode])));
    }

    /// What primary and replicas have in common.
    fn server(&self, values: &mut Values, role: &str) {
        values.set_copied(format!("/{role}/resources"), Traced::new(self.resources(), self.at("resources")));
        let mut set = |key: &str, value: Json| values.set(&format!("/{role}/{key}"), value);
        set("startupProbe/enabled", true.into());
        set("startupProbe/failureThreshold", STARTUP_TRIES.into());
        set("livenessProbe/enabled", true.into());
        set("readinessProbe/enabled", true.into());
        set("terminationGracePeriodSeconds", GRACE_SECONDS.into());
        set("podSecurityContext", pod_security_context());
        set("containerSecurityContext", container_security_context());
        set("automountServiceAccountToken", false.into());
        // `minAvailable: 1` of a single server would block every drain of its node.
        set("pdb", json!({ "create": true, "maxUnavailable": 1 }));
        // gen writes its own, port by port: the chart's closed one lets in every pod that carries a certain label.
        set("networkPolicy/enabled", false.into());
    }

    fn metrics(&self, values: &mut Values) {
        values.set_traced("/metrics/enabled", Traced::new(self.spec.metrics, self.at("metrics")));
        if self.spec.metrics {
            let resources = amounts(("50m", "64Mi"), "128Mi");
            values.set_traced("/metrics/resources", Traced::new(resources, self.at("metrics")));
            let context = Traced::new(container_security_context(), self.at("metrics"));
            values.set_traced("/metrics/containerSecurityContext", context);
            values.set_traced("/metrics/service/ports/metrics", Traced::new(METRICS_PORT, self.at("metrics")));
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
