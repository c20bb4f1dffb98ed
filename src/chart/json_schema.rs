//! A chart's model as a JSON Schema, for editors.

use serde_json::{Map, Value as Json, json};

use super::{
    Chart, Kind,
    check::{own_part, part},
    index::Node,
};
use crate::api::{Looks, Place, Versions};

/// A text that Helm renders, or YAML given as text.
const TEMPLATE_OR_YAML: &str = "\\{\\{|\\n";
const TEMPLATE: &str = "\\{\\{";
/// The notation of Kubernetes' quantities, nothing, or a template.
const QUANTITY: &str = "^$|^([0-9]+\\.?[0-9]*|\\.[0-9]+)(n|u|m|k|[KMGTPE]i|[MGTPE]|[eE][-+]?[0-9]+)?$|\\{\\{";

impl Chart {
    /// The JSON Schema (2020-12) of the chart's values: nothing is required, `null` is allowed everywhere. What is repeated
    /// stands in `$defs`, which every `$ref` expects at the root of the document.
    #[must_use]
    pub fn json_schema(&self) -> Json {
        let mut writer = Writer { definitions: Map::new() };
        let mut schema = writer.group(&self.tree().root, None);
        for (name, _) in self.dependencies {
            schema["properties"][*name] =
                json!({ "description": format!("Values of the chart `{name}`, on which this one depends.") });
        }
        schema["$defs"] = writer.definitions.into();
        schema
    }
}

struct Writer {
    /// What is referred to, by name.
    definitions: Map<String, Json>,
}

impl Writer {
    fn group(&mut self, node: &Node, beside: Option<Place>) -> Json {
        let beside = node.row.and_then(|(_, setting)| own_part(setting, newest())).or(beside);
        let mut properties = Map::new();
        for child in node.in_order() {
            let further = beside.and_then(|place| place.below(child.key));
            let schema = match child.row {
                _ if child.is_group() => self.group(child, further),
                Some((_, setting)) => {
                    let mut schema = self.kind(setting.kind);
                    if let Ok(default) = serde_json::from_str::<Json>(setting.default)
                        && !default.is_null()
                    {
                        schema["default"] = default;
                    }
                    schema["description"] = setting.meaning.into();
                    schema
                }
                None => continue,
            };
            properties.insert(child.key.to_owned(), schema);
        }
        let mut open = matches!(node.row, Some((_, row)) if matches!(row.kind, Kind::Any | Kind::Map(_)));
        if let Some(place) = beside {
            open |= place.is_open();
            for (key, below) in place.keys().into_iter().filter_map(|key| Some((key, place.below(key)?))) {
                if !properties.contains_key(key) {
                    properties.insert(key.to_owned(), self.place(below));
                }
            }
        }
        let mut schema = json!({ "type": ["object", "null"], "properties": properties });
        if !open {
            schema["additionalProperties"] = false.into();
        }
        if let Some((_, setting)) = node.row {
            schema["description"] = setting.meaning.into();
        }
        schema
    }

    fn kind(&mut self, kind: Kind) -> Json {
        match kind {
            Kind::Any => json!({}),
            Kind::Integer(low, high) => {
                integer(Some(low).filter(|low| *low != i64::MIN), Some(high).filter(|high| *high != i64::MAX))
            }
            Kind::OneOf(words) => self.one_of(words),
            Kind::Bool => self.refer("bool", || json!({ "type": ["boolean", "null"] })),
            Kind::Text => self.refer("text", || json!({ "type": ["string", "null"] })),
            Kind::Scalar => self.refer("scalar", || json!({ "type": ["string", "number", "null"] })),
            Kind::Quantity => {
                self.refer("quantity", || json!({ "type": ["string", "number", "null"], "pattern": QUANTITY }))
            }
            Kind::List(each) => self.list(each == &Kind::Text, |writer| writer.kind(*each)),
            Kind::Map(each) => self.map(each == &Kind::Text, |writer| writer.kind(*each)),
            Kind::Shape(shape) => part(shape, newest()).map_or_else(|| json!({}), |place| self.place(place)),
        }
    }

    fn one_of(&mut self, words: &[&str]) -> Json {
        let words: Vec<Json> = words.iter().map(|word| json!(word)).chain([Json::Null]).collect();
        let template = self.refer("template", || json!({ "type": "string", "pattern": TEMPLATE }));
        json!({ "anyOf": [{ "enum": words }, template] })
    }

    fn refer(&mut self, name: &str, schema: impl FnOnce() -> Json) -> Json {
        self.definitions.entry(name).or_insert_with(schema);
        reference(name)
    }

    fn list(&mut self, of_texts: bool, each: impl FnOnce(&mut Self) -> Json) -> Json {
        let items = each(self);
        let schema = || json!({ "type": ["array", "string", "null"], "items": items, "pattern": TEMPLATE_OR_YAML });
        if of_texts { self.refer("texts", schema) } else { schema() }
    }

    fn map(&mut self, of_texts: bool, each: impl FnOnce(&mut Self) -> Json) -> Json {
        let each = each(self);
        let schema = || map(&each);
        if of_texts { self.refer("text-map", schema) } else { schema() }
    }

    fn place(&mut self, place: Place) -> Json {
        match place.looks() {
            Looks::Any => json!({}),
            Looks::Bool => self.kind(Kind::Bool),
            Looks::Integer(low, high) => integer(low, high),
            Looks::Number => json!({ "type": ["number", "null"] }),
            Looks::Text => self.kind(Kind::Text),
            Looks::OneOf(words) => self.one_of(&words),
            Looks::Scalar => self.kind(Kind::Scalar),
            Looks::Quantity => self.kind(Kind::Quantity),
            Looks::Amounts(names, further) => {
                let quantity = self.kind(Kind::Quantity);
                let mut schema = map(&json!(false));
                let properties = names.iter().map(|name| ((*name).to_owned(), quantity.clone()));
                schema["properties"] = properties.collect::<Map<_, _>>().into();
                let further = further.map(|start| format!("^{start}|")).unwrap_or_default();
                schema["patternProperties"] = json!({ format!("{further}/|{TEMPLATE}"): quantity });
                schema
            }
            Looks::List(each) => self.list(is_text(each), |writer| writer.place(each)),
            Looks::Each(each) => self.map(is_text(each), |writer| writer.place(each)),
            Looks::Or(places) => {
                json!({ "anyOf": places.into_iter().map(|place| self.place(place)).collect::<Vec<_>>() })
            }
            Looks::Map(name, fields) => {
                if !self.definitions.contains_key(name) {
                    // Taken first, because a type may hold itself.
                    self.definitions.insert(name.to_owned(), Json::Null);
                    let mut schema = map(&json!(place.is_open()));
                    let properties = fields.into_iter().map(|(key, place)| (key.to_owned(), self.place(place)));
                    schema["properties"] = properties.collect::<Map<_, _>>().into();
                    self.definitions.insert(name.to_owned(), schema);
                }
                reference(name)
            }
        }
    }
}

/// The schema is one for every environment: the newest version has the most.
fn newest() -> Versions {
    Versions::new(None, None)
}

fn integer(low: Option<i64>, high: Option<i64>) -> Json {
    let mut schema = json!({ "type": ["integer", "null"] });
    for (key, bound) in [("minimum", low), ("maximum", high)] {
        if let Some(bound) = bound {
            schema[key] = bound.into();
        }
    }
    schema
}

fn is_text(place: Place) -> bool {
    matches!(place.looks(), Looks::Text)
}

fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn map(each: &Json) -> Json {
    json!({ "type": ["object", "string", "null"], "additionalProperties": each, "pattern": TEMPLATE_OR_YAML })
}
