use crate::desk::{CANARY, COPY, Desk, FILE, PASSWORD};

const EDIT: [&str; 3] = ["edit", "staging", "postgres-auth"];

#[test]
fn an_edit_is_sealed_and_unchanged_values_keep_their_ciphertext() {
    let mut desk = Desk::new();
    desk.editor(&format!("sed -i 's/{PASSWORD}/{CANARY}/' \"$1\"; echo swap >\"$(dirname \"$1\")/.swp\""));
    let before = desk.repository.read(FILE);
    desk.does(&EDIT, b"", &["changed", "gen build staging"]);
    assert_eq!(desk.value("password"), CANARY.as_bytes());
    let line = |text: &str| text.lines().find(|line| line.contains("replication-password")).unwrap().to_owned();
    assert_eq!(line(&before), line(&desk.repository.read(FILE)));
}

#[test]
fn the_plain_file_lies_in_memory_and_only_its_owner_can_see_it() {
    let mut desk = Desk::new();
    let seen = desk.outside("seen");
    desk.editor(&format!(
        "{{ stat -c %a \"$(dirname \"$1\")\" \"$1\"; stat -f -c %T \"$1\"; basename \"$1\"; ulimit -c; }} >{}",
        seen.display()
    ));
    desk.does(&EDIT, b"", &["unchanged, nothing was written"]);
    assert_eq!(std::fs::read_to_string(seen).unwrap(), "700\n600\ntmpfs\npostgres-auth.sops.yaml\n0\n");
}

#[test]
fn any_sealed_file_can_be_edited() {
    let mut desk = Desk::new();
    desk.editor(&format!("sed -i 's/{PASSWORD}/{CANARY}/' \"$1\""));
    let path = desk.outside("other.yaml");
    std::fs::copy(desk.repository.path(FILE), &path).unwrap();
    let path = path.to_str().unwrap().to_owned();
    desk.does(&["edit", &path], b"", &["other.yaml: changed"]);
    assert_eq!(desk.reveal(&["show", &path, "password"]), CANARY.as_bytes());
}

#[test]
fn an_environment_alone_is_no_file() {
    Desk::new().refuses(&["edit", "staging"], b"", 2, &["which Secret of `staging`?", "postgres-auth"]);
}

#[test]
fn the_editor_is_that_of_sops() {
    let mut desk = Desk::new();
    desk.editor("false");
    desk.set("SOPS_EDITOR", "sh -c 'echo \"#  a comment\" >>\"$0\"'");
    desk.set("VISUAL", "false");
    desk.does(&EDIT, b"", &["changed"]);
    desk.set("SOPS_EDITOR", "");
    desk.refuses(&EDIT, b"", 2, &["nothing is changed", "failed"]);
    desk.set("SOPS_EDITOR", "nowhere-such-editor");
    desk.refuses(&EDIT, b"", 2, &["nowhere-such-editor", "no such program"]);
    desk.set("SOPS_EDITOR", "sh -c 'open");
    desk.refuses(&EDIT, b"", 2, &["SOPS_EDITOR", "quote"]);
    desk.set("SOPS_EDITOR", "");
    desk.set("EDITOR", "");
    desk.set("PATH", "/nowhere");
    desk.refuses(&EDIT, b"", 2, &["no editor", "EDITOR=nano"]);
}

#[test]
fn vim_is_kept_from_writing_elsewhere() {
    let mut desk = Desk::new();
    let folder = desk.outside("bin");
    std::fs::create_dir(&folder).unwrap();
    desk.editor(&format!("printf '%s ' \"$@\" >{}", desk.outside("said").display()));
    std::fs::rename(desk.outside("editor"), folder.join("vim")).unwrap();
    desk.set("EDITOR", folder.join("vim").to_str().unwrap());
    desk.does(&EDIT, b"", &["unchanged"]);
    let said = std::fs::read_to_string(desk.outside("said")).unwrap();
    for wanted in ["-n", "-i NONE", "noundofile"] {
        assert!(said.contains(wanted), "{said}");
    }
}

#[test]
fn what_cannot_be_sealed_is_told_and_nothing_is_written() {
    let mut desk = Desk::new();
    let cases = [
        (format!("echo 'x: [{CANARY}' >>\"$1\""), "nothing was written"),
        (format!("echo '{CANARY}: b' >\"$1\""), "not-a-secret"),
        ("echo '  more: 5' >>\"$1\"".to_owned(), "sealed-not-text"),
        (format!("echo '# old: {CANARY}' >>\"$1\""), "plaintext-comment"),
        ("sed -i 's/^stringData:/data2:/' \"$1\"".to_owned(), "unexpected-key"),
        ("echo 'sops: {}' >>\"$1\"".to_owned(), "sops"),
        (": >\"$1\"".to_owned(), "nothing was written"),
        ("echo '---' >>\"$1\"; echo 'a: b' >>\"$1\"".to_owned(), "several-documents"),
    ];
    for (script, expected) in cases {
        desk.editor(&script);
        desk.refuses(&EDIT, b"", 1, &[expected]);
    }
    desk.editor("rm \"$1\"");
    desk.refuses(&EDIT, b"", 2, &["cannot read"]);
    desk.editor(&format!("sed -i 's/{PASSWORD}/{CANARY}/' \"$1\"; exit 3"));
    desk.refuses(&EDIT, b"", 2, &["nothing is changed", "exit status: 3"]);
}

#[test]
fn an_edit_is_not_lost_where_somebody_else_was_faster() {
    let mut desk = Desk::new();
    let file = desk.repository.path(FILE);
    desk.editor(&format!("sed -i 's/{PASSWORD}/{CANARY}/' \"$1\"; echo '# theirs' >>{}", file.display()));
    let run = desk.run(&EDIT, b"");
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("it changed while gen worked on it") && run.stderr.contains(".edited"),
        "{}",
        run.stderr
    );
    assert!(desk.repository.read(FILE).ends_with("# theirs\n"));
    let kept = desk.repository.path(&format!("{FILE}.edited"));
    assert_eq!(desk.reveal(&["show", kept.to_str().unwrap(), "password"]), CANARY.as_bytes());
}

#[test]
fn a_copy_is_edited_at_its_source() {
    let mut desk = Desk::built();
    desk.editor("true");
    desk.refuses(&["edit", COPY], b"", 2, &["is a copy", &format!("gen secret edit {FILE}")]);
    desk.refuses(&["edit", "environments/base.yaml"], b"", 1, &["not-sealed"]);
    let desk = desk.keyless();
    desk.refuses(&EDIT, b"", 1, &["no-identity"]);
}
