//! The chart's model against the real chart: a value that is set changes what helm renders.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use gitops_gen::api::Versions;
use gitops_gen::chart::{Chart, Kind, Setting, Shape, find};
use serde_json::{Value, json};

use crate::{assert_none, children, documents, environments, name, peer, peers, run, text};

fn model() -> &'static Chart {
    find("postgresql", "17.0.2").unwrap()
}

/// The real chart of the model's version.
fn chart() -> Option<PathBuf> {
    let real = std::env::var_os("GEN_CHART_DIR").map_or_else(|| peers().join("chart/postgresql"), PathBuf::from);
    let known = real.join("charts/common").is_dir();
    if !known {
        crate::pass_over("there is no real chart");
    }
    known.then_some(real)
}

/// What helm makes of values; nothing where it refuses them. The time of a render is left out.
fn render(binary: &Path, chart: &Path, values: &Value) -> Option<Vec<String>> {
    let mut command = Command::new(binary);
    let output = run(command.args(["template", "pg"]).arg(chart).args(["--values", "-"]), &values.to_string());
    let lines = |text: String| {
        text.lines().filter(|line| !line.contains("password-last-update")).map(str::to_owned).collect::<Vec<_>>()
    };
    output.status.success().then(|| lines(text(&output.stdout)))
}

/// `over` on top of `base` by Helm's rules.
fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key.as_str()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

fn with(base: &Value, path: &str, value: Value) -> Value {
    let mut values = base.clone();
    merge(&mut values, &path.rsplit('.').fold(value, |value, key| json!({ key: value })));
    values
}

fn at<'v>(values: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(values, |value, key| value.get(key))
}

/// Values under which most of the chart is rendered.
fn all_on() -> Value {
    json!({
        "architecture": "replication",
        "auth": {"username": "app", "database": "app", "password": "a", "postgresPassword": "b", "replicationPassword": "c"},
        "primary": {"networkPolicy": {"allowExternal": false, "allowExternalEgress": false}},
        "readReplicas": {"networkPolicy": {"allowExternal": false, "allowExternalEgress": false}},
        "metrics": {
            "enabled": true,
            "serviceMonitor": {"enabled": true},
            "prometheusRule": {"enabled": true, "rules": [{"alert": "A", "expr": "1"}]},
        },
        "backup": {"enabled": true},
        "volumePermissions": {"enabled": true},
        "ldap": {"enabled": true, "server": "ldap.example.com"},
        "rbac": {"create": true},
        "tls": {"enabled": true, "certificatesSecret": "t", "certFilename": "c", "certKeyFilename": "k"},
        "passwordUpdateJob": {"enabled": true, "previousPasswords": {"existingSecret": "old"}},
        "global": {"security": {"allowInsecureImages": true}},
    })
}

/// Settings that no template reads as they stand; their meanings in the model say so.
const IDLE: &[&str] = &[
    "ldap.base",
    "ldap.bslookup",
    "ldap.nss_initgroups_ignoreusers",
    "ldap.scope",
    "ldap.tls_reqcert",
    "backup.cronjob.podSecurityContext.fsGroupChangePolicy",
    "backup.cronjob.podSecurityContext.sysctls",
    "backup.cronjob.podSecurityContext.supplementalGroups",
    "backup.cronjob.podLabels",
    "backup.cronjob.storage.annotations",
    "backup.cronjob.storage.volumeClaimTemplates.selector",
    "metrics.serviceMonitor.selector",
];

/// It stands in generated certificates only, which are others at every render.
const NOT_COMPARABLE: &[&str] = &["clusterDomain"];

/// Settings whose other value is not any of its kind.
const OTHER: &[(&str, &str)] = &[
    ("kubeVersion", "1.30.0"),
    ("global.kubeVersion", "1.30.0"),
    ("ldap.url", "ldap://other.example.com"),
    // The one that matters outside of OpenShift too.
    ("global.compatibility.openshift.adaptSecurityContext", "force"),
];

