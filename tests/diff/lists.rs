//! Lists: by name, as sets, in order; texts that hold YAML.

use gitops_gen::{
    diff::{changes, telling},
    manifest::{Bundle, Object, Provenance},
    tree::FileTree,
};
use serde_json::{Value as Json, json};

use super::apply::{bundle, line, shown};

fn pod(containers: Json) -> Json {
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "x" }, "spec": { "containers": containers } })
}

#[test]
fn items_with_names_are_found_by_name() {
    let before = pod(
        json!([{ "name": "a", "image": "a:1", "env": [{ "name": "X", "value": "1" }, { "name": "Y", "value": "2" }] }]),
    );
    let after = pod(
        json!([{ "name": "a", "image": "a:2", "env": [{ "name": "Y", "value": "3" }, { "name": "Z", "value": "2" }] }]),
    );
    let expected = [
        "~ spec.containers[name=a].image: \"a:1\" -> \"a:2\"",
        "~ spec.containers[name=a].env[name=Y].value: \"2\" -> \"3\"",
        "+ spec.containers[name=a].env[name=Z]: {\"name\":\"Z\",\"value\":\"2\"}",
        "- spec.containers[name=a].env[name=X]: {\"name\":\"X\",\"value\":\"1\"}",
    ];
    assert_eq!(shown(&before, &after), expected);
}

#[test]
fn kubernetes_merge_keys_are_names() {
    let before = pod(json!([{ "name": "a", "ports": [{ "containerPort": 1 }, { "containerPort": 2 }],
        "volumeMounts": [{ "name": "v", "mountPath": "/a" }, { "name": "v", "mountPath": "/b" }] }]));
    let after =
        pod(json!([{ "name": "a", "ports": [{ "containerPort": 2, "protocol": "UDP" }, { "containerPort": 1 }],
        "volumeMounts": [{ "name": "v", "mountPath": "/b", "readOnly": true }, { "name": "v", "mountPath": "/a" }] }]));
    let expected = [
        "+ spec.containers[name=a].ports[containerPort=2].protocol: \"UDP\"",
        "+ spec.containers[name=a].volumeMounts[mountPath=/b].readOnly: true",
    ];
    assert_eq!(shown(&before, &after), expected);
}

#[test]
fn order_is_told_where_it_means_something() {
    let item = |name: &str| json!({ "name": name });
    let list = |key: &str, names: &[&str]| {
        let mut body = pod(json!([]));
        body["spec"][key] = names.iter().map(|name| item(name)).collect();
        body
    };
    let told = shown(&list("initContainers", &["a", "b"]), &list("initContainers", &["b", "a"]));
    assert_eq!(told, ["~ spec.initContainers (order): [\"a\",\"b\"] -> [\"b\",\"a\"]"]);
    assert_eq!(shown(&list("volumes", &["a", "b"]), &list("volumes", &["b", "a"])), Vec::<String>::new());
    // Behind the others is where a new one is expected.
    assert_eq!(shown(&list("initContainers", &["a"]), &list("initContainers", &["a", "b"])).len(), 1);
    assert_eq!(shown(&list("initContainers", &["a"]), &list("initContainers", &["b", "a"])).len(), 2);
}

#[test]
fn a_variable_may_use_those_above_it() {
    let env = |items: Json| pod(json!([{ "name": "a", "env": items }]));
    let (a, b) = (json!({ "name": "A", "value": "1" }), json!({ "name": "B", "value": "2" }));
    assert_eq!(shown(&env(json!([a, b])), &env(json!([b, a]))), Vec::<String>::new());
    let b = json!({ "name": "B", "value": "$(A)" });
    let told = shown(&env(json!([a, b])), &env(json!([b, a])));
    assert_eq!(told, ["~ spec.containers[name=a].env (order): [\"A\",\"B\"] -> [\"B\",\"A\"]"]);
}

