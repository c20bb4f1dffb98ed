//! Against what was committed, in real Git repositories.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use super::repository::{Repository, Run, STAGING};

const VALUES: &str = "gitops/staging/postgres/values.yaml";

/// Runs git in `folder`, as somebody without any settings.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=x", "-c", "user.email=x@example.com"]).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--allow-empty", "-m", message]);
}

/// Runs the program where it finds git.
fn diff(root: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
    command.arg("diff").args(arguments).current_dir(root).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    Run::of(command)
}

/// A repository whose trees are committed.
fn committed() -> Repository {
    let repository = Repository::built();
    git(repository.root(), &["init", "--quiet", "--initial-branch=main"]);
    commit(repository.root(), "one");
    repository
}

fn trouble(run: &Run, fragments: &[&str]) {
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    for fragment in fragments {
        assert!(run.stderr.contains(fragment), "{fragment}: {}", run.stderr);
    }
}

fn same(run: &Run) {
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    assert!(run.stdout.ends_with("no difference\n"), "{}", run.stdout);
}

#[test]
fn the_committed_tree_is_compared_and_not_the_one_on_disk() {
    let repository = committed();
    let root = repository.root();
    same(&diff(root, &["--against", "HEAD"]));
    repository.edit(STAGING, "storage: 20Gi", "storage: 30Gi");
    assert_eq!(repository.gen_(&["build", "staging"]).code, 0);
    same(&diff(root, &[]));
    let run = diff(root, &["--against", "HEAD"]);
    let expected = "staging\n  PersistentVolumeClaim viridial-staging/postgres-data (postgres/persistentvolumeclaim.yaml)\n    \
                    ~ spec.resources.requests.storage: 20Gi -> 30Gi\n  ~ README.md: 1 line added, 1 removed\n";
    assert!(run.code == 1 && run.stdout.starts_with(expected), "{}", run.stdout);
    assert!(run.stdout.contains("warning[claim-resize]"), "the same checks as with the disk: {}", run.stdout);
    assert!(
        run.stdout.ends_with("staging: 2 changes, 0 added, 2 changed, 0 removed\nqa: no difference\n"),
        "{}",
        run.stdout
    );
    same(&diff(root, &["qa", "--against", "main"]));
    commit(root, "two");
    same(&diff(root, &["--against", "main"]));
    for revision in ["HEAD~1", "main^", &git(root, &["rev-parse", "HEAD~1"])] {
        assert_eq!(diff(root, &["--against", revision]).stdout, run.stdout, "{revision}");
    }
    git(root, &["tag", "-a", "-m", "x", "v1", "HEAD~1"]);
    assert_eq!(diff(root, &["--against", "v1"]).stdout, run.stdout);
    let text = diff(root, &["--against", "v1", "--text"]);
    assert!(text.stdout.contains("\n-      storage: 20Gi\n+      storage: 30Gi\n"), "{}", text.stdout);
}

