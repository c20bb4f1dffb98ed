//! What became of a sealed file since an earlier commit, as far as that can be told without a key. No tool seals a text twice in the
//! same way, and every tool writes a new MAC: what stayed the same, and where, tells what was done by hand.

use super::{
    TAMPERED,
    facts::{Facts, Leaf},
};
use crate::{
    diagnostic::{Finding, Location},
    yaml::Mark,
};

/// A file as a commit has it.
#[derive(Debug)]
pub struct Version {
    /// The commit, for people.
    pub commit: String,
    /// What it says.
    pub facts: Facts,
}

/// What was done to `now` since `before` by something without its key. `older` are versions of the same file from before that,
/// the newest first.
#[must_use]
pub fn findings(now: &Facts, before: &Version, older: &[Version]) -> Vec<Finding> {
    let mut report = Report { now, before, older, findings: Vec::new() };
    if !report.is_old_as_a_whole() {
        report.moved();
        report.replayed();
        match now.mac == before.facts.mac {
            true => report.behind_the_mac(),
            false => report.published(),
        }
    }
    report.holders();
    report.findings
}

struct Report<'a> {
    now: &'a Facts,
    before: &'a Version,
    older: &'a [Version],
    findings: Vec<Finding>,
}

impl Report<'_> {
    fn error(&mut self, mark: Mark, path: &str, message: String) {
        let help = format!(
            "restore it (`git checkout {} -- {}`) and make the change with `gen secret edit` or `sops edit`",
            self.before.commit, self.now.file
        );
        self.findings.push(Finding::error(TAMPERED, self.place(mark), message).help(help).at(path));
    }

    /// Lines of sealed files are never shown, and nothing is underlined.
    fn place(&self, mark: Mark) -> Location {
        Location::new(self.now.file.as_str(), mark.line, mark.column)
    }

    /// Whether the whole file is one that was there before: somebody took a change back, which brings old credentials back.
    fn is_old_as_a_whole(&mut self) -> bool {
        if self.now.holds_what(&self.before.facts) {
            return true;
        }
        let Some(old) = self.older.iter().find(|old| self.now.holds_what(&old.facts)) else { return false };
        let message =
            format!("this file is what it was at {}: credentials that were changed since are back", old.commit);
        let help = "check that the running service still takes them; otherwise restore the newer file";
        self.findings.push(Finding::warning("reverted-secret", self.place(self.now.mac_mark), message).help(help));
        true
    }

    /// Sealed values that stood at another path: a seal holds at its own path only.
    fn moved(&mut self) {
        for (path, leaf) in &self.now.sealed {
            let is_here =
                self.before.facts.sealed.values().any(|old| old.text == leaf.text && old.bound_to == leaf.bound_to);
            let from = self.before.facts.sealed.iter().find(|(_, old)| old.text == leaf.text);
            if let Some((from, _)) = from.filter(|_| !is_here) {
                let message = format!(
                    "`{path}` holds what was sealed at `{from}`: a sealed value cannot be moved, copied or renamed"
                );
                self.error(leaf.mark, path, message);
            }
        }
    }

    /// Sealed values from before the earlier commit.
    fn replayed(&mut self) {
        for (path, leaf) in &self.now.sealed {
            let is_new = self.before.facts.sealed.get(path).is_none_or(|old| old.text != leaf.text);
            let is_it = |version: &&Version| version.facts.sealed.get(path).is_some_and(|old| old.text == leaf.text);
            if let Some(old) = self.older.iter().find(is_it).filter(|_| is_new) {
                let message = format!(
                    "`{path}` is the sealed value of {}, put back: no tool seals a value twice in the same way",
                    old.commit
                );
                self.error(leaf.mark, path, message);
            }
        }
    }

    /// Whatever differs although the MAC, which every tool writes anew, is the same.
    fn behind_the_mac(&mut self) {
        let (now, before) = (self.now, &self.before.facts);
        let since = format!("since {} while the MAC stayed the same", self.before.commit);
        let has_moved = |text: &str| now.sealed.values().any(|leaf| leaf.text == text);
        for (path, old) in &before.sealed {
            let said = match (now.sealed.get(path), now.open.get(path)) {
                (Some(leaf), _) if leaf.text == old.text => continue,
                // Said already: another value stands here, or it is an old one.
                (Some(leaf), _) if before.sealed.values().any(|other| other.text == leaf.text) => continue,
                (Some(leaf), _) if self.is_older(path, leaf) => continue,
                (Some(leaf), _) => (leaf.mark, format!("`{path}` was changed {since}")),
                (None, Some(leaf)) if leaf.text.is_empty() => (leaf.mark, format!("`{path}` was emptied {since}")),
                (None, Some(leaf)) => (leaf.mark, format!("`{path}` was put in plain text {since}")),
                (None, None) if has_moved(&old.text) => continue,
                (None, None) => (now.mac_mark, format!("`{path}` was taken out {since}")),
            };
            self.error(said.0, path, said.1);
        }
        let is_added = |path: &&String| !before.has(path);
        let is_new = |leaf: &Leaf| !before.sealed.values().any(|old| old.text == leaf.text);
        let added = now.sealed.iter().filter(|(path, leaf)| is_added(path) && is_new(leaf));
        for (path, leaf) in added {
            self.error(leaf.mark, path, format!("`{path}` was added {since}"));
        }
        let covers_open = before.block.get("mac_only_encrypted").is_none_or(|leaf| leaf.text != "true");
        for (path, old) in before.open.iter().filter(|_| covers_open) {
            match now.open.get(path) {
                Some(leaf) if leaf.text == old.text => {}
                Some(leaf) => self.error(leaf.mark, path, format!("`{path}` was changed {since}")),
                None if now.has(path) => {}
                None => self.error(now.mac_mark, path, format!("`{path}` was taken out {since}")),
            }
        }
        for (path, leaf) in now.open.iter().filter(|(path, _)| covers_open && is_added(path)) {
            self.error(leaf.mark, path, format!("`{path}` was added {since}"));
        }
        let keys = before.block.keys().chain(now.block.keys().filter(|key| !before.block.contains_key(*key)));
        for key in keys {
            let (old, new) = (before.block.get(key), now.block.get(key));
            if old.map(|leaf| &leaf.text) != new.map(|leaf| &leaf.text) {
                let mark = new.map_or(now.mac_mark, |leaf| leaf.mark);
                self.error(mark, &format!("sops.{key}"), format!("`sops.{key}` was changed {since}"));
            }
        }
    }

    fn is_older(&self, path: &str, leaf: &Leaf) -> bool {
        self.older.iter().any(|version| version.facts.sealed.get(path).is_some_and(|old| old.text == leaf.text))
    }

    /// A Secret that became something that everybody may read, whoever wrote the MAC.
    fn published(&mut self) {
        let kind = |facts: &Facts| facts.open.get("kind").map(|leaf| (leaf.text.clone(), leaf.mark));
        if let (Some((old, _)), Some((new, mark))) = (kind(&self.before.facts), kind(self.now))
            && old == "Secret"
            && new != old
        {
            let message =
                format!("a Secret became a {new}, in which Flux would show the values to whoever may read that");
            self.error(mark, "kind", message);
        }
    }

    /// Who can open it now, and who still can.
    fn holders(&mut self) {
        let (now, before) = (&self.now.recipients, &self.before.facts.recipients);
        for added in now.iter().filter(|name| !before.contains(name)) {
            let message = format!("{added} can open this file, and could not at {}", self.before.commit);
            let help = "make sure that you know whose key it is: nothing vouches for the `sops` block";
            let finding = Finding::note("changed-recipients", self.place(self.now.mac_mark), message);
            self.findings.push(finding.help(help).at("sops.age"));
        }
        let has_same_key = self.now.mac == self.before.facts.mac;
        for gone in before.iter().filter(|name| has_same_key && !now.contains(name)) {
            let message = format!("{gone} was taken out since {}, and the data key stayed", self.before.commit);
            let help = "whoever had the file can still open it: `gen secret rekey` makes a new data key; then change the credentials";
            let finding = Finding::warning("kept-data-key", self.place(self.now.mac_mark), message);
            self.findings.push(finding.help(help).at("sops.age"));
        }
    }
}
