//! What `yaml::emit` writes means the same to everybody: to `yaml::parse`, and, in the ignored tests, to PyYAML, libyaml,
//! go-yaml v3 and `sigs.k8s.io/yaml`.
#![allow(clippy::unwrap_used)]

#[path = "readers/peers.rs"]
mod peers;

use gitops_gen::yaml::typed::{Item, Leaf, Stream, Tree, write};
use gitops_gen::yaml::{Dialect, FileId, Mark, Node, Source, emit, emit_document, parse};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use peers::{go, python, same};

/// Texts that some YAML reader or writer is known to get wrong.
#[rustfmt::skip]
const HOSTILE: &[&str] = &[
    "", " ", "  ", "\n", "\n\n", "\t", "\r", "\r\n", "a\r\nb", "a\rb", " a", "a ", "\ta", "a\t", "a\tb", "\na", "a\n",
    "a\n\n", "a\n\n\n", "a\nb", "a\n\nb\n", "a \nb", "a\n b", " a\nb", "\ta\nb", "a\n\tb\n", "a\n \nb", "a\nb\n ",
    "a\n  ", "a\n \n\n", "\n\na\n", "# a\nb\n", "a: b\nc: d\n", "- a\n- b\n", "---\na\n", "...\na\n", "--- a\n...\n",
    "a\u{85}b", "a\u{2028}b", "a\u{2029}b\n", "\u{feff}a", "a\u{feff}", "a\u{0}b", "\u{1}", "\u{7f}", "\u{9f}",
    "\u{a0}", "a\u{a0}b", "\u{ad}", "a\u{200b}b", "a\u{202e}b", "\u{fffe}", "\u{ffff}", "\u{1fffe}", "\u{10ffff}",
    "\u{e000}", "\u{3000}a", "é", "ß: ü", "日本語", "日本語: x", "日本 #x", "日本:", "日本\n語\n", "🚀", "🚀 a\nb", "👨\u{200d}👩",
    "- ", "-", "- a", "-a", "--a", "--", "---", "--- a", "----", "...", "... a", "....", ".", "..", "?", "? ", "? a",
    "?a", ":", ": ", ": a", ":a", "a:", "a: ", "a: b", "a:b", "a :b", "a : b", "a:\tb", "#", "# a", "#a", "a #b",
    "a# b", "a#b", "a\t#b", "&", "&a", "*", "*a", "!", "!a", "!!str a", "|", "|-", ">", ">-", "| a", "%", "%YAML 1.2",
    "@", "@a", "`", "`a`", "'", "''", "'a'", "\"", "\"a\"", "a\"b", "a'b", "\\", "\\n", "a\\", "[", "]", "[]", "[a]",
    "{", "}", "{}", "{a}", "{{ .Values.a }}", "${{ env.name }}", "a, b", ",", ",a", "<<", "=", "==", "<", "~", "~a",
    "null", "Null", "NULL", "nULL", "true", "True", "TRUE", "tRue", "false", "False", "yes", "Yes", "YES", "no", "No",
    "NO", "nO", "on", "On", "ON", "off", "Off", "OFF", "y", "Y", "n", "N", "t", "f", "none", "nil", "undefined", "0",
    "1", "-1", "+1", "-0", "00", "01", "007", "0777", "08", "0o17", "0o8", "0O17", "0x1F", "0X1F", "0_x1F", "0_b1", "0xg", "-0x1F",
    "0b101", "0b2", "1_000", "_1", "1_", "1__0", "0_7", "1,000", "12:30", "12:30:45", "1:60", "-1:30", "190:20:30.15",
    "1e3", "1E3", "1e+3", "1e-3", "1.e3", "1.5e3", "1.5e+3", "-1.5E-3", "e3", "1e", "1e1000", "1.0e+1000", "0.0",
    "1.", ".5", "-.5", "+.5", ".5e1", "1.0", "1.30", "17.0", "17.0.2", "1.2.3.4", "1..2", "1.2.", "10.0.0.0/8", "::1",
    "fe80::1", ".inf", "-.inf", "+.INF", ".Inf", ".nan", ".NaN", "inf", "nan", "NaN", "Infinity", "-inf",
    "99999999999999999999", "18446744073709551616", "2027-03-01", "2027-3-1", "2027-03-01T12:00:00Z",
    "2027-03-01 12:00:00", "2027-03-01t1:2:3", "2027-13-01", "20270301", "2027-W10", "0 2 * * *", "*/5 * * * *",
    "20Gi", "250m", "30d", "1e3Gi", "0xdeadbeef", "1e10ab", "12e5", "deadbeef", "0123456789abcdef", "sha256:0123",
    "docker.io/bitnamilegacy/postgresql:17.6.0-debian-12-r4", "tcp-postgresql", "app.kubernetes.io/name", "/bin/bash",
    "-ec", "$(POD_IP)", "(a)", "a|b", "a>b", "a&b", "a*b", "a!b", "a%b", "a@b", "a`b", "\u{1b}[31m",
    "key with spaces", " #", "a\n#b\n", "#a\nb", "a\n---\nb\n", "a\n...\n", "%a\nb", "\"a\nb", "a\nb: c", "a\n? b",
    "\\u263a", "a\u{300}", "\u{300}", "\u{d7ff}", "\u{10000}",
];

