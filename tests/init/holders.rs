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
    let keys: Vec<&str> = block.lines().skip(1).map(str::trim).collect();
    let anchored = format!(
        "{above}policy: {{ignore: []}}\nsecrets: &s\n  recipients: &r {{{}}}\n\nservices{rest}...\n",
        keys.join(", ")
    );
    world.write("environments/staging.yaml", &anchored);
    let file = world.home().join("bob.txt");
    let run = world.gen_(&["secret", "init", "--holder", "bob", "--identity", file.to_str().unwrap()]);
    // One insertion serves a flow map too; what is proven is that nothing else changed.
    if run.code == 0 {
        assert!(world.read("environments/staging.yaml").contains(", bob: age1"), "{}", run.stdout);
    } else {
        assert!(run.stdout.contains("edit-by-hand") && run.stdout.contains("bob: age1"), "{}", run.stdout);
    }
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
