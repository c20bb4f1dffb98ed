//! The schema of an environment file: the spec structs, with the kinds of service, the charts and the images that gen
//! knows put in their places.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use serde_json::{Map, Value as Json, json};

use super::spec::{EnvironmentSpec, HeaderSpec, ProjectSpec};
use crate::{
    chart,
    component::{self, Kind},
    policy::{LOCKED_ALWAYS, RULES, Rule},
    scalar::ServiceName,
    schema::{SHORT_FORM, Shape, json_schema_of},
};

/// The JSON Schema of one environment file for editors: it describes a layer, so nothing is required and `null` is allowed.
/// It goes down to the values of the charts, which the check of a layer leaves to the rules.
#[must_use]
pub fn json_schema() -> Json {
    let mut definitions = Map::new();
    let mut schema = closed_environment();
    for_layers(&mut schema);
    schema["properties"]["services"]["additionalProperties"] = any_kind(|kind| {
        let mut spec = (kind.schema)();
        for_layers(&mut spec);
        if let Some(values) = spec["properties"].get_mut("values").and_then(Json::as_object_mut) {
            values.extend(values_of(kind.chart, &mut definitions));
        }
        spec
    });
    let ignored = &mut schema["properties"]["policy"]["properties"]["ignore"]["items"]["properties"]["rule"];
    name_rules(ignored, &|rule| !LOCKED_ALWAYS.contains(&rule.id));
    schema["$schema"] = DRAFT.into();
    schema["title"] = "An environment file of gen".into();
    schema["description"] = "One layer of an environment: environments/<name>.yaml.".into();
    schema["$defs"] = definitions.into();
    schema
}

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Lists the rules that may stand at a place, each with what it finds: editors offer them and show that.
fn name_rules(schema: &mut Json, may_stand: &dyn Fn(&Rule) -> bool) {
    let rules: Vec<&Rule> = RULES.iter().filter(|rule| may_stand(rule)).collect();
    schema["enum"] = rules.iter().map(|rule| rule.id).collect();
    schema["enumDescriptions"] = rules.iter().map(|rule| rule.summary).collect();
}

/// The text of [`json_schema`] as it is committed: what fits on a line stands on one.
#[must_use]
pub fn json_schema_text() -> String {
    text_of(&json_schema())
}

/// The JSON Schema of gen.yaml for editors, as it is committed.
#[must_use]
pub fn project_json_schema_text() -> String {
    let mut schema = project_json_schema();
    name_rules(&mut schema["properties"]["policy"]["properties"]["locked"]["items"], &|_| true);
    schema["$schema"] = DRAFT.into();
    schema["title"] = "gen.yaml".into();
    text_of(&schema)
}

fn text_of(schema: &Json) -> String {
    let mut text = String::new();
    write(schema, 0, 0, &mut text);
    text.push('\n');
    text
}

