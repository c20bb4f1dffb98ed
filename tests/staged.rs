//! `gen check --staged`: the index and not the work tree, only what the change touches, in every state that Git knows.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "bad_input/repository.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared between tests")]
mod repository;

use std::{
    env, fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
};

use repository::{BASE, QA, Repository, Run, STAGING};

/// Runs git in `folder`, which must work.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = git_command(folder, arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "git {arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn git_command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"]);
    command.args(arguments).current_dir(folder).env_clear().env("PATH", env::var_os("PATH").unwrap());
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_EDITOR", "true").env("HOME", "/nonexistent");
    command
}

fn check(folder: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
    command.args(["check", "--staged"]).args(arguments).current_dir(folder).env_clear();
    Run::of({
        command.env("PATH", env::var_os("PATH").unwrap());
        command
    })
}

/// The rules that a check finds, each with its file.
fn found(folder: &Path) -> Vec<String> {
    let run = check(folder, &["--format", "json"]);
    let said: Vec<String> = run.findings().iter().map(|line| line.split(": ").next().unwrap().to_owned()).collect();
    assert_eq!(run.code == 1, !said.is_empty(), "{said:?}");
    said.iter()
        .map(|line| line.split(':').next().unwrap().to_owned() + " " + line.rsplit(' ').next().unwrap())
        .collect()
}

/// A repository whose trees are built and committed.
fn committed() -> Repository {
    let repository = Repository::built();
    git(repository.root(), &["init", "-q", "-b", "main"]);
    git(repository.root(), &["add", "."]);
    git(repository.root(), &["commit", "-q", "-m", "first"]);
    repository
}

const SIZE: (&str, &str) = ("storage: 20Gi", "storage: 30Gi");

fn size_of(repository: &Repository) -> &'static str {
    let at = [STAGING, BASE].into_iter().find(|file| repository.read(file).contains("storage: 20Gi"));
    at.expect("the fixture has a size")
}

#[test]
fn nothing_staged_is_nothing_to_say() {
    let repository = committed();
    let run = check(repository.root(), &[]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "nothing that is staged touches an environment\n"));
    repository.write("README.md", "changed");
    git(repository.root(), &["add", "README.md"]);
    assert_eq!(check(repository.root(), &["--format", "github"]).stdout, "");
    // What the work tree holds is nobody's business yet.
    repository.write(STAGING, "nonsense: [");
    assert_eq!(check(repository.root(), &[]).code, 0);
}

#[test]
fn the_index_counts_and_not_the_work_tree() {
    let repository = committed();
    let file = size_of(&repository);
    repository.edit(file, SIZE.0, SIZE.1);
    git(repository.root(), &["add", file]);
    // The work tree has what the commit lacks, and later what it does not have.
    assert_eq!(repository.gen_(&["build", "--all"]).code, 0);
    assert_eq!(repository.gen_(&["check"]).code, 0);
    assert!(found(repository.root()).iter().any(|said| said.ends_with(" stale")));
    let run = check(repository.root(), &[]);
    assert!(run.stdout.contains("git add gitops"), "{}", run.stdout);
    git(repository.root(), &["add", "gitops"]);
    repository.write(file, "nonsense: [");
    assert_eq!(found(repository.root()), Vec::<String>::new());
    assert_eq!(repository.gen_(&["check"]).code, 1);
}

#[test]
fn only_what_a_change_touches_is_checked() {
    let repository = committed();
    let root = repository.root();
    let touched = || {
        let run = check(root, &[]);
        run.stdout.lines().last().unwrap().split(':').next().unwrap().to_owned()
    };
    let stage = |file: &str, text: &str| {
        repository.write(file, text);
        git(root, &["add", "-A"]);
        let said = touched();
        git(root, &["reset", "-q", "--hard"]);
        said
    };
    let more = |file: &str| format!("{}# more\n", repository.read(file));
    assert_eq!(stage(STAGING, &more(STAGING)), "staging");
    assert_eq!(stage(QA, &more(QA)), "qa");
    assert_eq!(stage(BASE, &more(BASE)), "qa, staging");
    assert_eq!(stage("gen.yaml", &more("gen.yaml")), "qa, staging");
    assert_eq!(stage("schemas/notes.md", "note"), "qa, staging");
    assert_eq!(stage("gitops/qa/notes.md", "note"), "qa");
    assert_eq!(stage("schemas/environment.schema.json", "{}"), "nothing that is staged touches an environment");
    assert_eq!(stage("environments/notes.md", "note"), "nothing that is staged touches an environment");
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own, namespace: x}\ndata: {a: b}\n";
    repository.write("environments/manifests/own.yaml", config);
    let services = "  postgres:\n";
    repository.edit(QA, services, &format!("{services}    manifests: [manifests/own.yaml]\n"));
    repository.gen_(&["build", "--all"]);
    git(root, &["add", "-A"]);
    git(root, &["commit", "-q", "-m", "manifest"]);
    assert_eq!(stage("environments/manifests/own.yaml", &format!("{config}# more\n")).split(',').count(), 1);
    repository.remove("environments/manifests/own.yaml");
    git(root, &["add", "-A"]);
    assert!(found(root).iter().any(|said| said.ends_with(" missing-file")), "{:?}", found(root));
}

