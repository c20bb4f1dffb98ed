//! Planting: where an operator finds places, and the files with the mistake in them.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{
    Operator, Subject,
    document::{children, places as places_of, pod_spec, read, replaced, value_at, walk},
    operator::{Change, On},
};
use crate::{
    chart::Chart,
    manifest::{Bundle, at, dotted},
    sops::is_sealed_name,
    view::View,
    yaml::emit,
};

/// A mistake at a place.
pub struct Mutant {
    /// What it is.
    pub operator: &'static Operator,
    /// The file.
    pub file: String,
    /// The path in it; empty for what concerns the whole object.
    pub path: String,
    /// The document among those of the ground.
    document: usize,
    pointer: Vec<String>,
}

/// Files that are changed, `None` for one that is gone.
pub(super) type Files = Vec<(String, Option<Vec<u8>>)>;

/// The documents that mistakes are planted into.
pub(super) struct Ground {
    documents: Vec<Document>,
    /// Values of charts: the document, the keys that lead to them, the chart.
    values: Vec<(usize, Vec<String>, &'static Chart)>,
    /// The first of the documents that are inputs.
    inputs: usize,
    /// Whether everything that belongs to the tree is in it.
    is_complete: bool,
}

struct Document {
    file: String,
    body: Json,
}

/// A part of a document, below which an operator's path starts.
struct Root {
    document: usize,
    pointer: Vec<String>,
    path: String,
    makes_maps: bool,
}

/// Keys below which the names are anybody's.
const FREE: &[&str] = &[
    "labels",
    "annotations",
    "matchLabels",
    "selector",
    "nodeSelector",
    "data",
    "stringData",
    "binaryData",
    "hard",
    "capacity",
    "sops",
    "commonLabels",
    "commonAnnotations",
    "clients",
    "recipients",
    "services",
    "quota",
    "depends_on",
    "volumes",
    "networks",
];

impl Ground {
    pub(super) fn of(subject: &Subject<'_>, bundle: &Bundle) -> Ground {
        let mut documents: Vec<Document> = bundle
            .objects
            .iter()
            .map(|object| Document { file: object.file.clone(), body: object.body.clone() })
            .collect();
        let view = View::of(bundle);
        let layers = view.releases.iter().flat_map(|release| release.layers.iter().map(move |layer| (release, layer)));
        let index = |layer: &crate::view::Layer<'_>| {
            bundle.objects.iter().position(|object| std::ptr::eq(object, layer.object))
        };
        let values = layers.filter_map(|(release, layer)| Some((index(layer)?, layer.prefix.clone(), release.chart)));
        let values: BTreeSet<(usize, Vec<String>, ByName)> =
            values.map(|(at, prefix, chart)| (at, prefix, ByName(chart))).collect();
        let inputs = documents.len();
        let named = |path: &str| path.rsplit('/').next().map(str::to_owned);
        let used: BTreeSet<String> = documents.iter().filter_map(|document| named(&document.file)).collect();
        let is_used = |path: &str| named(path).is_some_and(|name| used.contains(&name));
        if let Some(given) = &subject.inputs {
            let sealed = given.files.iter().map(|(path, _)| path).filter(|path| is_sealed_name(path) && is_used(path));
            let files = sealed.chain(given.layers.iter().map(String::as_str));
            let texts = files.filter_map(|file| Some((file, given.files.get(file)?)));
            let document = |(file, bytes): (&str, &[u8])| Document {
                file: file.to_owned(),
                body: read(&String::from_utf8_lossy(bytes)),
            };
            documents.extend(texts.map(document));
        }
        let values = values.into_iter().map(|(at, prefix, chart)| (at, prefix, chart.0)).collect();
        Ground { documents, values, inputs, is_complete: bundle.provided.is_some() }
    }

