//! The laws of merging layers, over random documents of the real environment schema's kinds of map.
#![allow(clippy::unwrap_used, reason = "a test")]

use gitops_gen::{
    schema::Shape,
    yaml::{Dialect, FileId, Node, Source, emit, parse},
};
use proptest::prelude::{Just, Strategy, prop, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Map, Value as Json, json};

/// A shape with one key of every kind: plain, nested, short form, exclusive, verbatim, joined.
fn shape() -> Shape {
    let any = json!({});
    let map = json!({ "type": "object", "additionalProperties": { "type": ["string", "null"] } });
    Shape::compile(&json!({
        "type": "object",
        "properties": {
            "plain": any,
            "map": map,
            "list": { "type": "array" },
            "short": {
                "type": "object",
                "x-short-form": "size",
                "properties": { "size": { "type": "string" }, "class": { "type": "string" } }
            },
            "source": { "type": "object", "x-exclusive": true, "properties": { "git": any, "oci": any } },
            "values": { "type": "object", "x-verbatim": true },
            "ignore": { "type": "array", "x-joined": true }
        },
        "additionalProperties": false
    }))
}

fn node(value: &Json) -> Node {
    let text = emit(value);
    parse(Source { id: FileId(0), name: "x.yaml", bytes: text.as_bytes() }, Dialect::Manifest)
        .unwrap()
        .into_iter()
        .next()
        .unwrap_or_else(|| {
            parse(Source { id: FileId(0), name: "x.yaml", bytes: b"{}" }, Dialect::Manifest).unwrap().remove(0)
        })
}

fn merged(layers: &[&Json]) -> Json {
    let shape = shape();
    let nothing = node(&json!({}));
    layers.iter().fold(nothing, |below, layer| shape.merge(below, shape.expand(node(layer)))).to_json()
}

/// Maps are equal whatever the order of their keys; a merge keeps an inherited key where it stood.
fn sorted(value: &Json) -> Json {
    match value {
        Json::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            keys.into_iter().map(|key| (key.clone(), sorted(&map[key]))).collect::<Map<_, _>>().into()
        }
        Json::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

fn text() -> impl Strategy<Value = Json> {
    prop::sample::select(vec!["a", "b", "20Gi", ""]).prop_map(Json::from)
}

fn map_of(keys: &'static [&'static str], value: impl Strategy<Value = Json> + 'static) -> impl Strategy<Value = Json> {
    prop::collection::hash_map(prop::sample::select(keys), value, 0..3)
        .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>().into())
}

fn joined(mut one: Json, mut other: Json) -> Json {
    one.as_object_mut().unwrap().append(other.as_object_mut().unwrap());
    one
}

fn list() -> impl Strategy<Value = Json> {
    prop::collection::vec(text(), 0..3).prop_map(Json::from)
}

/// A layer; with `nulls` it also removes what lower layers say.
fn layer(nulls: bool) -> impl Strategy<Value = Json> {
    let null = move |one: prop::strategy::BoxedStrategy<Json>| match nulls {
        true => prop_oneof![4 => one, 1 => Just(Json::Null)].boxed(),
        false => one,
    };
    let field = |name: &'static str, value: prop::strategy::BoxedStrategy<Json>| {
        prop::option::of(null(value)).prop_map(move |value| value.map(|value| (name.to_owned(), value)))
    };
    let short = prop_oneof![text(), map_of(&["size", "class"], text())];
    let scalar = prop_oneof![text(), Just(Json::Null)];
    let below = map_of(&["z"], Just(Json::Null));
    let verbatim = match nulls {
        true => map_of(&["x", "y"], prop_oneof![scalar, below]).boxed(),
        // A scalar between two maps removes the lower one, as `null` does elsewhere.
        false => (map_of(&["x"], scalar), map_of(&["y"], below)).prop_map(|(x, y)| joined(x, y)).boxed(),
    };
    let fields = (
        field("plain", text().boxed()),
        field("map", map_of(&["k", "l", "m"], null(text().boxed())).boxed()),
        field("list", list().boxed()),
        field("short", short.boxed()),
        field("source", map_of(&["git", "oci"], text()).boxed()),
        field("values", verbatim),
        field("ignore", list().boxed()),
    );
    fields.prop_map(|(a, b, c, d, e, f, g)| {
        [a, b, c, d, e, f, g].into_iter().flatten().collect::<Map<String, Json>>().into()
    })
}

