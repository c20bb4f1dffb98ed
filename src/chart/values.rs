//! Helm values under construction, each with the environment path that asked for it.

use serde_json::{Map, Value as Json, json};

use super::Chart;
use crate::{manifest::Origins, path, scalar::ImageRef};

/// Helm values in the order in which they were set.
#[derive(Clone, Debug)]
pub struct Values {
    json: Map<String, Json>,
    origins: Origins,
}

impl Values {
    /// No values; what is set without a path of its own comes from `origin`.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Values { json: Map::new(), origins: Origins::new(origin) }
    }

    /// Sets the value at the dotted path `at`, for the sake of the environment path `origin`.
    pub fn set(&mut self, at: &str, value: impl Into<Json>, origin: &str) {
        let keys: Vec<&str> = at.split('.').collect();
        self.origins.record(&keys, origin);
        insert(&mut self.json, &keys, value.into());
    }

    /// Sets every image of `chart` whose role `image_of` knows, digest first as the chart does.
    pub fn set_images<'a>(&mut self, chart: &Chart, image_of: impl Fn(&str) -> Option<&'a ImageRef>) {
        for image in chart.images {
            if let Some(reference) = image_of(image.role) {
                let mut parts = json!({ "registry": reference.registry(), "repository": reference.repository() });
                for (key, part) in [("tag", reference.tag()), ("digest", reference.digest())] {
                    if let Some(part) = part {
                        parts[key] = part.into();
                    }
                }
                self.set(image.path, parts, &path::join("images", image.role));
            }
        }
    }

    /// Lays a user's own values on top by Helm's rules: maps merge, everything else replaces, `null` stays and drops a
    /// default of the chart.
    pub fn overlay(&mut self, user: &Json, origin: &str) {
        if let Json::Object(map) = user {
            overlay(&mut self.json, map, &mut Vec::new(), origin, &mut self.origins);
        }
    }

    /// The values and where they come from.
    #[must_use]
    pub fn finish(self) -> (Json, Origins) {
        (Json::Object(self.json), self.origins)
    }
}

fn insert(map: &mut Map<String, Json>, keys: &[&str], value: Json) {
    match keys {
        [] => {}
        [key] => {
            map.insert((*key).to_owned(), value);
        }
        [key, rest @ ..] => {
            let below = map.entry(*key).or_insert_with(|| Json::Object(Map::new()));
            if !below.is_object() {
                *below = Json::Object(Map::new());
            }
            if let Json::Object(below) = below {
                insert(below, rest, value);
            }
        }
    }
}

fn overlay<'a>(
    base: &mut Map<String, Json>,
    over: &'a Map<String, Json>,
    above: &mut Vec<&'a str>,
    origin: &str,
    origins: &mut Origins,
) {
    for (key, value) in over {
        above.push(key);
        let origin = path::join(origin, key);
        match (base.get_mut(key), value) {
            (Some(Json::Object(below)), Json::Object(map)) => overlay(below, map, above, &origin, origins),
            _ => {
                origins.record(above, origin);
                base.insert(key.clone(), value.clone());
            }
        }
        above.pop();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Values;

    #[test]
    fn user_values_go_on_top_and_null_stays() {
        let mut values = Values::new("services.postgres");
        values.set("primary.pdb.create", true, "services.postgres");
        values.set("primary.resources", json!({"limits": {"memory": "1Gi"}}), "services.postgres.resources");
        values.overlay(
            &json!({"primary": {"resources": {"limits": null}, "nodeSelector": {"a": "b"}}}),
            "services.postgres.values",
        );
        let (json, origins) = values.finish();
        assert_eq!(
            json,
            json!({"primary": {"pdb": {"create": true}, "resources": {"limits": null}, "nodeSelector": {"a": "b"}}})
        );
        let of = |keys: &[&str]| origins.of(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>()).to_owned();
        assert_eq!(of(&["primary", "resources", "limits"]), "services.postgres.values.primary.resources.limits");
        assert_eq!(of(&["primary", "pdb", "create"]), "services.postgres");
    }
}
