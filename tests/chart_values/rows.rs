//! Every row of the postgresql chart: its default passes, its name, its type and its enum are held.

use std::collections::BTreeSet;

use gitops_gen::api::Versions;
use gitops_gen::chart::{Chart, Kind, Mistake, find};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Value as Json, json};

fn postgresql() -> &'static Chart {
    find("postgresql", "17.0.2").unwrap()
}

/// `value` at a dotted path.
fn at(path: &str, value: Json) -> Json {
    path.rsplit('.').fold(value, |value, key| json!({ key: value }))
}

fn mistakes(path: &str, value: Json) -> Vec<Mistake> {
    postgresql().mistakes(&at(path, value), Versions::new(None, None))
}

/// Every path that has a row, and every group.
fn paths() -> BTreeSet<&'static str> {
    let ends = |path: &'static str| path.match_indices('.').map(move |(at, _)| &path[..at]).chain([path]);
    postgresql().settings.iter().flat_map(|row| ends(row.path)).collect()
}

#[test]
fn there_are_all_rows_each_once() {
    let rows = postgresql().settings;
    let leaves: BTreeSet<&str> = rows.iter().map(|row| row.path).collect();
    assert_eq!(leaves.len(), rows.len());
    // 496 paths of values.yaml, two of which are keys of one map of annotations.
    assert!(leaves.len() >= 495, "{}", leaves.len());
    for mark in postgresql().marks.own.iter().chain(postgresql().marks.shared) {
        assert!(paths().contains(mark), "{mark}");
    }
}

#[test]
fn every_default_passes() {
    for row in postgresql().settings {
        let default = postgresql().default(row.path).unwrap_or_else(|| panic!("{}: no JSON", row.path));
        assert_eq!(mistakes(row.path, default), [], "{}", row.path);
        let is_needed = postgresql().needed.contains(&row.path);
        assert_eq!(mistakes(row.path, Json::Null).len(), usize::from(is_needed), "{}: null", row.path);
    }
}

#[test]
fn null_is_refused_for_a_group_that_the_templates_need() {
    for (path, value, is_refused) in [
        ("auth", Json::Null, true),
        ("primary", Json::Null, true),
        ("primary.persistence", Json::Null, true),
        ("auth", json!({}), false),
        ("auth.username", Json::Null, false),
        ("primary.updateStrategy", Json::Null, false),
    ] {
        let expected = is_refused.then(|| Mistake {
            pointer: path.split('.').map(str::to_owned).collect(),
            on_key: true,
            message: format!("`{path}` cannot be null: the chart's templates fail without it"),
            help: "delete this line, or set what stands in it".to_owned(),
            fix: None,
        });
        assert_eq!(mistakes(path, value.clone()), Vec::from_iter(expected), "{path}: {value}");
    }
}

#[test]
fn what_the_templates_need_are_groups() {
    let needed = postgresql().needed;
    assert!(needed.is_sorted_by(|one, other| one < other));
    for path in needed {
        assert!(!postgresql().group(path).is_empty(), "{path}");
    }
}

/// The word with a letter left out and with two neighbours swapped: at its start, in its middle, at its end.
fn slips(word: &str) -> BTreeSet<String> {
    if word.is_empty() {
        return BTreeSet::new();
    }
    let letters: Vec<char> = word.chars().collect();
    let last = letters.len() - 1;
    let dropped = |at: usize| letters[..at].iter().chain(&letters[at + 1..]).collect::<String>();
    let swapped = |at: usize| {
        let mut letters = letters.clone();
        letters.swap(at - 1, at);
        letters.into_iter().collect::<String>()
    };
    let drop = [0, last / 2, last].into_iter().map(dropped);
    let swap = [1, last / 2, last].into_iter().filter(|at| (1..=last).contains(at)).map(swapped);
    drop.chain(swap).filter(|slip| slip != word && !slip.is_empty()).collect()
}

