//! Kinds and facets in words.

use super::{Exposure, Facet, ImagePart, Kind, NetworkPolicy, Persistence, Shape, Target};

impl Kind {
    /// What it takes, in a few words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Kind::Bool => "true or false".to_owned(),
            Kind::Integer(i64::MIN, i64::MAX) => "whole number".to_owned(),
            Kind::Integer(low, high) if low == high => format!("the number {low}"),
            // Where only the machine sets the upper bound, nobody wants to read it.
            Kind::Integer(low, high) if high >= i64::from(i32::MAX) => format!("whole number from {low}"),
            Kind::Integer(low, high) => format!("whole number from {low} to {high}"),
            Kind::Text => "string".to_owned(),
            Kind::Scalar => "string or number".to_owned(),
            Kind::OneOf(words) => {
                let quoted = |word: &&str| if word.is_empty() { "\"\"".to_owned() } else { (*word).to_owned() };
                format!("one of {}", words.iter().map(quoted).collect::<Vec<_>>().join(", "))
            }
            Kind::Quantity => "quantity".to_owned(),
            Kind::List(each) => format!("list, each: {}", each.words()),
            Kind::Map(each) => format!("map, each: {}", each.words()),
            Kind::Shape(shape) => shape.words().to_owned(),
            Kind::Any => "anything".to_owned(),
        }
    }
}

impl Shape {
    /// What it is, in a few words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Shape::EnvVars => "environment variables, a list",
            Shape::Containers => "containers, a list",
            Shape::PodSpec => "fields of a pod's spec",
            Shape::Volumes => "volumes, a list",
            Shape::ServicePorts => "ports of a Service, a list",
            Shape::IngressRules => "ingress rules, a list",
            Shape::EgressRules => "egress rules, a list",
            Shape::Objects => "objects, a list of maps or texts",
            Shape::Resources => "requests and limits",
            Shape::VolumeMounts => "mounts of volumes, a list",
            Shape::Probe => "fields of a probe",
            Shape::Lifecycle => "lifecycle handlers",
            Shape::PodSecurityContext => "fields of a pod's security context",
            Shape::SecurityContext => "fields of a container's security context",
            Shape::Affinity => "affinity",
            Shape::Tolerations => "tolerations, a list",
            Shape::TopologySpread => "topology spread constraints, a list",
            Shape::HostAliases => "host aliases, a list",
            Shape::LabelSelector => "label selector",
            Shape::DataSource => "data source of a claim",
            Shape::SessionAffinity => "configuration of session affinity",
            Shape::RollingUpdate => "rolling update of a StatefulSet",
            Shape::RbacRules => "rules of a Role, a list",
            Shape::PrometheusRules => "rules of Prometheus, a list",
            Shape::Relabelings => "relabelings, a list",
            Shape::PullSecrets => "names of Secrets, a list",
        }
    }
}

impl Facet {
    /// What rules see in it, in a few words; nothing for a plain setting.
    #[must_use]
    pub fn words(self) -> Option<&'static str> {
        Some(match self {
            Facet::Plain => return None,
            Facet::Exposure(exposure) => match exposure {
                Exposure::ServiceType => "exposure: type of a Service",
                Exposure::NodePort => "exposure: a port on every node",
                Exposure::LoadBalancer => "exposure: address or class of a load balancer",
                Exposure::SourceRanges => "exposure: who may reach a load balancer",
                Exposure::TrafficPolicy => "exposure: whether the caller's address survives",
                Exposure::HostNetwork => "exposure: the node's own network",
                Exposure::Annotations => "exposure: what controllers read on a Service",
            },
            Facet::Credential => "credential: belongs into a sealed Secret, not here",
            Facet::Image(part) => match part {
                ImagePart::Registry => "image: registry",
                ImagePart::Repository => "image: repository",
                ImagePart::Tag => "image: tag",
                ImagePart::Digest => "image: digest",
            },
            Facet::Persistence(aspect) => match aspect {
                Persistence::Enabled => "persistence: whether data outlives its pod",
                Persistence::ExistingClaim => "persistence: a claim that exists already",
                Persistence::RetentionEnabled => "persistence: whether a retention policy is written",
                Persistence::Retention => "persistence: what becomes of claims",
                Persistence::ResourcePolicy => "persistence: whether Helm keeps a claim",
                Persistence::Volume => "persistence: the volume",
            },
            Facet::NetworkPolicy(aspect) => match aspect {
                NetworkPolicy::Enabled => "network policy: whether there is one",
                NetworkPolicy::AllowExternal => "network policy: whether every source may connect",
                NetworkPolicy::AllowExternalEgress => "network policy: whether pods may connect to everything",
                NetworkPolicy::Ingress => "network policy: further sources",
                NetworkPolicy::Egress => "network policy: further targets",
                NetworkPolicy::Peers => "network policy: who is let in",
            },
            Facet::Resources => "resources: CPU and memory",
            Facet::Security => "security: what a pod may do",
            Facet::Reference(target) => match target {
                Target::Secret => "reference to a Secret",
                Target::ConfigMap => "reference to a ConfigMap",
                Target::Claim => "reference to a PersistentVolumeClaim",
                Target::ServiceAccount => "reference to a ServiceAccount",
                Target::StorageClass => "reference to a StorageClass",
            },
        })
    }
}
