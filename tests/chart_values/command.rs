//! `gen values`.

use std::process::Command;

use serde_json::{Value as Json, json};

/// Exit code, stdout, stderr; in a folder that is no repository.
fn values(arguments: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_gen")).arg("values").args(arguments).current_dir(folder.path()).output();
    let run = run.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (run.status.code().unwrap(), text(run.stdout), text(run.stderr))
}

#[test]
fn the_list_has_a_line_for_every_value() {
    let (code, list, _) = values(&["postgresql"]);
    assert_eq!(code, 0);
    let lines: Vec<&str> = list.lines().filter(|line| !line.is_empty()).collect();
    assert!(lines.len() >= 495, "{}", lines.len());
    let of = |path: &str| *lines.iter().find(|line| line.split_whitespace().next() == Some(path)).unwrap();
    assert!(of("architecture").contains("one of standalone, replication"), "{}", of("architecture"));
    assert!(of("containerPorts.postgresql").ends_with(" 5432"));
    assert_eq!(values(&["postgresql@17.0.2"]).1, list);
}

#[test]
fn a_path_is_a_value_or_a_group() {
    let (_, value, _) = values(&["postgresql", "primary.networkPolicy.allowExternal"]);
    for part in ["true or false", "default  true", "network policy: whether every source may connect"] {
        assert!(value.contains(part), "{part}: {value}");
    }
    let (_, group, _) = values(&["postgresql", "primary.pdb"]);
    let (meanings, rows): (Vec<&str>, Vec<&str>) = group.lines().partition(|line| line.starts_with(' '));
    let paths: Vec<&str> = rows.iter().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(paths, ["primary.pdb.create", "primary.pdb.minAvailable", "primary.pdb.maxUnavailable"]);
    assert!(meanings.len() == 3 && meanings.iter().all(|line| line.ends_with('.')), "{group}");
}

#[test]
fn the_document_says_the_same() {
    let (_, document, _) = values(&["postgresql", "primary.service.type", "--format", "json"]);
    let document: Json = serde_json::from_str(&document).unwrap();
    assert_eq!(document["chartVersion"], "17.0.2");
    let value = &document["values"][0];
    assert_eq!(value["path"], "primary.service.type");
    assert_eq!(value["allowed"], json!(["ClusterIP", "NodePort", "LoadBalancer"]));
    assert_eq!(value["default"], "ClusterIP");
    assert_eq!(value["facet"], "exposure: type of a Service");
}

#[test]
fn what_is_not_there_is_exit_code_2() {
    for (arguments, said) in [
        (&["postgresq"][..], "did you mean `postgresql`?"),
        (&["redis"], "charts: postgresql"),
        (&["postgresql@16.0.0"], "versions: 17.0.2"),
        (&["postgresql", "persistence.size"], "did you mean `primary.persistence.size`?"),
        (&["postgresql", "primary.persistance"], "did you mean `primary.persistence`?"),
        (&["postgresql", "primary.resources.limits.memory"], "`primary.resources` is the value: requests and limits"),
        (&["postgresql", "zzzzzz"], "`gen values postgresql` lists what there is"),
    ] {
        let (code, stdout, stderr) = values(arguments);
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
}
