//! Where the paths of a source lead in this tree: the tree may be its repository, hold it, or be a part of it.

use std::collections::BTreeMap;

use super::overlay::below;
use crate::manifest::{Listing, resolve};

/// A path in a source that somebody asks for.
pub(super) struct Wish<'t> {
    /// The source.
    pub(super) source: Source,
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
    /// Whether two roots are folders of the tree neither of which lies in the other.
    fn is_beside(&self, other: &Root) -> bool {
        let (Root::Prefix(one), Root::Prefix(other)) = (self, other) else { return false };
        let is_in = |inner: &str, outer: &str| {
            outer.is_empty() || inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
        };
        !is_in(one, other) && !is_in(other, one)
    }

    fn folder(&self, path: &str) -> Option<String> {
        match self {
            Root::Prefix(prefix) if path.is_empty() => Some(prefix.clone()),
            Root::Prefix(prefix) => Some(below(prefix, path)),
            Root::Strip(place) if path == place => Some(String::new()),
            Root::Strip(place) => path.strip_prefix(place.as_str())?.strip_prefix('/').map(str::to_owned),
        }
    }
}

/// A source: its kind, namespace and name.
pub(super) type Source = (String, String, String);

/// Where each wish leads: a folder of the tree, which may be missing, or nowhere that is known. `url` tells where a source that
/// stands in the tree fetches from.
pub(super) fn folders(
    wishes: &[Option<Wish<'_>>],
    listing: &Listing,
    url: &dyn Fn(&Source) -> Option<String>,
) -> Vec<Option<String>> {
    let mut of_source: BTreeMap<&Source, Vec<&Wish<'_>>> = BTreeMap::new();
    for wish in wishes.iter().flatten() {
        of_source.entry(&wish.source).or_default().push(wish);
    }
    let mut roots: BTreeMap<&Source, (Root, usize)> =
        of_source.into_iter().filter_map(|(source, wishes)| Some((source, root(&wishes, listing)?))).collect();
    // Folders of other repositories are found by chance. The one with most paths here is this one, and others that lie here have a
    // folder of their own, beside its.
    let own =
        roots.iter().max_by_key(|(_, (_, votes))| *votes).map(|(source, (root, _))| ((*source).clone(), root.clone()));
    if let Some((source, own)) = own {
        let own_url = url(&source);
        roots.retain(|other, (root, _)| {
            let is_same = **other == source
                || url(other).is_none_or(|url| own_url.as_ref().is_some_and(|own| is_same(own, &url)));
            (*root == own && is_same) || root.is_beside(&own)
        });
    }
    let folder = |wish: &Option<Wish<'_>>| {
        let wish = wish.as_ref()?;
        roots.get(&wish.source)?.0.folder(&wish.path)
    };
    wishes.iter().map(folder).collect()
}

/// Whether two addresses are those of one repository: schemes and users differ.
fn is_same(one: &str, other: &str) -> bool {
    let plain = |url: &str| {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
        rest.replace(':', "/").trim_end_matches('/').trim_end_matches(".git").to_ascii_lowercase()
    };
    plain(one) == plain(other)
}

/// The root that makes sense of most paths of a source.
fn root(wishes: &[&Wish<'_>], listing: &Listing) -> Option<(Root, usize)> {
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
        return votes.get(&known).copied().map(|votes| (known, votes));
    }
    // The shortest among equals: they are sorted, and a longer one is below a shorter one.
    let best = |is_wanted: fn(&Root) -> bool| {
        let wanted = votes.iter().filter(|(root, _)| is_wanted(root));
        wanted.fold(None, |best: Option<(&Root, usize)>, (root, votes)| match best {
            Some((_, most)) if most >= *votes => best,
            _ => Some((root, *votes)),
        })
    };
    let most = |(root, votes): (&Root, usize)| (votes * 2 >= count).then(|| (root.clone(), votes));
    let prefix = best(|root| matches!(root, Root::Prefix(_))).and_then(most);
    // A tail of a path is found by chance: all of several must be there.
    let strip = || best(|root| matches!(root, Root::Strip(_))).filter(|(_, votes)| *votes > 1 && *votes == count);
    prefix.or_else(|| strip().map(|(root, votes)| (root.clone(), votes)))
}

/// A path as a source knows it; nothing where a substitution is part of it.
pub(super) fn plain(path: &str) -> Option<String> {
    let is_known = !path.contains("${") && !path.contains("{{");
    is_known.then(|| resolve("", path)).flatten().map(|path| path.trim_start_matches('/').to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Source, Wish, folders, is_same};
    use crate::{manifest::Listing, tree::FileTree};

    fn listing(files: &[&str]) -> Listing {
        let mut tree = FileTree::new();
        files.iter().for_each(|file| tree.insert(*file, "").unwrap());
        Listing::of(&tree)
    }

    fn found(files: &[&str], wishes: &[(&str, &str)], urls: &[(&str, &str)]) -> Vec<Option<String>> {
        let wish = |source: &str, path: &str| {
            let source = ("GitRepository".to_owned(), String::new(), source.to_owned());
            Some(Wish { source, path: path.to_owned(), file: "clusters/staging/all.yaml" })
        };
        let wishes: Vec<Option<Wish<'_>>> = wishes.iter().map(|(source, path)| wish(source, path)).collect();
        let url = |source: &Source| urls.iter().find(|(name, _)| *name == source.2).map(|(_, url)| (*url).to_owned());
        folders(&wishes, &listing(files), &url)
    }

    fn some(path: &str) -> Option<String> {
        Some(path.to_owned())
    }

    #[test]
    fn a_tree_is_a_repository_or_a_part_of_one() {
        let files = ["clusters/staging/all.yaml", "apps/a.yaml", "infra/b.yaml"];
        let asked = [("own", "apps"), ("own", "infra"), ("own", "gone")];
        assert_eq!(found(&files, &asked, &[]), [some("apps"), some("infra"), some("gone")]);
        let below = [("own", "gitops/apps"), ("own", "gitops/infra")];
        assert_eq!(found(&files, &below, &[]), [some("apps"), some("infra")]);
        // One tail alone is chance, and so are some of many.
        assert_eq!(found(&files, &below[..1], &[]), [None]);
        let other = [("own", "x/one"), ("own", "x/apps"), ("own", "x/infra")];
        assert_eq!(found(&files, &other, &[]), [None, None, None]);
    }

    #[test]
    fn a_folder_of_another_repository_is_not_found_by_chance() {
        let files =
            ["clusters/staging/all.yaml", "clusters/deploy/x.yaml", "apps/a.yaml", "infra/b.yaml", "deploy/c.yaml"];
        let asked = [("own", "apps"), ("own", "infra"), ("other", "deploy")];
        let urls = [("own", "ssh://git@git.example.com/own.git"), ("other", "https://git.example.com/other")];
        assert_eq!(found(&files, &asked, &urls), [some("apps"), some("infra"), None]);
        assert_eq!(found(&files[..4], &asked, &[]), [some("apps"), some("infra"), None]);
        assert!(is_same("ssh://git@git.example.com/own.git", "git@git.example.com:own"));
    }
}
