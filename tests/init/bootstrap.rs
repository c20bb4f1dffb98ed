//! `gen secret bootstrap`: the Secret that the cluster needs.

use std::fs;

use crate::World;

fn private(file: &std::path::Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1")).unwrap().to_owned()
}

#[test]
fn the_cluster_gets_its_own_key() {
    let world = World::ready();
    let said = world.good(&["secret", "bootstrap", "staging"]);
    let secret: serde_json::Value = serde_saphyr::from_str(&said).unwrap();
    assert_eq!(secret["kind"], "Secret");
    assert_eq!(
        (&secret["metadata"]["name"], &secret["metadata"]["namespace"]),
        (&"sops-age".into(), &"flux-system".into())
    );
    let entries = secret["stringData"].as_object().unwrap();
    assert_eq!(entries.keys().collect::<Vec<_>>(), ["flux.agekey"]);
    let lines: Vec<&str> = entries["flux.agekey"].as_str().unwrap().lines().collect();
    assert!(
        lines[0].starts_with("# public key: age1") && lines.len() == 2,
        "Flux takes keys, comments and empty lines only"
    );
    assert_eq!(lines[1], private(&world.cluster_key()));
    assert!(!said.contains(&private(&world.keys())), "the person's key left the house");
}

#[test]
fn nobody_is_given_away_by_accident() {
    let world = World::ready();
    let text = world.read("environments/staging.yaml");
    world.write("environments/staging.yaml", &text.replace("    flux: ", "    ops: "));
    let run = world.gen_(&["secret", "bootstrap", "staging"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("say --holder, one of ann, ops"), "{}", run.stderr);
    assert!(world.good(&["secret", "bootstrap", "staging", "--holder", "ops"]).contains("ops.agekey: |"));
    let run = world.gen_(&["secret", "bootstrap", "staging", "--holder", "nobody"]);
    assert!(run.code == 2 && run.stderr.contains("only ann, ops"), "{}", run.stderr);
    // A holder that is called like the cluster is meant.
    world.write("environments/staging.yaml", &text.replace("    flux: ", "    staging: "));
    assert!(world.good(&["secret", "bootstrap", "staging"]).contains("staging.agekey: |"));
}

#[test]
fn a_key_that_is_elsewhere_is_named() {
    let world = World::ready();
    let away = world.home().join("vault.txt");
    fs::rename(world.cluster_key(), &away).unwrap();
    let run = world.gen_(&["secret", "bootstrap", "staging"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("--identity") && run.stderr.contains("`flux`, age1"), "{}", run.stderr);
    let path = away.to_str().unwrap();
    assert!(world.good(&["secret", "bootstrap", "staging", "--identity", path]).contains(&private(&away)));
    let run = world.gen_(&["secret", "bootstrap", "staging", "--identity", world.keys().to_str().unwrap()]);
    assert!(run.code == 2 && run.stderr.contains("does not hold the key of `flux`"), "{}", run.stderr);
    let output = world.command(&["secret", "bootstrap", "staging"]).env("SOPS_AGE_KEY_FILE", &away).output().unwrap();
    assert!(output.status.success(), "a key where sops looks was not found");
}

#[test]
fn an_engine_without_trees_is_refused() {
    let world = World::ready();
    let base = world.read("environments/base.yaml");
    world.write("environments/base.yaml", &base.replace("engine: flux", "engine: argocd"));
    let run = world.gen_(&["secret", "bootstrap", "staging"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("Argo CD"), "{}", run.stderr);
}
