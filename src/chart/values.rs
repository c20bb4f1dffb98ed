//! Helm values under construction, each with the environment path that asked for it.

use std::borrow::Cow;

use serde_json::{Map, Value as Json, json};

use super::Chart;
use crate::{
    manifest::{Origin, Origins, Traced, pointer},
    scalar::ImageRef,
};

/// Helm values in the order in which they were set.
#[derive(Clone, Debug)]
pub struct Values {
    json: Map<String, Json>,
    origins: Origins,
}

impl Values {
    /// No values; what is set without a path of its own comes from `origin`.
    #[must_use]
    pub fn new(origin: impl Into<Origin>) -> Self {
        Values { json: Map::new(), origins: Origins::new(origin) }
    }

    /// Sets the value at the JSON Pointer `at`, for no other sake than that of all values.
    pub fn set(&mut self, at: &str, value: impl Into<Json>) {
        insert(&mut self.json, at.trim_start_matches('/'), value.into());
    }

    /// Sets the value at the JSON Pointer `at`, which an environment path decides.
    pub fn set_traced<T: Into<Json>>(&mut self, at: &'static str, traced: Traced<T>) {
        self.trace(at, traced.origin);
        self.set(at, traced.value);
    }

    /// Sets the value at the JSON Pointer `at`, which is copied from an environment path.
    pub fn set_copied<T: Into<Json>>(&mut self, at: impl Into<Cow<'static, str>>, traced: Traced<T>) {
        let at = at.into();
        self.set(&at, traced.value);
        self.origins.record_copy(at, traced.origin);
    }

    /// Says that an environment path decides the value at the JSON Pointer `at`.
    pub fn trace(&mut self, at: impl Into<Cow<'static, str>>, origin: Origin) {
        self.origins.record(at, origin);
    }

    /// Sets every image of `chart` whose role `image_of` knows, digest first as the chart does.
    pub fn set_images<'a>(&mut self, chart: &Chart, image_of: impl Fn(&'static str) -> Option<Traced<&'a ImageRef>>) {
        for image in chart.images {
            if let Some(reference) = image_of(image.role) {
                let mut parts = json!({ "registry": reference.registry(), "repository": reference.repository() });
                for (key, part) in [("tag", reference.tag()), ("digest", reference.digest())] {
                    if let Some(part) = part {
                        parts[key] = part.into();
                    }
                }
                let at = format!("/{}", image.path.replace('.', "/"));
                self.set(&at, parts);
                self.trace(at, reference.origin);
            }
        }
    }

    /// Lays a user's own values on top by Helm's rules: maps merge, everything else replaces, `null` stays and drops a
    /// default of the chart.
    pub fn overlay(&mut self, user: &Json, origin: &Origin) {
        if let Json::Object(map) = user {
            overlay(&mut self.json, map, "", origin, &mut self.origins);
        }
    }

    /// The values and where they come from.
    #[must_use]
    pub fn finish(self) -> (Json, Origins) {
        (Json::Object(self.json), self.origins)
    }
}

fn insert(map: &mut Map<String, Json>, at: &str, value: Json) {
    let Some((key, rest)) = at.split_once('/') else {
        map.insert(at.to_owned(), value);
        return;
    };
    let below = map.entry(key).or_insert_with(|| Json::Object(Map::new()));
    if !below.is_object() {
        *below = Json::Object(Map::new());
    }
    if let Json::Object(below) = below {
        insert(below, rest, value);
    }
}

fn overlay(base: &mut Map<String, Json>, over: &Map<String, Json>, at: &str, origin: &Origin, origins: &mut Origins) {
    for (key, value) in over {
        let (at, origin) = (pointer(at, key), origin.join(key));
        match (base.get_mut(key), value) {
            (Some(Json::Object(below)), Json::Object(map)) => overlay(below, map, &at, &origin, origins),
            _ => {
                origins.record_copy(at, origin);
                base.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Values;
    use crate::manifest::{Origin, Traced};

    #[test]
    fn user_values_go_on_top_and_null_stays() {
        let service = Origin::from("services.postgres");
        let mut values = Values::new(&service);
        values.set("/primary/pdb/create", true);
        let resources = json!({"limits": {"memory": "1Gi"}, "requests": {"cpu": "1"}});
        values.set_copied("/primary/resources", Traced::new(resources, service.at("resources")));
        values.overlay(
            &json!({"primary": {"resources": {"limits": null}, "nodeSelector": {"a": "b"}}}),
            &service.at("values"),
        );
        let (json, origins) = values.finish();
        assert_eq!(
            json,
            json!({"primary": {
                "pdb": {"create": true}, "resources": {"limits": null, "requests": {"cpu": "1"}}, "nodeSelector": {"a": "b"},
            }})
        );
        let of = |keys: &[&str]| origins.of(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["primary", "resources", "limits"]), "services.postgres.values.primary.resources.limits");
        assert_eq!(of(&["primary", "resources", "requests", "cpu"]), "services.postgres.resources.requests.cpu");
        assert_eq!(of(&["primary", "nodeSelector", "a"]), "services.postgres.values.primary.nodeSelector.a");
        assert_eq!(of(&["primary", "pdb", "create"]), "services.postgres");
    }
}
