//! What is refused, where, and that the rest of the file is still checked.

use super::super::{Dialect, Source, parse};
use super::{found, input, read};

#[track_caller]
fn assert_found(text: &str, expected: &[&str]) {
    assert_eq!(found(text, Dialect::Input), expected, "{text}");
}

#[test]
fn syntax_errors_stand_where_the_mistake_is() {
    for (text, place) in [
        ("a: \"x\nb: 3\n", "1:4"),
        ("a: [\"x\", \"it\\\"s\", \"y]\nb: 3\n", "1:19"),
        ("a: 'it''s\nb: 'x'\n", "1:4"),
        ("é: \"x\n---\n", "1:4"),
        ("a: {b: c\n", "1:4"),
        ("a: [b, c}\n", "1:4"),
        ("a: ]\n", "1:4"),
        ("a:\n\t- b\n", "2:1"),
        ("\ta: 1\n", "1:2"),
        ("a: b: c\n", "1:5"),
        ("a: b\n  c: d\n", "2:4"),
        ("a:\n  b: 1\n c: 2\n", "3:2"),
        ("- a\nb: c\n", "2:1"),
        ("a: - b\n", "1:4"),
        ("a: 'it's'\n", "1:8"),
        ("a: @x\n", "1:4"),
        ("a: *\n", "1:4"),
        ("a: \"\\q\"\n", "1:4"),
        ("a: |\n  x\nno colon\nb: 1\n", "3:1"),
        ("%YAML 1.1\n---\na: 1\n", "1:1"),
    ] {
        assert_eq!(found(text, Dialect::Input), [format!("{place} yaml-syntax")], "{text}");
    }
}

#[test]
fn traps_are_found_in_keys_and_values() {
    let text = "a: yes\non: 0777\nb: 1_000\nc: 1e3\nd: [12:30, Off]\ne: {y: 0o17}\nf: =\ng: -.5\nh: 08\ni: 99999999999999999999\nj: 0b1\n";
    let places = ["1:4", "2:1", "2:5", "3:4", "4:4", "5:5", "5:12", "6:5", "6:8", "7:4", "8:4", "9:4", "10:4", "11:4"];
    assert_found(text, &places.map(|place| format!("{place} yaml-1.1-trap")).each_ref().map(String::as_str));
}

#[test]
fn what_all_readers_agree_on_is_no_trap() {
    let root = input(
        "a: \"yes\"\nb: '0777'\n'on': true\nd: 2027-03-01\ne: 17.0\nf: 0\ng: .5\nh: 0x1F\ni: 17.0.2\nj: 20Gi\nk: -1.5e+3\nl: yesterday\nm: 0 2 * * *\n",
    );
    assert_eq!(root.get("h").unwrap().as_number(), Some(&31.into()));
    assert_eq!(root.get("d").unwrap().as_str(), Some("2027-03-01"));
}

#[test]
fn a_trap_says_the_way_out_and_no_number() {
    let findings = read("a: no\npassword: 0123456\n", Dialect::Input).unwrap_err();
    assert_eq!(findings[0].message, "`no` is false to YAML 1.1 readers and a text to YAML 1.2 readers");
    assert_eq!(findings[0].help, "write false, or quote it: \"no\"");
    assert_eq!(findings[0].location.length, 2);
    assert!(!findings[1].message.contains("123456") && !findings[1].help.contains("123456"));
}

#[test]
fn all_mistakes_before_a_syntax_error_are_shown() {
    assert_found(
        "a: yes\na: 1\n1: x\nb: !foo y\nc: *nope\nd: .inf\n<<: {e: f}\ng: \"open\n",
        &[
            "1:4 yaml-1.1-trap",
            "3:1 non-string-key",
            "4:9 unsupported-tag",
            "5:4 undefined-alias",
            "6:4 non-finite-number",
            "7:1 merge-key",
            "8:4 yaml-syntax",
        ],
    );
}

#[test]
fn duplicate_keys_name_the_first_line() {
    let findings = read("a: 1\nb:\n  c: 1\n  'c': 2\n\"a\": 2\n", Dialect::Input).unwrap_err();
    let texts: Vec<_> = findings.iter().map(|finding| (finding.location.line, finding.message.as_str())).collect();
    assert_eq!(texts, [(4, "the key `c` is already set in line 3"), (5, "the key `a` is already set in line 1")]);
    let many: String = (0..40).map(|index| format!("k{}: 1\n", index % 39)).collect();
    assert_found(&many, &["40:1 duplicate-key"]);
}

#[test]
fn keys_are_texts() {
    assert_found(
        "[a]: b\n{c: d}: e\n~: f\ntrue: g\n2.5: h\n: i\n",
        &["1:1", "2:1", "3:1", "4:1", "5:1", "6:1"]
            .map(|at| format!("{at} non-string-key"))
            .each_ref()
            .map(String::as_str),
    );
    assert_eq!(found("a:\n  ? [b]\n  : c\n  ~: d\n", Dialect::Manifest), ["2:5 non-string-key", "4:3 non-string-key"]);
}

#[test]
fn an_input_is_one_map() {
    for text in ["", "\n\n", "# only a comment\n", "---\n", "null\n"] {
        assert_found(text, &["1:1 empty-file"]);
    }
    assert_found("text\n", &["1:1 root-not-a-map"]);
    assert_found("\n- a\n", &["2:1 root-not-a-map"]);
    assert_found("a: 1\n---\nb: 2\n---\nc: 3\n", &["2:1 several-documents"]);
    assert_eq!(input("---\na: 1\n...\n").to_json(), serde_json::json!({"a": 1}));
}

