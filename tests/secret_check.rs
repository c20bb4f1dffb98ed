//! `gen secret check`: each threat to sealed files made real, and seen; docs/security.md names these tests.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "bad_input/repository.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared between tests")]
mod repository;

use std::{fs, path::Path, process::Command};

use repository::{BASE, QA, Repository, Run, SECRET};

const QA_SECRET: &str = "environments/qa/secrets/postgres-auth.sops.yaml";

/// A repository with one commit.
struct World {
    repository: Repository,
}

impl World {
    fn new() -> World {
        let world = World { repository: Repository::new() };
        // It shares a sealed file with staging, which is told.
        world.repository.remove(QA);
        world.repository.remove(QA_SECRET);
        world.git(&["init", "-q"]);
        world.commit("first");
        world
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
        let done =
            Command::new("git").args(identity).args(arguments).current_dir(self.repository.root()).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let key = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/test-flux.agekey");
        let mut command = self.repository.command(arguments);
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("SOPS_AGE_KEY_FILE", key).env("HOME", "/nowhere");
        Run::of(command)
    }

    /// What `secret check` with these arguments finds above a note, `rule path` each; `.sops.yaml` aside, which no test here has.
    fn finds(&self, arguments: &[&str]) -> Vec<String> {
        let run = self.run(&[&["secret", "check", "--format", "json"], arguments].concat());
        let document: serde_json::Value =
            serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
        let text = |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap().to_owned();
        let findings = document["findings"].as_array().unwrap().iter();
        let told = findings.filter(|finding| finding["severity"] != "note" && finding["rule"] != "no-sops-rule");
        told.map(|finding| format!("{} {}", text(finding, "rule"), text(finding, "path"))).collect()
    }

