//! What stays of a finding when lines move: by this a baseline and a code scanning service know it again.

use std::{collections::BTreeMap, fmt::Write as _};

use sha2::{Digest as _, Sha256};

use super::Finding;

/// What a finding is about, without its place in the file and without its words, which both change. Two findings of one tree
/// can have the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    /// The rule.
    pub rule: String,
    /// The file that people would change.
    pub file: String,
    /// The object and the path in it, or the environment path.
    pub subject: String,
}

impl Finding {
    /// What stays of it when lines move.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let subject = if self.subject.is_empty() { &self.path } else { &self.subject };
        Fingerprint { rule: self.rule.to_owned(), file: self.location.file.clone(), subject: subject.clone() }
    }
}

/// The fingerprints of findings as text, one for each: 64 hexadecimal digits, and after a colon how many equal ones came
/// before, from 1.
#[must_use]
pub fn fingerprints(findings: &[Finding]) -> Vec<String> {
    let mut seen: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    let mut text = |finding: &Finding| {
        let fingerprint = finding.fingerprint();
        let digest = fingerprint.digest();
        let count = seen.entry(fingerprint).or_default();
        *count += 1;
        format!("{digest}:{count}")
    };
    findings.iter().map(&mut text).collect()
}

impl Fingerprint {
    /// 64 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for part in [&self.rule, &self.file, &self.subject] {
            hash.update(part);
            hash.update([0]);
        }
        hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Finding, fingerprints};
    use crate::diagnostic::Location;

    fn finding(line: u32, path: &str) -> Finding {
        Finding::error("public-database", Location::new("a.yaml", line, 1), format!("line {line}")).at(path)
    }

    #[test]
    fn lines_and_words_do_not_matter_and_equal_ones_are_counted() {
        let before = fingerprints(&[finding(3, "spec.type"), finding(9, "spec.type"), finding(12, "spec.ports")]);
        let after = fingerprints(&[finding(4, "spec.type"), finding(10, "spec.type"), finding(13, "spec.ports")]);
        assert_eq!(before, after);
        assert_eq!((before[0].len(), &before[0][64..], &before[1][64..]), (66, ":1", ":2"));
        assert_eq!(before[0][..64], before[1][..64]);
        assert_ne!(before[0][..64], before[2][..64]);
    }

    #[test]
    fn the_object_tells_more_than_the_path() {
        let subject = |name: &str| Finding { subject: format!("Service/{name} spec.type"), ..finding(1, "spec.type") };
        assert_ne!(subject("a").fingerprint(), subject("b").fingerprint());
        assert_ne!(subject("a").fingerprint(), finding(1, "spec.type").fingerprint());
    }
}
