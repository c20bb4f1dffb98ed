//! The words of a finding about a value: what it is called, what is wrong with it, how it should look.

use super::{Additional, Shape, Type};
use crate::{
    path::split,
    scalar::{self, DnsLabel, DnsName, ServiceName},
};

/// Longer names are cut off in messages.
pub(super) const LONGEST_NAME: usize = 80;

/// The last key of a path.
pub(super) fn key_of(path: &str) -> String {
    let at = path.rfind(|c: char| c != ']' && !c.is_ascii_digit()).filter(|_| path.ends_with(']'));
    match at {
        Some(at) if path[at..].starts_with('[') && !path[..at].is_empty() => {
            format!("{}{}", key_of(&path[..at]), &path[at..])
        }
        _ => split(path).pop().unwrap_or_default(),
    }
}

/// A name as a message holds it.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST_NAME) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// A reason as a sentence about its subject.
pub(super) fn said(subject: &str, reason: &str) -> String {
    let goes_on = ["must ", "is ", "has ", "needs "].iter().any(|verb| reason.starts_with(verb));
    format!("{subject}{} {reason}", if goes_on { "" } else { ":" })
}

/// What to write instead of `text`, as far as the reason does not say it.
pub(super) fn way_out(format: &str, text: &str, reason: &str) -> String {
    let is_name = [DnsLabel::FORMAT, DnsName::FORMAT, ServiceName::FORMAT].contains(&format);
    let plain = text.to_lowercase().replace(['_', ' '], "-");
    if is_name && plain != text && plain.len() <= LONGEST_NAME && scalar::check(format, &plain) == Some(Ok(())) {
        return format!("did you mean `{plain}`?");
    }
    match scalar::example(format) {
        Some(example) if !reason.contains(example) => like(example),
        _ => String::new(),
    }
}

/// An example as it stands in a file: with quotes where it would be a number without.
fn like(example: &str) -> String {
    match example.parse::<f64>() {
        Ok(_) => format!("write it like \"{example}\""),
        Err(_) => format!("write it like `{example}`"),
    }
}

/// How a value of the wanted types looks.
pub(super) fn example(shape: &Shape, wanted: &[Type]) -> String {
    let format = shape.format.as_deref().and_then(scalar::example);
    match (format, wanted) {
        (Some(example), _) => like(example),
        (None, [Type::Array]) => "write its items as `- item` lines".to_owned(),
        (None, [.., Type::Object]) if matches!(shape.additional, Additional::Refused) => {
            let keys: Vec<&str> = shape.properties.iter().map(|(name, _)| name.as_str()).collect();
            format!("its keys are: {}", keys.join(", "))
        }
        (None, [Type::Object]) => "write `name: value` lines below it".to_owned(),
        _ => String::new(),
    }
}
