//! What sops 3.13.3 (go-yaml v3.0.4) was seen to read, and what is refused.

use super::{parse, shown};

/// Reads one document that is said to be `expected`.
#[track_caller]
fn reads(text: &str, expected: &str) {
    let stream = parse(text.as_bytes()).unwrap_or_else(|findings| panic!("{findings:?}"));
    assert_eq!(shown(&stream).trim_end(), expected, "{text}");
}

/// `line:column rule` of every finding, none of which may hold `secret`.
#[track_caller]
fn refuses(text: &str, expected: &[&str]) {
    let Err(findings) = parse(text.as_bytes()) else { panic!("{text}") };
    let places = findings.iter().map(|at| format!("{}:{} {}", at.location.line, at.location.column, at.rule));
    assert_eq!(places.collect::<Vec<_>>(), expected, "{text}");
    for finding in &findings {
        assert!(!finding.message.contains("secret") && !finding.help.contains("secret"), "{finding:?}");
        assert!(!finding.help.is_empty() && !finding.message.ends_with('.') && !finding.message.contains('\n'));
    }
}

#[test]
fn scalars_are_what_go_yaml_3_takes_them_for() {
    reads(
        "{a: 017, b: 0o17, c: 0x1F, d: 0b101, e: 1_000, f: -0, g: +5}",
        r#"{k"a":i15 k"b":i15 k"c":i31 k"d":i5 k"e":i1000 k"f":i0 k"g":i5 }"#,
    );
    reads(
        "{a: 08, b: 1.2.3, c: 190:20:30, d: 1e400, e: ._5, f: 0x}",
        r#"{k"a":f8.0 k"b":s"1.2.3" k"c":s"190:20:30" k"d":s"1e400" k"e":s"._5" k"f":s"0x" }"#,
    );
    reads(
        "{a: .5, b: 5., c: 1E+5, d: 1_0.5_0, e: -.5, f: 18446744073709551616, g: +9223372036854775808}",
        r#"{k"a":f0.5 k"b":f5.0 k"c":f100000.0 k"d":f10.5 k"e":f-0.5 k"f":f1.8446744073709552e19 k"g":f9.223372036854776e18 }"#,
    );
    reads(
        "{a: yes, b: n, c: True, d: tRUE, e: ~, f: , g: .NaN, h: -.Inf}",
        r#"{k"a":s"yes" k"b":s"n" k"c":btrue k"d":s"tRUE" k"e":n k"f":n k"g":fnan k"h":f-inf }"#,
    );
    reads(
        "{a: !!str true, b: !!int \"5\", c: !!float 5, d: !foo x, e: !!binary gIGC, f: !!bool \"true\"}",
        r#"{k"a":s"true" k"b":i5 k"c":f5.0 k"d":s"x" k"e":x[128, 129, 130] k"f":btrue }"#,
    );
}

#[test]
fn timestamps_are_what_go_takes_them_for() {
    reads(
        "{a: 2001-1-2, b: 2001-12-14t21:59:43.10-05:00, c: 2001-12-15 2:59:43.10}",
        r#"{k"a":t2001-01-02T00:00:00Z k"b":t2001-12-14T21:59:43.1-05:00 k"c":t2001-12-15T02:59:43.1Z }"#,
    );
    reads(
        "{a: 2001-01-01T01:02:03+00:00, b: 2001-01-01T10:00:00.123456789123Z, c: 2000-02-29}",
        r#"{k"a":t2001-01-01T01:02:03Z k"b":t2001-01-01T10:00:00.123456789Z k"c":t2000-02-29T00:00:00Z }"#,
    );
    reads(
        "{a: 2001-02-30, b: 1900-02-29, c: 2001-01-01T01:02:03, d: 2001-12-14 21:59:43.10 -5, e: 20010-01-01}",
        r#"{k"a":s"2001-02-30" k"b":s"1900-02-29" k"c":s"2001-01-01T01:02:03" k"d":s"2001-12-14 21:59:43.10 -5" k"e":s"20010-01-01" }"#,
    );
}

