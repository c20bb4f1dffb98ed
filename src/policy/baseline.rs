//! Findings that were there when somebody began to use gen: a file names them, and they are passed over until they are solved.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{LOCKED_ALWAYS, Place, Rule, find, unknown};
use crate::{
    diagnostic::{Finding, Fingerprint, Location},
    yaml::{Dialect, FileId, Node, Source, parse},
};

/// The findings that a file names.
pub struct Baseline {
    entries: BTreeMap<Fingerprint, Known>,
}

struct Known {
    count: usize,
    location: Location,
}

/// What is held against a baseline.
pub struct Judged<'a> {
    /// Rules that the project locks.
    pub locked: &'a [String],
    /// Whether everything that could be found in a file was looked for.
    pub was_read: &'a dyn Fn(&str) -> bool,
    /// Whether a rule was asked.
    pub was_asked: &'a dyn Fn(&Rule) -> bool,
}

impl Judged<'_> {
    fn is_locked(&self, rule: &str) -> bool {
        LOCKED_ALWAYS.contains(&rule) || self.locked.iter().any(|locked| locked == rule)
    }

    /// Whether a finding may be passed over: one of a rule, which nobody locks. A syntax error or a tree that is out of date
    /// is no old habit.
    fn may_know(&self, finding: &Finding) -> bool {
        find(finding.rule).is_some() && !self.is_locked(finding.rule)
    }
}

impl Baseline {
    /// Reads the text that [`Baseline::write`] made.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Baseline, Vec<Finding>> {
        let bad = |location: Location, message: &str| {
            let help = "have it written again with `--write-baseline`";
            vec![Finding::error("bad-baseline", location, message).help(help)]
        };
        let documents = parse(Source { id: FileId(0), name: file, bytes }, Dialect::Manifest)?;
        let root = documents.first().filter(|root| root.get("version").and_then(Node::as_number) == Some(&1.into()));
        let list = root.and_then(|root| root.get("findings")).and_then(Node::as_sequence);
        let list = list.ok_or_else(|| bad(Location::file(file), "this is no baseline of this version of gen"))?;
        let mut entries = BTreeMap::new();
        for item in list {
            let location = item.mark.location(file);
            let text = |key: &str| item.get(key).and_then(Node::as_str).map(str::to_owned);
            let (Some(rule), Some(path), Some(subject)) = (text("rule"), text("file"), text("at")) else {
                return Err(bad(location, "an entry names a `rule`, a `file` and what it is `at`"));
            };
            let count = item.get("count").map_or(Some(1), |count| count.as_number()?.as_u64());
            let count = count.and_then(|count| usize::try_from(count).ok()).filter(|count| *count > 0);
            let count = count.ok_or_else(|| bad(location.clone(), "`count` is a whole number from 1"))?;
            entries.insert(Fingerprint { rule, file: path, subject }, Known { count, location });
        }
        Ok(Baseline { entries })
    }

    /// The text that names findings, one to a line and sorted, and the findings that it cannot name.
    #[must_use]
    pub fn write(findings: Vec<Finding>, judged: &Judged<'_>) -> (String, usize, Vec<Finding>) {
        let (known, left): (Vec<Finding>, Vec<Finding>) =
            findings.into_iter().partition(|finding| judged.may_know(finding));
        let mut counts: BTreeMap<Fingerprint, usize> = BTreeMap::new();
        for finding in &known {
            *counts.entry(finding.fingerprint()).or_default() += 1;
        }
        let line = |(Fingerprint { rule, file, subject }, count): (&Fingerprint, &usize)| {
            let part = |key: &str, value: &str| format!("\"{key}\": {}", Json::from(value));
            let count = if *count == 1 { String::new() } else { format!(", \"count\": {count}") };
            format!("    {{{}, {}, {}{count}}}", part("file", file), part("rule", rule), part("at", subject))
        };
        let mut sorted: Vec<(&Fingerprint, &usize)> = counts.iter().collect();
        sorted.sort_by_key(|(known, _)| (&known.file, &known.rule, &known.subject));
        let lines: Vec<String> = sorted.into_iter().map(line).collect();
        let list = if lines.is_empty() { String::new() } else { format!("\n{}\n  ", lines.join(",\n")) };
        (format!("{{\n  \"version\": {},\n  \"findings\": [{list}]\n}}\n", json!(1)), known.len(), left)
    }

    /// The findings that are left, those about the baseline among them, and how many it passes over.
    #[must_use]
    pub fn apply(&self, findings: Vec<Finding>, judged: &Judged<'_>) -> (Vec<Finding>, usize) {
        let mut seen: BTreeMap<Fingerprint, usize> = BTreeMap::new();
        let is_new = |finding: &Finding| {
            let fingerprint = finding.fingerprint();
            let Some(known) = self.entries.get(&fingerprint).filter(|_| judged.may_know(finding)) else { return true };
            let count = seen.entry(fingerprint).or_default();
            *count += 1;
            *count > known.count
        };
        let before = findings.len();
        let mut left: Vec<Finding> = findings.into_iter().filter(is_new).collect();
        let passed_over = before - left.len();
        for (known, entry) in &self.entries {
            let found = seen.get(known).copied().unwrap_or(0);
            left.extend(objection(known, entry, found, judged));
        }
        (left, passed_over)
    }
}

