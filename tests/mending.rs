//! `--fix` and `--baseline`: what a person has gen change, and what a person has gen pass over.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "bad_input/repository.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared between tests")]
mod repository;

use repository::{Repository, Run, STAGING};

const SERVICE: &str = "# Ours.\napiVersion: v1\nkind: Service\nmetadata:\n  name: db   # the database\n  namespace: shop\nspec:\n  type: NodePort # for \
                       now\n  selector: {app: db}\n  ports:\n    - {name: postgres, port: 5432, nodePort: 30432} # open\n    # more to come\n";

/// The findings of one rule, without what follows its name.
fn of(run: &Run, rule: &str) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let findings = json["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
    findings.map(|finding| format!("{}:{}", finding["file"].as_str().unwrap(), finding["line"])).collect()
}

#[test]
fn lint_fixes_what_is_certain_and_leaves_every_other_byte() {
    for end in ["\n", "\r\n"] {
        let repository = Repository::new();
        let text = SERVICE.replace('\n', end);
        repository.write("tree/a.yaml", &text);
        repository.write("tree/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:   {name: b}\n");
        let dry = repository.gen_(&["lint", "tree", "--fix", "--dry-run", "--format", "json"]);
        assert!(
            dry.stderr.contains("tree/a.yaml:8:9 public-database would be fixed: `ClusterIP` in its place"),
            "{}",
            dry.stderr
        );
        assert_eq!((dry.code, repository.read("tree/a.yaml") == text), (1, true));
        let run = repository.gen_(&["lint", "tree", "--fix", "--format", "json"]);
        assert_eq!(of(&run, "public-database"), [""; 0], "{}", run.stderr);
        let fixed = text.replace("NodePort # for", "ClusterIP # for").replace(", nodePort: 30432", "");
        assert_eq!(repository.read("tree/a.yaml"), fixed, "{}", run.stderr);
        assert!(run.stderr.contains("public-database fixed: taken out"), "{}", run.stderr);
        assert_eq!(repository.read("tree/b.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata:   {name: b}\n");
        let again = repository.gen_(&["lint", "tree", "--fix", "--format", "json"]);
        assert_eq!((again.stderr.as_str(), repository.read("tree/a.yaml") == fixed), ("", true));
    }
}

#[test]
fn check_fixes_the_environment_and_not_its_tree() {
    let repository = Repository::built();
    let before = repository.read(STAGING);
    let open =
        "    storage: 20Gi\n    values:\n      primary: # ours\n        service:\n          type: NodePort # for now\n";
    repository.edit(STAGING, "    storage: 20Gi\n", open);
    let run = repository.gen_(&["check", "staging", "--format", "json"]);
    assert_eq!(of(&run, "public-database"), ["environments/staging.yaml:10"]);
    let run = repository.gen_(&["check", "staging", "--fix", "--format", "json"]);
    assert_eq!(of(&run, "public-database"), [""; 0], "{}", run.stderr);
    assert_eq!(repository.read(STAGING), before.replace("    storage: 20Gi\n", &open.replace("NodePort", "ClusterIP")));
}

#[test]
fn what_gen_or_sops_wrote_is_not_fixed() {
    let repository = Repository::built();
    let file = "gitops/staging/postgres/service.yaml";
    let tree = repository.read(file);
    repository.write(file, tree.replace("type: ClusterIP", "type: NodePort"));
    let open = repository.read(file);
    let run = repository.gen_(&["lint", "gitops/staging", "--fix", "--format", "json"]);
    assert_eq!(of(&run, "public-database").len(), 1, "{}", run.stdout);
    assert!(run.stderr.contains("not fixed: gen made this file: change the environment"), "{}", run.stderr);
    assert_eq!(repository.read(file), open);
    let sealed = format!("{SERVICE}sops:\n  mac: x\n");
    repository.write("tree/a.sops.yaml", &sealed);
    let run = repository.gen_(&["lint", "tree", "--fix", "--format", "json"]);
    assert!(run.stderr.is_empty() || run.stderr.contains("not fixed: one seal"), "{}", run.stderr);
    assert_eq!(repository.read("tree/a.sops.yaml"), sealed);
}

#[test]
fn what_came_through_an_alias_is_not_fixed() {
    let repository = Repository::new();
    let text = SERVICE
        .replace("name: db ", "name: db\n  annotations: {a: &kind NodePort} ")
        .replace("type: NodePort", "type: *kind");
    repository.write("tree/a.yaml", &text);
    let run = repository.gen_(&["lint", "tree", "--fix", "--format", "json"]);
    assert!(run.stderr.contains("not fixed: "), "{}", run.stderr);
    assert_eq!(repository.read("tree/a.yaml"), text.replace(", nodePort: 30432", ""));
}

#[test]
fn an_old_tree_starts_clean_and_only_gets_better() {
    let repository = Repository::new();
    repository.write("tree/a.yaml", SERVICE);
    let lint = |arguments: &[&str]| repository.gen_(&[&["lint", "tree", "--format", "json"], arguments].concat());
    let before = lint(&[]);
    assert_eq!((before.code, of(&before, "public-database").len()), (1, 2));
    let run = repository.gen_(&["lint", "tree", "--write-baseline", "known.json"]);
    assert!(run.stdout.contains("findings in known.json"), "{}", run.stdout);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let written = repository.read("known.json");
    assert!(
        written.contains(r#"{"file": "tree/a.yaml", "rule": "public-database", "at": "Service/shop/db spec.type"}"#),
        "{written}"
    );
    assert!(written.contains(r#""at": "Service/shop/db spec.ports[\"postgres\"].nodePort""#), "{written}");
    let known = lint(&["--baseline", "known.json"]);
    assert_eq!((known.code, known.findings()), (0, vec![]));
    let people = repository.gen_(&["lint", "tree", "--baseline", "known.json"]);
    assert!(people.stdout.contains("passed over, which known.json names"), "{}", people.stdout);
    // Lines move, and another one comes.
    let moved = format!("# More\n# words\n{SERVICE}---\n{}", SERVICE.replace("name: db ", "name: db2 "));
    repository.write("tree/a.yaml", moved);
    let run = lint(&["--baseline", "known.json"]);
    assert_eq!(of(&run, "public-database"), ["tree/a.yaml:23", "tree/a.yaml:26"]);
    // One is solved.
    repository.write("tree/a.yaml", SERVICE.replace("NodePort", "ClusterIP"));
    let run = lint(&["--baseline", "known.json"]);
    assert_eq!((run.code, of(&run, "stale-baseline").len()), (0, 1), "{}", run.stdout);
    // Written again, it is the same bytes but for the line that is gone.
    repository.write("tree/a.yaml", SERVICE);
    lint(&["--write-baseline", "known.json"]);
    assert_eq!(repository.read("known.json"), written);
    // What lies elsewhere is not said to be solved.
    repository.write("other/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n");
    let run = repository.gen_(&["lint", "other", "--baseline", "known.json", "--format", "json"]);
    assert_eq!(run.findings(), [""; 0]);
}

#[test]
fn a_baseline_never_holds_a_secret_or_what_is_locked() {
    let repository = Repository::new();
    repository.write("gen.yaml", "edition: 1\npolicy: {locked: [public-database]}\n");
    repository.write("tree/a.yaml", SERVICE);
    repository.write(
        "tree/b.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: b}\nstringData: {password: hunter2hunter2}\n",
    );
    let run = repository.gen_(&["lint", "tree", "--write-baseline", "known.json", "--format", "json"]);
    assert_eq!((run.code, of(&run, "public-database").len(), of(&run, "plaintext-secret").len()), (1, 2, 1));
    let written = repository.read("known.json");
    assert!(
        !written.contains("hunter2") && !written.contains("public-database") && !written.contains("plaintext-secret"),
        "{written}"
    );
    let missing = repository.gen_(&["lint", "tree", "--baseline", "nowhere.json"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (2, ""));
    assert!(missing.stderr.starts_with("gen: --baseline: cannot read nowhere.json"), "{}", missing.stderr);
}

#[test]
fn check_takes_a_baseline_too() {
    let repository = Repository::built();
    repository.edit(
        STAGING,
        "    storage: 20Gi\n",
        "    storage: 20Gi\n    values: {primary: {service: {type: NodePort}}}\n",
    );
    let run = repository.gen_(&["check", "--write-baseline", "known.json", "--format", "json"]);
    assert_eq!(of(&run, "public-database"), [""; 0]);
    assert!(
        repository.read("known.json").contains("services.postgres.values.primary.service.type"),
        "{}",
        repository.read("known.json")
    );
    let run = repository.gen_(&["check", "--baseline", "known.json", "--format", "json"]);
    assert_eq!(of(&run, "public-database"), [""; 0], "{}", run.stdout);
    repository.edit(STAGING, "NodePort", "ClusterIP");
    let run = repository.gen_(&["check", "--baseline", "known.json", "--format", "json"]);
    assert!(run.stdout.contains("`public-database` is solved in environments/staging.yaml"), "{}", run.stdout);
}

#[test]
fn what_is_passed_over_is_counted_and_listed() {
    let repository = Repository::new();
    repository.write("tree/chart/Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n");
    repository.write("tree/chart/templates/a.yaml", "{{ if .Values.x }}\nkind: Pod\n{{ end }}\n");
    repository.write("tree/jinja.yaml", "{% if x %}\nkind: {{ kind }}\n  a: 1\n{% endif %}\n");
    repository.write("tree/ci.yaml", "on: push\njobs: {}\n");
    repository.write("tree/pod.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n");
    let run = repository.gen_(&["lint", "tree"]);
    assert!(
        run.stdout.ends_with("; passed over: 2 templates and 1 file without Kubernetes (-v lists them)\n"),
        "{}",
        run.stdout
    );
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    let run = repository.gen_(&["lint", "tree", "-v"]);
    for file in [
        "tree/chart/templates/a.yaml: passed over: a template",
        "tree/jinja.yaml: passed over: a template",
        "tree/ci.yaml: passed over: neither",
    ] {
        assert!(run.stderr.contains(file), "{}", run.stderr);
    }
    let run = repository.gen_(&["lint", "tree/chart/templates/a.yaml"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

#[test]
fn lint_fixes_an_environment_of_the_repository_that_it_stands_in() {
    let repository = Repository::new();
    let before = repository.read(STAGING);
    let open = "    storage: 20Gi\n    values: {primary: {service: {type: NodePort}}} # for now\n";
    repository.edit(STAGING, "    storage: 20Gi\n", open);
    let run = repository.gen_(&["lint", "environments/staging.yaml", "--format", "json"]);
    assert_eq!(
        (run.code, of(&run, "public-database")),
        (1, vec!["environments/staging.yaml:7".to_owned()]),
        "{}",
        run.stdout
    );
    let run = repository.gen_(&["lint", "environments", "--fix", "--format", "json"]);
    assert_eq!((run.code, of(&run, "public-database").len()), (0, 0), "{}{}", run.stdout, run.stderr);
    assert_eq!(repository.read(STAGING), before.replace("    storage: 20Gi\n", &open.replace("NodePort", "ClusterIP")));
    let text = repository.read(STAGING);
    repository.write("elsewhere/staging.yaml", text);
    let run = repository.gen_(&["lint", "elsewhere", "--format", "json"]);
    assert_eq!(of(&run, "environment-file"), ["elsewhere/staging.yaml:1"]);
}
