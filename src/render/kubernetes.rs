//! Kubernetes' own objects, by the types of k8s-openapi.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        batch::v1::{CronJob, CronJobSpec, JobSpec, JobTemplateSpec},
        core::v1::{
            Affinity, Capabilities, Container, EmptyDirVolumeSource, EnvVar, EnvVarSource, KeyToPath, Namespace,
            PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeClaimVolumeSource, PodAffinityTerm,
            PodAntiAffinity, PodSecurityContext, PodSpec, PodTemplateSpec, ResourceQuota, ResourceQuotaSpec,
            SeccompProfile, SecretKeySelector, SecretVolumeSource, SecurityContext, Service, ServicePort, ServiceSpec,
            Volume, VolumeMount, VolumeResourceRequirements, WeightedPodAffinityTerm,
        },
        networking::v1::{
            NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
            NetworkPolicySpec,
        },
    },
    apimachinery::pkg::{
        api::resource::Quantity as K8sQuantity,
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use serde::Serialize;
use serde_json::Value as Json;

use crate::{
    part::{Allowance, Claim, Endpoint, EnvValue, Job, Labels, Mount, NetworkRule, Peer, Volume as PartVolume},
    scalar::Quantity,
};

/// Keeps an object when it leaves the tree.
pub(super) const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
/// How server-side apply treats an object.
const SSA: &str = "kustomize.toolkit.fluxcd.io/ssa";
/// User and group that Bitnami's images are built for.
const USER: i64 = 1001;
const DNS_PORT: i32 = 53;
/// Where the image of a CronJob stands.
pub(super) const JOB_IMAGE: [&str; 8] = ["spec", "jobTemplate", "spec", "template", "spec", "containers", "0", "image"];

/// The namespace, which outlives the tree.
pub(super) fn namespace(name: &str, pod_security: &str) -> Json {
    let mut metadata = metadata(name, None);
    let labels = metadata.labels.get_or_insert_default();
    for mode in ["enforce", "audit", "warn"] {
        labels.insert(format!("pod-security.kubernetes.io/{mode}"), pod_security.to_owned());
    }
    metadata.annotations = Some(annotations(&[(PRUNE, "Disabled")]));
    json(&Namespace { metadata, ..Namespace::default() })
}

/// A quota for the whole namespace.
pub(super) fn resource_quota(namespace: &str, hard: &BTreeMap<String, Quantity>) -> Json {
    let hard = hard.iter().map(|(key, amount)| (key.clone(), K8sQuantity(amount.to_string()))).collect();
    json(&ResourceQuota {
        metadata: metadata("quota", Some(namespace)),
        spec: Some(ResourceQuotaSpec { hard: Some(hard), ..ResourceQuotaSpec::default() }),
        ..ResourceQuota::default()
    })
}

/// Denies what no other policy allows, DNS excepted.
pub(super) fn default_deny(namespace: &str) -> Json {
    let rule =
        NetworkRule { name: "default-deny".to_owned(), pods: Labels::new(), ingress: Vec::new(), egress: Vec::new() };
    network_policy(&rule, namespace)
}

/// A claim that survives its removal from the tree, and whose edited size cannot hold up other changes: server-side apply
/// of a bound local-path claim with another size is refused, and with it everything beside it (seen on a real Flux 2.7).
pub(super) fn claim(claim: &Claim, namespace: &str) -> Json {
    let mut metadata = metadata(&claim.name, Some(namespace));
    metadata.annotations = Some(annotations(&[(PRUNE, "Disabled"), (SSA, "IfNotPresent")]));
    let requests = BTreeMap::from([("storage".to_owned(), K8sQuantity(claim.size.to_string()))]);
    let spec = PersistentVolumeClaimSpec {
        access_modes: Some(vec![claim.access_mode.clone()]),
        storage_class_name: claim.class.as_ref().map(ToString::to_string),
        resources: Some(VolumeResourceRequirements {
            requests: Some(requests),
            ..VolumeResourceRequirements::default()
        }),
        ..PersistentVolumeClaimSpec::default()
    };
    json(&PersistentVolumeClaim { metadata, spec: Some(spec), ..PersistentVolumeClaim::default() })
}

/// A Service inside the cluster.
pub(super) fn service(endpoint: &Endpoint, namespace: &str) -> Json {
    let port = ServicePort {
        name: Some(endpoint.port_name.clone()),
        port: endpoint.port.into(),
        protocol: Some("TCP".to_owned()),
        target_port: Some(IntOrString::String(endpoint.port_name.clone())),
        ..ServicePort::default()
    };
    let spec = ServiceSpec {
        type_: Some("ClusterIP".to_owned()),
        selector: Some(endpoint.pods.clone()),
        ports: Some(vec![port]),
        ..ServiceSpec::default()
    };
    json(&Service { metadata: metadata(&endpoint.name, Some(namespace)), spec: Some(spec), ..Service::default() })
}

/// A policy that denies everything but what the rule allows, and DNS.
pub(super) fn network_policy(rule: &NetworkRule, namespace: &str) -> Json {
    let ingress = rule.ingress.iter().map(|allowed| NetworkPolicyIngressRule {
        from: Some(vec![peer(&allowed.peer)]),
        ports: Some(tcp_ports(allowed)),
    });
    let egress = rule.egress.iter().map(|allowed| NetworkPolicyEgressRule {
        to: Some(vec![peer(&allowed.peer)]),
        ports: Some(tcp_ports(allowed)),
    });
    // To anywhere, because node-local DNS caches answer on addresses that are no pods.
    let dns = ["UDP", "TCP"].map(|protocol| port(protocol, DNS_PORT)).to_vec();
    let dns = NetworkPolicyEgressRule { to: None, ports: Some(dns) };
    let spec = NetworkPolicySpec {
        pod_selector: Some(selector(&rule.pods)),
        policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
        ingress: Some(ingress.collect()),
        egress: Some(egress.chain([dns]).collect()),
    };
    json(&NetworkPolicy { metadata: metadata(&rule.name, Some(namespace)), spec: Some(spec) })
}

fn peer(peer: &Peer) -> NetworkPolicyPeer {
    let namespace = peer
        .namespace
        .as_ref()
        .map(|name| selector(&Labels::from([("kubernetes.io/metadata.name".to_owned(), name.to_string())])));
    let pods = if peer.labels.is_empty() && namespace.is_some() { None } else { Some(selector(&peer.labels)) };
    NetworkPolicyPeer { namespace_selector: namespace, pod_selector: pods, ..NetworkPolicyPeer::default() }
}

fn tcp_ports(allowed: &Allowance) -> Vec<NetworkPolicyPort> {
    allowed.ports.iter().map(|number| port("TCP", (*number).into())).collect()
}

fn port(protocol: &str, number: i32) -> NetworkPolicyPort {
    NetworkPolicyPort {
        protocol: Some(protocol.to_owned()),
        port: Some(IntOrString::Int(number)),
        ..NetworkPolicyPort::default()
    }
}

/// A CronJob whose pod meets Pod Security `restricted`. A run that hangs ends, because `Forbid` would let it block every
/// later one.
pub(super) fn cron_job(job: &Job, namespace: &str) -> Json {
    let template = PodTemplateSpec {
        metadata: Some(ObjectMeta { labels: Some(job.labels.clone()), ..ObjectMeta::default() }),
        spec: Some(pod(job)),
    };
    let job_spec =
        JobSpec { active_deadline_seconds: Some(6 * 60 * 60), backoff_limit: Some(2), template, ..JobSpec::default() };
    let spec = CronJobSpec {
        schedule: job.schedule.clone(),
        time_zone: Some("Etc/UTC".to_owned()),
        concurrency_policy: Some("Forbid".to_owned()),
        starting_deadline_seconds: Some(60 * 60),
        successful_jobs_history_limit: Some(3),
        failed_jobs_history_limit: Some(3),
        job_template: JobTemplateSpec { metadata: None, spec: Some(job_spec) },
        ..CronJobSpec::default()
    };
    json(&CronJob { metadata: metadata(&job.name, Some(namespace)), spec: Some(spec), ..CronJob::default() })
}

fn pod(job: &Job) -> PodSpec {
    let elsewhere = WeightedPodAffinityTerm {
        weight: 100,
        pod_affinity_term: PodAffinityTerm {
            label_selector: Some(selector(&job.avoid)),
            topology_key: "kubernetes.io/hostname".to_owned(),
            ..PodAffinityTerm::default()
        },
    };
    let spread = PodAntiAffinity {
        preferred_during_scheduling_ignored_during_execution: Some(vec![elsewhere]),
        ..PodAntiAffinity::default()
    };
    PodSpec {
        restart_policy: Some("Never".to_owned()),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        affinity: Some(Affinity { pod_anti_affinity: Some(spread), ..Affinity::default() }),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(USER),
            run_as_group: Some(USER),
            fs_group: Some(USER),
            fs_group_change_policy: Some("OnRootMismatch".to_owned()),
            seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), ..SeccompProfile::default() }),
            ..PodSecurityContext::default()
        }),
        containers: vec![container(job)],
        volumes: Some(job.mounts.iter().map(volume).collect()),
        ..PodSpec::default()
    }
}

