//! The documents of a tree, as linting and diffing see them.

use std::collections::BTreeMap;

use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use serde_json::Value as Json;

use super::Listing;
use crate::{
    diagnostic::{Finding, Location, printable},
    path,
    tree::FileTree,
    yaml::{Dialect, FileId, Mark, Node, Remark, Source, parse, remarks},
};

/// The word that starts a comment about what may be passed over.
pub const IGNORE: &str = "gen:ignore";

/// One YAML document of a tree: a Kubernetes object, a kustomization, a chart's values. It may hold what should be sealed,
/// hence no `Debug`.
pub struct Object {
    /// The file that it stands in, relative to the tree's root.
    pub file: String,
    /// What it says.
    pub body: Json,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// Where an object comes from.
pub enum Provenance {
    /// gen made it; the [`Origins`](super::Origins) of its file say from what.
    Rendered,
    /// Somebody wrote it.
    Written(Written),
}

/// An object as somebody wrote it.
pub struct Written {
    /// The file that it was written into, for people.
    pub file: String,
    /// The document with its places.
    pub node: Node,
    /// YAML documents in texts of the document, such as the values in a ConfigMap, each with the keys that lead to its text.
    pub embedded: Vec<(Vec<String>, Node)>,
    /// The environment path that lists the file, where one does.
    pub origin: Option<String>,
}

/// A comment in a file that somebody wrote, which says what to pass over in it.
pub struct Comment {
    /// The file, for people.
    pub file: String,
    /// The environment path that lists the file, where one does.
    pub origin: Option<String>,
    /// What it says, about which lines.
    pub remark: Remark,
}

/// The objects of a tree.
#[derive(Default)]
pub struct Bundle {
    /// The objects, in the order of their files.
    pub objects: Vec<Object>,
    /// For a tree of gen's own: what its objects refer to and somebody else brings. Whatever else they refer to should be
    /// among them. `None` where nobody knows what else there is.
    pub provided: Option<Vec<Identity>>,
    /// The files that hold the values of a chart, with its name and version, as far as that is known for certain.
    pub values: BTreeMap<String, (String, String)>,
    /// Which files there are, of whatever kind.
    pub files: Listing,
    /// The comments about what to pass over, in the order of their files.
    pub comments: Vec<Comment>,
}

/// The name of an object in a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty for what has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Identity {
    /// The object of that kind, namespace and name.
    #[must_use]
    pub fn new(kind: &str, namespace: &str, name: &str) -> Identity {
        Identity { kind: kind.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

/// What `key` of a map leads to. Objects have few keys, among which looking is faster than hashing.
#[must_use]
pub fn field<'a>(body: &'a Json, key: &str) -> Option<(&'a str, &'a Json)> {
    const FEW: usize = 12;
    let map = body.as_object()?;
    let entry = match map.len() <= FEW {
        true => map.iter().find(|(name, _)| *name == key)?,
        false => map.get_key_value(key)?,
    };
    Some((entry.0, entry.1))
}

/// The value at the end of `keys`.
#[must_use]
pub fn at<'a>(body: &'a Json, keys: &[&str]) -> Option<&'a Json> {
    keys.iter().try_fold(body, |value, key| field(value, key).map(|(_, value)| value))
}

/// The text at the end of `keys`.
#[must_use]
pub fn text<'a>(body: &'a Json, keys: &[&str]) -> Option<&'a str> {
    at(body, keys)?.as_str()
}

impl Object {
    /// A document that somebody wrote into `written` (for people) and that stands in `file` of the tree; `text` is the whole
    /// file.
    #[must_use]
    pub fn written(file: &str, written: &str, node: Node, text: &str, origin: Option<&str>) -> Object {
        let body = node.to_json();
        let embedded = embedded(&node, text);
        let written = Written { file: written.to_owned(), node, embedded, origin: origin.map(str::to_owned) };
        Object { file: file.to_owned(), body, provenance: Provenance::Written(written) }
    }

    /// Its `kind`; empty for what is no Kubernetes object.
    #[must_use]
    pub fn kind(&self) -> &str {
        text(&self.body, &["kind"]).unwrap_or_default()
    }

