use crate::desk::{CANARY, COPY, Desk, FILE};

/// A desk whose copy under gitops/ was edited, and the bytes of that copy.
fn edited() -> (Desk, String) {
    let desk = Desk::built();
    let source = desk.repository.read(FILE);
    desk.does(&["set", "staging", "postgres-auth", "password"], CANARY.as_bytes(), &["changed"]);
    let copy = desk.repository.read(FILE);
    desk.repository.write(FILE, source);
    desk.repository.write(COPY, &copy);
    (desk, copy)
}

#[test]
fn an_edited_copy_becomes_the_source() {
    for arguments in [vec!["adopt", "staging"], vec!["adopt", "staging", "postgres-auth"], vec!["adopt", COPY]] {
        let (desk, copy) = edited();
        desk.does(&arguments, b"", &[&format!("{FILE}: taken from {COPY}"), "gen build staging"]);
        assert_eq!(desk.repository.read(FILE), copy);
        let built = desk.repository.gen_(&["build", "staging"]);
        assert_eq!((built.code, built.stderr.as_str()), (0, ""), "{}", built.stdout);
        assert_eq!(desk.repository.read(COPY), copy);
        let check = desk.repository.gen_(&["check", "staging"]);
        assert_eq!((check.code, check.stderr.as_str()), (0, ""), "{}", check.stdout);
        desk.does(&["adopt", "staging"], b"", &["nothing to take back"]);
    }
}

#[test]
fn a_source_that_is_newer_or_gone_is_no_conflict() {
    let desk = Desk::built();
    desk.does(&["set", "staging", "postgres-auth", "password"], CANARY.as_bytes(), &["changed"]);
    let newer = desk.repository.read(FILE);
    desk.does(&["adopt", "staging"], b"", &["nothing to take back"]);
    assert_eq!(desk.repository.read(FILE), newer);
    let (desk, copy) = edited();
    desk.repository.remove(FILE);
    desk.does(&["adopt", "staging"], b"", &["taken from"]);
    assert_eq!(desk.repository.read(FILE), copy);
}

#[test]
fn without_a_key_it_is_taken_and_that_is_told() {
    let (desk, copy) = edited();
    let desk = desk.keyless();
    desk.does(&["adopt", "staging"], b"", &["its seal was not checked"]);
    assert_eq!(desk.repository.read(FILE), copy);
}

#[test]
fn two_edits_are_both_named() {
    let (desk, _) = edited();
    desk.does(&["set", "staging", "postgres-auth", "replication-password"], CANARY.as_bytes(), &["changed"]);
    desk.refuses(&["adopt", "staging"], b"", 1, &["both-changed", FILE, COPY, "gen secret edit"]);
}

#[test]
fn what_is_no_sound_sealed_file_is_not_taken() {
    let (desk, copy) = edited();
    let cases = [
        (copy.replace("  password:", "  passwort:"), "tampered-secret"),
        (copy.replace("  password: ENC", "  password: hunter2 # ENC"), "is in plain text"),
        (copy.replace("name: postgres-auth", "name: other"), "secret-mismatch"),
        (copy.replace("kind: Secret", "kind: ConfigMap"), "not-a-secret"),
        (format!("{copy}<<<<<<< HEAD\n=======\n>>>>>>> x\n"), COPY),
        (String::new(), "empty-file"),
    ];
    for (text, expected) in cases {
        desk.repository.write(COPY, text);
        desk.refuses(&["adopt", "staging"], b"", 1, &[expected]);
    }
}

#[test]
fn a_recipient_that_nobody_declared_is_not_let_in() {
    let (desk, copy) = edited();
    desk.repository.edit(
        "environments/base.yaml",
        "    flux: age1z55faqu8yxl4ld975lajfra43fjrychjjhyxsp5vh38max58mqrsexth07\n",
        "",
    );
    desk.refuses(&["adopt", "staging"], b"", 1, &["wrong-recipient", "age1z55f", "git log"]);
    assert_eq!(desk.repository.read(COPY), copy);
}

#[test]
fn without_a_lock_nobody_can_tell_who_edited() {
    let (desk, _) = edited();
    let lock = desk.repository.read("gitops/staging/gen.lock");
    desk.repository.write("gitops/staging/gen.lock", format!("<<<<<<< HEAD\n{lock}=======\n>>>>>>> x\n"));
    desk.refuses(&["adopt", "staging"], b"", 2, &["merge-conflict markers", "git checkout --ours"]);
    desk.repository.remove("gitops/staging/gen.lock");
    desk.refuses(&["adopt", "staging"], b"", 2, &["gen build staging"]);
}

#[test]
fn names_and_paths_that_mean_no_copy_are_told() {
    let (desk, _) = edited();
    desk.refuses(&["adopt", "staging", "postgres-aut"], b"", 2, &["did you mean `postgres-auth`?"]);
    desk.refuses(&["adopt", "stagin"], b"", 2, &["did you mean `staging`?"]);
    desk.refuses(&["adopt", FILE], b"", 2, &["no file below gitops/"]);
    desk.refuses(&["adopt", "gitops/staging/postgres/values.yaml"], b"", 2, &["no sealed copy"]);
    desk.refuses(&["adopt", "gitops/nowhere.sops.yaml"], b"", 2, &["no such file"]);
}
