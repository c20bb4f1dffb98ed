//! Which paths an environment could have, and what they mean.

use std::{cell::OnceCell, sync::LazyLock};

use serde_json::Value as Json;

use super::{Environment, resolve::Layered, whole_json_schema};
use crate::{
    chart::{self, Kind, Setting},
    component, path,
    schema::{VERBATIM, closest},
    secrecy::{MASK, Place, masked},
    yaml::Node,
};

static SCHEMA: LazyLock<Json> = LazyLock::new(whole_json_schema);

/// A path that names nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPath {
    /// The part of it that does name something; empty for the environment itself.
    pub known: String,
    /// The key that does not.
    pub key: String,
    /// What was meant, as a whole path.
    pub meant: Option<String>,
    /// The keys that could stand there.
    pub keys: Vec<String>,
}

/// What a path means, and what holds where it is left out, in words.
pub(super) fn meaning(environment: &Environment, layered: &Layered, keys: &[String]) -> Result<String, UnknownPath> {
    let kind = OnceCell::new();
    let mut schema: &Json = &SCHEMA;
    for (depth, key) in keys.iter().enumerate() {
        let (above, here) = (&keys[..depth], &keys[..=depth]);
        if forms(schema).any(|form| form[VERBATIM] == true) {
            return chart_value(environment, layered, keys, depth);
        }
        let is_said = || layered.roots.iter().chain([&environment.merged]).any(|root| root.at(here).is_some());
        let named = forms(schema).find_map(|form| form["properties"].get(key));
        let each =
            || forms(schema).find_map(|form| Some(&form["additionalProperties"]).filter(|each| each.is_object()));
        let item = || forms(schema).find_map(|form| form.get("items"));
        let below = named.or_else(|| each().or_else(item).filter(|_| is_said()));
        schema = match below {
            Some(_) if above == ["services"] => kind.get_or_init(|| kind_schema(environment, key)),
            Some(below) => below,
            None => {
                let names = forms(schema).filter_map(|form| form["properties"].as_object());
                let names = names.flat_map(|properties| properties.keys().cloned());
                return Err(unknown(keys, depth, names.chain(said_keys(environment, above)).collect()));
            }
        };
    }
    Ok(schema["description"].as_str().unwrap_or_default().replace('\n', " "))
}

/// A schema with its alternatives.
fn forms(schema: &Json) -> impl Iterator<Item = &Json> {
    let branches = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|key| schema[key].as_array());
    std::iter::once(schema).chain(branches.flatten())
}

fn kind_schema(environment: &Environment, instance: &str) -> Json {
    let named = environment.merged.at(&["services", instance, "kind"]).and_then(Node::as_str);
    component::find(named.unwrap_or(instance)).map(|kind| (kind.schema)()).unwrap_or_default()
}

fn said_keys(environment: &Environment, above: &[String]) -> Vec<String> {
    let entries = environment.merged.at(above).and_then(Node::as_mapping);
    entries.into_iter().flatten().map(|entry| entry.key.clone()).collect()
}

fn unknown(keys: &[String], depth: usize, mut candidates: Vec<String>) -> UnknownPath {
    candidates.sort();
    candidates.dedup();
    let known = path::below("", &keys[..depth]);
    let rest =
        |meant: &str| keys[depth + 1..].iter().fold(path::join(&known, meant), |path, key| path::join(&path, key));
    let meant = closest(&keys[depth], candidates.iter().map(String::as_str)).map(rest);
    UnknownPath { key: keys[depth].clone(), meant, keys: candidates, known }
}

/// A value of the chart: what is said about it is known, and so is what the chart's model has.
fn chart_value(
    environment: &Environment,
    layered: &Layered,
    keys: &[String],
    depth: usize,
) -> Result<String, UnknownPath> {
    let value = &keys[depth..];
    let setting = settings().find(|setting| setting.path.split('.').eq(value.iter().map(String::as_str)));
    let is_said = layered.roots.iter().chain([&environment.merged]).any(|root| root.at(keys).is_some());
    let covers = |setting: &Setting| {
        let names: Vec<&str> = setting.path.split('.').collect();
        let is_same = names.iter().zip(value).all(|(name, key)| name == key);
        let is_leaf = !matches!(setting.kind, Kind::List(_) | Kind::Map(_) | Kind::Shape(_) | Kind::Any);
        is_same && !(is_leaf && names.len() < value.len())
    };
    match setting {
        Some(setting) => Ok(format!("{} The chart's default is {}.", setting.meaning, setting.default)),
        None if is_said || settings().any(covers) => Ok(String::new()),
        None => {
            let paths = settings().map(|setting| setting.path);
            let meant =
                closest(&value.join("."), paths).map(|meant| format!("{}.{meant}", path::below("", &keys[..depth])));
            Err(UnknownPath { meant, keys: Vec::new(), ..unknown(keys, keys.len() - 1, Vec::new()) })
        }
    }
}

fn settings() -> impl Iterator<Item = &'static Setting> {
    chart::CHARTS.iter().flat_map(|chart| chart.settings)
}

/// The `value` that stands at `keys` of `root` without what should be a secret: there is no other place for one in an
/// environment than the values of a chart.
pub(super) fn without_secrets(root: &Node, keys: &[String], mut value: Json) -> Json {
    // What an item is, its neighbours tell.
    if let [services, _, values, rest @ ..] = keys
        && services == "services"
        && values == "values"
        && rest.iter().any(|key| key.parse::<usize>().is_ok())
    {
        let all = root.at(&keys[..3]).map(Node::to_json).unwrap_or_default();
        let below = |value: Json, key: &String| match value {
            Json::Array(mut items) => Some(items.get_mut(key.parse::<usize>().ok()?)?.take()),
            mut other => Some(other.get_mut(key)?.take()),
        };
        return rest.iter().try_fold(masked(&all, &Place::of_values()), below).unwrap_or_else(|| MASK.into());
    }
    hide(&mut keys.to_vec(), &mut value);
    value
}

fn hide(at: &mut Vec<String>, value: &mut Json) {
    if let [services, _, values, rest @ ..] = at.as_slice()
        && services == "services"
        && values == "values"
    {
        *value = masked(value, &rest.iter().fold(Place::of_values(), |place, key| place.key(key)));
        return;
    }
    let mut below = |key: String, value: &mut Json| {
        at.push(key);
        hide(at, value);
        at.pop();
    };
    match value {
        Json::Object(map) => map.iter_mut().for_each(|(key, value)| below(key.clone(), value)),
        Json::Array(items) => (0..).zip(items).for_each(|(index, item): (usize, _)| below(index.to_string(), item)),
        _ => {}
    }
}
