//! Which files a tree has, as far as somebody looked.

use std::{collections::BTreeSet, ops::Bound};

use crate::tree::FileTree;

/// The paths of a tree's files, of whatever kind, without a slash at the end. A path that nobody looked for is neither there
/// nor missing.
#[derive(Default)]
pub struct Listing {
    names: BTreeSet<String>,
    covered: Vec<String>,
    /// Where the tree's top stands in its repository, where that is known.
    pub place: Option<String>,
}

impl Listing {
    /// The files of a tree that was read.
    #[must_use]
    pub fn of(tree: &FileTree) -> Listing {
        Listing { names: tree.names().map(str::to_owned).collect(), covered: tree.covered().to_vec(), place: None }
    }

    /// The files of a tree that stands at `place` of its repository and has no others.
    #[must_use]
    pub fn all_of(tree: &FileTree, place: &str) -> Listing {
        let place = resolve("", place).unwrap_or_default();
        Listing { covered: vec![String::new()], place: Some(place), ..Listing::of(tree) }
    }

    /// Whether a file stands at `path`, or something that may be one: what lies behind a link is not known.
    #[must_use]
    pub fn has_file(&self, path: &str) -> bool {
        self.names.contains(path) || self.is_behind_link(path)
    }

    /// Whether there is a folder at `path`, the empty path being the tree itself.
    #[must_use]
    pub fn has_folder(&self, path: &str) -> bool {
        path.is_empty() || self.below(path).next().is_some() || self.names.contains(path) || self.is_behind_link(path)
    }

    /// Whether nothing stands at `path` for certain: somebody looked there. Names that start with a dot were not looked for.
    #[must_use]
    pub fn lacks(&self, path: &str) -> bool {
        let is_hidden = path.split('/').any(|part| part.starts_with('.'));
        let is_below = |folder: &String| {
            folder.is_empty() && !path.starts_with('/')
                || path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        !is_hidden && self.covered.iter().any(is_below) && !self.has_file(path) && !self.has_folder(path)
    }

    /// The files below a folder, those in its folders too.
    pub fn below<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a str> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let from = self.names.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        from.map(String::as_str).take_while(move |path| path.starts_with(&prefix))
    }

    fn is_behind_link(&self, path: &str) -> bool {
        path.match_indices('/').any(|(end, _)| self.names.contains(&path[..end]))
    }
}

/// The path that `relative` leads to from the folder `folder`, without `.` and `..` where they can be worked out; nothing where
/// it leads above the place that is known.
#[must_use]
pub fn resolve(folder: &str, relative: &str) -> Option<String> {
    let is_absolute = folder.starts_with('/');
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." => return None,
            part => parts.push(part),
        }
    }
    Some(format!("{}{}", if is_absolute { "/" } else { "" }, parts.join("/")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Listing, resolve};
    use crate::tree::FileTree;

    #[test]
    fn paths_are_worked_out() {
        assert_eq!(resolve("a/b/", "../c/./d/").as_deref(), Some("a/c/d"));
        assert_eq!(resolve("a", "..").as_deref(), Some(""));
        assert_eq!(resolve("a", "../.."), None);
        assert_eq!(resolve("/tmp/a", "../b").as_deref(), Some("/tmp/b"));
        assert_eq!(resolve("", "./gitops/staging").as_deref(), Some("gitops/staging"));
    }

    #[test]
    fn only_what_was_looked_for_is_missing() {
        let mut tree = FileTree::new();
        tree.insert("apps/a.yaml", "").unwrap();
        tree.insert("apps/link", "").unwrap();
        assert!(!Listing::of(&tree).lacks("apps/b.yaml"));
        let files = Listing::all_of(&tree, "./gitops/staging");
        assert_eq!(files.place.as_deref(), Some("gitops/staging"));
        assert!(files.lacks("apps/b.yaml") && files.lacks("other"));
        assert!(!files.lacks("apps/a.yaml") && !files.lacks("apps") && !files.lacks("apps/.hidden"));
        assert!(!files.lacks("apps/link/below"));
        assert!(files.has_folder("apps") && files.has_folder("") && !files.has_folder("app"));
    }
}
