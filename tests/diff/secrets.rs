//! No secret is ever shown, whatever stands around it.

use gitops_gen::{
    diff::{self, Change, Line},
    tree::FileTree,
};
use serde_json::{Value as Json, json};

use super::{
    apply::{between, line},
    repository::{Repository, STAGING},
};

/// No part of this may be shown. It has a space, a quote and what YAML and addresses take for signs.
const CANARIES: [&str; 4] = ["hunter2", "correct horse battery", "CanAry'Str\"ing", "canary/p@ss:w"];

fn is_clean(text: &str) -> bool {
    let pieces = ["hunter2", "horse", "battery", "CanAry", "Str\"ing", "canary", "p@ss"];
    pieces.iter().all(|piece| !text.contains(piece))
}

/// Everything that can be said about the change from one document to another.
fn said(file: &str, before: &Json, after: &Json) -> String {
    let tree = |body: &Json| {
        let mut tree = FileTree::new();
        tree.insert(file, gitops_gen::yaml::emit(body)).unwrap();
        tree
    };
    let (old, new) = (tree(before), tree(after));
    let (changes, texts) = diff::trees(&old, &new);
    let mut text = shown(&changes);
    text.push_str(&format!("{texts:?}"));
    for file in diff::unified(&old, &new) {
        for line in file.lines {
            text.push_str(&format!("{line:?}\n"));
        }
    }
    text
}

fn shown(changes: &[Change]) -> String {
    changes.iter().map(|change| format!("{}\n{:?}\n", line(change), change.shown)).collect()
}

/// Documents with a secret in them, made from it.
fn documents(secret: &str) -> Vec<(&'static str, Json)> {
    let object = |kind: &str, rest: Json| {
        let mut body = json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": "x" } });
        rest.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone());
        body
    };
    let env = |name: &str| {
        object(
            "Pod",
            json!({ "spec": { "containers": [{ "name": "a", "env": [{ "name": name, "value": secret }] }] } }),
        )
    };
    let values = |values: Json| json!({ "auth": values, "other": { "a": 1 } });
    let in_yaml = gitops_gen::yaml::emit(&json!({ "a": 1, "password": secret, "list": [{ "token": secret }] }));
    let secret_in_yaml = gitops_gen::yaml::emit(&object("Secret", json!({ "stringData": { "harmless": secret } })));
    let encoded = secret.replace(['/', ' ', '"', '\''], "_");
    vec![
        ("a.yaml", object("Secret", json!({ "stringData": { "harmless": secret } }))),
        ("a.yaml", object("Secret", json!({ "data": { "a\u{1b}[31m": secret, "b": { "c": [secret] } } }))),
        ("a.yaml", object("Secret", json!({ "data": secret }))),
        ("a.sops.yaml", object("Secret", json!({ "stringData": { "a": secret }, "sops": { "mac": "ENC[x]" } }))),
        (
            "a.yaml",
            object("SecretList", json!({ "items": [{ "metadata": { "name": "y" }, "data": { "a": secret } }] })),
        ),
        ("a.yaml", object("List", json!({ "items": [object("Secret", json!({ "data": { "a": secret } }))] }))),
        (
            "a.yaml",
            object(
                "HelmRelease",
                json!({ "spec": { "values": { "extraDeploy": [object("Secret", json!({ "stringData": { "a": secret } }))] } } }),
            ),
        ),
        ("a.yaml", object("Kustomization", json!({ "patches": [{ "patch": secret_in_yaml }] }))),
        (
            "a.yaml",
            object(
                "Kustomization",
                json!({ "secretGenerator": [{ "name": "x", "literals": [format!("a={secret}")] }] }),
            ),
        ),
        (
            "a.yaml",
            object(
                "ConfigMap",
                json!({ "metadata": { "name": "x", "annotations": { "kubectl.kubernetes.io/last-applied-configuration": secret } } }),
            ),
        ),
        ("a.yaml", env("DB_PASSWORD")),
        ("a.yaml", env("PGPASSWORD")),
        ("a.yaml", env("API_KEY")),
        ("a.yaml", env("clientSecret")),
        ("a.yaml", env("GITHUB_TOKEN")),
        (
            "a.yaml",
            object("Pod", json!({ "spec": { "containers": [{ "name": "a", "args": ["--password", secret, "-v"] }] } })),
        ),
        (
            "a.yaml",
            object(
                "Pod",
                json!({ "spec": { "containers": [{ "name": "a", "args": [format!("--api-key={encoded}")] }] } }),
            ),
        ),
        ("a.yaml", object("ConfigMap", json!({ "data": { "url": format!("postgres://user:{encoded}@host/db") } }))),
        (
            "a.yaml",
            object("ConfigMap", json!({ "data": { "app.properties": format!("a=1\nspring.password = {secret}\n") } })),
        ),
        ("a.yaml", object("ConfigMap", json!({ "data": { "app.yaml": in_yaml } }))),
        ("a.yaml", object("ConfigMap", json!({ "data": { "app": in_yaml } }))),
        (
            "a.yaml",
            object(
                "ConfigMap",
                json!({ "data": { "key": format!("-----BEGIN RSA PRIVATE KEY-----\n{secret}\n-----END RSA PRIVATE KEY-----\n") } }),
            ),
        ),
        ("a.yaml", object("ConfigMap", json!({ "data": { "key": format!("AGE-SECRET-KEY-1{}", "hunter2") } }))),
        ("a.yaml", object("ConfigMap", json!({ "data": { "tls.key": secret } }))),
        (
            "a.yaml",
            object(
                "Thing",
                json!({ "spec": { "passwords": [secret, { "a": secret }], "credentials": { "name": secret } } }),
            ),
        ),
        ("a.yaml", object("Thing", json!({ "spec": { "apiKeys": [{ "key": secret }, { "key": "b" }] } }))),
        ("a.yaml", object("Thing", json!({ "spec": { "users": [{ "name": "a", "password": secret }] } }))),
        ("a.yaml", object("Thing", json!({ "spec": { "token": { "value": secret } } }))),
        ("postgres/values.yaml", values(json!({ "password": secret }))),
        ("postgres/values.yaml", values(json!({ "postgresPassword": secret }))),
        ("postgres/values.yaml", values(json!({ "replicationPassword": secret }))),
    ]
}

