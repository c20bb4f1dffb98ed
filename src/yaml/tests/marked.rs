//! Places and the tree's helpers.

use serde_json::json;

use super::super::{Mark, Node};
use super::{input, manifest};

/// `line:column+length source text`.
fn shown(mark: &Mark, text: &str) -> String {
    format!("{}:{}+{} {}", mark.line, mark.column, mark.length, mark.slice(text).unwrap())
}

#[track_caller]
fn assert_marked(text: &str, path: &[&str], expected: &str) {
    assert_eq!(shown(&input(text).at(path).unwrap().mark, text), expected);
}

#[track_caller]
fn assert_key_marked(text: &str, path: &[&str], key: &str, expected: &str) {
    assert_eq!(shown(&input(text).at(path).unwrap().entry(key).unwrap().key_mark, text), expected);
}

#[test]
fn scalars_are_marked_with_their_quotes() {
    let text = "plain: 1.30 # c\n\"quoted\" : \"1.30\"\nsingle: 'it''s'\nüß: é ñ\n";
    assert_marked(text, &["plain"], "1:8+4 1.30");
    assert_marked(text, &["quoted"], "2:12+6 \"1.30\"");
    assert_key_marked(text, &[], "quoted", "2:1+8 \"quoted\"");
    assert_marked(text, &["single"], "3:9+7 'it''s'");
    assert_key_marked(text, &[], "üß", "4:1+2 üß");
    assert_marked(text, &["üß"], "4:5+3 é ñ");
}

#[test]
fn windows_line_ends_move_nothing() {
    let text = "a: 1\r\nb:\r\n- x\r\nc: |\r\n  t\r\nd: 2\r\n";
    assert_marked(text, &["b"], "3:1+1 - x");
    assert_marked(text, &["c"], "4:4+1 |\r\n  t");
    assert_marked(text, &["d"], "6:4+1 2");
}

#[test]
fn texts_of_several_lines_are_marked_from_their_header_or_quote() {
    let text = "a: |\n  one\n  two\n\n# c\nb: !!str &x >2- # | no\n\n   folded\nc: \"x\n  y\"\nd: p\n  q\ne: |\nf:\n  - |+\n    z\n\n";
    assert_marked(text, &["a"], "1:4+1 |\n  one\n  two");
    assert_marked(text, &["b"], "6:13+3 >2- # | no\n\n   folded");
    assert_marked(text, &["c"], "9:4+2 \"x\n  y\"");
    assert_marked(text, &["d"], "11:4+1 p\n  q");
    assert_marked(text, &["e"], "13:4+1 |");
    assert_marked(text, &["f", "0"], "15:5+2 |+\n    z");
}

#[test]
fn containers_are_marked_from_first_key_or_dash_to_last_item() {
    let text = "map:\n  one: 1\n  two: 2 # c\n\nlist:\n  - a\n  - b: c\n    d: e\nflow: {x: [1, 2], z: {}}\nlines: [\n  1,\n]\n";
    assert_marked(text, &[], &format!("1:1+3 {}", text.trim_end()));
    assert_marked(text, &["map"], "2:3+3 one: 1\n  two: 2");
    assert_marked(text, &["list"], "6:3+1 - a\n  - b: c\n    d: e");
    assert_marked(text, &["list", "1"], "7:5+1 b: c\n    d: e");
    assert_marked(text, &["flow"], "9:7+18 {x: [1, 2], z: {}}");
    assert_marked(text, &["flow", "x"], "9:11+6 [1, 2]");
    assert_marked(text, &["flow", "z"], "9:22+2 {}");
    assert_marked(text, &["lines"], "10:8+1 [\n  1,\n]");
}

#[test]
fn a_list_that_is_not_indented_starts_at_its_dash() {
    let text = "a:\n- x\nb: # - no\n# - no\n\n- - p\n  - q\nc: &m !!seq\n- # c\n  z\nd:\n  - - r\n";
    assert_marked(text, &["a"], "2:1+1 - x");
    assert_marked(text, &["b"], "6:1+1 - - p\n  - q");
    assert_marked(text, &["b", "0"], "6:3+1 - p\n  - q");
    assert_marked(text, &["c"], "9:1+1 - # c\n  z");
    assert_marked(text, &["d"], "12:3+1 - - r");
}

