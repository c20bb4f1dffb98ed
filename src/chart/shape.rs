//! What free-form values look like inside: the fields of the Kubernetes types that they become, as data.
//!
//! Source: the v1 types of the Kubernetes API, every field of 1.28 to 1.36. An enum lists the empty string where
//! Kubernetes takes it for "unset".

mod network;
mod pod;
mod scheduling;
mod storage;

use super::{Kind, Shape};

/// The shape of a value.
#[derive(Debug)]
pub(super) enum Form {
    /// A value of a kind.
    Is(Kind),
    /// A list.
    List(&'static Form),
    /// A map with any keys.
    Each(&'static Form),
    /// A map from resource names to quantities.
    Amounts,
    /// A map with these keys.
    Map(Fields),
    /// One of several, told apart by what they are: a scalar, a list or a map.
    Or(&'static [Form]),
}

/// The keys of a map.
#[derive(Debug)]
pub(super) struct Fields {
    /// Each with what it takes.
    pub(super) keys: &'static [(&'static str, Form)],
    /// Those that must be there.
    pub(super) needs: &'static [&'static str],
    /// Those of which there can be one at most.
    pub(super) alone: &'static [&'static str],
    /// Whether other keys are taken too.
    pub(super) open: bool,
}

impl Fields {
    /// What stands at `key`.
    pub(super) fn below(&self, key: &str) -> Option<&'static Form> {
        self.keys.iter().find(|(name, _)| *name == key).map(|(_, form)| form)
    }
}

impl Shape {
    /// What it looks like inside.
    pub(super) const fn form(self) -> &'static Form {
        match self {
            Shape::EnvVars => &pod::ENV_VARS,
            Shape::Containers => &pod::CONTAINERS,
            Shape::PodSpec => &pod::POD_SPEC,
            Shape::Volumes => &storage::VOLUMES,
            Shape::ServicePorts => &network::SERVICE_PORTS,
            Shape::IngressRules => &network::INGRESS_RULES,
            Shape::EgressRules => &network::EGRESS_RULES,
            Shape::Objects => &OBJECTS,
            Shape::Resources => &pod::RESOURCES,
            Shape::VolumeMounts => &storage::VOLUME_MOUNTS,
            Shape::Probe => &pod::PROBE,
            Shape::Lifecycle => &pod::LIFECYCLE,
            Shape::PodSecurityContext => &pod::POD_SECURITY_CONTEXT,
            Shape::SecurityContext => &pod::SECURITY_CONTEXT,
            Shape::Affinity => &scheduling::AFFINITY,
            Shape::Tolerations => &scheduling::TOLERATIONS,
            Shape::TopologySpread => &scheduling::TOPOLOGY_SPREAD,
            Shape::HostAliases => &network::HOST_ALIASES,
            Shape::LabelSelector => &scheduling::LABEL_SELECTOR,
            Shape::DataSource => &storage::DATA_SOURCE,
            Shape::SessionAffinity => &network::SESSION_AFFINITY,
            Shape::RollingUpdate => &ROLLING_UPDATE,
            Shape::RbacRules => &RBAC_RULES,
            Shape::PrometheusRules => &PROMETHEUS_RULES,
            Shape::Relabelings => &RELABELINGS,
            Shape::PullSecrets => &PULL_SECRETS,
        }
    }
}

const BOOL: Form = Form::Is(Kind::Bool);
const TEXT: Form = Form::Is(Kind::Text);
const SCALAR: Form = Form::Is(Kind::Scalar);
const QUANTITY: Form = Form::Is(Kind::Quantity);
const ANY: Form = Form::Is(Kind::Any);
const NUMBER: Form = Form::Is(Kind::Integer(i64::MIN, i64::MAX));
const COUNT: Form = Form::Is(Kind::Integer(0, i64::MAX));
const PORT: Form = Form::Is(Kind::Integer(1, 65535));
const TEXTS: Form = Form::List(&TEXT);
const TEXT_MAP: Form = Form::Each(&TEXT);
const NAMED: Form = map(&[("name", TEXT)], &[]);

const fn shape(shape: Shape) -> Form {
    Form::Is(Kind::Shape(shape))
}

const fn one_of(words: &'static [&'static str]) -> Form {
    Form::Is(Kind::OneOf(words))
}

/// A map with these keys, and those of them that must be there.
const fn map(keys: &'static [(&'static str, Form)], needs: &'static [&'static str]) -> Form {
    Form::Map(Fields { keys, needs, alone: &[], open: false })
}

/// A map with these keys, the needed ones, and those of which there can be one at most.
const fn choice(
    keys: &'static [(&'static str, Form)],
    needs: &'static [&'static str],
    alone: &'static [&'static str],
) -> Form {
    Form::Map(Fields { keys, needs, alone, open: false })
}

const OBJECT: Form = Form::Map(Fields {
    keys: &[("apiVersion", TEXT), ("kind", TEXT), ("metadata", Form::Each(&ANY))],
    needs: &["apiVersion", "kind"],
    alone: &[],
    open: true,
});
const OBJECT_OR_TEXT: Form = Form::Or(&[OBJECT, TEXT]);
// The chart ranges over them, which takes a map of objects too.
const OBJECTS: Form = Form::Or(&[Form::List(&OBJECT_OR_TEXT), Form::Each(&OBJECT_OR_TEXT)]);

const ROLLING_UPDATE: Form = map(&[("partition", COUNT), ("maxUnavailable", SCALAR)], &[]);

const RBAC_RULES: Form = Form::List(&RBAC_RULE);
const RBAC_RULE: Form = map(
    &[
        ("apiGroups", TEXTS),
        ("resources", TEXTS),
        ("resourceNames", TEXTS),
        ("nonResourceURLs", TEXTS),
        ("verbs", TEXTS),
    ],
    &["verbs"],
);

const PULL_SECRETS: Form = Form::List(&PULL_SECRET);
const PULL_SECRET: Form = Form::Or(&[TEXT, NAMED]);

// The types of the Prometheus operator, monitoring.coreos.com/v1.
const PROMETHEUS_RULES: Form = Form::List(&PROMETHEUS_RULE);
const PROMETHEUS_RULE: Form = choice(
    &[
        ("record", TEXT),
        ("alert", TEXT),
        ("expr", SCALAR),
        ("for", TEXT),
        ("keep_firing_for", TEXT),
        ("labels", TEXT_MAP),
        ("annotations", TEXT_MAP),
    ],
    &["expr"],
    &["record", "alert"],
);
const RELABELINGS: Form = Form::List(&RELABELING);
const RELABELING: Form = map(
    &[
        ("sourceLabels", TEXTS),
        ("separator", TEXT),
        ("targetLabel", TEXT),
        ("regex", TEXT),
        ("modulus", COUNT),
        ("replacement", TEXT),
        ("action", TEXT),
    ],
    &[],
);
