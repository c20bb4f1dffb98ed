//! The `sops` block: who can open the file, and what `sops` needs to do so. Nothing in it is authenticated.

use semver::Version;
use serde_json::Value as Json;

use super::{
    super::{Selector, SelectorKind, envelope::WRITTEN, recipient::unarmored},
    flaw::{FAKE_ENVELOPE, Flaw},
    value::sealed_type,
};
use crate::scalar::Date;

/// Holders of other kinds than age, by their list's key.
const OTHER_HOLDERS: [&str; 6] = ["kms", "gcp_kms", "hckms", "azure_kv", "hc_vault", "pgp"];
/// What tells a `sops` block from anything else of that name.
pub(super) const KEYS: [&str; 12] = [
    "mac",
    "lastmodified",
    "age",
    "pgp",
    "kms",
    "gcp_kms",
    "hckms",
    "azure_kv",
    "hc_vault",
    "key_groups",
    "encrypted_regex",
    "unencrypted_suffix",
];

/// Reports what keeps `sops` from opening the file, and gives its selector where it has one that works.
pub(super) fn read(file: &str, envelope: &Json, flaws: &mut Vec<Flaw>) -> Option<Selector> {
    let mut broken = |keys: &[&str], message: String| {
        let pointer = std::iter::once("sops").chain(keys.iter().copied()).map(str::to_owned).collect();
        flaws.push(Flaw { rule: FAKE_ENVELOPE, pointer, on_key: keys.len() < 2, message, help: restore(file) });
    };
    if !envelope.is_object() {
        broken(&[], "`sops` must be a map as sops writes it".to_owned());
        return None;
    }
    let text = |key: &str| envelope.get(key).and_then(Json::as_str);
    if text("mac").and_then(sealed_type) != Some("str") {
        let message = "the `sops` block has no whole `mac`, so that nobody can tell whether the values were changed";
        broken(&["mac"], message.to_owned());
    }
    if !text("lastmodified").is_some_and(is_time) {
        let message = "the `sops` block has no `lastmodified` time, which its `mac` is bound to";
        broken(&["lastmodified"], message.to_owned());
    }
    match text("version").map(Version::parse) {
        Some(Ok(version)) if version.major > WRITTEN.major => {
            broken(
                &["version"],
                format!(
                    "the file says that sops {version} sealed it, and gen knows the format up to 3.x: take a newer gen"
                ),
            );
        }
        Some(Ok(_)) => {}
        _ => {
            let message = "the `sops` block has no full `version`, without which sops does not open the file";
            broken(&["version"], message.to_owned());
        }
    }
    let mut has_holder = false;
    let groups = list(envelope, "key_groups");
    let holders =
        std::iter::once((None, envelope)).chain(groups.iter().enumerate().map(|(at, group)| (Some(at), group)));
    for (group, holders) in holders {
        for (index, item) in list(holders, "age").iter().enumerate() {
            has_holder = true;
            if let Err(how) = recipient(item) {
                let (group, index) = (group.map(|at| at.to_string()), index.to_string());
                let above = group.iter().flat_map(|at| ["key_groups", at.as_str()]);
                let keys: Vec<&str> = above.chain(["age", index.as_str()]).collect();
                broken(&keys, format!("nobody can open the file with this age recipient: {how}"));
            }
        }
    }
    has_holder |= !other_services(envelope).is_empty();
    if !has_holder {
        broken(&[], "the `sops` block names no recipient, so that nobody can open the file".to_owned());
    }
    let selector = selector(envelope);
    selector.unwrap_or_else(|(key, message)| {
        broken(&[key], message);
        None
    })
}

/// The key services other than age that can open the file too, by their lists' keys.
pub(super) fn other_services(envelope: &Json) -> Vec<&'static str> {
    let groups = list(envelope, "key_groups");
    let has = |kind: &&str| std::iter::once(envelope).chain(groups).any(|holders| !list(holders, kind).is_empty());
    OTHER_HOLDERS.into_iter().filter(has).collect()
}

/// The age recipients, as they are written.
pub(super) fn recipients(envelope: &Json) -> Vec<String> {
    let groups = list(envelope, "key_groups").iter();
    let items = std::iter::once(envelope).chain(groups).flat_map(|holders| list(holders, "age"));
    items.filter_map(|item| recipient(item).ok()).map(str::to_owned).collect()
}

/// The one selector of the block, or why there is none, with its key.
fn selector(envelope: &Json) -> Result<Option<Selector>, (&'static str, String)> {
    let given = |kind: &SelectorKind| envelope.get(kind.key()).is_some_and(|value| !value.is_null() && *value != "");
    let kinds: Vec<SelectorKind> = SelectorKind::ALL.into_iter().filter(given).collect();
    let (kind, pattern) = match kinds.as_slice() {
        [] => (SelectorKind::UnencryptedSuffix, Some("_unencrypted")),
        [kind] => (*kind, envelope[kind.key()].as_str()),
        [first, second, ..] => {
            let message = format!("the `sops` block has two selectors, `{}` and `{}`", first.key(), second.key());
            return Err((second.key(), message));
        }
    };
    let Some(pattern) = pattern else { return Err((kind.key(), format!("`{}` is no text", kind.key()))) };
    let broken = |_| {
        let message = format!("`{}` does not compile, and sops passes over an expression that does not", kind.key());
        (kind.key(), message)
    };
    Selector::new(kind, pattern).map(Some).map_err(broken)
}

fn list<'a>(holders: &'a Json, kind: &str) -> &'a [Json] {
    holders.get(kind).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn recipient(item: &Json) -> Result<&str, &'static str> {
    let text = |key| item.get(key).and_then(Json::as_str).filter(|text| !text.is_empty());
    let name = text("recipient").ok_or("it has no name")?;
    unarmored(text("enc").ok_or("it has no `enc` block")?).map(|_| name)
}

/// An RFC 3339 time: a real day and something after its `T`.
fn is_time(text: &str) -> bool {
    text.split_once('T').is_some_and(|(day, time)| Date::parse(day).is_ok() && time.len() >= "00:00:00Z".len())
}

fn restore(file: &str) -> String {
    format!("restore the file as sops wrote it (`git log -p -- {file}` shows the versions), or seal its values anew")
}