#[test]
fn a_secret_is_never_shown() {
    for secret in CANARIES {
        for (number, (file, with)) in documents(secret).into_iter().enumerate() {
            // Another secret, another kind of value, nothing, and the other way round.
            let (_, other) = documents("canary").swap_remove(number);
            let mut tainted = with.clone();
            tainted["more"] = json!({ "a": 1 });
            for (before, after) in [
                (&with, &other),
                (&with, &tainted),
                (&with, &json!({})),
                (&json!({}), &with),
                (&json!([]), &with),
                (&other, &with),
            ] {
                let text = said(file, before, after);
                assert!(is_clean(&text), "{number}: {before}\n{after}\n{text}");
            }
        }
    }
}

#[test]
fn a_masked_change_is_still_a_change() {
    for (number, (_, before)) in documents("canary").into_iter().enumerate() {
        let (_, after) = documents("hunter2").swap_remove(number);
        let changes = between(&before, &after);
        // This one stands in both.
        assert_eq!(changes.is_empty(), before == after, "{number}");
        assert!(changes.iter().all(|change| change.shown.is_masked), "{number}: {}", shown(&changes));
    }
}

#[test]
fn what_was_sealed_and_is_open_is_not_called_sealed() {
    let secret = |value: &str| json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "x" }, "stringData": { "a": value } });
    let is_sealed = |before: &str, after: &str| between(&secret(before), &secret(after))[0].shown.is_sealed;
    assert!(is_sealed("ENC[1]", "ENC[2]") && !is_sealed("ENC[1]", "hunter2") && !is_sealed("hunter2", "ENC[1]"));
}

#[test]
fn what_is_no_secret_is_shown() {
    let before = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "x" }, "spec": {
        "automountServiceAccountToken": false,
        "imagePullSecrets": [{ "name": "old" }],
        "containers": [{ "name": "a", "env": [
            { "name": "PGDATA", "value": "/old" },
            { "name": "PGPASSWORD", "valueFrom": { "secretKeyRef": { "name": "old", "key": "old" } } },
            { "name": "PASSWORD_FILE", "value": "/old" } ] }],
        "volumes": [{ "name": "v", "secret": { "secretName": "old", "items": [{ "key": "old", "path": "old" }] } }],
        "tolerations": [{ "key": "old" }],
        "url": "https://host:8080/old?a=b",
        "oci": "oci://host:5000/x@sha256:old" } });
    let after: Json = serde_json::from_str(&before.to_string().replace("old", "new").replace("false", "true")).unwrap();
    let changes = between(&before, &after);
    let masked: Vec<String> = changes.iter().filter(|change| change.shown.is_masked).map(line).collect();
    assert_eq!(masked, Vec::<String>::new());
    assert!(changes.len() >= 10);
    let values = |word: &str| json!({ "auth": { "existingSecret": word, "secretKeys": { "adminPasswordKey": word }, "username": word } });
    let tree = |word: &str| {
        let mut tree = FileTree::new();
        tree.insert("postgres/values.yaml", gitops_gen::yaml::emit(&values(word))).unwrap();
        tree
    };
    let (changes, _) = diff::trees(&tree("old"), &tree("new"));
    assert!(changes.len() == 3 && changes.iter().all(|change| !change.shown.is_masked), "{}", shown(&changes));
}

