//! The `sops` block of a file that is to be opened or closed. What [`super::inspect`] reads of it needs no key and says more.

use semver::Version;

use super::cipher::DataKey;
use super::recipient::{Recipient, unsupported};
use super::{Selector, SelectorKind, moment};
use crate::{
    diagnostic::{Finding, Location},
    yaml::{
        Mark,
        typed::{Entry, Item, Leaf, Stream, Tree},
    },
};

/// The version of sops whose format is written here.
pub(super) const WRITTEN: Version = Version::new(3, 13, 3);
/// The key of the block. No document that is sealed may have it.
pub(super) const BLOCK: &str = "sops";
/// Key services other than age, by their lists' keys.
const OTHER_SERVICES: [&str; 6] = ["kms", "gcp_kms", "hckms", "azure_kv", "hc_vault", "pgp"];
/// Shares of a key have one byte for their number, and nobody has as many recipients in one group.
const MOST_GROUPS: usize = 255;
const MOST_RECIPIENTS: usize = 500;

/// What the `sops` block says. Nothing in it is authenticated.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The age recipients of each key group, as they are written; one group in all but Shamir files.
    pub groups: Vec<Vec<String>>,
    /// How many groups must be opened; 1 where there is one group.
    pub threshold: usize,
    /// Key services other than age that hold the data key too, by their names in the block (`kms`, `pgp`, ...).
    pub other_services: Vec<String>,
    /// Which leaves are sealed.
    pub selector: Selector,
    /// Whether the MAC covers sealed values only.
    pub mac_only_encrypted: bool,
    /// `lastmodified`, as it is written.
    pub last_modified: String,
    /// The version of the writer, as it is written.
    pub version: String,
}

impl Envelope {
    /// All age recipients, without duplicates, in file order.
    #[must_use]
    pub fn recipients(&self) -> Vec<&str> {
        let mut recipients: Vec<&str> = Vec::new();
        for recipient in self.groups.iter().flatten() {
            if !recipients.contains(&recipient.as_str()) {
                recipients.push(recipient);
            }
        }
        recipients
    }

    /// Whether the data key is split among groups.
    pub(super) fn is_split(&self) -> bool {
        self.groups.len() > 1
    }
}

/// A recipient of the data key and what is wrapped for it.
#[derive(Clone)]
pub(super) struct Holder {
    pub(super) recipient: String,
    pub(super) enc: String,
}

/// The block as it stands in a file, with all that only others understand.
#[derive(Clone)]
pub(super) struct Block(Vec<Entry>);

impl Block {
    /// Takes the block out of every document: the first one's counts.
    pub(super) fn take(stream: &mut Stream, file: &str) -> Result<Block, Vec<Finding>> {
        let mut blocks = Vec::new();
        for document in &mut stream.documents {
            let Tree::Map(entries) = document else { continue };
            let at = entries.iter().position(|entry| matches!(entry, Entry::Pair { key, .. } if key == BLOCK));
            blocks.push(at.map(|at| entries.remove(at)));
        }
        match blocks.into_iter().next().flatten() {
            Some(Entry::Pair { value: Tree::Map(entries), .. }) => Ok(Block(entries)),
            Some(Entry::Pair { mark, .. }) => {
                let message = "`sops` must be a map as sops writes it";
                Err(vec![Finding::error("broken-envelope", mark.location(file), message).help(restore(file)).at(BLOCK)])
            }
            _ => {
                let message = "the file is not sealed: it has no `sops` block";
                let finding = Finding::error("not-sealed", Location::file(file), message);
                Err(vec![finding.help("seal it with `gen secret import` or `sops encrypt` if it holds secrets")])
            }
        }
    }

    /// Puts the block at the end of every document.
    pub(super) fn put(&self, stream: &mut Stream) {
        for document in &mut stream.documents {
            if let Tree::Map(entries) = document {
                let value = Tree::Map(self.0.clone());
                entries.push(Entry::Pair { key: BLOCK.to_owned(), mark: Mark::default(), value });
            }
        }
    }

    /// A block for a new file. Its keys are in the order of the alphabet, as sops 3.13 and later write them.
    pub(super) fn new(recipients: &[&str], key: &DataKey, selector: &Selector) -> Result<Block, String> {
        let mut block = Block(Vec::new());
        block.set("age", wrap(recipients, key)?);
        block.set(selector.kind().key(), Tree::text(selector.pattern()));
        for stamp in ["lastmodified", "mac"] {
            block.set(stamp, Tree::text(""));
        }
        block.set("version", Tree::text(WRITTEN.to_string().as_str()));
        block.0.sort_by(|a, b| name(a).cmp(&name(b)));
        Ok(block)
    }

    /// Wraps the data key for these recipients instead.
    pub(super) fn rewrap(&mut self, recipients: &[&str], key: &DataKey) -> Result<(), String> {
        let age = wrap(recipients, key)?;
        // One key group in the long form becomes the short one, which means the same, with the other services in it.
        let group = if self.is_short() { None } else { items(self.get("key_groups")).first().copied() };
        let others = OTHER_SERVICES.map(|service| Some((service, group?.get(&[service])?.clone())));
        for (service, holders) in others.into_iter().flatten() {
            self.set(service, holders);
        }
        self.0.retain(|entry| !matches!(name(entry), Some("key_groups" | "shamir_threshold")));
        self.set("age", age);
        Ok(())
    }

