//! The example of this repository in a folder of its own, and its sealed files with the test keys.

use std::{collections::BTreeMap, fs, path::Path};

use gitops_gen::{
    plain::Plain,
    sops::{Identity, Sealed, Selector, seal},
    tree::{FileTree, Limits},
    yaml::{
        FileId, Source,
        typed::{Stream, Tree},
    },
};

use crate::repository::{Repository, Run};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
pub(crate) const AUTH: &str = "environments/staging/secrets/postgres-auth.sops.yaml";
pub(crate) const TLS: &str = "environments/production/secrets/postgres-tls.sops.yaml";
pub(crate) const PASSWORDS: [&str; 3] = ["postgres-password", "password", "replication-password"];
pub(crate) const TEXTS: [&str; 3] = ["tls.crt", "tls.key", "ca.crt"];

/// The example, built.
pub(crate) fn example() -> Repository {
    let repository = Repository::new();
    fs::remove_dir_all(repository.path("environments")).unwrap();
    for folder in ["environments", "gitops"] {
        let files = FileTree::read(Path::new(ROOT), folder, &Limits::default()).unwrap();
        files.iter().for_each(|(path, bytes)| repository.write(path, bytes));
    }
    repository.write("gen.yaml", fs::read(Path::new(ROOT).join("gen.yaml")).unwrap());
    repository
}

/// The file of a test key.
pub(crate) fn key_file(holder: &str) -> String {
    format!("{ROOT}/tests/keys/test-{holder}.agekey")
}

/// The private key of a holder of the example.
pub(crate) fn key(holder: &str) -> Identity {
    let text = fs::read_to_string(key_file(holder)).unwrap();
    match Identity::parse_age(&Plain::from(text.as_str())) {
        Ok(mut identities) => identities.remove(0),
        Err(reason) => panic!("{reason}"),
    }
}

pub(crate) fn recipients() -> Vec<String> {
    ["platform", "flux"].map(|holder| key(holder).recipient().unwrap()).into()
}

/// Runs gen as somebody who has no key.
pub(crate) fn without_key(repository: &Repository, arguments: &[&str]) -> Run {
    repository.gen_(&[&["secret"], arguments].concat())
}

/// Runs gen as `platform`.
pub(crate) fn with_key(repository: &Repository, arguments: &[&str]) -> Run {
    let mut command = repository.command(&[&["secret"], arguments].concat());
    command.env("SOPS_AGE_KEY_FILE", key_file("platform"));
    Run::of(command)
}

/// A run that worked: what it printed.
pub(crate) fn works(run: &Run) -> &str {
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    &run.stdout
}

/// A run that a finding ended: all that it said, which holds these fragments.
pub(crate) fn refuses(run: &Run, fragments: &[&str]) {
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.is_empty() || run.stdout == "nothing was written\n", "{}", run.stdout);
    says(run, fragments);
}

/// A run that could not be done as asked.
pub(crate) fn cannot(run: &Run, fragments: &[&str]) {
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    says(run, fragments);
}

fn says(run: &Run, fragments: &[&str]) {
    for fragment in fragments {
        assert!(run.stderr.contains(fragment), "{fragment}: {}", run.stderr);
    }
}

pub(crate) fn sealed(text: &str) -> Sealed {
    Sealed::parse(Source { id: FileId(0), name: "file", bytes: text.as_bytes() })
        .unwrap_or_else(|said| panic!("{said:?}"))
}

/// The values of a sealed file; whoever holds `identity` can open it, and its MAC fits.
pub(crate) fn values(text: &str, identity: Identity) -> BTreeMap<String, String> {
    let opened = sealed(text).open(&[identity]).unwrap_or_else(|error| panic!("{error:?}"));
    let document = opened.stream().documents[0].clone();
    let block = ["stringData", "data"].into_iter().find_map(|block| document.get(&[block]).cloned()).unwrap();
    block
        .pairs()
        .map(|(key, value)| (key.to_owned(), value.as_text().unwrap().expose_text().unwrap().to_owned()))
        .collect()
}

/// The sealed lines of a file, by key.
pub(crate) fn sealed_lines(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| line.trim().split_once(": ENC["));
    lines.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// A sealed Secret of the example's recipients.
pub(crate) fn manifest(name: &str, namespace: &str, kind: &str, block: &str, values: &[(&str, &str)]) -> String {
    let metadata = Tree::map([("name", Tree::text(name)), ("namespace", Tree::text(namespace))]);
    let values = Tree::map(values.iter().map(|(key, value)| (*key, Tree::text(*value))));
    let mut stream = Stream::of(Tree::map([
        ("apiVersion", Tree::text("v1")),
        ("kind", Tree::text("Secret")),
        ("metadata", metadata),
        ("type", Tree::text(kind)),
        (block, values),
    ]));
    stream.indent = 2;
    let recipients = recipients();
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    seal(stream, &recipients, &Selector::of_secrets(), std::time::SystemTime::now()).unwrap()
}

/// That no run shows a value.
pub(crate) fn keeps_quiet(run: &Run, values: &BTreeMap<String, String>) {
    for value in
        values.values().flat_map(|value| value.lines()).filter(|line| line.len() > 8 && !line.starts_with("-----"))
    {
        assert!(!run.stdout.contains(value) && !run.stderr.contains(value), "{}{}", run.stdout, run.stderr);
    }
}
