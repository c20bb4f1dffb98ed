//! What holds for any two documents.

use std::{collections::BTreeMap, path::Path};

use gitops_gen::{
    diff::{changes, trees},
    manifest::{Bundle, Object, Provenance},
    tree::{FileTree, LOCK},
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value as Json, json};

use super::apply::{apply, between, embedded, line};

/// Keys of lists whose order means nothing in any object, and in a NetworkPolicy.
const SETS: &[&str] = &["env", "ports", "finalizers", "ingress"];

/// Equal for two documents that mean the same.
fn meaning(value: &Json, key: &str) -> Json {
    match value {
        Json::Object(map) => {
            let sorted: BTreeMap<&String, Json> = map.iter().map(|(key, value)| (key, meaning(value, key))).collect();
            json!(sorted)
        }
        Json::Array(list) => {
            let mut items: Vec<Json> = list.iter().map(|item| meaning(item, key)).collect();
            let uses_another = list.iter().any(|item| item["value"].as_str().is_some_and(|text| text.contains("$(")));
            if SETS.contains(&key) && !uses_another {
                items.sort_by_key(Json::to_string);
            }
            Json::Array(items)
        }
        Json::String(text) => embedded(text).map_or_else(|| value.clone(), |inside| meaning(&inside, "")),
        scalar => scalar.clone(),
    }
}

fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (0..3_i64).prop_map(Json::from),
        select(vec![0.5, 1.0]).prop_map(Json::from),
        select(vec![
            "",
            "a",
            "b",
            "1",
            "$(a)",
            "ENC[x]",
            "p=1\nq=2",
            "{\"a\": 1}",
            "a: 1\nb: [2]\n",
            "b: [2]\na: 1\n",
            "a: 2\nc: 0\n"
        ])
        .prop_map(Json::from),
    ]
}

/// Keys that mean something to a diff, and some that mean nothing.
fn key() -> impl Strategy<Value = String> {
    let keys = [
        "name",
        "key",
        "value",
        "env",
        "ports",
        "finalizers",
        "ingress",
        "containers",
        "rules",
        "a.b",
        "[0]",
        "",
        "password",
        "data",
    ];
    select(keys.to_vec()).prop_map(str::to_owned)
}

fn document() -> impl Strategy<Value = Json> {
    scalar().prop_recursive(5, 60, 5, |inner| {
        let named = (select(vec!["a", "b", "c", "d"]), key(), inner.clone()).prop_map(|(name, key, value)| {
            let mut item = json!({ key: value });
            item["name"] = name.into();
            item
        });
        prop_oneof![
            vec((key(), inner.clone()), 0..5).prop_map(|entries| Json::Object(entries.into_iter().collect())),
            vec(inner, 0..5).prop_map(Json::Array),
            vec(named, 0..5).prop_map(Json::Array),
        ]
    })
}

/// A NetworkPolicy with any content, so that more lists are sets.
fn policy() -> impl Strategy<Value = Json> {
    vec((key(), document()), 0..5).prop_map(|entries| {
        let mut body = json!({ "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy" });
        for (key, value) in entries {
            body["spec"][key] = value;
        }
        body["metadata"] = json!({ "name": "x" });
        body
    })
}

