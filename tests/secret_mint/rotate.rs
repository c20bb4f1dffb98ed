//! `gen secret rotate`.

use crate::stage::{
    AUTH, PASSWORDS, TEXTS, TLS, cannot, example, keeps_quiet, key, manifest, refuses, sealed_lines, values, with_key,
    without_key, works,
};

/// The commands in Markdown: the lines between fences.
fn commands(markdown: &str) -> Vec<&str> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in markdown.lines() {
        match line.starts_with("```") {
            true => inside = !inside,
            false if inside => lines.push(line),
            false => {}
        }
    }
    lines
}

#[test]
fn a_password_is_new_and_all_others_stay_as_they_were() {
    let repository = example();
    for name in PASSWORDS {
        let before = repository.read(AUTH);
        let run = with_key(&repository, &["rotate", "staging", "postgres-auth", name]);
        assert!(works(&run).starts_with(&format!("{AUTH}: new {name}\n")), "{}", run.stdout);
        let after = repository.read(AUTH);
        let (old, new) = (values(&before, key("flux")), values(&after, key("flux")));
        keeps_quiet(&run, &old);
        keeps_quiet(&run, &new);
        for other in PASSWORDS {
            assert_eq!(old[other] == new[other], other != name, "{other}");
            assert_eq!(sealed_lines(&before)[other] == sealed_lines(&after)[other], other != name, "{other}");
        }
        assert_eq!(new[name].len(), 32);
    }
}

#[test]
fn the_steps_are_those_of_the_readme() {
    let repository = example();
    let readme = repository.read("gitops/production/README.md");
    for arguments in [
        &["rotate", "production", "postgres-auth", "password"][..],
        &["rotate", "production", "postgres-auth", "postgres-password"],
        &["rotate", "production", "postgres-auth", "replication-password"],
        &["rotate", "production", "postgres-tls"],
    ] {
        let run = with_key(&repository, arguments);
        let steps: Vec<&str> = works(&run).lines().filter_map(|line| line.strip_prefix("    ")).collect();
        assert!(steps.iter().any(|step| step.contains("git push")), "{}", run.stdout);
        assert!(run.stdout.contains("The way back, before the file is published"), "{}", run.stdout);
        let known = commands(&readme);
        for step in steps {
            assert!(known.contains(&step), "{step}");
        }
    }
}

#[test]
fn a_certificate_is_renewed_whole_with_its_authority() {
    let repository = example();
    let old = values(&repository.read(TLS), key("flux"));
    let run = with_key(&repository, &["rotate", "production", "postgres-tls", "tls.key"]);
    assert!(works(&run).contains("by a new authority: clients need the new ca.crt"), "{}", run.stdout);
    let new = values(&repository.read(TLS), key("flux"));
    for text in TEXTS {
        assert_ne!(old[text], new[text], "{text}");
    }
    keeps_quiet(&run, &new);
    let checked = with_key(&repository, &["check", "--key", "production"]);
    assert!(!checked.stdout.contains("certificate"), "{}", checked.stdout);
}

#[test]
fn a_value_under_data_stays_there() {
    let repository = example();
    let pairs = [("postgres-password", "b25l"), ("password", "dHdv"), ("replication-password", "dGhyZWU=")];
    repository.write(AUTH, manifest("postgres-auth", "viridial-staging", "Opaque", "data", &pairs));
    works(&with_key(&repository, &["rotate", "staging", "postgres-auth", "password"]));
    let text = repository.read(AUTH);
    assert!(!text.contains("stringData:"));
    let value = values(&text, key("flux")).remove("password").unwrap();
    let decoded = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, value).unwrap();
    assert_eq!(decoded.len(), 32);
}

#[test]
fn what_cannot_be_rotated_is_said() {
    let repository = example();
    let before = repository.read(AUTH);
    let cannot = |arguments: &[&str], fragments: &[&str]| cannot(&with_key(&repository, arguments), fragments);
    cannot(&["rotate", "stagin", "postgres-auth"], &["did you mean `staging`?"]);
    cannot(&["rotate", "staging", "postgres-aut", "password"], &["did you mean `postgres-auth`?"]);
    cannot(&["rotate", "staging", "other", "password"], &["no service", "gen secret set staging other KEY"]);
    cannot(&["rotate", "staging", "postgres-auth", "pasword"], &["did you mean `password`?"]);
    cannot(&["rotate", "staging", "postgres-auth"], &["one after the other", "postgres-password, password"]);
    refuses(&without_key(&repository, &["rotate", "staging", "postgres-auth", "password"]), &["no-identity", AUTH]);
    assert_eq!(repository.read(AUTH), before);

    repository.remove(AUTH);
    cannot(&["rotate", "staging", "postgres-auth", "password"], &["there is no", "gen secret generate staging"]);
    repository.edit(
        "environments/production.yaml",
        "tls: {secret: postgres-tls}",
        "tls: {secret: postgres-tls, external: true}",
    );
    cannot(&["rotate", "production", "postgres-tls"], &["made by something in the cluster"]);
}