#[test]
fn the_program_shows_no_secret_either() {
    const MANIFEST: &str = "environments/manifests/more.yaml";
    let config = |secret: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n  namespace: viridial-staging\ndata:\n  a: b\n  \
             app.yaml: |\n    # {secret}\n    token: {secret}\n    x: 1\n"
        )
    };
    let repository = Repository::new();
    repository.edit(
        STAGING,
        "    database: viridial\n",
        "    database: viridial\n    manifests: [manifests/more.yaml]\n",
    );
    repository.write(MANIFEST, config("${PASSWORD}"));
    let built = repository.gen_(&["build", "--all"]);
    assert_eq!(built.code, 0, "{}", built.stdout);
    // gen refuses to write a secret in plain text, so somebody else has to have done so.
    repository.write("gitops/staging/postgres/more.yaml", config("canary").replace("a: b", "a: c"));
    repository.edit(
        "gitops/staging/postgres/postgres-auth.sops.yaml",
        "ENC[AES256_GCM,data:",
        "ENC[AES256_GCM,data:AAAA",
    );
    for arguments in [vec!["diff"], vec!["diff", "--text"], vec!["diff", "--format", "json"]] {
        let run = repository.gen_(&arguments);
        assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
        assert!(is_clean(&run.stdout) && run.stderr.is_empty(), "{}", run.stdout);
        assert!(!run.stdout.contains("data:AAAA") && run.stdout.contains("postgres-auth"), "{}", run.stdout);
    }
    let run = repository.gen_(&["diff"]);
    for line in ["~ data[\"app.yaml\"].token: \"***\" (changed)", "sealed value changed"] {
        assert!(run.stdout.contains(line), "{line}: {}", run.stdout);
    }
}

#[test]
fn control_characters_reach_no_terminal() {
    let tree = |value: &str| {
        let mut tree = FileTree::new();
        let body = json!({ "a\u{1b}]0;x\u{7}": value, "b\u{202e}": { "list": [{ "name": format!("\u{1b}{value}"), "c": 1 }] } });
        tree.insert("x.yaml", gitops_gen::yaml::emit(&body)).unwrap();
        tree.insert("notes.txt", format!("\u{1b}[31m{value}\r\n")).unwrap();
        tree
    };
    let (old, new) = (tree("\u{1b}[2J"), tree("\u{9b}2J"));
    let (changes, texts) = diff::trees(&old, &new);
    let found = gitops_gen::output::diff::Tree {
        name: "staging".to_owned(),
        folder: "gitops/staging".to_owned(),
        standing: gitops_gen::output::diff::Standing::Changed,
        changes,
        texts,
        unified: None,
        findings: Vec::new(),
    };
    let is_hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    let style = gitops_gen::output::text::Style { color: false };
    let text = gitops_gen::output::diff::text(std::slice::from_ref(&found), style, &|_| None);
    assert!(text.lines().count() > 4 && !text.contains(is_hostile), "{text}");
    for file in diff::unified(&old, &new) {
        for line in &file.lines {
            let (Line::Hunk(text) | Line::Same(text) | Line::Added(text) | Line::Removed(text)) = line else {
                continue;
            };
            assert!(!text.contains(is_hostile), "{text}");
        }
    }
}

#[test]
fn only_secrets_are_masked_in_real_trees() {
    let mut count = 0;
    for (name, tree) in super::laws::every_tree() {
        let (changes, _) = diff::trees(&FileTree::new(), &tree);
        for change in changes {
            count += 1;
            let is_secret = matches!(&change.subject, diff::Subject::Object { kind, .. } if kind == "Secret");
            let shown = change.shown.after.as_ref().unwrap().to_string();
            assert_eq!(shown.contains("***"), is_secret, "{name}: {shown}");
        }
    }
    assert!(count > 100);
}

#[test]
fn comments_are_read_too() {
    let tree = |text: &str| {
        let mut tree = FileTree::new();
        tree.insert("postgres/values.yaml", text).unwrap();
        tree
    };
    let old = "# password: hunter2\na: 1 # token=hunter2\ntls:\n  certificatesSecret: name\n# postgres://u:hunter2@h\n";
    let new = "# -----BEGIN PRIVATE KEY-----\n# hunter2\n# -----END PRIVATE KEY-----\na: 2\n";
    for (before, after, is_named) in [("", old, true), (old, new, true), ("", new, false)] {
        let said = format!("{:?}", diff::unified(&tree(before), &tree(after)));
        assert!(is_clean(&said) && said.contains("certificatesSecret: name") == is_named, "{said}");
    }
}
