//! `gen secret rekey`.

use gitops_gen::sops::{Identity, OpenError};

use crate::{
    repository::Repository,
    stage::{
        AUTH, TLS, cannot, example, keeps_quiet, key, recipients, refuses, sealed, sealed_lines, values, with_key,
        without_key, works,
    },
};

const STAGING: &str = "environments/staging.yaml";

/// Adds a holder to an environment.
fn add(repository: &Repository, environment: &str) -> Identity {
    let identity = Identity::generate();
    let line = format!("    flux: {}\n", recipients()[1]);
    let with = format!("{line}    zoe: {}\n", identity.recipient().unwrap());
    repository.edit(&format!("environments/{environment}.yaml"), &line, &with);
    identity
}

/// Puts somebody else in the place of `flux`.
fn replace(repository: &Repository, environment: &str) -> Identity {
    let identity = Identity::generate();
    let line = format!("    zoe: {}\n", identity.recipient().unwrap());
    repository.edit(&format!("environments/{environment}.yaml"), &format!("    flux: {}\n", recipients()[1]), &line);
    identity
}

#[test]
fn where_nothing_has_to_be_done_no_key_is_needed() {
    let repository = example();
    let before = repository.read(AUTH);
    let run = without_key(&repository, &["rekey"]);
    assert_eq!(works(&run), "3 files: sealed for the declared recipients already, nothing to do\n");
    assert_eq!(repository.read(AUTH), before);
}

#[test]
fn somebody_new_gets_the_same_data_key() {
    let repository = example();
    let before = repository.read(AUTH);
    let identity = add(&repository, "staging");
    refuses(&without_key(&repository, &["rekey", "staging"]), &["no-identity", AUTH]);
    let run = with_key(&repository, &["rekey", "staging"]);
    let said = works(&run);
    assert!(said.starts_with(&format!("{AUTH}: sealed for 3 recipients, with the same data key\n  + zoe (")), "{said}");
    assert!(said.ends_with("next: gen build staging\n") && !said.contains("Change every one"), "{said}");
    let after = repository.read(AUTH);
    assert_eq!(values(&after, identity), values(&before, key("flux")));
    assert_eq!(sealed_lines(&after), sealed_lines(&before), "values, MAC and time stay");
    assert_eq!(repository.gen_(&["build", "staging"]).code, 0);
}

#[test]
fn who_was_removed_cannot_read_what_comes_and_what_was_read_is_listed() {
    let repository = example();
    let (before, old) = (repository.read(TLS), values(&repository.read(TLS), key("flux")));
    let identity = replace(&repository, "production");
    let run = with_key(&repository, &["rekey", "production"]);
    let said = works(&run);
    assert!(said.contains(&format!("{TLS}: sealed for 2 recipients, with a new data key\n  + zoe (")), "{said}");
    assert!(said.contains(&format!("  - {}\n", recipients()[1])), "{said}");
    for credential in [
        "postgres-auth.sops.yaml stringData.password: gen secret rotate production postgres-auth password\n",
        "postgres-auth.sops.yaml stringData.replication-password: gen secret rotate production postgres-auth replication-password\n",
        "postgres-tls.sops.yaml stringData[\"tls.key\"]: the same\n",
    ] {
        assert!(said.contains(credential), "{credential}: {said}");
    }
    let after = repository.read(TLS);
    keeps_quiet(&run, &old);
    assert_eq!(values(&after, identity), old);
    assert!(matches!(sealed(&after).open(&[key("flux")]), Err(OpenError::NoIdentity)));
    let (old, new) = (sealed_lines(&before), sealed_lines(&after));
    assert!(old.iter().all(|(key, line)| new[key] != *line));
    assert_eq!(works(&without_key(&repository, &["rekey", "production"])).lines().count(), 1);
}

#[test]
fn a_new_data_key_can_be_asked_for() {
    let repository = example();
    let before = repository.read(AUTH);
    let run = with_key(&repository, &["rekey", "--new-key", AUTH]);
    assert_eq!(works(&run), format!("{AUTH}: sealed for 2 recipients, with a new data key\nnext: gen build staging\n"));
    let after = repository.read(AUTH);
    assert_eq!(values(&after, key("flux")), values(&before, key("flux")));
    assert_ne!(sealed_lines(&after)["password"], sealed_lines(&before)["password"]);
}

#[test]
fn a_key_service_that_gen_does_not_know_keeps_its_entry_or_stops_it() {
    let repository = example();
    let block = "  pgp:\n    - created_at: \"2026-01-01T00:00:00Z\"\n      enc: abc\n      fp: 0123\n  version:";
    repository.edit(AUTH, "  version:", block);
    let before = repository.read(AUTH);
    refuses(&with_key(&repository, &["rekey", "--new-key", "staging"]), &["`pgp`", AUTH]);
    assert_eq!(repository.read(AUTH), before);
    add(&repository, "staging");
    works(&with_key(&repository, &["rekey", "staging"]));
    assert!(repository.read(AUTH).contains("fp: ") && repository.read(AUTH).contains("zoe").eq(&false));
}

#[test]
fn a_file_of_two_environments_has_one_set_of_recipients() {
    let repository = example();
    for environment in ["staging", "production"] {
        let file = format!("environments/{environment}.yaml");
        repository.edit(
            &file,
            "    database: viridial\n",
            "    database: viridial\n    manifests: [shared/own.sops.yaml]\n",
        );
    }
    repository.write("environments/shared/own.sops.yaml", repository.read(AUTH).replace("postgres-auth", "own"));
    works(&without_key(&repository, &["rekey"]));
    add(&repository, "staging");
    refuses(
        &with_key(&repository, &["rekey"]),
        &["shared-secret-file", "environments/shared/own.sops.yaml", "`production` and `staging`", "a file of its own"],
    );
}

#[test]
fn other_files_are_told_where_they_belong() {
    let repository = example();
    let copy = "gitops/production/postgres/postgres-auth.sops.yaml";
    cannot(
        &with_key(&repository, &["rekey", copy]),
        &["is a copy: rekey environments/production/secrets/postgres-auth.sops.yaml"],
    );
    repository.write("other.sops.yaml", repository.read(AUTH));
    cannot(&with_key(&repository, &["rekey", "other.sops.yaml"]), &["belongs to no environment", "sops updatekeys"]);
    cannot(&with_key(&repository, &["rekey", "nowhere.sops.yaml"]), &["no such file"]);
    cannot(&with_key(&repository, &["rekey", "stagin"]), &["did you mean `staging`?"]);
    repository.edit(AUTH, "-----END AGE", "-----BEGIN AGE");
    add(&repository, "staging");
    assert_eq!(with_key(&repository, &["rekey", "staging"]).code, 1);
    assert!(repository.read(STAGING).contains("zoe"));
}