#[test]
fn items_without_names_are_aligned() {
    let args = |args: &[&str]| pod(json!([{ "name": "a", "args": args }]));
    let told = shown(&args(&["a", "b", "c"]), &args(&["b", "c"]));
    assert_eq!(told, ["- spec.containers[name=a].args[0]: \"a\""]);
    let told = shown(&args(&["a", "b", "c"]), &args(&["a", "x", "c", "d"]));
    let expected = ["~ spec.containers[name=a].args[1]: \"b\" -> \"x\"", "+ spec.containers[name=a].args[3]: \"d\""];
    assert_eq!(told, expected);
    assert_eq!(shown(&args(&["a", "b"]), &args(&["b", "a"])).len(), 2);
}

#[test]
fn rules_of_a_network_policy_are_a_set() {
    let rule =
        |app: &str, port: u32| json!({ "from": [{ "podSelector": { "app": app } }], "ports": [{ "port": port }] });
    let policy = |rules: &[Json]| {
        json!({ "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": { "name": "x" },
            "spec": { "ingress": rules } })
    };
    let (a, b) = (rule("a", 1), rule("b", 2));
    assert_eq!(shown(&policy(&[a.clone(), b.clone()]), &policy(&[b.clone(), a.clone()])), Vec::<String>::new());
    // One rule that changed is one line, and not a rule gone and a rule new.
    let told = shown(&policy(&[a.clone(), b.clone()]), &policy(&[rule("b", 3), a.clone()]));
    assert_eq!(told, ["~ spec.ingress[0].ports[0].port: 2 -> 3"]);
    assert_eq!(shown(&policy(&[a.clone(), a.clone()]), &policy(&[a])).len(), 1, "twins count");
    // In an object of another kind the order of such a list may mean anything.
    let mut ingress = [policy(&[b.clone(), rule("a", 1)]), policy(&[rule("a", 1), b])];
    ingress.iter_mut().for_each(|body| body["kind"] = "Ingress".into());
    assert!(!shown(&ingress[0], &ingress[1]).is_empty());
}

#[test]
fn yaml_in_a_text_is_compared_as_yaml() {
    let map = |text: &str| json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "x" }, "data": { "values.yaml": text } });
    let told = shown(&map("a: 1\nb:\n  c: [x]\n"), &map("b:\n  c: [x, z]\na: 1\n"));
    assert_eq!(told, ["+ data[\"values.yaml\"].b.c[1]: \"z\""]);
    let told = shown(&map("a: 1\nb: 2\n"), &map("# A comment\na: 1\nb: 2\n"));
    assert_eq!(told, ["~ data[\"values.yaml\"]: \"a: 1\\nb: 2\\n\" -> \"# A comment\\na: 1\\nb: 2\\n\""]);
}

#[test]
fn types_and_nulls_are_told_apart() {
    let told =
        shown(&json!({ "a": 1, "b": null, "c": {}, "d": "1" }), &json!({ "a": "1", "c": [], "d": "1", "e": null }));
    assert_eq!(told, ["~ a: 1 -> \"1\"", "~ c: {} -> []", "+ e: null", "- b: null"]);
}

#[test]
fn a_moved_object_is_the_same_one() {
    let body = pod(json!([]));
    let told = changes(&bundle("a.yaml", &body), &bundle("b/c.yaml", &body));
    assert!(told.is_empty());
    let mut newer = body.clone();
    newer["apiVersion"] = "v2".into();
    let told = changes(&bundle("a.yaml", &body), &bundle("b.yaml", &newer));
    assert_eq!(told.iter().map(line).collect::<Vec<_>>(), ["~ apiVersion: \"v1\" -> \"v2\""]);
    assert_eq!((told[0].file.as_str(), told[0].is_whole()), ("b.yaml", false));
    newer["apiVersion"] = "other/v1".into();
    let told = changes(&bundle("a.yaml", &body), &bundle("a.yaml", &newer));
    assert_eq!(told.iter().filter(|change| change.is_whole()).count(), 2, "another group is another object");
}