#[test]
fn environments_come_and_go() {
    let repository = committed();
    let root = repository.root();
    fs::rename(repository.path("environments/qa.yaml"), repository.path("environments/test.yaml")).unwrap();
    fs::rename(repository.path("environments/qa"), repository.path("environments/test")).unwrap();
    let run = diff(root, &["--against", "HEAD"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    for fragment in
        ["\ntest (new)\n  + ", "qa (gone: there is no such environment any more)\n  - ", "staging: no difference"]
    {
        assert!(format!("\n{}", run.stdout).contains(fragment), "{fragment}: {}", run.stdout);
    }
    let named = diff(root, &["qa", "--against", "HEAD"]);
    assert!(named.code == 1 && named.stdout.starts_with("qa (gone"), "{}", named.stdout);
    trouble(&diff(root, &["qa"]), &["there is no environment `qa`"]);
    let first = git(root, &["rev-parse", "HEAD"]);
    git(root, &["rm", "-r", "--quiet", "--cached", "gitops"]);
    git(root, &["commit", "--quiet", "-m", "no trees"]);
    let run = diff(root, &["staging", "--against", "HEAD"]);
    assert!(run.code == 1 && run.stdout.starts_with("staging (new)\n"), "{}", run.stdout);
    same(&diff(root, &["staging", "--against", &first]));
}

#[test]
fn a_revision_that_does_not_exist_is_named() {
    let repository = committed();
    let root = repository.root();
    git(root, &["branch", "release-1"]);
    git(root, &["update-ref", "refs/remotes/origin/develop", "HEAD"]);
    trouble(&diff(root, &["--against", "relaese-1"]), &["there is no commit `relaese-1`", "did you mean `release-1`?"]);
    trouble(&diff(root, &["--against", "develop"]), &["did you mean `origin/develop`?"]);
    trouble(&diff(root, &["--against", "HAED"]), &["did you mean `HEAD`?"]);
    for revision in
        ["", "HEAD:gitops", "0123456789012345678901234567890123456789", "a b", "HEAD HEAD", "x\u{1b}[31m", "HEAD~99"]
    {
        trouble(&diff(root, &["--against", revision]), &["there is no commit"]);
    }
    let run = diff(root, &["--against", "x\u{1b}[31m"]);
    assert!(!run.stderr.contains('\u{1b}'), "{}", run.stderr);
}

#[test]
fn a_revision_is_never_an_option() {
    let repository = committed();
    let root = repository.root();
    let before = git(root, &["status", "--porcelain"]);
    for revision in ["--git-dir", "-q", "--all", "--help", "--output=owned", "--upload-pack=touch owned"] {
        trouble(&diff(root, &[&format!("--against={revision}")]), &[&format!("there is no commit `{revision}`")]);
    }
    assert_eq!(git(root, &["status", "--porcelain"]), before);
    assert!(!repository.path("owned").exists());
}

#[test]
fn a_shallow_clone_says_so() {
    let repository = committed();
    commit(repository.root(), "two");
    let clones = tempfile::tempdir().unwrap();
    let clone = clones.path().join("clone");
    let source = format!("file://{}", repository.root().display());
    git(clones.path(), &["clone", "--quiet", "--depth", "1", &source, "clone"]);
    same(&diff(&clone, &["--against", "HEAD"]));
    for revision in ["HEAD~1", "v1.0"] {
        let fragments = ["shallow clone", "`fetch-depth: 0`", "actions/checkout", "`git fetch --unshallow`", revision];
        trouble(&diff(&clone, &["--against", revision]), &fragments);
    }
}

#[test]
fn a_repository_and_git_are_needed() {
    let repository = Repository::built();
    let mut command = repository.command(&["diff", "--against", "HEAD"]);
    command
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("GIT_CEILING_DIRECTORIES", repository.root().parent().unwrap());
    trouble(&Run::of(command), &["no Git repository", "not a git repository"]);
    let empty = tempfile::tempdir().unwrap();
    let mut command = repository.command(&["diff", "--against", "HEAD"]);
    command.env("PATH", empty.path());
    trouble(&Run::of(command), &["no program `git`"]);
    git(repository.root(), &["init", "--quiet"]);
    trouble(&diff(repository.root(), &["--against", "HEAD"]), &["there is no commit `HEAD`"]);
}

#[test]
fn git_dir_is_honoured() {
    let repository = committed();
    let moved = tempfile::tempdir().unwrap();
    fs::rename(repository.path(".git"), moved.path().join("store")).unwrap();
    let mut command = repository.command(&["diff", "--against", "HEAD"]);
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("GIT_DIR", moved.path().join("store"));
    same(&Run::of(command));
}

#[test]
fn the_root_may_be_a_folder_of_a_repository() {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("deep/er");
    fs::create_dir_all(&inner).unwrap();
    let repository = Repository::built();
    for folder in ["gen.yaml", "environments", "gitops"] {
        fs::rename(repository.path(folder), inner.join(folder)).unwrap();
    }
    git(outer.path(), &["init", "--quiet"]);
    commit(outer.path(), "one");
    same(&diff(&inner, &["--against", "HEAD"]));
    let text = fs::read_to_string(inner.join(STAGING)).unwrap();
    fs::write(inner.join(STAGING), text.replace("20Gi", "30Gi")).unwrap();
    let run = diff(&inner.join("environments"), &["--against", "HEAD", "staging"]);
    assert!(run.code == 1 && run.stdout.contains("20Gi -> 30Gi"), "{}", run.stdout);
}

#[test]
fn a_tree_that_is_not_of_gen_is_refused() {
    let repository = committed();
    let root = repository.root();
    git(root, &["rm", "--quiet", "--cached", "gitops/staging/gen.lock"]);
    git(root, &["commit", "--quiet", "-m", "no lock"]);
    let fragments = ["gitops/staging at `HEAD`", "not written by gen", "gen.lock"];
    trouble(&diff(root, &["--against", "HEAD"]), &fragments);
    same(&diff(root, &["qa", "--against", "HEAD"]));
    repository.write("gitops/staging/gen.lock", "nonsense\n");
    commit(root, "another lock");
    trouble(&diff(root, &["--against", "HEAD"]), &["gen.lock of gitops/staging at `HEAD`"]);
}

#[test]
fn links_submodules_and_foreign_files_are_passed_over() {
    let repository = committed();
    let root = repository.root();
    symlink("/etc/passwd", repository.path("gitops/staging/link.yaml")).unwrap();
    repository.write("gitops/staging/mine.yaml", "a: b\n");
    repository.write("gitops/staging/huge.bin", vec![0; 5 << 20]);
    repository.write("gitops/notes.txt", "mine\n");
    let head = git(root, &["rev-parse", "HEAD"]);
    git(root, &["update-index", "--add", "--cacheinfo", &format!("160000,{head},gitops/staging/sub")]);
    git(
        root,
        &[
            "add",
            "--all",
            "gitops/staging/link.yaml",
            "gitops/staging/mine.yaml",
            "gitops/staging/huge.bin",
            "gitops/notes.txt",
        ],
    );
    git(root, &["commit", "--quiet", "-m", "odd things"]);
    same(&diff(root, &["--against", "HEAD"]));
    same(&diff(root, &[]));
    // A link in the place of a file of gen's is no such file.
    repository.remove(VALUES);
    symlink("/etc/passwd", repository.path(VALUES)).unwrap();
    git(root, &["add", VALUES]);
    git(root, &["commit", "--quiet", "-m", "a link"]);
    let run = diff(root, &["--against", "HEAD"]);
    assert!(run.code == 1 && run.stdout.contains("  + postgres/values.yaml\n"), "{}", run.stdout);
    trouble(&diff(root, &[]), &["values.yaml", "leads out of the repository"]);
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let repository = committed();
    repository.write(VALUES, format!("# {}\n", "x".repeat(5 << 20)));
    commit(repository.root(), "large");
    trouble(&diff(repository.root(), &["--against", "HEAD"]), &["postgres/values.yaml", "larger than"]);
}

#[test]
fn names_with_odd_letters_are_read() {
    let repository = committed();
    let name = "gitops/staging/ä b\"c.yaml";
    repository.write(name, "a: b\n");
    let lock = repository.read("gitops/staging/gen.lock");
    repository.write("gitops/staging/gen.lock", format!("{lock}{}  ä b\"c.yaml\n", "0".repeat(64)));
    commit(repository.root(), "odd");
    let run = diff(repository.root(), &["--against", "HEAD"]);
    assert!(run.code == 1 && run.stdout.contains("  - ä b\"c.yaml\n"), "{}{}", run.stdout, run.stderr);
}

/// Runs another command where it finds git.
fn gen_(root: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
    command.args(arguments).current_dir(root).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    Run::of(command)
}

#[test]
fn check_judges_the_way_from_a_revision() {
    let repository = committed();
    let root = repository.root();
    let check = ["check", "--against", "HEAD", "--format", "json"];
    let run = gen_(root, &check);
    assert_eq!((run.code, run.findings()), (0, Vec::new()));
    repository.edit(STAGING, "storage: 20Gi", "storage: 10Gi");
    let built = repository.gen_(&["build", "staging"]);
    assert!(built.code == 0 && built.stdout.contains("warning[claim-shrunk]"), "a proposal: {}", built.stdout);
    let run = gen_(root, &check);
    let found = run.findings();
    assert!(run.code == 1 && found.len() == 1, "{found:?}");
    assert!(found[0].starts_with("environments/staging.yaml:6:14 claim-shrunk: ") && found[0].contains("README.md"));
    assert_eq!(gen_(root, &["check", "qa", "--against", "HEAD"]).code, 0);
    assert_eq!(gen_(root, &["check"]).code, 0, "nothing is wrong with the tree as such");
    let ignore = "policy:\n  ignore:\n    - {rule: claim-shrunk, path: services.postgres, reason: the data is 2Gi}\n";
    repository.write(STAGING, repository.read(STAGING) + ignore);
    assert_eq!(gen_(root, &check).findings(), Vec::<String>::new());
    assert_eq!(gen_(root, &["check", "--format", "json"]).findings(), Vec::<String>::new(), "it waits for its change");
}

#[test]
fn an_exception_does_not_hide_what_it_opens() {
    let repository = committed();
    let root = repository.root();
    let open = "    values:\n      primary:\n        service: {type: NodePort}\npolicy:\n  ignore:\n    - {rule: public-database, reason: a test}\n";
    repository.write(STAGING, repository.read(STAGING) + open);
    assert_eq!(repository.gen_(&["build", "staging"]).code, 0);
    assert_eq!(gen_(root, &["check"]).code, 0);
    let found = gen_(root, &["check", "--against", "HEAD", "--format", "json"]).findings();
    let told: Vec<&String> = found.iter().filter(|line| line.contains(" security-regression: ")).collect();
    assert!(told.len() == 1 && told[0].contains("new here, and public-database says"), "{found:?}");
    repository.edit(STAGING, "public-database, reason", "security-regression, reason");
    let found = gen_(root, &["check", "--against", "HEAD", "--format", "json"]).findings();
    let has = |rule: &str| found.iter().filter(|line| line.contains(rule)).count();
    assert_eq!((has(" public-database:"), has(" locked-rule:"), has(" security-regression:")), (1, 1, 0), "{found:?}");
}

#[test]
fn check_tells_what_is_gone_since() {
    let repository = committed();
    let root = repository.root();
    fs::remove_file(repository.path("environments/qa.yaml")).unwrap();
    fs::remove_dir_all(repository.path("environments/qa")).unwrap();
    fs::remove_dir_all(repository.path("gitops/qa")).unwrap();
    assert_eq!(gen_(root, &["check"]).code, 0);
    let run = gen_(root, &["check", "--against", "HEAD", "--format", "json"]);
    let found = run.findings();
    assert!(run.code == 1 && found.len() == 1, "{found:?}");
    assert!(
        found[0].starts_with("environments/qa.yaml:1:1 destructive-removal: the environment `qa` is gone"),
        "{found:?}"
    );
}

#[test]
fn lint_judges_hand_written_trees_too() {
    let repository = Repository::new();
    let root = repository.root();
    git(root, &["init", "--quiet", "--initial-branch=main"]);
    let claim = |size: &str| {
        format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data, namespace: shop}}\nspec:\n  accessModes: \
             [ReadWriteOncePod]\n  storageClassName: fast\n  resources: {{requests: {{storage: {size}}}}}\n"
        )
    };
    repository.write("apps/data.yaml", claim("20Gi"));
    commit(root, "one");
    repository.write("apps/data.yaml", claim("10Gi"));
    for (folder, path) in [("", "apps"), ("", "apps/data.yaml"), ("apps", "."), ("environments", "../apps")] {
        let run = gen_(&root.join(folder), &["lint", "--against", "main", path, "--format", "json"]);
        let found = run.findings();
        assert!(
            run.code == 1 && found.iter().any(|line| line.contains("data.yaml:7:35 claim-shrunk: ")),
            "{path}: {found:?}"
        );
        assert_eq!(gen_(&root.join(folder), &["lint", path]).code, 0);
    }
    fs::remove_file(repository.path("apps/data.yaml")).unwrap();
    repository.write("apps/rest.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: rest, namespace: shop}\n");
    let found = gen_(root, &["lint", "--against", "main", "apps", "--format", "json"]).findings();
    assert!(found.iter().any(|line| line.starts_with("apps/data.yaml:1:1 destructive-removal: ")), "{found:?}");
    trouble(
        &gen_(root, &["lint", "--against", "mian", "apps"]),
        &["there is no commit `mian`", "did you mean `main`?"],
    );
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("a.yaml"), claim("1Gi")).unwrap();
    let path = outside.path().display().to_string();
    trouble(&gen_(root, &["lint", "--against", "main", &path]), &["outside"]);
    trouble(&gen_(outside.path(), &["lint", "--against", "main", "."]), &["no Git repository"]);
}
