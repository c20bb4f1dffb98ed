//! A pod that every level takes, changed in one place.

use serde_json::{Value as Json, json};

use super::standard::refusals;

fn pod(metadata: &Json, spec: &Json, context: &Json) -> Json {
    let mut pod = json!({
        "metadata": {},
        "spec": {
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "app",
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
            }],
        },
    });
    lay(&mut pod["metadata"], metadata);
    lay(&mut pod["spec"], spec);
    lay(&mut pod["spec"]["containers"][0]["securityContext"], context);
    pod
}

fn lay(base: &mut Json, over: &Json) {
    match (base, over) {
        (Json::Object(base), Json::Object(over)) => {
            over.iter().for_each(|(key, value)| lay(base.entry(key).or_insert(Json::Null), value));
        }
        (base, over) => *base = over.clone(),
    }
}

/// Whether `baseline` and `restricted` of a minor version refuse the pod.
fn refused(pod: &Json, minor: u32) -> (bool, bool) {
    let found = refusals(pod);
    (
        found.iter().any(|refusal| refusal.baseline.contains(&minor)),
        found.iter().any(|refusal| refusal.restricted.contains(&minor)),
    )
}

const NONE: (bool, bool) = (false, false);
const STRICT: (bool, bool) = (false, true);
const BOTH: (bool, bool) = (true, true);

#[test]
fn fields_of_the_pod() {
    let volume = |source: &str| json!({"volumes": [{"name": "v", source: {}}]});
    let sysctl = |name: &str| json!({"securityContext": {"sysctls": [{"name": name, "value": "1"}]}});
    let container = |list: &str, body: Json| json!({list: [body]});
    let cases = [
        (json!({}), 36, NONE),
        (json!({"hostNetwork": true}), 28, BOTH),
        (json!({"hostPID": true}), 28, BOTH),
        (json!({"hostIPC": true}), 28, BOTH),
        (json!({"hostIPC": false, "hostPID": null}), 28, NONE),
        (volume("hostPath"), 28, BOTH),
        (volume("nfs"), 28, STRICT),
        (volume("persistentVolumeClaim"), 28, NONE),
        (volume("image"), 28, NONE),
        // Kubernetes takes it for an emptyDir.
        (json!({"volumes": [{"name": "v"}]}), 28, NONE),
        (sysctl("kernel.msgmax"), 36, BOTH),
        (sysctl("net.ipv4.tcp_rmem"), 31, BOTH),
        (sysctl("net.ipv4.tcp_rmem"), 32, NONE),
        (sysctl("net.ipv4.tcp_notsent_lowat"), 36, BOTH),
        (sysctl("net.ipv4.tcp_notsent_lowat"), 37, NONE),
        (json!({"securityContext": {"runAsNonRoot": null}}), 28, STRICT),
        (json!({"securityContext": {"runAsNonRoot": null}, "hostUsers": false}), 34, STRICT),
        (json!({"securityContext": {"runAsNonRoot": null}, "hostUsers": false}), 35, NONE),
        (json!({"securityContext": {"runAsUser": 0}}), 28, STRICT),
        (json!({"securityContext": {"runAsUser": 0}}), 22, NONE),
        (json!({"securityContext": {"seccompProfile": null}}), 28, STRICT),
        (json!({"securityContext": {"seccompProfile": {"type": "Unconfined"}}}), 28, BOTH),
        (json!({"securityContext": {"seccompProfile": null}, "os": {"name": "windows"}}), 28, NONE),
        (json!({"securityContext": {"windowsOptions": {"hostProcess": true}}}), 28, BOTH),
        (json!({"securityContext": {"seLinuxOptions": {"type": "spc_t"}}}), 36, BOTH),
        (json!({"securityContext": {"seLinuxOptions": {"type": "container_engine_t"}}}), 30, BOTH),
        (json!({"securityContext": {"seLinuxOptions": {"type": "container_engine_t", "level": "s0"}}}), 31, NONE),
        (json!({"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}), 30, BOTH),
        (container("initContainers", json!({"name": "i", "securityContext": {"privileged": true}})), 28, BOTH),
        (container("ephemeralContainers", json!({"name": "e"})), 28, STRICT),
        (container("containers", json!({"name": "c", "ports": [{"hostPort": 80}]})), 28, BOTH),
    ];
    for (spec, minor, expected) in cases {
        assert_eq!(refused(&pod(&json!({}), &spec, &json!({})), minor), expected, "1.{minor}: {spec}");
    }
}

#[test]
fn fields_of_a_container() {
    let cases = [
        (json!({"privileged": true}), 28, BOTH),
        (json!({"privileged": false}), 28, NONE),
        (json!({"allowPrivilegeEscalation": true}), 28, STRICT),
        (json!({"allowPrivilegeEscalation": null}), 28, STRICT),
        (json!({"capabilities": {"drop": ["all"]}}), 28, STRICT),
        (json!({"capabilities": {"drop": ["NET_RAW", "ALL"]}}), 28, NONE),
        (json!({"capabilities": {"add": ["NET_BIND_SERVICE"]}}), 28, NONE),
        (json!({"capabilities": {"add": ["CHOWN"]}}), 28, STRICT),
        (json!({"capabilities": {"add": ["NET_RAW"]}}), 28, BOTH),
        (json!({"procMount": "Unmasked"}), 28, BOTH),
        (json!({"procMount": "Default"}), 28, NONE),
        (json!({"runAsNonRoot": false}), 28, STRICT),
        (json!({"runAsUser": 0}), 28, STRICT),
        (json!({"runAsUser": 999}), 28, NONE),
        (json!({"seccompProfile": {"type": "Localhost", "localhostProfile": "a"}}), 28, NONE),
        (json!({"seccompProfile": {"type": "Unconfined"}}), 28, BOTH),
        (json!({"seLinuxOptions": {"user": "u"}}), 28, BOTH),
    ];
    for (context, minor, expected) in cases {
        assert_eq!(refused(&pod(&json!({}), &json!({}), &context), minor), expected, "1.{minor}: {context}");
    }
    let own_users = pod(&json!({}), &json!({"hostUsers": false}), &json!({"procMount": "Unmasked"}));
    assert_eq!((refused(&own_users, 34), refused(&own_users, 35)), (BOTH, STRICT));
}

#[test]
fn annotations_and_probes() {
    let annotated = |key: &str, value: &str| pod(&json!({"annotations": {key: value}}), &json!({}), &json!({}));
    let apparmor = "container.apparmor.security.beta.kubernetes.io/app";
    assert_eq!(refused(&annotated(apparmor, "unconfined"), 36), BOTH);
    assert_eq!(refused(&annotated(apparmor, "localhost/mine"), 36), NONE);
    // A field took the annotation's place in 1.19.
    let seccomp = annotated("seccomp.security.alpha.kubernetes.io/pod", "unconfined");
    assert_eq!((refused(&seccomp, 18), refused(&seccomp, 19)), (BOTH, NONE));
    let mut probed = pod(&json!({}), &json!({}), &json!({}));
    probed["spec"]["containers"][0]["livenessProbe"] = json!({"httpGet": {"host": "10.0.0.1", "port": 80}});
    assert_eq!((refused(&probed, 33), refused(&probed, 34)), (NONE, BOTH));
}
