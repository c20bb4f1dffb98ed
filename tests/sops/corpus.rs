//! The shapes that sealed files come in: plain YAML and how it is sealed. Every shape holds `token: turn-0`, at the top or under
//! `stringData`, which the tests change on their way.

use gitops_gen::sops::SelectorKind;

use crate::texts;

/// A plain file and how it is sealed.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    /// None: sops' own default.
    pub(crate) selector: Option<(SelectorKind, &'static str)>,
    pub(crate) mac_only_encrypted: bool,
    pub(crate) who: Who,
    /// The first version of sops that can have it: 3.9 knew neither timestamps nor SSH recipients.
    pub(crate) needs: (u64, u64),
    /// Why gen reads and changes such a file but does not make one.
    pub(crate) foreign: Option<&'static str>,
}

/// Whom a file is sealed for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Who {
    /// One age recipient.
    One,
    /// Three age recipients; the tests hold the key of the last.
    Three,
    /// An age recipient whose key is not there, and an SSH key, which is.
    Ssh,
    /// Three key groups, two of which are needed and there.
    Groups,
}

const OF_SECRETS: Option<(SelectorKind, &str)> = Some((SelectorKind::EncryptedRegex, "^(data|stringData)$"));

fn shape(name: &'static str, text: impl Into<String>) -> Shape {
    Shape {
        name,
        text: text.into(),
        selector: OF_SECRETS,
        mac_only_encrypted: false,
        who: Who::One,
        needs: (3, 9),
        foreign: None,
    }
}

/// The same text outside of what is sealed, where it counts for the MAC only.
fn in_clear(name: &'static str, text: &str) -> Shape {
    shape(name, text.replace("token: turn-0\n", "") + "stringData:\n    token: turn-0\n")
}

impl Shape {
    fn whole(self) -> Shape {
        Shape { selector: None, ..self }
    }

    fn by(self, kind: SelectorKind, pattern: &'static str) -> Shape {
        Shape { selector: Some((kind, pattern)), ..self }
    }

    fn made_by_sops(self, why: &'static str) -> Shape {
        Shape { foreign: Some(why), ..self }
    }

    fn needs(self, major: u64, minor: u64) -> Shape {
        Shape { needs: (major, minor), ..self }
    }

    /// Where the text stands that the tests change.
    pub(crate) fn token(&self) -> &'static [&'static str] {
        if self.text.contains("\nstringData:") { &["stringData", "token"] } else { &["token"] }
    }
}

const COMMENTS: &str = "gen seals no comments: what stands in one is seldom meant to";
const BY_COMMENT: &str = "gen selects by keys, not by comments";

/// All of them.
pub(crate) fn shapes() -> Vec<Shape> {
    let mut shapes = selectors();
    shapes.extend([
        shape("scalars, sealed", texts::SCALARS).whole(),
        in_clear("scalars, in clear text", texts::SCALARS),
        shape("timestamps, sealed", texts::TIMESTAMPS).whole().needs(3, 10),
        in_clear("timestamps, in clear text", texts::TIMESTAMPS).needs(3, 10),
        shape("numbers at the edge", texts::NUMBERS).whole(),
        shape("text that looks like something else", texts::LOOKALIKES).whole(),
        shape("tags", texts::TAGS).whole(),
        shape("empty values", texts::EMPTY).whole(),
        in_clear("empty values, in clear text", texts::EMPTY),
        shape("multi-line text", texts::LINES).whole(),
        shape("a text of one line end", texts::LINE_END).whole(),
        shape("a certificate", texts::CERTIFICATE),
        shape("unicode", texts::UNICODE).whole(),
        shape("escapes", texts::ESCAPES).whole(),
        shape("keys", texts::KEYS).whole(),
        in_clear("keys, in clear text", texts::KEYS),
        shape("lists", texts::LISTS).whole(),
        in_clear("lists, in clear text", texts::LISTS),
        shape("equal items", texts::EQUAL).whole(),
        shape("anchors and aliases", texts::ANCHORS).whole(),
        shape("flow style", texts::FLOW).whole(),
        shape("several documents", texts::DOCUMENTS),
        shape("several documents, wholly sealed", texts::DOCUMENTS).whole(),
        shape("many values", many()).whole(),
        shape("deep", deep()).whole(),
        shape("Windows line ends", texts::CERTIFICATE.replace('\n', "\r\n")).whole(),
        shape("comments in clear text", texts::CLEAR_COMMENTS),
        shape("comments in a sealed map", texts::SEALED_COMMENTS).made_by_sops(COMMENTS),
        shape("comments, wholly sealed", texts::CLEAR_COMMENTS).whole().made_by_sops(COMMENTS),
        shape("comments in sealed lists", texts::LIST_COMMENTS).whole().made_by_sops(COMMENTS),
        in_clear("comments in clear lists", texts::LIST_COMMENTS),
        shape("comments behind values", texts::INLINE_COMMENTS),
        shape("comments behind values, sealed", texts::INLINE_COMMENTS).whole().made_by_sops(COMMENTS),
        Shape {
            mac_only_encrypted: true,
            ..shape("mac_only_encrypted", texts::SECRET).made_by_sops("gen's MAC covers all values")
        },
        Shape { who: Who::Three, ..shape("three recipients", texts::SECRET) },
        Shape { who: Who::Ssh, ..shape("an SSH recipient", texts::SECRET).needs(3, 10) },
        Shape { who: Who::Groups, ..shape("key groups", texts::SECRET).made_by_sops("gen makes no key groups") },
    ]);
    shapes
}

fn selectors() -> Vec<Shape> {
    use SelectorKind as Kind;
    vec![
        shape("a Secret", texts::SECRET),
        shape("no selector", texts::SECRET).whole(),
        shape("unencrypted_suffix", texts::SUFFIXES).by(Kind::UnencryptedSuffix, "_plain"),
        shape("encrypted_suffix", texts::SUFFIXES).by(Kind::EncryptedSuffix, "_secret"),
        shape("unencrypted_regex", texts::SUFFIXES).by(Kind::UnencryptedRegex, "^(kind|name)$|_pl[a-z]+n$"),
        shape("encrypted_regex, not anchored", texts::SUFFIXES).by(Kind::EncryptedRegex, "ecret|\\d\\w+|(?i)PASS"),
        shape("unencrypted_comment_regex", texts::MARKED)
            .by(Kind::UnencryptedCommentRegex, "^ public")
            .made_by_sops(BY_COMMENT),
        shape("encrypted_comment_regex", texts::MARKED)
            .by(Kind::EncryptedCommentRegex, "secret!")
            .made_by_sops(BY_COMMENT),
    ]
}

fn many() -> String {
    let line = |number: usize| {
        format!("key-{number}:\n    value: text {number}\n    number: {number}\n    on: {}\n", number.is_multiple_of(2))
    };
    (0..60).map(line).chain(["token: turn-0\n".to_owned()]).collect()
}

fn deep() -> String {
    let mut text = "token: turn-0\n".to_owned();
    for level in 0..40 {
        text += &format!("{}level-{level}:\n", "  ".repeat(level));
    }
    text + &format!("{}end: here\n", "  ".repeat(40))
}