fn container(job: &Job) -> Container {
    let mounts = job.mounts.iter().map(|mount| VolumeMount {
        name: mount.name.clone(),
        mount_path: mount.path.clone(),
        read_only: matches!(mount.volume, PartVolume::SecretFile { .. }).then_some(true),
        ..VolumeMount::default()
    });
    Container {
        name: job.name.clone(),
        image: Some(job.image.to_string()),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        command: Some(vec!["/bin/bash".to_owned(), "-ec".to_owned(), job.script.clone()]),
        args: Some(job.arguments.clone()),
        env: Some(job.env.iter().map(|(name, value)| env_var(name, value)).collect()),
        resources: serde_json::from_value(job.resources.clone()).ok(),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            read_only_root_filesystem: Some(true),
            capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
            ..SecurityContext::default()
        }),
        volume_mounts: Some(mounts.collect()),
        ..Container::default()
    }
}

fn env_var(name: &str, value: &EnvValue) -> EnvVar {
    let name = name.to_owned();
    match value {
        EnvValue::Text(text) => EnvVar { name, value: Some(text.clone()), ..EnvVar::default() },
        EnvValue::Secret { name: secret, key } => {
            let selector = SecretKeySelector { name: secret.clone(), key: key.clone(), optional: None };
            let source = EnvVarSource { secret_key_ref: Some(selector), ..EnvVarSource::default() };
            EnvVar { name, value_from: Some(source), ..EnvVar::default() }
        }
    }
}