/// A letter wrong anywhere in a path is refused at that key, and the right path is offered.
#[test]
fn every_misspelt_key_gets_the_right_one() {
    let known = paths();
    let (mut tried, mut ambiguous) = (0, BTreeSet::new());
    for path in &known {
        let (group, key) = path.rsplit_once('.').unwrap_or(("", path));
        let join = |key: &str| if group.is_empty() { key.to_owned() } else { format!("{group}.{key}") };
        for slip in slips(key) {
            let written = join(&slip);
            if known.contains(written.as_str()) {
                continue;
            }
            let found = mistakes(&written, json!("x"));
            assert_eq!(found.len(), 1, "{written}: {found:?}");
            assert!(found[0].on_key, "{written}");
            assert_eq!(found[0].pointer.join("."), written);
            assert!(found[0].message.starts_with(&format!("unknown value `{written}`: ")), "{found:?}");
            if found[0].help != format!("did you mean `{path}`?") {
                // As near to another key of the group as to this one.
                let other = found[0].help.split('`').nth(1).unwrap_or_default();
                let near = |name: &str| strsim(&slip, name.rsplit('.').next().unwrap_or_default());
                assert!(known.contains(other) || other.starts_with(group), "{written}: {}", found[0].help);
                assert!(near(other) <= near(path), "{written}: {} and not {path}", found[0].help);
                ambiguous.insert(written.clone());
            }
            tried += 1;
        }
    }
    assert!(tried > 2500, "{tried}");
    assert!(ambiguous.len() * 200 < tried, "{} of {tried}: {ambiguous:?}", ambiguous.len());
}

