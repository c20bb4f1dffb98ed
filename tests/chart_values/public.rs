//! Overrides as public repositories have them: what is right in them passes, what is wrong in them is found.

use std::{fs, path::Path};

use gitops_gen::{
    api::Versions,
    chart::{find, recognise},
    yaml::{Dialect, FileId, Source, parse},
};
use serde_json::{Value as Json, json};

pub(crate) fn read(name: &str, text: &str) -> Json {
    let source = Source { id: FileId(0), name, bytes: text.as_bytes() };
    let mut documents = parse(source, Dialect::Manifest).unwrap_or_else(|findings| panic!("{name}: {findings:?}"));
    documents.remove(0).to_json()
}

fn files() -> Vec<(String, Json)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chart_values/public");
    let mut files: Vec<(String, Json)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let values = read(&name, &fs::read_to_string(&path).unwrap());
            (name, values)
        })
        .collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

#[test]
fn forty_realistic_overrides_pass() {
    let files = files();
    assert!(files.len() >= 40, "{}", files.len());
    for (name, values) in &files {
        assert_eq!(find("postgresql", "17.0.2").unwrap().mistakes(values, Versions::new(None, None)), [], "{name}");
    }
}

/// What those repositories, and others that were looked at, set and the chart never read.
#[test]
fn mistakes_of_public_repositories_are_found() {
    for (values, path, help) in [
        (json!({"service": {"type": "LoadBalancer"}}), "service", "`primary.service.type`"),
        (json!({"primary": {"podDisruptionBudget": {"enabled": true}}}), "primary.podDisruptionBudget", ""),
        (json!({"auth": {"passowrd": "x"}}), "auth.passowrd", "`auth.password`"),
        (json!({"pgHbaConfiguration": "x"}), "pgHbaConfiguration", "`primary.pgHbaConfiguration`"),
        (json!({"primary": {"pgHBAConfiguration": "x"}}), "primary.pgHBAConfiguration", "`primary.pgHbaConfiguration`"),
        (json!({"resources": {"requests": {"cpu": 1}}}), "resources", "`primary.resources`"),
        (json!({"primary": {"shmVolume": {"enabled": true}}}), "primary.shmVolume", "`shmVolume.enabled`"),
        (json!({"primary": {"extraFlags": ["-c ssl=on"]}}), "primary.extraFlags", ""),
        (json!({"replica": {"replicaCount": 0}}), "replica", "`readReplicas.replicaCount`"),
        (json!({"networkPolicy": {"allowExternal": true}}), "networkPolicy", "`primary.networkPolicy.allowExternal`"),
        (json!({"persistence": {"existingClaim": "a"}}), "persistence", "`primary.persistence.existingClaim`"),
        (json!({"image": {"tag": 17}}), "image.tag", "quote it"),
        (
            json!({"primary": {"service": {"ports": {"postgresql": "5432"}}}}),
            "primary.service.ports.postgresql",
            "leave the quotes out",
        ),
        (json!({"auth": {"postgresPassword": {"valueFrom": {}}}}), "auth.postgresPassword", ""),
        (json!({"pgbouncer": {"enabled": true}}), "pgbouncer", "lists what there is"),
    ] {
        let found = find("postgresql", "17.0.2").unwrap().mistakes(&values, Versions::new(None, None));
        assert_eq!(found.len(), 1, "{values}: {found:?}");
        assert_eq!(found[0].pointer.join("."), path);
        assert!(found[0].help.contains(help), "{values}: {found:?}");
    }
}

#[test]
fn files_of_the_chart_are_recognised() {
    let clear = files().iter().filter(|(_, values)| recognise(values).is_some()).count();
    assert!(clear * 4 >= files().len() * 3, "{clear} of {}", files().len());
    for text in [
        "primary:\n  service:\n    type: LoadBalancer\n",
        "primary:\n  persistance:\n    size: 8Gi\n",
        "auth:\n  existingSecrt: a\nprimary:\n  resources: {}\nmetrics:\n  enabled: true\n",
        "readReplicas:\n  replicaCount: 2\nprimry: {}\narchitecture: replication\nmetrics: {enabled: true}\n",
        "global:\n  postgresql:\n    auth:\n      existingSecret: a\n",
    ] {
        assert_eq!(recognise(&read("values", text)).map(|chart| chart.name), Some("postgresql"), "{text}");
    }
}

#[test]
fn files_of_others_are_not() {
    for (what, text) in [
        ("nothing", "{}"),
        ("a list", "- primary: {}\n"),
        ("a manifest", "apiVersion: v1\nkind: ConfigMap\nprimary: {}\nreadReplicas: {}\n"),
        ("a kustomization without a kind", "resources: [a.yaml]\nimages: [{name: a, newTag: b}]\n"),
        (
            "an application",
            "image: {repository: ghcr.io/a/b, tag: v1}\nservice: {type: ClusterIP, port: 80}\ningress: {enabled: true}\n",
        ),
        (
            "redis",
            "architecture: replication\nauth: {password: a}\nmaster: {persistence: {size: 8Gi}}\nreplica: {replicaCount: 2}\n",
        ),
        ("mysql", "auth: {rootPassword: a, database: b}\nprimary: {persistence: {size: 8Gi}}\n"),
        ("mysql", "image: {repository: bitnamilegacy/mysql}\nprimary: {persistence: {size: 8Gi}}\n"),
        (
            "mysql",
            "architecture: replication\nprimary: {service: {ports: {mysql: 3306}}}\nsecondary: {replicaCount: 2}\n",
        ),
        ("mariadb", "auth: {existingSecret: a}\nprimary: {configuration: a}\nsecondary: {replicaCount: 1}\n"),
        (
            "mongodb",
            "architecture: replicaset\nauth: {rootPassword: a}\npersistence: {size: 8Gi}\nmetrics: {enabled: true}\n",
        ),
        (
            "postgresql-ha",
            "postgresql: {replicaCount: 3, password: a}\npgpool: {replicaCount: 2}\npersistence: {size: 8Gi}\n",
        ),
        (
            "an umbrella chart",
            "replicaCount: 2\nimage: {tag: a}\npostgresql: {auth: {database: a}, primary: {}}\nredis: {}\n",
        ),
        ("a workflow", "name: ci\non: [push]\njobs: {a: {runs-on: ubuntu-latest}}\n"),
        ("compose", "services: {db: {image: \"postgres:17\"}}\nvolumes: {data: {}}\n"),
        ("pre-commit", "repos: [{repo: local, hooks: []}]\n"),
        ("an environment of gen", "extends: base\nservices: {postgres: {values: {primary: {}}}}\n"),
        ("Prometheus", "global: {scrape_interval: 15s}\nscrape_configs: []\n"),
        ("a colour scheme", "primary: \"#ff0000\"\nsecondary: \"#00ff00\"\nbackground: \"#000000\"\n"),
        ("a colour", "primary: \"#ff0000\"\n"),
    ] {
        assert_eq!(recognise(&read("values", text)).map(|chart| chart.name), None, "{what}: {text}");
    }
}
