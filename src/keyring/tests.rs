use std::{ffi::OsString, fs, os::unix::ffi::OsStringExt as _, path::Path, time::SystemTime};

use super::{Keyring, place};
use crate::{
    plain::Plain,
    sops::{Identity, Sealed, Selector, seal},
    yaml::{
        FileId, Source,
        typed::{Stream, Tree},
    },
};

/// An SSH key made by `ssh-keygen -t ed25519 -N ''` for this test.
const SSH: &str = include_str!("tests/id_ed25519");
const SSH_PUBLIC: &str = include_str!("tests/id_ed25519.pub");

struct Home {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, OsString)>,
}

impl Home {
    fn new() -> Home {
        let folder = tempfile::tempdir().unwrap();
        let variables = vec![("HOME", folder.path().as_os_str().to_owned())];
        Home { folder, variables }
    }

    fn set(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.into()));
    }

    fn write(&self, path: &str, text: &Plain) -> String {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text.expose()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn gather(&self, recipients: &[&str]) -> Keyring {
        let find = |name: &str| self.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        Keyring::from(&find, recipients)
    }
}

fn key() -> (Plain, String) {
    let identity = Identity::generate();
    (identity.private_line().unwrap(), identity.recipient().unwrap())
}

fn joined(parts: &[&[u8]]) -> Plain {
    Plain::new(parts.concat())
}

fn sealed(recipients: &[&str]) -> String {
    let secret = Tree::map([("stringData", Tree::map([("password", Tree::text("hunter2"))]))]);
    seal(Stream::of(secret), recipients, &Selector::of_secrets(), SystemTime::now()).unwrap()
}

fn parsed(text: &str) -> Sealed {
    Sealed::parse(Source { id: FileId(0), name: "f.sops.yaml", bytes: text.as_bytes() }).ok().unwrap()
}

fn opens(keyring: &Keyring, recipient: &str) -> bool {
    keyring.open("f", &parsed(&sealed(&[recipient]))).is_ok()
}

/// The message and the help.
fn refusal(keyring: &Keyring, text: &str) -> (&'static str, String, String) {
    let finding = keyring.open("f.sops.yaml", &parsed(text)).err().unwrap();
    let all = format!("{finding:?}");
    assert!(!all.contains("hunter2") && !all.to_uppercase().contains("AGE-SECRET-KEY-1"), "{all}");
    (finding.rule, finding.message, finding.help)
}

#[test]
fn every_place_of_sops_is_looked_at() {
    let mut home = Home::new();
    let keys: Vec<(Plain, String)> = (0..6).map(|_| key()).collect();
    let line = |at: usize| keys[at].0.expose();
    let several = joined(&[b"# two on a line\n", line(0), b" ", line(1), b"\n", line(2)]);
    home.set("SOPS_AGE_KEY", OsString::from_vec(several.expose().to_vec()));
    let named = home.write("named.txt", &joined(&[b"# created: today\n# public key: x\n\n", line(3), b"\n"]));
    home.set("SOPS_AGE_KEY_FILE", named);
    let printed = home.write("printed.txt", &joined(&[line(4), b"\n"]));
    home.set("SOPS_AGE_KEY_CMD", format!("cat '{printed}'"));
    home.write(".config/sops/age/keys.txt", &keys[5].0);
    home.write(".ssh/id_ed25519", &Plain::from(SSH));
    let keyring = home.gather(&[&keys[4].1]);
    for (_, recipient) in &keys {
        assert!(opens(&keyring, recipient), "{recipient}");
    }
    assert!(opens(&keyring, SSH_PUBLIC.trim()));
    assert_eq!(keyring.recipients().len(), 6);
    assert!(!opens(&keyring, &key().1));
}

#[test]
fn ssh_keys_come_from_variables_too() {
    for variable in ["SOPS_AGE_SSH_PRIVATE_KEY_FILE", "SOPS_AGE_SSH_PRIVATE_KEY_CMD"] {
        let mut home = Home::new();
        let file = home.write("own", &Plain::from(SSH));
        home.set(variable, if variable.ends_with("CMD") { format!("cat {file}") } else { file });
        assert!(opens(&home.gather(&[SSH_PUBLIC.trim()]), SSH_PUBLIC.trim()), "{variable}");
    }
}

