//! Operating instructions with this instance's names filled in.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Value as Json, json};

use super::{
    PORT, Postgres,
    credentials::Credentials,
    spec::{Backup, REPLICATION_USER},
};
use crate::{
    component::Outcome,
    part::{Body, Rotation},
    template::Document,
};

static RUNBOOK: LazyLock<Document> =
    LazyLock::new(|| Document::compile(concat!(include_str!("commands.md.jinja"), include_str!("runbook.md.jinja"))));

impl Postgres<'_> {
    /// `scope` is [`Postgres::scope`].
    pub(super) fn runbook(&self, mut scope: Json, credentials: &Credentials, outcome: &mut Outcome) {
        let rotation = |rotation: &Rotation| {
            let Rotation { before, publish, after, back } = rotation;
            json!({ "before": before, "publish": publish, "after": after, "back": back })
        };
        // Without replicas nobody has the replication user's password.
        let in_use = credentials.passwords.iter().filter(|of| of.role != REPLICATION_USER || self.is_replicated());
        let passwords = in_use
            .map(|of| json!({ "role": of.role, "key": of.key.name, "rotation": rotation(&of.key.rotation) }))
            .collect();
        scope["passwords"] = Json::Array(passwords);
        let own = credentials.certificate.as_ref().filter(|demand| !demand.external);
        let certificate = own.and_then(|demand| demand.keys.first());
        scope["certificate"] = certificate.map_or(Json::Null, |key| json!({ "rotation": rotation(&key.rotation) }));
        outcome.add(&self.root, Body::Runbook(RUNBOOK.render(&scope)));
    }

    /// What the texts for people may name of this instance.
    pub(super) fn scope(&self) -> Json {
        let (context, names, keys) = (self.context, &self.names, self.secret_keys());
        let sealed = |secret: &str| format!("environments/{}/secrets/{secret}.sops.yaml", context.place.environment);
        let storage = &self.spec.storage;
        json!({
            "env": context.place.environment,
            "namespace": context.place.namespace,
            "instance": names.instance.value,
            "service_host": context.place.host(&names.instance),
            "port": PORT,
            "image": context.images.get("postgresql").map(ToString::to_string),
            "statefulset": names.primary,
            "pod": format!("{}-0", names.primary),
            "release": names.instance.value,
            "kustomization": context.delivery.object,
            "flux_namespace": context.delivery.namespace,
            "flux_source": {
                "kind": context.delivery.source_kind,
                "name": context.delivery.source_name,
                "namespace": context.delivery.namespace,
            },
            "secret": {
                "name": names.secret.value,
                "file": sealed(&names.secret),
                "admin_key": keys.admin.value,
                "user_key": keys.user.value,
                "replication_key": keys.replication.value,
            },
            "username": self.user().value,
            "database": self.spec.database.to_string(),
            "claim": {
                "name": names.claim.value,
                "size": storage.size.as_ref().map(ToString::to_string),
                "class": self.storage_class().map(|class| class.value.to_string()),
                "access_mode": self.access_mode().value,
            },
            "backup": self.spec.backup.as_ref().map(|backup| self.backup_scope(backup)),
            "tls": self.spec.tls.as_ref().map(|tls| json!({
                "secret": tls.secret.to_string(), "file": sealed(tls.secret.as_str()),
            })),
            "metrics": self.spec.metrics,
            "replication_user": REPLICATION_USER,
            "replication": self.is_replicated().then(|| json!({
                "host": context.place.host(&self.read_name()),
                "statefulset": self.read_name().value,
                "username": REPLICATION_USER,
                "replicas": self.spec.replicas,
            })),
            "clients": self.spec.clients.keys().map(|name| json!({ "name": name.as_str() })).collect::<Vec<_>>(),
        })
    }

    fn backup_scope(&self, backup: &Backup) -> Json {
        let labels = self.names.backup_pods();
        let labels: BTreeMap<&str, &str> = labels.iter().map(|(key, label)| (key.as_str(), label.as_str())).collect();
        json!({
            "cronjob": self.names.backup.value,
            "claim": self.names.backup.value,
            "schedule": backup.schedule.to_string(),
            "retention": backup.retention.to_string(),
            "labels": labels,
        })
    }
}
