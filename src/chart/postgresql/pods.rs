//! The pods of the chart, read in its templates: primary/statefulset.yaml, read/statefulset.yaml, backup/cronjob.yaml,
//! update-password/job.yaml. The container `copy-certs` has the context and the resources of the server that it precedes.

use crate::chart::{Container, Pod};

const EXPORTER: Container = Container { name: "metrics", group: "metrics", when: "metrics.enabled", is_init: false };
const HANDS_OVER: Container =
    Container { name: "init-chmod-data", group: "volumePermissions", when: "volumePermissions.enabled", is_init: true };

pub(super) const PODS: &[Pod] = &[
    Pod {
        name: "primary",
        group: "primary",
        when: &[],
        is_server: true,
        replicas: None,
        passes: &[],
        containers: &[
            Container { name: "postgresql", group: "primary", when: "", is_init: false },
            EXPORTER,
            HANDS_OVER,
        ],
    },
    Pod {
        name: "read replica",
        group: "readReplicas",
        when: &[("architecture", "replication")],
        is_server: true,
        replicas: Some("readReplicas.replicaCount"),
        passes: &[],
        containers: &[
            Container { name: "postgresql", group: "readReplicas", when: "", is_init: false },
            EXPORTER,
            HANDS_OVER,
        ],
    },
    Pod {
        name: "backup",
        group: "backup.cronjob",
        when: &[("backup.enabled", "true")],
        is_server: false,
        replicas: None,
        passes: &["fsGroup"],
        containers: &[Container { name: "pgdumpall", group: "backup.cronjob", when: "", is_init: false }],
    },
    Pod {
        name: "password job",
        group: "passwordUpdateJob",
        when: &[("passwordUpdateJob.enabled", "true")],
        is_server: false,
        replicas: None,
        passes: &[],
        containers: &[Container { name: "update-credentials", group: "passwordUpdateJob", when: "", is_init: false }],
    },
];
