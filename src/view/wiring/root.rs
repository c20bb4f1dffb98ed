//! Where the paths of a source lead in this tree: the tree may be its repository, hold it, or be a part of it.

use std::collections::BTreeMap;

use super::overlay::below;
use crate::manifest::{Listing, resolve};

/// A path in a source that somebody asks for.
pub(super) struct Wish<'t> {
    /// The source.
    pub(super) source: (String, String, String),
    /// The path in it, without `.` and slashes around it.
    pub(super) path: String,
    /// The file that asks.
    pub(super) file: &'t str,
}

/// How the paths of a source become paths of the tree.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Root {
    /// The source's top is this folder of the tree.
    Prefix(String),
    /// The tree's top is this folder of the source.
    Strip(String),
}

impl Root {
    fn folder(&self, path: &str) -> Option<String> {
        match self {
            Root::Prefix(prefix) if path.is_empty() => Some(prefix.clone()),
            Root::Prefix(prefix) => Some(below(prefix, path)),
            Root::Strip(place) if path == place => Some(String::new()),
            Root::Strip(place) => path.strip_prefix(place.as_str())?.strip_prefix('/').map(str::to_owned),
        }
    }
}

/// Where each wish leads: a folder of the tree, which may be missing, or nowhere that is known.
pub(super) fn folders(wishes: &[Option<Wish<'_>>], listing: &Listing) -> Vec<Option<String>> {
    let mut of_source: BTreeMap<&(String, String, String), Vec<&Wish<'_>>> = BTreeMap::new();
    for wish in wishes.iter().flatten() {
        of_source.entry(&wish.source).or_default().push(wish);
    }
    let roots: BTreeMap<_, _> =
        of_source.into_iter().map(|(source, wishes)| (source, root(&wishes, listing))).collect();
    let folder = |wish: &Option<Wish<'_>>| {
        let wish = wish.as_ref()?;
        roots.get(&wish.source)?.as_ref()?.folder(&wish.path)
    };
    wishes.iter().map(folder).collect()
}

/// The root that makes sense of most paths of a source.
fn root(wishes: &[&Wish<'_>], listing: &Listing) -> Option<Root> {
    let mut votes: BTreeMap<Root, usize> = BTreeMap::new();
    let mut count = 0;
    for Wish { path, file, .. } in wishes {
        if path.is_empty() {
            continue;
        }
        count += 1;
        let above = std::iter::once("").chain(file.match_indices('/').map(|(end, _)| &file[..end]));
        let prefixes = above.map(|above| Root::Prefix(above.to_owned()));
        let strips = path.match_indices('/').map(|(end, _)| Root::Strip(path[..end].to_owned()));
        let is_there = |root: &Root| root.folder(path).is_some_and(|folder| listing.has_folder(&folder));
        for root in prefixes.chain(strips).filter(is_there) {
            *votes.entry(root).or_default() += 1;
        }
    }
    if let Some(place) = listing.place.as_deref().filter(|place| !place.is_empty()) {
        let known = Root::Strip(place.to_owned());
        return votes.contains_key(&known).then_some(known);
    }
    // The shortest among equals: they are sorted, and a longer one is below a shorter one.
    let best = |is_wanted: fn(&Root) -> bool| {
        let wanted = votes.iter().filter(|(root, _)| is_wanted(root));
        wanted.fold(None, |best: Option<(&Root, usize)>, (root, votes)| match best {
            Some((_, most)) if most >= *votes => best,
            _ => Some((root, *votes)),
        })
    };
    let most = |(root, votes): (&Root, usize)| (votes * 2 >= count).then(|| root.clone());
    let prefix = best(|root| matches!(root, Root::Prefix(_))).and_then(most);
    // A tail of a path is found by chance: all of several must be there.
    let strip = || best(|root| matches!(root, Root::Strip(_))).filter(|(_, votes)| *votes > 1 && *votes == count);
    prefix.or_else(|| strip().map(|(root, _)| root.clone()))
}

/// A path as a source knows it; nothing where a substitution is part of it.
pub(super) fn plain(path: &str) -> Option<String> {
    let is_known = !path.contains("${") && !path.contains("{{");
    is_known.then(|| resolve("", path)).flatten().map(|path| path.trim_start_matches('/').to_owned())
}
