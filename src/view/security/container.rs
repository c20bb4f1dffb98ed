//! What the Pod Security Standards say about security contexts and containers.

use serde_json::Value as Json;

use super::standard::{ALWAYS, Context, Judge, Minors, NEVER};
use crate::manifest::{at, text};

const LISTS: [(&str, &str); 3] =
    [("initContainers", "init container"), ("containers", "container"), ("ephemeralContainers", "ephemeral container")];

fn list<'v>(pod: &'v Json, key: &str) -> &'v [Json] {
    at(pod, &["spec", key]).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// The names of a pod's containers.
pub(super) fn names(pod: &Json) -> impl Iterator<Item = &str> {
    LISTS.into_iter().flat_map(|(key, _)| list(pod, key)).filter_map(|container| text(container, &["name"]))
}

/// Judges every container; `own` is the pod's security context.
pub(super) fn all(judge: &mut Judge<'_>, own: &Json) {
    for (key, kind) in LISTS {
        for (index, container) in list(judge.pod, key).iter().enumerate() {
            let name = text(container, &["name"]).map_or_else(|| index.to_string(), str::to_owned);
            let value = container.get("securityContext").unwrap_or(&Json::Null);
            let keys = ["spec", key, &index.to_string(), "securityContext"].map(str::to_owned).to_vec();
            let context = Context { whose: format!("the {kind} `{name}`"), value, keys };
            both(judge, &context);
            powers(judge, &context);
            capabilities(judge, &context);
            inherited(judge, &context, own);
            reached(judge, &context, container);
        }
    }
}

impl Context<'_> {
    fn keys(&self, below: &[&str]) -> Vec<String> {
        self.keys.iter().cloned().chain(below.iter().map(|key| (*key).to_owned())).collect()
    }

    fn text(&self, below: &[&str]) -> Option<&str> {
        text(self.value, below)
    }

    /// What stands there, where that is anything.
    fn get(&self, below: &[&str]) -> Option<&Json> {
        at(self.value, below).filter(|value| !value.is_null())
    }
}

/// What a pod's security context and a container's have in common.
pub(super) fn both(judge: &mut Judge<'_>, context: &Context<'_>) {
    let whose = &context.whose;
    if context.get(&["appArmorProfile"]).is_some() {
        let profile = context.text(&["appArmorProfile", "type"]).unwrap_or_default();
        if !["RuntimeDefault", "Localhost"].contains(&profile) {
            let keys = context.keys(&["appArmorProfile", "type"]);
            let what = format!("{whose} sets the AppArmor profile `{profile}`");
            judge.has((ALWAYS, ALWAYS), keys, what, "write `type: RuntimeDefault`");
        }
    }
    if context.get(&["seccompProfile"]).is_some() {
        let profile = context.text(&["seccompProfile", "type"]).unwrap_or_default();
        if !["RuntimeDefault", "Localhost"].contains(&profile) {
            let keys = context.keys(&["seccompProfile", "type"]);
            let what = format!("{whose} sets the seccomp profile `{profile}`");
            let minors = (19..u32::MAX, judge.on_linux(19));
            judge.has(minors, keys, what, "write `type: RuntimeDefault`");
        }
    }
    se_linux(judge, context);
    if context.get(&["windowsOptions", "hostProcess"]) == Some(&Json::Bool(true)) {
        let keys = context.keys(&["windowsOptions", "hostProcess"]);
        let what = format!("{whose} runs as a process of its Windows node");
        judge.has((ALWAYS, ALWAYS), keys, what, "write `hostProcess: false`");
    }
    // What root may not do, users of its own do not need.
    let rooted = |since: u32| since..if judge.has_own_users { 35 } else { u32::MAX };
    let (as_root, as_zero) = (rooted(0), rooted(23));
    if context.get(&["runAsNonRoot"]) == Some(&Json::Bool(false)) {
        let keys = context.keys(&["runAsNonRoot"]);
        judge.has((NEVER, as_root), keys, format!("{whose} may run as root"), "write `runAsNonRoot: true`");
    }
    if context.get(&["runAsUser"]).and_then(Json::as_f64) == Some(0.0) {
        let keys = context.keys(&["runAsUser"]);
        judge.has((NEVER, as_zero), keys, format!("{whose} runs as root"), "write another user id, such as 1001");
    }
}

fn se_linux(judge: &mut Judge<'_>, context: &Context<'_>) {
    for key in ["type", "user", "role"] {
        let Some(value) = context.text(&["seLinuxOptions", key]).filter(|value| !value.is_empty()) else { continue };
        let minors: Minors = match (key, value) {
            ("type", "container_t" | "container_init_t" | "container_kvm_t") => continue,
            ("type", "container_engine_t") => 0..31,
            _ => ALWAYS,
        };
        let keys = context.keys(&["seLinuxOptions", key]);
        let what = format!("{} sets the SELinux {key} `{value}`", context.whose);
        judge.has((minors.clone(), minors), keys, what, format!("take `{key}` away"));
    }
}