    /// The places of an operator.
    pub(super) fn places(&self, operator: &'static Operator) -> Vec<Mutant> {
        let mut found: Vec<Mutant> = Vec::new();
        if operator.needs_everything && !self.is_complete {
            return found;
        }
        for root in self.roots(operator) {
            let document = &self.documents[root.document];
            let Some(value) = value_at(&document.body, &root.pointer).filter(operator.when) else { continue };
            let path = if root.makes_maps { root.path.as_str() } else { operator.at };
            let below = pointers(&value, path, operator, root.makes_maps);
            found.extend(below.into_iter().map(|below| {
                let pointer = [root.pointer.clone(), below].concat();
                let path = dotted(&document.body, &pointer);
                Mutant { operator, file: document.file.clone(), path, document: root.document, pointer }
            }));
        }
        found.retain(|mutant| self.files(mutant).is_some());
        found
    }

    fn roots(&self, operator: &Operator) -> Vec<Root> {
        let tree = 0..self.inputs;
        let whole = |document| Root { document, pointer: Vec::new(), path: String::new(), makes_maps: false };
        let such = |is: &dyn Fn(&Json) -> bool| -> Vec<Root> {
            tree.clone().filter(|index| is(&self.documents[*index].body)).map(whole).collect()
        };
        match operator.on {
            On::Kind(kind) => such(&|body| is_of_kind(body, kind)),
            On::Objects => such(&|body| body.get("kind").is_some() && body.get("sops").is_none()),
            On::Sealed => such(&|body| body.get("sops").is_some()),
            On::Compose => such(&|body| body.get("services").is_some() && body.get("kind").is_none()),
            On::Pods => such(&|body| pod_spec(body).is_some()).into_iter().map(|root| self.pod(root)).collect(),
            On::Containers => {
                let pods = such(&|body| pod_spec(body).is_some()).into_iter().map(|root| self.pod(root));
                pods.flat_map(|pod| self.containers(&pod)).collect()
            }
            On::Values => self
                .values
                .iter()
                .map(|(document, prefix, _)| Root { pointer: prefix.clone(), ..whole(*document) })
                .collect(),
            On::Settings(is_one) => self.values.iter().flat_map(|values| self.settings(values, is_one)).collect(),
            On::Layers => self.layers().map(whole).collect(),
            On::Environment => self.layers().last().map(whole).into_iter().collect(),
            On::SealedInputs => {
                (self.inputs..self.documents.len()).filter(|index| self.is_sealed(*index)).map(whole).collect()
            }
        }
    }

    fn layers(&self) -> impl Iterator<Item = usize> {
        (self.inputs..self.documents.len()).filter(|index| !self.is_sealed(*index))
    }

    fn is_sealed(&self, document: usize) -> bool {
        self.documents[document].body.get("sops").is_some()
    }

    fn pod(&self, root: Root) -> Root {
        let keys = pod_spec(&self.documents[root.document].body).unwrap_or_default();
        Root { pointer: keys.iter().map(|key| (*key).to_owned()).collect(), ..root }
    }

    fn containers(&self, pod: &Root) -> Vec<Root> {
        let spec = value_at(&self.documents[pod.document].body, &pod.pointer).unwrap_or_default();
        let lists = ["containers", "initContainers"].into_iter();
        let each = lists.flat_map(|list| {
            let count = spec.get(list).map_or(0, |items| children(items).len());
            (0..count).map(move |index| vec![list.to_owned(), index.to_string()])
        });
        let root = |below: Vec<String>| Root {
            document: pod.document,
            pointer: [pod.pointer.clone(), below].concat(),
            path: String::new(),
            makes_maps: false,
        };
        each.map(root).collect()
    }

