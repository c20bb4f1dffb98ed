//! What is wrong with the seal of one document, whatever it is a document of. Nothing here needs a key, and no text holds a value.

use serde_json::Value as Json;

use super::{
    super::{Selector, SelectorKind},
    envelope, seal_command,
    value::{Says, says},
};
use crate::path;

/// Some values are sealed, and some that should be are not.
pub const PARTIALLY_ENCRYPTED: &str = "partially-encrypted";
/// What looks like a sealed file is none, or nobody could open it.
pub const FAKE_ENVELOPE: &str = "fake-envelope";

/// Nobody reads more of them in one document.
const MOST_FLAWS: usize = 100;

/// Something wrong with a document's seal.
#[derive(Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The rule: [`PARTIALLY_ENCRYPTED`], [`FAKE_ENVELOPE`], or one about the values of a Secret.
    pub rule: &'static str,
    /// The keys and list indices that lead to it.
    pub pointer: Vec<String>,
    /// Whether its key is the better place to point at.
    pub on_key: bool,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub help: String,
}

/// Whether a document has the block that sops keeps its metadata in. A chart may have values for something called sops.
#[must_use]
pub fn has_envelope(document: &Json) -> bool {
    let Some(block) = document.get("sops") else { return false };
    is_secret(document) || envelope::KEYS.iter().any(|key| block.get(key).is_some())
}

/// What is wrong with the seal of a document of `file`: with its `sops` block, and with each value that the block's selector
/// covers or that stands under `data` and `stringData` of a Secret. Of a document without such a block: sealed values, which
/// nothing could open.
#[must_use]
pub fn flaws(file: &str, document: &Json) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let is_sealed = has_envelope(document);
    if !is_sealed {
        flaws.extend(of_item(document, &mut Vec::new()));
        // Most documents of a tree have nothing to do with seals.
        if flaws.is_empty() && holds_seal(document) {
            flaws.extend(without_envelope(file, document));
        }
        return flaws;
    }
    let is_secret = is_secret(document);
    let selector = envelope::read(file, &document["sops"], &mut flaws);
    let selector = match selector {
        Some(selector) if selector.is_too_costly(key_bytes(document)) => {
            flaws.push(too_costly(&selector));
            None
        }
        selector => selector,
    };
    let mut judge = Judge { file, selector: selector.as_ref(), is_secret, ..Judge::default() };
    walk(document, is_secret, selector.as_ref(), &mut |leaf| judge.leaf(leaf));
    flaws.extend(judge.flaws());
    flaws
}

/// A `sops` block in an item of a list: kustomize takes lists apart, and sops opens whole files only.
fn of_item(document: &Json, above: &mut Vec<String>) -> Option<Flaw> {
    for (at, item) in document.get("items")?.as_array()?.iter().enumerate() {
        above.extend(["items".to_owned(), at.to_string()]);
        let found = if has_envelope(item) { Some(block_of_item(above)) } else { of_item(item, above) };
        if found.is_some() {
            return found;
        }
        above.truncate(above.len() - 2);
    }
    None
}

fn block_of_item(item: &[String]) -> Flaw {
    let pointer = [item, &["sops".to_owned()]].concat();
    let message = format!(
        "`{}` has a `sops` block of its own: sops opens whole files, so that nobody seals or checks it",
        path::below("", item)
    );
    let help =
        "give each object a file of its own, and seal it there; change what was committed in plain text".to_owned();
    Flaw { rule: FAKE_ENVELOPE, pointer, on_key: true, message, help }
}

/// All bytes that a selector is matched with.
fn key_bytes(value: &Json) -> usize {
    match value {
        Json::Object(map) => map.iter().map(|(key, value)| key.len() + key_bytes(value)).sum(),
        Json::Array(items) => items.iter().map(key_bytes).sum(),
        _ => 0,
    }
}

fn too_costly(selector: &Selector) -> Flaw {
    let key = selector.kind().key();
    Flaw {
        rule: FAKE_ENVELOPE,
        pointer: vec!["sops".to_owned(), key.to_owned()],
        on_key: true,
        message: format!("`{key}` is too large for a file with so many or so long keys"),
        help: "check that the file is what it should be: this takes minutes in sops, too".to_owned(),
    }
}

