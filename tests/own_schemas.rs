//! Schemas of a user: how a file says which kind it is of, what is checked by it, what is wrong with it.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::{fs, path::Path, process::Command};

const WIDGET: &str = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {sise: 3, colour: red}\n";
const SCHEMA: &str = r##"{"type": "object", "additionalProperties": false, "properties": {"apiVersion": {"type": "string"},
    "kind": {"type": "string"}, "metadata": {"type": "object"}, "spec": {"$ref": "#/definitions/spec"}},
    "definitions": {"spec": {"type": "object", "additionalProperties": false, "properties": {
    "size": {"type": ["integer", "null"]}, "colour": {"enum": ["red", "green"]}}}}}"##;

/// What `gen lint` says, a line for each finding.
fn lint(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
    let output = command.current_dir(folder).args(["lint", "--format", "json"]).args(arguments).output().unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let line = |finding: &serde_json::Value| {
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        format!("{} {}:{} {}; {}", text("rule"), text("file"), finding["line"], text("message"), text("help"))
    };
    found["findings"].as_array().unwrap().iter().map(line).collect()
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn a_json_schema_is_found_by_what_it_or_its_file_says() {
    let named = SCHEMA.replacen(
        '{',
        r#"{"x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Widget"}], "#,
        1,
    );
    let by_const = SCHEMA
        .replace(r#""apiVersion": {"type": "string"}"#, r#""apiVersion": {"const": "example.com/v1"}"#)
        .replace(r#""kind": {"type": "string"}"#, r#""kind": {"enum": ["Widget"]}"#);
    for (file, schema) in [
        ("any.json", named.as_str()),
        ("any.json", by_const.as_str()),
        ("example.com/widget_v1.json", SCHEMA),
        ("widget-example.com-v1.json", SCHEMA),
        ("widget-example-v1.json", SCHEMA),
    ] {
        let files = [("tree/widget.yaml", WIDGET), (&format!("schemas/{file}"), schema)];
        let found = lint(folder(&files).path(), &["tree", "--schemas", "schemas"]);
        let expected = "invalid-object tree/widget.yaml:4 unknown key `spec.sise`: Kubernetes refuses it; did you mean `spec.size`?";
        assert_eq!(found, [expected], "{file}");
    }
}

#[test]
fn a_crd_is_strict_and_one_in_the_tree_counts() {
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\nspec:\n  \
               group: example.com\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets}\n  versions:\n    - name: v1\n      \
               served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n          type: object\n          \
               properties:\n            spec:\n              type: object\n              required: [size]\n              \
               properties:\n                size: {type: integer, maximum: 2}\n                colour: {type: string, pattern: ^g}\n";
    let expected = [
        "invalid-object tree/widget.yaml:4 `spec.colour` cannot be `red`; it must match ^g",
        "invalid-object tree/widget.yaml:4 unknown key `spec.sise`: Kubernetes refuses it; did you mean `spec.size`?",
    ];
    for (file, arguments) in [("tree/crd.yaml", &["tree"][..]), ("s/crd.yaml", &["tree", "--schemas", "s"])] {
        let mut found = lint(folder(&[("tree/widget.yaml", WIDGET), (file, crd)]).path(), arguments);
        found.sort();
        assert_eq!(found, expected, "{file}");
    }
}

#[test]
fn a_schema_that_cannot_be_used_is_a_finding() {
    for (file, schema, expected) in [
        ("a.json", SCHEMA, "invalid-schema schemas/a.json:1 this schema does not say which kind it is of"),
        (
            "widget-example.com-v1.json",
            r#"{"properties": {"spec": {"type": "objekt"}}}"#,
            "invalid-schema schemas/widget-example.com-v1.json:1 there is no type `objekt`; did you mean `object`?",
        ),
        (
            "widget-example.com-v1.json",
            r##"{"properties": {"spec": {"$ref": "#/definitions/none"}}}"##,
            "invalid-schema schemas/widget-example.com-v1.json:1 `#/definitions/none` leads to nothing",
        ),
        ("w.yaml", WIDGET, "invalid-schema schemas/w.yaml:2 this is neither a CRD nor a JSON schema"),
    ] {
        let plain = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
        let found = lint(
            folder(&[("tree/a.yaml", plain), (&format!("schemas/{file}"), schema)]).path(),
            &["tree", "--schemas", "schemas"],
        );
        assert!(found.len() == 1 && found[0].starts_with(expected), "{file}: {found:?}");
    }
}

/// Fields come and go with versions.
#[test]
fn the_declared_version_counts() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostnameOverride: a\n  containers: [{name: a, image: a}]\n";
    let route = "apiVersion: resource.k8s.io/v1\nkind: DeviceClass\nmetadata: {name: a}\nspec: {}\n";
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2beta2\nkind: HelmRelease\nmetadata: {name: a}\n\
                   spec: {interval: 1h, chartRef: {kind: OCIRepository, name: a}}\n";
    let folder = folder(&[("a/pod.yaml", pod), ("a/route.yaml", route), ("a/release.yaml", release)]);
    let about = |arguments: &[&str]| -> Vec<String> {
        let found = lint(folder.path(), &[&["a"], arguments].concat()).into_iter();
        found.filter(|line| ["invalid-object", "removed-api"].iter().any(|rule| line.starts_with(rule))).collect()
    };
    let old = about(&["--kubernetes", "1.33", "--flux", "2.7"]);
    assert_eq!(old.len(), 2, "{old:#?}");
    assert!(old[0].contains("`spec.hostnameOverride` exists since Kubernetes 1.34, and this is for Kubernetes 1.33"));
    assert!(old[1].contains("DeviceClass of resource.k8s.io/v1 exists since Kubernetes 1.34"));
    let new = about(&["--kubernetes", "1.34", "--flux", "2.8"]);
    assert_eq!(new.len(), 1, "{new:#?}");
    assert!(new[0].contains("HelmRelease of helm.toolkit.fluxcd.io/v2beta2 is gone since Flux 2.8; write `apiVersion: helm.toolkit.fluxcd.io/v2`"));
}
