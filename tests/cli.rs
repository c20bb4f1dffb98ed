//! The program from outside: exit codes, streams, formats, folders, and what it says about trees that are not as built.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "bad_input/repository.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared between tests")]
mod repository;

use std::{
    fs,
    io::Read,
    os::unix::fs::symlink,
    process::{Command, Stdio},
};

use repository::{BASE, QA, Repository, Run, STAGING};

/// Exit code 2, nothing on stdout, these fragments on stderr.
fn trouble(run: &Run, fragments: &[&str]) {
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    for fragment in fragments {
        assert!(run.stderr.contains(fragment), "{fragment}: {}", run.stderr);
    }
}

/// The findings of `gen check`, each of which starts with its place and rule and holds the fragments behind ` .. `.
fn finds(repository: &Repository, arguments: &[&str], code: i32, expected: &[&str]) {
    let run = repository.gen_(&[arguments, &["--format", "json"]].concat());
    let found = run.findings();
    let is_told = |(expected, found): (&&str, &String)| expected.split(" .. ").all(|fragment| found.contains(fragment));
    let all = found.len() == expected.len() && expected.iter().zip(&found).all(is_told);
    assert!(all, "expected\n  {}\nfound\n  {}", expected.join("\n  "), found.join("\n  "));
    assert_eq!(run.code, code);
}

#[test]
fn usage_and_missing_environments_are_exit_code_2() {
    let repository = Repository::new();
    trouble(&repository.gen_(&["build"]), &["<ENV>"]);
    trouble(&repository.gen_(&[]), &["Usage"]);
    trouble(&repository.gen_(&["build", "--all", "staging"]), &["--all"]);
    trouble(&repository.gen_(&["build", "stagin"]), &["`stagin`", "did you mean `staging`?"]);
    trouble(&repository.gen_(&["build", "nope", "nada"]), &["`nope`", "`nada`", "environments: qa, staging"]);
    trouble(&repository.gen_(&["check", "environments/staging.yaml"]), &["did you mean `staging`?"]);
    trouble(&repository.gen_(&["build", "base"]), &["`base`", "abstract"]);
    trouble(&repository.gen_(&["build", "staging", "--remove", "postgres"]), &["take it out"]);
    trouble(&repository.gen_(&["-C", "nowhere", "check"]), &["nowhere"]);
    repository.write("environments/prod.yml", "extends: base\n");
    trouble(&repository.gen_(&["build", "prod"]), &["rename environments/prod.yml"]);
}

#[test]
fn a_repository_is_needed() {
    let repository = Repository::new();
    repository.remove("gen.yaml");
    trouble(&repository.gen_(&["check"]), &["gen.yaml"]);
    repository.write("gen.yaml", "edition: 1\n");
    fs::remove_dir_all(repository.path("environments")).unwrap();
    trouble(&repository.gen_(&["check"]), &["no folder environments/"]);
    fs::create_dir(repository.path("environments")).unwrap();
    trouble(&repository.gen_(&["check"]), &["no environment"]);
}

#[test]
fn links_lead_nowhere_outside() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "hunter2: [").unwrap();
    for (link, target) in [
        ("environments/x.yaml", outside.path().join("secret")),
        ("environments/gone.yaml", "nowhere".into()),
        ("environments/staging/more", outside.path().into()),
        ("environments/again", ".".into()),
    ] {
        let repository = Repository::new();
        symlink(target, repository.path(link)).unwrap();
        let run = repository.gen_(&["build", "staging", "--format", "json"]);
        let found = run.findings();
        assert!(found.len() == 1 && found[0].contains("unreadable-input"), "{found:?}");
        assert!(run.code == 1 && !run.stdout.contains("hunter2"));
    }
    let repository = Repository::new();
    symlink(outside.path(), repository.path("gitops")).unwrap();
    trouble(&repository.gen_(&["build", "staging"]), &["gitops", "leads out of the repository"]);
    trouble(&repository.gen_(&["check"]), &["gitops", "leads out of the repository"]);
    fs::remove_file(repository.path("gitops")).unwrap();
    symlink("nowhere", repository.path("gitops")).unwrap();
    trouble(&repository.gen_(&["build", "staging"]), &["gitops", "a symbolic link to nothing"]);
    fs::remove_file(repository.path("gitops")).unwrap();
    fs::create_dir(repository.path("gitops")).unwrap();
    symlink(outside.path(), repository.path("gitops/staging")).unwrap();
    trouble(&repository.gen_(&["build", "staging"]), &["gitops/staging", "symbolic link"]);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1, "something was written outside");
}

