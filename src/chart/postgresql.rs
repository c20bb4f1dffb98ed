//! Bitnami's `postgresql` chart.

mod pods;
mod v17_0_2;

use super::{Chart, ContainerPort, Group, Image, Index, Marks, Pinned};

/// Git tag `postgresql/17.0.2` of bitnami/charts (commit b6318363). All three images go through the chart's image check,
/// unused ones too (`common.errors.insecureImages`, called in NOTES.txt), so all three are always set.
pub(super) static V17_0_2: Chart = Chart {
    name: "postgresql",
    version: "17.0.2",
    dependencies: &[("common", "2.31.4")],
    // `primary`, `auth` and `metrics` are Bitnami's mysql's too; its `secondary` and `auth.rootPassword` are not ours.
    marks: Marks {
        own: &[
            "readReplicas",
            "postgresqlDataDir",
            "postgresqlSharedPreloadLibraries",
            "global.postgresql",
            "auth.enablePostgresUser",
            "auth.postgresPassword",
            "auth.secretKeys.adminPasswordKey",
            "auth.secretKeys.userPasswordKey",
            "audit.pgAuditLog",
            "primary.pgHbaConfiguration",
            "primary.preInitDb",
        ],
        shared: &["primary"],
    },
    index: Index::new(),
    images: &[
        Image { role: "postgresql", path: "image", when: &[] },
        Image {
            role: "os-shell",
            path: "volumePermissions.image",
            when: &["volumePermissions.enabled", "tls.enabled"],
        },
        Image { role: "postgres-exporter", path: "metrics.image", when: &["metrics.enabled"] },
    ],
    ports: &[
        ContainerPort { name: "tcp-postgresql", path: "containerPorts.postgresql", when: "", is_metrics: false },
        ContainerPort {
            name: "http-metrics",
            path: "metrics.containerPorts.metrics",
            when: "metrics.enabled",
            is_metrics: true,
        },
    ],
    pods: pods::PODS,
    // Service, NetworkPolicies and backup find the pods by name, instance, component and port.
    pinned: &[
        Pinned { path: "fullnameOverride", instead: "set `release.fullname`", opens: false },
        Pinned { path: "nameOverride", instead: "", opens: true },
        Pinned { path: "namespaceOverride", instead: "set the environment's `namespace`", opens: false },
        Pinned { path: "architecture", instead: "set `architecture` of the service", opens: false },
        Pinned { path: "primary.name", instead: "", opens: false },
        Pinned { path: "readReplicas.name", instead: "", opens: false },
        Pinned { path: "containerPorts", instead: "", opens: false },
        Pinned { path: "primary.persistence.enabled", instead: "", opens: false },
        Pinned { path: "primary.persistence.existingClaim", instead: "set `storage: {claim: NAME}`", opens: false },
        Pinned { path: "auth.existingSecret", instead: "set `secret.name`", opens: false },
        Pinned { path: "auth.secretKeys", instead: "set `secret.keys`", opens: false },
        Pinned { path: "auth.username", instead: "set `username`", opens: false },
        Pinned { path: "auth.database", instead: "set `database`", opens: false },
        Pinned { path: "auth.replicationUsername", instead: "", opens: false },
    ],
    groups: &[Group { path: "readReplicas", when: ("architecture", "replication") }],
    needed: v17_0_2::NEEDED,
    settings: v17_0_2::SETTINGS,
};
