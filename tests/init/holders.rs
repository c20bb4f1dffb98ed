//! `gen secret init`: one more holder.

use std::fs;

use crate::World;

fn public(file: &std::path::Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned()
}

#[test]
fn a_new_person_joins_with_one_line() {
    let world = World::ready();
    let before = world.read("environments/staging.yaml");
    let file = world.home().join("bob/keys.txt");
    let path = file.to_str().unwrap();
    let said = world.good(&["secret", "init", "staging", "--holder", "bob", "--identity", path]);
    let key = public(&file);
    let after = world.read("environments/staging.yaml");
    let added: Vec<&str> = after.lines().filter(|line| !before.contains(line)).collect();
    assert_eq!(added, [format!("    bob: {key}")]);
    assert_eq!(after.len(), before.len() + added[0].len() + 1);
    for words in [path, "made", &key, "gen secret rekey staging", ".sops.yaml: updated"] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    assert!(world.read(".sops.yaml").contains(&key));
    world.keeps_its_secrets(&said);
    // Again: nothing changes.
    let files = world.files(&world.root());
    let said = world.good(&["secret", "init", "staging", "--holder", "bob", "--identity", path]);
    assert!(said.contains("used as it is") && said.contains("already, as `bob`"), "{said}");
    assert_eq!(world.files(&world.root()), files);
}

#[test]
fn one_environment_needs_no_name_and_several_do() {
    let world = World::ready();
    assert!(world.good(&["secret", "init"]).contains("already, as `ann`"));
    world.good(&["init", "--environment", "production"]);
    let run = world.gen_(&["secret", "init"]);
    assert!(run.code == 2 && run.stderr.contains("There are production, staging"), "{}", run.stderr);
    let run = world.gen_(&["secret", "init", "stagin"]);
    assert!(run.code == 2 && run.stderr.contains("did you mean `staging`?"), "{}", run.stderr);
}

#[test]
fn a_holder_with_another_key_is_not_replaced() {
    let world = World::ready();
    let files = world.files(&world.root());
    let file = world.home().join("other.txt");
    let run = world.gen_(&["secret", "init", "--identity", file.to_str().unwrap()]);
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("error[holder-taken]") && run.stdout.contains("environments/staging.yaml:"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.ends_with("nothing was written\n") && !file.exists());
    assert_eq!(world.files(&world.root()), files);
}

#[test]
fn a_file_that_gen_does_not_edit_gets_its_line_said() {
    let world = World::ready();
    let text = world.read("environments/staging.yaml");
    let (above, below) = text.split_once("secrets:\n").unwrap();
    let (block, rest) = below.split_once("\nservices").unwrap();
    world.write("environments/base.yaml", &format!("{}secrets:\n{block}", world.read("environments/base.yaml")));
    // Nothing can follow the mark of a document's end.
    world.write("environments/staging.yaml", &format!("{above}services{rest}...\n"));
    let before = world.files(&world.root());
    let file = world.home().join("bob.txt");
    let arguments = ["secret", "init", "--holder", "bob", "--identity", file.to_str().unwrap()];
    let run = world.gen_(&arguments);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let line = format!("bob: {}", public(&file));
    assert!(run.stdout.contains("error[edit-by-hand]") && run.stdout.contains(&line), "{}", run.stdout);
    assert!(run.stdout.ends_with("bob.txt: made; nothing else was written\n"), "{}", run.stdout);
    assert_eq!(world.files(&world.root()), before);
    // With the line written by hand the same key is found.
    world.write("environments/base.yaml", &format!("{}    {line}\n", world.read("environments/base.yaml")));
    let run = world.gen_(&arguments);
    assert!(run.stdout.contains("already, as `bob`"), "{}", run.stdout);
}

#[test]
fn a_private_key_in_the_repository_is_refused() {
    let world = World::ready();
    for path in ["key.txt", "../shop/key.txt", "gitops/../key.txt"] {
        let run = world.gen_(&["secret", "init", "--holder", "bob", "--identity", path]);
        assert!(run.code == 2 && run.stderr.contains("is committed sooner or later"), "{path}: {}", run.stderr);
        assert!(!world.root().join("key.txt").exists());
    }
}

#[test]
fn own_rules_of_sops_are_kept_and_judged() {
    let world = World::ready();
    let own = world.read(".sops.yaml") + "# mine\n";
    world.write(".sops.yaml", &own);
    let file = world.home().join("bob.txt");
    let run = world.gen_(&["secret", "init", "--holder", "bob", "--identity", file.to_str().unwrap()]);
    assert_eq!(world.read(".sops.yaml"), own);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("error[sops-rule-mismatch]") && run.stdout.contains("lacks `bob`"), "{}", run.stdout);
}

#[test]
fn a_key_that_others_may_read_is_pointed_out() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::ready();
    fs::set_permissions(world.keys(), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(world.good(&["secret", "init"]).contains("chmod 600"));
}

#[test]
fn who_joined_opens_everything_after_a_rekey() {
    let world = World::ready();
    world.good(&["build", "staging"]);
    let content = world.good(&["secret", "check", "--key"]);
    assert!(!content.contains("warning") && !content.contains("error"), "a new repository is not clean:\n{content}");
    let file = world.home().join("bob.txt");
    let path = file.to_str().unwrap();
    world.good(&["secret", "init", "--holder", "bob", "--identity", path]);
    let show = || {
        let mut command = world.command(&["secret", "show", "staging", "postgres-auth", "--reveal"]);
        command.env("HOME", "/nowhere").env("SOPS_AGE_KEY_FILE", path).output().unwrap()
    };
    assert!(!show().status.success(), "bob opens what was not sealed for him");
    world.good(&["secret", "rekey", "staging"]);
    assert!(show().status.success(), "{}", String::from_utf8_lossy(&show().stderr));
    world.good(&["build", "staging"]);
    world.good(&["check"]);
    let content = world.good(&["secret", "check", "--key"]);
    assert!(!content.contains("warning") && !content.contains("error"), "{content}");
}

#[test]
fn the_rules_of_sops_go_with_the_environments() {
    let world = World::ready();
    let file = world.home().join("bob/keys.txt");
    world.good(&["secret", "init", "staging", "--holder", "bob", "--identity", file.to_str().unwrap()]);
    world.good(&["secret", "rekey"]);
    let key = public(&file);
    let with = world.read("environments/staging.yaml");
    world.write("environments/staging.yaml", &with.replace(&format!("    bob: {key}\n"), ""));
    let said = world.good(&["secret", "rekey"]);
    assert!(said.contains(".sops.yaml: updated") && !world.read(".sops.yaml").contains(&key), "{said}");
    let said = world.good(&["init", "--environment", "production"]);
    assert!(said.contains(".sops.yaml: updated") && !said.contains("no-sops-rule"), "{said}");
    assert!(world.read(".sops.yaml").contains("^environments/production/"));
    // What somebody wrote is theirs.
    let own = world.read(".sops.yaml").replace("stores:", "# ours\nstores:");
    world.write(".sops.yaml", &own);
    world.good(&["secret", "rekey", "--new-key"]);
    assert_eq!(world.read(".sops.yaml"), own);
}
