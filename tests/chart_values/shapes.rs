//! Parts of Kubernetes objects inside the values: what is wrong in them, and what Kubernetes takes.

use gitops_gen::api::Versions;
use gitops_gen::chart::find;
use serde_json::{Value as Json, json};

fn said(values: &Json) -> Vec<String> {
    let found = find("postgresql", "17.0.2").unwrap().mistakes(values, Versions::new(None, None));
    found.iter().map(|mistake| format!("{}: {}", mistake.pointer.join("."), mistake.help)).collect()
}

/// What stands at a path of `primary`, or elsewhere, and what is said: its place below that path, and the help.
#[test]
fn mistakes_inside_shapes() {
    for (path, value, expected) in [
        (
            "primary.resources",
            json!({"limits": {"memmory": "1Gi"}}),
            "limits.memmory: did you mean `primary.resources.limits.memory`?",
        ),
        ("primary.resources", json!({"limit": {"memory": "1Gi"}}), "limit: did you mean `primary.resources.limits`?"),
        ("primary.resources", json!({"limits": {"memory": "1GB"}}), "limits.memory: "),
        ("primary.resources", json!({"limits": {"memory": "512m"}}), "limits.memory: write it like `8Gi` or `250m`"),
        (
            "primary.resources",
            json!({"limits": {"gpus": 1}}),
            "limits.gpus: known resources: cpu, memory, ephemeral-storage; others have a domain, like nvidia.com/gpu",
        ),
        ("primary.extraEnvVars", json!([{"name": "A", "value": true}]), "0.value: quote it: \"true\""),
        (
            "primary.extraEnvVars",
            json!([{"name": "A", "value": "b", "valueFrom": {}}]),
            "0.valueFrom: keep one of them",
        ),
        (
            "primary.extraEnvVars",
            json!([{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "kye": "k"}}}]),
            "0.valueFrom.secretKeyRef.kye: did you mean `primary.extraEnvVars[0].valueFrom.secretKeyRef.key`?",
        ),
        ("primary.extraEnvVars", json!({"A": "b"}), ": write its items as `- item` lines"),
        ("primary.sidecars", json!([{"name": "a"}]), "0: add `image:`"),
        (
            "primary.sidecars",
            json!([{"name": "a", "image": "b", "port": []}]),
            "0.port: did you mean `primary.sidecars[0].ports`?",
        ),
        (
            "primary.extraPodSpec",
            json!({"hostNetwrok": true}),
            "hostNetwrok: did you mean `primary.extraPodSpec.hostNetwork`?",
        ),
        (
            "primary.extraVolumes",
            json!([{"name": "a", "secret": {}, "configMap": {}}]),
            "0.configMap: keep one of them",
        ),
        ("primary.extraVolumes", json!([{"name": "a", "pvc": {"claimName": "b"}}]), "0.pvc: "),
        ("primary.extraVolumeMounts", json!([{"name": "a"}]), "0: add `mountPath:`"),
        ("primary.customLivenessProbe", json!({"httpGet": {"path": "/"}}), "httpGet: add `port:`"),
        (
            "primary.livenessProbe",
            json!({"enabled": true, "timeoutSecond": 1}),
            "timeoutSecond: did you mean `primary.livenessProbe.timeoutSeconds`?",
        ),
        ("primary.tolerations", json!([{"key": "a", "effect": "NoSchedul"}]), "0.effect: did you mean `NoSchedule`?"),
        ("primary.affinity", json!({"nodeAfinity": {}}), "nodeAfinity: did you mean `primary.affinity.nodeAffinity`?"),
        (
            "primary.podSecurityContext",
            json!({"runAsUsr": 1}),
            "runAsUsr: did you mean `primary.podSecurityContext.runAsUser`?",
        ),
        ("primary.containerSecurityContext", json!({"privileged": "false"}), "privileged: leave the quotes out"),
        ("primary.service.extraPorts", json!([{"name": "a", "port": "80"}]), "0.port: leave the quotes out"),
        (
            "primary.networkPolicy.extraIngress",
            json!([{"form": []}]),
            "0.form: did you mean `primary.networkPolicy.extraIngress[0].from`?",
        ),
        (
            "primary.networkPolicy.extraIngress",
            json!([{"from": [{"ipBlock": {"cird": "a"}}]}]),
            "0.from.0.ipBlock.cird: did you mean `primary.networkPolicy.extraIngress[0].from[0].ipBlock.cidr`?",
        ),
        ("primary.hostAliases", json!([{"hostnames": ["a"]}]), "0: add `ip:`"),
        ("primary.persistence.dataSource", json!({"kind": "PersistentVolumeClaim"}), ": add `name:`"),
        (
            "primary.persistence.selector",
            json!({"matchLabel": {}}),
            "matchLabel: did you mean `primary.persistence.selector.matchLabels`?",
        ),
        ("extraDeploy", json!([{"kind": "ConfigMap"}]), "0: add `apiVersion:`"),
        ("rbac.rules", json!([{"apiGroups": [""], "resources": ["pods"]}]), "0: add `verbs:`"),
        ("image.pullSecrets", json!([{"nmae": "a"}]), "0.nmae: did you mean `image.pullSecrets[0].name`?"),
        ("primary.nodeSelector", json!({"a": true}), "a: quote it: \"true\""),
        (
            "primary.topologySpreadConstraints",
            json!([{"maxSkew": 1, "topologyKey": "a", "whenUnsatisfied": "DoNotSchedule"}]),
            "0.whenUnsatisfied: did you mean `primary.topologySpreadConstraints[0].whenUnsatisfiable`?",
        ),
        ("primary.lifecycleHooks", json!({"prestop": {}}), "prestop: did you mean `primary.lifecycleHooks.preStop`?"),
    ] {
        let found = said(&path.rsplit('.').fold(value.clone(), |value, key| json!({ key: value })));
        assert_eq!(found.len(), 1, "{path}: {value}: {found:?}");
        let rest = found[0].strip_prefix(path).map(|rest| rest.strip_prefix('.').unwrap_or(rest));
        assert!(rest.is_some_and(|rest| rest.starts_with(expected)), "{path}: {value}: {found:?}");
    }
}

