//! The command from outside, against what stands on disk.

use std::{fs, path::Path, process::Command};

use gitops_gen::tree::{FileTree, Limits};
use serde_json::Value as Json;

use super::repository::{BASE, QA, Repository, Run, STAGING};

fn document(run: &Run) -> Json {
    assert_eq!(run.stderr, "");
    let document: Json = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["version"], 1);
    document
}

#[test]
fn nothing_differs_after_a_build() {
    let repository = Repository::built();
    let run = repository.gen_(&["diff"]);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "qa, staging: no difference\n", ""));
    let run = repository.gen_(&["diff", "--text", "qa"]);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "qa: no difference\n", ""));
    let run = repository.gen_(&["diff", "--format", "json"]);
    let expected = "{\"version\":1,\"changes\":[],\"findings\":[]}\n";
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, expected, ""));
}

#[test]
fn a_change_of_the_inputs_is_told_with_its_impact() {
    let repository = Repository::built();
    repository.edit(STAGING, "storage: 20Gi", "storage: 30Gi");
    let run = repository.gen_(&["diff", "staging"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let lines: Vec<&str> = run.stdout.lines().collect();
    let expected = [
        "staging",
        "  PersistentVolumeClaim viridial-staging/postgres-data (postgres/persistentvolumeclaim.yaml)",
        "    ~ spec.resources.requests.storage: 20Gi -> 30Gi",
        "  ~ README.md: 1 line added, 1 removed",
        "",
    ];
    assert_eq!(lines[..5], expected);
    assert!(lines[5].starts_with("warning[claim-resize]: "), "{}", run.stdout);
    assert_eq!(lines.last(), Some(&"staging: 2 changes, 0 added, 2 changed, 0 removed"));
    let document = document(&repository.gen_(&["diff", "--format", "json"]));
    let change = &document["changes"][0];
    assert_eq!(change["object"]["kind"], "PersistentVolumeClaim");
    assert_eq!(
        (&change["path"], &change["before"]),
        (&Json::from("spec.resources.requests.storage"), &Json::from("20Gi"))
    );
    assert_eq!(change["file"], "gitops/staging/postgres/persistentvolumeclaim.yaml");
    assert_eq!(document["changes"][1]["what"], "text");
    assert_eq!(document["findings"][0]["rule"], "claim-resize");
}

#[test]
fn what_somebody_edited_is_told() {
    let repository = Repository::built();
    repository.edit("gitops/staging/postgres/values.yaml", "250m", "1");
    repository.edit("gitops/staging/postgres/release.yaml", "# Written by", "# written by");
    let run = repository.gen_(&["diff"]);
    let expected = "staging\n  postgres/values.yaml\n    ~ primary.resources.requests.cpu: 1 -> 250m\n\nstaging: 1 change, 0 \
                    added, 1 changed, 0 removed\nqa: no difference\n";
    assert_eq!((run.code, run.stdout.as_str()), (1, expected), "a comment changes nothing");
    let text = repository.gen_(&["diff", "--text"]).stdout;
    assert!(
        text.contains("-# written by") && text.contains("+# Written by") && text.contains("-      cpu: 1\n"),
        "{text}"
    );
    assert!(
        text.starts_with(
            "--- a/gitops/staging/postgres/release.yaml\n+++ b/gitops/staging/postgres/release.yaml\n@@ -1,4 +1,4 @@\n"
        ),
        "{text}"
    );
}

#[test]
fn a_tree_that_was_never_built_is_new() {
    let repository = Repository::new();
    let run = repository.gen_(&["diff", "staging"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert!(run.stdout.starts_with("staging (new)\n  + "), "{}", run.stdout);
    assert!(
        run.stdout.contains("  + HelmRelease viridial-staging/postgres (postgres/release.yaml)\n"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("  + README.md\n") && !run.stdout.contains("gen.lock"), "{}", run.stdout);
    let text = repository.gen_(&["diff", "staging", "--text"]).stdout;
    assert!(text.contains("--- /dev/null\n+++ b/gitops/staging/README.md\n@@ -0,0 +1,"), "{text}");
    assert!(!repository.path("gitops").exists(), "diff writes nothing");
}

#[test]
fn foreign_files_are_nobodys_change() {
    let repository = Repository::built();
    repository.write("gitops/staging/mine.yaml", "a: b\n");
    repository.write("gitops/staging/postgres/.hidden", "x\n");
    assert_eq!(repository.gen_(&["diff"]).code, 0);
    // Without a lock nothing tells them from gen's own.
    repository.remove("gitops/staging/gen.lock");
    let run = repository.gen_(&["diff", "staging"]);
    assert!(run.code == 1 && run.stdout.starts_with("staging\n  - mine.yaml\n"), "{}", run.stdout);
}

#[test]
fn mistakes_of_the_inputs_are_findings() {
    let repository = Repository::built();
    repository.edit(STAGING, "storage: 20Gi", "storrage: 20Gi");
    let run = repository.gen_(&["diff"]);
    assert!(run.code == 1 && run.stdout.contains("did you mean `storage`?"), "{}", run.stdout);
    let found = repository.gen_(&["diff", "--format", "json"]).findings();
    assert!(found[0].starts_with("environments/staging.yaml:6:5 unknown-key"), "{found:?}");
    repository.edit(BASE, "abstract: true", "abstract: [");
    assert_eq!(repository.gen_(&["diff", "qa"]).code, 1);
}

#[test]
fn an_unresolved_merge_is_text() {
    let repository = Repository::built();
    let values = "gitops/staging/postgres/values.yaml";
    let broken = format!("<<<<<<< ours\n{}", repository.read(values));
    repository.write(values, broken);
    let run = repository.gen_(&["diff", "staging"]);
    assert!(
        run.code == 1 && run.stdout.contains("  ~ postgres/values.yaml: 0 lines added, 1 removed\n"),
        "{}",
        run.stdout
    );
    let text = repository.gen_(&["diff", "staging", "--text"]).stdout;
    assert!(text.contains("\\ no YAML: its lines are not shown"), "{text}");
}

#[test]
fn usage_is_exit_code_2() {
    let repository = Repository::built();
    for (arguments, fragment) in [
        (vec!["diff", "stagin"], "did you mean `staging`?"),
        (vec!["diff", "--text", "--format", "json"], "`--text` is for people"),
        (vec!["diff", "--against"], "--against"),
    ] {
        let run = repository.gen_(&arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""));
        assert!(run.stderr.contains(fragment), "{}", run.stderr);
    }
    fs::remove_dir_all(repository.path("environments")).unwrap();
    assert_eq!(repository.gen_(&["diff"]).code, 2);
}

#[test]
fn a_service_that_goes_is_told_with_what_it_means() {
    let repository = Repository::built();
    repository.edit(QA, "  postgres:\n    storage: 5Gi\n    database: viridial", "  postgres: null");
    let run = repository.gen_(&["diff", "qa"]);
    assert!(
        run.code == 1 && run.stdout.contains("  - HelmRelease viridial-staging/postgres (postgres/release.yaml)\n")
    );
    assert!(
        run.stdout.contains("error[removed-service]") && run.stdout.contains("--remove postgres"),
        "{}",
        run.stdout
    );
}

#[test]
fn the_documented_output_is_real() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, tree) in
        ["environments", "gitops"].map(|part| (part, FileTree::read(root, part, &Limits::default()).unwrap()))
    {
        for (file, bytes) in tree.iter() {
            let place = folder.path().join(file);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, bytes).unwrap();
        }
        assert!(!tree.is_empty(), "{path}");
    }
    fs::copy(root.join("gen.yaml"), folder.path().join("gen.yaml")).unwrap();
    let text = fs::read_to_string(folder.path().join(STAGING)).unwrap();
    let edited = text.replace(
        "storage: 20Gi\n    database: viridial\n",
        "storage: 30Gi\n    database: viridial\n    clients:\n      reports: {app: reports}\n",
    );
    fs::write(folder.path().join(STAGING), edited).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
    command.args(["diff", "staging"]).current_dir(folder.path()).env_clear();
    let run = Run::of(command);
    let documented = include_str!("../../docs/diff.md");
    let documented = documented.split("$ gen diff staging\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(run.stdout, documented);
}
