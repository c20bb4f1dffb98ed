//! A way to spoil a tree, as data: what it plants, where, and which rule is meant to see it.

use serde_json::Value as Json;

use crate::chart::Setting;

/// A way to spoil a tree.
pub struct Operator {
    /// Its name.
    pub id: &'static str,
    /// What it plants: one of each, wherever it finds a place.
    pub plants: &'static str,
    /// The rules that are meant to see it; one of them is enough.
    pub rules: &'static [&'static str],
    /// What it spoils.
    pub stage: Stage,
    pub(super) on: On,
    /// A dotted path below that; `*` is every item of a list and every entry of a map.
    pub(super) at: &'static str,
    pub(super) change: Change,
    /// Whether it can be told only where everything that belongs to a tree is in it.
    pub(super) needs_everything: bool,
    /// What must hold for the object.
    pub(super) when: fn(&Json) -> bool,
}

/// What an operator spoils.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The tree, which is judged as it stands then.
    Tree,
    /// The environment's inputs, which are compiled and judged.
    Inputs,
    /// The tree, which is held against what it was.
    Transition,
}

/// Where an operator looks for places.
#[derive(Clone, Copy)]
pub(super) enum On {
    /// Objects of a kind, with the group before it where another group has one of that name.
    Kind(&'static str),
    /// Every object of Kubernetes.
    Objects,
    /// Objects that sops sealed.
    Sealed,
    /// The specs of pods, in whatever makes them.
    Pods,
    /// The containers of pods.
    Containers,
    /// The values of releases.
    Values,
    /// A chart's settings of a kind, in groups that the values use.
    Settings(fn(&Setting) -> bool),
    /// The files of Docker Compose.
    Compose,
    /// The files that the environment is merged from.
    Layers,
    /// The environment's own file.
    Environment,
    /// The sealed files that the environment brings.
    SealedInputs,
}

/// What an operator does at a place.
#[derive(Clone, Copy)]
pub(super) enum Change {
    /// Writes this YAML. What stands above the place must be there, the place itself need not.
    Put(&'static str),
    /// Takes the place away.
    Drop,
    /// Adds this YAML to the list at the place, which need not be there.
    Push(&'static str),
    /// Makes something else of what stands there.
    Turn(fn(&Json) -> Option<Json>),
    /// Misspells every key of a fixed name, at every depth.
    Misspell,
    /// Puts something of another type into the place of every text, number and flag, at every depth.
    Confuse,
    /// Writes a line twice.
    Twice,
    /// Takes the object away, and its file where nothing else stands in it.
    Remove,
    /// Adds an object beside this one, in a file of its own. `NAME` and `NAMESPACE` are this one's.
    Beside(&'static str),
    /// Adds something made from this object beside it, in a file of its own.
    Copy(fn(&Json) -> Option<Json>),
    /// Adds an object as [`Change::Beside`], in a file that no kustomization lists.
    Unlisted(&'static str),
}

impl Operator {
    pub(super) const fn new(
        id: &'static str,
        rules: &'static [&'static str],
        plants: &'static str,
        on: On,
        at: &'static str,
        change: Change,
    ) -> Operator {
        let stage = match on {
            On::Layers | On::Environment | On::SealedInputs => Stage::Inputs,
            _ => Stage::Tree,
        };
        Operator { id, plants, rules, stage, on, at, change, needs_everything: false, when: |_| true }
    }

    /// A mistake that shows only on the way from the tree as it is to the spoilt one.
    pub(super) const fn on_the_way(
        id: &'static str,
        rules: &'static [&'static str],
        plants: &'static str,
        on: On,
        at: &'static str,
        change: Change,
    ) -> Operator {
        Operator { stage: Stage::Transition, ..Operator::new(id, rules, plants, on, at, change) }
    }

    /// The same, only where everything that belongs to a tree is in it: elsewhere nobody can tell.
    pub(super) const fn in_whole_trees(self) -> Operator {
        Operator { needs_everything: true, ..self }
    }

    /// The same, only where the object is such a one.
    pub(super) const fn when(self, when: fn(&Json) -> bool) -> Operator {
        Operator { when, ..self }
    }
}