/// As values, items, keys and roots, alone and beside others.
fn corpus() -> Vec<Value> {
    let long = "x".repeat(5000);
    let words = "word ".repeat(2000);
    let long_key = format!("{long}: \"\n");
    let mut texts: Vec<&str> = HOSTILE.to_vec();
    texts.extend([
        long.as_str(),
        words.trim(),
        words.as_str(),
        &long_key,
        &long[..999],
        &long[..1000],
        &long[..1001],
        &long[..1024],
    ]);
    let mut values: Vec<Value> = texts
        .iter()
        .flat_map(|text| {
            let keyed = |value: Value| Value::Object(Map::from_iter([((*text).to_owned(), value)]));
            [
                json!(text),
                json!([text, [text, [text]], {"a": text, "b": [text]}]),
                keyed(json!(text)),
                json!({"a": [keyed(json!({"b": [text], "c": text})), keyed(json!([])), keyed(json!({}))], "z": text}),
                json!([keyed(json!([text, keyed(json!(null))]))]),
            ]
        })
        .collect();
    values.extend(
        [
            "null",
            "true",
            "false",
            "0",
            "-1",
            "18446744073709551615",
            "-9223372036854775808",
            "9223372036854775808",
            "1.0",
            "-0.0",
            "0.1",
            "1e300",
            "1.5e-300",
            "5e-324",
            "1.7976931348623157e308",
            "1e15",
            "1e16",
            "1e17",
            "123456789012345680.0",
            "[]",
            "{}",
            "[[]]",
            "[{}]",
            "[[],[]]",
            r#"{"a":[]}"#,
            r#"{"a":{}}"#,
            r#"[[[1,2],[3]],[[]],{"a":[[1],{"b":null}]}]"#,
            r#"{"a":null,"b":[null,true,{"c":false}]}"#,
        ]
        .map(|text| serde_json::from_str(text).unwrap()),
    );
    let deep =
        (0..60).fold(json!("a"), |inner, level| if level % 2 == 0 { json!([inner]) } else { json!({"a": inner}) });
    values.push(deep);
    values
}

/// Characters that mean something to YAML far more often than others.
fn hostile_text() -> impl Strategy<Value = String> {
    let signs = prop::sample::select(
        " \n\t\r:#-?,[]{}&*!|>'\"%@`~=<.0123456789eExob_+ynaé🚀\u{85}\u{2028}\u{feff}\u{0}".chars().collect::<Vec<_>>(),
    );
    let character = prop_oneof![8 => signs, 1 => any::<char>()];
    prop_oneof![
        3 => prop::collection::vec(character, 0..12).prop_map(String::from_iter),
        1 => prop::sample::select(HOSTILE).prop_map(str::to_owned),
        1 => (prop::sample::select(HOSTILE), prop::sample::select(HOSTILE)).prop_map(|(one, other)| format!("{one}{other}")),
        1 => "[0-9+.-][0-9eExob_:. T+-]{0,10}",
    ]
}