fn is_secret(document: &Json) -> bool {
    let text = |key: &str| document.get(key).and_then(Json::as_str);
    (text("apiVersion"), text("kind")) == (Some("v1"), Some("Secret"))
}

/// Whether a text of a document looks sealed.
fn holds_seal(value: &Json) -> bool {
    match value {
        Json::String(text) => text.starts_with("ENC[AES256_GCM,"),
        Json::Object(map) => map.values().any(holds_seal),
        Json::Array(items) => items.iter().any(holds_seal),
        _ => false,
    }
}

/// Sealed values that nothing can open.
fn without_envelope(file: &str, document: &Json) -> Option<Flaw> {
    let mut first = None;
    walk(document, is_secret(document), None, &mut |leaf| {
        if first.is_none() && holds_seal(leaf.value) {
            first = Some(leaf);
        }
    });
    let first = first?;
    let message =
        format!("`{}` is a sealed value without the `sops` block that opens it: it was copied here", first.path());
    let help = format!(
        "take the whole file as sops wrote it (`git log -p -- {file}` shows the versions), or seal the value anew"
    );
    Some(first.flaw(FAKE_ENVELOPE, message, help))
}

/// One step of the way to a value.
#[derive(Clone, Copy)]
enum Step<'d> {
    Key(&'d str),
    Index(usize),
}

/// A scalar, or whatever stands where a Secret takes scalars only.
struct Leaf<'d> {
    way: Vec<Step<'d>>,
    value: &'d Json,
    /// Whether the selector names a key on the way.
    is_named: bool,
}

struct Walk<'d, 'v> {
    way: Vec<Step<'d>>,
    is_secret: bool,
    selector: Option<&'v Selector>,
    /// How many keys on the way the selector names. Each is matched once, however much stands below it.
    named: usize,
    visit: &'v mut dyn FnMut(Leaf<'d>),
}

/// Shows every leaf beside the `sops` block.
fn walk<'d>(document: &'d Json, is_secret: bool, selector: Option<&Selector>, visit: &mut dyn FnMut(Leaf<'d>)) {
    let mut walk = Walk { way: Vec::new(), is_secret, selector, named: 0, visit };
    for (key, value) in document.as_object().into_iter().flatten().filter(|(key, _)| *key != "sops") {
        walk.below(Step::Key(key), value);
    }
}

impl<'d> Walk<'d, '_> {
    fn below(&mut self, step: Step<'d>, value: &'d Json) {
        let is_named = match step {
            Step::Key(key) => self.selector.is_some_and(|selector| selector.names(key)),
            Step::Index(_) => false,
        };
        self.named += usize::from(is_named);
        self.way.push(step);
        let is_value_of_secret = self.is_secret && self.way.len() == 2 && is_data(&self.way);
        match value {
            Json::Object(map) if !is_value_of_secret => {
                map.iter().for_each(|(key, value)| self.below(Step::Key(key), value));
            }
            Json::Array(items) if !is_value_of_secret => {
                items.iter().enumerate().for_each(|(at, item)| self.below(Step::Index(at), item));
            }
            _ => (self.visit)(Leaf { way: self.way.clone(), value, is_named: self.named > 0 }),
        }
        self.way.pop();
        self.named -= usize::from(is_named);
    }
}

/// Whether a way leads into `data` or `stringData`.
fn is_data(way: &[Step<'_>]) -> bool {
    matches!(way.first(), Some(Step::Key("data" | "stringData")))
}

impl<'d> Leaf<'d> {
    fn text(&self) -> Option<&'d str> {
        self.value.as_str()
    }

    /// The keys on the way: what selectors and seals go by.
    fn keys(&self) -> Vec<&'d str> {
        let key = |step: &Step<'d>| match step {
            Step::Key(key) => Some(*key),
            Step::Index(_) => None,
        };
        self.way.iter().filter_map(key).collect()
    }

    fn path(&self) -> String {
        self.way.iter().fold(String::new(), |path, step| match step {
            Step::Key(key) => path::join(&path, key),
            Step::Index(index) => path::item(&path, *index),
        })
    }

    fn flaw(&self, rule: &'static str, message: String, help: String) -> Flaw {
        let word = |step: &Step<'_>| match step {
            Step::Key(key) => (*key).to_owned(),
            Step::Index(index) => index.to_string(),
        };
        Flaw { rule, pointer: self.way.iter().map(word).collect(), on_key: false, message, help }
    }
}

