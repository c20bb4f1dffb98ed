//! What fields of one object say about each other: the part of the API server's own checks that mistakes fall foul of most, and
//! the CEL rules of Flux's CRDs that are more than a choice of fields (those stand in the texts, as `?` lines).

use serde_json::{Map, Value as Json};

use super::{
    scalar::is_left_open,
    walk::{Step, Walk, did_you_mean, shorten},
};
use crate::suggest::closest;

/// An object that is whole.
pub(super) fn check<'v>(walk: &mut Walk<'v>, body: &'v Json) {
    let text = |key: &str| body.get(key).and_then(Json::as_str).unwrap_or_default();
    let group = text("apiVersion").split_once('/').map_or("", |(group, _)| group);
    match (group, text("kind")) {
        ("", "Pod") => pod(walk, body, &["spec"], &[]),
        ("apps", kind @ ("Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")) => {
            workload(walk, body);
            if kind == "Deployment" {
                strategy(walk, body);
            }
        }
        ("batch", "Job") => job(walk, body, &["spec", "template", "spec"]),
        ("batch", "CronJob") => job(walk, body, &["spec", "jobTemplate", "spec", "template", "spec"]),
        ("helm.toolkit.fluxcd.io", "HelmRelease") => {
            for action in ["install", "upgrade"] {
                let strategy = ["spec", action, "strategy"];
                let name = string(body, &[&strategy[..], &["name"]].concat()).unwrap_or_default();
                if name != "RetryOnFailure" && !is_left_open(name) {
                    let why = "is for the strategy `RetryOnFailure` only";
                    refuse(
                        walk,
                        body,
                        &[&strategy[..], &["retryInterval"]].concat(),
                        why,
                        "add `name: RetryOnFailure` beside it",
                    );
                }
            }
        }
        ("source.toolkit.fluxcd.io", kind) => source(walk, body, kind),
        ("image.toolkit.fluxcd.io", "ImagePolicy")
            if string(body, &["spec", "digestReflectionPolicy"]) != Some("Always") =>
        {
            let why = "is for `digestReflectionPolicy: Always` only";
            refuse(walk, body, &["spec", "interval"], why, "leave it out, or set the policy to Always");
        }
        _ => {}
    }
}

fn get<'v>(body: &'v Json, keys: &[&str]) -> Option<&'v Json> {
    keys.iter().try_fold(body, |value, key| value.get(key)).filter(|value| !value.is_null())
}

fn string<'v>(body: &'v Json, keys: &[&str]) -> Option<&'v str> {
    get(body, keys)?.as_str()
}

fn items<'v>(body: &'v Json, key: &str) -> &'v [Json] {
    body.get(key).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// Reports something at the end of `keys`.
fn say<'v>(walk: &mut Walk<'v>, keys: &[&'v str], report: impl FnOnce(&mut Walk<'v>)) {
    let length = walk.pointer.len();
    walk.pointer.extend(keys.iter().map(|key| Step::Key(key)));
    report(walk);
    walk.pointer.truncate(length);
}

/// Refuses what stands at the end of `keys`, where anything does.
fn refuse<'v>(walk: &mut Walk<'v>, body: &Json, keys: &[&'v str], why: &str, help: &str) {
    if get(body, keys).is_some() {
        say(walk, keys, |walk| walk.push(true, format!("{} {why}", walk.subject()), help.to_owned()));
    }
}

fn workload<'v>(walk: &mut Walk<'v>, body: &'v Json) {
    let empty = Map::new();
    let map = |keys: &[&str]| get(body, keys).and_then(Json::as_object);
    let labels = map(&["spec", "template", "metadata", "labels"]).unwrap_or(&empty);
    for (key, wanted) in map(&["spec", "selector", "matchLabels"]).into_iter().flatten() {
        let (Some(wanted), there) = (wanted.as_str(), labels.get(key).and_then(Json::as_str)) else { continue };
        if there == Some(wanted) || is_left_open(wanted) || there.is_some_and(is_left_open) {
            continue;
        }
        say(walk, &["spec", "selector", "matchLabels", key], |walk| {
            let there =
                there.map_or_else(|| "have no such label".to_owned(), |there| format!("have `{}`", shorten(there)));
            let message = format!("{} is `{}`, and its own pods {there}", walk.subject(), shorten(wanted));
            walk.push(
                false,
                message,
                "write the same in the selector and in `spec.template.metadata.labels`".to_owned(),
            );
        });
    }
    let claims: Vec<&str> = get(body, &["spec"])
        .map_or(&[][..], |spec| items(spec, "volumeClaimTemplates"))
        .iter()
        .filter_map(|claim| string(claim, &["metadata", "name"]))
        .collect();
    let keys = ["spec", "template", "spec"];
    // Any other word is refused already.
    if let Some(policy @ ("Never" | "OnFailure")) = string(body, &[&keys[..], &["restartPolicy"]].concat()) {
        say(walk, &[&keys[..], &["restartPolicy"]].concat(), |walk| {
            let message = format!("{} cannot be `{policy}` here", walk.subject());
            walk.push(false, message, "leave it out: these pods always restart".to_owned());
        });
    }
    pod(walk, body, &keys, &claims);
}

