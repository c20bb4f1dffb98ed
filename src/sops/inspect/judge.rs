//! What is wrong with the leaves of a sealed document.

use serde_json::Value as Json;

use super::{
    super::{Selector, SelectorKind},
    flaw::{FAKE_ENVELOPE, Flaw, PARTIALLY_ENCRYPTED},
    leaf::{Leaf, is_data},
    seal_command,
    value::{Says, says},
};

/// Nobody reads more of them in one document.
const MOST_FLAWS: usize = 100;

/// Takes note of one leaf after the other, and says at the end what is wrong with them.
#[derive(Default)]
pub(super) struct Judge<'d> {
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
    /// Of a document of `file`, whose block has this selector, where that is sound.
    pub(super) fn new(file: &'d str, selector: Option<&'d Selector>, is_secret: bool) -> Judge<'d> {
        Judge { file, selector, is_secret, ..Judge::default() }
    }

    /// Whether the selector covers a leaf; `None` where comments decide, which nobody can tell without the text.
    fn covers(&self, leaf: &Leaf<'_>) -> Option<bool> {
        let selector = self.selector?;
        match selector.kind() {
            SelectorKind::EncryptedCommentRegex | SelectorKind::UnencryptedCommentRegex => None,
            _ => Some(leaf.is_named == selector.seals_what_it_names()),
        }
    }

    /// Takes note of a leaf.
    pub(super) fn leaf(&mut self, leaf: Leaf<'d>) {
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
    pub(super) fn flaws(mut self) -> Vec<Flaw> {
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
