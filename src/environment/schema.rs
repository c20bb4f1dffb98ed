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
    scalar::ServiceName,
    schema::{SHORT_FORM, Shape, json_schema_of},
};

/// The JSON Schema of one environment file for editors: it describes a layer, so nothing is required and `null` is allowed.
#[must_use]
pub fn json_schema() -> Json {
    let mut schema = whole_json_schema();
    for_layers(&mut schema);
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "An environment file of gen".into();
    schema["description"] = "One layer of an environment: environments/<name>.yaml.".into();
    schema
}

/// The JSON Schema of an environment whose layers are merged and whose short forms are written out: what
/// docs/environment.md is made from.
#[must_use]
pub fn whole_json_schema() -> Json {
    let mut schema = closed_environment();
    let kinds: Vec<Json> = component::KINDS.iter().map(|kind| (kind.schema)()).collect();
    schema["properties"]["services"]["additionalProperties"] = match kinds.as_slice() {
        [only] => only.clone(),
        several => json!({ "anyOf": several }),
    };
    schema
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
