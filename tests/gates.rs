//! The gates that people have: pre-commit, GitHub and the readers of reports, with the real tools. The steps of the action run here
//! without a peer, by bash, against a `gh` that only writes down what it is asked.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "gates/action.rs"]
mod action;
#[path = "bad_input/repository.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared between tests")]
mod repository;

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use repository::{Repository, STAGING};
use serde_json::Value;

fn source() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn peers() -> PathBuf {
    env::var_os("GEN_PEERS").map_or_else(|| source().join(".peers"), PathBuf::from)
}

/// A peer, or a loud word that there is none.
fn peer(path: &str) -> Option<PathBuf> {
    let path = peers().join(path);
    if path.exists() {
        return Some(path);
    }
    let line = format!("PASSED OVER: there is no {} (just peers)\n", path.display());
    io::stderr().write_all(line.as_bytes()).unwrap();
    None
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a program, which must succeed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", text(&output));
    text(&output)
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]).args(arguments).current_dir(folder);
    run(&mut command).trim().to_owned()
}

/// A committed repository without a finding, and then one whose service has something of each severity in it.
fn committed() -> Repository {
    let repository = Repository::built();
    git(repository.root(), &["init", "-q", "-b", "main"]);
    git(repository.root(), &["add", "."]);
    git(repository.root(), &["commit", "-q", "-m", "first"]);
    repository
}