/// Those that only have an effect together with others, by the beginning of their paths.
fn context(path: &str) -> Value {
    let (part, rest) = path.split_once('.').unwrap_or((path, ""));
    let service = |kind: &str| json!({"type": kind});
    let below = match rest {
        _ if rest.starts_with("startupProbe") => json!({"startupProbe": {"enabled": true}}),
        _ if rest.starts_with("standby.") => json!({"standby": {"enabled": true}}),
        _ if rest.starts_with("nodeAffinityPreset.") => {
            json!({"nodeAffinityPreset": {"type": "soft", "key": "k", "values": ["v"]}})
        }
        "networkPolicy.ingressNSPodMatchLabels" => json!({"networkPolicy": {"ingressNSMatchLabels": {"a": "b"}}}),
        "service.nodePorts.postgresql" => json!({"service": service("NodePort")}),
        _ if rest.starts_with("service.loadBalancer") || rest == "service.externalTrafficPolicy" => {
            json!({"service": service("LoadBalancer")})
        }
        _ if rest.starts_with("persistentVolumeClaimRetentionPolicy.when") => {
            json!({"persistentVolumeClaimRetentionPolicy": {"enabled": true}})
        }
        _ if part == "diagnosticMode" => json!({"enabled": true}),
        "previousPasswords.postgresPassword"
        | "previousPasswords.password"
        | "previousPasswords.replicationPassword" => {
            json!({"previousPasswords": {
                "existingSecret": "", "postgresPassword": "x", "password": "y", "replicationPassword": "z",
            }})
        }
        "numSynchronousReplicas" => json!({"synchronousCommit": "on"}),
        "url" => json!({"server": null}),
        _ => json!({}),
    };
    let mut context = if below == json!({}) { below } else { json!({ part: below }) };
    let more = match path {
        _ if path.contains("auth.secretKeys") => json!({"auth": {"existingSecret": "s"}}),
        "global.security.allowInsecureImages" => json!({"image": {"registry": "other.example.com"}}),
        // Only PodSecurityPolicies depend on it, which Kubernetes 1.25 dropped.
        "kubeVersion" | "global.kubeVersion" => json!({"kubeVersion": "1.24.0", "psp": {"create": true}}),
        "psp.create" => json!({"kubeVersion": "1.24.0"}),
        _ => json!({}),
    };
    merge(&mut context, &more);
    context
}

/// Another value than `now` that the setting takes; none where there is only one.
fn other(kind: Kind, now: &Value) -> Option<Value> {
    Some(match kind {
        Kind::Bool => (now != &Value::Bool(true)).into(),
        Kind::Integer(low, high) => {
            let now = now.as_i64().unwrap_or(low);
            [now + 1, now - 1].into_iter().find(|number| (low..=high).contains(number))?.into()
        }
        Kind::Text => "other".into(),
        Kind::Scalar => 7.into(),
        Kind::OneOf(words) => (*words.iter().rev().find(|word| !word.is_empty() && now != *word)?).into(),
        Kind::Quantity => "3Gi".into(),
        Kind::List(each) => json!([other(*each, &Value::Null)?]),
        Kind::Map(each) => json!({"other": other(*each, &Value::Null)?}),
        Kind::Any => json!({"other": "text"}),
        Kind::Shape(shape) => sample(shape),
    })
}

fn sample(shape: Shape) -> Value {
    match shape {
        Shape::EnvVars => json!([{"name": "OTHER", "value": "text"}]),
        Shape::Containers => json!([{"name": "other", "image": "other"}]),
        Shape::PodSpec => json!({"hostname": "other"}),
        Shape::Volumes => json!([{"name": "other", "emptyDir": {}}]),
        Shape::ServicePorts => json!([{"name": "other", "port": 7}]),
        Shape::IngressRules | Shape::EgressRules => json!([{"ports": [{"port": 7}]}]),
        Shape::Objects => json!([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}]),
        Shape::Resources => json!({"limits": {"memory": "3Gi"}}),
        Shape::VolumeMounts => json!([{"name": "other", "mountPath": "/other"}]),
        Shape::Probe => json!({"terminationGracePeriodSeconds": 7}),
        Shape::Lifecycle => json!({"preStop": {"exec": {"command": ["other"]}}}),
        Shape::PodSecurityContext => json!({"runAsUser": 7}),
        Shape::SecurityContext => json!({"procMount": "Default"}),
        Shape::Affinity => json!({"podAffinity": {}}),
        Shape::Tolerations => json!([{"key": "other", "operator": "Exists"}]),
        Shape::TopologySpread => {
            json!([{"maxSkew": 1, "topologyKey": "other", "whenUnsatisfiable": "ScheduleAnyway"}])
        }
        Shape::HostAliases => json!([{"ip": "192.0.2.7", "hostnames": ["other"]}]),
        Shape::LabelSelector => json!({"matchLabels": {"other": "text"}}),
        Shape::DataSource => json!({"kind": "PersistentVolumeClaim", "name": "other"}),
        Shape::SessionAffinity => json!({"clientIP": {"timeoutSeconds": 7}}),
        Shape::RollingUpdate => json!({"partition": 7}),
        Shape::RbacRules => json!([{"apiGroups": [""], "resources": ["other"], "verbs": ["get"]}]),
        Shape::PrometheusRules => json!([{"alert": "Other", "expr": "1"}]),
        Shape::Relabelings => json!([{"targetLabel": "other"}]),
        Shape::PullSecrets => json!(["other"]),
    }
}

