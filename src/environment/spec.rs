//! What an environment file may say. The doc comments become the JSON Schema's descriptions; the types check themselves.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::{
    policy::Profile,
    scalar::{
        AgeRecipient, ChartVersion, Date, DnsLabel, DnsName, FluxVersion, GitCommit, GitTag, HttpsUrl, ImageRef,
        KubernetesVersion, OciDigest, OciUrl, Quantity, RegistryHost, RelativePath, ServiceName,
    },
};

/// `gen.yaml`: marks the repository's root.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectSpec {
    /// The set of defaults; a new gen never changes what an edition renders.
    #[schemars(range(min = 1))]
    pub edition: u32,
    /// The versions of gen that may build this repository, such as ">=0.1".
    pub requires: Option<String>,
    /// Policies of the whole repository.
    #[serde(default)]
    pub policy: ProjectPolicySpec,
}

/// Policies of the whole repository.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectPolicySpec {
    /// Rules that no environment may ignore.
    #[serde(default)]
    pub locked: Vec<String>,
}

/// What a file says about itself as a layer; never inherited.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct HeaderSpec {
    /// A layer for others to extend, no environment of its own.
    #[serde(default, rename = "abstract")]
    pub is_abstract: bool,
    /// Layers below this one, files beside it without `.yaml`; later ones win.
    #[serde(default)]
    pub extends: OneOrMany,
}

/// One name or a list of names.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One name.
    One(String),
    /// Several, the later ones on top.
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        OneOrMany::Many(Vec::new())
    }
}

/// One environment: where it runs, how it is delivered, which services it has.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentSpec {
    /// The cluster's Kubernetes version, quoted: "1.33".
    pub kubernetes: KubernetesVersion,
    /// Which severities apply; `default` where it is left out.
    #[serde(default)]
    pub profile: Profile,
    /// The environment whose changes come here next, such as `staging`: charts and images may not be newer here, and what differs
    /// beyond sizes, clients and the like is told.
    #[serde(default)]
    pub promotes: Option<String>,
    /// The cluster that this environment runs on.
    pub cluster: ClusterSpec,
    /// The namespace that everything of this environment lives in.
    pub namespace: NamespaceSpec,
    /// Who brings the tree to the cluster.
    pub delivery: DeliverySpec,
    /// Which charts, from where, pinned to content; there is no silent default.
    #[serde(default)]
    pub charts: BTreeMap<String, ChartSpec>,
    /// The images that charts run, by role, so that a bump is a line in a pull request.
    #[serde(default)]
    pub images: BTreeMap<String, ImageRef>,
    /// Replaces the registry host of every image, such as "registry.example.com/mirror".
    #[serde(default)]
    pub mirror: Option<RegistryHost>,
    /// Defaults of every claim.
    #[serde(default)]
    pub storage: StorageSpec,
    /// Who can open the sealed secrets.
    #[serde(default)]
    pub secrets: SecretsSpec,
    /// The services by instance name.
    #[serde(default)]
    #[schemars(extend("x-key-format" = ServiceName::FORMAT))]
    pub services: BTreeMap<ServiceName, Json>,
    /// Exceptions from policies.
    #[serde(default)]
    pub policy: PolicySpec,
}

/// The cluster that an environment runs on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-short-form" = "name"))]
pub struct ClusterSpec {
    /// The cluster's name; two environments with one namespace on one cluster are an error.
    pub name: DnsLabel,
    /// How many nodes it has, where that is known.
    #[schemars(range(min = 1, max = 5000))]
    pub nodes: Option<u32>,
}

/// The namespace of an environment.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(extend("x-short-form" = "name"))]
pub struct NamespaceSpec {
    /// The namespace's name.
    pub name: DnsLabel,
    /// Whether gen writes the namespace; false where somebody else does.
    #[serde(default = "yes")]
    pub manage: bool,
    /// The Pod Security level that the namespace enforces; `restricted` where it is left out.
    #[serde(default)]
    pub pod_security: PodSecurity,
    /// A ResourceQuota's `spec.hard`, such as `limits.memory: 8Gi`.
    #[serde(default)]
    pub quota: BTreeMap<String, Quantity>,
    /// Denies all traffic of the namespace that no other policy allows.
    #[serde(default)]
    pub default_deny: bool,
}

/// A Pod Security level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PodSecurity {
    /// Hardened pods only.
    #[default]
    Restricted,
    /// No known privilege escalations.
    Baseline,
    /// Anything.
    Privileged,
}