fn volume(mount: &Mount) -> Volume {
    let mut volume = Volume { name: mount.name.clone(), ..Volume::default() };
    match &mount.volume {
        PartVolume::Claim(claim) => {
            volume.persistent_volume_claim =
                Some(PersistentVolumeClaimVolumeSource { claim_name: claim.clone(), read_only: None });
        }
        PartVolume::Scratch(limit) => {
            let size_limit = Some(K8sQuantity(limit.clone()));
            volume.empty_dir = Some(EmptyDirVolumeSource { medium: None, size_limit });
        }
        PartVolume::SecretFile { name, key } => {
            volume.secret = Some(SecretVolumeSource {
                secret_name: Some(name.clone()),
                items: Some(vec![KeyToPath { key: key.clone(), path: key.clone(), mode: None }]),
                ..SecretVolumeSource::default()
            });
        }
    }
    volume
}

fn selector(labels: &Labels) -> LabelSelector {
    let match_labels = if labels.is_empty() { None } else { Some(labels.clone()) };
    LabelSelector { match_labels, match_expressions: None }
}

fn metadata(name: &str, namespace: Option<&str>) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: namespace.map(str::to_owned),
        labels: Some(Labels::from([("app.kubernetes.io/managed-by".to_owned(), "gen".to_owned())])),
        ..ObjectMeta::default()
    }
}

fn annotations(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The types hold maps with string keys, numbers and strings only, which always become JSON.
fn json<T: Serialize>(object: &T) -> Json {
    serde_json::to_value(object).unwrap_or_default()
}
