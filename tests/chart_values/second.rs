//! A second model, of a chart that does not exist: that a chart is data.

use gitops_gen::api::Versions;
use gitops_gen::chart::{Chart, Exposure, Facet, Image, ImagePart, Index, Kind, Marks, Setting, Shape};
use serde_json::{Value as Json, json};

const fn row(path: &'static str, kind: Kind, default: &'static str, facet: Facet) -> Setting {
    Setting { path, kind, default, facet, meaning: "What it is for." }
}

static QUEUE: Chart = Chart {
    name: "queue",
    version: "1.0.0",
    dependencies: &[("library", "2.0.0")],
    groups: &[],
    needed: &[],
    images: &[Image { role: "broker", path: "broker.image", when: &[] }],
    ports: &[],
    pinned: &[],
    settings: &[
        row("broker.image.repository", Kind::Text, "\"example/queue\"", Facet::Image(ImagePart::Repository)),
        row("broker.image.tag", Kind::Text, "\"1.2\"", Facet::Image(ImagePart::Tag)),
        row(
            "broker.expose.type",
            Kind::OneOf(&["ClusterIP", "NodePort"]),
            "\"ClusterIP\"",
            Facet::Exposure(Exposure::ServiceType),
        ),
        row("broker.expose.port", Kind::Integer(1, 65535), "5672", Facet::Plain),
        row("broker.disk.size", Kind::Quantity, "\"8Gi\"", Facet::Plain),
        row("broker.disk.labels", Kind::Map(&Kind::Text), "{}", Facet::Plain),
        row("broker.persistent", Kind::Bool, "true", Facet::Plain),
        row("broker.password", Kind::Text, "\"\"", Facet::Credential),
        row("broker.env", Kind::Shape(Shape::EnvVars), "[]", Facet::Plain),
        row("broker.resources", Kind::Shape(Shape::Resources), "{}", Facet::Resources),
        row("broker.probe", Kind::Shape(Shape::Probe), "{}", Facet::Plain),
        row("broker.probe.enabled", Kind::Bool, "true", Facet::Plain),
        row("vhosts", Kind::List(&Kind::Text), "[]", Facet::Plain),
        row("limit", Kind::Scalar, "\"\"", Facet::Plain),
    ],
    marks: Marks { own: &["vhosts"], shared: &["broker"] },
    index: Index::new(),
    pods: &[],
};

/// The mistakes as `pointer: message; help`.
fn said(values: &Json) -> Vec<String> {
    QUEUE
        .mistakes(values, Versions::new(None, None))
        .iter()
        .map(|m| format!("{}: {}; {}", m.pointer.join("/"), m.message, m.help))
        .collect()
}

#[test]
fn what_is_set_comes_in_the_order_of_the_rows() {
    let values = json!({"vhosts": ["a"], "broker": {"probe": {"enabled": false}, "image": {"tag": "2"}, "other": 1}});
    let set = QUEUE.set(&values);
    let paths: Vec<&str> = set.iter().map(|set| set.setting.path).collect();
    assert_eq!(paths, ["broker.image.tag", "broker.probe", "broker.probe.enabled", "vhosts"]);
    assert_eq!(set[0].pointer(), ["broker", "image", "tag"]);
    assert_eq!(set[0].value, "2");
}

#[test]
fn nothing_is_wrong_with_what_the_rows_allow() {
    let values = json!({
        "broker": {
            "image": {"tag": "{{ .Values.tag }}"},
            "expose": {"type": null, "port": 5672},
            "disk": {"size": "20Gi", "labels": {"a.b/c": "d"}},
            "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
            "resources": {"limits": {"cpu": 2, "memory": "1Gi", "nvidia.com/gpu": 1, "hugepages-2Mi": "64Mi"}},
            "probe": {"enabled": true, "exec": {"command": ["true"]}, "periodSeconds": 3},
        },
        "vhosts": ["a", "b"],
        "limit": 5,
        "library": {"anything": true},
    });
    assert_eq!(said(&values), Vec::<String>::new());
    assert_eq!(said(&json!({"broker": null})), Vec::<String>::new());
    for row in QUEUE.settings {
        let default = row.path.rsplit('.').fold(QUEUE.default(row.path).unwrap(), |value, key| json!({ key: value }));
        assert_eq!(said(&default), Vec::<String>::new(), "{}", row.path);
    }
}

#[test]
fn every_mistake_is_said_at_once() {
    let values = json!({
        "brokr": {"image": {}},
        "broker": {
            "expose": {"type": "Nodeport", "port": 70000},
            "disk": {"size": "20GB", "labels": {"team": 7}},
            "persistent": "false",
            "password": 4711,
            "env": [{"name": "A", "value": 1}, {"nam": "B"}],
            "resources": {"limits": {"memmory": "1Gi"}, "request": {}},
            "probe": {"periodSecond": 3},
        },
        "disk": {"size": "1Gi"},
        "vhosts": "a",
        "queue": {"limit": 3},
    });
    let expected = [
        "brokr: unknown value `brokr`: the chart ignores it; did you mean `broker`?",
        "broker/expose/type: `broker.expose.type` cannot be `Nodeport`; did you mean `NodePort`?",
        "broker/expose/port: `broker.expose.port` cannot be 70000; write a number between 1 and 65535",
        "broker/disk/size: `broker.disk.size`: `GB` is no unit of Kubernetes: write `20Gi` (powers of 1024) or `20G` (of 1000); ",
        "broker/disk/labels/team: `broker.disk.labels.team` is a number, and should be a string; quote it",
        "broker/persistent: `broker.persistent` is the string \"false\", which Helm takes for true, like any that is not empty; leave the quotes out",
        "broker/password: `broker.password` is a number, and should be a string; quote it",
        "broker/env/0/value: `broker.env[0].value` is a number, and should be a string; quote it",
        "broker/env/1/nam: unknown key `broker.env[1].nam`: Kubernetes refuses it; did you mean `broker.env[1].name`?",
        "broker/resources/limits/memmory: unknown resource `broker.resources.limits.memmory`: Kubernetes refuses it; did you mean `broker.resources.limits.memory`?",
        "broker/resources/request: unknown key `broker.resources.request`: Kubernetes refuses it; did you mean `broker.resources.requests`?",
        "broker/probe/periodSecond: unknown value `broker.probe.periodSecond`: neither the chart nor Kubernetes knows it; did you mean `broker.probe.periodSeconds`?",
        "disk: unknown value `disk`: the chart ignores it; did you mean `broker.disk.size`?",
        "vhosts: `vhosts` is a string, and should be a list; write its items as `- item` lines",
        "queue: unknown value `queue`: the chart ignores it; did you mean `limit`?",
    ];
    assert_eq!(said(&values), expected);
}
