//! What a place of an object takes.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use regex_lite::Regex;

/// A name or a word: of the texts that are compiled in, or of a user's schema.
pub(super) type Word = Cow<'static, str>;

/// What a value looks like.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// Whatever it is.
    Any,
    Bool,
    Integer,
    Number,
    Text,
    OneOf(Vec<Word>),
    IntOrString,
    Quantity,
    /// Resource names with quantities.
    Amounts(Resources),
    Time,
    Base64,
    /// A map without keys.
    Nothing,
    List(Box<Form>, Keys),
    /// A map with any keys.
    Each(Box<Form>),
    /// A type of the texts, by its place in the index.
    Named(usize),
    /// A type of a user.
    Own(Arc<Type>),
    /// One of several, told apart by what they are: a scalar, a list or a map.
    Or(Vec<Form>),
}

/// Which resources can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resources {
    /// Those of a container.
    Compute,
    /// That of a volume.
    Storage,
}

/// What tells the items of a list apart.
#[derive(Clone, Debug)]
pub(super) enum Keys {
    /// Nothing: items may be alike.
    None,
    /// The items themselves.
    Whole,
    /// These fields, each with what it is where it is left out.
    Fields(Vec<(Word, Option<Word>)>),
}

/// Whose versions a type goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Kubernetes,
    Flux,
    /// None.
    Always,
}

/// A map with the keys that it takes.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) line: Line,
    /// By their names; several of one name are those of several versions.
    pub(super) fields: Vec<Field>,
    pub(super) alone: Vec<Alone>,
    /// Whether other keys are taken too.
    pub(super) is_open: bool,
}

/// Fields of which one may be there.
#[derive(Debug)]
pub(super) struct Alone {
    /// Whether there must be one.
    pub(super) is_needed: bool,
    /// Whether there may be no second.
    pub(super) is_exclusive: bool,
    pub(super) names: Vec<Word>,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: Word,
    pub(super) form: Form,
    pub(super) is_required: bool,
    /// The first and the last version that has it.
    pub(super) since: u32,
    pub(super) until: u32,
    pub(super) limits: Option<Box<Limits>>,
}

/// What a value may not exceed; that of a list holds for its items too, as far as they are no lists.
#[derive(Debug, Default)]
pub(super) struct Limits {
    pub(super) low: Option<i64>,
    pub(super) high: Option<i64>,
    pub(super) shortest: Option<usize>,
    pub(super) longest: Option<usize>,
    pub(super) fewest: Option<usize>,
    pub(super) most: Option<usize>,
    pub(super) takes_empty: bool,
    pub(super) pattern: Option<Pattern>,
}

/// A regular expression, compiled when the first text is held against it.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) text: Word,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(super) fn new(text: Word) -> Pattern {
        Pattern { text, compiled: OnceLock::new() }
    }

    /// Whether it matches; what cannot be compiled matches everything.
    pub(super) fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| compiled(&self.text));
        compiled.as_ref().is_none_or(|regex| regex.is_match(text))
    }
}

/// A regular expression as RE2 takes it: a bracket in a class is a bracket there, and starts another class here.
pub(super) fn compiled(text: &str) -> Option<Regex> {
    let mut adapted = String::with_capacity(text.len() + 8);
    let mut letters = text.chars().peekable();
    let mut is_class = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => adapted.extend([Some(letter), letters.next()].into_iter().flatten()),
            '[' if is_class && letters.peek() != Some(&':') => adapted.push_str("\\["),
            '[' if !is_class => {
                is_class = true;
                adapted.push('[');
                // The first bracket that closes, and one after a caret, stand for themselves.
                adapted.extend(letters.next_if_eq(&'^'));
                adapted.push_str(if letters.next_if_eq(&']').is_some() { "\\]" } else { "" });
            }
            '[' => {
                adapted.push('[');
                for inner in letters.by_ref() {
                    adapted.push(inner);
                    if inner == ']' {
                        break;
                    }
                }
            }
            ']' => {
                is_class = false;
                adapted.push(']');
            }
            other => adapted.push(other),
        }
    }
    Regex::new(&adapted).ok()
}

impl Type {
    /// The field of that name in that version.
    pub(super) fn field(&self, name: &str, version: u32) -> Option<&Field> {
        self.versions_of(name).iter().find(|field| (field.since..=field.until).contains(&version))
    }

    /// The field of that name in every version that has it.
    pub(super) fn versions_of(&self, name: &str) -> &[Field] {
        let start = self.fields.partition_point(|field| *field.name < *name);
        let length = self.fields[start..].iter().take_while(|field| field.name == name).count();
        &self.fields[start..start + length]
    }

    /// The fields of a version.
    pub(super) fn fields_in(&self, version: u32) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| (field.since..=field.until).contains(&version))
    }
}

#[cfg(test)]
mod pattern_tests {
    use super::compiled;

    #[test]
    fn brackets_in_a_class_are_brackets() {
        // The name of a cookie in Contour's HTTPProxy.
        let cookie = compiled(r#"^[^()<>@,;:\\"\/[\]?={} \t\x7f]+$"#).expect("RE2 takes it");
        assert!(cookie.is_match("session") && !cookie.is_match("a[b") && !cookie.is_match("a b"));
        assert!(compiled("^[[:alpha:]]+$").is_some_and(|letters| letters.is_match("ab") && !letters.is_match("a1")));
        assert!(compiled("[]a]").is_some_and(|class| class.is_match("]")));
        assert!(compiled("[a").is_none());
    }
}
