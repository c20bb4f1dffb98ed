//! The neutral parts of a plan: what shall exist, not yet how a delivery engine spells it. Every part records the
//! environment path that it came from, and each of its fields that another path decides records that one.

mod chart;

use std::collections::BTreeMap;

use serde_json::Value as Json;

pub use chart::{ChartPin, ChartSource, GitReference};

use crate::{
    diagnostic::Severity,
    manifest::{Origin, Origins, Traced},
    scalar::{DnsLabel, DnsName, ImageRef, Size},
};

/// Labels by key, sorted.
pub type Labels = BTreeMap<String, Traced<String>>;

/// One thing that shall exist.
#[derive(Clone, Debug)]
pub struct Part {
    /// The environment path that asks for it.
    pub origin: Origin,
    /// What it is.
    pub body: Body,
}

/// The kinds of part.
#[derive(Clone, Debug)]
pub enum Body {
    /// A Helm release of a pinned chart.
    Release(Release),
    /// A job that runs on a schedule.
    Job(Job),
    /// A volume claim.
    Claim(Claim),
    /// Who may talk to some pods, and to whom they may talk; everything else is denied.
    NetworkRule(NetworkRule),
    /// A stable address inside the cluster.
    Endpoint(Endpoint),
    /// A Secret that somebody has to provide.
    SecretDemand(SecretDemand),
    /// Operating instructions for people.
    Runbook(String),
}

/// A Helm release.
#[derive(Clone, Debug)]
pub struct Release {
    /// Helm's release name, at most 53 characters.
    pub name: Traced<String>,
    /// The chart.
    pub chart: ChartPin,
    /// The values, the user's own ones merged in.
    pub values: Json,
    /// Which environment path set which value.
    pub origins: Origins,
    /// Whether it is a live release that is taken over, which may own objects of the same names as gen's own.
    pub adopted: bool,
    /// Itself, what its chart makes beside the endpoints, and the claim that it uses.
    pub names: Vec<Name>,
}

/// The name of something in the namespace that only one thing can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// What has it: a kind of object, or what people call it.
    pub kind: String,
    /// The name.
    pub name: String,
    /// The environment path that asks for it.
    pub origin: String,
}

impl Name {
    /// The name of a `kind` that the environment path `origin` asks for.
    #[must_use]
    pub fn new(kind: impl Into<String>, name: impl Into<String>, origin: impl Into<String>) -> Name {
        Name { kind: kind.into(), name: name.into(), origin: origin.into() }
    }
}

/// A job that runs on a schedule, one pod at a time, hardened.
#[derive(Clone, Debug)]
pub struct Job {
    /// The job's name.
    pub name: Traced<String>,
    /// Cron schedule in UTC.
    pub schedule: Traced<String>,
    /// The image of its only container.
    pub image: Traced<ImageRef>,
    /// A bash script.
    pub script: String,
    /// The script's arguments, the first being what it calls itself.
    pub arguments: Vec<String>,
    /// Environment variables in order.
    pub env: Vec<Traced<EnvVar>>,
    /// What is mounted where.
    pub mounts: Vec<Traced<Mount>>,
    /// Labels of the pod.
    pub labels: Labels,
    /// Kubernetes' resources of the container, key by key as the environment says them.
    pub resources: Traced<Json>,
    /// Labels of pods whose node is a worse place for this job.
    pub avoid: Labels,
}

/// An environment variable.
#[derive(Clone, Debug)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: EnvValue,
}

/// The value of an environment variable.
#[derive(Clone, Debug)]
pub enum EnvValue {
    /// Plain text.
    Text(Traced<String>),
    /// A key of a Secret.
    Secret {
        /// The Secret's name.
        name: Traced<String>,
        /// The key.
        key: Traced<String>,
    },
}

/// Something mounted into a container.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Name of the volume.
    pub name: String,
    /// Where it is mounted.
    pub path: String,
    /// What it is.
    pub volume: Volume,
}