#[test]
fn bytes_that_are_no_text() {
    let at = |bytes: &[u8]| {
        let findings = parse(Source { id: super::FileId(0), name: "f", bytes }, Dialect::Manifest).unwrap_err();
        let first = &findings[0];
        (first.location.line, first.location.column, first.rule)
    };
    assert_eq!(at(b"a: 1\nb: \xC3\xA9\xFFx\n"), (2, 5, "not-utf8"));
    assert_eq!(at(b"\xFF\xFEa\0"), (1, 1, "not-utf8"));
    assert_eq!(at(b"a: 1\r\nb: \x07\n"), (2, 4, "control-character"));
    assert_eq!(at("a: 1\nb: \u{FFFF}\n".as_bytes()), (2, 4, "control-character"));
    assert_eq!(at("a: \u{2028}\n".as_bytes()), (1, 4, "yaml-1.1-trap"));
    assert_eq!(at("a: \u{FEFF}\n".as_bytes()), (1, 4, "byte-order-mark"));
    assert_found("\u{FEFF}a: 1\n", &["1:1 byte-order-mark"]);
    assert_found(
        "a: \u{1}\nb: \u{2}\nc: é \u{7F}\n",
        &["1:4 control-character", "2:4 control-character", "3:6 control-character"],
    );
}

#[test]
fn conflict_markers_are_named_before_anything_else() {
    let text = "a: yes\n<<<<<<< HEAD\nb: [\n||||||| base\n=======\nb: 2\n>>>>>>> theirs\nc: 1\n<<<<<<< HEAD\r\n=======\r\n>>>>>>>\r\n";
    assert_found(text, &["2:1 merge-conflict", "9:1 merge-conflict"]);
    assert_eq!(found("a: |\n  x\n>>>>>>> theirs\n", Dialect::Manifest), ["3:1 merge-conflict"]);
    assert_eq!(
        super::manifest("a: |\n  <<<<<<< HEAD\n  =======\n"),
        serde_json::json!({"a": "<<<<<<< HEAD\n=======\n"})
    );
}

#[test]
fn merge_keys_that_readers_differ_on_are_refused() {
    let refused = |text: &str| found(text, Dialect::Manifest);
    assert_eq!(refused("a: &x {p: 1}\nb:\n  p: 2\n  <<: *x\n"), ["3:3 merge-key"]);
    assert_eq!(refused("a: {<<: 1}\n"), ["1:5 merge-key"]);
    assert_eq!(refused("a: {<<: {b: 1}, <<: {c: 1}}\n"), ["1:17 duplicate-key"]);
    assert_eq!(refused("a: {<<: {b: 1}, b: 2, b: 3}\n"), ["1:23 duplicate-key"]);
    assert_eq!(refused("a: !!binary aGk=\nb: !!int x\n"), ["1:13 unsupported-tag", "2:10 unsupported-tag"]);
}

#[test]
fn nesting_is_bounded() {
    let flow = |levels: usize| format!("a: {}{}\nb: yes\n", "[".repeat(levels), "]".repeat(levels));
    assert_found(&flow(63), &["2:4 yaml-1.1-trap"]);
    assert_found(&flow(64), &["1:67 deep-nesting", "2:4 yaml-1.1-trap"]);
    assert_eq!(found(&flow(100_000), Dialect::Manifest), ["1:259 deep-nesting"]);
    let block: String = (0..200).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    assert_found(&block, &["65:65 deep-nesting"]);
    // Through aliases: each level alone is shallow.
    let aliased: String = (1..40).map(|level| format!("a{level}: &a{level} [[*a{}]]\n", level - 1)).collect();
    assert!(found(&format!("a0: &a0 x\n{aliased}"), Dialect::Input).iter().all(|line| line.ends_with("deep-nesting")));
}

#[test]
fn aliases_are_bounded() {
    let bomb: String = (1..9)
        .map(|level| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", ")))
        .collect();
    let bomb = format!("a0: &a0 x\n{bomb}");
    assert_eq!(found(&bomb, Dialect::Manifest).len(), 1);
    assert!(found(&bomb, Dialect::Input)[0].ends_with("alias-bomb"));
    // Few nodes, but much text.
    let heavy = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), vec!["*a"; 50_000].join(", "));
    assert!(found(&heavy, Dialect::Input)[0].ends_with("alias-bomb"));
    assert_found("a: &a\n  b: *a\n", &["2:6 undefined-alias"]);
    assert_found("a: 1\nb: *A\n", &["2:4 undefined-alias"]);
}

#[test]
fn size_is_bounded() {
    assert_found(&format!("a: {}\n", "x".repeat(1 << 20)), &["1:1 file-too-large"]);
    assert_eq!(found(&"x".repeat((16 << 20) + 1), Dialect::Manifest), ["1:1 file-too-large"]);
    let many = format!("a: [{}]\n", "1,".repeat(200_000));
    assert!(found(&many, Dialect::Input)[0].ends_with("file-too-large"));
    assert!(read(&many, Dialect::Manifest).is_ok());
}

#[test]
fn a_hundred_mistakes_are_enough() {
    assert_eq!(found(&"- yes\n".repeat(50_000), Dialect::Input).len(), 100);
    assert_eq!(found(&"a: 1\n".repeat(50_000), Dialect::Manifest).len(), 100);
}
