//! What gen wrote, under the real sops. `tests/peers/test.sh` runs these.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::desk::{CANARY, COPY, Desk, FILE, PASSWORD};

/// The real sops with the desk's variables; `None`, and a loud word, where it was not built.
fn sops(desk: &Desk, arguments: &[&str]) -> Option<Output> {
    let peers =
        env::var_os("GEN_PEERS").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".peers"), PathBuf::from);
    let program = peers.join("bin/sops");
    if !program.exists() {
        io::stderr().write_all(b"PASSED OVER: sops (just peers builds it)\n").unwrap();
        return None;
    }
    let mut command = Command::new(program);
    command.args(arguments).current_dir(desk.repository.root()).env_clear();
    Some(command.envs(desk.variables.iter().map(|(name, value)| (name, value))).output().unwrap())
}

/// What sops prints of a file, in gen's indentation.
fn decrypted(desk: &Desk, file: &str) -> Option<Vec<u8>> {
    let output = sops(desk, &["--indent", "2", "decrypt", file])?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

#[test]
#[ignore = "needs sops: just test-peers"]
fn show_prints_what_sops_prints_after_each_command() {
    let mut desk = Desk::built();
    let same = |desk: &Desk, file: &str| {
        if let Some(expected) = decrypted(desk, file) {
            assert_eq!(String::from_utf8(desk.reveal(&["show", file])), String::from_utf8(expected));
        }
    };
    same(&desk, FILE);
    desk.does(&["set", "staging", "postgres-auth", "password"], b"a\nb: \xc3\xa4 'x' \"y\"\n", &["changed"]);
    same(&desk, FILE);
    desk.does(&["set", "staging", "postgres-auth", "raw"], b"\xff", &["added"]);
    same(&desk, FILE);
    desk.editor("sed -i 's/^stringData:/stringData:\\n  # sealed too: x\\n  more: \"012\"/' \"$1\"");
    desk.does(&["edit", FILE], b"", &["changed"]);
    same(&desk, FILE);
    desk.does(&["import", "staging", "app", "-"], format!("A='{CANARY}\nx'\nB=1e3\nC=yes\n").as_bytes(), &["sealed"]);
    same(&desk, "environments/staging/secrets/app.sops.yaml");
}

#[test]
#[ignore = "needs sops: just test-peers"]
fn what_sops_edits_under_gitops_is_adopted() {
    let desk = Desk::built();
    let Some(output) = sops(&desk, &["set", COPY, "[\"stringData\"][\"password\"]", &format!("{CANARY:?}")]) else {
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    desk.does(&["adopt", "staging"], b"", &["taken from"]);
    assert_eq!(desk.value("password"), CANARY.as_bytes());
    assert_eq!(fs::read(desk.repository.path(FILE)).unwrap(), fs::read(desk.repository.path(COPY)).unwrap());
}

#[test]
#[ignore = "needs sops: just test-peers"]
fn both_find_the_key_in_the_same_places() {
    let private = fs::read_to_string(crate::desk::key_file("test-platform.agekey")).unwrap();
    let line = private.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1")).unwrap().to_owned();
    let key = crate::desk::key_file("test-platform.agekey").to_str().unwrap().to_owned();
    let cases: [(&str, String); 5] = [
        ("SOPS_AGE_KEY", line.clone()),
        ("SOPS_AGE_KEY", format!("# mine\n{line} {line}\n")),
        ("SOPS_AGE_KEY_FILE", key.clone()),
        ("SOPS_AGE_KEY_CMD", format!("cat \"{key}\"")),
        (
            "SOPS_AGE_KEY_CMD",
            format!("sh -c 'test \"${{SOPS_AGE_RECIPIENT#age19y5}}\" != \"$SOPS_AGE_RECIPIENT\" && cat {key}'"),
        ),
    ];
    for (name, value) in cases {
        let mut desk = Desk::new().keyless();
        desk.set(name, value);
        let Some(shown) = decrypted(&desk, FILE) else { return };
        assert!(String::from_utf8_lossy(&shown).contains(PASSWORD));
        assert_eq!(desk.value("password"), PASSWORD.as_bytes(), "{name}");
    }
    for place in [".config/sops/age/keys.txt", "elsewhere/sops/age/keys.txt"] {
        let mut desk = Desk::new().keyless();
        let file = desk.outside(place);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &private).unwrap();
        if place.starts_with("elsewhere") {
            desk.set("XDG_CONFIG_HOME", desk.outside("elsewhere").to_str().unwrap());
        }
        assert!(decrypted(&desk, FILE).is_none_or(|shown| String::from_utf8_lossy(&shown).contains(PASSWORD)));
        assert_eq!(desk.value("password"), PASSWORD.as_bytes(), "{place}");
    }
    let mut desk = Desk::new().keyless();
    let file = desk.outside("spaced");
    fs::write(&file, format!(" {line}\n")).unwrap();
    desk.set("SOPS_AGE_KEY_FILE", file.to_str().unwrap());
    assert!(sops(&desk, &["decrypt", FILE]).is_none_or(|output| !output.status.success()));
    desk.refuses(&["show", FILE, "--reveal"], b"", 1, &["line 1"]);
}
