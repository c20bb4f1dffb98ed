//! What changes from one tree to another, by meaning: objects by identity, values by path, lists by name where their items
//! have one. A [`Change`] carries what it changes twice: as it is, for rules, and as it may be [`Shown`].

mod list;
mod step;
mod subject;
mod text;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::{
    manifest::{Bundle, Object},
    tree::FileTree,
};

use self::{subject::identify, text::texts};

pub use self::{
    list::UNORDERED,
    step::Step,
    subject::Subject,
    text::{Line, TextChange, Unified, line_changes, unified},
};

/// One value that is not as it was. It may hold a secret, hence no `Debug`; [`Change::shown`] never does.
pub struct Change {
    /// The object that it is a part of.
    pub subject: Subject,
    /// The file of the object, relative to the tree; the old one where the object is gone.
    pub file: String,
    /// Where in the object; empty for the object as a whole.
    pub pointer: Vec<Step>,
    /// What stood there; `None` where nothing did.
    pub before: Option<Json>,
    /// What stands there now; `None` where nothing does.
    pub after: Option<Json>,
    /// How it may be shown.
    pub shown: Shown,
}

/// A change without any secret: what is one is `***`.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The path in the object, such as `spec.containers[name=postgres].image`.
    pub path: String,
    /// What stood there.
    pub before: Option<Json>,
    /// What stands there now.
    pub after: Option<Json>,
    /// Whether the value is one that sops sealed.
    pub is_sealed: bool,
    /// Whether something of it is not shown.
    pub is_masked: bool,
}

impl Change {
    /// Whether the object as a whole is new or gone.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.pointer.is_empty() && (self.before.is_none() || self.after.is_none())
    }

    /// The keys of the pointer, items of lists by their index in the new tree; ends above the first item that is gone.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.pointer.iter().map_while(Step::key).collect()
    }

    /// Whether it is an item of a list, as a whole.
    #[must_use]
    pub fn is_item(&self) -> bool {
        matches!(self.pointer.last(), Some(Step::Named(..) | Step::Item(..)))
    }

    /// Whether it is a part of what sops writes around sealed values, and follows from them.
    fn is_envelope(&self) -> bool {
        let key =
            |at: usize| self.pointer.get(at).map(|step| if let Step::Key(key) = step { key.as_str() } else { "" });
        match (key(0), key(1)) {
            (Some("sops"), Some("lastmodified" | "mac" | "version")) => self.pointer.len() == 2,
            (Some("sops"), Some("age")) => self.pointer.len() == 4 && key(3) == Some("enc"),
            _ => false,
        }
    }

    /// Whether the change is at these keys exactly.
    #[must_use]
    pub fn is_at(&self, keys: &[&str]) -> bool {
        let same = |(step, key): (&Step, &&str)| matches!(step, Step::Key(own) if own == key);
        self.pointer.len() == keys.len() && self.pointer.iter().zip(keys).all(same)
    }
}

/// Every change from the objects of `before` to those of `after`, in the order of the new tree; what is gone comes last.
///
/// An object that moved to another file is the same object.
#[must_use]
pub fn changes(before: &Bundle, after: &Bundle) -> Vec<Change> {
    let mut old: BTreeMap<Subject, Vec<&Object>> = BTreeMap::new();
    for (subject, object) in identify(&before.objects) {
        old.entry(subject).or_default().push(object);
    }
    let mut found = Vec::new();
    let mut unmatched = Vec::new();
    // Twins, which no cluster takes, are told apart by their file.
    for (subject, object) in identify(&after.objects) {
        let twin = old.get_mut(&subject).and_then(|twins| {
            let at = twins.iter().position(|twin| twin.file == object.file)?;
            Some(twins.remove(at))
        });
        match twin {
            Some(twin) => found.push((subject, Some(twin), object)),
            None => {
                unmatched.push(found.len());
                found.push((subject, None, object));
            }
        }
    }
    for index in unmatched {
        if let Some((subject, twin, _)) = found.get_mut(index) {
            *twin = old.get_mut(subject).filter(|twins| !twins.is_empty()).map(|twins| twins.remove(0));
        }
    }
    let mut all = Vec::new();
    for (subject, twin, object) in found {
        compare(&subject, &object.file, twin.map(|twin| &twin.body), Some(&object.body), &mut all);
    }
    let gone = old.into_iter().flat_map(|(subject, twins)| twins.into_iter().map(move |twin| (subject.clone(), twin)));
    for (subject, twin) in gone {
        compare(&subject, &twin.file, Some(&twin.body), None, &mut all);
    }
    all
}

/// Everything that changes from one tree of files to another; without the lock, which follows from the rest.
///
/// Files without objects, such as a README, and those that are no YAML are compared as text.
#[must_use]
pub fn trees(before: &FileTree, after: &FileTree) -> (Vec<Change>, Vec<TextChange>) {
    // What has the same bytes at the same place has no part in any change, and need not be read.
    let differing = |tree: &FileTree, other: &FileTree| {
        let mut differing = FileTree::new();
        for (path, bytes) in tree.iter().filter(|(path, bytes)| other.get(path) != Some(bytes)) {
            // What stands in one tree fits into another.
            let _ = differing.insert(path, bytes);
        }
        differing
    };
    let (old_files, new_files) = (differing(before, after), differing(after, before));
    let (mut old, old_mistakes) = Bundle::parse(&old_files);
    let (mut new, new_mistakes) = Bundle::parse(&new_files);
    let broken: BTreeSet<String> =
        old_mistakes.into_iter().chain(new_mistakes).map(|finding| finding.location.file).collect();
    let is_sound = |object: &Object| !broken.contains(&object.file);
    old.objects.retain(is_sound);
    new.objects.retain(is_sound);
    let with_objects: BTreeSet<&str> =
        old.objects.iter().chain(&new.objects).map(|object| object.file.as_str()).collect();
    let texts = texts(&old_files, &new_files, &|path| !with_objects.contains(path));
    (changes(&old, &new), texts)
}

/// The changes that tell something: sealing a value anew changes the envelope around it too, which says nothing more.
pub fn telling(changes: &[Change]) -> impl Iterator<Item = &Change> {
    let told: BTreeSet<&Subject> =
        changes.iter().filter(|change| !change.is_envelope()).map(|change| &change.subject).collect();
    changes.iter().filter(move |change| !change.is_envelope() || !told.contains(&change.subject))
}

fn compare(subject: &Subject, file: &str, before: Option<&Json>, after: Option<&Json>, all: &mut Vec<Change>) {
    all.extend(walk::walk(before, after, &subject.place(file)).into_iter().map(|found| Change {
        subject: subject.clone(),
        file: file.to_owned(),
        pointer: found.pointer,
        before: found.before,
        after: found.after,
        shown: found.shown,
    }));
}
