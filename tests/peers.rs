//! The committed trees and the golden ones under the real kustomize, kubeconform, helm, dyff and sops.
//!
//! `just peers` builds these into `.peers` (or `GEN_PEERS`). A test whose peer is absent says so and passes. helm renders the
//! stand-in chart of the end-to-end test and, where `GEN_CHART_DIR` names it or `just peers` could fetch it, the real one.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

#[path = "peers/diff.rs"]
mod diff;
#[path = "peers/editor.rs"]
mod editor;
#[path = "peers/pods.rs"]
mod pods;
#[path = "peers/release.rs"]
mod release;
#[path = "peers/schemas.rs"]
mod schemas;
#[path = "peers/values.rs"]
mod values;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn peers() -> PathBuf {
    env::var_os("GEN_PEERS").map_or_else(|| repository().join(".peers"), PathBuf::from)
}

/// Says loudly what was not tested: the harness captures what `eprintln!` says in a test that passes.
fn pass_over(what: &str) {
    let line = format!("PASSED OVER: {what} (just peers builds into {})\n", peers().display());
    io::stderr().write_all(line.as_bytes()).unwrap();
}

fn peer(name: &str) -> Option<PathBuf> {
    let path = peers().join("bin").join(name);
    if !path.exists() {
        pass_over(&format!("there is no {name}"));
        return None;
    }
    Some(path)
}

fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    // A peer that stops reading has said why on its stderr.
    let _ = writer.join().unwrap();
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Every `gitops/<env>` of this repository: the committed ones and those of the golden cases.
fn environments() -> Vec<PathBuf> {
    let golden = children(&repository().join("tests/golden")).into_iter().map(|case| case.join("gitops"));
    let trees = std::iter::once(repository().join("gitops")).chain(golden);
    let found: Vec<PathBuf> = trees.flat_map(|tree| children(&tree)).filter(|path| path.is_dir()).collect();
    assert!(!found.is_empty(), "there is no tree to look at");
    found
}

fn children(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Every folder of every tree that kustomize, or Flux in its stead, is pointed at.
fn folders() -> Vec<PathBuf> {
    let folders = environments().iter().flat_map(|environment| children(environment)).collect::<Vec<_>>();
    folders.into_iter().filter(|folder| folder.join("kustomization.yaml").exists()).collect()
}

fn documents(yaml: &str) -> Vec<Value> {
    serde_saphyr::from_multiple::<Value>(yaml).unwrap().into_iter().filter(|document| !document.is_null()).collect()
}

fn kustomize(binary: &Path, folder: &Path) -> Result<Vec<Value>, String> {
    let output = run(Command::new(binary).arg("build").arg(folder), "");
    if output.status.success() { Ok(documents(&text(&output.stdout))) } else { Err(text(&output.stderr)) }
}

/// Fails with everything that was found, not with the first.
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn name(path: &Path) -> String {
    path.strip_prefix(repository()).unwrap_or(path).display().to_string()
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn kustomize_builds_every_folder() {
    let Some(binary) = peer("kustomize") else { return };
    let mut faults = Vec::new();
    for folder in folders() {
        match kustomize(&binary, &folder) {
            Ok(objects) if objects.is_empty() => faults.push(format!("{}: nothing comes out", name(&folder))),
            Ok(_) => {}
            Err(error) => faults.push(format!("{}: {error}", name(&folder))),
        }
    }
    assert_none(&faults);
}

fn kind_of(object: &Value) -> (String, String) {
    (object["apiVersion"].as_str().unwrap().to_owned(), object["kind"].as_str().unwrap().to_owned())
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn kubeconform_accepts_every_object() {
    let (Some(binary), Some(builder)) = (peer("kubeconform"), peer("kustomize")) else { return };
    if !peers().join("schemas/swagger.json").exists() || !peers().join("crds").exists() {
        pass_over("there are no schemas");
        return;
    }
    let built: Vec<(String, Vec<Value>)> =
        folders().iter().filter_map(|folder| Some((name(folder), kustomize(&builder, folder).ok()?))).collect();
    let typos = [
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "x"},
            "spec": {"serviceName": "x", "selector": {}, "template": {"spec": {"containers": [{"name": "x", "imge": "x"}]}}}}),
        json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "x"},
            "spec": {"interval": "1h", "valuesForm": []}}),
    ];
    let kinds: BTreeSet<(String, String)> =
        built.iter().flat_map(|(_, objects)| objects).chain(&typos).map(kind_of).collect();
    let directory = tempfile::tempdir().unwrap();
    let location = schemas::write(&peers(), &kinds, directory.path());
    let conform = |objects: &[Value]| {
        let stream: String = objects.iter().map(|object| format!("---\n{object}\n")).collect();
        run(Command::new(&binary).args(["-strict", "-verbose", "-schema-location", &location, "-"]), &stream)
    };
    for typo in typos {
        let output = conform(&[typo]);
        let said = text(&output.stdout);
        assert!(!output.status.success() && said.contains("additional propert"), "a typo goes through: {said}");
    }
    let mut faults = Vec::new();
    for (folder, objects) in built {
        let output = conform(&objects);
        if !output.status.success() {
            let said = text(&output.stdout);
            let bad: Vec<&str> = said.lines().filter(|line| !line.ends_with(" is valid")).collect();
            faults.push(format!("{folder}: {}{}", bad.join("\n  "), text(&output.stderr)));
        }
    }
    assert_none(&faults);
}

