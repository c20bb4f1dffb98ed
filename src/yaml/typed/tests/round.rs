//! Any tree that sops could hold survives being written and read.

use std::{collections::HashSet, fmt};

use proptest::prelude::*;

use super::{Comment, Entry, Item, Leaf, Stream, Tree, parse, show, shown, write};
use crate::plain::Plain;

/// A tree that failing tests may print.
#[derive(Clone)]
pub(super) struct Sample(pub(super) Tree);

impl fmt::Debug for Sample {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        show(&mut out, &self.0);
        formatter.write_str(&out)
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "[ -~]{0,12}",
        "[ \n\ta#:|>-]{0,8}",
        "[a-z#]{1,4}(\n[ a-z#:-]{0,6}){1,3}\n{0,2}",
        "\\PC{0,6}",
        any::<String>(),
        prop::sample::select(vec![
            "null",
            "~",
            "",
            "true",
            "True",
            "yes",
            "y",
            "n",
            "NO",
            "off",
            "1",
            "017",
            "0x1F",
            "0o7",
            "0b1",
            "1_000",
            "1e3",
            "1e400",
            ".5",
            ".inf",
            "-.INF",
            ".nan",
            "+1",
            "-0",
            "2001-01-01",
            "2001-01-01T01:02:03Z",
            "2001-1-1 1:2:3",
            "12:30:45",
            "<<",
            "=",
            "---",
            "...",
            "--- a",
            "-",
            "- a",
            "?",
            "? a",
            ":",
            ": a",
            "a:",
            "a: b",
            "a #b",
            "#",
            "[",
            "{}",
            "*a",
            "&a",
            "!a",
            "!!str a",
            "%a",
            "@a",
            "`a",
            "'",
            "\"",
            "it's",
            "tr\tab",
            "tail ",
            " lead",
            "\ttab",
            "a\r",
            "a\r\nb",
            "\n",
            "\n\n",
            " \n",
            "a\n",
            "a\n\n",
            "\na",
            " a\nb",
            "a \n b",
            "a\n \n",
            "a\n\t\nb",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\0",
            "\u{7f}",
            "😀",
            "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]",
        ])
        .prop_map(str::to_owned),
    ]
}

fn leaf() -> impl Strategy<Value = Sample> {
    let sample = |leaf| Sample(Tree::Leaf(leaf));
    let floats = vec![0.0, -0.0, 1.0, 1e6, 123_456.0, 1e21, 1e-7, 1e-4, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let times = vec!["2001-02-03T00:00:00Z", "2001-02-03T04:05:06.789+02:00"];
    prop_oneof![
        2 => Just(sample(Leaf::Null)),
        1 => any::<bool>().prop_map(move |value| sample(Leaf::Bool(value))),
        1 => any::<i64>().prop_map(move |value| sample(Leaf::Int(value))),
        2 => any::<f64>().prop_map(move |value| sample(Leaf::Float(value))),
        1 => prop::sample::select(floats).prop_map(move |value| sample(Leaf::Float(value))),
        1 => prop::sample::select(times).prop_map(move |text| sample(Leaf::Time(text.to_owned()))),
        6 => text().prop_map(move |text| sample(Leaf::Text(text.as_str().into()))),
        1 => prop::collection::vec(any::<u8>(), 0..8).prop_map(move |bytes| sample(Leaf::Text(Plain::new(bytes)))),
    ]
}

/// Comments are one line; `inline` where something stands in the same line that they can stand behind.
fn comment() -> impl Strategy<Value = (String, bool)> {
    let text = prop_oneof![
        "[ -~]{0,8}",
        "#?[ \ta-zäß\"']{0,5}",
        "\\PC{0,4}".prop_filter("one line", |text| { !text.contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}']) })
    ];
    (text, any::<bool>())
}

type Beside = Vec<(String, bool)>;

/// The comments before a value: only the last can stand behind it, and only where the value ends its line.
fn comments(beside: Beside, can_be_inline: bool) -> impl Iterator<Item = Comment> {
    let last = beside.len();
    beside.into_iter().enumerate().map(move |(index, (text, inline))| Comment {
        text: text.as_str().into(),
        inline: inline && can_be_inline && index + 1 == last,
    })
}

fn is_open(tree: &Tree) -> bool {
    match tree {
        Tree::Map(entries) => entries.iter().any(|entry| matches!(entry, Entry::Pair { .. })),
        Tree::List(items) => items.iter().any(|item| matches!(item, Item::Value(..))),
        Tree::Leaf(_) => false,
    }
}

pub(super) fn map(tree: impl Strategy<Value = Sample> + 'static) -> impl Strategy<Value = Sample> {
    let beside = || prop::collection::vec(comment(), 0..3);
    let long = prop_oneof![20 => Just(0_usize), 1 => Just(1_100)];
    let pair = (text(), long, tree, beside());
    (prop::collection::vec(pair, 0..5), beside()).prop_map(|(pairs, after)| {
        let mut entries = Vec::new();
        let mut known = HashSet::new();
        for (key, long, Sample(value), beside) in pairs {
            let key = key + &"x".repeat(long);
            if key == "<<" || !known.insert(key.clone()) {
                continue;
            }
            entries.extend(comments(beside, matches!(value, Tree::Leaf(_))).map(Entry::Comment));
            entries.push(Entry::Pair { key, mark: Default::default(), value });
        }
        entries.extend(comments(after, false).map(Entry::Comment));
        Sample(Tree::Map(entries))
    })
}

fn list(tree: impl Strategy<Value = Sample> + 'static) -> impl Strategy<Value = Sample> {
    let beside = || prop::collection::vec(comment(), 0..3);
    (prop::collection::vec((tree, beside()), 0..4), beside()).prop_map(|(values, after)| {
        let mut items = Vec::new();
        for (Sample(value), beside) in values {
            items.extend(comments(beside, !is_open(&value)).map(Item::Comment));
            items.push(Item::Value(value, Default::default()));
        }
        items.extend(comments(after, false).map(Item::Comment));
        Sample(Tree::List(items))
    })
}

pub(super) fn tree() -> impl Strategy<Value = Sample> {
    leaf().prop_recursive(5, 40, 5, |inner| prop_oneof![map(inner.clone()), list(inner)])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(documents in prop::collection::vec(map(tree()), 1..3), indent in prop::sample::select(vec![2, 4])) {
        let stream = Stream { documents: documents.into_iter().map(|Sample(tree)| tree).collect(), indent };
        let text = write(&stream);
        let text = text.expose_text().unwrap();
        let again = match parse(text.as_bytes()) {
            Ok(again) => again,
            Err(findings) => panic!("{findings:?} in\n{text}"),
        };
        prop_assert_eq!(shown(&again), shown(&stream), "{}", text);
        prop_assert!(write(&again).expose_text() == Some(text) || again.indent != stream.indent, "{}", text);
    }
}