/// What is wrong with an entry that was found `found` times.
fn objection(known: &Fingerprint, entry: &Known, found: usize, judged: &Judged<'_>) -> Option<Finding> {
    let Fingerprint { rule, file, subject } = known;
    let location = entry.location.clone();
    if judged.is_locked(rule) {
        let message = format!("`{rule}` is locked: no baseline may hold it");
        return Some(
            Finding::error("locked-rule", location, message).help("delete this line, and solve what it is for"),
        );
    }
    let Some(known) = find(rule) else { return Some(unknown(rule, &Place::new(location, ""))) };
    if found >= entry.count || !(judged.was_asked)(known) || !(judged.was_read)(file) {
        return None;
    }
    let message = match found {
        0 => format!("`{rule}` is solved in {file}: {subject}"),
        _ => format!("`{rule}` is found {found} times instead of {} in {file}: {subject}", entry.count),
    };
    let help = "have the baseline written again with `--write-baseline`: what is solved cannot come back unseen then";
    let about = format!("{rule} {file} {subject}");
    Some(Finding { subject: about, ..Finding::warning("stale-baseline", location, message).help(help) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::{Baseline, Finding, Judged, Location};

    const ALL: Judged<'_> = Judged { locked: &[], was_read: &|_| true, was_asked: &|_| true };

    fn finding(rule: &'static str, line: u32, subject: &str) -> Finding {
        Finding { subject: subject.to_owned(), ..Finding::error(rule, Location::new("a.yaml", line, 3), "said") }
    }

    fn rules(findings: &[Finding]) -> Vec<(&str, u32)> {
        findings.iter().map(|finding| (finding.rule, finding.location.line)).collect()
    }

    #[test]
    fn what_is_known_is_passed_over_wherever_it_moved() {
        let before = vec![
            finding("public-database", 9, "b"),
            finding("floating-version", 4, "a"),
            finding("public-database", 2, "b"),
        ];
        let (text, count, left) = Baseline::write(before, &ALL);
        assert_eq!((count, left), (3, vec![]));
        assert_eq!(
            text,
            "{\n  \"version\": 1,\n  \"findings\": [\n    {\"file\": \"a.yaml\", \"rule\": \"floating-version\", \"at\": \"a\"},\n    \
             {\"file\": \"a.yaml\", \"rule\": \"public-database\", \"at\": \"b\", \"count\": 2}\n  ]\n}\n"
        );
        let baseline = Baseline::read("known.json", text.as_bytes()).unwrap();
        let after = |findings: Vec<Finding>| baseline.apply(findings, &ALL);
        let moved = vec![
            finding("public-database", 12, "b"),
            finding("floating-version", 1, "a"),
            finding("public-database", 5, "b"),
        ];
        assert_eq!(after(moved), (vec![], 3));
        let more = vec![
            finding("public-database", 1, "b"),
            finding("public-database", 2, "b"),
            finding("public-database", 3, "b"),
            finding("floating-version", 1, "a"),
            finding("floating-version", 1, "other"),
        ];
        assert_eq!(rules(&after(more).0), [("public-database", 3), ("floating-version", 1)]);
        let (left, count) = after(vec![finding("public-database", 1, "b")]);
        assert_eq!((rules(&left), count), (vec![("stale-baseline", 4), ("stale-baseline", 5)], 1));
        assert!(left[1].message.contains("1 times instead of 2"), "{}", left[1].message);
    }

    #[test]
    fn what_was_not_looked_at_is_not_solved() {
        let (text, ..) = Baseline::write(vec![finding("public-database", 1, "a")], &ALL);
        let baseline = Baseline::read("known.json", text.as_bytes()).unwrap();
        assert_eq!(baseline.apply(Vec::new(), &Judged { was_read: &|_| false, ..ALL }), (vec![], 0));
        assert_eq!(baseline.apply(Vec::new(), &Judged { was_asked: &|_| false, ..ALL }), (vec![], 0));
    }

    #[test]
    fn locked_rules_and_other_mistakes_are_never_known() {
        let locked = ["public-database".to_owned()];
        let judged = Judged { locked: &locked, ..ALL };
        let all = vec![
            finding("plaintext-secret", 1, "a"),
            finding("public-database", 2, "a"),
            finding("yaml-syntax", 3, "a"),
        ];
        let (text, count, left) = Baseline::write(all.clone(), &judged);
        assert_eq!((count, left.len()), (0, 3));
        assert_eq!(text, "{\n  \"version\": 1,\n  \"findings\": []\n}\n");
        let text = r#"{"version": 1, "findings": [
            {"rule": "plaintext-secret", "file": "a.yaml", "at": "a"},
            {"rule": "public-database", "file": "a.yaml", "at": "a"},
            {"rule": "public-databas", "file": "a.yaml", "at": "a"}]}"#;
        let (left, count) = Baseline::read("known.json", text.as_bytes()).unwrap().apply(all, &judged);
        let said = [("locked-rule", 2), ("unknown-rule", 4), ("locked-rule", 3)];
        assert_eq!(count, 0);
        assert!(said.iter().all(|one| rules(&left).contains(one)), "{:?}", rules(&left));
        assert_eq!(left.len(), 6);
    }

    #[test]
    fn what_is_no_baseline_is_told() {
        let rule = |text: &str| {
            Baseline::read("known.json", text.as_bytes()).err().map(|said| (said[0].rule, said[0].location.line))
        };
        assert_eq!(rule("{"), Some(("yaml-syntax", 1)));
        assert_eq!(rule("[]"), Some(("bad-baseline", 1)));
        assert_eq!(rule("{\"version\": 2, \"findings\": []}"), Some(("bad-baseline", 1)));
        assert_eq!(rule("{\"version\": 1, \"findings\": [\n{\"rule\": \"x\"}]}"), Some(("bad-baseline", 2)));
        assert_eq!(
            rule("{\"version\": 1, \"findings\": [\n{\"rule\": \"x\", \"file\": \"x\", \"at\": \"\", \"count\": 0}]}"),
            Some(("bad-baseline", 2))
        );
        assert_eq!(rule("<<<<<<< HEAD\n"), Some(("merge-conflict", 1)));
    }
}
