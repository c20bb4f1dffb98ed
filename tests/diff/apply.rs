//! The other way round: changes put on top of what was there.

use gitops_gen::{
    diff::{Change, Step, changes},
    manifest::{Bundle, Object, Provenance},
    yaml::{Dialect, FileId, Source, parse},
};
use serde_json::{Map, Value as Json};

/// One document in a bundle, in the file `file`.
pub(crate) fn bundle(file: &str, body: &Json) -> Bundle {
    let object = Object { file: file.to_owned(), body: body.clone(), provenance: Provenance::Rendered };
    Bundle { objects: vec![object], ..Bundle::default() }
}

/// The changes between two documents in one file.
pub(crate) fn between(before: &Json, after: &Json) -> Vec<Change> {
    changes(&bundle("file.yaml", before), &bundle("file.yaml", after))
}

/// How the changes between two documents are shown, one line each.
pub(crate) fn shown(before: &Json, after: &Json) -> Vec<String> {
    between(before, after).iter().map(line).collect()
}

pub(crate) fn line(change: &Change) -> String {
    let order = if matches!(change.pointer.last(), Some(Step::Order)) { " (order)" } else { "" };
    match (&change.shown.before, &change.shown.after) {
        (Some(before), Some(after)) => format!("~ {}{order}: {before} -> {after}", change.shown.path),
        (None, Some(after)) => format!("+ {}: {after}", change.shown.path),
        (Some(before), None) => format!("- {}: {before}", change.shown.path),
        (None, None) => panic!("a change from nothing to nothing at {}", change.shown.path),
    }
}

/// The document `before` with `changes` applied; `None` where they take it away.
pub(crate) fn apply(before: Option<&Json>, changes: &[Change]) -> Option<Json> {
    let changes: Vec<Pending> = changes.iter().map(|change| (change.pointer.as_slice(), change)).collect();
    at(before.cloned(), &changes)
}

/// The steps that are left, and the change at their end.
type Pending<'a> = (&'a [Step], &'a Change);

fn at(value: Option<Json>, changes: &[Pending<'_>]) -> Option<Json> {
    if changes.is_empty() {
        return value;
    }
    if let Some((_, change)) = changes.iter().find(|(steps, _)| steps.is_empty()) {
        assert_eq!(changes.len(), 1, "more than one change of {}", change.shown.path);
        assert!(value == change.before, "{} was something else before", change.shown.path);
        return change.after.clone();
    }
    Some(match value.unwrap() {
        Json::Object(map) => Json::Object(in_map(map, changes)),
        Json::Array(list) => Json::Array(in_list(list, changes)),
        Json::String(text) => return at(Some(embedded(&text).unwrap()), changes),
        scalar => panic!("a step into {scalar}"),
    })
}

/// Changes by their first step, in the order in which these come.
fn groups<'a>(changes: &[Pending<'a>]) -> Vec<(&'a Step, Vec<Pending<'a>>)> {
    let mut groups: Vec<(&Step, Vec<Pending>)> = Vec::new();
    for (steps, change) in changes {
        let (first, rest) = steps.split_first().unwrap();
        match groups.iter_mut().find(|(step, _)| *step == first) {
            Some((_, group)) => group.push((rest, change)),
            None => groups.push((first, vec![(rest, change)])),
        }
    }
    groups
}

fn in_map(mut map: Map<String, Json>, changes: &[Pending<'_>]) -> Map<String, Json> {
    for (step, below) in groups(changes) {
        let Step::Key(key) = step else { panic!("a map has keys only") };
        match at(map.shift_remove(key), &below) {
            Some(value) => drop(map.insert(key.clone(), value)),
            None => assert!(!map.contains_key(key)),
        }
    }
    map
}

fn in_list(mut list: Vec<Json>, changes: &[Pending<'_>]) -> Vec<Json> {
    let groups = groups(changes);
    if groups.iter().all(|(step, _)| matches!(step, Step::Item(..))) {
        return by_index(list, &groups);
    }
    for (step, below) in groups {
        match step {
            Step::Named(key, name, _) => {
                let place = list.iter().position(|item| item[*key] == *name);
                match (place, at(place.map(|place| list[place].clone()), &below)) {
                    (Some(place), Some(value)) => list[place] = value,
                    (Some(place), None) => drop(list.remove(place)),
                    (None, Some(value)) => list.push(value),
                    (None, None) => panic!("{name} was never there"),
                }
            }
            Step::Order => {
                let [(_, change)] = below.as_slice() else { panic!("one order of a list") };
                let key = ["name", "containerPort", "mountPath", "devicePath", "ip", "key", "topologyKey", "recipient"]
                    .into_iter()
                    .find(|key| {
                        list.iter().all(|item| change.after.as_ref().unwrap().as_array().unwrap().contains(&item[*key]))
                    })
                    .unwrap();
                let names = change.after.as_ref().unwrap().as_array().unwrap();
                let find = |name: &Json| list.iter().find(|item| item[key] == *name).unwrap().clone();
                list = names.iter().map(find).collect();
            }
            Step::Key(_) | Step::Item(..) => panic!("items by name and by index in one list"),
        }
    }
    list
}

fn by_index(list: Vec<Json>, groups: &[(&Step, Vec<Pending<'_>>)]) -> Vec<Json> {
    let mut kept: Vec<Option<Json>> = list.into_iter().map(Some).collect();
    let mut placed: Vec<(usize, Json)> = Vec::new();
    for (step, below) in groups {
        let Step::Item(before, after) = step else { panic!("items by index only") };
        let old = before.map(|index| kept[index].take().unwrap());
        match (at(old, below), after) {
            (Some(value), Some(index)) => placed.push((*index, value)),
            (None, None) => {}
            _ => panic!("an item whose index says something else than its change"),
        }
    }
    placed.sort_by_key(|(index, _)| *index);
    let mut rest = kept.into_iter().flatten();
    let mut placed = placed.into_iter().peekable();
    let mut list = Vec::new();
    loop {
        let next = match placed.next_if(|(index, _)| *index == list.len()) {
            Some((_, value)) => Some(value),
            None => rest.next().or_else(|| placed.next().map(|(_, value)| value)),
        };
        match next {
            Some(value) => list.push(value),
            None => return list,
        }
    }
}

/// The document in a text of several lines, as `gen diff` sees one.
pub(crate) fn embedded(text: &str) -> Option<Json> {
    if !text.trim_end().contains('\n') && !text.trim_start().starts_with('{') {
        return None;
    }
    let documents = parse(Source { id: FileId(0), name: "", bytes: text.as_bytes() }, Dialect::Manifest).ok()?;
    let [document] = documents.as_slice() else { return None };
    let value = document.to_json();
    (value.is_object() || value.as_array().is_some_and(|items| items.iter().all(Json::is_object))).then_some(value)
}
