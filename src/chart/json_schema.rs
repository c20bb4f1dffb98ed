//! A chart's model as a JSON Schema, for editors.

use serde_json::{Map, Value as Json, json};

use super::{
    Chart, Kind,
    check::{HUGE_PAGES, RESOURCE_NAMES, below, own_form},
    index::Node,
    shape::Form,
};

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
    fn group(&mut self, node: &Node, beside: Option<&'static Form>) -> Json {
        let beside = node.row.and_then(|(_, setting)| own_form(setting)).or(beside);
        let mut properties = Map::new();
        for child in node.in_order() {
            let further = beside.and_then(|form| below(form, child.key));
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
        if let Some(Form::Map(fields)) = beside {
            open |= fields.open;
            for (key, form) in fields.keys {
                if !properties.contains_key(*key) {
                    properties.insert((*key).to_owned(), self.form(form));
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
                let mut schema = json!({ "type": ["integer", "null"] });
                for (key, bound, none) in [("minimum", low, i64::MIN), ("maximum", high, i64::MAX)] {
                    if bound != none {
                        schema[key] = bound.into();
                    }
                }
                schema
            }
            Kind::OneOf(words) => {
                let words: Vec<Json> = words.iter().map(|word| json!(word)).chain([Json::Null]).collect();
                json!({ "anyOf": [{ "enum": words }, self.refer("template", || json!({ "type": "string", "pattern": TEMPLATE }))] })
            }
            Kind::Bool => self.refer("bool", || json!({ "type": ["boolean", "null"] })),
            Kind::Text => self.refer("text", || json!({ "type": ["string", "null"] })),
            Kind::Scalar => self.refer("scalar", || json!({ "type": ["string", "number", "null"] })),
            Kind::Quantity => {
                self.refer("quantity", || json!({ "type": ["string", "number", "null"], "pattern": QUANTITY }))
            }
            Kind::List(each) => self.list(each == &Kind::Text, |writer| writer.kind(*each)),
            Kind::Map(each) => self.map(each == &Kind::Text, |writer| writer.kind(*each)),
            Kind::Shape(shape) => {
                let name = format!("{shape:?}");
                if !self.definitions.contains_key(&name) {
                    // Taken first, because a shape may hold itself.
                    self.definitions.insert(name.clone(), Json::Null);
                    let schema = self.form(shape.form());
                    self.definitions.insert(name.clone(), schema);
                }
                reference(&name)
            }
        }
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

    fn form(&mut self, form: &'static Form) -> Json {
        match form {
            Form::Is(kind) => self.kind(*kind),
            Form::List(each) => self.list(is_text(each), |writer| writer.form(each)),
            Form::Each(each) => self.map(is_text(each), |writer| writer.form(each)),
            Form::Amounts => {
                let quantity = self.kind(Kind::Quantity);
                let mut schema = map(&json!(false));
                schema["properties"] = RESOURCE_NAMES
                    .iter()
                    .map(|name| ((*name).to_owned(), quantity.clone()))
                    .collect::<Map<_, _>>()
                    .into();
                schema["patternProperties"] = json!({ format!("^{HUGE_PAGES}|/|{TEMPLATE}"): quantity });
                schema
            }
            Form::Or(forms) => json!({ "anyOf": forms.iter().map(|form| self.form(form)).collect::<Vec<_>>() }),
            Form::Map(fields) => {
                let properties: Map<String, Json> =
                    fields.keys.iter().map(|(key, form)| ((*key).to_owned(), self.form(form))).collect();
                let mut schema = map(&json!(fields.open));
                schema["properties"] = properties.into();
                schema
            }
        }
    }
}

fn is_text(form: &Form) -> bool {
    matches!(form, Form::Is(Kind::Text))
}

fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn map(each: &Json) -> Json {
    json!({ "type": ["object", "string", "null"], "additionalProperties": each, "pattern": TEMPLATE_OR_YAML })
}