impl PodSecurity {
    /// The level as the label `pod-security.kubernetes.io/enforce` spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            PodSecurity::Restricted => "restricted",
            PodSecurity::Baseline => "baseline",
            PodSecurity::Privileged => "privileged",
        }
    }
}

/// Who brings the tree to the cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliverySpec {
    /// The delivery engine.
    pub engine: Engine,
    /// How Flux reaches this repository.
    pub flux: Option<FluxSpec>,
}

/// A delivery engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Flux v2.
    Flux,
    /// Argo CD; not supported yet.
    Argocd,
    /// Docker Compose; not supported yet.
    Compose,
}

/// How Flux reaches this repository.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FluxSpec {
    /// The installed Flux, quoted: "2.7".
    pub version: FluxVersion,
    /// The source object that holds this repository.
    pub source: FluxSourceSpec,
    /// Where this repository's root lies in the source; its top where it is left out.
    #[serde(default)]
    pub path: Option<RelativePath>,
    /// The Secret with the age key, beside the source object; `sops-age` where it is left out.
    #[serde(default)]
    pub decryption_secret: Option<DnsName>,
}

impl FluxSpec {
    /// The name of the Secret with the age key.
    #[must_use]
    pub fn decryption_secret(&self) -> &str {
        self.decryption_secret.as_ref().map_or("sops-age", DnsName::as_str)
    }
}

/// A Flux source object.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FluxSourceSpec {
    /// Its kind.
    pub kind: FluxSourceKind,
    /// Its name.
    pub name: DnsName,
    /// Its namespace; the Flux Kustomizations stand there too.
    pub namespace: DnsLabel,
}

/// The kinds of source that a Flux Kustomization can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum FluxSourceKind {
    /// A Git repository.
    GitRepository,
    /// An OCI artifact.
    #[serde(rename = "OCIRepository")]
    OciRepository,
    /// An object storage bucket.
    Bucket,
}

impl FluxSourceKind {
    /// The kind as manifests spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FluxSourceKind::GitRepository => "GitRepository",
            FluxSourceKind::OciRepository => "OCIRepository",
            FluxSourceKind::Bucket => "Bucket",
        }
    }
}

/// A pinned chart.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartSpec {
    /// The chart's version; one that gen has a model of, unless `model` names one.
    pub version: ChartVersion,
    /// The version whose model stands in for a version that gen has no model of; names and types of `values:` are then not
    /// checked.
    pub model: Option<ChartVersion>,
    /// Where the chart comes from.
    pub source: ChartSourceSpec,
}

/// Where a chart comes from: exactly one of `git`, `oci`, `repository` or `path` alone.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-exclusive" = true))]
pub struct ChartSourceSpec {
    /// A Git repository; needs `path` and one of `tag` and `commit`.
    pub git: Option<HttpsUrl>,
    /// The Git tag; Flux clones it shallowly.
    pub tag: Option<GitTag>,
    /// The Git commit; pinned for good, but Flux clones the whole history.
    pub commit: Option<GitCommit>,
    /// The chart's folder in the Git repository; alone: its folder in this repository.
    pub path: Option<RelativePath>,
    /// An OCI artifact, chart name included.
    pub oci: Option<OciUrl>,
    /// The OCI artifact's digest, which pins its content.
    pub digest: Option<OciDigest>,
    /// A Helm repository.
    pub repository: Option<HttpsUrl>,
}

/// Defaults of every claim.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageSpec {
    /// The storage class of claims that name none.
    pub class: Option<DnsName>,
}

/// Who can open the sealed secrets.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretsSpec {
    /// age public keys by holder; with fewer than two, a lost key is a lost database.
    #[serde(default)]
    #[schemars(extend("x-key-format" = DnsLabel::FORMAT))]
    pub recipients: BTreeMap<DnsLabel, AgeRecipient>,
}

/// Exceptions from policies.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicySpec {
    /// Whether rules that are a matter of taste are asked too.
    #[serde(default)]
    pub opinions: bool,
    /// Findings to pass over; the lists of all layers are joined.
    #[serde(default)]
    #[schemars(extend("x-joined" = true))]
    pub ignore: Vec<IgnoreSpec>,
}

/// One finding to pass over.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IgnoreSpec {
    /// The rule's id.
    pub rule: String,
    /// The environment path that the finding is about, or one above it.
    pub path: Option<String>,
    /// Why this is right here.
    pub reason: String,
    /// The last day that the exception holds.
    pub until: Option<Date>,
}

fn yes() -> bool {
    true
}