#[test]
fn the_first_commit() {
    let repository = Repository::built();
    git(repository.root(), &["init", "-q"]);
    let run = check(repository.root(), &[]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "nothing of gen is staged or committed\n"));
    git(repository.root(), &["add", "."]);
    let run = check(repository.root(), &[]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(run.stdout.starts_with("qa, staging: "), "{}", run.stdout);
}

#[test]
fn a_file_that_is_only_meant_to_be_added_is_not_there() {
    let repository = committed();
    repository.write("gitops/qa/postgres/own.yaml", "a: b\n");
    repository.edit(QA, "extends", "# more\nextends");
    git(repository.root(), &["add", QA]);
    git(repository.root(), &["add", "--intent-to-add", "gitops/qa/postgres/own.yaml"]);
    assert_eq!(found(repository.root()), Vec::<String>::new());
    git(repository.root(), &["add", "gitops"]);
    assert!(check(repository.root(), &[]).stdout.contains("foreign-file"));
}

#[test]
fn an_environment_that_goes_and_its_tree_that_stays() {
    let repository = committed();
    git(repository.root(), &["rm", "-q", QA]);
    assert_eq!(found(repository.root()), ["gitops/qa/gen.lock orphaned-tree"]);
    git(repository.root(), &["rm", "-rq", "gitops/qa"]);
    assert_eq!(found(repository.root()), Vec::<String>::new());
}

#[test]
fn a_private_key_and_a_plain_secret_do_not_get_in() {
    let repository = committed();
    let key = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/test-flux.agekey")).unwrap();
    repository.write("gitops/qa/.hidden/key.txt", &key);
    repository.write("environments/qa/secrets/.key", &key);
    git(repository.root(), &["add", "-A", "-f"]);
    let found = found(repository.root());
    let keys = found.iter().filter(|said| said.ends_with(" private-key-committed"));
    assert_eq!(keys.count(), 2, "{found:?}");
    let secret = key.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
    assert!(!check(repository.root(), &["--format", "sarif"]).stdout.contains(secret));
}

#[test]
fn unresolved_merges_are_named() {
    let repository = committed();
    let root = repository.root();
    git(root, &["checkout", "-q", "-b", "other"]);
    repository.edit(STAGING, "extends", "# one\nextends");
    git(root, &["commit", "-q", "-am", "one"]);
    git(root, &["checkout", "-q", "main"]);
    repository.edit(STAGING, "extends", "# two\nextends");
    git(root, &["commit", "-q", "-am", "two"]);
    assert!(!git_command(root, &["merge", "-q", "other"]).output().unwrap().status.success());
    assert_eq!(found(root), [format!("{STAGING} merge-conflict")]);
    repository.write(STAGING, repository.read(QA));
    git(root, &["add", STAGING]);
    assert!(!found(root).iter().any(|said| said.ends_with(" merge-conflict")));
}

#[test]
fn links_in_the_index_lead_as_on_disk() {
    let repository = committed();
    fs::rename(repository.path(QA), repository.path("environments/real.txt")).unwrap();
    symlink("real.txt", repository.path(QA)).unwrap();
    git(repository.root(), &["add", "-A"]);
    let disk = repository.gen_(&["check", "--format", "json"]).findings();
    let staged = check(repository.root(), &["--format", "json"]).findings();
    assert_eq!(staged, disk);
    fs::remove_file(repository.path(QA)).unwrap();
    symlink("../../elsewhere.yaml", repository.path(QA)).unwrap();
    git(repository.root(), &["add", "-A"]);
    assert_eq!(found(repository.root()), [format!("{QA} unreadable-input")]);
}

