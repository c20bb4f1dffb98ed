//! The `sops` block: who can open the file, and what `sops` needs to do so. Nothing in it is authenticated.

use semver::Version;

use super::value::sealed_type;
use crate::diagnostic::Finding;
use crate::scalar::Date;
use crate::yaml::{Entry, Mark, Node};

const ARMOR_START: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
const ARMOR_END: &str = "-----END AGE ENCRYPTED FILE-----";
/// Holders of other kinds than age, by their list's key.
const OTHER_HOLDERS: [&str; 6] = ["kms", "gcp_kms", "hckms", "azure_kv", "hc_vault", "pgp"];

/// Reads the age recipients and reports what keeps `sops` from opening the file.
pub(super) fn read(file: &str, entry: &Entry, findings: &mut Vec<Finding>) -> Vec<String> {
    let mut broken = |mark: Mark, message: String| {
        findings.push(Finding::error("broken-envelope", mark.location(file), message).help(restore(file)).at("sops"));
    };
    let envelope = &entry.node;
    if envelope.as_mapping().is_none() {
        broken(entry.key_mark, format!("`sops` must be a map as sops writes it, not {}", envelope.kind_name()));
        return Vec::new();
    }
    let text = |key: &str| envelope.get(key).and_then(Node::as_str);
    let place = |key: &str| envelope.entry(key).map_or(entry.key_mark, |entry| entry.key_mark);
    if text("mac").and_then(sealed_type) != Some("str") {
        broken(
            place("mac"),
            "the `sops` block has no whole `mac`, so that nobody can tell whether the values were changed".to_owned(),
        );
    }
    if !text("lastmodified").is_some_and(is_time) {
        broken(
            place("lastmodified"),
            "the `sops` block has no `lastmodified` time, which its `mac` is bound to".to_owned(),
        );
    }
    if text("version").is_none_or(|version| Version::parse(version).is_err()) {
        broken(
            place("version"),
            "the `sops` block has no full `version`, without which sops does not open the file".to_owned(),
        );
    }

    let mut recipients = Vec::new();
    let mut others = false;
    let groups = envelope.get("key_groups").and_then(Node::as_sequence).unwrap_or_default();
    for holders in std::iter::once(envelope).chain(groups) {
        for item in list(holders, "age") {
            match recipient(item) {
                Some(recipient) => recipients.push(recipient.to_owned()),
                None => broken(item.mark, "this age recipient has no name or no whole `enc` block".to_owned()),
            }
        }
        others |= OTHER_HOLDERS.iter().any(|kind| !list(holders, kind).is_empty());
    }
    if recipients.is_empty()
        && !others
        && !groups.iter().chain([envelope]).any(|holders| !list(holders, "age").is_empty())
    {
        let message = "the `sops` block names no recipient, so that nobody can open the file";
        findings.push(
            Finding::error("no-recipients", entry.key_mark.location(file), message).help(restore(file)).at("sops"),
        );
    }
    recipients
}

fn list<'a>(holders: &'a Node, kind: &str) -> &'a [Node] {
    holders.get(kind).and_then(Node::as_sequence).unwrap_or_default()
}

fn recipient(item: &Node) -> Option<&str> {
    let armor = item.get("enc").and_then(Node::as_str)?.trim();
    let name = item.get("recipient").and_then(Node::as_str)?;
    (!name.is_empty() && armor.starts_with(ARMOR_START) && armor.ends_with(ARMOR_END)).then_some(name)
}

/// An RFC 3339 time: a real day and something after its `T`.
fn is_time(text: &str) -> bool {
    text.split_once('T').is_some_and(|(day, time)| Date::parse(day).is_ok() && time.len() >= "00:00:00Z".len())
}

fn restore(file: &str) -> String {
    format!("restore the file as sops wrote it (`git log -p -- {file}` shows the versions), or seal its values anew")
}
