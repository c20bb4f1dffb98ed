use super::SelectorKind::{
    EncryptedCommentRegex, EncryptedRegex, EncryptedSuffix, UnencryptedCommentRegex, UnencryptedRegex,
    UnencryptedSuffix,
};
use super::{Selector, SelectorKind};

fn seals(kind: SelectorKind, pattern: &str, keys: &str) -> bool {
    let keys: Vec<&str> = keys.split(':').filter(|key| !key.is_empty()).collect();
    Selector::new(kind, pattern).unwrap().seals(&keys)
}

#[test]
fn one_key_on_the_way_is_enough() {
    for (kind, pattern, keys, sealed) in [
        (EncryptedRegex, "^(data|stringData)$", "stringData:password", true),
        (EncryptedRegex, "^(data|stringData)$", "metadata:name", false),
        (EncryptedRegex, "data", "metadata:name", true),
        (EncryptedRegex, "^data$", "", false),
        (UnencryptedRegex, "^(kind|apiVersion)$", "kind", false),
        (UnencryptedRegex, "^(kind|apiVersion)$", "spec:kind:x", false),
        (UnencryptedRegex, "^(kind|apiVersion)$", "spec", true),
        (EncryptedSuffix, "_sealed", "a:b_sealed:c", true),
        (EncryptedSuffix, "_sealed", "a:b", false),
        (UnencryptedSuffix, "_plain", "a_plain", false),
        (UnencryptedSuffix, "_plain", "a", true),
        (UnencryptedSuffix, "(", "a(", false),
        (EncryptedCommentRegex, "seal", "seal", false),
        (UnencryptedCommentRegex, "seal", "seal", true),
    ] {
        assert_eq!(seals(kind, pattern, keys), sealed, "{kind:?} {pattern} {keys}");
    }
    assert!(Selector::of_secrets().seals(&["data", "x"]) && !Selector::of_secrets().seals(&["metadata", "data.x"]));
    assert!(!Selector::of_silence().seals(&["a_unencrypted"]) && Selector::of_silence().seals(&["a"]));
}

/// What Go's `regexp` says, of go1.25; the translation agreed with it on 60,000 random expressions.
#[test]
fn expressions_mean_what_they_mean_to_go() {
    for (pattern, text, matches) in [
        (r"\s", "\u{b}", false),
        (r"[[:space:]]", "\u{b}", true),
        (r"^\<$", "<", true),
        (r"^\d\w\b$", "1a", true),
        (r"^\d$", "١", false),
        (r"^\w$", "ä", false),
        ("(?i)^k$", "\u{212a}", true),
        ("(?i)^[r-t]$", "\u{17f}", true),
        ("(?i)^[^k]$", "K", false),
        ("a$", "a\n", false),
        ("(?m)a$", "a\n", true),
        ("^.$", "\n", false),
        ("(?s)^.$", "\n", true),
        ("^[^a]$", "\n", true),
        ("^a{,2}$", "a{,2}", true),
        ("^x{2}$", "xx", true),
        (r"^\Qa.b\E$", "a.b", true),
        (r"^\Qa.b\E$", "axb", false),
        ("^[]a]$", "]", true),
        ("^[a&&b]$", "&", true),
        (r"^\x41\x{42}\103$", "ABC", true),
        ("^(?P<a>x|(?i)y|z)$", "Z", true),
        ("^(?:(?i)y|z)|w$", "W", false),
        ("", "x", false),
    ] {
        let Ok(selector) = Selector::new(EncryptedRegex, pattern) else {
            assert!(pattern.is_empty(), "{pattern}");
            continue;
        };
        assert_eq!(selector.seals(&[text]), matches, "{pattern} {text:?}");
    }
}

#[test]
fn what_go_refuses_or_nobody_knows_is_refused() {
    for (pattern, word) in [
        ("(", "`(`"),
        (")", "`)`"),
        ("[a", "`[`"),
        ("*a", "nothing before"),
        ("a**", "one behind the other"),
        ("a{2}{2}", "one behind the other"),
        ("a{1001}", "1000"),
        ("(a{500}){3}", "1000"),
        ("[b-a]", "backwards"),
        (r"\1", "back reference"),
        (r"\C", "`\\C`"),
        (r"\Z", "`\\Z`"),
        (r"\pL", "Unicode"),
        (r"\P{Greek}", "Unicode"),
        ("(?=a)", "ahead"),
        ("(?<!a)", "name"),
        ("(?x)a", "flag"),
        ("(?i)ä", "ASCII"),
        ("[[:nothing:]]", "class"),
        (r"[\b]", "`\\b`"),
        (r"a\", "backslash"),
        ("(((a{10}){10}){10}b{1000}){1}(c{1000}){1}(d{1000}){1}(e{1000}){1}(f{1000}){1}", "too large"),
    ] {
        let why = Selector::new(EncryptedRegex, pattern).unwrap_err();
        assert!(why.contains(word), "{pattern}: {why}");
        assert!(why.starts_with("`encrypted_regex`"), "{why}");
    }
    assert!(Selector::new(UnencryptedRegex, &"(?:".repeat(2000)).is_err());
    assert!(Selector::new(UnencryptedRegex, &"(?:".repeat(300)).is_err());
    assert!(Selector::new(EncryptedSuffix, "").is_err());
}
