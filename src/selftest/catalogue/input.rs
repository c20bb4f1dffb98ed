//! Mistakes in an environment file, which a build passes on.

use crate::selftest::operator::{
    Change::{Drop, Put},
    On::Environment,
    Operator,
};

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new(
        "environment-load-balancer",
        &["public-database"],
        "a load balancer in an environment's values",
        Environment,
        "services.*.values",
        Put("{primary: {service: {type: LoadBalancer}}}"),
    ),
    Operator::new(
        "environment-password",
        &["plaintext-secret"],
        "a password in an environment's values",
        Environment,
        "services.*.values",
        Put("{auth: {password: kohLae4eiZ9ohx}}"),
    ),
    Operator::new(
        "environment-root",
        &["pod-security"],
        "a server that runs as root, in an environment's values",
        Environment,
        "services.*.values",
        Put("{primary: {containerSecurityContext: {runAsUser: 0, runAsNonRoot: false}}}"),
    ),
    Operator::new(
        "environment-no-persistence",
        &["no-persistence"],
        "a server that keeps nothing, in an environment's values",
        Environment,
        "services.*.values",
        Put("{readReplicas: {persistence: {enabled: false}}}"),
    )
    .when(|environment| environment.to_string().contains("replication")),
    Operator::new(
        "environment-trust",
        &["authentication-disabled"],
        "a server that asks nobody, in an environment's values",
        Environment,
        "services.*.values",
        Put("{primary: {pgHbaConfiguration: 'host all all 0.0.0.0/0 trust'}}"),
    ),
    Operator::new(
        "environment-debug",
        &["debug-mode"],
        "a server that sleeps, in an environment's values",
        Environment,
        "services.*.values",
        Put("{diagnosticMode: {enabled: true}}"),
    ),
    Operator::new(
        "environment-values-typo",
        &["unknown-chart-value"],
        "a value that the chart does not know, in an environment",
        Environment,
        "services.*.values",
        Put("{primary: {servce: {type: ClusterIP}}}"),
    ),
    Operator::new(
        "environment-latest",
        &["floating-version"],
        "an image by the tag latest, in an environment",
        Environment,
        "images",
        Put("{postgresql: 'docker.io/bitnamilegacy/postgresql:latest'}"),
    ),
    Operator::new(
        "environment-gone",
        &["image-not-pullable"],
        "an image that is gone, in an environment",
        Environment,
        "images",
        Put("{postgresql: 'docker.io/bitnami/postgresql:17.6.0-debian-12-r4'}"),
    ),
    Operator::new(
        "environment-no-backup",
        &["no-backup"],
        "a production database without a backup, in an environment",
        Environment,
        "services.*.backup",
        Drop,
    )
    .when(|environment| environment["profile"] == "production"),
    Operator::new(
        "environment-no-recipients",
        &["missing-key", "too-few-recipients", "wrong-recipient"],
        "an environment whose secrets nobody can open",
        Environment,
        "secrets.recipients",
        Drop,
    ),
    Operator::new(
        "environment-one-recipient",
        &["too-few-recipients", "wrong-recipient"],
        "an environment whose secrets one holder opens",
        Environment,
        "secrets.recipients.platform",
        Drop,
    ),
];
