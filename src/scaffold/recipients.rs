//! One more holder in an environment file, every other byte as it was.

use serde_json::{Map, Value as Json};

use super::scalar;
use crate::{
    diagnostic::Finding,
    yaml::{Dialect, FileId, Mark, Node, Source, Value, parse},
};

/// Why a file is left to its owner: it cannot be parsed, or it is written in a way that no single insertion adds to.
#[derive(Debug)]
pub struct ByHand {
    /// What is wrong with the file.
    pub findings: Vec<Finding>,
    /// The lines that belong into it.
    pub lines: String,
}

/// Adds `holder: key` to the recipients of an environment file, in one insertion, and proves that nothing else changed
/// its meaning.
///
/// # Errors
/// Where that cannot be done safely; the holder must not stand there yet.
pub fn add_recipient(file: &str, text: &str, holder: &str, key: &str) -> Result<String, ByHand> {
    let by_hand =
        |findings| ByHand { findings, lines: format!("secrets:\n  recipients:\n    {}: {key}\n", scalar(holder)) };
    let root = read(file, text).map_err(by_hand)?;
    let edited =
        Edit { text, newline: if text.contains("\r\n") { "\r\n" } else { "\n" } }.recipient(&root, holder, key);
    let is_proven = |edited: &String| {
        read(file, edited).is_ok_and(|now| wanted(root.to_json(), holder, key).as_ref() == Some(&now.to_json()))
    };
    edited.filter(is_proven).ok_or_else(|| by_hand(Vec::new()))
}

fn read(file: &str, text: &str) -> Result<Node, Vec<Finding>> {
    let source = Source { id: FileId(0), name: file, bytes: text.as_bytes() };
    parse(source, Dialect::Input).map(|mut documents| documents.remove(0))
}

/// What the file shall mean afterwards; `None` where the holder stands there already, or something that is no map.
fn wanted(mut root: Json, holder: &str, key: &str) -> Option<Json> {
    let mut at = &mut root;
    for name in ["secrets", "recipients"] {
        at = at.as_object_mut()?.entry(name).or_insert(Json::Null);
        if at.is_null() {
            *at = Json::Object(Map::new());
        }
    }
    at.as_object_mut()?.insert(holder.to_owned(), key.into()).is_none().then_some(root)
}

struct Edit<'a> {
    text: &'a str,
    newline: &'static str,
}

