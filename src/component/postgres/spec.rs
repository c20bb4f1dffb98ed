//! What an environment file may say about a PostgreSQL instance.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::{
    component::resources::Resources,
    scalar::{
        CronSchedule, DnsLabel, DnsName, Duration, LabelKey, LabelValue, PostgresDatabase, PostgresRole, RelativePath,
        SecretKey, ServiceName, Size,
    },
};

/// The superuser that the image makes.
pub(super) const SUPERUSER: &str = "postgres";
/// The role that replicas connect as, the chart's default.
pub(super) const REPLICATION_USER: &str = "repl_user";

/// A PostgreSQL database, run by Bitnami's chart.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PostgresSpec {
    /// The kind of service; the instance's name where it is left out.
    #[serde(default)]
    #[schemars(with = "Option<KindName>")]
    #[allow(dead_code, reason = "read before the spec is, to find it")]
    kind: Option<String>,
    /// One server, or a primary with read replicas; `standalone` where it is left out.
    #[serde(default)]
    pub(super) architecture: Architecture,
    /// Read replicas under `replication`: own volumes of the same size and class, same clients.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 16))]
    pub(super) replicas: u32,
    /// Where the data lies: a size such as `20Gi`, or a map.
    pub(super) storage: Storage,
    /// The database that is made on first start.
    pub(super) database: PostgresDatabase,
    /// Its owner; the database's name where it is left out.
    pub(super) username: Option<PostgresRole>,
    /// CPU and memory of every server pod; where it is left out, 250m and 512Mi are requested and 1Gi is the limit.
    pub(super) resources: Option<Resources>,
    /// Who may connect, by name; everything else is denied.
    #[serde(default)]
    #[schemars(extend("x-key-format" = DnsLabel::FORMAT))]
    pub(super) clients: BTreeMap<DnsLabel, Client>,
    /// Regular dumps into a claim of their own.
    pub(super) backup: Option<Backup>,
    /// A Prometheus exporter beside every server.
    #[serde(default)]
    pub(super) metrics: bool,
    /// TLS on the server; offered, not enforced: clients ask for it with `sslmode=verify-full`.
    pub(super) tls: Option<Tls>,
    /// Names of a live release that is taken over.
    pub(super) release: Option<Release>,
    /// The Secret with the passwords.
    pub(super) secret: Option<Secret>,
    /// Own objects that travel with this service, files relative to the layer that lists them.
    #[serde(default)]
    #[allow(dead_code, reason = "read with their positions, by the plan")]
    manifests: Vec<RelativePath>,
    /// Raw Helm values on top of what gen sets, by Helm's rules: maps merge, `null` drops a default of the chart.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Json>", extend("x-verbatim" = true))]
    pub(super) values: Json,
}

/// The name of this kind.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum KindName {
    /// PostgreSQL.
    #[allow(dead_code, reason = "stands in the schema only")]
    Postgres,
}

/// One server, or a primary with read replicas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Architecture {
    /// One server.
    #[default]
    Standalone,
    /// A primary and read replicas; there is no failover.
    Replication,
}

impl Architecture {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Architecture::Standalone => "standalone",
            Architecture::Replication => "replication",
        }
    }
}

/// Where the data lies.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(extend("x-short-form" = "size"))]
pub(super) struct Storage {
    /// The claim's size, which on local-path cannot change later; beside `claim`, that of the replicas' own volumes.
    pub(super) size: Option<Size>,
    /// The storage class; the environment's where it is left out.
    pub(super) class: Option<DnsName>,
    /// Who may mount the claim at once; `ReadWriteOncePod` where it is left out.
    #[serde(default)]
    pub(super) access_mode: AccessMode,
    /// An existing claim, used as it is; gen writes none then.
    pub(super) claim: Option<DnsName>,
}

/// Who may mount a claim at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub(super) enum AccessMode {
    /// One pod: two servers on one data folder are impossible.
    #[default]
    ReadWriteOncePod,
    /// The pods of one node.
    ReadWriteOnce,
}

impl AccessMode {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            AccessMode::ReadWriteOncePod => "ReadWriteOncePod",
            AccessMode::ReadWriteOnce => "ReadWriteOnce",
        }
    }
}

/// Somebody who may connect.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Client {
    /// Short for the label `app.kubernetes.io/name`.
    pub(super) app: Option<LabelValue>,
    /// The namespace of its pods; the environment's own where it is left out.
    pub(super) namespace: Option<DnsLabel>,
    /// Labels of its pods; every pod of the namespace where there are none.
    #[serde(default)]
    #[schemars(extend("x-key-format" = LabelKey::FORMAT))]
    pub(super) labels: BTreeMap<LabelKey, LabelValue>,
    /// The ports that it may reach; PostgreSQL's own where they are left out.
    #[serde(default)]
    #[schemars(inner(range(min = 1, max = 65535)))]
    pub(super) ports: Vec<u16>,
}

/// Regular dumps.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Backup {
    /// When, as a cron schedule in UTC.
    pub(super) schedule: CronSchedule,
    /// How long a dump is kept, such as `30d`; the newest is always kept.
    pub(super) retention: Duration,
    /// The claim that holds the dumps: a size, or a map.
    pub(super) storage: BackupStorage,
    /// CPU and memory of the dump.
    pub(super) resources: Option<Resources>,
}

/// The claim that holds the dumps.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-short-form" = "size"))]
pub(super) struct BackupStorage {
    /// The claim's size.
    pub(super) size: Size,
    /// The storage class; the environment's where it is left out.
    pub(super) class: Option<DnsName>,
}

/// TLS on the server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    /// A Secret of type `kubernetes.io/tls` with `tls.crt`, `tls.key` and `ca.crt`.
    pub(super) secret: DnsName,
    /// Whether something in the cluster makes that Secret, such as cert-manager; gen asks for no sealed file then.
    #[serde(default)]
    pub(super) external: bool,
}

/// Names of a live release that is taken over.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Release {
    /// Helm's release name; the instance's name where it is left out.
    pub(super) name: Option<DnsLabel>,
    /// The live StatefulSet's name; the instance's name where it is left out.
    pub(super) fullname: Option<ServiceName>,
}

/// The Secret with the passwords.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Secret {
    /// The Secret's name; `<instance>-auth` where it is left out.
    pub(super) name: Option<DnsName>,
    /// Which of its keys holds which password.
    #[serde(default)]
    pub(super) keys: SecretKeys,
}

/// Which key holds which password: ours on the left, the Secret's on the right.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SecretKeys {
    /// The superuser's; `postgres-password` where it is left out.
    #[serde(rename = "postgres-password")]
    pub(super) admin: Option<SecretKey>,
    /// The database owner's; `password` where it is left out.
    #[serde(rename = "password")]
    pub(super) user: Option<SecretKey>,
    /// The replication user's, demanded from the start so that replication can be switched on; `replication-password` where it
    /// is left out.
    #[serde(rename = "replication-password")]
    pub(super) replication: Option<SecretKey>,
}

fn one() -> u32 {
    1
}
