//! The command from outside: what it answers, and what it says to questions that have no answer.

use std::{fs, process::Command};

use serde_json::{Value as Json, json};

use crate::repository::{BASE, Repository, Run, STAGING};

/// A layer between the two that are there.
const REGION: &str = "environments/region.yaml";

/// Every way in which layers meet.
fn layered() -> Repository {
    let repository = Repository::new();
    repository.edit(BASE, "    username: viridial\n", "    username: viridial\n    storage: 10Gi\n    metrics: true\n");
    repository.edit(
        BASE,
        "      identity: {app: identity-service}\n",
        "      identity: {app: identity-service, ports: [5432]}\n",
    );
    let region = "abstract: true\nextends: base\nservices:\n  postgres:\n    username: null\n    storage: 15Gi\n    \
                  clients:\n      identity: {ports: [5432, 9187]}\npolicy:\n  ignore: [{rule: floating-version, reason: first}]\n";
    repository.write(REGION, region);
    let more = "    values:\n      primary: {podLabels: {team: \"${{ env.name }}-data\"}, tolerations: null}\n\
                policy:\n  ignore:\n    - {rule: dangling-reference, reason: second}\n\
                charts: {postgresql: {source: {git: https://git.example.com/charts, commit: \
                b6318363965aab7da16643c5418e29bd509bb5f1, path: postgresql}}}\n";
    repository.edit(STAGING, "extends: base", "extends: region");
    repository.write(STAGING, repository.read(STAGING) + more);
    repository
}

/// Asks, and holds the answer against the lines of `expected`.
fn answers(repository: &Repository, arguments: &[&str], expected: &str) {
    let run = repository.gen_(&[&["explain"], arguments].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{arguments:?}");
    assert_eq!(run.stdout, expected, "{arguments:?}");
}

/// Asks what has no answer: exit code 2, nothing on stdout, these fragments on stderr.
fn refuses(repository: &Repository, arguments: &[&str], fragments: &[&str]) {
    let run = repository.gen_(&[&["explain"], arguments].concat());
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}: {}", run.stderr);
    for fragment in fragments {
        assert!(run.stderr.contains(fragment), "{arguments:?}: {fragment}: {}", run.stderr);
    }
}

#[test]
fn a_chain_names_every_layer_that_says_something() {
    let repository = layered();
    let expected = "services.postgres.storage.size: 20Gi\n  \
         environments/base.yaml:25:14    10Gi  overridden\n  \
         environments/region.yaml:6:14   15Gi  overridden\n  \
         environments/staging.yaml:6:14  20Gi  decides\n";
    answers(&repository, &["staging", "services.postgres.storage"], expected);
    answers(&repository, &["staging", "services.postgres.storage.size"], expected);
}

#[test]
fn a_null_takes_away_and_a_list_replaces() {
    let repository = layered();
    let expected = "services.postgres.username: not set\n  \
         environments/base.yaml:24:15   viridial  overridden\n  \
         environments/region.yaml:5:15            null at services.postgres.username removes it\n  \
         Its owner; the database's name where it is left out.\n  \
         nearest: services.postgres (environments/staging.yaml:5:3)\n";
    answers(&repository, &["staging", "services.postgres.username"], expected);
    let expected = "services.postgres.clients.identity.ports: [5432, 9187]\n  \
         environments/base.yaml:28:41   [5432]        overridden\n  \
         environments/region.yaml:8:18  [5432, 9187]  decides\n";
    answers(&repository, &["staging", "services.postgres.clients.identity.ports"], expected);
    let expected = "services.postgres.clients.identity.ports[0]: 5432\n  \
         environments/base.yaml:28:49   5432  overridden\n  \
         environments/region.yaml:8:26  5432  decides\n";
    answers(&repository, &["staging", "services.postgres.clients.identity.ports[0]"], expected);
}