#[test]
fn a_missing_value_stands_at_its_colon() {
    let text = "a:\n  b:\nc:\n";
    assert_marked(text, &["a", "b"], "2:4+0 ");
    assert_marked(text, &["c"], "3:2+0 ");
    let location = input(text).get("c").unwrap().mark.location("f.yaml");
    assert_eq!((location.line, location.column, location.length), (3, 2, 1));
}

#[test]
fn an_alias_keeps_the_place_where_the_value_is_written() {
    let text = "a: &x 1.30\nb: &m\n  c: d\ne: [*x, *m]\n";
    assert_marked(text, &["e", "0"], "1:7+4 1.30");
    assert_marked(text, &["e", "1", "c"], "3:6+1 d");
    assert_marked(text, &["e"], "4:4+8 [*x, *m]");
}

#[test]
fn the_tree_is_walked_by_path_and_kind() {
    let root = input("a: {b: [x, true, 5, null]}\n");
    assert_eq!(root.at(&["a", "b", "0"]).and_then(Node::as_str), Some("x"));
    assert_eq!(root.at(&["a", "b", "1"]).and_then(Node::as_bool), Some(true));
    assert_eq!(root.at(&["a", "b", "2"]).and_then(Node::as_number), Some(&5.into()));
    assert!(root.at(&["a", "b", "3"]).is_some_and(Node::is_null));
    assert_eq!(root.at(&["a", "b", "4"]), None);
    assert_eq!(root.at(&["a", "x"]), None);
    assert_eq!(root.at(&["a", "b", "0", "y"]), None);
    let kinds: Vec<_> = root.at(&["a", "b"]).unwrap().as_sequence().unwrap().iter().map(Node::kind_name).collect();
    assert_eq!(kinds, ["a string", "a boolean", "a number", "null"]);
    assert_eq!((root.kind_name(), root.at(&["a", "b"]).unwrap().kind_name()), ("a map", "a list"));
    assert_eq!(root.mark.file.0, 3);
}

#[test]
fn values_keep_their_order_and_their_kind() {
    let root = input("z: 1\na: -2.50\nm: 18446744073709551615\nq: \"1\"\nd: 2027-03-01\nnone: ~\n");
    let expected = r#"{"z":1,"a":-2.5,"m":18446744073709551615,"q":"1","d":"2027-03-01","none":null}"#;
    assert_eq!(root.to_json().to_string(), expected);
}

#[test]
fn manifests_are_read_like_kubernetes_reads_them() {
    // The answers are those of sigs.k8s.io/yaml 1.6.0.
    assert_eq!(
        manifest("y: n\na: on\nb: 0o17\nc: 0777\nd: 1_000\ne: 2027-03-01\nf: 08\ng: +1\n"),
        json!({"true": false, "a": true, "b": 15, "c": 511, "d": 1000, "e": "2027-03-01", "f": 8.0, "g": 1})
    );
    assert_eq!(manifest("1: a\n1.50: b\n12345678.9: c\n"), json!({"1": "a", "1.5": "b", "1.2345679e+07": "c"}));
    assert_eq!(
        manifest("a: !foo 12\nb: !!str 5\nc: !!int '7'\nd: !!float 3\ne: !!set {f}\n"),
        json!({"a": "12", "b": "5", "c": 7, "d": 3.0, "e": {"f": null}})
    );
    assert_eq!(
        manifest("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  r: 4\n  p: 3\n"),
        json!({"a": {"p": 1, "q": 2}, "b": {"p": 3, "q": 2, "r": 4}})
    );
    assert_eq!(manifest("b: {<<: [{x: 1}, {x: 2, z: 3}]}\n"), json!({"b": {"x": 1, "z": 3}}));
}

#[test]
fn manifests_may_be_many_and_empty_ones_are_dropped() {
    let documents = super::read("---\n# nothing\n---\na: 1\n---\n---\nb: 2\n...\n", super::Dialect::Manifest).unwrap();
    let values: Vec<_> = documents.iter().map(Node::to_json).collect();
    assert_eq!(values, [json!({"a": 1}), json!({"b": 2})]);
    assert_eq!(super::read("", super::Dialect::Manifest).unwrap(), []);
    let marked = super::read("\u{feff}a: 1\n", super::Dialect::Manifest).unwrap();
    assert_eq!((marked[0].mark.column, marked[0].mark.start), (1, 3));
}