/// The same document, written down differently.
fn reordered(value: &Json, key: &str) -> Json {
    match value {
        Json::Object(map) => map.iter().rev().map(|(key, value)| (key.clone(), reordered(value, key))).collect(),
        Json::Array(list) => {
            let mut items: Vec<Json> = list.iter().map(|item| reordered(item, key)).collect();
            let uses_another = list.iter().any(|item| item["value"].as_str().is_some_and(|text| text.contains("$(")));
            if SETS.contains(&key) && !uses_another {
                items.reverse();
            }
            Json::Array(items)
        }
        scalar => scalar.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn applying_the_changes_gives_the_new_document(before in policy(), after in policy()) {
        let changes = between(&before, &after);
        let applied = apply(Some(&before), &changes).unwrap();
        let lines: Vec<String> = changes.iter().map(line).collect();
        prop_assert_eq!(meaning(&applied, ""), meaning(&after, ""), "{:#?}", lines);
    }

    #[test]
    fn a_document_does_not_differ_from_itself_in_any_order(document in policy()) {
        let lines: Vec<String> = between(&document, &reordered(&document, "")).iter().map(line).collect();
        prop_assert_eq!(lines, Vec::<String>::new());
    }

    #[test]
    fn there_is_a_change_where_the_meaning_differs(before in policy(), after in policy()) {
        if meaning(&before, "") != meaning(&after, "") {
            prop_assert!(!between(&before, &after).is_empty());
        }
    }

    #[test]
    fn objects_are_found_wherever_they_stand(
        before in vec((0..4_usize, 0..3_usize, document()), 0..6),
        after in vec((0..4_usize, 0..3_usize, document()), 0..6),
    ) {
        let (before, after) = (objects(before), objects(after));
        let mut bodies: BTreeMap<String, Json> =
            before.objects.iter().map(|object| (object.name().to_owned(), object.body.clone())).collect();
        let mut by_subject: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for change in changes(&before, &after) {
            by_subject.entry(change.subject.to_string()).or_default().push(change);
        }
        for (subject, changes) in by_subject {
            let name = subject.trim_start_matches("Thing ").to_owned();
            match apply(bodies.remove(&name).as_ref(), &changes) {
                Some(body) => drop(bodies.insert(name, body)),
                None => prop_assert!(!bodies.contains_key(&name)),
            }
        }
        let meant = |bodies: BTreeMap<String, Json>| -> BTreeMap<String, Json> {
            bodies.into_iter().map(|(name, body)| (name, meaning(&body, ""))).collect()
        };
        let expected = after.objects.iter().map(|object| (object.name().to_owned(), object.body.clone())).collect();
        prop_assert_eq!(meant(bodies), meant(expected));
    }
}

/// Objects of different names in a few files.
fn objects(things: Vec<(usize, usize, Json)>) -> Bundle {
    let mut named: BTreeMap<usize, (usize, Json)> = BTreeMap::new();
    things.into_iter().for_each(|(name, file, spec)| drop(named.insert(name, (file, spec))));
    let object = |(name, (file, spec)): (usize, (usize, Json))| Object {
        file: format!("{file}.yaml"),
        body: json!({ "apiVersion": "x/v1", "kind": "Thing", "metadata": { "name": format!("n{name}") }, "spec": spec }),
        provenance: Provenance::Rendered,
    };
    Bundle { objects: named.into_iter().map(object).collect(), ..Bundle::default() }
}

/// Every `gitops/<env>` of this repository, the golden ones too, with its name.
pub(crate) fn every_tree() -> Vec<(String, FileTree)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("gitops")];
    let cases = std::fs::read_dir(root.join("tests/golden")).unwrap().map(|case| case.unwrap().path().join("gitops"));
    folders.extend(cases.filter(|folder| folder.is_dir()));
    let environments = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut found = Vec::new();
    for environment in environments.map(|entry| entry.unwrap().path()) {
        // The lock has no place in a tree.
        let mut tree = FileTree::new();
        for file in files(&environment, "") {
            tree.insert(file.as_str(), std::fs::read(environment.join(&file)).unwrap()).unwrap();
        }
        found.push((environment.strip_prefix(root).unwrap().display().to_string(), tree));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(found.len() > 10, "where are the trees?");
    found
}

fn files(folder: &Path, prefix: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join(prefix)).unwrap().map(|entry| entry.unwrap());
    entries
        .flat_map(|entry| {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() { files(folder, &format!("{name}/")) } else { vec![name] }
        })
        .filter(|name| name != LOCK)
        .collect()
}

