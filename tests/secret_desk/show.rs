use std::fs;

use crate::desk::{Desk, FILE, PASSWORD};

#[test]
fn masked_needs_no_key_and_shows_no_value() {
    let desk = Desk::new().keyless();
    let shown = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: postgres-auth\n  namespace: viridial-staging\ntype: Opaque\nstringData:\n  \
                 postgres-password: '***'\n  password: '***'\n  replication-password: '***'\n";
    for arguments in [vec!["show", FILE], vec!["show", "staging", "postgres-auth"]] {
        let run = desk.run(&arguments, b"");
        assert_eq!((run.code, run.stdout.replace('"', "'").as_str()), (0, shown), "{}", run.stderr);
    }
    desk.does(&["show", "staging", "postgres-auth", "password"], b"", &["***\n"]);
    desk.does(&["show", FILE, "password"], b"", &["***\n"]);
    desk.refuses(&["show", FILE, "--reveal"], b"", 1, &["no-identity"]);
}

#[test]
fn revealed_is_what_sops_prints() {
    let desk = Desk::new();
    let shown = String::from_utf8(desk.reveal(&["show", FILE])).unwrap();
    assert!(shown.contains(&format!("\n  password: {PASSWORD}\n")) && !shown.contains("sops"), "{shown}");
    assert_eq!(desk.value("password"), PASSWORD.as_bytes());
    assert_eq!(desk.reveal(&["show", FILE, "metadata.name"]), b"postgres-auth");
}

#[test]
fn any_sealed_file_is_shown_also_outside_a_repository() {
    let desk = Desk::new();
    let file = desk.outside("other.yaml");
    fs::copy(desk.repository.path(FILE), &file).unwrap();
    desk.repository.remove("gen.yaml");
    let path = file.to_str().unwrap();
    desk.does(&["show", path], b"", &["kind: Secret", "***"]);
    assert_eq!(desk.reveal(&["show", path, "password"]), PASSWORD.as_bytes());
    desk.refuses(&["show", "staging", "postgres-auth"], b"", 2, &["gen.yaml"]);
}

#[test]
fn what_cannot_be_shown_is_told() {
    let desk = Desk::new();
    desk.refuses(&["show", "nowhere.yaml"], b"", 2, &["nowhere.yaml", "no such file"]);
    desk.refuses(&["show", "environments"], b"", 2, &["folder"]);
    desk.refuses(&["show", "environments/base.yaml"], b"", 1, &["not-sealed"]);
    desk.refuses(&["show", FILE, "passwort"], b"", 2, &["did you mean `password`?"]);
    desk.refuses(&["show", FILE, "zzz", "--reveal"], b"", 2, &["keys: postgres-password, password"]);
    desk.refuses(&["show", "staging", "nope"], b"", 2, &["nope.sops.yaml"]);
    desk.repository.write("plain.sops.yaml", "a: plain\nb: [\n");
    desk.refuses(&["show", "plain.sops.yaml"], b"", 1, &["plain.sops.yaml"]);
}
