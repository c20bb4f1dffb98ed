//! Slips of the pen: names, types, versions, lines written twice.

use crate::selftest::operator::{
    Change::{Confuse, Drop, Misspell, Push, Put, Twice},
    On::{Containers, Kind, Layers, Objects, Pods, Values},
    Operator,
};

const FORM: &[&str] = &["invalid-object"];
const VALUE: &[&str] = &["unknown-chart-value", "invalid-object"];

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new("object-typo", &["invalid-object", "unknown-kind", "missing-file"], "a misspelt key of an object", Objects, "", Misspell),
    Operator::new("object-type", &["invalid-object", "unknown-kind", "removed-api"], "a value of the wrong type in an object", Objects, "", Confuse),
    Operator::new("values-typo", VALUE, "a misspelt key in the values of a chart", Values, "", Misspell),
    Operator::new("values-type", VALUE, "a value of the wrong type in the values of a chart", Values, "", Confuse),
    Operator::new("environment-typo", &["unknown-key"], "a misspelt key of an environment", Layers, "", Misspell),
    Operator::new("kind-twice", &["duplicate-key"], "a line written twice", Objects, "kind", Twice),
    Operator::new("name-twice", &["duplicate-key"], "a name written twice", Objects, "metadata.name", Twice),
    Operator::new("unknown-field", FORM, "a field that the object does not have", Objects, "spec.enabled", Put("true")),
    Operator::new("service-enum", FORM, "a Service of a type that there is none", Kind("Service"), "spec.type", Put("Loadbalancer")),
    Operator::new("protocol-enum", FORM, "a protocol that there is none", Kind("Service"), "spec.ports.*.protocol", Put("tcp")),
    Operator::new("restart-enum", FORM, "a restart policy that there is none", Pods, "restartPolicy", Put("Sometimes")),
    Operator::new("pull-enum", FORM, "a pull policy that there is none", Containers, "imagePullPolicy", Put("Allways")),
    Operator::new("concurrency-enum", FORM, "a concurrency policy that there is none", Kind("CronJob"), "spec.concurrencyPolicy", Put("Never")),
    Operator::new("mode-enum", FORM, "an access mode that there is none", Kind("PersistentVolumeClaim"), "spec.accessModes", Put("[ReadWrite]")),
    Operator::new("policy-enum", FORM, "a policy type that there is none", Kind("NetworkPolicy"), "spec.policyTypes", Push("Inbound")),
    Operator::new("resource-name", FORM, "a resource that there is none", Containers, "resources.limits.memmory", Put("1Gi")),
    Operator::new("values-resource-name", VALUE, "a resource that there is none, in the values of a chart", Values, "*.resources.limits.memmory", Put("1Gi")),
    Operator::new("no-template", FORM, "a CronJob without its job", Kind("CronJob"), "spec.jobTemplate", Drop),
    Operator::new("no-schedule", FORM, "a CronJob without its schedule", Kind("CronJob"), "spec.schedule", Drop),
    Operator::new("no-interval", FORM, "a source without its interval", Kind("GitRepository"), "spec.interval", Drop),
    Operator::new("no-ports", FORM, "a port without its number", Kind("Service"), "spec.ports.*.port", Drop),
    Operator::new("old-cron-job", &["removed-api", "invalid-object"], "an API version that is gone", Kind("CronJob"), "apiVersion", Put("batch/v1beta1")),
    Operator::new("old-policy", &["removed-api", "invalid-object"], "an API version that is gone", Kind("NetworkPolicy"), "apiVersion", Put("extensions/v1beta1")),
    Operator::new("old-release", &["removed-api", "deprecated-api", "invalid-object"], "an API version of Flux that is gone", Kind("HelmRelease"), "apiVersion", Put("helm.toolkit.fluxcd.io/v2beta1")),
    Operator::new("old-source", &["removed-api", "deprecated-api", "invalid-object"], "an API version of Flux that is gone", Kind("GitRepository"), "apiVersion", Put("source.toolkit.fluxcd.io/v1beta1")),
    Operator::new("wrong-group", &["removed-api", "invalid-object", "unknown-kind"], "a kind in a group that has none of that name", Kind("NetworkPolicy"), "apiVersion", Put("v1")),
    Operator::new("wrong-kind", &["removed-api", "invalid-object", "unknown-kind"], "a kind that there is none", Kind("Service"), "kind", Put("Servce")),
];