#[test]
fn hostile_sizes_are_findings() {
    let bomb: String = ('b'..='m')
        .map(|c| {
            let below = char::from(c as u8 - 1);
            let aliases = vec![format!("*{below}"); 9].join(",");
            format!("{c}: &{c} [{aliases}]\n")
        })
        .collect();
    for (text, rule) in [
        (format!("a: &a [x,x,x,x,x,x,x,x,x]\n{bomb}"), "alias-bomb"),
        (format!("services: {}", "[".repeat(100_000)), "deep-nesting"),
        (format!("# {}\n", "x".repeat(2_000_000)), "file-too-large"),
        (format!("# {}\n", "x".repeat(10_000_000)), "unreadable-input"),
    ] {
        let repository = Repository::new();
        repository.write(STAGING, text);
        let run = repository.gen_(&["build", "staging", "--format", "json"]);
        let found = run.findings();
        assert!(run.code == 1 && found.len() == 1 && found[0].contains(rule), "{rule}: {found:?}");
    }
    let repository = Repository::new();
    for index in 0..2000 {
        let text = format!("abstract: true\nextends: l{}\n", index + 1);
        repository.write(&format!("environments/l{index}.yaml"), text);
    }
    repository.edit(BASE, "abstract: true", "abstract: true\nextends: l0");
    let run = repository.gen_(&["build", "staging", "--format", "json"]);
    assert!(run.code == 1 && run.findings()[0].contains("deep-layers"));
}

#[test]
fn editors_leave_files_that_are_no_layers() {
    let repository = Repository::built();
    symlink("me@host.1234", repository.path("environments/.#staging.yaml")).unwrap();
    repository.write("environments/.staging.yaml.swp", "b0VIM");
    repository.write("environments/staging.yaml~", "old");
    repository.write("environments/.hidden.yaml", "extends: base\n");
    finds(&repository, &["check"], 0, &[]);
}

#[test]
fn a_finding_fails_from_the_asked_severity_on() {
    let repository = Repository::built();
    repository.write("gitops/staging/postgres/mine.yaml", "a: b\n");
    repository.write("gitops/staging/notes.txt", "x\n");
    let code = |severity: &str| repository.gen_(&["check", "--fail-on", severity]).code;
    assert_eq!((code("error"), code("warning"), code("note")), (0, 1, 1));
    repository.remove("gitops/staging/postgres/mine.yaml");
    assert_eq!((code("error"), code("warning"), code("note")), (0, 0, 1));
    repository.remove("gitops/staging/notes.txt");
    assert_eq!(code("note"), 0);
}

#[test]
fn json_is_one_document_also_without_findings() {
    let repository = Repository::built();
    for command in ["build", "check"] {
        let run = repository.gen_(&[command, "staging", "--format", "json"]);
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "{\"version\":1,\"findings\":[]}\n", ""));
    }
}

#[test]
fn no_colour_where_there_is_no_terminal() {
    let repository = Repository::new();
    repository.edit(STAGING, "storage", "storrage");
    let plain = repository.gen_(&["build", "staging"]).stdout;
    assert!(plain.contains("did you mean") && !plain.contains('\u{1b}'));
    let mut forced = repository.command(&["build", "staging"]);
    forced.env("NO_COLOR", "1").env("TERM", "xterm-256color").env("CLICOLOR_FORCE", "1");
    assert_eq!(Run::of(forced).stdout, plain);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let repository = Repository::new();
    let mistakes: String = (0..2000).map(|index| format!("unknown-{index}: 1\n")).collect();
    repository.write(STAGING, mistakes);
    let mut child =
        repository.command(&["build", "staging"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut start = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut start).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(&start, b"error[miss");
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(1), String::new()));
}

