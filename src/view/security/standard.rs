//! The Pod Security Standards, as the admission controller of Kubernetes 1.37 and older judges a pod
//! (k8s.io/pod-security-admission v0.37.2, package `policy`). tests/e2e holds them against a running one.

use std::ops::Range;

use serde_json::Value as Json;

use super::container;
use crate::manifest::{at, text};

/// Minor versions of the standards.
pub(in crate::view) type Minors = Range<u32>;

pub(super) const ALWAYS: Minors = 0..u32::MAX;
pub(super) const NEVER: Minors = 0..0;

/// Something for which a level refuses a pod.
pub struct Refusal {
    /// The minor versions of the standard in which `baseline` refuses it.
    pub baseline: Minors,
    /// The minor versions in which `restricted` does.
    pub restricted: Minors,
    /// What it is.
    pub flaw: Flaw,
    /// The keys and list indices that lead to it, from the pod.
    pub(super) pointer: Vec<String>,
}

/// What is wrong with a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// What it has and must not have, and what to write instead.
    Has(String, String),
    /// Which container lacks which line of its security context.
    Lacks(String, &'static str),
}

/// What is judged, and what is found.
pub(super) struct Judge<'v> {
    pub(super) pod: &'v Json,
    pub(super) is_windows: bool,
    /// Root in the pod is nobody on its node: `hostUsers: false`.
    pub(super) has_own_users: bool,
    found: Vec<Refusal>,
}

/// What a security context says, that of a pod or of a container.
#[derive(Clone)]
pub(super) struct Context<'v> {
    /// Whose it is, for people.
    pub(super) whose: String,
    pub(super) value: &'v Json,
    /// The keys that lead to it.
    pub(super) keys: Vec<String>,
}

/// Everything for which a level refuses the pod, `metadata` and `spec`.
pub(in crate::view) fn refusals(pod: &Json) -> Vec<Refusal> {
    let mut judge = Judge {
        pod,
        is_windows: text(pod, &["spec", "os", "name"]) == Some("windows"),
        has_own_users: at(pod, &["spec", "hostUsers"]) == Some(&Json::Bool(false)),
        found: Vec::new(),
    };
    judge.host_namespaces();
    judge.volumes();
    judge.sysctls();
    judge.annotations();
    let own = at(pod, &["spec", "securityContext"]).unwrap_or(&Json::Null);
    let keys = ["spec", "securityContext"].map(str::to_owned).to_vec();
    container::both(&mut judge, &Context { whose: "the pod".to_owned(), value: own, keys });
    container::all(&mut judge, own);
    judge.found
}

impl Judge<'_> {
    pub(super) fn has(
        &mut self,
        (baseline, restricted): (Minors, Minors),
        pointer: Vec<String>,
        what: impl Into<String>,
        write: impl Into<String>,
    ) {
        let flaw = Flaw::Has(what.into(), write.into());
        self.found.push(Refusal { baseline, restricted, flaw, pointer });
    }

    pub(super) fn lacks(&mut self, restricted: Minors, context: &Context<'_>, line: &'static str) {
        let flaw = Flaw::Lacks(context.whose.clone(), line);
        self.found.push(Refusal { baseline: NEVER, restricted, flaw, pointer: context.keys.clone() });
    }

    /// Until when `restricted` cares for what a node without Linux does not have.
    pub(super) fn on_linux(&self, since: u32) -> Minors {
        since..if self.is_windows { 25 } else { u32::MAX }
    }

    fn host_namespaces(&mut self) {
        let kinds = [
            ("hostNetwork", "uses the network of its node"),
            ("hostPID", "sees every process of its node"),
            ("hostIPC", "shares the memory between the processes of its node"),
        ];
        for (key, does) in kinds {
            if at(self.pod, &["spec", key]) == Some(&Json::Bool(true)) {
                let keys = ["spec", key].map(str::to_owned).to_vec();
                self.has((ALWAYS, ALWAYS), keys, format!("the pod {does}"), format!("write `{key}: false`"));
            }
        }
    }

    fn volumes(&mut self) {
        let volumes = at(self.pod, &["spec", "volumes"]).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        for (index, volume) in volumes.iter().enumerate() {
            let has = |kind: &&&str| volume.get(**kind).is_some_and(|source| !source.is_null());
            // What has no source that Kubernetes knows becomes an emptyDir.
            let kind = OUTSIDE.iter().find(has).filter(|_| !INSIDE.iter().any(|kind| has(&kind)));
            let is_host_path = has(&&"hostPath");
            let Some(kind) = is_host_path.then_some(&"hostPath").or(kind) else { continue };
            let name = text(volume, &["name"]).unwrap_or_default();
            let keys = ["spec", "volumes", &index.to_string(), kind].map(str::to_owned).to_vec();
            let (what, baseline) = match is_host_path {
                true => (format!("the volume `{name}` is a folder of the node (`hostPath`)"), ALWAYS),
                false => (format!("the volume `{name}` is of the kind `{kind}`"), NEVER),
            };
            self.has((baseline, ALWAYS), keys, what, "take a claim, a ConfigMap, a Secret or an emptyDir");
        }
    }

    fn sysctls(&mut self) {
        let keys = ["spec", "securityContext", "sysctls"];
        let sysctls = at(self.pod, &keys).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        for (index, sysctl) in sysctls.iter().enumerate() {
            let name = text(sysctl, &["name"]).unwrap_or_default();
            let until = SYSCTLS.iter().find(|(known, _)| *known == name).map_or(u32::MAX, |(_, since)| *since);
            if until > 0 {
                let mut pointer = keys.map(str::to_owned).to_vec();
                pointer.extend([index.to_string(), "name".to_owned()]);
                let what = format!("the pod sets the unsafe kernel parameter `{name}`");
                self.has((0..until, 0..until), pointer, what, "take it away, or set it on the node");
            }
        }
    }

    /// What stood in annotations before it had fields.
    fn annotations(&mut self) {
        let Some(Json::Object(annotations)) = at(self.pod, &["metadata", "annotations"]) else { return };
        for (key, value) in annotations {
            let value = value.as_str().unwrap_or_default();
            let keys = || ["metadata", "annotations", key].map(str::to_owned).to_vec();
            if key.starts_with("container.apparmor.security.beta.kubernetes.io/") {
                if !(value.is_empty() || value == "runtime/default" || value.starts_with("localhost/")) {
                    let what = format!("the annotation `{key}` sets the AppArmor profile `{value}`");
                    self.has((ALWAYS, ALWAYS), keys(), what, "write `runtime/default`");
                }
            } else if key == "seccomp.security.alpha.kubernetes.io/pod" || self.is_seccomp_of_container(key) {
                let is_safe = ["runtime/default", "docker/default"].contains(&value) || value.starts_with("localhost/");
                if !is_safe {
                    let what = format!("the annotation `{key}` sets the seccomp profile `{value}`");
                    self.has((0..19, 0..19), keys(), what, "write `runtime/default`");
                }
            }
        }
    }

    fn is_seccomp_of_container(&self, key: &str) -> bool {
        let name = key.strip_prefix("container.seccomp.security.alpha.kubernetes.io/");
        name.is_some_and(|name| container::names(self.pod).any(|known| known == name))
    }
}

/// Sources of volumes that `restricted` takes.
const INSIDE: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// All others that Kubernetes knows.
const OUTSIDE: &[&str] = &[
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
];

/// Kernel parameters that are safe, with the minor version since which they are taken for it.
const SYSCTLS: &[(&str, u32)] = &[
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
    ("net.ipv4.tcp_slow_start_after_idle", 37),
    ("net.ipv4.tcp_notsent_lowat", 37),
];
