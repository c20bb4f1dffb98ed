//! The model as a JSON Schema for editors.

use gitops_gen::{chart::find, environment::json_schema};
use serde_json::Value as Json;

/// Every `$ref` of a schema, and every key that an editor would treat as an obligation.
fn walk(schema: &Json, references: &mut Vec<String>) {
    match schema {
        Json::Object(map) => {
            assert!(!map.contains_key("required") || map["required"].is_object(), "something is required: {schema}");
            references.extend(map.get("$ref").and_then(Json::as_str).map(str::to_owned));
            map.values().for_each(|below| walk(below, references));
        }
        Json::Array(items) => items.iter().for_each(|below| walk(below, references)),
        _ => {}
    }
}

/// The schema of a path: below `properties` of one group after the other.
fn at<'s>(schema: &'s Json, path: &str) -> Option<&'s Json> {
    path.split('.').try_fold(schema, |schema, key| schema.get("properties")?.get(key))
}

#[test]
fn every_row_stands_in_the_schema_of_an_environment() {
    let chart = find("postgresql", "17.0.2").unwrap();
    let environment = json_schema();
    let values = &environment["properties"]["services"]["additionalProperties"]["properties"]["values"];
    assert_eq!(values["x-verbatim"], true);
    let name = values["$ref"].as_str().unwrap().strip_prefix("#/$defs/").unwrap();
    let schema = &environment["$defs"][name];
    for row in chart.settings {
        let found = at(schema, row.path).unwrap_or_else(|| panic!("{} is not there", row.path));
        assert_eq!(found["description"], row.meaning, "{}", row.path);
        let default = chart.default(row.path).unwrap();
        if chart.group(row.path).is_empty() && !default.is_null() {
            assert_eq!(found["default"], default, "{}", row.path);
        }
    }
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(at(schema, "primary.persistence").unwrap()["additionalProperties"], false);
    assert!(at(schema, "primary.containerSecurityContext.capabilities.add").is_some());
    let mut references = Vec::new();
    walk(&environment, &mut references);
    for reference in references {
        assert!(environment.pointer(&reference[1..]).is_some_and(|schema| !schema.is_null()), "{reference}");
    }
}