#[test]
fn the_root_is_found_from_below_and_from_elsewhere() {
    let repository = Repository::built();
    let mut below = repository.command(&["check"]);
    below.current_dir(repository.path("gitops/staging/postgres"));
    assert_eq!(Run::of(below).code, 0);
    let mut elsewhere = Command::new(env!("CARGO_BIN_EXE_gen"));
    elsewhere.arg("-C").arg(repository.root()).args(["check"]).env_clear();
    assert_eq!(Run::of(elsewhere).code, 0);
    let mut from_below = repository.command(&["build", "staging"]);
    from_below.current_dir(repository.path("environments"));
    assert_eq!(Run::of(from_below).stdout, "gitops/staging: up to date, 14 files\n");
}

#[test]
fn out_writes_elsewhere_and_leaves_gitops_alone() {
    let repository = Repository::new();
    let outside = tempfile::tempdir().unwrap();
    let out = outside.path().join("trees").display().to_string();
    let run = repository.gen_(&["build", "--all", "--out", &out]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(!repository.path("gitops").exists());
    assert_eq!(repository.gen_(&["build", "--all"]).code, 0);
    let same = Command::new("diff").arg("-r").arg(repository.path("gitops")).arg(&out).output().unwrap();
    assert!(same.status.success(), "{}", String::from_utf8_lossy(&same.stdout));
}

#[test]
fn a_folder_in_the_way_is_exit_code_2() {
    let repository = Repository::new();
    repository.write("gitops", "a file");
    trouble(&repository.gen_(&["build", "staging"]), &["gitops"]);
    repository.remove("gitops");
    repository.write("gitops/staging", "a file");
    trouble(&repository.gen_(&["build", "staging"]), &["gitops/staging", "it is a file, not a folder"]);
}

#[test]
fn an_edited_layer_names_every_environment_that_it_changes() {
    let repository = Repository::built();
    repository.edit(BASE, "username: viridial", "username: other");
    finds(
        &repository,
        &["check"],
        1,
        &[
            "environments/base.yaml:24:15 stale .. `services.postgres.username` .. gitops/qa .. gen build qa",
            "environments/base.yaml:24:15 stale .. `services.postgres.username` .. gitops/staging .. gen build staging",
        ],
    );
    finds(&repository, &["check", "qa"], 1, &["environments/base.yaml:24:15 stale .. gitops/qa"]);
    assert_eq!(repository.gen_(&["build", "--all"]).code, 0);
    finds(&repository, &["check"], 0, &[]);
}

#[test]
fn a_changed_image_is_the_only_cause_although_the_backup_runs_it_too() {
    let repository = Repository::built();
    let backup = "    backup: {schedule: \"@daily\", retention: 7d, storage: 20Gi}\n    database: viridial";
    repository.edit(STAGING, "    database: viridial", backup);
    assert_eq!(repository.gen_(&["build", "--all"]).code, 0);
    repository.edit(BASE, "17.6.0-debian-12-r4", "17.6.0-debian-12-r5");
    let found = repository.gen_(&["check", "staging"]);
    assert_eq!(found.stdout.matches("error[stale]").count(), 1, "{}", found.stdout);
    assert!(found.stdout.contains("`images.postgresql` has changed"), "{}", found.stdout);
}

#[test]
fn every_changed_value_of_an_environment_is_named() {
    let repository = Repository::built();
    repository.edit(STAGING, "250m", "300m");
    repository.edit(STAGING, "database: viridial", "database: listings");
    finds(
        &repository,
        &["check"],
        1,
        &[
            "environments/staging.yaml:7:15 stale .. `services.postgres.database` .. gitops/staging",
            "environments/staging.yaml:9:23 stale .. `services.postgres.resources.requests.cpu` .. gitops/staging",
        ],
    );
}

#[test]
fn hand_edits_are_kept_until_forced() {
    let repository = Repository::built();
    let file = "gitops/staging/postgres/values.yaml";
    repository.edit(file, "database: viridial", "database: virdial");
    let edited = repository.read(file);
    let line = edited.lines().position(|line| line.contains("virdial")).unwrap() + 1;
    let place = format!(
        "{file}:{line}:{} hand-edited .. --force {file}",
        edited.lines().nth(line - 1).unwrap().find("dial").unwrap() + 1
    );
    finds(&repository, &["check"], 1, &[&place]);
    finds(&repository, &["build", "staging"], 1, &[&place]);
    finds(&repository, &["build", "staging", "--force", "gitops/qa/postgres/values.yaml"], 1, &[&place]);
    assert_eq!(repository.read(file), edited);
    finds(&repository, &["build", "staging", "--force", file], 0, &[]);
    finds(&repository, &["check"], 0, &[]);
}

#[test]
fn other_line_ends_are_told_from_edits() {
    let repository = Repository::built();
    let file = "gitops/staging/postgres/values.yaml";
    repository.write(file, repository.read(file).replace('\n', "\r\n"));
    let expected = format!("{file}:1:1 hand-edited .. CR LF .. .gitattributes");
    finds(&repository, &["check"], 1, &[&expected]);
    finds(&repository, &["build", "staging"], 1, &[&expected]);
}

#[test]
fn sealed_copies_are_never_overwritten() {
    let repository = Repository::built();
    let file = "gitops/staging/postgres/postgres-auth.sops.yaml";
    let edited = repository.read(file) + "# rotated\n";
    repository.write(file, &edited);
    let expected = "gitops/staging/postgres/postgres-auth.sops.yaml:1:1 sealed-edited .. environments/staging/secrets/";
    finds(&repository, &["check"], 1, &[expected]);
    finds(&repository, &["build", "staging", "--force", file], 1, &[expected]);
    finds(&repository, &["build", "staging", "--force", "gitops/staging"], 1, &[expected]);
    assert_eq!(repository.read(file), edited);
}

#[test]
fn an_edited_sealed_copy_names_the_listed_file_that_it_was_made_from() {
    let repository = Repository::new();
    let sealed = repository.read("environments/qa/secrets/postgres-auth.sops.yaml");
    repository.write("environments/extra/token.sops.yaml", sealed.replace("name: postgres-auth", "name: token"));
    let listed = "    database: viridial\n    manifests: [extra/token.sops.yaml]";
    repository.edit(STAGING, "    database: viridial", listed);
    assert_eq!(repository.gen_(&["build", "staging"]).code, 0);
    let copy = "gitops/staging/postgres/token.sops.yaml";
    repository.write(copy, repository.read(copy) + "# rotated\n");
    finds(
        &repository,
        &["check", "staging"],
        1,
        &[&format!("{copy}:1:1 sealed-edited .. `gen secret adopt .. back to environments/extra/token.sops.yaml")],
    );
}

#[test]
fn what_a_merge_left_is_found_and_built_again() {
    let repository = Repository::built();
    let file = "gitops/staging/postgres/values.yaml";
    let text = repository.read(file);
    repository.write(file, format!("{text}<<<<<<< HEAD\na: b\n=======\na: c\n>>>>>>> theirs\n"));
    let line = text.lines().count() + 1;
    finds(&repository, &["check"], 1, &[&format!("{file}:{line}:1 merge-conflict .. gen build staging")]);
    let lock = repository.read("gitops/staging/gen.lock");
    repository.write("gitops/staging/gen.lock", format!("<<<<<<< HEAD\n{lock}=======\n{lock}>>>>>>> theirs\n"));
    finds(
        &repository,
        &["check"],
        1,
        &[
            "gitops/staging/gen.lock:1:1 bad-lock .. merge-conflict markers .. gen build staging",
            &format!("{file}:{line}:1 merge-conflict"),
        ],
    );
    finds(&repository, &["build", "staging"], 0, &[]);
    finds(&repository, &["check"], 0, &[]);
    assert_eq!((repository.read(file), repository.read("gitops/staging/gen.lock")), (text, lock));
}

#[test]
fn a_lock_that_does_not_parse_or_is_gone() {
    let repository = Repository::built();
    let lock = repository.read("gitops/staging/gen.lock");
    repository.write("gitops/staging/gen.lock", format!("{lock}hello\n"));
    let line = lock.lines().count() + 1;
    finds(&repository, &["check"], 1, &[&format!("gitops/staging/gen.lock:{line}:1 bad-lock .. does not parse")]);
    repository.remove("gitops/staging/gen.lock");
    finds(&repository, &["check"], 1, &["gitops/staging/gen.lock:1:1 stale .. gen.lock is missing"]);
    finds(&repository, &["build", "staging"], 0, &[]);
    assert_eq!(repository.read("gitops/staging/gen.lock"), lock);
}

#[test]
fn orphaned_foreign_and_missing_files() {
    let repository = Repository::new();
    let backup = "    storage: 5Gi\n    backup: {schedule: \"0 2 * * *\", retention: 30d, storage: 5Gi}";
    repository.edit(QA, "    storage: 5Gi", backup);
    assert_eq!(repository.gen_(&["build", "--all"]).code, 0);
    repository.edit(QA, backup, "    storage: 5Gi");
    repository.write("gitops/qa/postgres/mine.yaml", "a: b\n");
    repository.write("gitops/qa/notes.txt", "x\n");
    repository.remove("gitops/staging/postgres/service.yaml");
    finds(
        &repository,
        &["check"],
        1,
        &[
            "environments/qa.yaml:1:1 stale .. gitops/qa",
            "gitops/qa/notes.txt:1:1 foreign-file .. leaves it alone",
            "gitops/qa/postgres/cronjob.yaml:1:1 orphaned .. gen build qa",
            "gitops/qa/postgres/mine.yaml:1:1 foreign-file .. no kustomization lists it",
            "gitops/qa/postgres/networkpolicy-backup.yaml:1:1 orphaned",
            "gitops/qa/postgres/persistentvolumeclaim-backup.yaml:1:1 orphaned",
            "gitops/staging/postgres/service.yaml:1:1 stale .. gone from disk",
        ],
    );
    assert_eq!(repository.gen_(&["build", "--all"]).code, 0);
    assert!(!repository.path("gitops/qa/postgres/cronjob.yaml").exists());
    assert_eq!(repository.read("gitops/qa/postgres/mine.yaml"), "a: b\n");
    assert_eq!(repository.read("gitops/qa/notes.txt"), "x\n");
}

#[test]
fn a_service_goes_only_when_told_to() {
    let repository = Repository::built();
    repository.edit(QA, "  postgres:\n    storage: 5Gi\n    database: viridial", "  postgres: null");
    let secret = "environments/qa/secrets/postgres-auth.sops.yaml:1:1 unused-secret";
    let removed = "environments/qa.yaml:4:1 removed-service .. `postgres` .. --remove postgres";
    finds(&repository, &["check"], 1, &[removed, secret]);
    finds(&repository, &["build", "qa"], 1, &[removed, secret]);
    finds(&repository, &["build", "qa", "--remove", "postgress"], 1, &[removed, secret]);
    assert!(repository.path("gitops/qa/postgres/release.yaml").exists());
    let run = repository.gen_(&["build", "qa", "--remove", "postgres"]);
    assert!(run.code == 0 && run.stdout.contains("deletes nothing"), "{}", run.stdout);
    assert!(!repository.path("gitops/qa/postgres").exists());
    finds(&repository, &["check"], 0, &[secret]);
}

#[test]
fn a_renamed_service_is_told_before_anything_about_its_new_name() {
    let repository = Repository::built();
    repository.edit(BASE, "  postgres:\n    username", "  pg:\n    kind: postgres\n    username");
    repository.edit(QA, "  postgres:", "  pg:");
    repository.edit(STAGING, "  postgres:", "  pg:");
    finds(
        &repository,
        &["check", "qa"],
        1,
        &[
            "environments/qa.yaml:4:1 removed-service .. bring it back under its name",
            "environments/qa.yaml:5:3 missing-secret .. pg-auth",
            "environments/qa/secrets/postgres-auth.sops.yaml:1:1 unused-secret",
        ],
    );
    repository.edit(QA, "    database", "    secret: {name: postgres-auth}\n    database");
    finds(&repository, &["build", "qa"], 1, &["environments/qa.yaml:4:1 removed-service"]);
    assert!(repository.path("gitops/qa/postgres/release.yaml").exists());
}

#[test]
fn environments_that_come_and_go() {
    let repository = Repository::built();
    let blue = "extends: base\ncluster: blue\nnamespace: blue\nservices: {postgres: null}\n";
    repository.write("environments/blue.yaml", blue);
    fs::remove_file(repository.path(QA)).unwrap();
    finds(
        &repository,
        &["check"],
        1,
        &[
            "environments/blue.yaml:1:1 stale .. gitops/blue has never been built .. gen build blue",
            "gitops/qa/gen.lock:1:1 orphaned-tree .. `qa`",
        ],
    );
    repository.write("environments/lonely.yaml", "abstract: true\nfoo: 1\n");
    finds(&repository, &["check", "staging"], 0, &[]);
    let run = repository.gen_(&["check", "--format", "json"]);
    assert!(run.findings().iter().any(|found| found.starts_with("environments/lonely.yaml:2:1 unknown-key")));
}

#[test]
fn a_resized_claim_is_said_and_written() {
    let repository = Repository::built();
    repository.edit(STAGING, "20Gi", "30Gi");
    finds(
        &repository,
        &["build", "staging"],
        0,
        &["environments/staging.yaml:6:14 claim-resize .. 20Gi .. 30Gi .. README.md"],
    );
    finds(&repository, &["check"], 0, &[]);
}

#[test]
fn a_server_that_moves_on_a_shared_claim_is_said() {
    let repository = Repository::built();
    let architecture = "    architecture: replication\n    database: viridial";
    repository.edit(STAGING, "    database: viridial", architecture);
    let build = ["build", "staging"];
    finds(&repository, &build, 0, &[]);
    repository.edit(STAGING, "storage: 20Gi", "storage: {size: 20Gi, accessMode: ReadWriteOnce}");
    repository.edit(STAGING, "    architecture: replication\n", "");
    finds(&repository, &build, 0, &["environments/staging.yaml:5:3 moved-server .. from replication to standalone"]);
}

/// The backup's claim moves into the file that held the data's claim: nothing is resized.
#[test]
fn another_claim_in_a_file_is_no_resized_one() {
    let repository = Repository::new();
    let backup = "    backup: {schedule: \"0 2 * * *\", retention: 30d, storage: 5Gi}\n";
    repository.edit(STAGING, "    storage: 20Gi\n", &format!("    storage: 20Gi\n{backup}"));
    assert_eq!(repository.gen_(&["build", "staging"]).code, 0);
    repository.edit(STAGING, "storage: 20Gi", "storage: {claim: other}");
    let place = "environments/staging.yaml:6:22 claim-replaced .. from the claim `postgres-data` to `other`";
    let kept =
        "environments/staging.yaml:5:3 destructive-removal .. postgres-data leaves the tree and stays in the cluster";
    finds(&repository, &["build", "staging"], 0, &[kept, place]);
}

#[test]
fn a_mistake_in_one_environment_keeps_all_from_being_written() {
    let repository = Repository::built();
    repository.edit(QA, "5Gi", "6Gi");
    repository.edit(STAGING, "20Gi", "lots");
    let before = repository.read("gitops/qa/postgres/persistentvolumeclaim.yaml");
    assert_eq!(repository.gen_(&["build", "--all"]).code, 1);
    assert_eq!(repository.read("gitops/qa/postgres/persistentvolumeclaim.yaml"), before);
    assert_eq!(repository.gen_(&["build", "qa"]).code, 0);
    assert_ne!(repository.read("gitops/qa/postgres/persistentvolumeclaim.yaml"), before);
}

/// The schema for editors is a document of its own, and the committed one is up to date.
#[test]
fn the_committed_schema_is_what_gen_writes() {
    let repository = Repository::new();
    let mut from_below = repository.command(&["schema"]);
    from_below.current_dir(repository.path("environments"));
    let run = Run::of(from_below);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/environment.schema.json");
    let is_current = repository.read("schemas/environment.schema.json") == fs::read_to_string(committed).unwrap();
    assert!(is_current, "run `gen schema` and commit the result");
}

#[test]
fn a_schema_that_cannot_be_written_is_named() {
    let repository = Repository::new();
    repository.write("schemas", "a file");
    trouble(&repository.gen_(&["schema"]), &["cannot write schemas/environment.schema.json"]);
}

#[test]
fn lint_never_shows_a_line_with_a_secret() {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules/plaintext-secret/fail");
    let folder = tempfile::tempdir().unwrap();
    // Another rule's finding stands on the same line.
    let line = "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: x, image: \"nginx:latest\", env: \
                [{name: PASSWORD, value: CANARY-1}]}]}}\n";
    fs::write(folder.path().join("pod.yaml"), line).unwrap();
    for path in [fixtures, folder.path().to_str().unwrap()] {
        for format in ["text", "json"] {
            let run =
                Command::new(env!("CARGO_BIN_EXE_gen")).args(["lint", "--format", format, path]).output().unwrap();
            let shown = String::from_utf8(run.stdout).unwrap();
            assert_eq!(run.status.code(), Some(1), "{shown}");
            assert!(shown.contains("plaintext-secret"), "{shown}");
            let shown = shown.lines().find(|line| line.contains("CANARY") || line.contains("1234567"));
            assert_eq!(shown, None);
        }
    }
    let text = Command::new(env!("CARGO_BIN_EXE_gen")).arg("lint").arg(folder.path()).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("pod.yaml:1:") && text.contains("floating-version"), "{text}");
}