impl Edit<'_> {
    fn recipient(&self, root: &Node, holder: &str, key: &str) -> Option<String> {
        let entry = format!("{}: {key}", scalar(holder));
        let Some(secrets) = root.entry("secrets") else {
            return Some(self.at_end(&["secrets:", "  recipients:", &format!("    {entry}")]));
        };
        let below = |mark: Mark| " ".repeat(mark.column as usize + 1);
        let Some(recipients) = secrets.node.entry("recipients") else {
            let indent = below(secrets.key_mark);
            let lines = [format!("{indent}recipients:"), format!("{indent}  {entry}")];
            return self.fill(&secrets.node, secrets.key_mark, &lines, &format!("recipients: {{{entry}}}"));
        };
        match &recipients.node.value {
            Value::Mapping(entries) if !entries.is_empty() && !self.is_flow(&recipients.node) => {
                let (first, last) = (entries.first()?, entries.last()?);
                let indent = " ".repeat(first.key_mark.column as usize - 1);
                Some(self.after_line(last.node.mark.end, &[format!("{indent}{entry}")]))
            }
            Value::Mapping(entries) if !entries.is_empty() => {
                let close = (recipients.node.mark.end as usize).checked_sub(1)?;
                let before = self.text.get(..close)?.trim_end();
                let comma = if before.ends_with(',') { "" } else { "," };
                self.replaced(before.len(), before.len(), &format!("{comma} {entry}"))
            }
            _ => {
                let lines = [format!("{}{entry}", below(recipients.key_mark))];
                self.fill(&recipients.node, recipients.key_mark, &lines, &entry)
            }
        }
    }

    /// Fills what holds nothing: `lines` below its key where nothing stands there, `flow` between braces.
    fn fill(&self, node: &Node, key: Mark, lines: &[String], flow: &str) -> Option<String> {
        let (start, end) = (node.mark.start as usize, node.mark.end as usize);
        match &node.value {
            Value::Null if start == end => Some(self.after_line(key.end, lines)),
            Value::Mapping(entries) if entries.is_empty() => self.replaced(start, end, &format!("{{{flow}}}")),
            Value::Null => self.replaced(start, end, &format!("{{{flow}}}")),
            _ => None,
        }
    }

    fn is_flow(&self, node: &Node) -> bool {
        node.mark.slice(self.text).is_some_and(|text| text.starts_with('{'))
    }

    fn at_end(&self, lines: &[&str]) -> String {
        let gap = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { self.newline };
        let lines: String = lines.iter().map(|line| format!("{line}{}", self.newline)).collect();
        format!("{}{gap}{}{lines}", self.text, self.newline)
    }

    /// Inserts lines below the one that `offset` lies on.
    fn after_line(&self, offset: u32, lines: &[String]) -> String {
        let offset = offset as usize;
        let rest = self.text.get(offset..).unwrap_or_default();
        let lines: String = lines.iter().map(|line| format!("{line}{}", self.newline)).collect();
        match rest.find('\n') {
            Some(at) => {
                let (above, below) = self.text.split_at(offset + at + 1);
                format!("{above}{lines}{below}")
            }
            None => format!("{}{}{lines}", self.text, self.newline),
        }
    }

    fn replaced(&self, start: usize, end: usize, with: &str) -> Option<String> {
        Some(format!("{}{with}{}", self.text.get(..start)?, self.text.get(end..)?))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::add_recipient;

    const KEY: &str = "age1z55faqu8yxl4ld975lajfra43fjrychjjhyxsp5vh38max58mqrsexth07";

    fn add(text: &str) -> String {
        add_recipient("environments/x.yaml", text, "bob", KEY).unwrap_or_else(|_| panic!("refused: {text}"))
    }

    #[test]
    fn a_holder_joins_the_others_and_nothing_else_moves() {
        let text = "# top\nextends: base\nsecrets:\n  # who\n  recipients:\n      ann: age1x # first\n\n# services\nservices: {}\n";
        let line = format!("      ann: age1x # first\n      bob: {KEY}\n");
        assert_eq!(add(text), text.replace("      ann: age1x # first\n", &line));
    }

    #[test]
    fn every_way_to_write_a_block_is_filled() {
        for (before, after) in [
            ("a: 1\n", format!("a: 1\n\nsecrets:\n  recipients:\n    bob: {KEY}\n")),
            ("a: 1", format!("a: 1\n\nsecrets:\n  recipients:\n    bob: {KEY}\n")),
            ("secrets:\n# c\na: 1\n", format!("secrets:\n  recipients:\n    bob: {KEY}\n# c\na: 1\n")),
            ("secrets: # c\na: 1\n", format!("secrets: # c\n  recipients:\n    bob: {KEY}\na: 1\n")),
            ("secrets: {}\n", format!("secrets: {{recipients: {{bob: {KEY}}}}}\n")),
            ("secrets: null\n", format!("secrets: {{recipients: {{bob: {KEY}}}}}\n")),
            ("secrets:\n  recipients:\n", format!("secrets:\n  recipients:\n    bob: {KEY}\n")),
            ("secrets:\n  recipients: {} # c\n", format!("secrets:\n  recipients: {{bob: {KEY}}} # c\n")),
            ("secrets:\n  recipients: {a: b}\n", format!("secrets:\n  recipients: {{a: b, bob: {KEY}}}\n")),
            ("secrets: {recipients: {a: b,}}\n", format!("secrets: {{recipients: {{a: b, bob: {KEY}}}}}\n")),
            ("secrets:\n  recipients:\n    a: b", format!("secrets:\n  recipients:\n    a: b\n    bob: {KEY}\n")),
            (
                "a: 1\r\nsecrets:\r\n  recipients:\r\n    a: b\r\n",
                format!("a: 1\r\nsecrets:\r\n  recipients:\r\n    a: b\r\n    bob: {KEY}\r\n"),
            ),
        ] {
            assert_eq!(add(before), after, "{before:?}");
        }
    }

    #[test]
    fn what_one_insertion_cannot_do_is_left_to_its_owner() {
        for text in [
            "secrets:\n  recipients:\n    bob: age1other\n",
            "secrets: []\n",
            "secrets: text\n",
            "a: 1\n...\n",
            "{a: 1}\n",
            "x: &r\n  ann: age1x\nsecrets:\n  recipients: *r\n",
        ] {
            let refused = add_recipient("x.yaml", text, "bob", KEY);
            let by_hand = refused.err().unwrap_or_else(|| panic!("taken: {text}"));
            assert!(by_hand.findings.is_empty(), "{text}");
            assert_eq!(by_hand.lines, format!("secrets:\n  recipients:\n    bob: {KEY}\n"));
        }
        let broken = add_recipient("x.yaml", "a: [\n", "bob", KEY).unwrap_err();
        assert!(!broken.findings.is_empty());
    }

    #[test]
    fn a_holder_of_any_name_stays_a_text() {
        let text = add_recipient("x.yaml", "secrets:\n  recipients:\n    a: b\n", "123", KEY).unwrap();
        assert!(text.ends_with(&format!("    \"123\": {KEY}\n")), "{text}");
    }
}
