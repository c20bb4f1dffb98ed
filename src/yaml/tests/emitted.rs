//! The style of what is written. That it means the same to every reader is tested in `tests/yaml_readers.rs`.

use serde_json::{Value, json};

use super::super::{emit, emit_document};

#[test]
fn manifests_look_as_people_write_them() {
    let value = json!({
        "apiVersion": "v1",
        "metadata": {"name": "postgres", "labels": {"app.kubernetes.io/name": "postgres"}, "annotations": {}},
        "spec": {
            "image": "docker.io/bitnamilegacy/postgresql:17.6.0-debian-12-r4",
            "version": "17.0.2",
            "storage": "20Gi",
            "schedule": "0 2 * * *",
            "ports": [{"name": "tcp-postgresql", "port": 5432, "ready": true}, {"name": "metrics", "port": null}],
            "args": ["-ec", "--verbose", ["a", "b"], [], {}],
            "script": "set -e\n\n  indented\nend\n",
            "stripped": "one\ntwo",
            "kept": ["one\n\n"],
        },
    });
    let expected = "\
apiVersion: v1
metadata:
  name: postgres
  labels:
    app.kubernetes.io/name: postgres
  annotations: {}
spec:
  image: docker.io/bitnamilegacy/postgresql:17.6.0-debian-12-r4
  version: 17.0.2
  storage: 20Gi
  schedule: 0 2 * * *
  ports:
    - name: tcp-postgresql
      port: 5432
      ready: true
    - name: metrics
      port: null
  args:
    - -ec
    - --verbose
    - - a
      - b
    - []
    - {}
  script: |
    set -e

      indented
    end
  stripped: |-
    one
    two
  kept:
    - |+
      one

";
    assert_eq!(emit(&value), expected);
}

#[track_caller]
fn assert_written(text: &str, expected: &str) {
    assert_eq!(emit(&Value::from(text)).trim_end(), expected);
}

#[test]
fn quotes_stand_only_where_they_must() {
    for plain in [
        "a b",
        "it's",
        "a:b",
        "a#b",
        "10.0.0.0/8",
        "30d",
        "250m",
        "é",
        "日本",
        "🚀",
        "/bin",
        "$(A)",
        "a{b}",
        ".github",
        "_x",
        "x=1",
        "*",
    ] {
        let quoted = plain == "*";
        assert_written(plain, &if quoted { format!("\"{plain}\"") } else { plain.to_owned() });
    }
    for quoted in [
        "",
        "yes",
        "No",
        "y",
        "ON",
        "null",
        "~",
        "1.30",
        "0777",
        "1e3",
        "12:30:45",
        "2027-03-01",
        "2027-03-01T00:00:00Z",
        "a: b",
        "a #b",
        "a:",
        "- a",
        "=",
        "<<",
        ".inf",
        "0xdeadbeef",
        "{{ x }}",
        "@a",
        "%a",
        "`a`",
        "'a'",
        "!a",
        "&a",
        "[a]",
        " a",
        "a ",
        "1_000",
        "1,000",
    ] {
        assert_written(quoted, &format!("\"{quoted}\""));
    }
}

#[test]
fn what_cannot_be_seen_is_escaped() {
    assert_written("a\tb", r#""a\tb""#);
    assert_written("\"\\\r\n\0", r#""\"\\\r\n\0""#);
    assert_written(
        "\u{1b}\u{85}\u{a0}\u{200b}\u{2028}\u{202e}\u{feff}\u{e0001}",
        r#""\x1B\x85\xA0\u200B\u2028\u202E\uFEFF\U000E0001""#,
    );
    assert_written("a\u{200b}\nb", r#""a\u200B\nb""#);
}

#[test]
fn numbers_are_floats_and_integers_to_every_reader() {
    let written = |text: &str| emit(&serde_json::from_str(text).unwrap());
    assert_eq!(
        written("[1, 1.0, -0.5, 1e300, 5e-324, 1.5e20, 18446744073709551615]"),
        "- 1\n- 1.0\n- -0.5\n- 1.0e+300\n- 5.0e-324\n- 1.5e+20\n- 18446744073709551615\n"
    );
}

#[test]
fn keys_longer_than_readers_look_are_explicit() {
    let key = "k".repeat(1001);
    assert_eq!(emit(&json!({"a": {&key: [1], "b": 2}})), format!("a:\n  ? {key}\n  :\n    - 1\n  b: 2\n"));
    assert_eq!(emit(&json!([{&key: {}}])), format!("- ? {key}\n  : {{}}\n"));
}

#[test]
fn a_header_stays_a_comment() {
    let written = emit_document("Made by gen.\n\nfrom a\u{85}b\rc", &json!({"a": 1}));
    assert_eq!(written, "# Made by gen.\n#\n# from a\\u{85}b\\u{d}c\na: 1\n");
    assert_eq!(emit_document("", &json!([])), "[]\n");
}