/// Writes JSON at an indentation, `taken` columns of the line being used already.
fn write(value: &Json, indent: usize, taken: usize, text: &mut String) {
    let short = value.to_string();
    if taken + short.len() <= LINE || !(value.is_object() || value.is_array()) {
        return text.push_str(&short);
    }
    let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
    let keyed = value.as_object().into_iter().flatten().map(|(key, below)| (Some(key), below));
    let items = value.as_array().into_iter().flatten().map(|below| (None, below));
    text.push(open);
    for (place, (key, below)) in keyed.chain(items).enumerate() {
        let key = key.map(|key| format!("{}: ", Json::from(key.as_str()))).unwrap_or_default();
        text.push_str(if place == 0 { "\n" } else { ",\n" });
        text.push_str(&" ".repeat(indent + 2));
        text.push_str(&key);
        write(below, indent + 2, indent + 2 + key.len(), text);
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    text.push(close);
}

/// The longest line of the committed schema, as far as there is a choice.
const LINE: usize = 160;

/// The JSON Schema of an environment whose layers are merged and whose short forms are written out: what
/// docs/environment.md is made from.
#[must_use]
pub fn whole_json_schema() -> Json {
    let mut schema = closed_environment();
    schema["properties"]["services"]["additionalProperties"] = any_kind(|kind| (kind.schema)());
    schema
}

fn any_kind(spec: impl FnMut(&Kind) -> Json) -> Json {
    let mut kinds: Vec<Json> = component::KINDS.iter().map(spec).collect();
    if kinds.len() == 1 { kinds.remove(0) } else { json!({ "anyOf": kinds }) }
}

/// What refers to the values of a chart, in whichever of the known versions; they and what they refer to go into
/// `definitions`.
fn values_of(chart: &str, definitions: &mut Map<String, Json>) -> Map<String, Json> {
    let known: Vec<Json> = chart::CHARTS
        .iter()
        .filter(|known| known.name == chart)
        .map(|known| {
            let mut schema = known.json_schema();
            if let Json::Object(shared) = schema["$defs"].take() {
                definitions.extend(shared);
            }
            if let Some(schema) = schema.as_object_mut() {
                schema.remove("$defs");
            }
            let name = format!("{}-{}", known.name, known.version);
            let reference = json!({ "$ref": format!("#/$defs/{name}") });
            definitions.insert(name, schema);
            reference
        })
        .collect();
    match known.as_slice() {
        [Json::Object(only)] => only.clone(),
        _ => Map::from_iter([("anyOf".to_owned(), known.into())]),
    }
}

/// The JSON Schema of `gen.yaml`.
#[must_use]
pub fn project_json_schema() -> Json {
    json_schema_of::<ProjectSpec>()
}

/// The shape of an environment with these services.
pub(super) fn shape(services: &BTreeMap<String, &'static Kind>) -> Shape {
    static BASE: OnceLock<Shape> = OnceLock::new();
    let base = BASE.get_or_init(|| Shape::compile(&closed_environment()));
    let services = services.iter().fold(Shape::any_map(ServiceName::FORMAT), |shape, (instance, kind)| {
        shape.with_property(instance, kind_shape(kind))
    });
    base.clone().with_property("services", Arc::new(services))
}

/// The shape of `gen.yaml`.
pub(super) fn project_shape() -> Shape {
    Shape::compile(&project_json_schema())
}

fn kind_shape(kind: &Kind) -> Arc<Shape> {
    static KINDS: OnceLock<BTreeMap<&'static str, Arc<Shape>>> = OnceLock::new();
    let shapes = KINDS.get_or_init(|| {
        component::KINDS.iter().map(|kind| (kind.name, Arc::new(Shape::compile(&(kind.schema)())))).collect()
    });
    shapes.get(kind.name).cloned().unwrap_or_default()
}

/// The environment's schema with the layer's header and with closed lists of charts and images.
fn closed_environment() -> Json {
    let mut schema = json_schema_of::<EnvironmentSpec>();
    let header = json_schema_of::<HeaderSpec>();
    if let (Some(properties), Some(header)) = (schema["properties"].as_object_mut(), header["properties"].as_object()) {
        properties.extend(header.clone());
    }
    close(&mut schema["properties"]["charts"], &chart::names());
    close(&mut schema["properties"]["images"], &chart::image_roles());
    schema
}

/// Turns a map with any keys into one with exactly these.
fn close(schema: &mut Json, keys: &[&str]) {
    let each = schema["additionalProperties"].take();
    let properties: Map<String, Json> = keys.iter().map(|key| ((*key).to_owned(), each.clone())).collect();
    schema["properties"] = properties.into();
    schema["additionalProperties"] = false.into();
}

/// Rewrites a schema of a whole environment to one of a layer, short forms included.
fn for_layers(schema: &mut Json) {
    match schema {
        Json::Object(map) => {
            map.remove("required");
            // The names of Rust's types, which an editor would show.
            if map.get("title").is_some_and(Json::is_string) {
                map.remove("title");
            }
            map.values_mut().for_each(for_layers);
            match map.get_mut("type") {
                Some(Json::String(name)) if name != "null" => {
                    let types = json!([name, "null"]);
                    map.insert("type".to_owned(), types);
                }
                Some(Json::Array(types)) if !types.contains(&json!("null")) => types.push(json!("null")),
                _ => {}
            }
            if let Some(Json::Array(values)) = map.get_mut("enum") {
                values.push(Json::Null);
            }
            if let Some(Json::Array(branches)) = map.get_mut("oneOf") {
                branches.push(json!({ "type": "null" }));
            }
            if let Some(key) = map.get(SHORT_FORM).and_then(Json::as_str) {
                let short = map.get("properties").and_then(|properties| properties.get(key)).cloned();
                let long = Json::Object(std::mem::take(map));
                let description = long.get("description").cloned();
                map.insert("anyOf".to_owned(), json!([short, long]));
                map.extend(description.map(|text| ("description".to_owned(), text)));
            }
        }
        Json::Array(items) => items.iter_mut().for_each(for_layers),
        _ => {}
    }
}
