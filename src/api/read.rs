//! The text that types are written in.
//!
//! ```text
//! K apps/v1 Deployment apps.v1.Deployment           a kind and its type; `-` for one that no version in question serves
//! K policy/v1beta1 PodDisruptionBudget - deprecated=21 removed=25 use=policy/v1/PodDisruptionBudget
//! = core.v1.ContainerPort                           a type; `flux` after it: by versions of Flux, `always`: by none; then
//!                                                   `open` where it takes any further key
//! ? ! chart chartRef                                of these fields one at most; with `!` one exactly, with `+` one at least
//! containerPort! int >=1 <=65535                    a field; `!`: required; limits
//! hostnameOverride str @34-                         since 1.34; `@28-33` until 1.33, `@7-8` Flux 2.7 and 2.8
//! protocol str:SCTP|TCP|UDP                         one of these words; the empty one counts as none
//! ports [#containerPort,protocol core.v1.ContainerPort]    a list, and what its items differ in; `[# str]`: in the whole
//! nodeSelector {str}                                a map with any keys
//! limits {#compute}                                 resource names with quantities
//! pullSecrets [(str|core.v1.LocalObjectReference)]  one of several, told apart by being scalars, lists or maps
//! interval str len>=1 ~^[0-9]+s$                    a pattern, which reaches to the end of the line
//! ```

use std::{borrow::Cow, collections::HashMap};

use super::{
    form::{Alone, Field, Form, Keys, Limits, Line, Pattern, Resources, Type, Word},
    index::Kind,
};

type Names = HashMap<&'static str, usize>;

/// A line that starts with `K`.
pub(super) fn kind(line: &'static str) -> Option<Kind> {
    let mut words = line.strip_prefix("K ")?.split(' ');
    let (api_version, name, block) = (words.next()?, words.next()?, words.next()?);
    let mut kind = Kind {
        api_version,
        name,
        line: Line::Kubernetes,
        block: Some(block).filter(|block| *block != "-"),
        since: 0,
        until: u32::MAX,
        deprecated: None,
        removed: None,
        instead: None,
    };
    for word in words {
        match word.split_once('=') {
            Some(("deprecated", version)) => kind.deprecated = version.parse().ok(),
            Some(("removed", version)) => kind.removed = version.parse().ok(),
            Some(("use", instead)) => kind.instead = Some(instead),
            _ if word.starts_with('@') => (kind.since, kind.until) = range(word),
            _ => kind.line = line_of(word),
        }
    }
    Some(kind)
}

fn line_of(word: &str) -> Line {
    match word {
        "flux" => Line::Flux,
        "always" => Line::Always,
        _ => Line::Kubernetes,
    }
}

fn range(word: &str) -> (u32, u32) {
    let (since, until) = word[1..].split_once('-').unwrap_or((&word[1..], ""));
    (since.parse().unwrap_or(0), until.parse().unwrap_or(u32::MAX))
}

/// A type: the line of its name, and what follows up to the next one.
pub(super) fn type_(head: &'static str, body: &'static str, names: &Names) -> Type {
    let line = head.split(' ').nth(1).map_or(Line::Kubernetes, line_of);
    let mut of = Type { line, fields: Vec::new(), alone: Vec::new(), is_open: head.ends_with(" open") };
    for line in body.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix("? ") {
            Some(group) => of.alone.push(alone(group)),
            None => of.fields.extend(field(line, names)),
        }
    }
    of
}

fn alone(group: &'static str) -> Alone {
    let (is_needed, is_exclusive, names) = match group.split_once(' ') {
        Some(("!", names)) => (true, true, names),
        Some(("+", names)) => (true, false, names),
        _ => (false, true, group),
    };
    Alone { is_needed, is_exclusive, names: names.split(' ').map(Cow::Borrowed).collect() }
}

