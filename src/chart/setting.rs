//! One row of a chart's model: a value path, what it takes, what it is for.

/// One value of a chart. A path that takes a map or a list of free form is one setting, with all that stands below it.
#[derive(Debug)]
pub struct Setting {
    /// Its dotted path; no key has a dot.
    pub path: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// The chart's default, as JSON.
    pub default: &'static str,
    /// What rules want to know about it.
    pub facet: Facet,
    /// What it means, in one sentence of our own.
    pub meaning: &'static str,
}

/// What a setting takes. `null` is taken for all but [`Chart::needed`](super::Chart::needed): Helm drops the default for it.
/// A string with `{{` stands for any text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A whole number from the first to the second.
    Integer(i64, i64),
    /// A string.
    Text,
    /// A string or a number, where the chart's default is the empty string.
    Scalar,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A Kubernetes quantity such as `8Gi`; the empty string where `default` is one.
    Quantity,
    /// A list of one kind.
    List(&'static Kind),
    /// A map with any keys.
    Map(&'static Kind),
    /// What Kubernetes, or another API, takes at its place. On the path of a group that has settings of its own, it says
    /// what the group takes beside them: the chart passes such a group on whole.
    Shape(Shape),
    /// Anything.
    Any,
}

/// Parts of Kubernetes objects that a value becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Environment variables of a container.
    EnvVars,
    /// Whole containers.
    Containers,
    /// Fields of a pod's spec.
    PodSpec,
    /// Volumes of a pod.
    Volumes,
    /// Ports of a Service.
    ServicePorts,
    /// Ingress rules of a NetworkPolicy.
    IngressRules,
    /// Egress rules of a NetworkPolicy.
    EgressRules,
    /// Whole objects, as maps or as templated text.
    Objects,
    /// Requests and limits.
    Resources,
    /// Mounts of volumes.
    VolumeMounts,
    /// A probe of a container.
    Probe,
    /// Handlers for a container's start and end.
    Lifecycle,
    /// Security context of a pod.
    PodSecurityContext,
    /// Security context of a container.
    SecurityContext,
    /// Node, pod and anti-affinity.
    Affinity,
    /// Tolerations of taints.
    Tolerations,
    /// Spread over nodes or zones.
    TopologySpread,
    /// Lines of /etc/hosts.
    HostAliases,
    /// A label selector.
    LabelSelector,
    /// What a claim is filled from.
    DataSource,
    /// Timeout of a Service's session affinity.
    SessionAffinity,
    /// The rolling update of a StatefulSet.
    RollingUpdate,
    /// Rules of a Role.
    RbacRules,
    /// Rules of a PrometheusRule's group.
    PrometheusRules,
    /// Relabelings of a ServiceMonitor.
    Relabelings,
    /// Names of Secrets for pulling images, as strings or `{name}`.
    PullSecrets,
}

/// What rules want to know about a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    /// Nothing.
    Plain,
    /// It can open the service to others.
    Exposure(Exposure),
    /// Its value is a secret.
    Credential,
    /// It is a part of an image's reference.
    Image(ImagePart),
    /// It is about where data lies and how long.
    Persistence(Persistence),
    /// It is about the chart's own network policy.
    NetworkPolicy(NetworkPolicy),
    /// It is about CPU and memory.
    Resources,
    /// It is about what a pod may do on its node or in the cluster.
    Security,
    /// It names another object.
    Reference(Target),
}

/// How a setting can open a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// A Service's type.
    ServiceType,
    /// A port on every node.
    NodePort,
    /// An address or a class for a load balancer.
    LoadBalancer,
    /// From where a load balancer may be reached.
    SourceRanges,
    /// Whether the caller's address survives.
    TrafficPolicy,
    /// The node's own network.
    HostNetwork,
    /// Annotations of a Service, which publish it where a controller reads them.
    Annotations,
}

/// Parts of an image's reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImagePart {
    /// The registry's host.
    Registry,
    /// The repository in it.
    Repository,
    /// The tag.
    Tag,
    /// The digest, which wins over the tag.
    Digest,
}

/// Aspects of stored data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// Whether data outlives its pod.
    Enabled,
    /// A claim that exists already.
    ExistingClaim,
    /// Whether the StatefulSet's retention policy is written at all.
    RetentionEnabled,
    /// What becomes of claims when the StatefulSet goes or shrinks.
    Retention,
    /// Helm's resource policy of a claim.
    ResourcePolicy,
    /// Anything else about the volume.
    Volume,
}

/// Aspects of a chart's network policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkPolicy {
    /// Whether there is one.
    Enabled,
    /// Whether every source may connect.
    AllowExternal,
    /// Whether the pods may connect to everything.
    AllowExternalEgress,
    /// Further allowed sources.
    Ingress,
    /// Further allowed targets.
    Egress,
    /// Which namespaces or pods are let in.
    Peers,
}

/// Kinds of object that a setting can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A Secret.
    Secret,
    /// A ConfigMap.
    ConfigMap,
    /// A PersistentVolumeClaim.
    Claim,
    /// A ServiceAccount.
    ServiceAccount,
    /// A StorageClass.
    StorageClass,
}

/// A setting that some values set.
#[derive(Clone, Debug)]
pub struct Set<'v> {
    /// Which.
    pub setting: &'static Setting,
    /// What it is set to.
    pub value: &'v serde_json::Value,
}

impl Set<'_> {
    /// Where it stands in the values: the keys of its path.
    #[must_use]
    pub fn pointer(&self) -> Vec<String> {
        self.setting.path.split('.').map(str::to_owned).collect()
    }
}
