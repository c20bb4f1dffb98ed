//! Strict schemas: what a positioned tree may hold. A [`Shape`] is compiled once from the JSON Schema that the spec
//! structs derive; it drives the three things that happen to a layer: the check (every mistake at once), the expansion
//! of short forms, and the merge.

mod check;
mod look;
mod merge;

mod words;

use std::sync::Arc;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value as Json};

pub use crate::suggest::closest;
pub use check::{Checked, MISSING_KEY, Mode};

/// Marks a map that may be written as one scalar: `storage: 20Gi` is `storage: {size: 20Gi}`. The value is the key that
/// the scalar stands for.
pub const SHORT_FORM: &str = "x-short-form";
/// Marks a map of exclusive forms: an overlay replaces it whole, because two forms of it cannot be merged.
pub const EXCLUSIVE: &str = "x-exclusive";
/// Marks what belongs to another tool: merged deeply, but `null` is kept and nothing below is checked or templated.
pub const VERBATIM: &str = "x-verbatim";
/// Marks a list that overlays join instead of replace.
pub const JOINED: &str = "x-joined";

/// The format that the keys of a map have.
pub const KEY_FORMAT: &str = "x-key-format";

/// A compiled schema node.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    types: Vec<Type>,
    allowed: Vec<String>,
    format: Option<String>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    items: Option<Arc<Shape>>,
    properties: Vec<(String, Arc<Shape>)>,
    required: Vec<String>,
    additional: Additional,
    key_format: Option<String>,
    short_form: Option<String>,
    exclusive: bool,
    verbatim: bool,
    joined: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

/// What a map says about keys that it does not name.
#[derive(Clone, Debug, Default)]
enum Additional {
    #[default]
    Anything,
    Refused,
    Each(Arc<Shape>),
}

/// The JSON Schema of a spec struct, definitions inlined, as the spec structs describe what a file may say.
#[must_use]
pub fn json_schema_of<T: JsonSchema>() -> Json {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|settings| settings.inline_subschemas = true);
    SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value()
}

impl Shape {
    /// Compiles a JSON Schema as [`json_schema_of`] derives it.
    #[must_use]
    pub fn compile(schema: &Json) -> Shape {
        let Some(schema) = schema.as_object() else { return Shape::default() };
        let mut shape = Shape::default();
        for alternative in ["anyOf", "oneOf", "allOf"] {
            for branch in schema.get(alternative).and_then(Json::as_array).into_iter().flatten() {
                shape.absorb(Shape::compile(branch));
            }
        }
        shape.absorb(Shape::from_keywords(schema));
        shape
    }

    /// A map that takes any key of a format, with any value.
    #[must_use]
    pub fn any_map(key_format: &str) -> Shape {
        Shape { types: vec![Type::Object], key_format: Some(key_format.to_owned()), ..Shape::default() }
    }

    /// The shape with `key` described by `below`: how a service's own spec gets its place in the environment's.
    #[must_use]
    pub fn with_property(mut self, key: &str, below: Arc<Shape>) -> Shape {
        self.properties.retain(|(name, _)| name != key);
        self.properties.push((key.to_owned(), below));
        self
    }

    /// The shape below `key`, as far as the key is known or the map takes any key.
    #[must_use]
    pub fn below(&self, key: &str) -> Option<&Shape> {
        match self.properties.iter().find(|(name, _)| name == key) {
            Some((_, shape)) => Some(shape),
            None => match &self.additional {
                Additional::Each(shape) => Some(shape),
                Additional::Anything | Additional::Refused => None,
            },
        }
    }

    fn from_keywords(schema: &Map<String, Json>) -> Shape {
        let text = |key: &str| schema.get(key).and_then(Json::as_str).map(str::to_owned);
        let flag = |key: &str| schema.get(key).and_then(Json::as_bool).unwrap_or(false);
        let types = match schema.get("type") {
            Some(Json::String(name)) => Type::parse(name).into_iter().collect(),
            Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).filter_map(Type::parse).collect(),
            _ => Vec::new(),
        };
        let listed = schema.get("enum").and_then(Json::as_array).into_iter().flatten();
        Shape {
            types,
            allowed: listed.chain(schema.get("const")).filter_map(Json::as_str).map(str::to_owned).collect(),
            format: text("format"),
            minimum: schema.get("minimum").and_then(Json::as_f64),
            maximum: schema.get("maximum").and_then(Json::as_f64),
            items: schema.get("items").map(|items| Arc::new(Shape::compile(items))),
            properties: schema
                .get("properties")
                .and_then(Json::as_object)
                .into_iter()
                .flatten()
                .map(|(name, schema)| (name.clone(), Arc::new(Shape::compile(schema))))
                .collect(),
            required: schema
                .get("required")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect(),
            additional: match schema.get("additionalProperties") {
                Some(Json::Bool(false)) => Additional::Refused,
                Some(Json::Object(each)) => Additional::Each(Arc::new(Shape::compile(&Json::Object(each.clone())))),
                _ => Additional::Anything,
            },
            key_format: text(KEY_FORMAT),
            short_form: text(SHORT_FORM),
            exclusive: flag(EXCLUSIVE),
            verbatim: flag(VERBATIM),
            joined: flag(JOINED),
        }
    }

    /// Joins a branch of `anyOf` or `oneOf` into this shape. The spec structs use branches for two things only: an
    /// optional value (the other branch is `null`) and an enum whose variants have descriptions.
    fn absorb(&mut self, branch: Shape) {
        for kind in branch.types {
            if !self.types.contains(&kind) {
                self.types.push(kind);
            }
        }
        self.allowed.extend(branch.allowed);
        self.properties.extend(branch.properties);
        self.required.extend(branch.required);
        self.format = branch.format.or(self.format.take());
        self.minimum = branch.minimum.or(self.minimum);
        self.maximum = branch.maximum.or(self.maximum);
        self.items = branch.items.or(self.items.take());
        self.key_format = branch.key_format.or(self.key_format.take());
        self.short_form = branch.short_form.or(self.short_form.take());
        self.exclusive |= branch.exclusive;
        self.verbatim |= branch.verbatim;
        self.joined |= branch.joined;
        if !matches!(branch.additional, Additional::Anything) {
            self.additional = branch.additional;
        }
    }
}

impl Type {
    fn parse(name: &str) -> Option<Type> {
        Some(match name {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "integer" => Type::Integer,
            "number" => Type::Number,
            "string" => Type::String,
            "array" => Type::Array,
            "object" => Type::Object,
            _ => return None,
        })
    }

    fn words(self) -> &'static str {
        match self {
            Type::Null => "null",
            Type::Boolean => "true or false",
            Type::Integer => "a whole number",
            Type::Number => "a number",
            Type::String => "a string",
            Type::Array => "a list",
            Type::Object => "a map",
        }
    }
}