    /// The settings of groups that some values use: others have no effect here.
    fn settings(
        &self,
        (document, prefix, chart): &(usize, Vec<String>, &'static Chart),
        is_one: fn(&crate::chart::Setting) -> bool,
    ) -> Vec<Root> {
        let values = value_at(&self.documents[*document].body, prefix).unwrap_or_default();
        let is_used = |path: &str| path.split('.').next().is_some_and(|group| values.get(group).is_some());
        let wanted = chart.settings.iter().filter(|setting| is_one(setting) && is_used(setting.path));
        let root = |setting: &crate::chart::Setting| Root {
            document: *document,
            pointer: prefix.clone(),
            path: setting.path.to_owned(),
            makes_maps: true,
        };
        wanted.map(root).collect()
    }

    /// The files with the mistake in them, `None` for one that is gone; nothing where it would change nothing.
    pub(super) fn files(&self, mutant: &Mutant) -> Option<Files> {
        let Mutant { operator, document, pointer, .. } = mutant;
        let body = &self.documents[*document].body;
        let changed = |act: &dyn Fn(Option<&Json>) -> Option<Json>| {
            let changed = replaced(body, pointer, act);
            (changed != *body).then(|| vec![self.written(*document, Some(&changed))])
        };
        match operator.change {
            Change::Put(yaml) => {
                let value = read(yaml);
                changed(&|_| Some(value.clone()))
            }
            Change::Drop => changed(&|_| None),
            Change::Push(yaml) => changed(&|old| {
                let mut items = old.and_then(Json::as_array).cloned().unwrap_or_default();
                items.push(read(yaml));
                Some(Json::Array(items))
            }),
            Change::Turn(turn) => {
                let new = turn(&value_at(body, pointer)?)?;
                changed(&|_| Some(new.clone()))
            }
            Change::Misspell => {
                let (key, above) = pointer.split_last()?;
                let map = value_at(body, above)?;
                let wrong = misspelt(key);
                let value = map.get(key)?.clone();
                if map.get(&wrong).is_some() {
                    return None;
                }
                let renamed = |_: Option<&Json>| {
                    let mut map = map.as_object().cloned()?;
                    map.shift_remove(key);
                    map.insert(wrong.clone(), value.clone());
                    Some(Json::Object(map))
                };
                let changed = replaced(body, above, &renamed);
                Some(vec![self.written(*document, Some(&changed))])
            }
            Change::Confuse => changed(&|old| Some(confused(old?))),
            Change::Twice => {
                let (file, text) = self.written(*document, None);
                let text = String::from_utf8(text?).ok()?;
                let key = pointer.last()?;
                let line = format!("{}{key}: ", "  ".repeat(pointer.len() - 1));
                let (before, after) = text.split_at(text.find(&format!("\n{line}"))? + 1);
                let (twice, rest) = after.split_once('\n')?;
                Some(vec![(file, Some(format!("{before}{twice}\n{twice}\n{rest}").into_bytes()))])
            }
            Change::Remove => Some(self.removed(*document)),
            Change::Beside(yaml) => Some(self.beside(*document, &named(yaml, body), true)),
            Change::Unlisted(yaml) => Some(self.beside(*document, &named(yaml, body), false)),
            Change::Copy(make) => Some(self.beside(*document, &emit(&make(body)?), true)),
        }
    }

    /// A file with one of its documents changed.
    fn written(&self, document: usize, changed: Option<&Json>) -> (String, Option<Vec<u8>>) {
        let file = &self.documents[document].file;
        let together = (0..self.documents.len())
            .filter(|index| self.documents[*index].file == *file && (*index < self.inputs) == (document < self.inputs));
        let texts: Vec<String> = together
            .map(|index| emit(changed.filter(|_| index == document).unwrap_or(&self.documents[index].body)))
            .collect();
        (file.clone(), Some(format!("---\n{}", texts.join("---\n")).into_bytes()))
    }

    fn removed(&self, document: usize) -> Files {
        let file = &self.documents[document].file;
        let rest: Vec<String> = (0..self.inputs)
            .filter(|index| self.documents[*index].file == *file && *index != document)
            .map(|index| emit(&self.documents[index].body))
            .collect();
        if !rest.is_empty() {
            return vec![(file.clone(), Some(rest.join("---\n").into_bytes()))];
        }
        let mut files = vec![(file.clone(), None)];
        files.extend(self.listing(document, &|names, own| names.retain(|name| name.as_str() != Some(own))));
        files
    }

    fn beside(&self, document: usize, text: &str, is_listed: bool) -> Files {
        const NAME: &str = "mutant.yaml";
        let file = &self.documents[document].file;
        let folder = file.rfind('/').map_or("", |slash| &file[..=slash]);
        let mut files = vec![(format!("{folder}{NAME}"), Some(text.as_bytes().to_vec()))];
        if is_listed {
            files.extend(self.listing(document, &|names, _| names.push(Json::from(NAME))));
        }
        files
    }

    /// The kustomization of a document's folder with another list of resources.
    fn listing(&self, document: usize, change: &dyn Fn(&mut Vec<Json>, &str)) -> Option<(String, Option<Vec<u8>>)> {
        let file = &self.documents[document].file;
        let (folder, own) = file.rsplit_once('/').map_or(("", file.as_str()), |(folder, own)| (folder, own));
        let path =
            if folder.is_empty() { "kustomization.yaml".to_owned() } else { format!("{folder}/kustomization.yaml") };
        let index = (0..self.inputs).find(|index| self.documents[*index].file == path)?;
        let mut names = self.documents[index].body.get("resources")?.as_array()?.clone();
        change(&mut names, own);
        let resources = vec!["resources".to_owned()];
        let body = replaced(&self.documents[index].body, &resources, &|_| Some(Json::Array(names.clone())));
        Some(self.written(index, Some(&body)))
    }
}

/// The pointers below a root where an operator does something.
fn pointers(value: &Json, path: &str, operator: &Operator, makes_maps: bool) -> Vec<Vec<String>> {
    let skips = |key: &str| FREE.contains(&key);
    match operator.change {
        Change::Misspell => {
            let mut found = Vec::new();
            walk(value, &skips, &mut |pointer, _| {
                let is_key = pointer.last().is_some_and(|key| key.parse::<usize>().is_err());
                found.extend(is_key.then(|| pointer.to_vec()));
            });
            found
        }
        Change::Confuse => {
            let mut found = Vec::new();
            let skips = |key: &str| key == "sops" || key == "values";
            walk(value, &skips, &mut |pointer, value| {
                let is_plain = !value.is_null() && !value.is_object() && !value.is_array();
                found.extend(is_plain.then(|| pointer.to_vec()));
            });
            found
        }
        Change::Put(_) | Change::Push(_) => {
            let (above, last) = path.rsplit_once('.').unwrap_or(("", path));
            if makes_maps {
                return vec![path.split('.').map(str::to_owned).collect()];
            }
            let above = places_of(value, above);
            match last {
                "*" => places_of(value, path),
                _ => above
                    .into_iter()
                    .filter(|above| value_at(value, above).is_some_and(|value| value.is_object()))
                    .map(|above| [above, vec![last.to_owned()]].concat())
                    .collect(),
            }
        }
        _ => places_of(value, path),
    }
}

/// Whether an object is of a kind, with or without its group.
fn is_of_kind(body: &Json, wanted: &str) -> bool {
    let kind = at(body, &["kind"]).and_then(Json::as_str).unwrap_or_default();
    let version = at(body, &["apiVersion"]).and_then(Json::as_str).unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    match wanted.rsplit_once('/') {
        Some((of, name)) => kind == name && group == of,
        None => kind == wanted,
    }
}

/// A key with a letter written twice.
fn misspelt(key: &str) -> String {
    let length = key.chars().count();
    let doubled = |(index, letter): (usize, char)| std::iter::repeat_n(letter, if index + 2 == length { 2 } else { 1 });
    match length {
        0 | 1 => format!("{key}{key}"),
        _ => key.chars().enumerate().flat_map(doubled).collect(),
    }
}

/// Something of another type: where a text, a number or a flag belongs, no list does.
fn confused(value: &Json) -> Json {
    Json::Array(vec![value.clone()])
}

fn named(yaml: &str, body: &Json) -> String {
    let text = |keys: &[&str]| at(body, keys).and_then(Json::as_str).unwrap_or("default").to_owned();
    yaml.replace("NAMESPACE", &text(&["metadata", "namespace"])).replace("NAME", &text(&["metadata", "name"]))
}

/// A chart that is told from others by its address.
struct ByName(&'static Chart);

impl ByName {
    fn key(&self) -> (&'static str, &'static str) {
        (self.0.name, self.0.version)
    }
}

impl PartialEq for ByName {
    fn eq(&self, other: &ByName) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ByName {}

impl PartialOrd for ByName {
    fn partial_cmp(&self, other: &ByName) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByName {
    fn cmp(&self, other: &ByName) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}