    /// The group of its `apiVersion`; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        text(&self.body, &["apiVersion"]).and_then(|version| version.split_once('/')).map_or("", |(group, _)| group)
    }

    /// Its name; empty where it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        text(&self.body, &["metadata", "name"]).unwrap_or_default()
    }

    /// Its namespace, where it names one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        text(&self.body, &["metadata", "namespace"])
    }

    /// The folder that its file stands in, with a slash at its end; empty at the top.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.file.rfind('/').map_or("", |slash| &self.file[..=slash])
    }

    /// The object and what in it something is about, as people and programs know it again when lines move and lists grow: kind,
    /// namespace and name, then the keys of `pointer`, items of a list by their names, or `path` where there is no pointer.
    #[must_use]
    pub fn subject(&self, pointer: Option<&[String]>, path: &str) -> String {
        let named = [self.kind(), self.namespace().unwrap_or_default(), self.name()];
        let named = named.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        let inside = pointer.map_or_else(|| path.to_owned(), |pointer| by_names(&self.body, pointer));
        printable([named, inside].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
    }

    /// The document in the text at `keys`, where there is one.
    #[must_use]
    pub fn embedded(&self, keys: &[&str]) -> Option<Json> {
        match &self.provenance {
            Provenance::Written(written) => {
                written.embedded.iter().find(|(at, _)| at == keys).map(|(_, node)| node.to_json())
            }
            Provenance::Rendered => None,
        }
    }
}

impl Written {
    /// The place of `pointer`, or of the nearest thing above it that is there; with `on_key` that of its key.
    #[must_use]
    pub fn location(&self, pointer: &[String], on_key: bool) -> Location {
        let inside = self.embedded.iter().find(|(at, _)| pointer.len() > at.len() && pointer.starts_with(at));
        let (node, pointer) = match inside {
            Some((at, node)) => (node, &pointer[at.len()..]),
            None => (&self.node, pointer),
        };
        let key = pointer.split_last().filter(|_| on_key);
        let key = key.and_then(|(last, above)| Some(node.at(above)?.entry(last)?.key_mark));
        let nearest = || (0..=pointer.len()).rev().find_map(|length| node.place(&pointer[..length]));
        key.or_else(nearest).unwrap_or(node.mark).location(&self.file)
    }
}

/// The dotted path of a pointer into `body`.
#[must_use]
pub fn dotted(body: &Json, pointer: &[String]) -> String {
    let mut at = Some(body);
    pointer.iter().fold(String::new(), |path, key| {
        let index = at.filter(|value| value.is_array()).and_then(|_| key.parse::<usize>().ok());
        at = match index {
            Some(index) => at.and_then(|value| value.get(index)),
            None => at.and_then(|value| value.get(key)),
        };
        index.map_or_else(|| path::join(&path, key), |index| path::item(&path, index))
    })
}

/// The path of a pointer into `body`, items of a list by their names where they have some: `spec.containers["web"].image`.
fn by_names(body: &Json, pointer: &[String]) -> String {
    let mut at = Some(body);
    pointer.iter().fold(String::new(), |path, key| {
        let above = at;
        at = above.and_then(|value| match value {
            Json::Array(items) => items.get(key.parse::<usize>().ok()?),
            _ => value.get(key),
        });
        let index = above.filter(|value| value.is_array()).and_then(|_| key.parse().ok());
        match (index, at.and_then(|item| text(item, &["name"]))) {
            (Some(_), Some(name)) => format!("{path}[{name:?}]"),
            (Some(index), None) => path::item(&path, index),
            (None, _) => path::join(&path, key),
        }
    })
}

/// Whether a file of this name is one of YAML or JSON.
#[must_use]
pub fn may_hold_objects(path: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending))
}