fn hostile_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => hostile_text().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_filter_map("finite", |float| float.is_finite().then(|| Value::from(float))),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((hostile_text(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn read(text: &str, dialect: Dialect) -> Vec<Value> {
    let source = Source { id: FileId(0), name: "emitted.yaml", bytes: text.as_bytes() };
    let documents = parse(source, dialect).unwrap_or_else(|findings| panic!("{findings:#?} in\n{text}"));
    documents.iter().map(Node::to_json).collect()
}

/// The order of keys counts here.
fn assert_survives(value: &Value) {
    let text = emit(value);
    let expected: Vec<Value> = if value.is_null() { Vec::new() } else { vec![value.clone()] };
    let found = read(&text, Dialect::Manifest);
    assert_eq!(found, expected, "in\n{text}");
    assert_eq!(format!("{found:?}"), format!("{expected:?}"), "in\n{text}");
    if value.as_object().is_some() {
        assert_eq!(read(&text, Dialect::Input), expected, "as an input:\n{text}");
    }
    assert!(text.ends_with('\n') && !text.contains('\r') && !text.contains('\u{85}'), "{text:?}");
}

#[test]
fn hostile_corpus_survives() {
    corpus().iter().for_each(assert_survives);
}

#[test]
fn documents_survive_side_by_side() {
    let values: Vec<Value> = corpus().into_iter().filter(|value| !value.is_null()).collect();
    let text: Vec<String> = values.iter().map(emit).collect();
    assert_eq!(read(&text.join("---\n"), Dialect::Manifest), values);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_survives(value in hostile_value()) {
        assert_survives(&value);
    }

    #[test]
    fn no_header_reaches_the_value(header in hostile_text(), value in hostile_value()) {
        let text = emit_document(&header, &value);
        let expected: Vec<Value> = if value.is_null() { Vec::new() } else { vec![value] };
        prop_assert_eq!(read(&text, Dialect::Manifest), expected);
    }
}

fn assert_all_read(ask: impl Fn(&[String]) -> Option<Map<String, Value>>, write: impl Fn(&Value) -> Option<String>) {
    let mut values = corpus();
    let mut runner = TestRunner::deterministic();
    values.extend((0..3000).map(|_| hostile_value().new_tree(&mut runner).unwrap().current()));
    let (values, texts): (Vec<Value>, Vec<String>) =
        values.into_iter().filter_map(|value| write(&value).map(|text| (value, text))).unzip();
    for (reader, answers) in ask(&texts).unwrap_or_default() {
        let answers = answers.as_array().unwrap();
        assert_eq!(answers.len(), values.len());
        let wrong: Vec<_> = (0..values.len()).filter(|&index| !same(&values[index], &answers[index])).collect();
        let shown: Vec<_> = wrong.iter().take(5).map(|&index| (&texts[index], &answers[index])).collect();
        assert!(
            wrong.is_empty(),
            "{reader} reads {} of {} texts otherwise, such as {shown:#?}",
            wrong.len(),
            values.len()
        );
    }
}

#[test]
#[ignore = "needs python3 with PyYAML"]
fn python_reads_what_is_emitted() {
    assert_all_read(python, |value| Some(emit(value)));
}

#[test]
#[ignore = "needs go"]
fn go_reads_what_is_emitted() {
    assert_all_read(go, |value| Some(emit(value)));
}

/// What go-yaml gives sops to work with: the same values as ours, down to the last text.
#[test]
#[ignore = "needs go"]
fn go_reads_what_is_written_for_sops() {
    assert_all_read(go, |value| {
        let text = write(&Stream::of(tree(value)?));
        text.expose_text().map(str::to_owned)
    });
}

/// The value as sops could hold it; it knows no integers above those of 64 bits with a sign.
fn tree(value: &Value) -> Option<Tree> {
    Some(match value {
        Value::Null => Tree::Leaf(Leaf::Null),
        Value::Bool(value) => Tree::Leaf(Leaf::Bool(*value)),
        Value::Number(number) if number.is_f64() => Tree::Leaf(Leaf::Float(number.as_f64()?)),
        Value::Number(number) => Tree::Leaf(Leaf::Int(number.as_i64()?)),
        Value::String(text) => Tree::text(text.as_str()),
        Value::Array(items) => {
            Tree::List(items.iter().map(|item| Some(Item::Value(tree(item)?, Mark::default()))).collect::<Option<_>>()?)
        }
        Value::Object(map) => {
            Tree::map(map.iter().map(|(key, value)| Some((key, tree(value)?))).collect::<Option<Vec<_>>>()?)
        }
    })
}

/// Plain scalars that look like numbers, times and words.
fn scalars() -> Vec<String> {
    let signs: Vec<char> = "0178._:-+eExoby".chars().collect();
    let mut texts: Vec<String> = vec![String::new()];
    let mut start = 0;
    for _ in 0..3 {
        let end = texts.len();
        let longer: Vec<String> =
            texts[start..end].iter().flat_map(|text| signs.iter().map(move |sign| format!("{text}{sign}"))).collect();
        start = end;
        texts.extend(longer);
    }
    let mut runner = TestRunner::deterministic();
    let longer = prop::collection::vec(prop::sample::select(signs), 4..9).prop_map(String::from_iter);
    texts.extend((0..6000).map(|_| longer.new_tree(&mut runner).unwrap().current()));
    texts.extend(HOSTILE.iter().map(|text| (*text).to_owned()));
    texts.sort();
    texts.dedup();
    // Only what is one plain scalar; infinity has no place in JSON.
    texts.retain(|text| {
        let line = format!("- {text}\n");
        let source = Source { id: FileId(0), name: "scalar.yaml", bytes: line.as_bytes() };
        let Ok(documents) = parse(source, Dialect::Manifest) else { return false };
        let Some([item]) = documents.first().and_then(Node::as_sequence) else { return false };
        let special = text.starts_with(['"', '\'', '|', '>', '!', '&', '*', '[', '{']);
        let is_scalar = item.as_sequence().is_none() && item.as_mapping().is_none();
        // PyYAML reads impossible dates as dates, and then fails.
        is_scalar && !special && item.mark.slice(&line) == Some(text.as_str()) && text != "2027-13-01"
    });
    texts
}

#[test]
#[ignore = "needs go"]
fn manifests_mean_what_kubernetes_reads() {
    let texts = scalars();
    assert!(texts.len() > 4000, "{} scalars", texts.len());
    let lines: Vec<String> = texts.iter().map(|text| format!("- {text}\n")).collect();
    let Some(readers) = go(&lines) else { return };
    let answers = readers["sigs.k8s.io/yaml"].as_array().unwrap();
    for (line, answer) in lines.iter().zip(answers) {
        let own = &read(line, Dialect::Manifest)[0];
        assert!(same(own, answer), "{line:?} is {own} here and {answer} there");
    }
}

/// Readers may take a date for a date: that is allowed in inputs.
fn is_date(answer: &Value) -> bool {
    answer[0]["$other"] == "date"
}

#[test]
#[ignore = "needs python3 with PyYAML and go"]
fn inputs_without_a_trap_mean_the_same_to_all() {
    let lines: Vec<String> = scalars().iter().map(|text| format!("- {text}\n")).collect();
    let readers: Map<String, Value> = [python(&lines), go(&lines)].into_iter().flatten().flatten().collect();
    let mut agreed = 0;
    for (index, line) in lines.iter().enumerate() {
        let input = format!("a:\n  {line}");
        let source = Source { id: FileId(0), name: "scalar.yaml", bytes: input.as_bytes() };
        let answers = || readers.iter().map(|(reader, answers)| (reader, &answers[index]));
        let Ok(documents) = parse(source, Dialect::Input) else {
            continue;
        };
        agreed += 1;
        let own = documents[0].get("a").unwrap().to_json();
        for (reader, answer) in answers() {
            assert!(same(&own, answer) || is_date(answer), "{line:?} is {own} here and {answer} to {reader}");
        }
    }
    assert!(agreed > 1000, "only {agreed} of {} scalars are no trap", lines.len());
}
