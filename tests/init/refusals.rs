//! What `gen init` does not do, and that it leaves nothing behind then.

use std::{fs, os::unix::fs::symlink};

use crate::{World, bootstrapped};

/// Exit code 2, these fragments on stderr, nothing written anywhere.
fn refused(world: &World, arguments: &[&str], fragments: &[&str]) {
    let (before, home) = (world.files(&world.root()), world.files(&world.home()));
    let run = world.gen_(arguments);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?} {}", run.stderr);
    for fragment in fragments {
        assert!(run.stderr.contains(fragment), "{fragment}: {}", run.stderr);
    }
    assert_eq!(world.files(&world.root()), before);
    assert_eq!(world.files(&world.home()), home);
}

#[test]
fn names_that_are_none() {
    let world = World::new();
    refused(&world, &["init", "--environment", "Staging"], &["--environment Staging"]);
    refused(&world, &["init", "--environment", "base"], &["layer"]);
    refused(&world, &["init", "--cluster", "a/b"], &["--cluster a/b"]);
    refused(&world, &["init", "--name", "a b"], &["--name a b"]);
    refused(&world, &["init", "--holder", "flux"], &["the cluster's"]);
    refused(&world, &["init", "--holder", "A"], &["--holder A"]);
}

#[test]
fn places_that_are_none() {
    let world = World::new();
    world.write("file", "x");
    refused(&world, &["init", "file"], &["is a file"]);
    world.write("environments", "x");
    refused(&world, &["init"], &["environments"]);
    let world = World::ready();
    refused(&world, &["init", "inner"], &["lies in the repository"]);
}

#[test]
fn a_home_inside_the_repository_holds_no_keys() {
    let world = World::new();
    let output = world.command(&["init"]).env("HOME", world.root()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("a private key there is committed"), "{said}");
    assert_eq!(world.names(), [] as [&str; 0]);
    // Neither through a link.
    symlink(world.root(), world.home().join(".config")).unwrap();
    let run = world.gen_(&["init"]);
    assert!(run.code == 2 && run.stderr.contains("a private key there is committed"), "{}", run.stderr);
    assert_eq!(world.names(), [] as [&str; 0]);
}

#[test]
fn a_key_file_that_is_none_is_left_alone() {
    let world = World::new();
    fs::create_dir_all(world.keys().parent().unwrap()).unwrap();
    fs::write(world.keys(), "-----BEGIN AGE ENCRYPTED FILE-----\nx\n").unwrap();
    refused(&world, &["init"], &["keys.txt", "passphrase"]);
    fs::write(world.keys(), "# nothing\n").unwrap();
    refused(&world, &["init"], &["keys.txt", "no private key"]);
}

#[test]
fn flux_that_cannot_be_understood() {
    let world = World::new();
    world.write("clusters/eu/flux-system/gotk-sync.yaml", "kind: ConfigMap\n");
    refused(&world, &["init"], &["clusters/eu/flux-system/gotk-sync.yaml", "no Flux Kustomization"]);
    bootstrapped(&world, "eu");
    bootstrapped(&world, "us");
    let other = world.read("clusters/us/flux-system/gotk-sync.yaml").replace("name: platform", "name: other");
    world.write("clusters/us/flux-system/gotk-sync.yaml", &other);
    refused(&world, &["init", "--environment", "eu", "--environment", "us"], &["in different ways", "`eu` and `us`"]);
}

#[test]
fn inputs_that_are_wrong_are_shown_and_nothing_is_written() {
    let world = World::new();
    world.write("environments/base.yaml", "abstract: true\nkubernets: x\n");
    let before = world.names();
    let run = world.gen_(&["init"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert!(
        run.stdout.contains("environments/base.yaml:2:1") && run.stdout.ends_with("nothing was written\n"),
        "{}",
        run.stdout
    );
    assert_eq!(world.names(), before);
    assert!(world.files(&world.home()).is_empty());
}

#[test]
fn what_fails_half_way_is_taken_back() {
    let world = World::new();
    // What leads out of the repository is refused where it is written; that is the last of the files.
    symlink(world.home(), world.root().join("schemas")).unwrap();
    refused(
        &world,
        &["init"],
        &["schemas/environment.schema.json", "leads out of the repository", "nothing was left behind"],
    );
    assert_eq!(fs::read_dir(world.root()).unwrap().count(), 1);
    assert_eq!(fs::read_dir(world.home()).unwrap().count(), 0);
}
