//! `.sops.yaml` as sops 3.13 reads it (config/config.go), but strictly.

use crate::{
    diagnostic::{Finding, Severity, worst},
    schema::closest,
    sops::{Selector, SelectorKind},
    yaml::{Dialect, FileId, Mark, Node, Source, parse},
};

const RULE: &str = "bad-sops-config";

const TOP: &[&str] = &["creation_rules", "destination_rules", "stores"];
const CREATION_RULE: &[&str] = &[
    "path_regex",
    "age",
    "pgp",
    "kms",
    "aws_profile",
    "gcp_kms",
    "hckms",
    "azure_keyvault",
    "hc_vault_transit_uri",
    "key_groups",
    "shamir_threshold",
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
    "mac_only_encrypted",
];
const KEY_GROUP: &[&str] = &["merge", "kms", "gcp_kms", "hckms", "azure_keyvault", "hc_vault", "age", "pgp"];
/// Key services that gen does not know, in a rule and in a group.
const OTHER_SERVICES: &[&str] =
    &["pgp", "kms", "gcp_kms", "hckms", "azure_keyvault", "hc_vault_transit_uri", "hc_vault"];

/// What a `.sops.yaml` says about new files.
pub(super) struct Config {
    pub(super) rules: Vec<Rule>,
}

/// A creation rule.
pub(super) struct Rule {
    /// Where it stands.
    pub(super) mark: Mark,
    /// Which files it is for, as a selector, whose expressions are sops' own; every file where it is left out.
    pub(super) path_regex: Option<Selector>,
    /// Which leaves it seals; everything but what ends in `_unencrypted` where it is left out.
    pub(super) selector: Option<(Selector, Mark)>,
    /// The age keys of all groups.
    pub(super) recipients: Vec<(String, Mark)>,
    /// Where they should stand.
    pub(super) recipients_mark: Mark,
    /// Key services other than age.
    pub(super) other_services: Vec<(Mark, String)>,
    /// How many groups the key is split among.
    pub(super) groups: usize,
    /// Where the full MAC is given up.
    pub(super) mac_only_encrypted: Option<Mark>,
}

impl Rule {
    /// Whether a path, as seen from the file, is one of the rule's.
    pub(super) fn fits(&self, path: &str) -> bool {
        self.path_regex.as_ref().is_none_or(|regex| regex.seals(&[path]))
    }
}

impl Config {
    /// Reads a file; what comes beside it are warnings.
    ///
    /// # Errors
    /// All mistakes.
    pub(super) fn read(file: &str, bytes: &[u8]) -> Result<(Config, Vec<Finding>), Vec<Finding>> {
        let documents = parse(Source { id: FileId(0), name: file, bytes }, Dialect::Manifest)?;
        let mut reader = Reader { file, findings: Vec::new() };
        let rules = documents.first().map(|root| reader.config(root)).unwrap_or_default();
        match worst(&reader.findings) {
            Some(Severity::Error) => Err(reader.findings),
            _ => Ok((Config { rules }, reader.findings)),
        }
    }
}