fn open(repository: &Repository) {
    let values = "  postgres:\n    values: {primary: {service: {type: LoadBalancer}}}\n";
    repository.edit(STAGING, "  postgres:\n", values);
    repository.write("environments/old.yml", "a: b\n");
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn every_report_is_what_its_standard_says() {
    let repository = committed();
    open(&repository);
    let hostile = "apiVersion: v1\nkind: Service\nmetadata: {name: \"a ]]> <b> & % :: | ` é\"}\nspec: {type: LoadBalancer, ports: [{port: 5432}]}\n";
    repository.write("k8s/a ]]> & %20 ü.yaml", hostile);
    let report = |name: &str, command: &[&str]| {
        let outputs = [format!("sarif={name}.sarif"), format!("junit={name}.xml"), format!("json={name}.json")];
        let outputs = outputs.iter().flat_map(|output| ["--output", output.as_str()]);
        let arguments: Vec<&str> = command.iter().copied().chain(outputs).collect();
        assert!(repository.gen_(&arguments).code < 2);
    };
    report("check", &["check"]);
    report("lint", &["lint", "k8s"]);
    report("clean", &["check", "qa"]);
    for name in ["check", "lint", "clean"] {
        if let Some(multitool) = peer("bin/sarif-multitool") {
            let seen = repository.path("seen.sarif");
            let mut command = Command::new(multitool);
            command.args([
                "validate",
                "--rule-kind",
                "Sarif;Ghas",
                "--level",
                "Error;Warning",
                "--log",
                "ForceOverwrite",
            ]);
            run(command.arg("--output").arg(&seen).arg(repository.path(&format!("{name}.sarif"))));
            let seen: Value = serde_json::from_str(&fs::read_to_string(seen).unwrap()).unwrap();
            let results = seen["runs"][0]["results"].as_array().cloned().unwrap_or_default();
            // SARIF2005 wants the address of a tool that has none.
            let others: Vec<&Value> = results.iter().filter(|result| result["ruleId"] != "SARIF2005").collect();
            assert!(others.is_empty(), "{name}: {others:?}");
        }
        if let (Some(validate), Some(schema)) = (peer("bin/xmlschema-validate"), peer("schemas/junit-10.xsd")) {
            run(Command::new(validate).arg("--schema").arg(schema).arg(repository.path(&format!("{name}.xml"))));
        }
        if let Some(validate) = peer("bin/check-jsonschema") {
            let mut command = Command::new(validate);
            command.arg("--schemafile").arg(source().join("docs/findings.schema.json"));
            run(command.arg(repository.path(&format!("{name}.json"))));
        }
    }
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn a_broken_report_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    if let Some(validate) = peer("bin/check-jsonschema") {
        let broken = file("a.json", "{\"version\":1,\"findings\":[{\"rule\":\"Not A Slug\"}]}");
        let mut command = Command::new(validate);
        command.arg("--schemafile").arg(source().join("docs/findings.schema.json")).arg(broken);
        assert!(!command.output().unwrap().status.success());
    }
    if let (Some(validate), Some(schema)) = (peer("bin/xmlschema-validate"), peer("schemas/junit-10.xsd")) {
        let broken = file("a.xml", "<testsuites><testcase/></testsuites>");
        assert!(!Command::new(validate).arg("--schema").arg(schema).arg(broken).output().unwrap().status.success());
    }
    if let Some(multitool) = peer("bin/sarif-multitool") {
        let broken = file("a.sarif", "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{}}]}");
        let output = Command::new(multitool).arg("validate").arg(broken).output().unwrap();
        assert!(text(&output).contains("error"), "{}", text(&output));
    }
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn the_action_and_the_workflow_are_what_github_expects() {
    if let Some(actionlint) = peer("bin/actionlint") {
        run(Command::new(actionlint).args(["-no-color", ".github/workflows/check.yml"]).current_dir(source()));
    }
    if let Some(validate) = peer("bin/check-jsonschema") {
        let schema = |schema: &str, file: &str| {
            let mut command = Command::new(&validate);
            run(command.args(["--builtin-schema", schema, file]).current_dir(source()));
        };
        schema("vendor.github-actions", "action.yml");
        schema("vendor.github-workflows", ".github/workflows/check.yml");
    }
}

/// The hooks of this repository as somebody else has them, with the gen of this test in PATH instead of one that is built.
#[test]
#[ignore = "needs peers: just peers test-peers"]
fn pre_commit_asks_gen_before_a_commit() {
    let Some(pre_commit) = peer("bin/pre-commit") else { return };
    run(Command::new(&pre_commit).args(["validate-manifest", ".pre-commit-hooks.yaml"]).current_dir(source()));
    let hooks = tempfile::tempdir().unwrap();
    let hooks_file = fs::read_to_string(source().join(".pre-commit-hooks.yaml")).unwrap();
    fs::write(hooks.path().join(".pre-commit-hooks.yaml"), hooks_file).unwrap();
    git(hooks.path(), &["init", "-q"]);
    git(hooks.path(), &["add", "."]);
    git(hooks.path(), &["commit", "-q", "-m", "hooks"]);
    let revision = git(hooks.path(), &["rev-parse", "HEAD"]);
    let repository = committed();
    let hook = |id: &str| format!("      - {{id: {id}, language: system}}\n");
    let ids: String = ["gen-check", "gen-lint", "gen-secret-check"].map(hook).concat();
    let url = hooks.path().display();
    let config = format!("repos:\n  - repo: {url}\n    rev: {revision}\n    hooks:\n{ids}");
    repository.write(".pre-commit-config.yaml", config);
    let cache = tempfile::tempdir().unwrap();
    let bin = Path::new(env!("CARGO_BIN_EXE_gen")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), env::var("PATH").unwrap());
    let at_work = |command: &mut Command| -> Output {
        command.current_dir(repository.root()).env("PATH", &path).env("PRE_COMMIT_HOME", cache.path());
        command.output().unwrap()
    };
    assert!(at_work(Command::new(&pre_commit).arg("install")).status.success());
    let commit = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-m", "x"]).args(arguments);
        let output = at_work(&mut command);
        (output.status.success(), text(&output))
    };
    git(repository.root(), &["add", "."]);
    let (done, said) = commit(&[]);
    assert!(done, "{said}");
    // Only the input is staged; the tree that belongs to it lies in the work tree.
    repository.edit(STAGING, "storage: 20Gi", "storage: 30Gi");
    assert_eq!(repository.gen_(&["build", "staging"]).code, 0);
    git(repository.root(), &["add", STAGING]);
    let (done, said) = commit(&[]);
    assert!(!done && said.contains("error[stale]") && said.contains("Failed"), "{said}");
    git(repository.root(), &["add", "gitops"]);
    let (done, said) = commit(&[]);
    assert!(done, "{said}");
    repository
        .write("k8s/pod.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: hunter22}\n");
    git(repository.root(), &["add", "k8s"]);
    let (done, said) = commit(&[]);
    assert!(!done && said.contains("plaintext-secret") && !said.contains("hunter22"), "{said}");
}