/// Commits through a hook that asks gen, as every kind of commit calls it, and says whether the commit was made.
struct Hooked {
    top: std::path::PathBuf,
}

impl Hooked {
    fn new(top: &Path, below: &str) -> Hooked {
        let hook = git(top, &["rev-parse", "--git-path", "hooks/pre-commit"]);
        let hook = top.join(hook.trim());
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        let gen_ = env!("CARGO_BIN_EXE_gen");
        fs::write(&hook, format!("#!/bin/sh\nexec {gen_} -C ./{below} check --staged\n")).unwrap();
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        Hooked { top: top.to_path_buf() }
    }

    fn commit(&self, arguments: &[&str]) -> (bool, String) {
        let output = git_command(&self.top, &[&["commit", "-q", "-m", "x"], arguments].concat()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }
}

/// A stale change is refused and a whole one let through, by `git commit`, `-a` and with paths: the last two have an index of
/// their own.
fn commits(top: &Path, below: &str) {
    let hooked = Hooked::new(top, below);
    let root = top.join(below);
    let in_root = |file: &str| format!("{}{file}", if below.is_empty() { String::new() } else { format!("{below}/") });
    let edit = |file: &str, from: &str, to: &str| {
        let text = fs::read_to_string(root.join(file)).unwrap();
        assert!(text.contains(from));
        fs::write(root.join(file), text.replacen(from, to, 1)).unwrap();
    };
    let build = || {
        let output = Command::new(env!("CARGO_BIN_EXE_gen")).args(["build", "--all"]).current_dir(&root).output();
        assert!(output.unwrap().status.success());
    };
    let file = [STAGING, BASE].into_iter().find(|file| fs::read_to_string(root.join(file)).unwrap().contains(SIZE.0));
    let file = file.unwrap();
    edit(file, SIZE.0, SIZE.1);
    let (done, said) = hooked.commit(&["-a"]);
    assert!(!done && said.contains("error[stale]"), "{said}");
    build();
    let (done, said) = hooked.commit(&["--", &in_root(file)]);
    assert!(!done && said.contains("error[stale]"), "{said}");
    let (done, said) = hooked.commit(&["-a"]);
    assert!(done && said.contains("what is staged is exactly"), "{said}");
    edit(file, SIZE.1, "storage: 40Gi");
    git(top, &["add", "-A"]);
    let (done, said) = hooked.commit(&[]);
    assert!(!done && said.contains("error[stale]"), "{said}");
    build();
    git(top, &["add", "-A"]);
    assert!(hooked.commit(&[]).0);
    assert!(hooked.commit(&["--amend"]).0);
}

#[test]
fn commits_of_every_kind_ask_the_right_index() {
    let repository = committed();
    commits(repository.root(), "");
}

#[test]
fn a_repository_of_gen_below_the_top() {
    let repository = committed();
    let root = repository.root();
    fs::create_dir(repository.path("deploy here")).unwrap();
    for name in ["environments", "gitops", "gen.yaml"] {
        git(root, &["mv", name, "deploy here/"]);
    }
    git(root, &["commit", "-q", "-m", "moved"]);
    fs::rename(repository.path("deploy here"), repository.path("deploy")).unwrap();
    git(root, &["add", "-A"]);
    git(root, &["commit", "-q", "-m", "moved"]);
    commits(root, "deploy");
}

#[test]
fn a_linked_worktree_and_a_submodule() {
    let repository = committed();
    let elsewhere = tempfile::tempdir().unwrap();
    let tree = elsewhere.path().join("tree");
    git(repository.root(), &["worktree", "add", "-q", "-b", "tree", tree.to_str().unwrap()]);
    commits(&tree, "");
    let above = elsewhere.path().join("above");
    fs::create_dir(&above).unwrap();
    git(&above, &["init", "-q"]);
    git(&above, &["submodule", "--quiet", "add", "-b", "main", repository.root().to_str().unwrap(), "deploy"]);
    commits(&above.join("deploy"), "");
}

#[test]
fn what_cannot_be_asked() {
    let repository = Repository::built();
    let run = check(repository.root(), &[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("Git repository") || run.stderr.contains("git"), "{}", run.stderr);
    let mut command = repository.command(&["check", "--staged", "staging"]);
    assert_eq!(command.output().unwrap().status.code(), Some(2));
    command = repository.command(&["check", "--staged"]);
    assert_eq!(command.env("PATH", "/nonexistent").output().unwrap().status.code(), Some(2));
}