#[test]
fn what_kubernetes_takes_passes() {
    for (path, value) in [
        (
            "primary.resources",
            json!({"limits": {"cpu": 0.5, "memory": "1.5Gi", "hugepages-2Mi": "100Mi", "example.com/dongle": "1"}, "claims": [{"name": "gpu"}]}),
        ),
        ("primary.resources", json!({"limits": null, "requests": {"memory": "{{ .Values.memory }}"}})),
        (
            "primary.extraEnvVars",
            json!([{"name": "A"}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}, {"name": "C", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": 1}}}]),
        ),
        ("primary.extraEnvVars", json!("- name: A\n  value: b\n")),
        (
            "primary.sidecars",
            json!([{"name": "a", "image": "b", "restartPolicy": "Always", "envFrom": [{"prefix": "A_", "configMapRef": {"name": "c", "optional": true}}], "lifecycle": {"preStop": {"sleep": {"seconds": 5}}}, "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"}]}]),
        ),
        (
            "primary.extraVolumes",
            json!([{"name": "a"}, {"name": "b", "image": {"reference": "c", "pullPolicy": "Always"}}, {"name": "d", "projected": {"sources": [{"serviceAccountToken": {"path": "e", "expirationSeconds": 600}}]}}, {"name": "f", "csi": {"driver": "g", "volumeAttributes": {"h": "i"}}}]),
        ),
        (
            "primary.extraVolumeMounts",
            json!([{"name": "a", "mountPath": "/a", "recursiveReadOnly": "IfPossible", "readOnly": true}]),
        ),
        (
            "primary.extraPodSpec",
            json!({"hostUsers": false, "dnsConfig": {"options": [{"name": "ndots", "value": "1"}]}, "resources": {"limits": {"cpu": 1}}, "schedulingGates": [{"name": "a"}]}),
        ),
        (
            "primary.customReadinessProbe",
            json!({"grpc": {"port": 5432, "service": ""}, "terminationGracePeriodSeconds": 10}),
        ),
        (
            "primary.tolerations",
            json!([{"operator": "Exists"}, {"key": "a", "operator": "Gt", "value": "5", "effect": ""}]),
        ),
        (
            "primary.networkPolicy.extraEgress",
            json!([{}, {"to": [{"namespaceSelector": {}, "podSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}], "ports": [{"port": "dns", "protocol": "UDP"}, {"port": 8000, "endPort": 9000}]}]),
        ),
        ("primary.pdb.maxUnavailable", json!("50%")),
        (
            "primary.containerSecurityContext",
            json!({"enabled": true, "capabilities": {"add": ["CHOWN"], "drop": ["ALL"]}, "appArmorProfile": {"type": "RuntimeDefault"}}),
        ),
        (
            "primary.podSecurityContext",
            json!({"enabled": true, "fsGroup": 1001, "supplementalGroups": [1, 2], "sysctls": [{"name": "a", "value": "1"}], "supplementalGroupsPolicy": "Strict"}),
        ),
        (
            "extraDeploy",
            json!(["kind: {{ .Values.kind }}", {"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "b"}}]),
        ),
        ("common", json!({"exampleValue": "common-chart"})),
    ] {
        let values = path.rsplit('.').fold(value, |value, key| json!({ key: value }));
        assert_eq!(said(&values), Vec::<String>::new(), "{values}");
    }
}

/// A value that is a secret, or could be one, is in no message.
#[test]
fn nothing_that_could_be_a_secret_is_said() {
    for values in [
        json!({"auth": {"password": 314_159_265, "postgresPassword": ["hunter2"], "pasword": "hunter2"}}),
        json!({"primary": {"extraEnvVars": [{"name": "PGPASSWORD", "value": 314_159_265, "vlaue": "hunter2"}]}}),
        json!({"primary": {"networkPolicy": {"allowExternal": "hunter2"}, "service": {"ports": {"postgresql": "hunter2"}}}}),
        json!({"passwordUpdateJob": {"previousPasswords": "hunter2"}, "ldap": {"bindpw": true}}),
    ] {
        let found = find("postgresql", "17.0.2").unwrap().mistakes(&values, Versions::new(None, None));
        assert!(!found.is_empty());
        for mistake in found {
            let text = mistake.message + &mistake.help;
            assert!(!text.contains("hunter2") && !text.contains("314159265"), "{text}");
        }
    }
}