#[test]
fn lint_judges_all_paths_together_and_each_file_once() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("here");
    fs::create_dir(&here).unwrap();
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: pg, labels: {app: pg}}, spec: {containers: [{name: pg, image: \
               \"postgres:17.6\", ports: [{containerPort: 5432}]}]}}\n";
    let policy = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: pg}, spec: {podSelector: \
                  {matchLabels: {app: pg}}, policyTypes: [Ingress], ingress: []}}\n";
    fs::write(here.join("pod.yaml"), pod).unwrap();
    fs::write(here.join("policy.yaml"), policy).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", here.join("notes.txt")).unwrap();
    let lint = |paths: &[&str]| {
        let run = Command::new(env!("CARGO_BIN_EXE_gen")).current_dir(&here).arg("lint").args(paths).output().unwrap();
        String::from_utf8(run.stdout).unwrap()
    };
    let alone = lint(&["pod.yaml"]);
    assert!(alone.contains("open-network-policy") && alone.ends_with("1 file, 1 object\n"), "{alone}");
    let both = lint(&["pod.yaml", "policy.yaml"]);
    assert!(!both.contains("open-network-policy") && both.ends_with("2 files, 2 objects\n"), "{both}");
    let absolute = here.join("pod.yaml");
    let often = lint(&["./pod.yaml", "../here", ".", "policy.yaml", absolute.to_str().unwrap()]);
    assert_eq!(often, both);
    assert_eq!(lint(&["../here/./pod.yaml"]), alone);
}