impl Bundle {
    /// The documents of the YAML and JSON files of `tree`, and what is wrong with those that are neither.
    #[must_use]
    pub fn parse(tree: &FileTree) -> (Bundle, Vec<Finding>) {
        let files: Vec<(&str, &[u8])> = tree.iter().filter(|(path, _)| may_hold_objects(path)).collect();
        let read = |(path, bytes): &(&str, &[u8])| {
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            let documents = parse(Source { id: FileId(0), name: path, bytes }, Dialect::Manifest)?;
            let comments = comments(path, None, bytes, &documents);
            let documents = documents.into_iter().filter(|node| !node.is_null());
            Ok((documents.map(|node| Object::written(path, path, node, text, None)).collect(), comments))
        };
        type Read = Result<(Vec<Object>, Vec<Comment>), Vec<Finding>>;
        let read: Vec<Read> = files.par_iter().map(read).collect();
        let mut bundle = Bundle { files: Listing::of(tree), ..Bundle::default() };
        let mut findings = Vec::new();
        for file in read {
            match file {
                Ok((objects, comments)) => {
                    bundle.objects.extend(objects);
                    bundle.comments.extend(comments);
                }
                Err(mistakes) => findings.extend(mistakes),
            }
        }
        (bundle, findings)
    }
}

/// The comments of a file about what to pass over. `documents` is what stands in it, `file` its name for people.
#[must_use]
pub fn comments(file: &str, origin: Option<&str>, bytes: &[u8], documents: &[Node]) -> Vec<Comment> {
    let found = remarks(Source { id: FileId(0), name: file, bytes }, documents, IGNORE);
    let comment = |remark| Comment { file: file.to_owned(), origin: origin.map(str::to_owned), remark };
    found.into_iter().map(comment).collect()
}

/// The documents in the texts of an object, with places in the file that it stands in.
fn embedded(node: &Node, text: &str) -> Vec<(Vec<String>, Node)> {
    let document = |(keys, node): (Vec<String>, &Node)| {
        let content = node.as_str()?;
        let placed = literal(node.mark, text);
        let is_placed = placed.is_some();
        let bytes = placed.unwrap_or_else(|| content.to_owned());
        let source = Source { id: FileId(0), name: "", bytes: bytes.as_bytes() };
        let mut document = parse(source, Dialect::Manifest).ok()?.into_iter().next()?;
        if !is_placed {
            put(&mut document, node.mark);
        }
        Some((keys, document))
    };
    texts(node).into_iter().filter_map(document).collect()
}

/// The texts of an object that are YAML: those of a ConfigMap's YAML files, and Helm's values in an Application of Argo CD.
fn texts(object: &Node) -> Vec<(Vec<String>, &Node)> {
    let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<String>>();
    match object.get("kind").and_then(Node::as_str) {
        Some("ConfigMap") => {
            let entries = object.get("data").and_then(Node::as_mapping).into_iter().flatten();
            let yaml = entries.filter(|entry| entry.key.ends_with(".yaml") || entry.key.ends_with(".yml"));
            yaml.map(|entry| (keys(&["data", &entry.key]), &entry.node)).collect()
        }
        Some("Application") => {
            let sources = object.at(&["spec", "sources"]).and_then(Node::as_sequence).map_or(0, <[Node]>::len);
            let several = (0..sources).map(|index| keys(&["spec", "sources", &index.to_string(), "helm", "values"]));
            let all = several.chain([keys(&["spec", "source", "helm", "values"])]);
            all.filter_map(|keys| object.at(&keys).map(|node| (keys, node))).collect()
        }
        _ => Vec::new(),
    }
}

/// The lines of a literal block scalar with nothing but line ends before them: a parser finds every value at its own line and
/// column.
fn literal(mark: Mark, text: &str) -> Option<String> {
    let (head, body) = mark.slice(text)?.split_once('\n')?;
    head.starts_with('|').then(|| format!("{}{body}", "\n".repeat(mark.line as usize)))
}

/// Gives every place of a document to the text that it was read from.
fn put(node: &mut Node, mark: Mark) {
    use crate::yaml::Value;
    node.mark = mark;
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(|item| put(item, mark)),
        Value::Mapping(entries) => entries.iter_mut().for_each(|entry| {
            entry.key_mark = mark;
            put(&mut entry.node, mark);
        }),
        _ => {}
    }
}