/// What a mount shows.
#[derive(Clone, Debug)]
pub enum Volume {
    /// A claim by name.
    Claim(Traced<String>),
    /// An empty scratch folder with a size limit.
    Scratch(String),
    /// One key of a Secret as a file of the same name, read only.
    SecretFile {
        /// The Secret's name.
        name: Traced<String>,
        /// The key.
        key: String,
    },
}

/// A volume claim of gen's own.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The claim's name.
    pub name: Traced<String>,
    /// Its size.
    pub size: Traced<Size>,
    /// Its storage class; the cluster's default where there is none.
    pub class: Option<Traced<DnsName>>,
    /// Its access mode.
    pub access_mode: Traced<String>,
    /// What it holds, for people.
    pub purpose: String,
}

/// Who may talk to some pods, and to whom they may talk.
#[derive(Clone, Debug)]
pub struct NetworkRule {
    /// The rule's name.
    pub name: Traced<String>,
    /// The pods that it is about.
    pub pods: Labels,
    /// Who may connect.
    pub ingress: Traced<Vec<Allowance>>,
    /// To whom they may connect; DNS is always among it.
    pub egress: Vec<Allowance>,
}

/// One allowed direction of traffic.
#[derive(Clone, Debug)]
pub struct Allowance {
    /// The name that the environment gives to the other side, for people.
    pub name: String,
    /// The other side.
    pub peer: Peer,
    /// TCP ports on the receiving side.
    pub ports: Vec<Traced<u16>>,
    /// The environment path that allows it.
    pub origin: Origin,
}

/// Pods, seen from a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Their namespace; `None` is the policy's own.
    pub namespace: Option<Traced<DnsLabel>>,
    /// Their labels; none means every pod of the namespace.
    pub labels: Labels,
}

/// A stable address inside the cluster.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The Service's name.
    pub name: Traced<String>,
    /// The pods behind it.
    pub pods: Labels,
    /// Its port.
    pub port: u16,
    /// The port's name, here and on the pods.
    pub port_name: String,
    /// What it is for, for people.
    pub purpose: String,
    /// Whether gen writes the Service; false for one that the chart makes.
    pub own: bool,
}

/// A Secret that somebody has to provide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretDemand {
    /// The Secret's name.
    pub name: String,
    /// Its type, `Opaque` or `kubernetes.io/tls`.
    pub kind: String,
    /// The keys that it must hold.
    pub keys: Vec<DemandedKey>,
    /// Whether something else in the cluster makes it, such as cert-manager.
    pub external: bool,
}

/// A key that a Secret must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemandedKey {
    /// The key.
    pub name: String,
    /// What it is for, for people.
    pub purpose: String,
    /// What stands there, and how it is made.
    pub credential: Credential,
    /// What the running service needs when it changes.
    pub rotation: Rotation,
}

/// What stands under a key of a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A password. Made of letters and digits only, so that it is the same text in a URL, a shell and a connection string.
    Password,
    /// One of the texts of a server certificate, all of which are made at once.
    Certificate {
        /// Which of them.
        text: CertificateText,
        /// The DNS names of the server, at least one.
        names: Vec<String>,
    },
}

/// The texts of a server certificate, each in PEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateText {
    /// The server's certificate, `tls.crt`.
    Certificate,
    /// Its private key, `tls.key`.
    PrivateKey,
    /// The certificate of the authority that signed it, `ca.crt`.
    Authority,
}

/// What people do with the running service when a credential changes: Markdown, with commands in fenced blocks. The new
/// credential is sealed already when this begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// What comes before the new file is published; empty where nothing does.
    pub before: String,
    /// How the file is published.
    pub publish: String,
    /// What comes once the Secret has arrived; empty where nothing does.
    pub after: String,
    /// The way back.
    pub back: String,
}

/// Something that a component has to say about its part of the environment.
#[derive(Clone, Debug)]
pub struct Remark {
    /// The rule's slug.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The environment path that it is about.
    pub path: String,
    /// What is wrong and why.
    pub message: String,
    /// How to fix it.
    pub help: String,
}