#[test]
fn no_tree_differs_from_itself() {
    for (name, tree) in every_tree() {
        let (bundle, mistakes) = Bundle::parse(&tree);
        assert_eq!((mistakes, bundle.objects.len() > 5), (vec![], true), "{name}");
        let lines: Vec<String> = changes(&bundle, &bundle).iter().map(line).collect();
        assert_eq!(lines, Vec::<String>::new(), "{name}");
        let (changes, texts) = trees(&tree, &tree);
        assert!(changes.is_empty() && texts.is_empty(), "{name}");
    }
}

#[test]
fn no_tree_differs_from_itself_in_any_order() {
    let lists = gitops_gen::diff::UNORDERED;
    fn shuffled(value: &Json, kind: &str, key: &str, lists: &[(&str, &str, &str)]) -> Json {
        let kind = value["kind"].as_str().filter(|_| !value["apiVersion"].is_null()).unwrap_or(kind);
        match value {
            Json::Object(map) => {
                map.iter().rev().map(|(key, value)| (key.clone(), shuffled(value, kind, key, lists))).collect()
            }
            Json::Array(list) => {
                let mut items: Vec<Json> = list.iter().map(|item| shuffled(item, kind, key, lists)).collect();
                if lists.iter().any(|row| row.2 == key && (row.0.is_empty() || row.0 == kind)) {
                    items.reverse();
                }
                items.into()
            }
            scalar => scalar.clone(),
        }
    }
    let mut moved = 0;
    for (name, tree) in every_tree() {
        let (before, _) = Bundle::parse(&tree);
        let object = |object: &Object| Object {
            file: object.file.clone(),
            body: shuffled(&object.body, "", "", lists),
            provenance: Provenance::Rendered,
        };
        let after = Bundle { objects: before.objects.iter().map(object).collect(), ..Bundle::default() };
        let text = |bundle: &Bundle| bundle.objects.iter().map(|object| object.body.to_string()).collect::<String>();
        moved += usize::from(text(&before) != text(&after));
        let lines: Vec<String> = changes(&before, &after).iter().map(line).collect();
        assert_eq!(lines, Vec::<String>::new(), "{name}");
    }
    assert!(moved > 10);
}

#[test]
fn between_any_two_trees_the_changes_give_the_new_one() {
    let trees = every_tree();
    let mut count = 0;
    for (_, before) in &trees {
        for (name, after) in trees.iter().take(4) {
            let (before, after) = (Bundle::parse(before).0, Bundle::parse(after).0);
            let mut by_subject: BTreeMap<_, Vec<_>> = BTreeMap::new();
            for change in changes(&before, &after) {
                count += 1;
                by_subject.entry(change.subject.clone()).or_default().push(change);
            }
            for (subject, changes) in by_subject {
                let find = |bundle: &Bundle| {
                    let same = bundle.objects.iter().find(|object| match &subject {
                        gitops_gen::diff::Subject::Document { file, .. } => object.file == *file,
                        gitops_gen::diff::Subject::Object { group, kind, name, namespace } => {
                            object.group() == group
                                && object.kind() == kind
                                && object.name() == name
                                && object.namespace() == namespace.as_deref()
                        }
                    });
                    same.map(|object| object.body.clone())
                };
                let applied = apply(find(&before).as_ref(), &changes);
                let wanted = find(&after).map(|body| expanded(&body));
                let again = |body: &Json| between(&expanded(body), &wanted.clone().unwrap_or_default()).len();
                assert!(applied.is_none() == wanted.is_none(), "{name}: {subject}");
                assert!(applied.as_ref().map(again).is_none_or(|left| left == 0), "{name}: {subject}");
            }
        }
    }
    assert!(count > 500, "{count} changes are too few to tell anything");
}

/// The same with the YAML in its texts as YAML.
fn expanded(value: &Json) -> Json {
    match value {
        Json::Object(map) => map.iter().map(|(key, value)| (key.clone(), expanded(value))).collect(),
        Json::Array(list) => list.iter().map(expanded).collect(),
        Json::String(text) => embedded(text).map_or_else(|| value.clone(), |inside| expanded(&inside)),
        scalar => scalar.clone(),
    }
}
