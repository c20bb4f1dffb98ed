//! The Secret around the sealed values: its identity, its keys, and nothing that could leak.

use serde_json::Value as Json;

use super::{
    SealedSecret, envelope,
    flaw::{self, Flaw},
    seal_command,
};
use crate::{
    diagnostic::Finding,
    path,
    scalar::DnsName,
    yaml::{Entry, Mark, Node},
};

/// Collects findings about one file.
struct Report<'a> {
    file: &'a str,
    findings: &'a mut Vec<Finding>,
}

impl Report<'_> {
    fn error(&mut self, rule: &'static str, mark: Mark, path: &str, message: String, help: String) {
        self.findings.push(Finding::error(rule, mark.location(self.file), message).help(help).at(path));
    }

    /// How to change what is not sealed: the file's MAC covers it, so that an edit by hand has to be taken back by hand.
    fn edit(&self) -> String {
        format!(
            "change it with `gen secret edit {0}` or `sops edit {0}`, or back by hand if it was changed by hand",
            self.file
        )
    }

    fn delete(&self) -> String {
        format!(
            "delete it with `gen secret edit {0}` or `sops edit {0}`, or by hand if it was added by hand",
            self.file
        )
    }
}

/// Reads the one document of a sealed file; `None` where it is no Secret at all. `warnings` stays empty.
pub(super) fn read(file: &str, document: &Node, findings: &mut Vec<Finding>) -> Option<SealedSecret> {
    let report = &mut Report { file, findings };
    let kind_mark = kind(report, document)?;
    let sealed = document.entry("sops");
    let blocks: Vec<&Entry> = ["data", "stringData"].iter().filter_map(|key| document.entry(key)).collect();
    let keys_mark = blocks.last().map_or(kind_mark, |block| block.key_mark);
    beside(report, document);
    let (name, namespace) = identity(report, document, kind_mark);
    let type_ = document.entry("type");
    if let Some(entry) = type_.filter(|entry| entry.node.as_str().is_none_or(|text| text.is_empty() || is_sealed(text)))
    {
        not_text(report, entry, "type");
    }
    let body = document.to_json();
    let keys = blocks.iter().flat_map(|block| keys(report, block)).collect();
    match sealed {
        Some(_) => flaws(report, document, &body),
        None => {
            let message = "this Secret is not sealed: it has no `sops` block, its values are in plain text".to_owned();
            let help = format!("seal it: {}; change values that were ever committed", seal_command(file));
            report.error("plaintext-secret", keys_mark, "", message, help);
        }
    }
    let recipients = body.get("sops").map(envelope::recipients).unwrap_or_default();
    let other_services = body.get("sops").map(envelope::other_services).unwrap_or_default();
    let (name, name_mark) = name?;
    let (namespace, namespace_mark) = match namespace {
        Some((namespace, mark)) => (Some(namespace), mark),
        None => (None, name_mark),
    };
    Some(SealedSecret {
        name,
        name_mark,
        namespace,
        namespace_mark,
        type_: type_.and_then(|entry| entry.node.as_str()).unwrap_or("Opaque").to_owned(),
        type_mark: type_.map_or(kind_mark, |entry| entry.node.mark),
        keys,
        keys_mark,
        recipients,
        other_services,
        recipients_mark: recipients_mark(document, kind_mark),
        document: document.clone(),
        warnings: Vec::new(),
    })
}

/// Where the recipients stand.
fn recipients_mark(document: &Node, otherwise: Mark) -> Mark {
    let block = document.entry("sops");
    let list = block.and_then(|block| block.node.entry("age").or_else(|| block.node.entry("key_groups")));
    list.or(block).map_or(otherwise, |entry| entry.key_mark)
}

fn is_sealed(text: &str) -> bool {
    text.starts_with("ENC[")
}

/// The place of `kind` where the document is a Secret.
fn kind(report: &mut Report<'_>, document: &Node) -> Option<Mark> {
    let text = |key: &str| document.get(key).and_then(Node::as_str);
    let mark = document.entry("kind").map_or(document.mark, |entry| entry.node.mark);
    match (text("apiVersion"), text("kind")) {
        (Some("v1"), Some("Secret")) => Some(mark),
        (Some(text), _) | (_, Some(text)) if is_sealed(text) => {
            let message = "`apiVersion` and `kind` are sealed too, so that Flux cannot tell what this is";
            let help = format!(
                "seal the values only: sops decrypt {0} | sops encrypt --age age1...,age1... --encrypted-regex \
                 '^(data|stringData)$' --filename-override {0} >NEW",
                report.file
            );
            report.error("not-a-secret", mark, "kind", message.to_owned(), help);
            None
        }
        _ => {
            let message = "a sealed file holds a Secret: `apiVersion: v1` and `kind: Secret`".to_owned();
            let help = "keep other objects out of the sealed files, they are listed under `manifests`".to_owned();
            report.error("not-a-secret", mark, "kind", message, help);
            None
        }
    }
}

