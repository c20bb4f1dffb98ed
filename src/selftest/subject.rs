//! The tree that is spoilt, and what the rules say about it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Inputs, Stage, plant::Files};
use crate::{
    diagnostic::{Finding, Location, Severity},
    manifest::{Bundle, Identity, Object, dotted},
    policy::{self, Place, Scope},
    sops,
    tree::FileTree,
    view::At,
};

/// A tree, and what is known about it.
pub struct Subject<'a> {
    /// Its files.
    pub tree: FileTree,
    /// See [`Bundle::provided`].
    pub provided: Option<Vec<Identity>>,
    /// See [`Bundle::values`].
    pub values: BTreeMap<String, (String, String)>,
    /// What it is for.
    pub scope: Scope,
    /// What it is made from, where gen made it.
    pub inputs: Option<Inputs<'a>>,
}

/// What findings are told apart by: places move when a file is written anew, paths do not.
pub(super) type Known = BTreeSet<(&'static str, String, String, String)>;

/// What the rules say about what nobody spoilt.
pub(super) struct Baseline {
    pub(super) tree: Known,
    pub(super) inputs: Known,
    pub(super) transition: Known,
}

impl Subject<'_> {
    /// The objects of the tree.
    pub(super) fn bundle(&self) -> Bundle {
        let (bundle, _) = Bundle::parse(&self.tree);
        Bundle { provided: self.provided.clone(), values: self.values.clone(), ..bundle }
    }

    /// A copy that may be spoilt.
    pub(super) fn copy(&self) -> Copy<'_> {
        Copy { subject: self, bundle: self.bundle() }
    }

    pub(super) fn known(&self) -> Baseline {
        let (_, mut findings) = Bundle::parse(&self.tree);
        findings.extend(self.said(&self.bundle()));
        findings.extend(self.tree.iter().filter_map(|(path, bytes)| sops::private_key(path, bytes)));
        let inputs = self.inputs.as_ref().map_or_else(Vec::new, |inputs| inputs.findings(inputs.files.clone()));
        Baseline { tree: identified(findings), inputs: identified(inputs), transition: Known::new() }
    }

    /// What the rules say about a bundle.
    fn said(&self, bundle: &Bundle) -> Vec<Finding> {
        let locate = |at: &At<'_>| Place {
            location: Location::file(&at.object.file),
            path: dotted(&at.object.body, &at.pointer),
        };
        policy::check(bundle, &self.scope, &locate)
    }
}

/// A tree in memory that one mutant after the other is planted into.
pub(super) struct Copy<'a> {
    subject: &'a Subject<'a>,
    bundle: Bundle,
}

impl Copy<'_> {
    /// The rules that see a mutant.
    pub(super) fn caught_by(&mut self, stage: Stage, files: &Files, known: &Baseline) -> BTreeSet<&'static str> {
        let (findings, known) = match stage {
            Stage::Tree => (self.of_tree(files), &known.tree),
            Stage::Inputs => (self.of_inputs(files), &known.inputs),
            Stage::Transition => (Vec::new(), &known.transition),
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
        findings.extend(self.subject.said(&self.bundle));
        self.bundle.objects.truncate(count);
        for (index, object) in taken {
            self.bundle.objects.insert(index, object);
        }
        findings.extend(changed.iter().filter_map(|(path, bytes)| sops::private_key(path, bytes)));
        findings
    }
}

/// What counts as seen: a note changes nobody's mind.
fn identified(findings: Vec<Finding>) -> Known {
    let counts = findings.into_iter().filter(|finding| finding.severity > Severity::Note);
    counts.map(|finding| (finding.rule, finding.location.file, finding.path, finding.message)).collect()
}