#[test]
fn the_folder_of_configurations_may_lie_elsewhere() {
    let find = |variables: &[(&str, &str)], name: &str| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(*value))
    };
    let file = |variables: &[(&str, &str)]| place::default_file_of(&|name| find(variables, name));
    let path = |path: &str| Some(Path::new(path).to_path_buf());
    assert_eq!(file(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")]), path("/x/sops/age/keys.txt"));
    #[cfg(target_os = "linux")]
    for other in ["", "relative"] {
        assert_eq!(file(&[("HOME", "/h"), ("XDG_CONFIG_HOME", other)]), path("/h/.config/sops/age/keys.txt"));
    }
    assert_eq!(file(&[]), None);
}

#[test]
fn a_command_is_asked_about_each_recipient_once_and_told_which() {
    let mut home = Home::new();
    let (first, second) = (key(), key());
    home.write(&format!("keys/{}", second.1), &second.0);
    let folder = home.folder.path().to_str().unwrap();
    let script = format!("echo x >>{folder}/asked; cat {folder}/keys/$SOPS_AGE_RECIPIENT");
    home.set("SOPS_AGE_KEY_CMD", format!("sh -c '{script}'"));
    let keyring = home.gather(&[&first.1]);
    let asked = || fs::read_to_string(home.folder.path().join("asked")).unwrap().lines().count();
    assert_eq!(asked(), 1);
    let text = sealed(&[&first.1, &second.1]);
    for _ in 0..3 {
        assert!(keyring.open("f", &parsed(&text)).is_ok());
    }
    assert_eq!(asked(), 2);
}

#[test]
fn a_source_that_fails_is_named_only_where_nothing_opens_the_file() {
    let mut home = Home::new();
    let (mine, theirs) = (key(), key());
    home.set("SOPS_AGE_KEY", OsString::from_vec(mine.0.expose().to_vec()));
    home.set("SOPS_AGE_KEY_FILE", "/nowhere/keys.txt");
    home.set("SOPS_AGE_KEY_CMD", "false");
    home.set("SOPS_AGE_SSH_PRIVATE_KEY_CMD", "open 'quote");
    home.write(".ssh/id_rsa", &Plain::from("hunter2"));
    let keyring = home.gather(&[&theirs.1]);
    assert!(opens(&keyring, &mine.1));
    let (rule, message, help) = refusal(&keyring, &sealed(&[&theirs.1]));
    assert_eq!(rule, "wrong-identity");
    let named = [
        "SOPS_AGE_KEY_FILE (/nowhere/keys.txt): ",
        "SOPS_AGE_KEY_CMD: it failed",
        "a quote left open",
        "~/.ssh/id_rsa: ",
    ];
    for part in [&mine.1, &theirs.1].into_iter().map(String::as_str).chain(named) {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(help.contains("gen secret rekey"), "{help}");
}

#[test]
fn without_an_identity_the_places_and_the_recipients_are_told() {
    let home = Home::new();
    let (_, theirs) = key();
    let (rule, message, help) = refusal(&home.gather(&[&theirs]), &sealed(&[&theirs]));
    assert_eq!(rule, "no-identity");
    assert!(message.contains(&theirs), "{message}");
    for place in
        ["SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY_CMD", "~/.config/sops/age/keys.txt", "~/.ssh/id_ed25519"]
    {
        assert!(help.contains(place), "{place}: {help}");
    }
}

#[test]
fn a_file_with_a_passphrase_and_one_that_is_no_key_file_are_told() {
    let (_, theirs) = key();
    let cases = [
        ("-----BEGIN AGE ENCRYPTED FILE-----\nhunter2\n", "passphrase"),
        ("age-encryption.org/v1\n-> scrypt x 18\nhunter2", "passphrase"),
        ("password: hunter2\n", "line 1"),
        ("# c\n AGE-SECRET-KEY-1ABC\n", "line 2"),
        ("AGE-PLUGIN-YUBIKEY-1QQQ\n", "plugin"),
    ];
    for (text, expected) in cases {
        let mut home = Home::new();
        let file = home.write("keys", &Plain::from(text));
        home.set("SOPS_AGE_KEY_FILE", file);
        let (_, message, _) = refusal(&home.gather(&[&theirs]), &sealed(&[&theirs]));
        assert!(message.contains(expected), "{expected}: {message}");
    }
}

#[test]
fn damage_is_told_with_the_way_back() {
    let mut home = Home::new();
    let (mine, recipient) = key();
    home.set("SOPS_AGE_KEY", OsString::from_vec(mine.expose().to_vec()));
    let keyring = home.gather(&[&recipient]);
    let text = sealed(&[&recipient]);
    let line = |start: &str| text.lines().find(|line| line.trim_start().starts_with(start)).unwrap().to_owned();
    let value = line("password:");
    let renamed = text.replace("password:", "passwort:");
    let gone = text.replace(&format!("{value}\n"), "").replace("stringData:", "stringData: {}");
    let armor = text.lines().position(|line| line.contains("BEGIN AGE")).unwrap();
    let cut: Vec<&str> = text.lines().enumerate().filter(|(at, _)| *at != armor + 2).map(|(_, line)| line).collect();
    let cases = [
        (renamed, "tampered-secret", "its own seal", "git restore"),
        (gone, "tampered-secret", "Renovate", "never use --ignore-mac"),
        (cut.join("\n"), "broken-envelope", "damaged", "git restore"),
        (text.replace(&value, "    password: plain"), "partially-encrypted", "plain text", "gen secret edit"),
    ];
    for (text, expected, message, help) in cases {
        let (rule, said, way) = refusal(&keyring, &text);
        assert_eq!(rule, expected, "{said}");
        assert!(said.contains(message) && way.contains(help), "{said}\n{way}");
    }
}
