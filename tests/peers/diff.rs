//! `gen diff` beside `dyff`: what dyff reports is among our changes.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use gitops_gen::{
    diff::{Step, UNORDERED, changes},
    manifest::{Bundle, Object, Provenance},
    yaml::emit,
};
use serde_json::{Value, json};

use super::{assert_none, children, documents, environments, name, peer, run, text};

/// One thing that dyff reports.
struct Report {
    /// Where, in its go-patch style.
    path: String,
    is_order: bool,
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn nothing_that_dyff_reports_is_missed() {
    let Some(binary) = peer("dyff") else { return };
    let mut faults = Vec::new();
    let (mut pairs, mut reported) = (0, 0);
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.yaml"), folder.path().join("new.yaml"));
    for (place, before, after) in pairs_of_documents() {
        fs::write(&old, emit(&before)).unwrap();
        fs::write(&new, emit(&after)).unwrap();
        let bundle = |body: &Value| {
            let object = Object { file: "x.yaml".to_owned(), body: body.clone(), provenance: Provenance::Rendered };
            Bundle { objects: vec![object], ..Bundle::default() }
        };
        let ours = changes(&bundle(&before), &bundle(&after));
        pairs += 1;
        for report in dyff(&binary, &old, &new) {
            reported += 1;
            let list = report.path.rsplit('/').next().unwrap_or_default();
            let is_idle = report.is_order && UNORDERED.iter().any(|(_, _, key)| *key == list);
            if !is_idle && !ours.iter().any(|change| meets(&report.path, &change.pointer)) {
                let paths: Vec<&str> = ours.iter().map(|change| change.shown.path.as_str()).collect();
                faults.push(format!("{place}: {} is not among {paths:?}", report.path));
            }
        }
    }
    assert_none(&faults);
    assert!(pairs > 500 && reported > 2_000, "{pairs} pairs and {reported} reports are too few to tell anything");
}

/// Documents of the same file in two trees, and documents beside edited copies of themselves.
fn pairs_of_documents() -> Vec<(String, Value, Value)> {
    let mut pairs = Vec::new();
    let trees = environments();
    for (number, tree) in trees.iter().enumerate() {
        for file in files(tree) {
            let [body] = documents(&fs::read_to_string(tree.join(&file)).unwrap()).try_into().unwrap();
            for step in [1, 5] {
                let other = &trees[(number + step) % trees.len()];
                if let Ok(text) = fs::read_to_string(other.join(&file)) {
                    pairs.push((
                        format!("{file}: {} and {}", name(tree), name(other)),
                        body.clone(),
                        documents(&text).remove(0),
                    ));
                }
            }
            // The trees are much alike: a third of them is enough to edit.
            for seed in (0..9).filter(|_| number % 3 == 0) {
                let mut edited = body.clone();
                edit(&mut edited, seed, &mut 0, true);
                pairs.push((format!("{file} of {}, edit {seed}", name(tree)), body.clone(), edited));
            }
        }
    }
    pairs
}

fn files(tree: &Path) -> Vec<String> {
    let folders = children(tree).into_iter().filter(|folder| folder.is_dir());
    let files =
        folders.flat_map(|folder| children(&folder)).map(|file| file.strip_prefix(tree).unwrap().display().to_string());
    files.filter(|file| file.ends_with(".yaml")).collect()
}

/// Edits every ninth value, in one of several ways; leaves alone what makes an object the one that it is.
fn edit(value: &mut Value, seed: usize, count: &mut usize, is_root: bool) {
    *count += 1;
    if *count % 9 == seed && !is_root {
        match (*count / 9 % 5, &mut *value) {
            (0, Value::Array(list)) => list.reverse(),
            (0, Value::Object(map)) => drop(map.insert("more".to_owned(), json!({ "a": [1, "2", null] }))),
            (1, Value::Array(list)) => list.push(json!("more")),
            (1, Value::Object(map)) => drop(map.shift_remove(&map.keys().next().cloned().unwrap_or_default())),
            (2, Value::Array(list)) => drop(list.pop()),
            (2, Value::Number(_)) => *value = json!("a text"),
            (3, _) => *value = Value::Null,
            (4, Value::Array(list)) => list.insert(0, json!({ "name": "more", "value": "x" })),
            _ => *value = json!("edited"),
        }
        return;
    }
    match value {
        Value::Object(map) => {
            let is_identity = |key: &str| matches!(key, "apiVersion" | "kind" | "metadata");
            for (key, value) in map.iter_mut().filter(|(key, _)| !is_root || !is_identity(key)) {
                edit(value, seed, count, false);
                *count += key.len() % 2;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|item| edit(item, seed, count, false)),
        _ => {}
    }
}

fn dyff(binary: &Path, old: &Path, new: &Path) -> Vec<Report> {
    let arguments = ["between", "--color", "off", "--omit-header", "--use-go-patch-style", "--no-table-style"];
    let output = run(Command::new(binary).args(arguments).arg(old).arg(new), "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut reports: Vec<Report> = Vec::new();
    let mut path = String::new();
    // Where the keys of the entries stand that are listed below, if keys are.
    let mut keys_at = None;
    for line in text(&output.stdout).lines() {
        let indent = line.len() - line.trim_start().len();
        if let Some(root) = line.strip_prefix('/') {
            path = if root.is_empty() { String::new() } else { line.to_owned() };
            keys_at = None;
        } else if indent <= 2 && is_headline(line.trim_start()) {
            let is_order = line.contains("order changed");
            keys_at = (line.contains(" map entr")).then_some(indent + 2);
            reports.push(Report { path: path.clone(), is_order });
        } else if keys_at == Some(indent)
            && !line.trim_start().starts_with("- ")
            && let Some((key, _)) = line.trim_start().split_once(':')
        {
            reports.push(Report { path: format!("{path}/{}", key.trim_matches('"')), is_order: false });
        }
    }
    assert_eq!(output.stdout.trim_ascii().is_empty(), reports.is_empty(), "{}", text(&output.stdout));
    reports
}

/// Whether a line says what kind of difference follows.
fn is_headline(line: &str) -> bool {
    let is_entry = line.starts_with(['+', '-']) && (line.ends_with(" added:") || line.ends_with(" removed:"));
    is_entry || line.starts_with("± ") || line.starts_with("⇆ ")
}

/// Whether a change is at a place that dyff names, below it or around it. dyff knows some items by their index that we know by
/// a name.
fn meets(path: &str, pointer: &[Step]) -> bool {
    let Some((first, rest)) = pointer.split_first() else { return true };
    let Some(below) = path.strip_prefix('/') else { return path.is_empty() };
    let after = |segment: &str| {
        below.strip_prefix(segment).filter(|left| left.is_empty() || left.starts_with('/')).map(str::to_owned)
    };
    let index = |index: Option<usize>| index.and_then(|index| after(&index.to_string()));
    let left = match first {
        Step::Order => return false,
        Step::Key(key) => after(key),
        Step::Named(key, name, place) => {
            let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
            after(&format!("{key}={name}")).or_else(|| index(*place))
        }
        Step::Item(before, place) => {
            let named = || {
                below.split_once('=').map(|(_, name)| name.find('/').map_or(String::new(), |at| name[at..].to_owned()))
            };
            index(*before).or_else(|| index(*place)).or_else(named)
        }
    };
    left.is_some_and(|left| meets(&left, rest))
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn a_missed_change_would_be_noticed() {
    let Some(binary) = peer("dyff") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.yaml"), folder.path().join("new.yaml"));
    fs::write(&old, "a: {b: 1, c: [{name: x, d: 1}]}\nk: {o: 1}\n").unwrap();
    fs::write(&new, "a: {b: 2, c: [{name: x, d: 2}]}\nk: {o: 1, p/q: 2}\nm: 1\n").unwrap();
    let mut paths = String::new();
    dyff(&binary, &old, &new).iter().for_each(|report| writeln!(paths, "{}", report.path).unwrap());
    for path in ["/a/b\n", "/a/c/name=x/d\n", "/k/p/q\n", "/m\n"] {
        assert!(paths.contains(path), "{paths}");
    }
    let key = |keys: &[&str]| keys.iter().map(|key| Step::Key((*key).to_owned())).collect::<Vec<Step>>();
    assert!(meets("/a/b", &key(&["a", "b"])) && meets("/a/b", &key(&["a"])) && meets("/k/p/q", &key(&["k", "p/q"])));
    assert!(!meets("/a/b", &key(&["a", "c"])) && !meets("/ab", &key(&["a"])));
    let named = |name: &str| [key(&["a", "c"]), vec![Step::Named("name", name.into(), Some(0))], key(&["d"])].concat();
    assert!(
        meets("/a/c/name=x/d", &named("x")) && meets("/a/c/0/d", &named("x")) && !meets("/a/c/name=x/d", &named("y"))
    );
}
