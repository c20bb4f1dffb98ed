use crate::desk::{CANARY, Desk, FILE, PASSWORD};

const SET: [&str; 4] = ["set", "staging", "postgres-auth", "password"];

#[test]
fn a_value_is_changed_where_it_stands_and_nothing_else_is() {
    let desk = Desk::new();
    let before = desk.repository.read(FILE);
    desk.does(&SET, format!("{CANARY}\n").as_bytes(), &["`password` is changed", "README", "gen build staging"]);
    assert_eq!(desk.value("password"), CANARY.as_bytes());
    let after = desk.repository.read(FILE);
    let changed: Vec<&str> =
        before.lines().zip(after.lines()).filter(|(old, new)| old != new).map(|(old, _)| old.trim()).collect();
    assert_eq!(changed.len(), 3, "{changed:?}");
    for (line, start) in changed.iter().zip(["password:", "lastmodified:", "mac:"]) {
        assert!(line.starts_with(start), "{line}");
    }
    desk.does(&SET, CANARY.as_bytes(), &["that value already"]);
    assert_eq!(desk.repository.read(FILE), after);
}

#[test]
fn exactly_what_came_in_is_kept() {
    let desk = Desk::new();
    let values: [(&[u8], &[u8]); 6] = [
        (b"a\n\n", b"a\n"),
        (b" a \r\n", b" a "),
        (b"5", b"5"),
        (b"true", b"true"),
        (
            "-----BEGIN X-----\n\u{e4}\t\u{7f}\n-----END X-----".as_bytes(),
            "-----BEGIN X-----\n\u{e4}\t\u{7f}\n-----END X-----".as_bytes(),
        ),
        (b"\xff\x00\n", b"\xff\x00"),
    ];
    for (given, kept) in values {
        desk.does(&SET, given, &["`password` is changed"]);
        assert_eq!(desk.value("password"), kept);
    }
}

#[test]
fn a_key_that_no_service_asks_for_is_told() {
    let desk = Desk::new();
    desk.does(&["set", "staging", "postgres-auth", "pasword"], b"x", &["is added", "did you mean `password`?"]);
    assert_eq!((desk.value("pasword"), desk.value("password")), (b"x".to_vec(), PASSWORD.as_bytes().to_vec()));
}

#[test]
fn what_cannot_be_set_is_told_and_changes_nothing() {
    let desk = Desk::new();
    desk.refuses(&["set", "stagin", "postgres-auth", "a"], b"x", 2, &["did you mean `staging`?"]);
    desk.refuses(&["set", "staging", "postgres-aut", "a"], b"x", 2, &["did you mean `postgres-auth`?"]);
    desk.refuses(
        &["set", "staging", "other", "a"],
        b"x",
        2,
        &["secrets/other.sops.yaml", "gen secret generate staging", "import"],
    );
    desk.refuses(&["set", "staging", "postgres-auth", "a b"], b"x", 2, &["`a b` is no key"]);
    desk.refuses(&SET, b"", 2, &["empty", "nothing is changed"]);
    desk.refuses(&SET, b"\n", 2, &["empty"]);
    desk.refuses(&SET, &vec![b'x'; (1 << 20) + 1], 2, &["1 MiB"]);
    // The value is never an argument.
    desk.refuses(&["set", "staging", "postgres-auth", "password", "x"], b"", 2, &["unexpected argument"]);
}

#[test]
fn without_the_right_key_nothing_is_set() {
    let desk = Desk::new().keyless();
    let recipient = "age19y5gw76lhk5ghchsr3ju2m9etj7ggcn97sddmum0y25xde8n75asxf2mh0";
    desk.refuses(&SET, CANARY.as_bytes(), 1, &["no-identity", recipient, "SOPS_AGE_KEY_CMD", "keys.txt"]);
    let mut desk = Desk::new();
    desk.set("SOPS_AGE_KEY_FILE", "/nowhere");
    desk.refuses(&SET, CANARY.as_bytes(), 1, &["no-identity", "SOPS_AGE_KEY_FILE (/nowhere)"]);
}

#[test]
fn a_damaged_file_is_not_made_worse() {
    let desk = Desk::new();
    let sound = desk.repository.read(FILE);
    let damaged = [
        (sound.replace("  password:", "  passwort:"), "tampered-secret"),
        (sound.replace("  password:", "  password: hunter2 #"), "partially-encrypted"),
        (format!("{sound}<<<<<<< HEAD\n=======\n>>>>>>> x\n"), "merge"),
        (sound.replace("sops:", "soaps:"), "not-sealed"),
        (String::new(), FILE),
        ("kind: Secret\n".to_owned(), "not-sealed"),
    ];
    for (text, expected) in damaged {
        desk.repository.write(FILE, &text);
        desk.refuses(&SET, CANARY.as_bytes(), 1, &[expected]);
    }
}