/// Steps from one word to the other.
fn strsim(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) =
        (one.to_lowercase().chars().collect(), other.to_lowercase().chars().collect());
    let mut rows = vec![(0..=other.len()).collect::<Vec<usize>>()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut least = (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

/// Values that a kind does not take.
fn wrong(kind: Kind) -> Vec<Json> {
    match kind {
        Kind::Any => vec![],
        Kind::Bool => vec![json!("false"), json!("{{ .Values.x }}"), json!(0), json!([]), json!({})],
        Kind::Integer(low, high) => {
            let far = [low.checked_sub(1), high.checked_add(1)].into_iter().flatten().map(|number| json!(number));
            far.chain([json!("5"), json!("{{ .Values.x }}"), json!(true), json!(1.5), json!([]), json!({})]).collect()
        }
        Kind::Text => vec![json!(5), json!(true), json!([]), json!({})],
        Kind::Scalar => vec![json!(true), json!([]), json!({})],
        Kind::OneOf(_) => vec![json!("no such word"), json!(5), json!(true), json!([]), json!({})],
        Kind::Quantity => {
            vec![json!("8GB"), json!("banana"), json!("-1Gi"), json!(8), json!(true), json!([]), json!({})]
        }
        Kind::List(_) => vec![json!("a"), json!(5), json!(true), json!({"a": "b"}), json!([[[]]])],
        Kind::Map(_) => vec![json!("a"), json!(5), json!(true), json!(["a"])],
        // What each of them holds is tried in `shapes`.
        Kind::Shape(_) => vec![json!("a"), json!(5), json!(true), json!([5]), json!({"no such key": 5})],
    }
}

#[test]
fn every_wrong_type_is_refused() {
    for row in postgresql().settings {
        for value in wrong(row.kind) {
            let found = mistakes(row.path, value.clone());
            assert!(!found.is_empty(), "{} takes {value}", row.path);
            let path: Vec<&str> = row.path.split('.').collect();
            assert!(found.iter().all(|mistake| {
                mistake.pointer.starts_with(&path.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>())
            }));
            assert!(found.iter().all(|mistake| mistake.message.contains(row.path)), "{found:?}");
        }
        // A group is a map, whatever is in it.
        for (at, _) in row.path.match_indices('.') {
            let found = mistakes(&row.path[..at], json!("text"));
            assert_eq!(found.len(), 1, "{}", &row.path[..at]);
            assert!(found[0].message.ends_with("is a string, and should be a map"), "{found:?}");
        }
    }
}

#[test]
fn every_misspelt_word_of_an_enum_gets_the_right_one() {
    let mut tried = 0;
    for row in postgresql().settings {
        let Kind::OneOf(words) = row.kind else { continue };
        for word in words {
            assert_eq!(mistakes(row.path, json!(word)), [], "{}", row.path);
            for slip in slips(word).into_iter().filter(|slip| slip.len() > 2 && !words.contains(&slip.as_str())) {
                let found = mistakes(row.path, json!(slip));
                assert_eq!(found.len(), 1, "{}: {slip}", row.path);
                assert!(!found[0].on_key);
                assert_eq!(found[0].message, format!("`{}` cannot be `{slip}`", row.path));
                let offered = found[0].help.split('`').nth(1).unwrap_or_default();
                assert!(strsim(&slip, offered) <= strsim(&slip, word), "{}: {slip}: {}", row.path, found[0].help);
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn a_path_in_the_wrong_place_gets_the_right_one() {
    for (written, right) in [
        ("persistence.size", "primary.persistence.size"),
        ("service.type", "primary.service.type"),
        ("replicaCount", "readReplicas.replicaCount"),
        ("readReplicas.replicas.replicaCount", "readReplicas.replicaCount"),
        ("primary.auth.username", "auth.username"),
        ("postgresqlPassword", "auth.postgresPassword"),
        ("existingSecret", "auth.existingSecret"),
        ("resources.limits.memory", "primary.resources"),
        ("networkPolicy.allowExternal", "primary.networkPolicy.allowExternal"),
        ("initdb.scripts", "primary.initdb.scripts"),
        ("serviceMonitor.enabled", "metrics.serviceMonitor.enabled"),
        ("master.persistence.size", "primary.persistence.size"),
        ("postgresql.auth.password", "auth.password"),
        ("primary.persistance.size", "primary.persistence"),
        ("primary.persistence.storageClassName", "primary.persistence.storageClass"),
        ("metrics.serviceMonitor.enable", "metrics.serviceMonitor.enabled"),
        ("backup.schedule", "backup.cronjob.schedule"),
        ("backup.cronjob.timezone", "backup.cronjob.timeZone"),
        ("auth.existingSecrt", "auth.existingSecret"),
        ("primary.livenessProbe.initialDelay", "primary.livenessProbe.initialDelaySeconds"),
        ("primary.containerSecurityContext.capabilities.ad", "primary.containerSecurityContext.capabilities.add"),
    ] {
        let found = mistakes(written, json!("x"));
        assert_eq!(found.len(), 1, "{written}");
        assert_eq!(found[0].help, format!("did you mean `{right}`?"), "{written}");
    }
}

#[test]
fn what_nobody_meant_gets_the_keys_that_there_are() {
    let help = |path: &str| mistakes(path, json!(1)).remove(0).help;
    assert_eq!(help("zzzzzz"), "`gen values postgresql` lists what there is");
    assert_eq!(help("primary.zzzzzz"), "`gen values postgresql primary` lists what there is");
    assert_eq!(help("primary.pdb.zzzzzz"), "its keys are: create, minAvailable, maxUnavailable");
}

#[test]
fn dotted_keys_are_explained() {
    let found = postgresql().mistakes(&json!({"primary.persistence.size": "8Gi"}), Versions::new(None, None));
    assert_eq!(found.len(), 1);
    assert!(found[0].help.contains("does not split keys at dots"), "{found:?}");
}

/// Values with the chart's own keys, and others, in any order and of any type.
fn any_values() -> impl Strategy<Value = Json> {
    let keys: Vec<&'static str> = postgresql()
        .settings
        .iter()
        .flat_map(|row| row.path.split('.'))
        .chain(["name", "limits", "a.b", "", "\u{e9}"])
        .collect();
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "[a-z{}0-9\n]{0,6}".prop_map(Json::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |below| {
        let keys = keys.clone();
        prop_oneof![
            prop::collection::vec(below.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((prop::sample::select(keys), below), 0..6)
                .prop_map(|entries| entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn every_mistake_has_a_place_and_null_is_no_wrong_value(values in any_values()) {
        for mistake in postgresql().mistakes(&values, Versions::new(None, None)) {
            let mut value = &values;
            for key in &mistake.pointer {
                value = match value {
                    Json::Array(items) => &items[key.parse::<usize>().unwrap()],
                    _ => value.get(key).unwrap(),
                };
            }
            prop_assert!(mistake.on_key || !value.is_null());
            prop_assert!(!mistake.message.is_empty());
        }
        let mut places = Vec::new();
        for set in postgresql().set(&values) {
            let value = set.pointer().iter().try_fold(&values, |value, key| value.get(key));
            prop_assert_eq!(value, Some(set.value));
            places.push(postgresql().settings.iter().position(|row| row.path == set.setting.path));
        }
        prop_assert!(places.is_sorted());
    }
}
