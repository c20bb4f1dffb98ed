#![allow(clippy::unwrap_used, reason = "a test")]

use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Map, Value as Json, json};

use super::{Edit, Fix, change, comments, edit, read};
use crate::yaml::{Dialect, FileId, Node, emit};

fn keys(path: &str) -> Vec<String> {
    crate::path::split(path)
}

/// One edit in the first document; the text that comes out, or why there is none.
fn one(text: &str, path: &str, fix: Fix) -> Result<String, &'static str> {
    let line = read(text, Dialect::Manifest).unwrap()[0].mark.line;
    let (done, results) = edit(text, Dialect::Manifest, &[Edit { line, pointer: keys(path), fix }]);
    results[0].map(|()| done.clone()).inspect_err(|_| assert_eq!(done, text))
}

fn replaced(text: &str, path: &str, with: &str) -> Result<String, &'static str> {
    one(text, path, Fix::Replace(with.to_owned()))
}

fn removed(text: &str, path: &str) -> Result<String, &'static str> {
    one(text, path, Fix::Remove)
}

fn inserted(text: &str, path: &str, key: &str, yaml: &str) -> Result<String, &'static str> {
    one(text, path, Fix::Insert(key.to_owned(), yaml.to_owned()))
}

fn ok(text: &str) -> Result<String, &'static str> {
    Ok(text.to_owned())
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    assert_eq!(
        replaced("a:\n  b: 'x'   # why\n  c: 1\n", "a.b", "ClusterIP"),
        ok("a:\n  b: ClusterIP   # why\n  c: 1\n")
    );
    assert_eq!(replaced("a: {b: true, c: [1, 2]}\n", "a.b", "false"), ok("a: {b: false, c: [1, 2]}\n"));
    assert_eq!(replaced("a: {b: true}\n", "a.b", "'x, y'"), ok("a: {b: \"x, y\"}\n"));
    assert_eq!(replaced("a: 1\n", "a", "'true'"), ok("a: \"true\"\n"));
    assert_eq!(replaced("a: x:1\n", "a", "docker.io/x:17.6"), ok("a: docker.io/x:17.6\n"));
    assert_eq!(replaced("a:\nb: 1\n", "a", "x"), ok("a: x\nb: 1\n"));
    assert_eq!(replaced("a: # here\nb: 1\n", "a", "x"), ok("a: x # here\nb: 1\n"));
    assert_eq!(replaced("a:\n  - b\n  - c\nd: 1\n", "a", "[]"), ok("a: []\nd: 1\n"));
    assert_eq!(replaced("a:\n  - b # this\n  - c\n", "a", "[]"), Err(super::splice::COMMENTED));
    assert_eq!(replaced("a: |\n  b\n  c\nd: 1\n", "a", "x"), ok("a: x\nd: 1\n"));
    assert_eq!(replaced("- a: 1\n  b: 2\n- c\n", "[0].b", "3"), ok("- a: 1\n  b: 3\n- c\n"));
}

#[test]
fn an_entry_is_taken_with_its_lines() {
    assert_eq!(removed("a: 1\n# about b\nb:\n  c: 1 # gone\n\nd: 1", "b"), ok("a: 1\n# about b\n\nd: 1"));
    assert_eq!(removed("a: 1\r\nb: 2\r\nc: 3\r\n", "b"), ok("a: 1\r\nc: 3\r\n"));
    assert_eq!(removed("a: 1\nb: 2", "b"), ok("a: 1\n"));
    assert_eq!(removed("a:\n- b: 1\n  c: 2\n", "a[0].b"), ok("a:\n- c: 2\n"));
    assert_eq!(removed("a:\n- b: 1 # why\n  c: 2\n", "a[0].b"), Err(super::splice::COMMENTED));
    assert_eq!(removed("a: {b: 1, c: 2, d: 3}\n", "a.c"), ok("a: {b: 1, d: 3}\n"));
    assert_eq!(removed("a: {b: 1, c: 2}\n", "a.c"), ok("a: {b: 1}\n"));
    assert_eq!(removed("a:\n  - b\n  - c\n  - d\n", "a[1]"), ok("a:\n  - b\n  - d\n"));
    assert_eq!(removed("a: [b, c]\n", "a[1]"), ok("a: [b]\n"));
}

