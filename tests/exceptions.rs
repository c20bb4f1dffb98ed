//! Comments that pass findings over: `# gen:ignore RULE why, until DAY`.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "bad_input/repository.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared between tests")]
mod repository;

use repository::{Repository, STAGING};

/// A Service that opens a database, with a place for a comment at its head, above its type, and behind it.
fn service(head: &str, above: &str, behind: &str) -> String {
    format!(
        "{head}apiVersion: v1\nkind: Service\nmetadata:\n  name: db\n  namespace: shop\nspec:\n{above}  type: \
         NodePort{behind}\n  selector: {{app: db}}\n  ports:\n    - name: postgres\n      port: 5432\n"
    )
}

/// `line rule: message` of what `gen lint` says about the rules on trial in a file `a.yaml`.
fn lint(text: &str) -> Vec<String> {
    lint_with(text, &[])
}

fn lint_with(text: &str, arguments: &[&str]) -> Vec<String> {
    let repository = Repository::new();
    repository.write("tree/a.yaml", text);
    said(&repository, &[&["lint", "tree", "--format", "json"], arguments].concat())
}

fn said(repository: &Repository, arguments: &[&str]) -> Vec<String> {
    let rules = ["public-database", "unknown-rule", "locked-rule", "missing-reason", "wrong-value", "exception"];
    let findings = repository.gen_(arguments).findings();
    let on_trial = findings.iter().filter(|line| rules.iter().any(|rule| line.contains(rule)));
    // The words of the rule on trial are its own affair.
    let short = |line: &String| {
        let line = line.split(" ~ ").next().unwrap().split_once(':').unwrap().1;
        line.split_once(" public-database: ").map_or(line.to_owned(), |(place, _)| format!("{place} public-database"))
    };
    on_trial.map(short).collect()
}

const OPEN: &str = "8:9 public-database";

#[test]
fn a_comment_covers_its_line_the_next_or_the_document() {
    assert_eq!(lint(&service("", "", "")), [OPEN.replace("8:9", "7:9")]);
    let comment = "# gen:ignore public-database: a lab without data, until 2999-01-01";
    assert_eq!(lint(&service("", &format!("  {comment}\n"), "")), [""; 0]);
    assert_eq!(lint(&service("", "", &format!(" {comment}"))), [""; 0]);
    assert_eq!(lint(&service(&format!("{comment}\n"), "", "")), [""; 0]);
    assert_eq!(lint(&service(&format!("{comment}\n---\n"), "", "")), [""; 0]);
    let above_spec = service("", "", "").replace("spec:\n", &format!("{comment}\nspec:\n"));
    assert_eq!(lint(&above_spec), [""; 0]);
}

#[test]
fn a_comment_covers_no_more_than_that() {
    let comment = "# gen:ignore public-database a lab";
    let elsewhere = service("", "", "").replace("  selector", &format!("  {comment}\n  selector"));
    let unused = "8:3 unused-exception: nothing on line 9 breaks `public-database`";
    assert_eq!(lint(&elsewhere), [&OPEN.replace("8:9", "7:9"), unused]);
    let two = format!("{}---\n{}", service(&format!("{comment}\n"), "", ""), service("", "", ""));
    assert_eq!(lint(&two), [OPEN.replace("8:9", "20:9")]);
    let in_a_text =
        service("", "", "").replace("  name: db", "  name: db\n  annotations: {a: '# gen:ignore public-database x'}");
    assert_eq!(lint(&in_a_text), [OPEN]);
}

#[test]
fn what_is_wrong_with_a_comment_is_told() {
    let with = |comment: &str| lint(&service("", &format!("  # gen:ignore{comment}\n"), ""));
    let first = |comment: &str| {
        let found = with(comment);
        assert_eq!(found.get(1).map(String::as_str), Some(OPEN), "{comment}: {found:?}");
        found[0].clone()
    };
    assert_eq!(first(""), "7:3 unknown-rule: this comment names no rule");
    assert_eq!(first(" public-databas x"), "7:3 unknown-rule: there is no rule `public-databas`");
    assert_eq!(first(" public-database"), "7:3 missing-reason: this exception has no reason");
    assert_eq!(first(" public-database until 2999-01-01"), "7:3 missing-reason: this exception has no reason");
    assert_eq!(
        first(" public-database x until 2020-02-29"),
        "7:3 expired-exception: this exception ended on 2020-02-29"
    );
    assert!(
        first(" public-database x until 2020-02-30").starts_with("7:3 wrong-value: the last day of this exception")
    );
    assert!(first(" plaintext-secret x").starts_with("7:3 locked-rule: `plaintext-secret` can never be ignored"));
    let unused = "1:1 unused-exception: nothing on lines 2 to 13 breaks `floating-version`";
    let found = lint(&service("# gen:ignore floating-version x\n# gen:ignore public-database x\n", "", ""));
    assert_eq!(found, [unused.replace("2 to 13", "3 to 13")]);
    let below_all = format!("{}# gen:ignore public-database x\n", service("", "", ""));
    assert_eq!(
        lint(&below_all)[1],
        "12:1 unused-exception: this comment is about nothing: no key and no item begins on this line, or on the next"
    );
}

