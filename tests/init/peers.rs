//! The tools that people use on a new repository: sops, kustomize.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use crate::World;

/// A tool, or a loud word that there is none.
fn peer(name: &str) -> Option<PathBuf> {
    let peers =
        env::var_os("GEN_PEERS").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".peers"), PathBuf::from);
    let path = peers.join("bin").join(name);
    if !path.exists() {
        io::stderr().write_all(format!("PASSED OVER: there is no {name} (just peers)\n").as_bytes()).unwrap();
        return None;
    }
    Some(path)
}

fn run(world: &World, program: &Path, folder: &str, arguments: &[&str], editor: &str) -> String {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(world.root().join(folder)).env_clear().env("HOME", world.home());
    command.env("PATH", env::var_os("PATH").unwrap_or_default()).env("EDITOR", editor);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const SECRET: &str = "environments/staging/secrets/postgres-auth.sops.yaml";

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn the_real_sops_opens_edits_and_makes_files_here() {
    let Some(sops) = peer("sops") else { return };
    let world = World::ready();
    world.good(&["build", "staging"]);
    let plain = run(&world, &sops, ".", &["decrypt", SECRET], "");
    assert!(
        plain.contains("name: postgres-auth") && plain.matches("password").count() >= 3,
        "{}",
        plain.lines().count()
    );

    // An edit keeps the recipients and the selector, and gen is content with it.
    let before = world.read(SECRET);
    run(
        &world,
        &sops,
        ".",
        &["edit", SECRET],
        "sed -i s/^type:.Opaque/type:\\ Opaque/;s/password:.*/password:\\ changed-by-sops/",
    );
    let after = world.read(SECRET);
    assert_ne!(before, after);
    assert!(after.contains("encrypted_regex: ^(data|stringData)$"), "{after}");
    world.good(&["build", "staging"]);
    world.good(&["check"]);
    assert!(run(&world, &sops, ".", &["decrypt", SECRET], "").contains("changed-by-sops"));

    // A new file gets both from .sops.yaml, from any folder of the repository.
    let manifest = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: extra\n  namespace: shop-staging\ntype: Opaque\nstringData:\n  key: hunter2\n";
    world.write("environments/staging/secrets/extra.sops.yaml", manifest);
    run(&world, &sops, "environments/staging", &["encrypt", "--in-place", "secrets/extra.sops.yaml"], "");
    let sealed = world.read("environments/staging/secrets/extra.sops.yaml");
    assert!(sealed.contains("name: extra") && !sealed.contains("hunter2"), "{sealed}");
    let rules = world.read(".sops.yaml");
    for key in rules.lines().map(str::trim).filter(|line| line.starts_with("age1")) {
        assert!(sealed.contains(key.trim_end_matches(',')), "{key}\n{sealed}");
    }
    assert!(sealed.contains("\n  key: ENC["), "the indentation is not that of .sops.yaml:\n{sealed}");

    // The cluster's key alone opens what was made and what was edited.
    fs::remove_file(world.keys()).unwrap();
    let mut command = Command::new(&sops);
    command.args(["decrypt", SECRET]).current_dir(world.root()).env_clear().env("HOME", world.home());
    let output = command.env("SOPS_AGE_KEY_FILE", world.cluster_key()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn the_real_sops_takes_the_rules_after_a_holder_joined() {
    let Some(sops) = peer("sops") else { return };
    let world = World::ready();
    let file = world.home().join("bob.txt");
    world.good(&["secret", "init", "--holder", "bob", "--identity", file.to_str().unwrap()]);
    run(&world, &sops, ".", &["updatekeys", "--yes", SECRET], "");
    let bob = fs::read_to_string(&file).unwrap();
    let bob = bob.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    assert!(world.read(SECRET).contains(bob));
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn kustomize_takes_every_folder_and_the_pointers() {
    let Some(kustomize) = peer("kustomize") else { return };
    let world = World::new();
    world.good(&["init", "--environment", "staging", "--environment", "on"]);
    world.good(&["build", "--all"]);
    for environment in ["staging", "on"] {
        for folder in ["flux", "namespace", "postgres"] {
            let built = run(&world, &kustomize, &format!("gitops/{environment}/{folder}"), &["build", "."], "");
            assert!(built.contains("kind: "), "{folder}: {built}");
        }
        // As kustomize-controller does where a folder has no kustomization.yaml.
        let folder = format!("clusters/{environment}");
        run(&world, &kustomize, &folder, &["create", "--autodetect"], "");
        let built = run(&world, &kustomize, &folder, &["build", "."], "");
        assert!(built.contains(&format!("path: ./gitops/{environment}/flux")), "{built}");
    }
}