struct Reader<'a> {
    file: &'a str,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn error(&mut self, mark: Mark, message: impl Into<String>, help: impl Into<String>) {
        self.findings.push(Finding::error(RULE, mark.location(self.file), message).help(help));
    }

    fn config(&mut self, root: &Node) -> Vec<Rule> {
        if root.is_null() || !self.is_map(root, TOP, "which sops ignores") {
            return Vec::new();
        }
        let Some(rules) = root.get("creation_rules").filter(|rules| !rules.is_null()) else { return Vec::new() };
        let Some(items) = rules.as_sequence() else {
            self.error(rules.mark, "`creation_rules` is no list", "write `- path_regex: ...` for each rule");
            return Vec::new();
        };
        items.iter().filter_map(|item| self.rule(item)).collect()
    }

    fn rule(&mut self, node: &Node) -> Option<Rule> {
        let consequence = match node.get("path_regex") {
            None => "which sops ignores: this rule fits every file",
            Some(_) => "which sops ignores",
        };
        if !self.is_map(node, CREATION_RULE, consequence) {
            return None;
        }
        let path_regex = node.get("path_regex").and_then(|regex| self.regex(regex, "path_regex"));
        let selector = self.selector(node);
        let mut rule = Rule {
            mark: node.mark,
            path_regex,
            selector,
            recipients: Vec::new(),
            recipients_mark: node.place(&["age"]).unwrap_or(node.mark),
            other_services: Vec::new(),
            groups: 1,
            mac_only_encrypted: node
                .get("mac_only_encrypted")
                .filter(|flag| flag.as_bool() == Some(true))
                .map(|flag| flag.mark),
        };
        match node.entry("key_groups").filter(|groups| groups.node.as_sequence().is_some_and(|all| !all.is_empty())) {
            Some(groups) => {
                rule.recipients_mark = groups.key_mark;
                let all = groups.node.as_sequence().unwrap_or_default();
                rule.groups = all.len();
                all.iter().for_each(|group| self.group(group, &mut rule));
            }
            None => self.keys(node, &mut rule),
        }
        Some(rule)
    }

    fn group(&mut self, group: &Node, rule: &mut Rule) {
        if self.is_map(group, KEY_GROUP, "which sops ignores") {
            self.keys(group, rule);
            for merged in group.get("merge").and_then(Node::as_sequence).unwrap_or_default() {
                self.group(merged, rule);
            }
        }
    }

    /// The keys of a rule or a group: `age` is a text with commas or a list.
    fn keys(&mut self, node: &Node, rule: &mut Rule) {
        for entry in node.as_mapping().unwrap_or_default() {
            if OTHER_SERVICES.contains(&entry.key.as_str()) && !entry.node.is_null() {
                rule.other_services.push((entry.key_mark, entry.key.clone()));
            }
        }
        let Some(age) = node.get("age").filter(|age| !age.is_null()) else { return };
        for item in age.as_sequence().unwrap_or(std::slice::from_ref(age)) {
            match item.as_str() {
                Some(text) => {
                    let keys = text.split(',').map(str::trim).filter(|key| !key.is_empty());
                    rule.recipients.extend(keys.map(|key| (key.to_owned(), item.mark)));
                }
                None => {
                    self.error(item.mark, format!("`age` holds {}", item.kind_name()), "write public keys, `age1...`")
                }
            }
        }
        if rule.recipients.iter().any(|(key, _)| key.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-")) {
            let help = "make a new key, write its public key (`age1...`) here, and change what the old one could open";
            let place = age.mark.location(self.file);
            let message = "a private key stands where public keys belong";
            self.findings.push(Finding::error("private-key-committed", place, message).help(help));
            rule.recipients.retain(|(key, _)| !key.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-"));
        }
    }

    fn selector(&mut self, node: &Node) -> Option<(Selector, Mark)> {
        let mut said = SelectorKind::ALL.into_iter().filter_map(|kind| {
            let entry = node.entry(kind.key())?;
            (!entry.node.is_null() && entry.node.as_str() != Some("")).then_some((kind, entry))
        });
        let (kind, entry) = said.next()?;
        if let Some((second, other)) = said.next() {
            let message = format!("`{}` and `{}` in one rule: sops takes one of them only", kind.key(), second.key());
            self.error(other.key_mark, message, format!("delete `{}`", second.key()));
        }
        let is_regex = !matches!(kind, SelectorKind::UnencryptedSuffix | SelectorKind::EncryptedSuffix);
        if is_regex {
            self.spaces(&entry.node, kind.key());
        }
        let text = self.text(&entry.node, kind.key())?.to_owned();
        match Selector::new(kind, &text) {
            Ok(selector) => Some((selector, entry.node.mark)),
            Err(reason) => {
                let message =
                    format!("`{}` does not compile, and sops would seal nothing without a word: {reason}", kind.key());
                self.error(entry.node.mark, message, "gen seals with `encrypted_regex: ^(data|stringData)$`");
                None
            }
        }
    }

    fn regex(&mut self, node: &Node, key: &str) -> Option<Selector> {
        let text = self.text(node, key)?.to_owned();
        if text.is_empty() {
            return None;
        }
        match Selector::new(SelectorKind::EncryptedRegex, &text) {
            Ok(regex) => Some(regex),
            Err(reason) => {
                let message = format!("`{key}` does not compile: {reason}");
                self.error(node.mark, message, "write it as Go does: https://github.com/google/re2/wiki/Syntax");
                None
            }
        }
    }

    /// `(data | stringData)` compiles and seals nothing.
    fn spaces(&mut self, node: &Node, key: &str) {
        let text = node.as_str().unwrap_or_default();
        if [" |", "| ", "( ", " )"].iter().any(|space| text.contains(space)) {
            let message = format!("the spaces in `{key}` are part of the names, so it seals nothing that was meant");
            self.error(node.mark, message, "take the spaces out");
        }
    }

    fn text<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n str> {
        let text = node.as_str();
        if text.is_none() && !node.is_null() {
            self.error(node.mark, format!("`{key}` is {}", node.kind_name()), "write a text");
        }
        text
    }

    fn is_map(&mut self, node: &Node, known: &[&str], consequence: &str) -> bool {
        let Some(entries) = node.as_mapping() else {
            self.error(
                node.mark,
                format!("a map is wanted here, and this is {}", node.kind_name()),
                "see `man sops`, or let `gen secret init` write the file",
            );
            return false;
        };
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let help = match closest(&entry.key, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known are {}", known.join(", ")),
            };
            self.error(entry.key_mark, format!("unknown key `{}`, {consequence}", entry.key), help);
        }
        true
    }
}
