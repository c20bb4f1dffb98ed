//! What a person reads who made a mistake in an input file: every mistake once, at its place, with its reason and its way
//! out, and nothing written.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "bad_input/cases.rs"]
mod cases;
#[path = "bad_input/repository.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared between tests")]
mod repository;

use cases::{CASES, Case, Change};
use repository::{BASE, Repository, SECRET, STAGING};

/// What `gen build --all` and `gen check` find in a repository with the case's changes.
fn check(case: &Case) -> Result<(), String> {
    let repository = Repository::new();
    for change in case.changes {
        match change {
            Change::Edit(file, from, to) => repository.edit(file, from, to),
            Change::Write(file, text) => repository.write(file, text),
            Change::Remove(file) => repository.remove(file),
        }
    }
    let run = repository.gen_(&["build", "--all", "--format", "json"]);
    let found = run.findings();
    let told = |expected: &&str, found: &String| {
        let (place, rest) = expected.split_once(' ').unwrap();
        found.starts_with(&format!("{place} ")) && rest.split(" .. ").all(|fragment| found.contains(fragment))
    };
    let is_told = found.len() == case.finds.len() && case.finds.iter().zip(&found).all(|(one, other)| told(one, other));
    let fails = run.stdout.contains(r#""severity":"error""#);
    if !is_told {
        return Err(format!("expected\n  {}\nfound\n  {}", case.finds.join("\n  "), found.join("\n  ")));
    }
    if run.code != i32::from(fails) {
        return Err(format!("exit code {}", run.code));
    }
    if fails && repository.path("gitops").exists() {
        return Err("something was written".to_owned());
    }
    Ok(())
}

#[test]
fn every_mistake_is_told_once_at_its_place() {
    let failed: Vec<String> =
        CASES.iter().filter_map(|case| check(case).err().map(|why| format!("{}: {why}", case.name))).collect();
    assert!(failed.is_empty(), "{} of {}\n\n{}", failed.len(), CASES.len(), failed.join("\n\n"));
}

#[test]
fn the_base_of_the_cases_is_sound() {
    let repository = Repository::built();
    let run = repository.gen_(&["check", "--format", "json"]);
    assert_eq!((run.code, run.findings()), (0, vec![]));
}

/// The whole text of some findings, as a person sees it.
#[test]
fn findings_read_like_this() {
    let repository = Repository::new();
    repository.edit(STAGING, "    storage: 20Gi", "    storrage: 20Gi\n    metrics: \"true\"");
    repository.edit(STAGING, "250m", "lots");
    repository.edit(BASE, "\"1.33\"", "1.33");
    repository.remove("environments/qa.yaml");
    let run = repository.gen_(&["build", "staging"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert_eq!(
        run.stdout,
        r#"error[wrong-type]: `1.33` reads as a number here, and its exact spelling would be lost
 --> environments/base.yaml:2:13
  |
2 | kubernetes: 1.33
  |             ^^^^
  |
  = help: quote it: "1.33"

error[unknown-key]: unknown key `storrage`
 --> environments/staging.yaml:6:5
  |
6 |     storrage: 20Gi
  |     ^^^^^^^^
  |
  = help: did you mean `storage`?

error[wrong-type]: `metrics` is a string, and should be true or false
 --> environments/staging.yaml:7:14
  |
7 |     metrics: "true"
  |              ^^^^^^
  |
  = help: leave the quotes out

error[wrong-value]: `cpu` must start with a number, such as `20Gi` or `250m`
  --> environments/staging.yaml:10:23
   |
10 |       requests: {cpu: lots, memory: 512Mi}
   |                       ^^^^

4 errors
nothing was written
"#
    );
}

#[test]
fn a_whole_file_has_no_caret() {
    let repository = Repository::new();
    repository.write(STAGING, "");
    let run = repository.gen_(&["build", "staging"]);
    let text = "error[empty-file]: the file is empty\n--> environments/staging.yaml:1:1\n = help: write at least one \
                `key: value`, or delete the file\n\n1 error\nnothing was written\n";
    assert_eq!(run.stdout, text);
}

#[test]
fn private_keys_and_sealed_values_are_never_shown() {
    let key = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
    let holder = "flux: age1z55faqu8yxl4ld975lajfra43fjrychjjhyxsp5vh38max58mqrsexth07";
    for instead in [
        format!("flux: {key}"),
        format!("flux: [{key}]"),
        format!("flux: \"{key}"),
        format!("{key}: {key}"),
        format!("{holder}\n  {key}: x"),
        format!("flux: {}", key.to_lowercase()),
    ] {
        let repository = Repository::new();
        repository.edit(BASE, holder, &instead);
        for arguments in [&["build", "staging"][..], &["check", "--format", "json"]] {
            let run = repository.gen_(arguments);
            assert_eq!(run.code, 1, "{instead}");
            let shown = (run.stdout + &run.stderr).to_uppercase();
            assert!(!shown.contains("GFPYYSJZ"), "{instead}: {shown}");
        }
    }
    let unsealed = Repository::new();
    let sealed = unsealed.read(SECRET);
    let lines = sealed.lines().map(|line| if line.contains(" password: ENC") { "  password: hunter2" } else { line });
    unsealed.write(SECRET, lines.collect::<Vec<_>>().join("\n") + "\n");
    for arguments in [&["build", "staging"][..], &["check", "--format", "json"]] {
        let run = unsealed.gen_(arguments);
        assert_eq!(run.code, 1);
        assert!(run.stdout.contains("partially-encrypted") && !run.stdout.contains("hunter2"), "{}", run.stdout);
    }
}

/// What lies in a folder that nobody wrote for gen: each thing is told or counted, and what is sound is judged.
#[test]
fn lint_goes_through_a_folder_of_anything() {
    let repository = Repository::new();
    let large = repository.path("tree/large.yaml");
    repository.write("tree/large.yaml", "");
    std::fs::File::options().write(true).open(large).unwrap().set_len(50 << 20).unwrap();
    repository.write("tree/binary.yaml", b"\x7fELF\x02\x01\x01\0\0\0\xff\xfe");
    repository.write("tree/picture.png", b"\x89PNG\r\n\x1a\n\0\0");
    repository.write("tree/ci/workflow.yml", "on: push\njobs: {}\n");
    repository.write("tree/chart/Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n");
    repository.write("tree/chart/templates/deployment.yaml", "{{- range . }}\nkind: {{ .kind }}\n{{- end }}\n");
    repository.write("tree/values.gotmpl.yaml", "a: {{ .Values.a }}\n  b: {{ end\n");
    repository.write("tree/ok.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n");
    #[cfg(unix)]
    for (link, to) in [("tree/ci/loop", ".."), ("tree/self.yaml", "self.yaml"), ("tree/nothing.yaml", "nowhere")] {
        std::os::unix::fs::symlink(to, repository.path(link)).unwrap();
    }
    let run = repository.gen_(&["lint", "tree", "--format", "json"]);
    let found: Vec<String> = run.findings().iter().map(|line| line.split(": ").next().unwrap().to_owned()).collect();
    let of = |file: &str| found.iter().filter(|line| line.starts_with(&format!("tree/{file}:"))).collect::<Vec<_>>();
    assert_eq!(of("large.yaml"), ["tree/large.yaml:1:1 unreadable-file"]);
    assert_eq!(of("binary.yaml"), ["tree/binary.yaml:1:11 not-utf8"]);
    assert_eq!(of("self.yaml").len(), 1, "{found:?}");
    assert_eq!(of("nothing.yaml"), ["tree/nothing.yaml:1:1 unreadable-file"]);
    for file in ["values.gotmpl.yaml", "chart/templates/deployment.yaml", "ci/workflow.yml", "picture.png"] {
        assert_eq!(of(file), [""; 0], "{found:?}");
    }
    assert_eq!(run.code, 1);
    let run = repository.gen_(&["lint", "tree"]);
    let summary = run.stdout.lines().last().unwrap();
    assert!(summary.ends_with("passed over: 2 templates and 1 file without Kubernetes (-v lists them)"), "{summary}");
}