#[test]
fn lint_says_what_it_could_not_read_where_there_is_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("none.yaml", folder.path().join("a.yaml")).unwrap();
    let lint = |path: &str| {
        let run =
            Command::new(env!("CARGO_BIN_EXE_gen")).current_dir(folder.path()).args(["lint", path]).output().unwrap();
        assert_eq!(run.status.code(), Some(2));
        String::from_utf8(run.stderr).unwrap()
    };
    assert_eq!(lint("."), "gen: cannot read a.yaml: there is nothing at this path\n");
    assert_eq!(lint("/dev/null"), "gen: cannot read /dev/null: it is neither a file nor a folder\n");
}

#[test]
fn a_broken_file_shows_no_secret_either() {
    let secret = "apiVersion: v1\nkind: \"Secret\"\nmetadata: {name: x}\nstringData:\n";
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("quote", "auth:\n  password: \"CANARY\n".to_owned()),
        ("twice", "auth:\n  password: CANARY\n  password: CANARY\n".to_owned()),
        ("tab", "auth:\n\tpassword: CANARY\n".to_owned()),
        ("bracket", "auth: {password: CANARY, }}\n".to_owned()),
        ("address", "url: postgres://u:CANARY@h/x: y\n".to_owned()),
        ("secret-twice", format!("{secret}  foo: CANARY\n  foo: CANARY\n")),
        ("secret-quote", format!("{secret}  foo: \"CANARY\n")),
    ] {
        let file = folder.path().join(format!("{name}.yaml"));
        fs::write(&file, text).unwrap();
        let run = Command::new(env!("CARGO_BIN_EXE_gen")).arg("lint").arg(&file).output().unwrap();
        let shown = String::from_utf8(run.stdout).unwrap();
        assert!(shown.starts_with("error[") && !shown.contains("CANARY"), "{name}: {shown}");
    }
    let repository = Repository::new();
    repository.write(STAGING, repository.read(STAGING) + "    password: CANARY\n");
    let run = repository.gen_(&["build", "staging"]);
    assert!(run.stdout.contains("unknown key `password`") && !run.stdout.contains("CANARY"), "{}", run.stdout);
}
