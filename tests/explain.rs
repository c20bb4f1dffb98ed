//! `gen explain`: every line of every golden tree says where it comes from, and changing the place that it names changes it.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "explain/answers.rs"]
mod answers;
#[path = "golden/case.rs"]
mod case;
#[path = "explain/mutation.rs"]
mod mutation;
#[path = "bad_input/repository.rs"]
#[allow(dead_code, reason = "shared between tests")]
mod repository;

use std::collections::{BTreeMap, BTreeSet};

use gitops_gen::{
    environment::Environment,
    render::Rendered,
    yaml::{Dialect, FileId, Node, Source, Value, parse},
};
use mutation::{FIXED, Mutation};
use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use serde_json::Value as Json;

/// A value in a file of a tree: the file and the keys that lead to it.
type Leaf = (String, Vec<String>);

/// The values of every YAML file of a tree.
fn leaves(rendered: &Rendered) -> BTreeMap<Leaf, Json> {
    let mut found = BTreeMap::new();
    for (file, bytes) in rendered.tree.iter().filter(|(file, _)| file.ends_with(".yaml")) {
        let documents = parse(Source { id: FileId(0), name: file, bytes }, Dialect::Manifest).unwrap();
        assert_eq!(documents.len(), 1, "{file}");
        collect(&documents[0], file, &mut Vec::new(), &mut found);
    }
    found
}

fn collect(node: &Node, file: &str, at: &mut Vec<String>, found: &mut BTreeMap<Leaf, Json>) {
    let mut below = |key: String, node: &Node| {
        at.push(key);
        collect(node, file, at, found);
        at.pop();
    };
    match &node.value {
        Value::Mapping(entries) if !entries.is_empty() => {
            entries.iter().for_each(|entry| below(entry.key.clone(), &entry.node));
        }
        Value::Sequence(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(index, item)| below(index.to_string(), item));
        }
        _ => drop(found.insert((file.to_owned(), at.clone()), node.to_json())),
    }
}

/// The leaves by the environment path that they name.
fn by_origin(rendered: &Rendered) -> BTreeMap<String, Vec<Leaf>> {
    let mut origins: BTreeMap<String, Vec<Leaf>> = BTreeMap::new();
    for (file, keys) in leaves(rendered).into_keys() {
        origins.entry(rendered.origins[&file].of(&keys)).or_default().push((file, keys));
    }
    origins
}

struct Case {
    name: String,
    files: case::Files,
    environment: Environment,
    rendered: Rendered,
}

fn all_cases() -> Vec<Case> {
    let one = |name: String| {
        let files = case::inputs(&name);
        let compiled = case::compile(&name, &files).unwrap_or_else(|findings| panic!("{name}: {findings:#?}"));
        let (environment, rendered) = compiled.into_values().next().unwrap();
        Case { name, files, environment, rendered }
    };
    case::cases().into_iter().map(one).collect()
}

/// A tree, as far as it is YAML.
struct Tree {
    leaves: BTreeMap<Leaf, Json>,
    files: BTreeMap<String, Json>,
}

impl Tree {
    fn of(rendered: &Rendered) -> Tree {
        let files = rendered.bundle.objects.iter().map(|object| (object.file.clone(), object.body.clone())).collect();
        Tree { leaves: leaves(rendered), files }
    }

    fn object(&self, file: &str) -> (&Json, &Json) {
        let body = &self.files[file];
        (&body["kind"], &body["metadata"]["name"])
    }

    /// Whether the file holds an object that `before` had in another one.
    fn has_other(&self, before: &Tree, file: &str) -> bool {
        let Some(now) = self.files.contains_key(file).then(|| self.object(file)) else { return true };
        now != before.object(file) && before.files.keys().any(|other| other != file && before.object(other) == now)
    }

    /// Whether an item with the leaf in it is gone from a list, and others came up in its place.
    fn lost_item(&self, before: &Tree, (file, keys): &Leaf) -> bool {
        let at = |tree: &Tree, depth: usize| {
            let body = tree.files.get(file)?;
            keys[..depth]
                .iter()
                .try_fold(body, |node, key| node.get(key).or_else(|| node.get(key.parse::<usize>().ok()?)))
                .cloned()
        };
        (0..keys.len()).any(|depth| match (at(before, depth), at(self, depth), at(before, depth + 1)) {
            (Some(Json::Array(old)), Some(Json::Array(new)), Some(item)) => {
                new.len() < old.len() && !new.contains(&item)
            }
            _ => false,
        })
    }
}