    /// Sets what changes with the values.
    pub(super) fn stamp(&mut self, last_modified: &str, mac: &str) {
        self.set("lastmodified", Tree::text(last_modified));
        self.set("mac", Tree::text(mac));
        let written = self.text("version").and_then(|version| Version::parse(&version).ok());
        if written.is_none_or(|version| version < WRITTEN) {
            self.set("version", Tree::text(WRITTEN.to_string().as_str()));
        }
    }

    /// The sealed MAC.
    pub(super) fn mac(&self) -> Option<&[u8]> {
        Some(self.get("mac")?.as_text()?.expose())
    }

    /// Whoever holds the data key or a share of it, by age, in groups.
    pub(super) fn holders(&self) -> Vec<Vec<Holder>> {
        let of = |list: Option<&Tree>| {
            let text = |item: &Tree, key| item.get(&[key]).and_then(text).unwrap_or_default();
            items(list)
                .iter()
                .map(|item| Holder { recipient: text(item, "recipient"), enc: text(item, "enc") })
                .collect()
        };
        match self.get("key_groups") {
            Some(groups) if !self.is_short() => {
                items(Some(groups)).iter().map(|group| of(group.get(&["age"]))).collect()
            }
            _ => vec![of(self.get("age"))],
        }
    }

    /// Whether the holders stand in the block itself. Where they stand in groups too, sops passes over those.
    fn is_short(&self) -> bool {
        std::iter::once("age").chain(OTHER_SERVICES).any(|service| !items(self.get(service)).is_empty())
    }

    /// Reads what the block says.
    pub(super) fn envelope(&self, file: &str) -> Result<Envelope, Vec<Finding>> {
        let mut findings = Vec::new();
        let top = self.0.first().and_then(place).unwrap_or_default();
        let mut report = |rule, key: &str, message: String, help: String| {
            let mark = self.0.iter().find(|entry| name(entry) == Some(key)).and_then(place).unwrap_or(top);
            findings.push(Finding::error(rule, mark.location(file), message).help(help).at(path_of(key)));
        };
        let groups: Vec<Vec<String>> = self
            .holders()
            .into_iter()
            .map(|group| group.into_iter().map(|holder| holder.recipient).collect())
            .collect();
        let other_services = self.other_services();
        let recipients: usize = groups.iter().map(Vec::len).sum();
        if recipients > MOST_RECIPIENTS || groups.len() > MOST_GROUPS {
            let message = format!("more than {MOST_RECIPIENTS} recipients or {MOST_GROUPS} key groups");
            report("broken-envelope", "age", message, restore(file));
        }
        if recipients == 0 && other_services.is_empty() {
            let message = "the `sops` block names no recipient, so that nobody can open the file".to_owned();
            report("no-recipients", "age", message, restore(file));
        } else if groups.iter().flatten().all(|recipient| unsupported(recipient).is_some()) {
            let kinds = groups.iter().flatten().filter_map(|recipient| unsupported(recipient));
            let mut kinds: Vec<String> =
                kinds.chain(other_services.iter().map(|service| format!("`{service}`"))).collect();
            kinds.dedup();
            let message = format!("the file is sealed for {} only, which is not supported", kinds.join(", "));
            let help =
                "open it with sops, or add an age recipient with `sops rotate -i --add-age age1... FILE`".to_owned();
            report("unsupported-recipient", "age", message, help);
        }
        let threshold = match self.get("shamir_threshold") {
            Some(Tree::Leaf(Leaf::Int(threshold))) if groups.len() > 1 && *threshold != 0 => {
                usize::try_from(*threshold).ok().filter(|threshold| (2..=groups.len()).contains(threshold))
            }
            None | Some(Tree::Leaf(Leaf::Int(_) | Leaf::Null)) => Some(groups.len()),
            Some(_) => None,
        };
        if threshold.is_none() {
            let message = format!("`shamir_threshold` must be a number from 2 to {}, the key groups", groups.len());
            report("broken-envelope", "shamir_threshold", message, restore(file));
        }
        let last_modified = self.get("lastmodified").and_then(text);
        if last_modified.as_deref().and_then(moment::to_seconds).is_none() {
            let message = "the `sops` block has no `lastmodified` time, which its `mac` is bound to".to_owned();
            report("broken-envelope", "lastmodified", message, restore(file));
        }
        let version = self.text("version");
        match version.as_deref().map(Version::parse) {
            Some(Ok(version)) if version.major > WRITTEN.major => {
                let message = format!("the file was sealed by sops {version}, gen knows the format up to 3.x");
                report("newer-format", "version", message, "open it with that sops, or take a newer gen".to_owned());
            }
            Some(Ok(_)) => {}
            _ => {
                let message =
                    "the `sops` block has no full `version`, without which sops does not open the file".to_owned();
                report("broken-envelope", "version", message, restore(file));
            }
        }
        let mac_only_encrypted = match self.get("mac_only_encrypted") {
            None | Some(Tree::Leaf(Leaf::Null)) => false,
            Some(Tree::Leaf(Leaf::Bool(value))) => *value,
            Some(_) => {
                let message = "`mac_only_encrypted` must be true or false".to_owned();
                report("broken-envelope", "mac_only_encrypted", message, restore(file));
                false
            }
        };
        let mut selectors = Vec::new();
        for kind in SelectorKind::ALL {
            match self.get(kind.key()) {
                None | Some(Tree::Leaf(Leaf::Null)) => {}
                Some(Tree::Leaf(Leaf::Text(pattern))) if pattern.is_empty() => {}
                Some(pattern) => match text(pattern)
                    .ok_or("must be text".to_owned())
                    .and_then(|pattern| Selector::new(kind, &pattern))
                {
                    Ok(selector) => selectors.push(selector),
                    Err(why) => report(
                        "broken-envelope",
                        kind.key(),
                        format!("nobody can tell which values are sealed: {why}"),
                        restore(file),
                    ),
                },
            }
        }
        if let [_, second, ..] = selectors.as_slice() {
            let message =
                "the `sops` block has several selectors, so that nobody can tell which values are sealed".to_owned();
            report("broken-envelope", second.kind().key(), message, restore(file));
        }
        match (findings.is_empty(), threshold, last_modified, version) {
            (true, Some(threshold), Some(last_modified), Some(version)) => Ok(Envelope {
                groups,
                threshold,
                other_services,
                selector: selectors.pop().unwrap_or_else(Selector::of_silence),
                mac_only_encrypted,
                last_modified,
                version,
            }),
            _ => Err(findings),
        }
    }