#[test]
fn joined_lists_exclusive_maps_and_expressions_are_told() {
    let repository = layered();
    let expected = "policy.ignore: [{rule: floating-version, reason: first}, {rule: dangling-re...\n  \
         environments/region.yaml:10:3   [{rule: floating-version, reason: first}]     joined\n  \
         environments/staging.yaml:14:3  [{rule: dangling-reference, reason: second}]  joined\n";
    answers(&repository, &["staging", "policy"], expected);
    let expected = "policy.ignore[1].reason: second\n  environments/staging.yaml:15:42  second\n";
    answers(&repository, &["staging", "policy.ignore[1].reason"], expected);
    let expected = "charts.postgresql.source.tag: not set\n  \
         environments/base.yaml:11:59     postgresql/17.0.2  overridden\n  \
         environments/staging.yaml:16:23                     charts.postgresql.source is replaced whole\n  \
         The Git tag; Flux clones it shallowly.\n  \
         nearest: charts.postgresql.source (environments/staging.yaml:16:23)\n";
    answers(&repository, &["staging", "charts.postgresql.source.tag"], expected);
    assert_eq!(repository.gen_(&["build", "staging"]).code, 0);
    let run = repository.gen_(&["explain", "gitops/staging/postgres/source.yaml:3"]);
    assert!(run.stdout.contains("source.yaml:3:1 kind <- charts.postgresql.source\n"), "{}", run.stdout);
    let effects: Vec<&str> = run.stdout.lines().skip(2).map(|line| line.rsplit("  ").next().unwrap()).collect();
    assert_eq!(effects, ["overridden", "decides"], "{}", run.stdout);
    let expected = "services.postgres.values.primary.podLabels.team: staging-data\n  \
         environments/staging.yaml:12:35  ${{ env.name }}-data\n";
    answers(&repository, &["staging", "services.postgres.values.primary.podLabels"], expected);
    let expected = "services.postgres.values.primary.tolerations: null\n  environments/staging.yaml:12:73  null\n";
    answers(&repository, &["staging", "services.postgres.values.primary.tolerations"], expected);
}

#[test]
fn what_no_file_sets_has_a_default() {
    let repository = Repository::new();
    let expected = "services.postgres.storage.accessMode: not set\n  \
         Who may mount the claim at once; `ReadWriteOncePod` where it is left out.\n  \
         nearest: services.postgres.storage (environments/staging.yaml:6:5)\n";
    answers(&repository, &["staging", "services.postgres.storage.accessMode"], expected);
    let expected = "mirror: not set\n  \
         Replaces the registry host of every image, such as \"registry.example.com/mirror\".\n";
    answers(&repository, &["staging", "mirror"], expected);
}

#[test]
fn a_value_of_the_chart_is_set_by_gen_or_has_the_charts_default() {
    let repository = Repository::new();
    let ask = |path: &str| repository.gen_(&["explain", "staging", &format!("services.postgres.values.{path}")]);
    let image = ask("image.tag").stdout;
    assert!(image.contains("note: gen sets this value of the chart, because of `images.postgresql`\n"), "{image}");
    assert!(image.contains("\nimages.postgresql: docker.io/"), "{image}");
    let labels = ask("commonLabels").stdout;
    assert!(labels.contains("not set\n") && labels.contains("The chart's default is {}."), "{labels}");
    assert!(!labels.contains("gen sets"), "{labels}");
    assert_eq!(ask("commonLabels.team").code, 0);
    for (path, meant) in
        [("primary.servce.type", "`services.postgres.values.primary.service.type`"), ("image.tag.x", "")]
    {
        let run = ask(path);
        assert!(run.code == 2 && run.stderr.contains("names nothing") && run.stderr.contains(meant), "{}", run.stderr);
    }
}

/// Who looks for the line behind a finding must not be sent away because of it.
#[test]
fn what_a_policy_refuses_is_explained() {
    let repository = Repository::built();
    repository.write(STAGING, repository.read(STAGING) + "    values: {primary: {service: {type: LoadBalancer}}}\n");
    assert_eq!(repository.gen_(&["build", "staging"]).code, 1);
    let line = line_of(&repository, VALUES, "fullnameOverride");
    let run = repository.gen_(&["explain", &format!("{VALUES}:{line}")]);
    assert!(run.stdout.contains("fullnameOverride <- services.postgres.release.fullname\n"), "{}", run.stderr);
    let path = "services.postgres.values.primary.service.type";
    answers(
        &repository,
        &["staging", path],
        &format!("{path}: LoadBalancer\n  environments/staging.yaml:11:40  LoadBalancer\n"),
    );
}

