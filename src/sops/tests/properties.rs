use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::test_runner::{Config, TestCaseError};

use super::*;
use crate::yaml::Mark;
use crate::yaml::typed::{Comment, Entry, Item};

/// A tree that may be shown, with a comment above each value.
#[derive(Clone, Debug)]
enum Shape {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Time(&'static str),
    Text(Vec<u8>),
    List(Vec<(Shape, Option<String>)>),
    Map(Vec<(String, Shape, Option<String>)>),
}

impl Shape {
    fn tree(&self) -> Tree {
        let comment = |text: &Option<String>| {
            text.as_ref().map(|text| Comment { text: Plain::from(text.as_str()), inline: false })
        };
        Tree::Leaf(match self {
            Shape::Null => Leaf::Null,
            Shape::Bool(value) => Leaf::Bool(*value),
            Shape::Int(value) => Leaf::Int(*value),
            Shape::Float(value) => Leaf::Float(*value),
            Shape::Time(text) => Leaf::Time((*text).to_owned()),
            Shape::Text(bytes) => Leaf::Text(Plain::new(bytes.clone())),
            Shape::List(list) => {
                let items = list.iter().flat_map(|(value, above)| {
                    comment(above).map(Item::Comment).into_iter().chain([Item::Value(value.tree(), Mark::default())])
                });
                return Tree::List(items.collect());
            }
            Shape::Map(pairs) => {
                let mut entries: Vec<Entry> = Vec::new();
                let mut known = vec!["sops", "<<"];
                for (key, value, above) in pairs {
                    if !known.contains(&key.as_str()) {
                        known.push(key);
                        entries.extend(comment(above).map(Entry::Comment));
                        entries.push(Entry::Pair { key: key.clone(), mark: Mark::default(), value: value.tree() });
                    }
                }
                return Tree::Map(entries);
            }
        })
    }
}

fn leaf() -> impl Strategy<Value = Shape> {
    let sealed = "ENC[AES256_GCM,data:aa==,iv:aa==,tag:aa==,type:comment]";
    prop_oneof![
        1 => Just(Shape::Null),
        2 => any::<bool>().prop_map(Shape::Bool),
        2 => any::<i64>().prop_map(Shape::Int),
        2 => any::<f64>().prop_map(Shape::Float),
        1 => prop_oneof![Just("2026-01-02T00:00:00Z"), Just("2026-01-02T03:04:05.12+02:00")].prop_map(Shape::Time),
        6 => prop_oneof!["[ -~]{0,20}", "(?s).{0,12}", "[\\n #:\\-a-z'\"]{0,12}", Just(sealed.to_owned())]
            .prop_map(|text| Shape::Text(text.into_bytes())),
        1 => prop::collection::vec(any::<u8>(), 0..12).prop_map(Shape::Text),
    ]
}

fn comment() -> impl Strategy<Value = Option<String>> {
    prop::option::weighted(0.2, " [a-z]{1,4}( [a-z]{1,4})?")
}

fn map(inner: impl Strategy<Value = Shape>) -> impl Strategy<Value = Shape> {
    let key = prop_oneof!["[a-c]{1,2}(_unencrypted)?", "[ -~]{1,8}", Just("data".to_owned())];
    prop::collection::vec((key, inner, comment()), 0..5).prop_map(Shape::Map)
}

fn tree() -> impl Strategy<Value = Shape> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![prop::collection::vec((inner.clone(), comment()), 0..4).prop_map(Shape::List), map(inner)]
    })
}

fn documents() -> impl Strategy<Value = Vec<Shape>> {
    prop::collection::vec(map(tree()), 1..3)
}

/// The values with their places, without comments.
fn values(stream: &Stream) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for document in &stream.documents {
        document.walk(&mut |path, leaf| {
            let bytes = crate::sops::value::bytes(leaf).map(|(kind, bytes)| format!("{kind:?} {bytes:?}"));
            found.push((path.join("/"), bytes.unwrap_or_default()));
        });
    }
    found
}

fn comments(tree: &Tree, found: &mut Vec<Vec<u8>>) {
    match tree {
        Tree::Leaf(_) => {}
        Tree::Map(entries) => entries.iter().for_each(|entry| match entry {
            Entry::Comment(comment) => found.push(comment.text.expose().to_vec()),
            Entry::Pair { value, .. } => comments(value, found),
        }),
        Tree::List(items) => items.iter().for_each(|item| match item {
            Item::Comment(comment) => found.push(comment.text.expose().to_vec()),
            Item::Value(value, _) => comments(value, found),
        }),
    }
}

fn all_comments(stream: &Stream) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    stream.documents.iter().for_each(|document| comments(document, &mut found));
    found.sort();
    found
}