#[test]
fn what_is_left_empty_does_not_turn_into_null() {
    assert_eq!(removed("a:\n  b: 1\nc: 2\n", "a.b"), ok("a: {}\nc: 2\n"));
    assert_eq!(removed("a:\n- b\nc: 2\n", "a[0]"), ok("a: []\nc: 2\n"));
    assert_eq!(removed("a: {b: 1}\n", "a.b"), ok("a: {}\n"));
    assert_eq!(removed("- a: 1\n- b\n", "[0].a"), ok("- {}\n- b\n"));
    assert!(removed("a: 1\n", "a").is_err());
    assert_eq!(removed("a:\n  # why\n  b: 1\n", "a.b"), Err(super::splice::COMMENTED));
}

#[test]
fn an_entry_is_added_below_the_last_one() {
    assert_eq!(
        inserted("a:\n  b: 1 # x\n  # end\nc: 2\n", "a", "d", "true"),
        ok("a:\n  b: 1 # x\n  d: true\n  # end\nc: 2\n")
    );
    assert_eq!(
        inserted("a:\n- b:\n    c: 1\n", "a[0]", "d", "{e: [f]}"),
        ok("a:\n- b:\n    c: 1\n  d:\n    e:\n      - f\n")
    );
    assert_eq!(inserted("a: {b: 1}\n", "a", "d", "{e: f}"), ok("a: {b: 1, d: {e: f}}\n"));
    assert_eq!(inserted("a: {}\n", "a", "d", "1"), ok("a: {d: 1}\n"));
    assert_eq!(inserted("a:\nb: 1\n", "a", "d", "1"), ok("a: {d: 1}\nb: 1\n"));
    assert_eq!(inserted("a:\r\n  b: 1\r\n", "a", "d", "1"), ok("a:\r\n  b: 1\r\n  d: 1\r\n"));
    assert_eq!(inserted("a:\n  b: 1", "a", "d", "1"), ok("a:\n  b: 1\n  d: 1"));
    assert!(inserted("a: {b: 1}\n", "a", "b", "2").is_err());
}

#[test]
fn what_stands_in_two_places_is_left_alone() {
    assert!(replaced("a: &x 1\nb: *x\n", "a", "2").is_err());
    assert!(replaced("a: &x 1\nb: *x\n", "b", "2").is_err());
    assert!(removed("a: &x {b: 1}\nc: *x\n", "c.b").is_err());
    assert!(removed("a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n", "c.b").is_err());
    assert_eq!(removed("a: &x 1\nb: *x\nc: 1\n", "b"), ok("a: &x 1\nc: 1\n"));
    assert!(replaced("a: !!str 1\n", "a", "2").is_err());
}

#[test]
fn several_are_made_at_once_each_in_its_document() {
    let text = "# head\na: {b: 1}\n---\na:\n  b: 1\n  c: 2\n";
    let at = |line, path: &str, fix| Edit { line, pointer: keys(path), fix };
    let edits = [
        at(2, "a.b", Fix::Replace("2".into())),
        at(4, "a.b", Fix::Remove),
        at(4, "a", Fix::Insert("d".into(), "3".into())),
        at(4, "a.x", Fix::Remove),
        at(4, "a.c", Fix::Remove),
    ];
    let (done, results) = edit(text, Dialect::Manifest, &edits);
    assert_eq!(done, "# head\na: {b: 2}\n---\na: {d: 3}\n");
    assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, true, false, true]);
}

fn values() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<i32>().prop_map(Json::from),
        "[a-z #:'\"{}\\[\\],&*!|>%@`-]{0,8}".prop_map(Json::from),
        Just(json!("two\nlines\n")),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::Array),
            prop::collection::btree_map("[a-d]{1,2}", inner, 0..5).prop_map(|map| Json::Object(Map::from_iter(map))),
        ]
    })
}

/// The ways to every value of a tree but its root.
fn ways(value: &Json, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let mut below = |key: String, value: &Json| {
        at.push(key);
        found.push(at.clone());
        ways(value, at, found);
        at.pop();
    };
    match value {
        Json::Array(items) => items.iter().enumerate().for_each(|(index, item)| below(index.to_string(), item)),
        Json::Object(map) => map.iter().for_each(|(key, value)| below(key.clone(), value)),
        _ => {}
    }
}