#[test]
fn a_comment_about_taste_waits_for_whoever_asks_for_it() {
    let opinion = gitops_gen::policy::RULES.iter().find(|rule| rule.is_opinion && rule.is_about_trees());
    let Some(opinion) = opinion else { return };
    let text = format!("# gen:ignore {} x\na: 1\n", opinion.id);
    assert_eq!(lint(&text), [""; 0]);
    assert_eq!(lint_with(&text, &["--opinions"]).len(), 1);
}

#[test]
fn what_gen_yaml_locks_no_comment_ignores() {
    let repository = Repository::new();
    repository.write("gen.yaml", "edition: 1\npolicy: {locked: [public-database]}\n");
    repository.write("tree/a.yaml", service("", "  # gen:ignore public-database x\n", ""));
    let locked =
        "7:3 locked-rule: gen.yaml locks `public-database`: neither an environment nor a comment may ignore it";
    assert_eq!(said(&repository, &["lint", "tree", "--format", "json"]), [locked, OPEN]);
    let outside = tempfile::tempdir().unwrap();
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_gen"))
        .args(["lint".as_ref(), repository.path("tree").as_os_str()])
        .current_dir(outside.path())
        .output()
        .unwrap();
    assert!(String::from_utf8(run.stdout).unwrap().contains("locked-rule"), "asked from elsewhere");
}

#[test]
fn a_comment_in_a_copied_manifest_holds_for_the_environment() {
    let repository = Repository::new();
    let manifest = "environments/staging/extra.yaml";
    repository.edit(STAGING, "    storage: 20Gi\n", "    storage: 20Gi\n    manifests: [staging/extra.yaml]\n");
    let open = service("", "", "")
        .replace("namespace: shop", "namespace: viridial-staging")
        .replace("app: db", "app.kubernetes.io/name: postgresql");
    repository.write(manifest, &open);
    let check = ["build", "staging", "--format", "json"];
    let found = said(&repository, &check);
    assert_eq!(found, [OPEN.replace("8:9", "7:9")]);
    repository.write(manifest, open.replace("  type", "  # gen:ignore public-database a lab\n  type"));
    assert_eq!(said(&repository, &check), [""; 0]);
    assert_eq!(said(&repository, &["lint", "environments/staging/extra.yaml", "--format", "json"]), [""; 0]);
    repository.write(manifest, open.replace("NodePort", "ClusterIP # gen:ignore public-database a lab"));
    assert_eq!(said(&repository, &check), ["7:19 unused-exception: nothing on line 7 breaks `public-database`"]);
    assert_eq!(said(&repository, &["lint", "environments/staging/extra.yaml", "--format", "json"]), [""; 0]);
}

#[test]
fn a_comment_in_an_environment_holds_too() {
    let repository = Repository::new();
    let open = "    storage: 20Gi\n    values:\n      primary:\n        service: {type: NodePort} # gen:ignore public-database a lab\n";
    repository.edit(STAGING, "    storage: 20Gi\n", open);
    assert_eq!(said(&repository, &["build", "staging", "--format", "json"]), [""; 0]);
    repository.edit(STAGING, "NodePort", "ClusterIP");
    let unused = "9:36 unused-exception: nothing on line 9 breaks `public-database`";
    assert_eq!(said(&repository, &["build", "staging", "--format", "json"]), [unused]);
}

/// A matter of taste is found where somebody asks for opinions, and nowhere else.
#[test]
fn opinions_are_for_those_who_ask() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for rule in gitops_gen::policy::RULES.iter().filter(|rule| rule.is_opinion) {
        let cases = std::fs::read_dir(root.join("tests/rules").join(rule.id).join("fail")).unwrap();
        let trees = cases.map(|case| case.unwrap().path()).filter(|case| case.is_dir());
        for tree in trees.filter(|case| !case.file_name().unwrap().to_string_lossy().starts_with("environment")) {
            let told = |arguments: &[&str]| {
                let run = std::process::Command::new(env!("CARGO_BIN_EXE_gen"))
                    .args(["lint", "--format", "json"].iter().chain(arguments))
                    .arg(&tree)
                    .output()
                    .unwrap();
                String::from_utf8(run.stdout).unwrap().contains(&format!("\"rule\":\"{}\"", rule.id))
            };
            assert_eq!((told(&[]), told(&["--opinions"])), (false, true), "{}", tree.display());
        }
    }
}