/// What is wrong with the model's idea of a setting. `plains` keeps what was rendered without it.
fn fault(
    binary: &Path,
    chart: &Path,
    setting: &Setting,
    plains: &mut BTreeMap<String, Option<Vec<String>>>,
) -> Option<String> {
    let mut base = all_on();
    merge(&mut base, &context(setting.path));
    let default = model().default(setting.path)?;
    let listed = OTHER.iter().find(|(path, _)| *path == setting.path).map(|(_, value)| json!(value));
    let value = listed.or_else(|| other(setting.kind, at(&base, setting.path).unwrap_or(&default)))?;
    let values = with(&base, setting.path, value);
    let mistakes = model().mistakes(&values, Versions::new(None, None));
    if !mistakes.is_empty() {
        return Some(format!("{mistakes:?}"));
    }
    let plain = plains.entry(base.to_string()).or_insert_with(|| render(binary, chart, &base));
    let Some(plain) = plain else { return Some("the chart refuses its context".to_owned()) };
    let is_idle = IDLE.contains(&setting.path);
    match render(binary, chart, &values) {
        // That is its effect: it lets images pass.
        None if setting.path == "global.security.allowInsecureImages" => None,
        None => Some(format!("the chart refuses {values}")),
        Some(rendered) => match (rendered == *plain, is_idle) {
            (true, false) => Some("nothing changes".to_owned()),
            (false, true) => Some("something changes".to_owned()),
            _ => None,
        },
    }
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn every_setting_changes_what_helm_renders() {
    let (Some(binary), Some(chart)) = (peer("helm"), chart()) else { return };
    let settings = model().settings.iter().filter(|setting| !NOT_COMPARABLE.contains(&setting.path));
    let mut plains = BTreeMap::new();
    let look = |setting: &Setting| Some(format!("{}: {}", setting.path, fault(&binary, &chart, setting, &mut plains)?));
    assert_none(&settings.filter_map(look).collect::<Vec<_>>());
}

/// So that what gen sets is among what was just shown to have an effect.
#[test]
#[ignore = "needs peers: just peers test-peers"]
fn nothing_that_gen_sets_is_idle() {
    let folders = environments().into_iter().flat_map(|environment| children(&environment));
    let files: Vec<PathBuf> = folders.map(|folder| folder.join("values.yaml")).filter(|file| file.exists()).collect();
    assert!(!files.is_empty());
    let mut faults = Vec::new();
    for file in files {
        let values = documents(&std::fs::read_to_string(&file).unwrap()).remove(0);
        let file = name(&file);
        faults.extend(
            model()
                .mistakes(&values, Versions::new(None, None))
                .iter()
                .map(|mistake| format!("{file}: {}", mistake.message)),
        );
        let idle = model().set(&values).into_iter().filter(|set| IDLE.contains(&set.setting.path));
        faults.extend(idle.map(|set| format!("{file}: {} is idle", set.setting.path)));
    }
    assert_none(&faults);
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn helm_fails_with_null_for_just_the_groups_that_are_needed() {
    let (Some(binary), Some(chart)) = (peer("helm"), chart()) else { return };
    let bases = [json!({}), json!({"architecture": "replication", "metrics": {"enabled": true}})];
    for base in &bases {
        assert!(render(&binary, &chart, base).is_some(), "{base}");
    }
    let above = |path: &'static str| path.match_indices('.').map(move |(at, _)| &path[..at]);
    let groups: BTreeSet<&str> = model().settings.iter().flat_map(|setting| above(setting.path)).collect();
    let fails =
        |path: &&str| bases.iter().any(|base| render(&binary, &chart, &with(base, path, Value::Null)).is_none());
    let failing: Vec<&str> = groups.into_iter().filter(fails).collect();
    assert_eq!(failing, model().needed);
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn the_charts_own_values_pass() {
    let Some(chart) = chart() else { return };
    let values = documents(&std::fs::read_to_string(chart.join("values.yaml")).unwrap()).remove(0);
    assert_eq!(model().mistakes(&values, Versions::new(None, None)), []);
    for setting in model().settings {
        // A group of settings has no default of its own, and what is not in values.yaml has none at all.
        if model().group(setting.path).is_empty() && setting.default != "null" {
            assert_eq!(at(&values, setting.path), model().default(setting.path).as_ref(), "{}", setting.path);
        }
    }
}
