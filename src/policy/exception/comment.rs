//! Exceptions in comments: `# gen:ignore RULE why, until 2027-03-01`.

use super::{Covers, Exception};
use crate::{manifest::Comment, policy::Place, scalar::Date};

impl Exception {
    /// The exception that a comment makes.
    #[must_use]
    pub fn of(comment: &Comment, is_own: bool) -> Exception {
        let (rule, reason, until) = read(&comment.remark.text);
        let (until, flaw) = match until.map(Date::parse) {
            None => (None, None),
            Some(Ok(date)) => (Some(date), None),
            Some(Err(why)) => (None, Some(why)),
        };
        let covers = comment.remark.lines.map_or(Covers::Nothing, |(first, last)| Covers::Lines(first, last));
        let location = comment.remark.mark.location(&comment.file);
        let place = Place::new(location, comment.origin.clone().unwrap_or_default());
        Exception { rule: rule.to_owned(), covers, reason, until, flaw, place, is_own }
    }
}

/// The rule, the reason and the last day of a comment. The day stands at its end.
fn read(text: &str) -> (&str, String, Option<&str>) {
    let (rule, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let (above, last) = rest.trim().rsplit_once(char::is_whitespace).unwrap_or(("", rest));
    let until = above.trim_end().strip_suffix("until").filter(|_| last.starts_with(|c: char| c.is_ascii_digit()));
    let is_between = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '-' | '\u{2013}' | '\u{2014}');
    let reason = until.unwrap_or(rest).trim_matches(is_between).to_owned();
    (rule.trim_end_matches([':', ',']), reason, until.map(|_| last.trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_comment_names_the_rule_then_why_and_until_when() {
        let told = |text: &str| {
            let (rule, reason, until) = read(text);
            format!("{rule}|{reason}|{}", until.unwrap_or_default())
        };
        assert_eq!(told("a-rule we know"), "a-rule|we know|");
        assert_eq!(told("a-rule: we know, until 2027-03-01"), "a-rule|we know|2027-03-01");
        assert_eq!(told("a-rule until 2027-03-01"), "a-rule||2027-03-01");
        assert_eq!(told("a-rule - a pilot - until 2027-03-01."), "a-rule|a pilot|2027-03-01");
        assert_eq!(told("a-rule not until summer"), "a-rule|not until summer|");
        assert_eq!(told("a-rule"), "a-rule||");
        assert_eq!(told(""), "||");
        assert_eq!(told("a-rule until"), "a-rule|until|");
        assert_eq!(told("a-rule ok until 2027-13-01"), "a-rule|ok|2027-13-01");
    }
}