/// The text of a value: block style, but some maps and lists in brackets, some lines with comments, some line ends of two signs.
fn spelled(value: &Json, seed: u64) -> String {
    let mut lines = Vec::new();
    let mut dice = seed;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let mut in_text = false;
    for line in emit(value).lines() {
        // Lines of a text take no comments.
        in_text = in_text && !line.trim_start().is_empty() && (line.trim() == "two" || line.trim() == "lines");
        if !in_text && roll(5) == 0 {
            lines.push(format!("{}# above {}", " ".repeat(line.len() - line.trim_start().len()), lines.len()));
        }
        let opens = line.ends_with(": |") || line.ends_with("- |");
        let behind =
            if !in_text && !opens && roll(4) == 0 { format!(" # behind {}", lines.len()) } else { String::new() };
        lines.push(format!("{line}{behind}"));
        in_text = in_text || opens;
    }
    let end = if roll(3) == 0 { "\r\n" } else { "\n" };
    lines.join(end) + if roll(4) == 0 { "" } else { end }
}

proptest! {
    #[test]
    fn an_edit_changes_what_it_says_and_nothing_else(
        root in prop::collection::btree_map("[a-d]{1,2}", values(), 1..5),
        new in values(), which in any::<prop::sample::Index>(), kind in 0..3, in_brackets in any::<bool>(), seed in any::<u64>(),
    ) {
        let root = Json::Object(Map::from_iter(root));
        let text = if in_brackets { format!("# head\n{root}\n") } else { spelled(&root, seed) };
        let Some(before) = read(&text, Dialect::Manifest) else { return Ok(()) };
        prop_assert_eq!(before[0].to_json(), root.clone());
        let mut found = Vec::new();
        ways(&root, &mut Vec::new(), &mut found);
        let pointer = found[which.index(found.len())].clone();
        let fix = match kind {
            0 => Fix::Remove,
            1 => Fix::Replace(emit(&new)),
            _ => Fix::Insert("zz".into(), emit(&new)),
        };
        let (done, results) = edit(&text, Dialect::Manifest, &[Edit { line: 1_000_000, pointer: pointer.clone(), fix: fix.clone() }]);
        if results[0].is_err() {
            prop_assert_eq!(done, text);
            return Ok(());
        }
        let mut wanted = root.clone();
        change(&mut wanted, &pointer, &fix).unwrap();
        let after = read(&done, Dialect::Manifest).unwrap();
        prop_assert_eq!(after.iter().map(Node::to_json).collect::<Vec<_>>(), vec![wanted]);
        let words = |text: &str| comments(FileId(0), text).into_iter().map(|comment| comment.text).collect::<Vec<_>>();
        let (was, is) = (words(&text), words(&done));
        prop_assert!(is.iter().all(|comment| was.contains(comment)));
        if kind != 0 {
            prop_assert_eq!(&is, &was);
        }
        // Every line before the list or map that changes, and every line behind it, is the same bytes.
        let parent = before[0].at(&pointer[..pointer.len() - 1]).unwrap().mark;
        let start = text[..parent.start as usize].trim_end().rfind('\n').map_or(0, |at| at + 1);
        let end = (parent.end as usize).max(before[0].at(&pointer).unwrap().mark.end as usize);
        let end = text[end..].find('\n').map_or(text.len(), |at| end + at);
        let same = text.bytes().zip(done.bytes()).take_while(|(a, b)| a == b).count();
        let rest = text.bytes().rev().zip(done.bytes().rev()).take_while(|(a, b)| a == b).count();
        prop_assert!(same >= start, "{text:?} {done:?}");
        prop_assert!(rest >= text.len() - end, "{text:?} {done:?}");
    }
}

/// How often an edit that a rule asks for is declined: most trees are written like this.
#[test]
fn plain_manifests_are_never_declined() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: db # ours\nspec:\n  type: NodePort\n  ports:\n    - port: 5432\n      nodePort: 30000\n  \
                externalIPs:\n    - 1.2.3.4\n";
    for (path, fix) in [
        ("spec.type", Fix::Replace("ClusterIP".into())),
        ("spec.ports[0].nodePort", Fix::Remove),
        ("spec.externalIPs", Fix::Remove),
        ("metadata", Fix::Insert("annotations".into(), "{a: b}".into())),
        ("spec.ports[0]", Fix::Insert("name".into(), "postgres".into())),
    ] {
        assert!(one(text, path, fix).is_ok(), "{path}");
    }
}
