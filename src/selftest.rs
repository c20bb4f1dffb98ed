//! A test of the rules on somebody's own tree: one mistake at a time is planted into a copy of it in memory, and the rules are
//! asked whether they see it. Nothing is written anywhere.

mod catalogue;
mod document;
mod input;
mod operator;
mod plant;
mod sample;
mod subject;

use std::collections::{BTreeMap, BTreeSet};

use rayon::{iter::ParallelIterator, slice::ParallelSlice};

pub use catalogue::operators;
pub use input::Inputs;
pub use operator::{Operator, Stage};
pub use plant::Mutant;
pub use subject::Subject;

use self::plant::Ground;

/// What became of a mutant.
pub struct Verdict {
    /// The mutant.
    pub mutant: Mutant,
    /// The rules that would have caught it, with a warning or an error.
    pub caught_by: BTreeSet<&'static str>,
}

impl Verdict {
    /// Whether no rule sees it.
    #[must_use]
    pub fn lives(&self) -> bool {
        self.caught_by.is_empty()
    }

    /// Whether a rule sees it that is meant to.
    #[must_use]
    pub fn is_as_intended(&self) -> bool {
        self.mutant.operator.rules.iter().any(|rule| self.caught_by.contains(rule))
    }
}

/// A tree that mistakes are planted into.
pub struct SelfTest<'a> {
    subject: Subject<'a>,
    ground: Ground,
}

impl<'a> SelfTest<'a> {
    /// The test of a tree.
    #[must_use]
    pub fn new(subject: Subject<'a>) -> SelfTest<'a> {
        let ground = Ground::of(&subject, &subject.bundle());
        SelfTest { subject, ground }
    }

    /// Every mutant that the operators find a place for, in the order of the operators and of the files.
    #[must_use]
    pub fn mutants(&self) -> Vec<Mutant> {
        operators().flat_map(|operator| self.ground.places(operator)).collect()
    }

    /// Holds mutants against the rules. What the rules say about the tree as it is counts for nothing.
    #[must_use]
    pub fn run(&self, mutants: Vec<Mutant>) -> Vec<Verdict> {
        let known = self.subject.known();
        let size = mutants.len().div_ceil(rayon::current_num_threads().max(1)).max(1);
        let judge = |part: &[Mutant]| -> Vec<BTreeSet<&'static str>> {
            let mut copy = self.subject.copy();
            let files = |mutant: &Mutant| self.ground.files(mutant).unwrap_or_default();
            part.iter().map(|mutant| copy.caught_by(mutant.operator.stage, &files(mutant), &known)).collect()
        };
        let caught: Vec<Vec<BTreeSet<&'static str>>> = mutants.par_chunks(size).map(judge).collect();
        let caught = caught.into_iter().flatten();
        mutants.into_iter().zip(caught).map(|(mutant, caught_by)| Verdict { mutant, caught_by }).collect()
    }

    /// How much the rules say about the tree as it is, a warning or worse: what they say already hides mutants.
    #[must_use]
    pub fn unclean(&self) -> usize {
        self.subject.known().tree.len()
    }
}

/// So many of them as `seed` chooses: one of every operator first, then another one of each, until there are `count`.
#[must_use]
pub fn chosen(mutants: Vec<Mutant>, seed: u64, count: usize) -> Vec<Mutant> {
    let mut by_operator: BTreeMap<&str, Vec<Mutant>> = BTreeMap::new();
    for mutant in mutants {
        by_operator.entry(mutant.operator.id).or_default().push(mutant);
    }
    let mut left: Vec<Vec<Mutant>> = by_operator.into_values().collect();
    let mut random = sample::Random::new(seed);
    left.iter_mut().for_each(|mutants| random.shuffle(mutants));
    random.shuffle(&mut left);
    let mut chosen = Vec::new();
    while chosen.len() < count && left.iter().any(|mutants| !mutants.is_empty()) {
        for mutants in &mut left {
            chosen.extend(mutants.pop().filter(|_| chosen.len() < count));
        }
    }
    chosen.sort_by(|a, b| (a.operator.id, &a.file, &a.path).cmp(&(b.operator.id, &b.file, &b.path)));
    chosen
}
