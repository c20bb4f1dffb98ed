//! `gen secret generate`.

use std::fs;

use crate::stage::{
    AUTH, PASSWORDS, TEXTS, TLS, cannot, example, keeps_quiet, key, manifest, refuses, sealed_lines, values, with_key,
    without_key, works,
};

const PRODUCTION_AUTH: &str = "environments/production/secrets/postgres-auth.sops.yaml";

#[test]
fn what_is_missing_is_made_without_any_key() {
    let repository = example();
    for folder in ["environments/staging/secrets", "environments/production/secrets"] {
        fs::remove_dir_all(repository.path(folder)).unwrap();
    }
    let run = without_key(&repository, &["generate", "--all"]);
    let said = works(&run);
    for line in [
        format!("{AUTH}: made with postgres-password, password, replication-password\n"),
        format!("{TLS}: made with tls.crt, tls.key, ca.crt\n"),
        "sealed for flux, platform; next: gen build staging\n".to_owned(),
    ] {
        assert!(said.contains(&line), "{line}: {said}");
    }
    let mut all = Vec::new();
    for file in [AUTH, PRODUCTION_AUTH] {
        for holder in ["platform", "flux"] {
            let values = values(&repository.read(file), key(holder));
            keeps_quiet(&run, &values);
            assert_eq!(values.len(), 3);
            all.extend(values.into_iter().filter(|_| holder == "flux"));
        }
    }
    for (name, value) in &all {
        assert!(PASSWORDS.contains(&name.as_str()) && value.len() == 32, "{name}");
        assert!(value.chars().all(|c| c.is_ascii_alphanumeric()) && value.starts_with(char::is_alphabetic));
        assert_eq!(all.iter().filter(|(_, other)| other == value).count(), 1);
    }
    let texts = values(&repository.read(TLS), key("flux"));
    keeps_quiet(&run, &texts);
    assert_eq!(texts.keys().collect::<Vec<_>>(), ["ca.crt", "tls.crt", "tls.key"]);

    // What was made is what a build wants, and the real commands open it.
    assert_eq!(repository.gen_(&["build", "--all"]).code, 0);
    let checked = with_key(&repository, &["check", "--key"]);
    assert_eq!(checked.code, 0, "{}", checked.stdout);
    let before = repository.read(AUTH);
    assert_eq!(
        works(&without_key(&repository, &["generate", "--all"])),
        "production: nothing is missing\nstaging: nothing is missing\n"
    );
    assert_eq!(repository.read(AUTH), before);
    assert!(before.starts_with(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: postgres-auth\n  namespace: viridial-staging\n"
    ));
}

#[test]
fn a_key_is_added_by_somebody_who_can_open_the_file() {
    let repository = example();
    let pairs = [("postgres-password", "one"), ("password", "two"), ("own", "three")];
    repository.write(AUTH, manifest("postgres-auth", "viridial-staging", "Opaque", "stringData", &pairs));
    let before = repository.read(AUTH);
    refuses(
        &without_key(&repository, &["generate", "staging"]),
        &[
            "no-identity",
            AUTH,
            "adding `replication-password` takes the private key of one of these holders: flux, platform",
        ],
    );
    assert_eq!(repository.read(AUTH), before);

    let run = with_key(&repository, &["generate", "staging"]);
    assert!(works(&run).starts_with(&format!("{AUTH}: added replication-password\n")), "{}", run.stdout);
    let after = repository.read(AUTH);
    let made = values(&after, key("flux"));
    assert_eq!(
        (made["password"].as_str(), made["own"].as_str(), made["replication-password"].len()),
        ("two", "three", 32)
    );
    let (old, new) = (sealed_lines(&before), sealed_lines(&after));
    for key in ["postgres-password", "password", "own"] {
        assert_eq!(old[key], new[key], "{key}");
    }
}

#[test]
fn half_a_certificate_is_refused_and_rotate_makes_it_whole() {
    let repository = example();
    let half = manifest("postgres-tls", "viridial-production", "kubernetes.io/tls", "stringData", &[("tls.crt", "x")]);
    repository.write(TLS, &half);
    refuses(
        &with_key(&repository, &["generate", "production"]),
        &["has `tls.crt`, but lacks `tls.key`, `ca.crt`", "made whole", "gen secret rotate production postgres-tls"],
    );
    assert_eq!(repository.read(TLS), half);
    works(&with_key(&repository, &["rotate", "production", "postgres-tls"]));
    let texts = values(&repository.read(TLS), key("flux"));
    assert!(TEXTS.iter().all(|text| texts[*text].starts_with("-----BEGIN ")));
    works(&without_key(&repository, &["generate", "production"]));
}

#[test]
fn nothing_is_written_unless_everything_is_right() {
    let plain = "apiVersion: v1\nkind: Secret\nmetadata: {name: postgres-auth, namespace: viridial-staging}\n\
                 stringData: {password: hunter2-hunter2}\n";
    let elsewhere = manifest("postgres-auth", "viridial-other", "Opaque", "stringData", &[("password", "x")]);
    for (text, fragments) in [
        (plain, ["plaintext-secret", AUTH]),
        ("<<<<<<< ours\n", ["merge-conflict", AUTH]),
        ("- 1\n", ["not-a-secret", AUTH]),
        (elsewhere.as_str(), ["secret-mismatch", "should be `viridial-staging`"]),
    ] {
        let repository = example();
        repository.write(AUTH, text);
        repository.remove(TLS);
        let run = with_key(&repository, &["generate", "--all"]);
        refuses(&run, &fragments);
        assert!(!run.stderr.contains("hunter2"));
        assert_eq!(run.stdout, "nothing was written\n");
        assert_eq!(repository.read(AUTH), text);
        assert!(!repository.path(TLS).exists());
    }
}

#[test]
fn somebody_has_to_be_able_to_open_what_is_made() {
    let repository = example();
    repository.remove(AUTH);
    let staging = repository.read("environments/staging.yaml");
    let (before, rest) = staging.split_once("secrets:\n").unwrap();
    let (_, after) = rest.split_once("\nservices:").unwrap();
    repository.write("environments/staging.yaml", format!("{before}services:{after}"));
    cannot(&without_key(&repository, &["generate", "staging"]), &["declares no recipients", "gen secret init staging"]);
    assert!(!repository.path(AUTH).exists());
    cannot(&without_key(&repository, &["generate", "stagin"]), &["did you mean `staging`?"]);
    cannot(&without_key(&repository, &["generate"]), &["<ENV>"]);
}

#[test]
fn the_help_for_a_missing_secret_names_the_command() {
    let repository = example();
    repository.remove(AUTH);
    let run = repository.gen_(&["build", "staging"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("`gen secret generate staging` makes it"), "{}", run.stdout);
    assert!(run.stdout.contains("`gen secret import staging postgres-auth FILE`"), "{}", run.stdout);
}
