//! The program with `--format` and `--output`.

#[path = "../bad_input/repository.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared between tests")]
mod repository;

use std::{fs, os::unix::fs::symlink, process::Command};

use serde_json::Value;

use self::repository::{Repository, Run, STAGING};
use super::reader;

const FORMATS: [&str; 7] = ["text", "json", "sarif", "junit", "github", "gitlab", "markdown"];
const OPEN: &str = "    values: {primary: {service: {type: LoadBalancer}}}\n";

/// A repository with one finding, that in the values of a service.
fn open() -> Repository {
    let repository = Repository::new();
    let staging = repository.read(STAGING);
    let at = staging.find("  postgres:\n").unwrap() + "  postgres:\n".len();
    repository.write(STAGING, format!("{}{OPEN}{}", &staging[..at], &staging[at..]));
    repository
}

#[test]
fn every_command_that_finds_takes_every_format() {
    let repository = open();
    repository.write("k8s/service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {typ: x}\n");
    let commands: [&[&str]; 4] = [&["build", "staging"], &["check", "staging"], &["lint", "k8s"], &["secret", "check"]];
    for command in commands {
        for format in FORMATS {
            let run = repository.gen_(&[command, &["--format", format]].concat());
            assert!(run.code < 2 && run.stderr.is_empty(), "{command:?} {format}: {}{}", run.stdout, run.stderr);
            match format {
                "json" | "sarif" | "gitlab" => drop(serde_json::from_str::<Value>(&run.stdout).unwrap()),
                "junit" => drop(reader::xml(&run.stdout)),
                "github" => drop(reader::commands(&run.stdout)),
                _ => {}
            }
        }
    }
}

#[test]
fn several_outputs_at_once_each_whole() {
    let repository = open();
    repository.write("old.xml", "<old/>");
    fs::create_dir(repository.path("reports")).unwrap();
    symlink("reports/real.json", repository.path("link.json")).unwrap();
    repository.write("reports/real.json", "x");
    let outputs = ["--output", "sarif=reports/gen.sarif", "--output", "junit=old.xml", "--output", "json=link.json"];
    let run = repository.gen_(&[&["check", "staging"], &outputs[..]].concat());
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert!(run.stdout.contains("error[public-database]"), "{}", run.stdout);
    let sarif: Value = serde_json::from_str(&repository.read("reports/gen.sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["ruleId"] == "public-database").unwrap();
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], STAGING);
    let generated = &result["relatedLocations"][0]["physicalLocation"];
    assert_eq!(generated["artifactLocation"]["uri"], "gitops/staging/postgres/values.yaml");
    assert!(generated["region"]["startLine"].as_u64().unwrap() > 1);
    let json: Value = serde_json::from_str(&repository.read("reports/real.json")).unwrap();
    let errors = json["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] == "error").count();
    assert_eq!(reader::xml(&repository.read("old.xml")).attributes["failures"], errors.to_string());
    assert!(repository.path("link.json").is_symlink());
    let names = fs::read_dir(repository.path("reports")).unwrap().count();
    assert_eq!(names, 2, "nothing is left beside the reports");
}

#[test]
fn stdout_takes_one_format_and_nothing_else() {
    let repository = Repository::built();
    let run = repository.gen_(&["check", "--output", "github=-"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    let run = repository.gen_(&["check", "--output", "json=-", "--output", "markdown=a.md"]);
    assert_eq!(run.stdout, "{\"version\":1,\"findings\":[]}\n");
    assert!(repository.read("a.md").contains("no findings"));
}

#[test]
fn outputs_that_cannot_be() {
    let repository = Repository::built();
    let refused = |arguments: &[&str], fragment: &str| {
        let run = repository.gen_(&[&["check"], arguments].concat());
        assert_eq!(run.code, 2, "{}", run.stdout);
        assert!(run.stderr.contains(fragment), "{}", run.stderr);
    };
    refused(&["--output", "sarif"], "FORMAT=FILE");
    refused(&["--output", "sarf=a"], "text, json, sarif, junit, github, gitlab, markdown");
    refused(&["--output", "sarif="], "no file");
    refused(&["--output", "sarif=-", "--output", "json=-"], "one format only");
    refused(&["--output", "sarif=a", "--output", "json=a"], "two formats");
    refused(&["--output", "sarif=none/a"], "there is no folder none");
    refused(&["--output", "sarif=environments"], "environments");
}

#[test]
fn what_a_step_has_no_room_for_goes_to_its_summary() {
    let repository = Repository::new();
    let service = |index| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{index}}}\nspec: {{containers: [{{name: a, image: a}}]}}\n"
        )
    };
    repository.write("k8s/pods.yaml", (0..15).map(service).collect::<String>());
    let lint = |page: &str| {
        let mut command = repository.command(&["lint", "k8s", "--format", "github"]);
        command.env("GITHUB_STEP_SUMMARY", page);
        Run::of(command)
    };
    repository.write("summary.md", "before\n");
    let run = lint("summary.md");
    let commands = reader::commands(&run.stdout);
    let all = reader::commands(&lint("").stdout).len();
    let summary = repository.read("summary.md");
    assert!(summary.starts_with("before\n<!-- gen:findings -->"), "{summary}");
    let rest = summary.lines().filter(|line| line.starts_with("- ")).count();
    assert!(all >= 15 && rest > 0);
    assert_eq!(commands.len() + rest, all);
}

#[test]
fn files_count_from_the_top_of_the_git_repository() {
    let repository = Repository::new();
    let top = tempfile::tempdir().unwrap();
    let below = top.path().join("deploy");
    fs::rename(repository.root(), &below).unwrap();
    fs::create_dir(repository.root()).unwrap();
    assert!(Command::new("git").args(["init", "-q"]).current_dir(top.path()).status().unwrap().success());
    let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
    command.args(["check", "staging", "--format", "gitlab"]).current_dir(&below).env_clear();
    let entries: Value = serde_json::from_str(&Run::of(command).stdout).unwrap();
    assert_eq!(entries[0]["location"]["path"], format!("deploy/{STAGING}"));
}

#[test]
fn no_format_shows_a_secret() {
    const CANARY: &str = "cAnArYvalueNumberOne4711xyz";
    let repository = Repository::new();
    let secret = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData:\n  password: {CANARY}\n");
    repository.write("k8s/secret.yaml", &secret);
    repository.write("environments/manifests/secret.yaml", &secret);
    repository.edit(STAGING, "  postgres:\n", "  postgres:\n    manifests: [manifests/secret.yaml]\n");
    let commands: [&[&str]; 3] = [&["lint", "k8s"], &["check", "staging"], &["secret", "check", "k8s"]];
    for command in commands {
        for format in FORMATS {
            let run = repository.gen_(&[command, &["--format", format]].concat());
            assert_eq!(run.code, 1, "{command:?}: {}{}", run.stdout, run.stderr);
            assert!(!format!("{}{}", run.stdout, run.stderr).contains(CANARY), "{command:?} {format}: {}", run.stdout);
        }
    }
}
