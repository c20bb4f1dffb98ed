//! A chart's rows as a tree, built once per process.

use std::{collections::BTreeMap, sync::OnceLock};

use serde_json::Value as Json;

use super::{Chart, Set, Setting};

/// Where a chart keeps the tree of its rows.
#[derive(Debug)]
pub struct Index(OnceLock<Tree>);

impl Index {
    /// One that is not built yet.
    #[must_use]
    pub const fn new() -> Self {
        Index(OnceLock::new())
    }
}

impl Default for Index {
    fn default() -> Self {
        Index::new()
    }
}

#[derive(Debug)]
pub(super) struct Tree {
    pub(super) root: Node,
    paths: OnceLock<Paths>,
    /// What the chart takes where nothing is set.
    pub(super) defaults: OnceLock<Json>,
}

/// Every path by its last key, each with its place among all: what a wrong path is compared with.
pub(super) type Paths = BTreeMap<&'static str, Vec<(usize, Vec<&'static str>)>>;

/// A key of the values.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) key: &'static str,
    /// Its row and the row's place among all.
    pub(super) row: Option<(usize, &'static Setting)>,
    /// The keys below it, sorted.
    pub(super) children: Vec<Node>,
}

impl Chart {
    pub(super) fn tree(&self) -> &Tree {
        self.index.0.get_or_init(|| Tree::of(self.settings))
    }

    /// The node of a path.
    pub(super) fn node(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(&self.tree().root, |node, key| node.child(key))
    }
}

impl Tree {
    fn of(settings: &'static [Setting]) -> Self {
        let mut root = Node::default();
        for (place, setting) in settings.iter().enumerate() {
            let mut node = &mut root;
            for key in setting.path.split('.') {
                let at = match node.children.binary_search_by(|child| child.key.cmp(key)) {
                    Ok(at) => at,
                    Err(at) => {
                        node.children.insert(at, Node { key, ..Node::default() });
                        at
                    }
                };
                node = &mut node.children[at];
            }
            node.row = Some((place, setting));
        }
        Tree { root, paths: OnceLock::new(), defaults: OnceLock::new() }
    }

    /// Every path, groups included: a group stands where its first row does.
    pub(super) fn paths(&self) -> &Paths {
        self.paths.get_or_init(|| {
            let mut found = Paths::new();
            self.root.collect(&mut Vec::new(), &mut found);
            found
        })
    }
}

impl Node {
    pub(super) fn child(&self, key: &str) -> Option<&Node> {
        let at = self.children.binary_search_by(|child| child.key.cmp(key)).ok()?;
        Some(&self.children[at])
    }

    pub(super) fn is_group(&self) -> bool {
        !self.children.is_empty()
    }

    /// The names of its keys, in the order of the rows.
    pub(super) fn keys(&self) -> Vec<&'static str> {
        self.in_order().iter().map(|node| node.key).collect()
    }

    /// What is below, in the order of the rows.
    pub(super) fn in_order(&self) -> Vec<&Node> {
        let mut children: Vec<&Node> = self.children.iter().collect();
        children.sort_by_key(|child| child.first_row());
        children
    }

    fn first_row(&self) -> usize {
        let own = self.row.map_or(usize::MAX, |(place, _)| place);
        self.children.iter().map(Node::first_row).fold(own, usize::min)
    }

    fn collect(&self, keys: &mut Vec<&'static str>, into: &mut Paths) {
        for child in &self.children {
            keys.push(child.key);
            into.entry(child.key).or_default().push((child.first_row(), keys.clone()));
            child.collect(keys, into);
            keys.pop();
        }
    }

    /// Adds what `values` set at this node and below.
    pub(super) fn set<'v>(&self, values: &'v Json, into: &mut Vec<(usize, Set<'v>)>) {
        if let Some((place, setting)) = self.row {
            into.push((place, Set { setting, value: values }));
        }
        if self.is_group()
            && let Json::Object(map) = values
        {
            for (key, value) in map {
                if let Some(child) = self.child(key) {
                    child.set(value, into);
                }
            }
        }
    }
}