/// What gives a container the powers of its node.
fn powers(judge: &mut Judge<'_>, context: &Context<'_>) {
    let whose = &context.whose;
    if context.get(&["privileged"]) == Some(&Json::Bool(true)) {
        let keys = context.keys(&["privileged"]);
        judge.has((ALWAYS, ALWAYS), keys, format!("{whose} is privileged"), "write `privileged: false`");
    }
    if let Some(mount) = context.text(&["procMount"]).filter(|mount| *mount != "Default") {
        let keys = context.keys(&["procMount"]);
        let baseline = 0..if judge.has_own_users { 35 } else { u32::MAX };
        let what = format!("{whose} sees /proc as `{mount}`");
        judge.has((baseline, ALWAYS), keys, what, "take `procMount` away");
    }
    let minors = judge.on_linux(8);
    match context.get(&["allowPrivilegeEscalation"]) {
        None => judge.lacks(minors, context, "allowPrivilegeEscalation: false"),
        Some(Json::Bool(false)) => {}
        Some(_) => {
            let keys = context.keys(&["allowPrivilegeEscalation"]);
            let what = format!("processes of {whose} may gain rights that their parents lack");
            judge.has((NEVER, minors), keys, what, "write `allowPrivilegeEscalation: false`");
        }
    }
}

/// Capabilities that a container runtime gives by default.
const DEFAULT: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

fn capabilities(judge: &mut Judge<'_>, context: &Context<'_>) {
    let list = |key: &str| {
        let list = context.get(&["capabilities", key]).and_then(Json::as_array);
        list.into_iter().flatten().map(|name| name.as_str().unwrap_or_default())
    };
    for (index, name) in list("add").enumerate() {
        if name == "NET_BIND_SERVICE" {
            continue;
        }
        let is_default = DEFAULT.contains(&name);
        // Before 1.22 `restricted` had no word of its own.
        let minors = match is_default {
            true => (NEVER, judge.on_linux(22)),
            false => (ALWAYS, judge.on_linux(0)),
        };
        let keys = context.keys(&["capabilities", "add", &index.to_string()]);
        let what = format!("{} gets the capability `{name}`", context.whose);
        judge.has(minors, keys, what, "take it away");
    }
    if !list("drop").any(|name| name == "ALL") {
        judge.lacks(judge.on_linux(22), context, "capabilities: {drop: [ALL]}");
    }
}

/// What a container may leave to its pod.
fn inherited(judge: &mut Judge<'_>, context: &Context<'_>, own: &Json) {
    if context.get(&["runAsNonRoot"]).is_none() && own.get("runAsNonRoot") != Some(&Json::Bool(true)) {
        let until = if judge.has_own_users { 35 } else { u32::MAX };
        judge.lacks(0..until, context, "runAsNonRoot: true");
    }
    let profile = text(own, &["seccompProfile", "type"]).unwrap_or_default();
    if context.get(&["seccompProfile"]).is_none() && !["RuntimeDefault", "Localhost"].contains(&profile) {
        judge.lacks(judge.on_linux(19), context, "seccompProfile: {type: RuntimeDefault}");
    }
}

/// Ports of the node, and probes that lead elsewhere.
fn reached(judge: &mut Judge<'_>, context: &Context<'_>, container: &Json) {
    let keys = |below: &[&str]| {
        let above = context.keys[..context.keys.len() - 1].iter().cloned();
        above.chain(below.iter().map(|key| (*key).to_owned())).collect::<Vec<String>>()
    };
    let whose = &context.whose;
    let ports = container.get("ports").and_then(Json::as_array);
    for (index, port) in ports.into_iter().flatten().enumerate() {
        let Some(number) = port.get("hostPort").and_then(Json::as_i64).filter(|number| *number != 0) else { continue };
        let what = format!("{whose} takes the port {number} of its node");
        let pointer = keys(&["ports", &index.to_string(), "hostPort"]);
        judge.has((ALWAYS, ALWAYS), pointer, what, "take `hostPort` away, and let a Service lead to the pod");
    }
    let handlers: [&[&str]; 5] = [
        &["livenessProbe"],
        &["readinessProbe"],
        &["startupProbe"],
        &["lifecycle", "postStart"],
        &["lifecycle", "preStop"],
    ];
    for handler in handlers {
        for action in ["httpGet", "tcpSocket"] {
            let below: Vec<&str> = handler.iter().copied().chain([action, "host"]).collect();
            if let Some(host) = text(container, &below).filter(|host| !host.is_empty()) {
                let what = format!("{whose} makes its node connect to `{host}`");
                judge.has((34..u32::MAX, 34..u32::MAX), keys(&below), what, "take `host` away: the pod is meant then");
            }
        }
    }
}