    /// Key services other than age that hold the data key or a share of it.
    fn other_services(&self) -> Vec<String> {
        let groups = items(self.get("key_groups"));
        let has = |service: &str| {
            !items(self.get(service)).is_empty() || groups.iter().any(|group| !items(group.get(&[service])).is_empty())
        };
        OTHER_SERVICES.iter().filter(|service| has(service)).map(|service| (*service).to_owned()).collect()
    }

    fn get(&self, wanted: &str) -> Option<&Tree> {
        self.0.iter().find_map(|entry| match entry {
            Entry::Pair { key, value, .. } if key == wanted => Some(value),
            _ => None,
        })
    }

    fn text(&self, key: &str) -> Option<String> {
        Some(self.get(key)?.as_text()?.expose_text()?.to_owned())
    }

    fn set(&mut self, wanted: &str, new: Tree) {
        for entry in &mut self.0 {
            if let Entry::Pair { key, value, .. } = entry
                && key == wanted
            {
                *value = new;
                return;
            }
        }
        self.0.push(Entry::Pair { key: wanted.to_owned(), mark: Mark::default(), value: new });
    }
}

/// The list `age` with the data key wrapped for each recipient on its own.
fn wrap(recipients: &[&str], key: &DataKey) -> Result<Tree, String> {
    let mut known: Vec<&str> = Vec::new();
    let mut list = Vec::new();
    for recipient in recipients {
        if known.contains(recipient) {
            continue;
        }
        known.push(recipient);
        let enc = Recipient::parse(recipient)?.wrap(key.as_slice())?;
        let holder = Tree::map([("enc", Tree::text(enc.as_str())), ("recipient", Tree::text(*recipient))]);
        list.push(Item::Value(holder, Mark::default()));
    }
    match list.len() {
        0 => Err("there is no recipient: nobody could open the file".to_owned()),
        1..=MOST_RECIPIENTS => Ok(Tree::List(list)),
        many => Err(format!("{many} recipients are more than the {MOST_RECIPIENTS} that a file may have")),
    }
}

fn items(tree: Option<&Tree>) -> Vec<&Tree> {
    let Some(Tree::List(items)) = tree else { return Vec::new() };
    items.iter().filter_map(|item| if let Item::Value(value, _) = item { Some(value) } else { None }).collect()
}

/// A text, or a time that was written without quotes.
fn text(tree: &Tree) -> Option<String> {
    match tree {
        Tree::Leaf(Leaf::Time(text)) => Some(text.clone()),
        tree => Some(tree.as_text()?.expose_text()?.to_owned()),
    }
}

fn name(entry: &Entry) -> Option<&str> {
    match entry {
        Entry::Pair { key, .. } => Some(key),
        Entry::Comment(_) => None,
    }
}

fn place(entry: &Entry) -> Option<Mark> {
    match entry {
        Entry::Pair { mark, .. } => Some(*mark),
        Entry::Comment(_) => None,
    }
}

fn path_of(key: &str) -> String {
    format!("{BLOCK}.{key}")
}

fn restore(file: &str) -> String {
    format!("restore the file as sops wrote it: `git log -p -- {file}` shows its versions")
}
