//! Jobs on a schedule.

use k8s_openapi::{
    api::{
        batch::v1::{CronJob, CronJobSpec, JobSpec, JobTemplateSpec},
        core::v1::{
            Affinity, Capabilities, Container, EmptyDirVolumeSource, EnvVar, EnvVarSource, KeyToPath,
            PersistentVolumeClaimVolumeSource, PodAffinityTerm, PodAntiAffinity, PodSecurityContext, PodSpec,
            PodTemplateSpec, SeccompProfile, SecretKeySelector, SecretVolumeSource, SecurityContext, Volume,
            VolumeMount, WeightedPodAffinityTerm,
        },
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};

use super::{Document, document, plain, record_labels, selector, start};
use crate::{
    manifest::{Origin, Origins},
    part::{self, EnvValue, Job, Mount, Volume as PartVolume},
};

/// User and group that Bitnami's images are built for.
const USER: i64 = 1001;
/// Where the pod stands in a CronJob.
const POD: &str = "/spec/jobTemplate/spec/template";

/// A CronJob whose pod meets Pod Security `restricted`. A run that hangs ends, because `Forbid` would let it block every
/// later one.
pub(in crate::render) fn cron_job(job: &Job, origin: impl Into<Origin>, namespace: &str) -> Document {
    let (metadata, mut origins) = start(&job.name, namespace, origin);
    let pod_metadata = ObjectMeta { labels: Some(plain(&job.labels)), ..ObjectMeta::default() };
    let template = PodTemplateSpec { metadata: Some(pod_metadata), spec: Some(pod(job)) };
    let job_spec =
        JobSpec { active_deadline_seconds: Some(6 * 60 * 60), backoff_limit: Some(2), template, ..JobSpec::default() };
    let spec = CronJobSpec {
        schedule: job.schedule.value.clone(),
        time_zone: Some("Etc/UTC".to_owned()),
        concurrency_policy: Some("Forbid".to_owned()),
        starting_deadline_seconds: Some(60 * 60),
        successful_jobs_history_limit: Some(3),
        failed_jobs_history_limit: Some(3),
        job_template: JobTemplateSpec { metadata: None, spec: Some(job_spec) },
        ..CronJobSpec::default()
    };
    origins.record("/spec/schedule", &job.schedule.origin);
    record_pod(&mut origins, job);
    document(&CronJob { metadata, spec: Some(spec), ..CronJob::default() }, origins)
}

fn record_pod(origins: &mut Origins, job: &Job) {
    let container = format!("{POD}/spec/containers/0");
    record_labels(origins, &format!("{POD}/metadata/labels"), &job.labels);
    let spread = "spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/0/podAffinityTerm";
    record_labels(origins, &format!("{POD}/{spread}/labelSelector/matchLabels"), &job.avoid);
    origins.record(format!("{container}/name"), &job.name.origin);
    origins.record(format!("{container}/image"), &job.image.origin);
    origins.record_copy(format!("{container}/resources"), &job.resources.origin);
    for (index, variable) in job.env.iter().enumerate() {
        let at = format!("{container}/env/{index}");
        match &variable.value.value {
            EnvValue::Text(text) => origins.record(format!("{at}/value"), &text.origin),
            EnvValue::Secret { name, key } => {
                origins.record(format!("{at}/valueFrom/secretKeyRef/name"), &name.origin);
                origins.record(format!("{at}/valueFrom/secretKeyRef/key"), &key.origin);
            }
        }
        origins.record(at, &variable.origin);
    }
    for (index, mount) in job.mounts.iter().enumerate() {
        let at = format!("{POD}/spec/volumes/{index}");
        match &mount.volume {
            PartVolume::Claim(name) => origins.record(format!("{at}/persistentVolumeClaim/claimName"), &name.origin),
            PartVolume::SecretFile { name, .. } => origins.record(format!("{at}/secret/secretName"), &name.origin),
            PartVolume::Scratch(_) => {}
        }
        origins.record(at, &mount.origin);
        origins.record(format!("{container}/volumeMounts/{index}"), &mount.origin);
    }
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
        volumes: Some(job.mounts.iter().map(|mount| volume(mount)).collect()),
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
        name: job.name.value.clone(),
        image: Some(job.image.value.to_string()),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        command: Some(vec!["/bin/bash".to_owned(), "-ec".to_owned(), job.script.clone()]),
        args: Some(job.arguments.clone()),
        env: Some(job.env.iter().map(|variable| env_var(variable)).collect()),
        resources: serde_json::from_value(job.resources.value.clone()).ok(),
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

fn env_var(variable: &part::EnvVar) -> EnvVar {
    let name = variable.name.clone();
    match &variable.value {
        EnvValue::Text(text) => EnvVar { name, value: Some(text.value.clone()), ..EnvVar::default() },
        EnvValue::Secret { name: secret, key } => {
            let selector = SecretKeySelector { name: secret.value.clone(), key: key.value.clone(), optional: None };
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
                Some(PersistentVolumeClaimVolumeSource { claim_name: claim.value.clone(), read_only: None });
        }
        PartVolume::Scratch(limit) => {
            let size_limit = Some(Quantity(limit.clone()));
            volume.empty_dir = Some(EmptyDirVolumeSource { medium: None, size_limit });
        }
        PartVolume::SecretFile { name, key } => {
            volume.secret = Some(SecretVolumeSource {
                secret_name: Some(name.value.clone()),
                items: Some(vec![KeyToPath { key: key.clone(), path: key.clone(), mode: None }]),
                ..SecretVolumeSource::default()
            });
        }
    }
    volume
}