#[test]
fn twins_are_told_apart_by_their_file() {
    let twin = |file: &str, image: &str| Object {
        file: file.to_owned(),
        body: pod(json!([{ "name": "a", "image": image }])),
        provenance: Provenance::Rendered,
    };
    let twins = |objects: Vec<Object>| Bundle { objects, ..Bundle::default() };
    let before = || twins(vec![twin("a.yaml", "1"), twin("b.yaml", "2")]);
    assert!(changes(&before(), &twins(vec![twin("b.yaml", "2"), twin("a.yaml", "1")])).is_empty());
    let told = changes(&before(), &twins(vec![twin("b.yaml", "3")]));
    assert_eq!(told.len(), 2);
    assert_eq!(line(&told[0]), "~ spec.containers[name=a].image: \"2\" -> \"3\"");
    assert!(told[1].is_whole() && told[1].file == "a.yaml");
    let told = changes(&before(), &twins(vec![twin("c.yaml", "1"), twin("b.yaml", "2")]));
    assert!(told.is_empty(), "one twin stayed, the other one moved");
}

#[test]
fn what_is_no_object_is_known_by_its_file() {
    let (before, after) = (json!({ "a": 1 }), json!({ "a": 2 }));
    let told = changes(&bundle("x/values.yaml", &before), &bundle("x/values.yaml", &after));
    assert_eq!((told.len(), told[0].subject.to_string()), (1, "x/values.yaml".to_owned()));
    let told = changes(&bundle("x/values.yaml", &before), &bundle("y/values.yaml", &before));
    assert_eq!(told.iter().filter(|change| change.is_whole()).count(), 2);
}

#[test]
fn long_lists_end() {
    let list = |from: usize| json!({ "rules": (from..from + 30_000).map(|item| item % 7919).collect::<Vec<_>>() });
    assert!(!shown(&list(0), &list(1)).is_empty());
    let list = |from: usize| json!({ "finalizers": (from..from + 1_500).map(|item| json!({ "a": 1, "b": item })).collect::<Vec<_>>() });
    assert_eq!(shown(&list(0), &list(1_500)).len(), 1_500);
}

#[test]
fn the_envelope_of_sealed_values_is_told_only_alone() {
    let sealed = |value: &str, mac: &str| {
        json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "x" }, "stringData": { "a": value },
            "sops": { "age": [{ "recipient": "age1x", "enc": mac }], "mac": mac, "lastmodified": mac, "version": "3" } })
    };
    let told = |before: &Json, after: &Json| -> Vec<String> {
        telling(&changes(&bundle("a.sops.yaml", before), &bundle("a.sops.yaml", after)))
            .map(|change| change.shown.path.clone())
            .collect()
    };
    assert_eq!(told(&sealed("ENC[1]", "1"), &sealed("ENC[2]", "2")), ["stringData.a"]);
    let alone = told(&sealed("ENC[1]", "1"), &sealed("ENC[1]", "2"));
    assert_eq!(alone, ["sops.age[recipient=age1x].enc", "sops.mac", "sops.lastmodified"]);
    let mut other = sealed("ENC[2]", "2");
    other["sops"]["age"][0]["recipient"] = "age1y".into();
    let recipients = ["stringData.a", "sops.age[recipient=age1y]", "sops.age[recipient=age1x]"];
    assert_eq!(told(&sealed("ENC[1]", "1"), &other), recipients);
}

#[test]
fn files_without_objects_are_compared_as_text() {
    let tree = |files: &[(&str, &str)]| {
        let mut tree = FileTree::new();
        files.iter().for_each(|(path, text)| tree.insert(*path, *text).unwrap());
        tree
    };
    let before =
        tree(&[("README.md", "a\nb\nc\n"), ("x.yaml", "a: 1\n"), ("y.yaml", "a: 1\n"), ("z.yaml", "a: 1 # x\n")]);
    let after = tree(&[
        ("README.md", "a\nx\ny\nc\n"),
        ("x.yaml", "<<<<<<< a\na: 1\n"),
        ("y.yaml", "a: 2\n"),
        ("z.yaml", "a: 1\n"),
    ]);
    let (changes, texts) = gitops_gen::diff::trees(&before, &after);
    assert_eq!(changes.iter().map(line).collect::<Vec<_>>(), ["~ a: 1 -> 2"], "a comment changes nothing");
    let texts: Vec<_> = texts.iter().map(|text| (text.file.as_str(), text.added, text.removed)).collect();
    assert_eq!(texts, [("README.md", 2, 1), ("x.yaml", 1, 0)], "what is no YAML is text");
}