/// The charts to render: the stand-in always, so that it keeps step, and the real one where there is one.
fn charts() -> Vec<PathBuf> {
    let real = env::var_os("GEN_CHART_DIR").map_or_else(|| peers().join("chart/postgresql"), PathBuf::from);
    let mut charts = vec![repository().join("tests/e2e/chart")];
    if real.join("charts/common").is_dir() {
        charts.push(real);
    } else {
        pass_over("there is no real chart, in GEN_CHART_DIR or at all; only the stand-in is rendered");
    }
    charts
}

/// `helm template` as helm-controller would install what a folder holds.
fn helm(binary: &Path, chart: &Path, folder: &Path, extra: &[&str]) -> Result<Vec<Value>, String> {
    let release = documents(&fs::read_to_string(folder.join("release.yaml")).unwrap()).remove(0);
    let release_name = release["spec"]["releaseName"].as_str().unwrap_or(release["metadata"]["name"].as_str().unwrap());
    let namespace = release["metadata"]["namespace"].as_str().unwrap();
    let mut command = Command::new(binary);
    command.args(["template", release_name]).arg(chart).args(["--namespace", namespace, "--values"]);
    let output = run(command.arg(folder.join("values.yaml")).args(extra), "");
    if output.status.success() { Ok(documents(&text(&output.stdout))) } else { Err(text(&output.stderr)) }
}

/// The folders that hold a Helm release, with their values and what kustomize makes of them.
fn releases(builder: &Path) -> Vec<(PathBuf, Value, Vec<Value>)> {
    let with_release = folders().into_iter().filter(|folder| folder.join("release.yaml").exists());
    with_release
        .map(|folder| {
            let values = documents(&fs::read_to_string(folder.join("values.yaml")).unwrap()).remove(0);
            let own = kustomize(builder, &folder).unwrap_or_default();
            (folder, values, own)
        })
        .collect()
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn helm_renders_private_and_restricted_pods() {
    let (Some(binary), Some(builder)) = (peer("helm"), peer("kustomize")) else { return };
    let releases = releases(&builder);
    assert!(!releases.is_empty(), "no tree holds a release");
    let mut all = String::new();
    for chart in charts() {
        for (folder, values, own) in &releases {
            let found = match helm(&binary, &chart, folder, &[]) {
                Ok(rendered) => release::faults(values, own, &rendered),
                Err(error) => vec![error],
            };
            for fault in found {
                writeln!(all, "{} with {}: {fault}", name(folder), name(&chart)).unwrap();
            }
        }
    }
    assert!(all.is_empty(), "{all}");
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn a_broken_release_is_noticed() {
    let (Some(binary), Some(builder)) = (peer("helm"), peer("kustomize")) else { return };
    let mut releases = releases(&builder).into_iter();
    // Under replication the chart's client Service would have another name.
    let (folder, values, own) = releases.find(|(_, values, _)| values["architecture"] != "replication").unwrap();
    let broken = [
        ("primary.containerSecurityContext.enabled=false", "may escalate its privileges"),
        ("primary.persistence.existingClaim=other", "does not run on the claim"),
        ("primary.networkPolicy.enabled=true", "makes NetworkPolicy/"),
        ("auth.existingSecret=", "makes Secret/"),
        ("primary.service.enabled=true", "and so does the tree"),
        ("image.repository=bitnami/postgresql", "can no longer be pulled"),
    ];
    for chart in charts() {
        for (setting, fault) in broken {
            let rendered = helm(&binary, &chart, &folder, &["--set", setting]).unwrap();
            let found = release::faults(&values, &own, &rendered);
            assert!(found.iter().any(|found| found.contains(fault)), "{setting} goes unnoticed: {found:?}");
        }
    }
}

fn sealed_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for path in children(directory) {
        if path.is_dir() {
            sealed_files(&path, found);
        } else if path.to_string_lossy().ends_with(".sops.yaml") {
            found.push(path);
        }
    }
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn sops_opens_every_sealed_file_with_each_test_key() {
    let Some(binary) = peer("sops") else { return };
    let mut sealed = Vec::new();
    for folder in ["gitops", "environments"] {
        sealed_files(&repository().join(folder), &mut sealed);
    }
    assert!(!sealed.is_empty(), "there is no sealed file");
    let keys = children(&repository().join("tests/keys"));
    let keys: Vec<_> = keys.into_iter().filter(|key| key.extension().is_some_and(|end| end == "agekey")).collect();
    assert_eq!(keys.len(), 2, "one key for each holder: {keys:?}");
    let mut faults = Vec::new();
    for (file, key) in sealed.iter().flat_map(|file| keys.iter().map(move |key| (file, key))) {
        let output = run(Command::new(&binary).arg("decrypt").arg(file).env("SOPS_AGE_KEY_FILE", key), "");
        let opened = text(&output.stdout);
        if !output.status.success() {
            faults.push(format!("{} with {}: {}", name(file), name(key), text(&output.stderr)));
        } else if opened.contains("ENC[") || documents(&opened)[0]["kind"] != "Secret" {
            faults.push(format!("{}: what comes out is no open Secret", name(file)));
        }
    }
    assert_none(&faults);
}

/// The API server judges copies of objects with one mistake each.
#[test]
#[ignore = "needs peers: just peers test-peers"]
fn mistakes_are_judged_as_the_api_server_judges_them() {
    let cluster = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok"];
    if cluster.iter().any(|name| peer(name).is_none()) {
        return;
    }
    if !Command::new("python3").args(["-c", "import yaml"]).output().is_ok_and(|output| output.status.success()) {
        return pass_over("python3 has no PyYAML");
    }
    let script = repository().join("tests/peers/strict.py");
    let output = Command::new("python3").arg(script).arg(env!("CARGO_BIN_EXE_gen")).output().unwrap();
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    println!("{}", text(&output.stdout).lines().last().unwrap_or_default());
}
