//! The steps of action.yml, run by bash as a runner would.

use std::{collections::BTreeMap, env, fs, os::unix::fs::PermissionsExt as _, path::PathBuf, process::Command};

use gitops_gen::yaml::{Dialect, FileId, Source, parse};
use serde_json::Value;

use super::{committed, git, open, repository::Repository, source};
use crate::repository::STAGING;

/// A job that uses the action in a repository.
struct Job<'a> {
    repository: &'a Repository,
    runner: tempfile::TempDir,
    /// What expressions give, by their texts.
    context: BTreeMap<String, String>,
}

/// Writes its arguments down, with what files hold that are named `@`, and answers with the comments that there are.
const GH: &str = r#"#!/bin/bash
{
  printf '%s\n' '---'
  for argument in "$@"; do
    case $argument in
      *=@*) printf '%s=' "${argument%%=@*}"; cat "${argument#*=@}"; printf '\n' ;;
      *) printf '%s\n' "$argument" ;;
    esac
  done
} >>"$GH_LOG"
case "$*" in
  *--paginate*) cat "$GH_COMMENTS" ;;
  *code-scanning*) exit "${GH_CODE:-0}" ;;
esac
"#;

impl Job<'_> {
    fn new<'a>(repository: &'a Repository, inputs: &[(&str, &str)]) -> Job<'a> {
        let runner = tempfile::tempdir().unwrap();
        let bin = runner.path().join("bin");
        fs::create_dir(&bin).unwrap();
        fs::write(bin.join("gh"), GH).unwrap();
        fs::set_permissions(bin.join("gh"), fs::Permissions::from_mode(0o755)).unwrap();
        for file in ["summary", "comments", "log"] {
            fs::write(runner.path().join(file), "").unwrap();
        }
        let mut context: BTreeMap<String, String> = action()["inputs"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, input)| (format!("inputs.{name}"), input["default"].as_str().unwrap().to_owned()))
            .collect();
        let own = [
            ("inputs.binary", env!("CARGO_BIN_EXE_gen")),
            ("inputs.token", "token"),
            ("github.event_name", "pull_request"),
            ("github.event.pull_request.number", "7"),
            ("github.event.pull_request.head.repo.fork", ""),
        ];
        let set = own.into_iter().chain(inputs.iter().copied());
        context.extend(set.map(|(name, value)| (name.to_owned(), value.to_owned())));
        context.insert("github.action_path".to_owned(), source().display().to_string());
        Job { repository, runner, context }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.runner.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    /// Runs the steps one after another, up to the first that fails; gives the exit code and all that was printed.
    fn run(&mut self) -> (i32, String) {
        let mut said = String::new();
        for step in action()["runs"]["steps"].as_array().unwrap() {
            if !step.get("if").is_none_or(|condition| self.holds(condition.as_str().unwrap())) {
                continue;
            }
            let output_file = self.file("output");
            fs::write(&output_file, "").unwrap();
            let script = self.file("step.sh");
            fs::write(&script, step["run"].as_str().unwrap()).unwrap();
            let mut command = Command::new("bash");
            // How a runner calls `shell: bash`.
            command.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]).arg(&script);
            command.current_dir(self.repository.root()).env_clear();
            command.env("PATH", format!("{}:{}", self.file("bin").display(), env::var("PATH").unwrap()));
            command.env("RUNNER_TEMP", self.runner.path()).env("HOME", self.runner.path());
            command.env("GITHUB_OUTPUT", &output_file).env("GITHUB_STEP_SUMMARY", self.file("summary"));
            command.env("GITHUB_REPOSITORY", "owner/name").env("GITHUB_REF", "refs/pull/7/merge");
            command.env("GITHUB_SHA", git(self.repository.root(), &["rev-parse", "HEAD"]));
            command.env("GH_LOG", self.file("log")).env("GH_COMMENTS", self.file("comments"));
            for (name, value) in step["env"].as_object().unwrap() {
                command.env(name, self.filled(value.as_str().unwrap()));
            }
            if let Some(code) = self.context.get("gh.code") {
                command.env("GH_CODE", code);
            }
            let output = command.output().unwrap();
            said.push_str(&super::text(&output));
            if !output.status.success() {
                return (output.status.code().unwrap(), said);
            }
            if let Some(id) = step.get("id").and_then(Value::as_str) {
                let outputs = fs::read_to_string(output_file).unwrap();
                let pairs = outputs.lines().map(|line| line.split_once('=').unwrap());
                self.context.extend(pairs.map(|(key, value)| (format!("steps.{id}.outputs.{key}"), value.to_owned())));
            }
        }
        (0, said)
    }

    /// A text with its one expression.
    fn filled(&self, text: &str) -> String {
        match text.strip_prefix("${{ ").and_then(|text| text.strip_suffix(" }}")) {
            Some(name) => self.context.get(name).cloned().unwrap_or_default(),
            None => text.to_owned(),
        }
    }

    /// A condition of `||`, `&&`, `!`, `==` and `!=`.
    fn holds(&self, condition: &str) -> bool {
        let value = |name: &str| self.context.get(name).cloned().unwrap_or_default();
        let quoted = |text: &str| text.strip_prefix('\'').unwrap().strip_suffix('\'').unwrap().to_owned();
        let one = |part: &str| match (part.split_once(" == "), part.split_once(" != "), part.strip_prefix('!')) {
            (Some((name, wanted)), _, _) => value(name) == quoted(wanted),
            (_, Some((name, other)), _) => value(name) != quoted(other),
            (_, _, Some(name)) => value(name).is_empty(),
            _ => panic!("{part}"),
        };
        condition.split(" || ").any(|all| all.split(" && ").all(one))
    }
}

