//! The tree that is spoilt, and what the rules say about it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Inputs, Stage, plant::Files};
use crate::{
    diagnostic::{Finding, Location, Severity},
    manifest::{Bundle, Identity, Listing, Object, dotted},
    policy::{self, Comparison, Place, Scope},
    render::Rendered,
    sops,
    tree::FileTree,
    view::At,
};

/// A tree, and what is known about it.
pub struct Subject<'a> {
    tree: FileTree,
    /// See [`Bundle::provided`].
    provided: Option<Vec<Identity>>,
    /// See [`Bundle::values`].
    values: BTreeMap<String, (String, String)>,
    /// Where the tree stands in its repository, where it is all there is.
    place: Option<String>,
    scope: Scope,
    pub(super) inputs: Option<Inputs<'a>>,
}

/// What findings are told apart by: places move when a file is written anew, paths do not.
pub(super) type Known = BTreeSet<(&'static str, String, String, String)>;

/// What the rules say about what nobody spoilt.
pub(super) struct Baseline {
    pub(super) tree: Known,
    pub(super) inputs: Known,
    pub(super) transition: Known,
}

impl<'a> Subject<'a> {
    /// A tree that somebody wrote.
    #[must_use]
    pub fn written(tree: FileTree, scope: Scope) -> Subject<'a> {
        Subject { tree, provided: None, values: BTreeMap::new(), place: None, scope, inputs: None }
    }

    /// A tree that gen made from `inputs`.
    #[must_use]
    pub fn rendered(rendered: Rendered, scope: Scope, inputs: Inputs<'a>) -> Subject<'a> {
        let Bundle { provided, values, files, .. } = rendered.bundle;
        Subject { tree: rendered.tree, provided, values, place: files.place, scope, inputs: Some(inputs) }
    }

    /// The objects of the tree.
    pub(super) fn bundle(&self) -> Bundle {
        let (bundle, _) = Bundle::parse(&self.tree);
        let files = self.listing(&self.tree);
        Bundle { provided: self.provided.clone(), values: self.values.clone(), files, ..bundle }
    }

    /// The names of a tree's files, with what is known about this one.
    fn listing(&self, tree: &FileTree) -> Listing {
        self.place.as_ref().map_or_else(|| Listing::of(tree), |place| Listing::all_of(tree, place))
    }

    /// A copy that may be spoilt.
    pub(super) fn copy(&self) -> Copy<'_> {
        Copy { subject: self, before: None, bundle: self.bundle() }
    }

    pub(super) fn known(&self) -> Baseline {
        let (_, mut findings) = Bundle::parse(&self.tree);
        findings.extend(self.said(&self.bundle()));
        findings.extend(self.tree.iter().filter_map(|(path, bytes)| sops::private_key(path, bytes)));
        let inputs = self.inputs.as_ref().map_or_else(Vec::new, |inputs| inputs.findings(inputs.files.clone()));
        Baseline { tree: identified(findings), inputs: identified(inputs), transition: Known::new() }
    }

    fn place(&self, at: &At<'_>) -> Place {
        Place::new(Location::file(&at.object.file), dotted(&at.object.body, &at.pointer))
    }

    /// What the rules say about a bundle.
    fn said(&self, bundle: &Bundle) -> Vec<Finding> {
        let locate = |at: &At<'_>| Place::new(Location::file(&at.object.file), dotted(&at.object.body, &at.pointer));
        policy::check(bundle, &self.scope, &locate)
    }
}

/// A tree in memory that one mutant after the other is planted into.
pub(super) struct Copy<'a> {
    /// The tree as it is, once somebody asks for it.
    before: Option<Bundle>,
    subject: &'a Subject<'a>,
    bundle: Bundle,
}