fn field(line: &'static str, names: &Names) -> Option<Field> {
    let (name, rest) = line.split_once(' ')?;
    let is_required = name.ends_with('!');
    let (form, rest) = form(rest, names);
    let mut field = Field {
        name: name.strip_suffix('!').unwrap_or(name).into(),
        form,
        is_required,
        since: 0,
        until: u32::MAX,
        limits: None,
    };
    let (words, pattern) = match rest.split_once(" ~") {
        Some((words, pattern)) => (words, Some(pattern)),
        None => (rest, None),
    };
    let mut limits = Limits { pattern: pattern.map(|text| Pattern::new(text.into())), ..Limits::default() };
    let mut is_limited = pattern.is_some();
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        if word.starts_with('@') {
            (field.since, field.until) = range(word);
        } else {
            limit(&mut limits, word);
            is_limited = true;
        }
    }
    field.limits = is_limited.then(|| Box::new(limits));
    Some(field)
}

fn limit(limits: &mut Limits, word: &str) {
    let Some((what, bound)) = word.split_once('=') else {
        limits.takes_empty |= word == "empty";
        return;
    };
    match what {
        ">" => limits.low = bound.parse().ok(),
        "<" => limits.high = bound.parse().ok(),
        "len>" => limits.shortest = bound.parse().ok(),
        "len<" => limits.longest = bound.parse().ok(),
        "n>" => limits.fewest = bound.parse().ok(),
        "n<" => limits.most = bound.parse().ok(),
        _ => {}
    }
}

/// The form that a text begins with, and what follows it.
pub(super) fn form(text: &'static str, names: &Names) -> (Form, &'static str) {
    if let Some(inner) = text.strip_prefix('[') {
        let (keys, inner) = match inner.strip_prefix('#') {
            Some(keyed) => keyed.split_once(' ').map_or((Keys::None, inner), |(list, rest)| (keys(list), rest)),
            None => (Keys::None, inner),
        };
        let (each, rest) = form(inner, names);
        return (Form::List(Box::new(each), keys), rest.strip_prefix(']').unwrap_or(rest));
    }
    if let Some(inner) = text.strip_prefix('{') {
        let (form, rest) = match inner {
            _ if inner.starts_with('}') => (Form::Nothing, inner),
            _ if inner.starts_with("#compute") => (Form::Amounts(Resources::Compute), &inner["#compute".len()..]),
            _ if inner.starts_with("#storage") => (Form::Amounts(Resources::Storage), &inner["#storage".len()..]),
            _ => {
                let (each, rest) = form(inner, names);
                (Form::Each(Box::new(each)), rest)
            }
        };
        return (form, rest.strip_prefix('}').unwrap_or(rest));
    }
    if let Some(inner) = text.strip_prefix('(') {
        let (first, rest) = form(inner, names);
        let (mut forms, mut rest) = (vec![first], rest);
        while let Some(inner) = rest.strip_prefix('|') {
            let (next, after) = form(inner, names);
            forms.push(next);
            rest = after;
        }
        return (Form::Or(forms), rest.strip_prefix(')').unwrap_or(rest));
    }
    // A bar parts the words of a text too, which stands in no parentheses.
    let ends: &[char] = if text.starts_with("str:") { &[' ', ']', '}'] } else { &[' ', ']', '}', '|', ')'] };
    let end = text.find(ends).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let form = match word {
        "any" => Form::Any,
        "bool" => Form::Bool,
        "int" => Form::Integer,
        "num" => Form::Number,
        "str" => Form::Text,
        "int-or-string" => Form::IntOrString,
        "quantity" => Form::Quantity,
        "time" => Form::Time,
        "base64" => Form::Base64,
        _ => match word.strip_prefix("str:") {
            Some(words) => Form::OneOf(words.split('|').map(Cow::Borrowed).collect()),
            None => Form::Named(names.get(word).copied().unwrap_or(usize::MAX)),
        },
    };
    (form, rest)
}

fn keys(list: &'static str) -> Keys {
    if list.is_empty() {
        return Keys::Whole;
    }
    let key = |key: &'static str| -> (Word, Option<Word>) {
        match key.split_once('=') {
            Some((name, default)) => (name.into(), Some(default.into())),
            // The one default among the keys that Kubernetes' own lists have.
            None if key == "protocol" => (key.into(), Some("TCP".into())),
            None => (key.into(), None),
        }
    };
    Keys::Fields(list.split(',').map(key).collect())
}