proptest! {
    #[test]
    fn an_empty_layer_changes_nothing(one in layer(true), two in layer(true)) {
        let both = merged(&[&one, &two]);
        prop_assert_eq!(merged(&[&one, &json!({}), &two, &json!({})]), both);
    }

    /// Without `null` the order of the merges is free. With it, a removal that was merged first has nothing left to remove
    /// later, which is why layers are always merged from the lowest up.
    #[test]
    fn merging_is_associative_where_nothing_is_removed(one in layer(false), two in layer(false), three in layer(false)) {
        let left = merged(&[&one, &two, &three]);
        let upper = merged(&[&two, &three]);
        prop_assert_eq!(sorted(&merged(&[&one, &upper])), sorted(&left));
    }

    #[test]
    fn a_layer_on_top_of_itself_changes_nothing_but_joined_lists(one in layer(true)) {
        let mut one = one;
        one.as_object_mut().unwrap().remove("ignore");
        prop_assert_eq!(sorted(&merged(&[&one, &one])), sorted(&merged(&[&one])));
    }

    #[test]
    fn null_removes_an_inherited_key(one in layer(false), key in prop::sample::select(vec!["plain", "map", "list", "short", "source", "ignore"])) {
        let mut without = one.clone();
        without.as_object_mut().unwrap().remove(key);
        prop_assert_eq!(sorted(&merged(&[&one, &json!({ key: null })])), sorted(&merged(&[&without])));
    }

    #[test]
    fn a_short_form_is_its_long_form(one in layer(true), two in layer(true)) {
        let long = |layer: &Json| {
            let mut layer = layer.clone();
            if let Some(Json::String(size)) = layer.get("short").cloned() {
                layer["short"] = json!({ "size": size });
            }
            layer
        };
        prop_assert_eq!(merged(&[&long(&one), &long(&two)]), merged(&[&one, &two]));
    }

    #[test]
    fn lists_and_exclusive_forms_replace_and_joined_lists_join(one in layer(false), two in layer(false)) {
        let both = merged(&[&one, &two]);
        for key in ["list", "source", "plain"] {
            let wanted = two.get(key).or(one.get(key));
            prop_assert_eq!(both.get(key).map(sorted), wanted.map(sorted));
        }
        let items = |layer: &Json| layer.get("ignore").and_then(Json::as_array).cloned().unwrap_or_default();
        let joined = [items(&one), items(&two)].concat();
        prop_assert_eq!(items(&both), joined);
    }

    #[test]
    fn verbatim_maps_keep_null(key in "[a-z]{1,3}", below in text()) {
        let over = json!({ "values": { key.clone(): null } });
        let under = json!({ "values": { key.clone(): below } });
        prop_assert_eq!(merged(&[&over]), over.clone());
        prop_assert_eq!(merged(&[&under, &over]), over);
    }

    /// Every leaf keeps the place of the layer that set it.
    #[test]
    fn leaves_keep_their_file(one in layer(false), two in layer(false)) {
        let shape = shape();
        let at = |value: &Json, id: u32| {
            let text = emit(value);
            shape.expand(parse(Source { id: FileId(id), name: "x", bytes: text.as_bytes() }, Dialect::Manifest).unwrap().remove(0))
        };
        let both = shape.merge(at(&one, 1), at(&two, 2));
        for (key, value) in two.as_object().unwrap() {
            if !value.is_object() && key != "ignore" {
                prop_assert_eq!(both.get(key).unwrap().mark.file, FileId(2));
            }
        }
        for key in one.as_object().unwrap().keys().filter(|key| two.get(key.as_str()).is_none()) {
            prop_assert_eq!(both.get(key).unwrap().mark.file, FileId(1));
        }
    }
}