/// Refuses whatever stands beside the identity and the values.
fn beside(report: &mut Report<'_>, document: &Node) {
    const KEYS: [&str; 7] = ["apiVersion", "kind", "metadata", "type", "data", "stringData", "sops"];
    let entries = document.as_mapping().unwrap_or_default();
    for entry in entries.iter().filter(|entry| !KEYS.contains(&entry.key.as_str())) {
        let why = match entry.key.as_str() {
            "immutable" => "a password could then never be changed in place",
            _ => "a sealed file holds apiVersion, kind, metadata, type, and data or stringData only",
        };
        report.error(
            "unexpected-key",
            entry.key_mark,
            &entry.key,
            format!("`{}` is not taken here: {why}", entry.key),
            report.delete(),
        );
    }
}

type Placed = Option<(String, Mark)>;

/// Name and namespace; refuses every other metadata.
fn identity(report: &mut Report<'_>, document: &Node, kind_mark: Mark) -> (Placed, Placed) {
    let Some(metadata) = document.entry("metadata") else {
        let message = "a Secret needs a name: `metadata.name` is missing".to_owned();
        report.error("not-a-secret", kind_mark, "metadata", message, report.edit());
        return (None, None);
    };
    for entry in metadata.node.as_mapping().unwrap_or_default() {
        let why = match entry.key.as_str() {
            "name" | "namespace" => continue,
            "annotations" => {
                "kubectl keeps the whole Secret in plain text in one (last-applied-configuration); gen adds its own beside the file"
            }
            "labels" => "gen adds labels beside the file, where no key is needed to change them",
            "creationTimestamp" | "managedFields" | "resourceVersion" | "uid" | "generation" | "selfLink"
            | "ownerReferences" => "it was copied from a running cluster",
            _ => "a sealed file has a name and a namespace only",
        };
        let path = format!("metadata.{}", entry.key);
        report.error(
            "unexpected-key",
            entry.key_mark,
            &path,
            format!("`{path}` is not taken here: {why}"),
            report.delete(),
        );
    }
    let mut read = |key: &str| -> Placed {
        let entry = metadata.node.entry(key)?;
        let path = format!("metadata.{key}");
        let Some(text) = entry.node.as_str().filter(|text| !is_sealed(text)) else {
            not_text(report, entry, &path);
            return None;
        };
        if let Err(reason) = DnsName::parse(text) {
            report.error(
                "invalid-value",
                entry.node.mark,
                &path,
                format!("`{path}` is no name: {reason}"),
                report.edit(),
            );
        }
        Some((text.to_owned(), entry.node.mark))
    };
    let (name, namespace) = (read("name"), read("namespace"));
    if metadata.node.entry("name").is_none() {
        let message = "a Secret needs a name: `metadata.name` is missing".to_owned();
        report.error("not-a-secret", metadata.key_mark, "metadata.name", message, report.edit());
    }
    (name, namespace)
}

fn not_text(report: &mut Report<'_>, entry: &Entry, path: &str) {
    let found = match entry.node.as_str() {
        Some(text) if is_sealed(text) => "a sealed value: only the values under data and stringData are sealed",
        Some(_) => "an empty text",
        None => entry.node.kind_name(),
    };
    report.error(
        "wrong-type",
        place(entry),
        path,
        format!("`{path}` must be a text in the clear, not {found}"),
        report.edit(),
    );
}

/// The keys of `data` or `stringData`.
fn keys(report: &mut Report<'_>, block: &Entry) -> Vec<String> {
    let Some(entries) = block.node.as_mapping() else {
        let message =
            format!("`{}` must be a map of keys and sealed values, not {}", block.key, block.node.kind_name());
        report.error("wrong-type", block.key_mark, &block.key, message, report.edit());
        return Vec::new();
    };
    entries.iter().map(|entry| entry.key.clone()).collect()
}

/// What is wrong with the seal, each at its place.
fn flaws(report: &mut Report<'_>, document: &Node, body: &Json) {
    for flaw in flaw::flaws(report.file, body) {
        // A whole block of a wrong type is one thing to say.
        if flaw.pointer.len() == 1 && flaw.pointer[0] != "sops" {
            continue;
        }
        report.error(flaw.rule, mark(document, &flaw), &path::below("", &flaw.pointer), flaw.message, flaw.help);
    }
}

/// Where a flaw stands: at its key where it asks for that or has no value, at the nearest thing above where there is none.
fn mark(document: &Node, flaw: &Flaw) -> Mark {
    let found = (1..=flaw.pointer.len()).rev().find_map(|length| {
        let (last, above) = flaw.pointer[..length].split_last()?;
        let node = document.at(&flaw.pointer[..length])?;
        let key = document.at(above)?.entry(last).map(|entry| entry.key_mark);
        let is_key = flaw.on_key || length < flaw.pointer.len() || node.mark.start == node.mark.end;
        Some(key.filter(|_| is_key).unwrap_or(node.mark))
    });
    found.unwrap_or(document.mark)
}

/// Where a value stands; its key's place where it is missing.
fn place(entry: &Entry) -> Mark {
    if entry.node.mark.start == entry.node.mark.end { entry.key_mark } else { entry.node.mark }
}