#[derive(Default)]
struct Judge<'d> {
    file: &'d str,
    /// The block's selector, where it has a sound one.
    selector: Option<&'d Selector>,
    is_secret: bool,
    found: Vec<Flaw>,
    /// What is in plain text, and whether the selector covers it: what to say depends on the rest.
    plain: Vec<(Leaf<'d>, Option<bool>)>,
    /// The first leaf outside `data` and `stringData` that the selector covers and that is not sealed.
    beside: Option<Leaf<'d>>,
    is_any_sealed: bool,
    is_any_covered: bool,
    has_value: bool,
}

impl<'d> Judge<'d> {
    /// Whether the selector covers a leaf; `None` where comments decide, which nobody can tell without the text.
    fn covers(&self, leaf: &Leaf<'_>) -> Option<bool> {
        let selector = self.selector?;
        match selector.kind() {
            SelectorKind::EncryptedCommentRegex | SelectorKind::UnencryptedCommentRegex => None,
            _ => Some(leaf.is_named == selector.seals_what_it_names()),
        }
    }

    /// Takes note of a leaf.
    fn leaf(&mut self, leaf: Leaf<'d>) {
        let of_secret = self.is_secret && is_data(&leaf.way);
        let covered = self.covers(&leaf);
        let says = leaf.text().map_or(Says::Nothing, says);
        self.is_any_sealed |= matches!(says, Says::Sealed(_));
        self.is_any_covered |= covered != Some(false);
        self.has_value |= !leaf.value.is_null() && leaf.text() != Some("");
        let is_of_interest = of_secret || covered == Some(true) || matches!(says, Says::Sealed(_) | Says::Disguise);
        if !is_of_interest || self.found.len() + self.plain.len() >= MOST_FLAWS {
            return;
        }
        let flaw = match says {
            Says::Sealed(_) if covered == Some(false) => Some(self.uncovered(&leaf)),
            Says::Sealed(type_) if of_secret => self.not_text(&leaf, type_),
            Says::Sealed(_) => None,
            Says::Cut => Some(self.cut(&leaf)),
            Says::Disguise => Some(self.disguise(&leaf)),
            Says::Nothing if leaf.value.is_null() || leaf.text() == Some("") => of_secret.then(|| self.empty(&leaf)),
            // What makes it a Secret stands in the clear for kustomize and Flux.
            Says::Nothing if self.is_secret && !of_secret => {
                self.beside.get_or_insert(leaf);
                None
            }
            Says::Nothing => {
                self.plain.push((leaf, covered));
                None
            }
        };
        self.found.extend(flaw);
    }

    /// All that is wrong.
    fn flaws(mut self) -> Vec<Flaw> {
        let mut flaws = std::mem::take(&mut self.found);
        flaws.extend(self.plain.iter().map(|(leaf, covered)| self.plain(leaf, *covered, self.is_any_sealed)));
        if let Some(leaf) = &self.beside {
            let path = leaf.path();
            flaws.push(self.of_selector(|key| {
                format!("`{key}` covers `{path}` too, which is not sealed: this file was not sealed with it")
            }));
        }
        if self.has_value && !self.is_any_covered {
            flaws.push(
                self.of_selector(|key| format!("`{key}` fits no key of this file, so that sops seals nothing in it")),
            );
        }
        flaws
    }

    fn of_selector(&self, message: impl FnOnce(&str) -> String) -> Flaw {
        let key = self.selector.map_or("", |selector| selector.kind().key());
        Flaw {
            rule: FAKE_ENVELOPE,
            pointer: vec!["sops".to_owned(), key.to_owned()],
            on_key: true,
            message: message(key),
            help: format!("seal it anew: {}", seal_command(self.file)),
        }
    }

