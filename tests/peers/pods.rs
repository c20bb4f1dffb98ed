//! What Kubernetes demands of a pod under the level `restricted`
//! (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>), and where pods stand in other objects.

use serde_json::Value;

/// The pod template (`metadata` and `spec`) of an object that makes pods.
pub(crate) fn template(object: &Value) -> Option<&Value> {
    let path = match object["kind"].as_str()? {
        "CronJob" => "/spec/jobTemplate/spec/template",
        "DaemonSet" | "Deployment" | "Job" | "ReplicaSet" | "StatefulSet" => "/spec/template",
        _ => return None,
    };
    object.pointer(path)
}

/// All containers of a pod template, those that only initialise included.
pub(crate) fn containers(template: &Value) -> Vec<&Value> {
    let lists = ["initContainers", "containers"];
    lists.iter().filter_map(|list| template["spec"][list].as_array()).flatten().collect()
}

/// Why the pods of a template would be turned away; empty if they would not.
pub(crate) fn violations(template: &Value) -> Vec<String> {
    let spec = &template["spec"];
    let mut found = Vec::new();
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        if spec[key] == true {
            found.push(format!("{key} is set"));
        }
    }
    let allowed =
        ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];
    for volume in spec["volumes"].as_array().into_iter().flatten() {
        let kinds = volume.as_object().into_iter().flatten().filter(|(key, _)| *key != "name");
        found.extend(
            kinds.filter(|(kind, _)| !allowed.contains(&kind.as_str())).map(|(kind, _)| format!("a {kind} volume")),
        );
    }
    for container in containers(template) {
        let own = &container["securityContext"];
        // What a container does not say, its pod may say for it.
        let effective = |key: &str| if own[key].is_null() { &spec["securityContext"][key] } else { &own[key] };
        let capabilities = &own["capabilities"];
        let dropped = capabilities["drop"].as_array().is_some_and(|list| list.iter().any(|name| name == "ALL"));
        let added =
            capabilities["add"].as_array().is_some_and(|list| list.iter().any(|name| name != "NET_BIND_SERVICE"));
        let seccomp = &effective("seccompProfile")["type"];
        let faults = [
            (own["privileged"] == true, "is privileged"),
            (own["allowPrivilegeEscalation"] != false, "may escalate its privileges"),
            (!dropped || added, "keeps capabilities"),
            (*effective("runAsNonRoot") != true, "may run as root"),
            (*effective("runAsUser") == 0, "runs as root"),
            (seccomp != "RuntimeDefault" && seccomp != "Localhost", "has no seccomp profile"),
        ];
        let faults = faults.iter().filter(|(at_fault, _)| *at_fault);
        found.extend(faults.map(|(_, fault)| format!("container {} {fault}", container["name"])));
    }
    found
}