/// What is wrong when `origin` is named as the cause of `named`, one line each.
fn unchanged(case: &Case, origin: &str, named: &[Leaf]) -> Vec<String> {
    let what = format!("{}: {origin}", case.name);
    let before = Tree::of(&case.rendered);
    let mut same: Vec<&Leaf> = named.iter().collect();
    for variant in 0..Mutation::variants(origin) {
        let mut mutation = Mutation::new(&case.environment, &case.files, variant);
        if !mutation.change(origin) {
            return vec![format!("{what}: no change is known, for {named:?}")];
        }
        let compiled = match case::compile(&case.name, &mutation.files) {
            Ok(compiled) => compiled,
            Err(findings) => return vec![format!("{what}: the change does not compile: {findings:#?}")],
        };
        let after = Tree::of(&compiled[&case.environment.name].1);
        same.retain(|leaf| {
            let is_there = after.leaves.get(leaf) == before.leaves.get(leaf);
            is_there && !after.has_other(&before, &leaf.0) && !after.lost_item(&before, leaf)
        });
    }
    same.iter().map(|(file, keys)| format!("{what} does not decide {file} {}", keys.join("/"))).collect()
}

#[test]
fn changing_the_place_that_a_leaf_names_changes_the_leaf() {
    let cases = all_cases();
    let questions: Vec<(&Case, String, Vec<Leaf>)> = cases
        .iter()
        .flat_map(|case| by_origin(&case.rendered).into_iter().map(move |(origin, named)| (case, origin, named)))
        .filter(|(_, origin, _)| !FIXED.iter().any(|(fixed, _)| fixed == origin))
        .collect();
    let distinct: BTreeSet<&str> = questions.iter().map(|(_, origin, _)| origin.as_str()).collect();
    let count: usize = questions.iter().map(|(_, _, named)| named.len()).sum();
    assert!(distinct.len() > 60 && count > 2500, "{} places, {count} leaves", distinct.len());
    let wrong: Vec<String> =
        questions.into_par_iter().flat_map_iter(|(case, origin, named)| unchanged(case, &origin, &named)).collect();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// What the test above would miss if it passed everything: causes that are none.
#[test]
fn a_wrong_cause_is_found() {
    let cases = all_cases();
    let wrong = [
        ("everything", "services.postgres.backup.retention", "postgres/cronjob.yaml", "spec/schedule"),
        (
            "everything",
            "services.postgres.storage.class",
            "postgres/persistentvolumeclaim-backup.yaml",
            "spec/storageClassName",
        ),
        (
            "everything",
            "services.postgres.clients.identity.app",
            "postgres/networkpolicy.yaml",
            "spec/ingress/0/ports/0/port",
        ),
        ("mirror", "images.postgresql", "postgres/values.yaml", "image/registry"),
        (
            "replication",
            "services.postgres.clients.identity",
            "postgres/networkpolicy.yaml",
            "spec/ingress/0/ports/0/port",
        ),
        ("standalone", "namespace.podSecurity", "namespace/namespace.yaml", "metadata/name"),
        (
            "values",
            "services.postgres.values.primary.podLabels.team",
            "postgres/values.yaml",
            "primary/nodeSelector/kubernetes.io~1arch",
        ),
    ];
    for (name, origin, file, pointer) in wrong {
        let case = cases.iter().find(|case| case.name == name).unwrap();
        let keys: Vec<String> = pointer.split('/').map(|key| key.replace("~1", "/")).collect();
        let leaf = (file.to_owned(), keys);
        assert!(leaves(&case.rendered).contains_key(&leaf), "{name}: there is no {file} {pointer}");
        assert_eq!(unchanged(case, origin, &[leaf]).len(), 1, "{name}: {origin} passes for {file} {pointer}");
    }
}

/// The place that an answer names is a line of an input, and its path is one that the environment has or could have.
#[test]
fn every_leaf_names_a_path_and_a_line_of_the_inputs() {
    for case in all_cases() {
        let repository = case::repository(&case.files);
        for (origin, named) in by_origin(&case.rendered) {
            let chain = repository.trace(&case.environment, &origin);
            let what = format!("{}: {origin} for {:?}", case.name, named[0]);
            assert_eq!(chain.path, origin, "{what} is spelled otherwise");
            assert!(repository.explain(&case.environment, &origin).is_ok(), "{what} is no path of an environment");
            let place = match &chain.nearest {
                None => chain.steps.last().unwrap_or_else(|| panic!("{what}: nothing says it")).location.clone(),
                Some((path, place)) => {
                    assert!(!path.is_empty() && origin.starts_with(path.as_str()), "{what}: {path}");
                    place.clone()
                }
            };
            let text = String::from_utf8(case.files[&place.file].clone()).unwrap();
            let line = text.lines().nth(place.line as usize - 1).unwrap_or_else(|| panic!("{what}: {place:?}"));
            let from: String = line.chars().skip(place.column as usize - 1).collect();
            assert!(!from.trim().is_empty() && !from.starts_with('#'), "{what}: {place:?}");
            assert_eq!(place, case.environment.location(&origin), "{what}");
        }
    }
}