    fn set(&self, value: &str) {
        use std::io::Write as _;
        let key = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/test-flux.agekey");
        let mut child = self
            .repository
            .command(&["secret", "set", "staging", "postgres-auth", "password"])
            .env("SOPS_AGE_KEY_FILE", key)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(value.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// The sealed text of a key of the staging Secret.
    fn leaf(&self, key: &str) -> String {
        let text = self.repository.read(SECRET);
        let line = text.lines().find(|line| line.starts_with(&format!("  {key}:"))).unwrap();
        line.split_once(": ").unwrap().1.to_owned()
    }
}

#[test]
fn sound_files_are_sound_however_they_are_looked_at() {
    let world = World::new();
    for arguments in [&[][..], &["staging"], &["--key"], &["--against", "HEAD"], &["environments"], &[SECRET, "--key"]]
    {
        assert_eq!(world.finds(arguments), Vec::<String>::new(), "{arguments:?}");
    }
    let run = world.run(&["secret", "check", "--key"]);
    assert!(run.stdout.contains("1 sealed file: opened, and the MAC fits"), "{}", run.stdout);
    assert!(world.run(&["secret", "check"]).stdout.contains("no MAC was checked"));
}

#[test]
fn a_block_that_the_selector_leaves_out_is_found() {
    let world = World::new();
    world.repository.edit(SECRET, "stringData:\n", "data:\n  token: aHVudGVyMg==\nstringData:\n");
    world.repository.edit(SECRET, "^(data|stringData)$", "^stringData$");
    assert_eq!(world.finds(&["staging"]), ["partially-encrypted data.token"]);
    for command in ["build", "check"] {
        assert_eq!(world.run(&[command, "staging"]).code, 1, "{command}");
    }
}

#[test]
fn a_selector_that_does_not_compile_or_fits_nothing_is_refused() {
    let world = World::new();
    let sound = world.repository.read(SECRET);
    for broken in ["^(data|stringData$", "^(data | stringData)$", "^Data$"] {
        world.repository.write(SECRET, sound.replace("^(data|stringData)$", broken));
        let found = world.finds(&["staging"]);
        assert!(found.contains(&"fake-envelope sops.encrypted_regex".to_owned()), "{broken}: {found:?}");
    }
}

#[test]
fn a_key_that_ends_in_unencrypted_is_found() {
    let world = World::new();
    world.repository.edit(SECRET, "encrypted_regex: ^(data|stringData)$", "unencrypted_suffix: _unencrypted");
    world.repository.edit(SECRET, "  password:", "  token_unencrypted: hunter2\n  password:");
    assert!(world.finds(&["staging"]).contains(&"partially-encrypted stringData.token_unencrypted".to_owned()));
}

#[test]
fn an_old_value_in_a_comment_is_told() {
    let world = World::new();
    world.repository.edit(SECRET, "stringData:\n", "stringData: # old: hunter2\n");
    assert_eq!(world.finds(&["staging"]), ["plaintext-comment "]);
}

#[test]
fn what_kubectl_exported_is_refused() {
    let world = World::new();
    let annotation =
        "  annotations: {kubectl.kubernetes.io/last-applied-configuration: hunter2}\n  name: postgres-auth";
    world.repository.edit(SECRET, "  name: postgres-auth", annotation);
    assert_eq!(world.finds(&["staging"]), ["unexpected-key metadata.annotations"]);
}

#[test]
fn a_plain_file_in_place_of_the_sealed_one_is_found() {
    let world = World::new();
    let plain = "apiVersion: v1\nkind: Secret\nmetadata: {name: postgres-auth}\nstringData: {password: hunter2}\n";
    world.repository.write(SECRET, plain);
    assert_eq!(world.finds(&["staging"]), ["plaintext-secret "]);
    assert_eq!(world.finds(&[SECRET]), ["plaintext-secret stringData.password"]);
}

#[test]
fn a_secret_in_another_place_is_found() {
    let world = World::new();
    world.repository.write(
        "gitops/hand.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {DB_PASSWORD: hunter2}\n",
    );
    assert_eq!(world.finds(&["gitops"]), ["plaintext-secret data.DB_PASSWORD"]);
}

#[test]
fn one_recipient_is_too_few_in_production() {
    let world = World::new();
    world.repository.edit(BASE, "    flux: age1z55faqu8yxl4ld975lajfra43fjrychjjhyxsp5vh38max58mqrsexth07\n", "");
    world.repository.edit(BASE, "kubernetes:", "profile: production\nkubernetes:");
    let found = world.finds(&["staging"]);
    assert_eq!(found, ["too-few-recipients secrets.recipients", "wrong-recipient secrets.recipients"]);
    assert_eq!(world.run(&["secret", "check", "staging"]).code, 1);
}

#[test]
fn other_recipients_than_declared_are_found() {
    let world = World::new();
    let extra = "    backup: age1lzd99uklcjnc0e7d860axevet2cz99ce9pq6tzuzd05l5nr28ams36nvun\n    flux:";
    world.repository.edit(BASE, "    flux:", extra);
    assert_eq!(world.finds(&["staging"]), ["wrong-recipient secrets.recipients"]);
    assert!(world.run(&["secret", "check", "staging"]).stdout.contains("`backup`"));
}

#[test]
fn a_key_of_another_service_is_no_recipient_of_the_environment() {
    let world = World::new();
    world.repository.edit(SECRET, "sops:\n", "sops:\n  hc_vault: [{vault_address: \"https://a\", enc: x}]\n");
    assert_eq!(world.finds(&["staging"]), ["wrong-recipient secrets.recipients"]);
    let run = world.run(&["secret", "check", "staging"]);
    assert!(run.stdout.contains("--rm-hc-vault-transit KEY"), "{}", run.stdout);
    assert_eq!(run.code, 1);
}

#[test]
fn what_is_seen_without_a_key_is_told_once_with_one() {
    let world = World::new();
    let sound = world.repository.read(SECRET);
    for (what, to, finding) in [
        ("stringData:\n", "stringData:\n  token: hunter2\n", "partially-encrypted stringData.token"),
        ("stringData:\n", "stringData:\n  token: ENC[hunter2\n", "fake-envelope stringData.token"),
        ("metadata:\n", "metadata: {}\nmetadata:\n", "duplicate-key "),
        ("  lastmodified:", "  last:", "fake-envelope sops.lastmodified"),
    ] {
        world.repository.edit(SECRET, what, to);
        for arguments in [&["staging", "--key"][..], &[SECRET, "--key"]] {
            assert_eq!(world.finds(arguments), [finding], "{arguments:?}");
        }
        world.repository.write(SECRET, &sound);
    }
}

#[test]
fn a_removed_recipient_who_keeps_the_data_key_is_told() {
    let world = World::new();
    let text = world.repository.read(SECRET);
    let (start, end) = (text.find("    - enc: |").unwrap(), text.rfind("    - enc: |").unwrap());
    world.repository.write(SECRET, format!("{}{}", &text[..start], &text[end..]));
    assert!(world.finds(&["staging", "--against", "HEAD"]).contains(&"kept-data-key sops.age".to_owned()));
}

#[test]
fn a_private_key_is_found_in_any_file() {
    for file in ["environments/keys.txt", "environments/staging/.hidden", "environments/staging/secrets/age.agekey"] {
        let world = World::new();
        world.repository.write(file, "# mine\nAGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ\n");
        assert!(world.finds(&["staging"]).contains(&"private-key-committed ".to_owned()), "{file}");
        for command in ["build", "check"] {
            let run = world.run(&[command, "staging"]);
            assert!(
                run.code == 1 && run.stdout.contains("private-key-committed") && !run.stdout.contains("KEY-1Q"),
                "{}",
                run.stdout
            );
        }
    }
    let world = World::new();
    world
        .repository
        .write("gitops/staging/id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n");
    assert!(world.finds(&["staging"]).contains(&"private-key-committed ".to_owned()));
}

#[test]
fn a_value_that_was_emptied_taken_out_or_changed_behind_the_mac_is_found() {
    let world = World::new();
    let sound = world.repository.read(SECRET);
    let password = world.leaf("password");
    for (broken, expected) in [
        (sound.replace(&password, "\"\""), "tampered-secret stringData.password"),
        (sound.replace(&format!("  password: {password}\n"), ""), "tampered-secret stringData.password"),
        (sound.replace("viridial-staging", "viridial-qa"), "tampered-secret metadata.namespace"),
        (sound.replace("kind: Secret", "kind: ConfigMap"), "tampered-secret kind"),
        (sound.replace("^(data|stringData)$", "^(stringData)$"), "tampered-secret sops.encrypted_regex"),
        (sound.replace("  password:", "  passwort:"), "tampered-secret stringData.passwort"),
    ] {
        world.repository.write(SECRET, broken);
        let found = world.finds(&["staging", "--against", "HEAD"]);
        assert!(found.contains(&expected.to_owned()), "{expected}: {found:?}");
    }
}

#[test]
fn an_older_value_that_was_put_back_is_found() {
    let world = World::new();
    let (old, whole) = (world.leaf("password"), world.repository.read(SECRET));
    world.set("a longer and newer password 4711");
    world.commit("second");
    let new = world.leaf("password");
    assert_ne!(old, new);
    world.repository.edit(SECRET, &new, &old);
    assert_eq!(world.finds(&["staging", "--against", "HEAD"]), ["tampered-secret stringData.password"]);
    // The whole file taken back is no forgery, and old credentials all the same.
    world.repository.write(SECRET, whole);
    assert_eq!(world.finds(&["staging", "--against", "HEAD"]), ["reverted-secret "]);
}

#[test]
fn a_change_with_the_key_is_no_tampering() {
    let world = World::new();
    world.set("a longer and newer password 4711");
    assert_eq!(world.finds(&["staging", "--against", "HEAD", "--key"]), Vec::<String>::new());
}

#[test]
fn a_value_that_was_copied_is_found() {
    let world = World::new();
    let password = world.leaf("password");
    world.repository.edit(SECRET, "  replication-password:", &format!("  other: {password}\n  replication-password:"));
    assert!(world.finds(&["staging"]).iter().any(|found| found.starts_with("tampered-secret stringData.")));
}

#[test]
fn a_mac_that_does_not_fit_is_found_with_a_key_only() {
    let world = World::new();
    world.repository.edit(SECRET, "type: Opaque", "type: example.org/other");
    assert!(!world.finds(&[SECRET]).iter().any(|found| found.starts_with("tampered-secret")));
    assert!(world.finds(&[SECRET, "--key"]).iter().any(|found| found.starts_with("tampered-secret")));
}

#[test]
fn without_a_fitting_key_nothing_is_claimed() {
    let world = World::new();
    let mut command = world.repository.command(&["secret", "check", SECRET, "--key"]);
    command.env("HOME", "/nowhere").env("SOPS_AGE_KEY_FILE", "/nowhere");
    let run = Run::of(command);
    assert!(run.stdout.contains("1 sealed file: not opened with the keys at hand"), "{}", run.stdout);
    assert!(run.stdout.contains("0 sealed files: opened"), "{}", run.stdout);
    // A pipeline whose key went missing must not be green.
    assert!(run.code == 1 && run.stdout.contains("error[no-identity]"), "{}", run.stdout);
}

#[test]
fn a_sealed_file_that_nothing_demands_is_a_warning() {
    let world = World::new();
    let old = world.repository.path("environments/staging/secrets/old.sops.yaml");
    fs::copy(world.repository.path(SECRET), old).unwrap();
    let found = world.finds(&["staging"]);
    assert!(found.contains(&"unused-secret ".to_owned()) && found.contains(&"copied-secret ".to_owned()), "{found:?}");
}

#[test]
fn a_copy_below_gitops_that_was_edited_there_is_looked_at() {
    let world = World::new();
    assert_eq!(world.run(&["build", "staging"]).code, 0);
    let copy = "gitops/staging/postgres/postgres-auth.sops.yaml";
    let password = world.leaf("password");
    world.repository.edit(copy, &password, "hunter2");
    assert_eq!(world.finds(&["staging"]), ["partially-encrypted stringData.password"]);
}

#[test]
fn what_cannot_be_done_is_said() {
    let world = World::new();
    for (arguments, said) in [
        (&["nowhere"][..], "nowhere"),
        (&["environments/nowhere.yaml"], "nowhere.yaml"),
        (&["--against", "nowhere"], "no such commit"),
    ] {
        let run = world.run(&[&["secret", "check"], arguments].concat());
        assert!(run.code == 2 && run.stderr.contains(said), "{arguments:?}: {} {}", run.stdout, run.stderr);
    }
}

#[test]
fn a_copy_and_its_source_share_their_values() {
    let world = World::new();
    assert_eq!(world.run(&["build", "staging"]).code, 0);
    world.set("Thai9ohw3eiZeel0ahch");
    assert_eq!(world.finds(&["staging", "--key"]), Vec::<String>::new());
}

#[test]
fn an_envelope_that_nobody_can_open_is_found_without_a_key() {
    let world = World::new();
    let text = world.repository.read(SECRET);
    let end = text.find("-----END AGE").unwrap();
    let last = text[..end].trim_end().rfind('\n').unwrap();
    world.repository.write(SECRET, format!("{}\n        {}", &text[..last], &text[end..]));
    let found = world.finds(&["staging"]);
    assert!(found.iter().any(|found| found.starts_with("fake-envelope sops.age")), "{found:?}");
    let version = text.lines().find(|line| line.starts_with("  version:")).unwrap();
    world.repository.write(SECRET, text.replace(version, "  version: 4.0.0"));
    assert_eq!(world.finds(&["staging"]), ["fake-envelope sops.version"]);
}

#[test]
fn the_sides_of_a_merge_are_taken_whole() {
    let world = World::new();
    let password = world.leaf("password");
    let both = format!("{password}\n=======\n  password: {password}\n>>>>>>> theirs");
    world.repository.edit(SECRET, &format!("  password: {password}"), &format!("<<<<<<< ours\n  password: {both}"));
    let run = world.run(&["secret", "check"]);
    assert!(run.code == 1 && run.stdout.contains(&format!("git checkout --ours -- {SECRET}")), "{}", run.stdout);
}
