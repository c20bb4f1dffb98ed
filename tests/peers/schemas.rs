//! Schemas for `kubeconform -strict` without the network: from the API server's own description (swagger.json, Kubernetes
//! 1.33) and from Flux's CRDs, both of which `just peers` takes out of the published Go modules.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// Writes the schema of each `(apiVersion, kind)` that `peers` knows into `directory` and gives kubeconform's template for
/// the place. Of an unknown kind there is no schema, which kubeconform reports.
pub(crate) fn write(peers: &Path, kinds: &BTreeSet<(String, String)>, directory: &Path) -> String {
    let swagger = fs::read_to_string(peers.join("schemas/swagger.json")).unwrap();
    let mut swagger: Value = serde_json::from_str(&swagger).unwrap();
    let definitions = swagger["definitions"].as_object_mut().unwrap();
    // What `kustomize build` prints of a sealed file still carries the seal.
    definitions["io.k8s.api.core.v1.Secret"]["properties"]["sops"] = json!({"type": "object"});
    definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"] = json!({"type": ["string", "number"]});
    definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"] = json!({"type": ["string", "integer"]});
    definitions.values_mut().for_each(close);
    let resources = resource_definitions(peers);
    for (api_version, kind) in kinds {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let schema = standalone(definitions, group, version, kind)
            .or_else(|| resources.iter().find_map(|definition| custom(definition, group, version, kind)));
        if let Some(schema) = schema {
            // kubeconform takes the version for the group where there is none.
            let group = if group.is_empty() { version } else { group };
            let name = format!("{}-{group}-{version}.json", kind.to_lowercase());
            fs::write(directory.join(name), schema.to_string()).unwrap();
        }
    }
    format!("{}/{{{{.ResourceKind}}}}-{{{{.Group}}}}-{{{{.ResourceAPIVersion}}}}.json", directory.display())
}

/// The definition of a built-in kind with all it refers to.
fn standalone(definitions: &Map<String, Value>, group: &str, version: &str, kind: &str) -> Option<Value> {
    let wanted = json!({"group": group, "version": version, "kind": kind});
    let (root, _) = definitions.iter().find(|(_, definition)| {
        definition["x-kubernetes-group-version-kind"].as_array().is_some_and(|kinds| kinds.contains(&wanted))
    })?;
    let mut used = Map::new();
    let mut open = vec![root.clone()];
    while let Some(name) = open.pop() {
        if !used.contains_key(&name) {
            references(&definitions[&name], &mut open);
            used.insert(name.clone(), definitions[&name].clone());
        }
    }
    Some(json!({"$ref": format!("#/definitions/{root}"), "definitions": used}))
}

fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(name) = map.get("$ref").and_then(Value::as_str) {
                found.push(name.trim_start_matches("#/definitions/").to_owned());
            }
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

fn custom(definition: &Value, group: &str, version: &str, kind: &str) -> Option<Value> {
    let spec = &definition["spec"];
    if spec["group"] != group || spec["names"]["kind"] != kind {
        return None;
    }
    let versions = spec["versions"].as_array()?;
    let mut schema =
        versions.iter().find(|candidate| candidate["name"] == version)?["schema"]["openAPIV3Schema"].clone();
    close(&mut schema);
    Some(schema)
}

fn resource_definitions(peers: &Path) -> Vec<Value> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(peers.join("crds")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap()).collect()
}

/// Forbids keys that an object's schema does not name, as the API server does under `fieldValidation=Strict`.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(close);
            let open =
                map.contains_key("additionalProperties") || map.contains_key("x-kubernetes-preserve-unknown-fields");
            if map.get("properties").is_some_and(Value::is_object) && !open {
                map.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}