#[test]
fn comments_stand_where_sops_puts_them() {
    reads("# c\n---\na: 1\n# foot\n", r#"{#" c" k"a":i1 #" foot" }"#);
    reads("a: # x\nb:\n  # y\nc:\n# z\nd: 1\n", r#"{#" x" k"a":n k"b":n #" y" k"c":n #" z" k"d":i1 }"#);
    reads(
        "a: # r\n    # in\n    b: 1 # i\n    # tail\n# out\nc: 2\n",
        r#"{#" r" k"a":{#" in" @" i" k"b":i1 #" tail" }#" out" k"c":i2 }"#,
    );
    reads("a:\n- 1 # one\n# two\n- 2\n# b\nb: 3\n", r#"{k"a":[@" one" i1 #" two" i2 ]#" b" k"b":i3 }"#);
    reads(
        "a:\n- # d\n  x: 1\n- x: 2 # i\n  y:\n  # q\n  - z\n",
        r#"{k"a":[{#" d" k"x":i1 }{@" i" k"x":i2 k"y":[#" q" s"z" ]}]}"#,
    );
    reads(
        "a: | # c\n  foo\n  # no comment\n\n# e\nb: >- # d\n  x\n  y\n",
        r##"{@" c" k"a":s"foo\n# no comment\n" #" e" @" d" k"b":s"x y" }"##,
    );
    reads(
        "a: [1, 2] # d\nb: {x: 1} # e\nc:\n- [1] # f\n- {} # g\n",
        r#"{k"a":[#" d" i1 i2 ]k"b":{#" e" k"x":i1 }k"c":[@" f" [i1 ]@" g" {}]}"#,
    );
    reads("a: 1 # x\r\n# y\r\nb: |\r\n  foo\r\n", r#"{@" x" k"a":i1 #" y" k"b":s"foo\n" }"#);
    reads(
        "a: \"x # y\" # z\nb: 'it''s' # w\nc: plain\n  multi # u\n",
        r#"{@" z" k"a":s"x # y" @" w" k"b":s"it's" @" u" k"c":s"plain multi" }"#,
    );
}

#[test]
fn documents_aliases_and_indentation() {
    let stream =
        parse(b"a: &x {b: [1]}\nc: *x\n---\n---\nd:\n  e: 1\n").unwrap_or_else(|findings| panic!("{findings:?}"));
    assert_eq!(shown(&stream), "{k\"a\":{k\"b\":[i1 ]}k\"c\":{k\"b\":[i1 ]}}\n{}\n{k\"d\":{k\"e\":i1 }}\n");
    assert_eq!(stream.indent, 2);
    let indent = |text: &str| parse(text.as_bytes()).map(|stream| stream.indent).unwrap_or_default();
    assert_eq!([indent("a: 1"), indent("a:\n- 1"), indent("a:\n    - 1"), indent("a:\n   b: 1")], [4, 4, 4, 3]);
}

#[test]
fn what_sops_cannot_keep_is_refused_in_words_that_tell_nothing() {
    refuses("", &["1:1 empty-file"]);
    refuses("secret", &["1:1 root-not-a-map"]);
    refuses("- secret\n", &["1:1 root-not-a-map"]);
    refuses("a: 1\n---\nsecret\n", &["3:1 root-not-a-map"]);
    refuses("secret: 1\nb: 2\nsecret: 3\n", &["3:1 duplicate-key"]);
    refuses("a: &x {b: 1}\nc:\n  <<: *x\n\"<<\": 1\n", &["3:3 merge-key", "4:1 merge-key"]);
    refuses(
        "1: a\ntrue: b\n~: c\n[secret]: d\n",
        &["1:1 non-string-key", "2:1 non-string-key", "3:1 non-string-key", "4:1 non-string-key"],
    );
    refuses("a: 9223372036854775808\nb: 0xFFFFFFFFFFFFFFFF\n", &["1:4 number-too-large", "2:4 number-too-large"]);
    refuses("a: *secret\nb: 1\n", &["1:4 undefined-alias"]);
    refuses("a: !!int secret\nb: !!binary secret\n", &["1:10 unsupported-tag", "2:13 unsupported-tag"]);
    refuses("a: @secret\n", &["1:4 yaml-syntax"]);
    refuses("a: \"secret\n", &["1:4 yaml-syntax"]);
    refuses("<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n", &["1:1 merge-conflict"]);
    refuses(&format!("a: {}secret{}\n", "[".repeat(70), "]".repeat(70)), &["1:67 deep-nesting"]);
    let bomb = (1..9).fold("a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned(), |bomb, level| {
        bomb + &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(","))
    });
    let Err(findings) = parse(bomb.as_bytes()) else { panic!("a bomb was read") };
    assert_eq!(findings[0].rule, "alias-bomb");
}

#[test]
fn many_comments_before_a_value_are_no_error() {
    let text = format!("a:\n{}  b: 1\n", "  # c\n".repeat(5_000));
    assert_eq!(
        shown(&parse(text.as_bytes()).unwrap_or_else(|findings| panic!("{findings:?}"))).matches('#').count(),
        5_000
    );
}