impl Copy<'_> {
    /// The rules that see a mutant.
    pub(super) fn caught_by(&mut self, stage: Stage, files: &Files, known: &Baseline) -> BTreeSet<&'static str> {
        let (findings, known) = match stage {
            Stage::Tree => (self.of_tree(files), &known.tree),
            Stage::Inputs => (self.of_inputs(files), &known.inputs),
            Stage::Transition => (self.of_transition(files), &known.transition),
        };
        identified(findings).difference(known).map(|(rule, ..)| *rule).collect()
    }

    fn of_inputs(&self, changed: &Files) -> Vec<Finding> {
        let Some(inputs) = &self.subject.inputs else { return Vec::new() };
        let is_changed = |path: &str| changed.iter().any(|(file, _)| file == path);
        let mut files = inputs.files.clone();
        files.retain(|path| !is_changed(path));
        for (path, bytes) in changed {
            // A path that the inputs had.
            let _ = bytes.as_ref().map(|bytes| files.insert(path.as_str(), bytes.as_slice()));
        }
        inputs.findings(files)
    }

    fn of_tree(&mut self, files: &Files) -> Vec<Finding> {
        let subject = self.subject;
        let (said, mut findings) = self.spoilt(files, |bundle| subject.said(bundle));
        findings.extend(said);
        findings
    }

    /// What the way from the tree to the spoilt one gives to say.
    fn of_transition(&mut self, files: &Files) -> Vec<Finding> {
        let subject = self.subject;
        let before = self.before.take().unwrap_or_else(|| subject.bundle());
        let locate = |at: &At<'_>| subject.place(at);
        let compare = |after: &Bundle| {
            let (scope, locate, gone) = (&subject.scope, &locate, &locate);
            Comparison { before: &before, after, scope, locate, gone, runbook: None }.findings()
        };
        let (said, _) = self.spoilt(files, compare);
        self.before = Some(before);
        said
    }

    /// Asks about the spoilt tree; what is wrong with the form of its files, and private keys in them, come second.
    fn spoilt<T>(&mut self, files: &Files, ask: impl FnOnce(&Bundle) -> T) -> (T, Vec<Finding>) {
        let mut changed = FileTree::new();
        for (path, bytes) in files {
            // A path that the tree had, or a new one beside it.
            let _ = bytes.as_ref().map(|bytes| changed.insert(path.as_str(), bytes.as_slice()));
        }
        let is_changed = |object: &Object| files.iter().any(|(path, _)| *path == object.file);
        let (spoilt, mut findings) = Bundle::parse(&changed);
        let objects = std::mem::take(&mut self.bundle.objects);
        let (mut taken, mut kept) = (Vec::new(), Vec::with_capacity(objects.len()));
        for (index, object) in objects.into_iter().enumerate() {
            match is_changed(&object) {
                true => taken.push((index, object)),
                false => kept.push(object),
            }
        }
        let count = kept.len();
        kept.extend(spoilt.objects);
        // A tree is read in the order of its files.
        self.bundle.objects = kept;
        let names = self.changed_names(files);
        let known = names.map(|names| std::mem::replace(&mut self.bundle.files, names));
        let answer = ask(&self.bundle);
        if let Some(known) = known {
            self.bundle.files = known;
        }
        self.bundle.objects.truncate(count);
        for (index, object) in taken {
            self.bundle.objects.insert(index, object);
        }
        findings.extend(changed.iter().filter_map(|(path, bytes)| sops::private_key(path, bytes)));
        (answer, findings)
    }

    /// The names of the files, where some come or go.
    fn changed_names(&self, files: &Files) -> Option<Listing> {
        let tree = &self.subject.tree;
        if files.iter().all(|(path, bytes)| bytes.is_some() == tree.get(path).is_some()) {
            return None;
        }
        let mut tree = tree.clone();
        tree.retain(|path| !files.iter().any(|(file, bytes)| file == path && bytes.is_none()));
        for (path, _) in files.iter().filter(|(_, bytes)| bytes.is_some()) {
            // One that is there already has its name.
            let _ = tree.insert(path.as_str(), "");
        }
        Some(self.subject.listing(&tree))
    }
}

/// What counts as seen: a note changes nobody's mind.
fn identified(findings: Vec<Finding>) -> Known {
    let counts = findings.into_iter().filter(|finding| finding.severity > Severity::Note);
    counts.map(|finding| (finding.rule, finding.location.file, finding.path, finding.message)).collect()
}