fn action() -> Value {
    let bytes = fs::read(source().join("action.yml")).unwrap();
    parse(Source { id: FileId(0), name: "action.yml", bytes: &bytes }, Dialect::Manifest).unwrap().remove(0).to_json()
}

/// A merge of a pull request that opens the database, as GitHub checks it out.
fn pull_request() -> Repository {
    let repository = committed();
    let root = repository.root();
    git(root, &["checkout", "-q", "-b", "change"]);
    repository.edit(STAGING, "storage: 20Gi", "storage: 30Gi");
    assert_eq!(repository.gen_(&["build", "--all"]).code, 0);
    open(&repository);
    git(root, &["add", "."]);
    git(root, &["commit", "-q", "-m", "change"]);
    git(root, &["checkout", "-q", "main"]);
    git(root, &["merge", "-q", "--no-ff", "-m", "merge", "change"]);
    repository
}

#[test]
fn a_pull_request_is_annotated_scanned_and_commented() {
    let repository = pull_request();
    let mut job = Job::new(&repository, &[]);
    let (code, said) = job.run();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("::error file=environments/staging.yaml,line="), "{said}");
    assert!(said.contains("title=public-database::"), "{said}");
    let log = job.read("log");
    let calls: Vec<&str> = log.split("---\n").filter(|call| !call.is_empty()).collect();
    let [scan, list, comment] = calls[..] else { panic!("{log}") };
    assert!(scan.contains("repos/owner/name/code-scanning/sarifs\n") && scan.contains("ref=refs/pull/7/merge\n"));
    let sarif = scan.lines().find_map(|line| line.strip_prefix("sarif=")).unwrap();
    let packed = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, sarif).unwrap();
    fs::write(job.file("packed.gz"), packed).unwrap();
    let unpacked = super::run(Command::new("gunzip").arg("-c").arg(job.file("packed.gz")));
    let sarif: Value = serde_json::from_str(&unpacked).unwrap();
    assert!(unpacked.contains("public-database") && sarif["version"] == "2.1.0");
    assert!(list.contains("repos/owner/name/issues/7/comments\n"));
    assert!(comment.contains("POST\nrepos/owner/name/issues/7/comments\n"), "{comment}");
    assert!(comment.contains("body=<!-- gen:findings -->\n### gen: 1 error"), "{comment}");
    assert!(comment.contains("(`public-database`)"), "{comment}");
    assert!(job.read("summary").contains("public-database"));
    assert_eq!(git(repository.root(), &["worktree", "list"]).lines().count(), 1, "nothing is left behind");
}

#[test]
fn a_comment_is_written_over_and_known_findings_are_left_out() {
    let repository = pull_request();
    let root = repository.root();
    git(root, &["checkout", "-q", "-b", "second"]);
    repository.edit("environments/qa.yaml", "storage: 5Gi", "storage: 6Gi");
    assert!(repository.gen_(&["build", "qa"]).code < 2);
    git(root, &["commit", "-q", "-am", "second"]);
    git(root, &["checkout", "-q", "main"]);
    git(root, &["merge", "-q", "--no-ff", "-m", "merge", "second"]);
    let mut job = Job::new(&repository, &[("inputs.environments", "qa"), ("inputs.sarif", "false")]);
    fs::write(job.file("comments"), "41\n42\n").unwrap();
    let (code, said) = job.run();
    assert_eq!(code, 0, "{said}");
    let log = job.read("log");
    assert!(log.contains("PATCH\nrepos/owner/name/issues/comments/41\n"), "{log}");
    assert!(!log.contains("code-scanning") && !log.contains("public-database"), "{log}");
    assert!(log.contains("What changes in the cluster") && log.contains("5Gi -> 6Gi"), "{log}");
}

#[test]
fn a_fork_has_no_token_and_gets_the_summary() {
    let repository = pull_request();
    let mut job = Job::new(&repository, &[("github.event.pull_request.head.repo.fork", "true")]);
    let (code, said) = job.run();
    assert_eq!((code, job.read("log").as_str()), (1, ""), "{said}");
    assert!(job.read("summary").contains("public-database"));
}

#[test]
fn a_push_is_checked_and_commented_nowhere() {
    let repository = committed();
    let mut job = Job::new(&repository, &[("github.event_name", "push"), ("gh.code", "1")]);
    let (code, said) = job.run();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("::warning title=gen::code scanning took no SARIF"), "{said}");
    assert!(!job.read("log").contains("comments"));
    // What is no answer fails at once.
    let mut job = Job::new(&repository, &[("inputs.environments", "nope"), ("github.event_name", "push")]);
    let (code, said) = job.run();
    assert!(code == 2 && said.contains("there is no environment `nope`"), "{said}");
    let mut job = Job::new(&repository, &[("inputs.environments", "$(touch hacked) ;touch hacked")]);
    assert_eq!(job.run().0, 2);
    assert!(!repository.path("hacked").exists());
}
