//! Documents that are spoilt: finding the places in them, and writing them anew.

use serde_json::{Map, Value as Json};

use crate::{
    manifest::at,
    yaml::{Dialect, FileId, Source, emit, parse},
};

/// What a YAML text says; nothing where it is broken.
pub(super) fn read(text: &str) -> Json {
    let source = Source { id: FileId(0), name: "", bytes: text.as_bytes() };
    let documents = parse(source, Dialect::Manifest).unwrap_or_default();
    documents.first().map_or(Json::Null, |node| node.to_json())
}

/// The places of a dotted path with `*` in it, as far as they are there.
pub(super) fn places(value: &Json, path: &str) -> Vec<Vec<String>> {
    let mut found = vec![(Vec::new(), value)];
    for step in path.split('.').filter(|step| !step.is_empty()) {
        found = found
            .into_iter()
            .flat_map(|(pointer, value)| {
                let wanted = children(value).into_iter().filter(|(key, _)| step == "*" || key == step);
                wanted.map(|(key, child)| ([pointer.clone(), vec![key]].concat(), child)).collect::<Vec<_>>()
            })
            .collect();
    }
    found.into_iter().map(|(pointer, _)| pointer).collect()
}

/// What stands in a map or a list, by key or index.
pub(super) fn children(value: &Json) -> Vec<(String, &Json)> {
    match value {
        Json::Object(map) => map.iter().map(|(key, child)| (key.clone(), child)).collect(),
        Json::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        _ => Vec::new(),
    }
}

/// What stands at a pointer, also where a text on the way holds YAML.
pub(super) fn value_at(value: &Json, pointer: &[String]) -> Option<Json> {
    let Some((key, rest)) = pointer.split_first() else { return Some(value.clone()) };
    match value {
        Json::String(text) => value_at(&read(text), pointer),
        Json::Array(items) => value_at(items.get(key.parse::<usize>().ok()?)?, rest),
        _ => value_at(value.get(key)?, rest),
    }
}

/// The value with something else at a pointer: what `act` makes of what stands there. Maps on the way are made.
pub(super) fn replaced(value: &Json, pointer: &[String], act: &dyn Fn(Option<&Json>) -> Option<Json>) -> Json {
    let Some((key, rest)) = pointer.split_first() else { return act(Some(value)).unwrap_or(Json::Null) };
    let made = |child: Option<&Json>| match (rest.is_empty(), child) {
        (true, child) => act(child),
        (false, child) => Some(replaced(child.unwrap_or(&Json::Object(Map::new())), rest, act)),
    };
    match value {
        Json::String(text) => Json::String(emit(&replaced(&read(text), pointer, act))),
        Json::Array(items) => {
            let index = key.parse::<usize>().unwrap_or(items.len());
            let mut items = items.clone();
            match (made(items.get(index)), index < items.len()) {
                (Some(child), true) => items[index] = child,
                (Some(child), false) => items.push(child),
                (None, true) => drop(items.remove(index)),
                (None, false) => {}
            }
            Json::Array(items)
        }
        _ => {
            let mut map = value.as_object().cloned().unwrap_or_default();
            match made(map.get(key)) {
                Some(child) => drop(map.insert(key.clone(), child)),
                None => drop(map.shift_remove(key)),
            }
            Json::Object(map)
        }
    }
}

/// The places of every map key (with the maps that it stands in) and of every plain value, at every depth. What stands below a
/// key that `skips` is left out.
pub(super) fn walk(value: &Json, skips: &dyn Fn(&str) -> bool, visit: &mut dyn FnMut(&[String], &Json)) {
    fn down(
        value: &Json,
        pointer: &mut Vec<String>,
        skips: &dyn Fn(&str) -> bool,
        visit: &mut dyn FnMut(&[String], &Json),
    ) {
        for (key, child) in children(value) {
            let is_skipped = value.is_object() && skips(&key);
            pointer.push(key);
            visit(pointer, child);
            if !is_skipped {
                down(child, pointer, skips, visit);
            }
            pointer.pop();
        }
    }
    down(value, &mut Vec::new(), skips, visit);
}

/// The keys that lead to the spec of the pods that an object makes.
pub(super) fn pod_spec(body: &Json) -> Option<&'static [&'static str]> {
    let keys: &'static [&'static str] = match at(body, &["kind"])?.as_str()? {
        "Pod" => &["spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => &["spec", "template", "spec"],
        _ => return None,
    };
    at(body, keys).is_some().then_some(keys)
}