    fn plain(&self, leaf: &Leaf<'_>, covered: Option<bool>, is_any_sealed: bool) -> Flaw {
        let path = leaf.path();
        let what = match leaf.value {
            Json::Object(_) => format!("`{path}` is a map in plain text, and a Secret's values are texts"),
            Json::Array(_) => format!("`{path}` is a list in plain text, and a Secret's values are texts"),
            _ => format!("`{path}` is in plain text"),
        };
        let suffix = self.selector.filter(|selector| selector.kind() == SelectorKind::UnencryptedSuffix);
        let is_suffixed = |suffix: &&Selector| leaf.keys().iter().any(|key| key.ends_with(suffix.pattern()));
        let why = match (suffix.filter(is_suffixed), covered) {
            (Some(suffix), _) => format!(": sops leaves keys that end in `{}` open", suffix.pattern()),
            (None, Some(false)) => {
                ", although the file has a `sops` block, whose selector leaves this part out".to_owned()
            }
            (None, _) => String::new(),
        };
        let file = self.file;
        let (rule, help) = match (is_any_sealed, covered) {
            (true, Some(true)) => (
                PARTIALLY_ENCRYPTED,
                format!(
                    "put back its sealed line from Git (delete the line if there was none), set the value with \
                     `gen secret edit {file}` or `sops edit {file}`, and change it if it was ever committed"
                ),
            ),
            (true, _) => (
                PARTIALLY_ENCRYPTED,
                format!("seal it anew: {}; change values that were ever committed", seal_command(file)),
            ),
            (false, _) => {
                (FAKE_ENVELOPE, format!("seal it anew: {}; change values that were ever committed", seal_command(file)))
            }
        };
        leaf.flaw(rule, format!("{what}{why}"), help)
    }

    fn not_text(&self, leaf: &Leaf<'_>, type_: &str) -> Option<Flaw> {
        // Python's sops wrote `bytes`; both come out as texts.
        if matches!(type_, "str" | "bytes") {
            return None;
        }
        let message = format!("`{}` seals a value of type {type_}, but Kubernetes takes texts only", leaf.path());
        let help = format!("put the value between quotes with `gen secret edit {0}` or `sops edit {0}`", self.file);
        Some(leaf.flaw("sealed-not-text", message, help))
    }

    fn empty(&self, leaf: &Leaf<'_>) -> Flaw {
        let message = format!("`{}` is empty, and an empty value is neither sealed nor a credential", leaf.path());
        let help = format!(
            "if it was emptied by hand, put back its sealed line from Git; otherwise set it with `gen secret edit {0}` or `sops edit {0}`",
            self.file
        );
        leaf.flaw("empty-value", message, help)
    }

    fn cut(&self, leaf: &Leaf<'_>) -> Flaw {
        let message = format!("`{}` is not a whole sealed value: it was cut off or edited by hand", leaf.path());
        let help = format!(
            "put back its sealed line from Git, then set the value with `gen secret edit {0}` or `sops edit {0}`",
            self.file
        );
        leaf.flaw(FAKE_ENVELOPE, message, help)
    }

    fn disguise(&self, leaf: &Leaf<'_>) -> Flaw {
        let message = format!(
            "`{}` looks sealed and is not: what stands in it is text, where sops writes random bytes",
            leaf.path()
        );
        let help = format!("seal the value: {}; change it, it is known to everybody", seal_command(self.file));
        leaf.flaw(FAKE_ENVELOPE, message, help)
    }

    fn uncovered(&self, leaf: &Leaf<'_>) -> Flaw {
        let message = format!(
            "`{}` is sealed, and the file's selector says it is not: nothing opens it, it is applied as it stands here",
            leaf.path()
        );
        let help = format!("restore the file as sops wrote it (`git log -p -- {}` shows the versions)", self.file);
        leaf.flaw(FAKE_ENVELOPE, message, help)
    }
}