fn selectors() -> impl Strategy<Value = Selector> {
    use SelectorKind::{EncryptedRegex, EncryptedSuffix, UnencryptedRegex, UnencryptedSuffix};
    prop_oneof![
        Just((UnencryptedSuffix, "_unencrypted")),
        Just((EncryptedSuffix, "_unencrypted")),
        Just((EncryptedRegex, "^(a|data)")),
        Just((UnencryptedRegex, "b")),
    ]
    .prop_map(|(kind, pattern)| Selector::new(kind, pattern).unwrap())
}

fn flip(text: &str, bit: usize) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    String::from_utf8(bytes).ok()
}

proptest! {
    #![proptest_config(Config::with_cases(96))]

    #[test]
    fn what_is_sealed_opens_the_same(shapes in documents(), selector in selectors()) {
        let stream = Stream { documents: shapes.iter().map(Shape::tree).collect(), indent: 4 };
        let identity = Identity::generate();
        let recipient = identity.recipient().unwrap();
        match seal(stream.clone(), &[&recipient], &selector, now()) {
            Err(why) => prop_assert!(why.contains("covers no value"), "{why}"),
            Ok(text) => {
                let opened = open(&text, &identity);
                prop_assert_eq!(values(opened.stream()), values(&stream));
                prop_assert_eq!(all_comments(opened.stream()), all_comments(&stream), "{}", text);
                prop_assert_eq!(opened.close(SystemTime::now()).unwrap(), text.as_str());
                let masked = sealed(&text).masked("xxx");
                prop_assert!(!masked.contains("ENC["), "{masked}");
            }
        }
    }

    #[test]
    fn an_edit_changes_one_ciphertext(
        texts in prop::collection::vec("[a-c]{1,2}", 2..8), at in any::<prop::sample::Index>()
    ) {
        let identity = Identity::generate();
        let tree = Tree::map([
            ("a", Tree::List(texts.iter().map(|text| Item::Value(Tree::text(text.as_str()), Mark::default())).collect())),
            ("b", Tree::text("b")),
        ]);
        let recipient = identity.recipient().unwrap();
        let before = seal(Stream::of(tree), &[&recipient], &all(), now()).unwrap();
        let mut opened = open(&before, &identity);
        let at = at.index(texts.len());
        if let Some(Tree::List(items)) = opened.stream_mut().documents[0].get_mut(&["a"]) {
            items[at] = Item::Value(Tree::text("new"), Mark::default());
        }
        let after = opened.close(SystemTime::now()).unwrap();
        let changed: Vec<usize> = before.lines().zip(after.lines()).enumerate()
            .filter(|(_, (before, after))| before != after)
            .map(|(line, _)| line)
            .collect();
        // A value, `lastmodified` and `mac`. Equal values behind the edited one keep their ciphertext, but may change places.
        let equal = texts[at + 1..].iter().filter(|text| **text == texts[at]).count();
        prop_assert!(changed.len() == 3 + equal.min(1) * equal || changed.len() >= 3 && equal > 0, "{changed:?}");
        prop_assert!(changed.contains(&(at + 1)));
        let first: Vec<&str> = before.lines().take(texts.len() + 2).collect();
        for (line, text) in after.lines().take(texts.len() + 2).enumerate() {
            prop_assert!(line == at + 1 || first.contains(&text), "{line}");
        }
    }

    #[test]
    fn a_flipped_bit_is_noticed(bit in any::<prop::sample::Index>()) {
        let identity = Identity::generate();
        let text = seal_for(&identity, "a: some text\nb:\n    - 1\n    - 2.5\nc_unencrypted: plain\n", &all());
        let keys = std::slice::from_ref(&identity);
        // All that is sealed, the wrapped key's lines included.
        let covered: Vec<usize> = text
            .match_indices("ENC[")
            .flat_map(|(at, _)| at..at + text[at..].find("type:").unwrap())
            .chain(text.find("YWdl").unwrap()..text.find("        -----END").unwrap())
            .filter(|at| text.as_bytes()[*at].is_ascii_alphanumeric() || b"+/=".contains(&text.as_bytes()[*at]))
            .flat_map(|at| at * 8..at * 8 + 8)
            .collect();
        let Some(damaged) = flip(&text, covered[bit.index(covered.len())]) else { return Ok(()) };
        let opens = Sealed::parse(source(&damaged)).is_ok_and(|sealed| sealed.open(keys).is_ok());
        prop_assert!(!opens, "{damaged}");
    }
}

/// Every bit of the decoded bytes of a value, its IV and its tag.
#[test]
fn every_bit_of_a_value_counts() -> Result<(), TestCaseError> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let identity = Identity::generate();
    let text = seal_for(&identity, "a: xy\n", &all());
    let keys = std::slice::from_ref(&identity);
    for part in ["data:", "iv:", "tag:"] {
        let start = text.find(part).unwrap() + part.len();
        let end = start + text[start..].find(',').unwrap();
        let bytes = STANDARD.decode(&text[start..end]).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let damaged = format!("{}{}{}", &text[..start], STANDARD.encode(changed), &text[end..]);
            prop_assert!(sealed(&damaged).open(keys).is_err(), "{part} {bit}");
        }
    }
    Ok(())
}