#[test]
fn a_secret_in_the_values_is_hidden() {
    let repository = Repository::new();
    repository.write(
        STAGING,
        repository.read(STAGING)
            + "    values: {ldap: {bindpw: hunter2}, metrics: {customMetrics: {x: {token: hunter2}}}, primary: {args: [--password, \
               hunter2], extraEnvVars: [{name: PGPASSWORD, value: hunter2}], initdb: {scripts: {a.sql: \"ALTER USER x PASSWORD \
               'hunter2';\"}}}}\n",
    );
    for format in ["text", "json"] {
        for path in [
            "services",
            "services.postgres.values",
            "services.postgres.values.metrics.customMetrics.x.token",
            "services.postgres.values.primary.args[1]",
            "services.postgres.values.primary.extraEnvVars[0].value",
            "services.postgres.values.primary.initdb.scripts",
        ] {
            let run = repository.gen_(&["explain", "staging", path, "--format", format]);
            assert_eq!(run.code, 0, "{}", run.stderr);
            assert!(run.stdout.contains("***") && !run.stdout.contains("hunter2"), "{path}: {}", run.stdout);
        }
        let run = repository.gen_(&["build", "staging"]);
        assert!(run.code < 2, "{}", run.stderr);
        let run = repository.gen_(&["explain", "gitops/staging/postgres/values.yaml:1", "--format", format]);
        assert!(!run.stdout.contains("hunter2"), "{}", run.stdout);
    }
}

#[test]
fn a_path_that_names_nothing_gets_a_hint() {
    let repository = Repository::new();
    refuses(&repository, &["staging", "services.postgres.storrage"], &["did you mean `services.postgres.storage`?"]);
    refuses(&repository, &["staging", "service.postgres.storage"], &["did you mean `services.postgres.storage`?"]);
    refuses(&repository, &["staging", "services.postgers"], &["did you mean `services.postgres`?"]);
    refuses(
        &repository,
        &["staging", "services.postgres.clients.prometheus"],
        &["`services.postgres.clients` are: identity"],
    );
    refuses(&repository, &["staging", "services.postgres.clients.identity.ports[3]"], &["names nothing"]);
    refuses(&repository, &["staging", "quux"], &["the keys of an environment are: ", "storage"]);
    refuses(&repository, &["stagin", "storage"], &["`stagin`", "did you mean `staging`?"]);
    refuses(&repository, &["base", "storage"], &["abstract"]);
    refuses(&repository, &["staging"], &["no rule", "gen explain staging PATH"]);
    repository.edit(STAGING, "storage: 20Gi", "storage: 20GiB");
    refuses(&repository, &["staging", "storage"], &["`staging` has errors", "gen check"]);
}

const VALUES: &str = "gitops/staging/postgres/values.yaml";

/// The number of the only line of a file with `text` in it.
fn line_of(repository: &Repository, file: &str, text: &str) -> usize {
    let content = repository.read(file);
    let found: Vec<usize> =
        (1..).zip(content.lines()).filter(|(_, line)| line.contains(text)).map(|(at, _)| at).collect();
    assert_eq!(found.len(), 1, "{file}: {text}");
    found[0]
}

#[test]
fn a_line_of_a_file_is_found_however_the_file_is_named() {
    let repository = Repository::built();
    let line = line_of(&repository, VALUES, "database: viridial");
    let expected = format!(
        "{VALUES}:{line}:3 auth.database <- services.postgres.database\n\
         services.postgres.database: viridial\n  environments/staging.yaml:7:15  viridial\n"
    );
    let absolute = repository.path(VALUES).display().to_string();
    for file in [VALUES, "./gitops/../gitops/staging/./postgres/values.yaml", absolute.as_str()] {
        answers(&repository, &[&format!("{file}:{line}")], &expected);
        answers(&repository, &[&format!("{file}:{line}:5")], &expected);
    }
    let inside = ["-C", "gitops/staging/postgres", "explain", &format!("values.yaml:{line}")];
    assert_eq!(repository.gen_(&inside).stdout, expected);
}