fn strategy<'v>(walk: &mut Walk<'v>, body: &'v Json) {
    if string(body, &["spec", "strategy", "type"]) == Some("Recreate") {
        let why = "is not for the strategy `Recreate`";
        refuse(walk, body, &["spec", "strategy", "rollingUpdate"], why, "leave it out");
    }
}

fn job<'v>(walk: &mut Walk<'v>, body: &'v Json, keys: &[&'v str]) {
    let help = "write `restartPolicy: Never` or `restartPolicy: OnFailure`";
    let at = [keys, &["restartPolicy"]].concat();
    match string(body, &at) {
        Some("Never" | "OnFailure") => {}
        Some(policy) if is_left_open(policy) => {}
        None | Some("") if get(body, keys).is_some() => say(walk, keys, |walk| {
            let message =
                format!("{} needs `restartPolicy`: the pods of a Job do not restart for ever", walk.subject());
            walk.push(false, message, help.to_owned());
        }),
        Some("Always") => say(walk, &at, |walk| {
            let message = format!("{} cannot be `Always`: the pods of a Job do not restart for ever", walk.subject());
            walk.push(false, message, help.to_owned());
        }),
        _ => {}
    }
    pod(walk, body, keys, &[]);
}

/// The mounts of a pod name its volumes.
fn pod<'v>(walk: &mut Walk<'v>, body: &'v Json, keys: &[&'v str], claims: &[&'v str]) {
    let Some(spec) = get(body, keys) else { return };
    let names = items(spec, "volumes").iter().filter_map(|volume| string(volume, &["name"]));
    let volumes: Vec<&str> = names.chain(claims.iter().copied()).collect();
    if volumes.iter().any(|name| is_left_open(name)) {
        return;
    }
    for list in ["initContainers", "containers"] {
        for (index, container) in items(spec, list).iter().enumerate() {
            for mounts in ["volumeMounts", "volumeDevices"] {
                for (at, mount) in items(container, mounts).iter().enumerate() {
                    let Some(name) = string(mount, &["name"]) else { continue };
                    if volumes.contains(&name) || is_left_open(name) {
                        continue;
                    }
                    let length = walk.pointer.len();
                    walk.pointer.extend(keys.iter().map(|key| Step::Key(key)));
                    let steps =
                        [Step::Key(list), Step::Item(index), Step::Key(mounts), Step::Item(at), Step::Key("name")];
                    walk.pointer.extend(steps);
                    let message = format!("{}: the pod has no volume `{}`", walk.subject(), shorten(name));
                    let help = match closest(name, volumes.iter().copied()) {
                        Some(meant) => did_you_mean(meant),
                        None => "add it to `volumes`, or leave the mount out".to_owned(),
                    };
                    walk.push(false, message, help);
                    walk.pointer.truncate(length);
                }
            }
        }
    }
}

/// The CEL rules of the sources.
fn source<'v>(walk: &mut Walk<'v>, body: &'v Json, kind: &str) {
    let provider = string(body, &["spec", "provider"]).unwrap_or("generic");
    if is_left_open(provider) {
        return;
    }
    match kind {
        "HelmChart" if string(body, &["spec", "sourceRef", "kind"]) != Some("HelmRepository") => {
            let why = "is for charts of a HelmRepository only";
            refuse(walk, body, &["spec", "verify"], why, "leave it out");
        }
        "GitRepository" if !matches!(provider, "azure" | "aws") => {
            let why = "is for the providers azure and aws only";
            refuse(walk, body, &["spec", "serviceAccountName"], why, "leave it out, or set `provider`");
        }
        "Bucket" => {
            if provider == "generic" {
                let why = "is not for the provider generic";
                refuse(walk, body, &["spec", "serviceAccountName"], why, "leave it out, or set `provider`");
            }
            if !matches!(provider, "aws" | "generic") {
                let why = "is for the providers aws and generic only";
                refuse(walk, body, &["spec", "sts"], why, "leave it out");
            }
        }
        _ => {}
    }
}