#[test]
fn every_kind_of_line_has_an_answer() {
    let repository = Repository::built();
    let first = |file: &str, line: usize| {
        let run = repository.gen_(&["explain", &format!("{file}:{line}")]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{file}:{line}");
        run.stdout.lines().next().unwrap().to_owned()
    };
    assert_eq!(first(VALUES, 1), format!("{VALUES}:1:1 <- services.postgres"));
    let image = line_of(&repository, VALUES, "bitnamilegacy/postgresql");
    assert_eq!(first(VALUES, image), format!("{VALUES}:{image}:3 image.repository <- images.postgresql"));
    assert_eq!(first(VALUES, image - 2), format!("{VALUES}:{}:1 image <- images.postgresql", image - 2));
    let policy = "gitops/staging/postgres/networkpolicy.yaml";
    let app = line_of(&repository, policy, "identity-service");
    let expected = "spec.ingress[0].from[0].podSelector.matchLabels[\"app.kubernetes.io/name\"] <- \
                    services.postgres.clients.identity.app";
    assert_eq!(first(policy, app), format!("{policy}:{app}:15 {expected}"));
    let list = "gitops/staging/postgres/kustomization.yaml";
    let claim = line_of(&repository, list, "persistentvolumeclaim.yaml");
    let found = first(list, claim);
    assert!(found.ends_with(" <- services.postgres.storage"), "{found}");
}

#[test]
fn files_that_are_no_manifests_have_an_answer_too() {
    let repository = Repository::built();
    let dashboard = "# mine\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: dashboard\n  namespace: viridial-staging\n\
                     data:\n  a.sql: |\n    # text\n    select 1\n";
    repository.write("environments/own/dashboard.yaml", dashboard);
    repository.write(STAGING, repository.read(STAGING) + "    manifests: [own/dashboard.yaml]\n");
    assert_eq!(repository.gen_(&["build", "staging"]).code, 0);
    answers(
        &repository,
        &["gitops/staging/postgres/dashboard.yaml:5"],
        "gitops/staging/postgres/dashboard.yaml:5:3 metadata.name <- services.postgres.manifests[0]\n\
         note: this file is a copy of environments/own/dashboard.yaml:5\n\
         services.postgres.manifests[0]: own/dashboard.yaml\n  environments/staging.yaml:11:17  own/dashboard.yaml\n",
    );
    // A text of several lines may look like a comment.
    let run = repository.gen_(&["explain", "gitops/staging/postgres/dashboard.yaml:9"]);
    assert!(run.stdout.contains("dashboard.yaml:8:3 data[\"a.sql\"] <- "), "{}", run.stdout);
    let sealed = "gitops/staging/postgres/postgres-auth.sops.yaml";
    let run = repository.gen_(&["explain", &format!("{sealed}:8")]);
    assert!(run.stdout.contains("a copy of environments/staging/secrets/postgres-auth.sops.yaml:8"), "{}", run.stdout);
    assert!(run.stdout.contains("services.postgres.secret: not set") && !run.stdout.contains("ENC["), "{}", run.stdout);
    let run = repository.gen_(&["explain", "gitops/staging/README.md:3"]);
    assert!(run.stdout.contains("gitops/staging/README.md:3:1 <- services\n"), "{}", run.stdout);
    let line = line_of(&repository, "gitops/staging/gen.lock", "postgres/service.yaml");
    let run = repository.gen_(&["explain", &format!("gitops/staging/gen.lock:{line}")]);
    assert!(run.stdout.contains("postgres/service.yaml <- services.postgres\n"), "{}", run.stdout);
    answers(
        &repository,
        &["gitops/staging/namespace/namespace.yaml"],
        "gitops/staging/namespace/namespace.yaml <- namespace\n\
         namespace: {name: viridial-staging}\n  environments/staging.yaml:3:1  {name: viridial-staging}\n",
    );
}

#[test]
fn a_file_that_is_not_as_built_says_so_and_is_answered() {
    let repository = Repository::built();
    let line = line_of(&repository, VALUES, "database: viridial");
    repository.edit(VALUES, "  database: viridial\n", "\n  # a note\n  database: listings\n  databse: oops\n");
    let database = "auth.database <- services.postgres.database\nnote: this file is not what the inputs produce now: run `gen check staging`\n";
    for at in [line, line + 1, line + 2] {
        let run = repository.gen_(&["explain", &format!("{VALUES}:{at}")]);
        assert!(run.stdout.starts_with(&format!("{VALUES}:{}:3 {database}", line + 2)), "{at}: {}", run.stdout);
    }
    let run = repository.gen_(&["explain", &format!("{VALUES}:{}", line + 3)]);
    assert!(run.stdout.contains("auth.databse <- services.postgres\n"), "{}", run.stdout);
    assert!(run.stdout.contains(", and they produce no such line: run"), "{}", run.stdout);
}

#[test]
fn places_without_an_answer_are_refused() {
    let repository = Repository::built();
    refuses(&repository, &[&format!("{VALUES}:9999")], &["has no line 9999", "it has "]);
    refuses(&repository, &[&format!("{VALUES}:0")], &["`0`", "count from 1"]);
    refuses(&repository, &[&format!("{VALUES}:x")], &["`x`"]);
    refuses(
        &repository,
        &["gitops/staging/postgres/vales.yaml:3"],
        &["did you mean gitops/staging/postgres/values.yaml?"],
    );
    refuses(&repository, &["gitops/staging/nothing/like/it.txt"], &["there is no gitops/staging/nothing/like/it.txt"]);
    refuses(
        &repository,
        &["gitops/stagin/postgres/values.yaml:3"],
        &["no tree of gen's", "did you mean gitops/staging?"],
    );
    refuses(&repository, &["environments/staging.yaml:3"], &["does not lie in a tree"]);
    refuses(&repository, &["gitops/staging"], &["is no file of a tree"]);
    refuses(&repository, &["/etc/hostname:1"], &["does not lie in a tree"]);
    refuses(&repository, &["gitops/staging/postgres"], &["gitops/staging/postgres"]);
    repository.write("gitops/staging/postgres/mine.yaml", "a: 1\n");
    refuses(&repository, &["gitops/staging/postgres/mine.yaml:1"], &["gen did not write"]);
    repository.write("gitops/other/postgres/mine.yaml", "a: 1\n");
    refuses(&repository, &["gitops/other/postgres/mine.yaml:1"], &["no gen.lock"]);
    repository.write(VALUES, "a: [1\n");
    refuses(&repository, &[&format!("{VALUES}:1")], &["cannot be read as YAML"]);
    repository.remove(VALUES);
    refuses(
        &repository,
        &[&format!("{VALUES}:1")],
        &["there is no gitops/staging/postgres/values.yaml yet", "gen build"],
    );
    fs::remove_file(repository.path("gen.yaml")).unwrap();
    refuses(&repository, &[&format!("{VALUES}:1")], &["gen.yaml"]);
}

#[test]
fn programs_get_one_json_document() {
    let repository = layered();
    let document = |arguments: &[&str]| -> Json {
        let run = repository.gen_(&[&["explain", "--format", "json"], arguments].concat());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        serde_json::from_str(&run.stdout).unwrap()
    };
    let chain = &document(&["staging", "services.postgres.username"])["chains"][0];
    assert_eq!((&chain["set"], &chain["value"]), (&json!(false), &Json::Null));
    let step = |value: Json, effect: &str, by: Json, file: &str, line: u32| json!({"value": value, "effect": effect, "by": by, "file": file, "line": line, "column": 15});
    let removes = step(Json::Null, "removes", json!("services.postgres.username"), REGION, 5);
    assert_eq!(chain["steps"], json!([step(json!("viridial"), "overridden", Json::Null, BASE, 24), removes]));
    assert_eq!(chain["nearest"], json!({"path": "services.postgres", "file": STAGING, "line": 5, "column": 3}));
    assert_eq!(repository.gen_(&["build", "staging"]).code, 0);
    let answer = document(&["gitops/staging/namespace/namespace.yaml:2"]);
    assert_eq!(answer["version"], 1);
    let line = json!({"file": "gitops/staging/namespace/namespace.yaml", "line": 2, "column": 1, "path": "apiVersion"});
    assert_eq!((&answer["line"], &answer["notes"]), (&line, &json!([])));
    assert_eq!(answer["chains"][0]["path"], "namespace");
}

#[test]
fn the_sessions_of_the_documentation_are_real() {
    let root = env!("CARGO_MANIFEST_DIR");
    let page = fs::read_to_string(format!("{root}/docs/explain.md")).unwrap();
    let sessions: Vec<&str> =
        page.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let questions: Vec<&str> = sessions.iter().flat_map(|text| text.split("$ gen ").skip(1)).collect();
    assert_eq!(questions.len(), 4);
    for question in questions {
        let (arguments, answer) = question.split_once('\n').unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
        let run = Run::of({
            command.args(arguments.split(' ')).current_dir(root);
            command
        });
        assert_eq!(run.stdout, answer, "gen {arguments}");
    }
}
