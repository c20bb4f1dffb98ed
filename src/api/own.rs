//! The schemas of a user: CRDs, and JSON schemas as kubeconform and others take them.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value as Json;

use super::{
    form::{Field, Form, Keys, Limits, Line, Pattern, Type, compiled},
    index::INDEX,
};

/// Kinds that gen itself does not know.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// By group, version and kind, in small letters as names of files have them.
    kinds: HashMap<(String, String, String), Arc<Type>>,
}

/// Why a schema cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Where in the document: keys, and list indices as their digits.
    pub pointer: Vec<String>,
    /// What is wrong.
    pub message: String,
    /// How to put it right; may be empty.
    pub help: String,
}

impl Own {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    pub(super) fn get(&self, api_version: &str, kind: &str) -> Option<&Arc<Type>> {
        if self.kinds.is_empty() {
            return None;
        }
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        // A file of kubeconform's has only the first word of the group in its name.
        let first = group.split('.').next().unwrap_or_default();
        let find = |group: &str| self.kinds.get(&(group.to_lowercase(), version.to_lowercase(), kind.to_lowercase()));
        find(group).or_else(|| find(first).filter(|_| first != group))
    }

    fn insert(&mut self, [group, version, kind]: [&str; 3], of: Type) {
        self.kinds.insert((group.to_lowercase(), version.to_lowercase(), kind.to_lowercase()), Arc::new(of));
    }

    /// Whether a document is a CRD.
    #[must_use]
    pub fn is_crd(body: &Json) -> bool {
        let is = |key: &str, text: &str| body.get(key).and_then(Json::as_str) == Some(text);
        is("kind", "CustomResourceDefinition") && is("apiVersion", "apiextensions.k8s.io/v1")
    }

    /// Takes a CRD, and tells what cannot be used of it.
    pub fn add_crd(&mut self, body: &Json) -> Vec<Flaw> {
        let text = |value: &'_ Json, keys: &[&str]| -> Option<String> {
            let found = keys.iter().try_fold(value, |value, key| value.get(key))?;
            found.as_str().map(str::to_owned)
        };
        let flaw = |keys: &[&str], message: &str, help: &str| Flaw {
            pointer: keys.iter().map(|key| (*key).to_owned()).collect(),
            message: message.to_owned(),
            help: help.to_owned(),
        };
        let Some(group) = text(body, &["spec", "group"]) else {
            return vec![flaw(&["spec"], "this CRD names no group", "add `group:` to its spec")];
        };
        let Some(kind) = text(body, &["spec", "names", "kind"]) else {
            return vec![flaw(
                &["spec"],
                "this CRD names no kind",
                "add `names: {kind: ..., plural: ...}` to its spec",
            )];
        };
        let versions = body.get("spec").and_then(|spec| spec.get("versions")).and_then(Json::as_array);
        let Some(versions) = versions.filter(|versions| !versions.is_empty()) else {
            return vec![flaw(&["spec"], "this CRD has no versions", "add `versions:` to its spec")];
        };
        let mut flaws = Vec::new();
        for (index, version) in versions.iter().enumerate() {
            let pointer: Vec<String> = ["spec", "versions", &index.to_string()].map(str::to_owned).to_vec();
            let Some(name) = text(version, &["name"]) else {
                let (message, help) = ("this version has no name".to_owned(), "add `name: v1`".to_owned());
                flaws.push(Flaw { pointer, message, help });
                continue;
            };
            let Some(schema) = version.get("schema").and_then(|schema| schema.get("openAPIV3Schema")) else {
                let message = format!("version {name} has no schema");
                flaws.push(Flaw { pointer, message, help: "add `schema: {openAPIV3Schema: ...}`".to_owned() });
                continue;
            };
            let pointer = pointer.into_iter().chain(["schema", "openAPIV3Schema"].map(str::to_owned)).collect();
            let mut reader = Reader { root: schema, is_crd: true, pointer, within: Vec::new(), flaws: Vec::new() };
            let mut of = reader.object(schema);
            of.complete();
            flaws.append(&mut reader.flaws);
            self.insert([&group, &name, &kind], of);
        }
        flaws
    }

    /// Takes a JSON schema of one kind, which the schema itself names, or else its file: `KIND-GROUP-VERSION.json`, or
    /// `GROUP/KIND_VERSION.json`.
    pub fn add_json_schema(&mut self, file: &str, schema: &Json) -> Vec<Flaw> {
        let Some(gvk) = named(schema).or_else(|| named_by_file(file)) else {
            let message = "this schema does not say which kind it is of".to_owned();
            let help = "add `x-kubernetes-group-version-kind`, or name the file `KIND-GROUP-VERSION.json`";
            return vec![Flaw { pointer: Vec::new(), message, help: help.to_owned() }];
        };
        let mut reader =
            Reader { root: schema, is_crd: false, pointer: Vec::new(), within: Vec::new(), flaws: Vec::new() };
        let mut of = reader.object(schema);
        of.complete();
        let flaws = reader.flaws;
        let [group, version, kind] = &gvk;
        self.insert([group, version, kind], of);
        flaws
    }
}

/// The kind that a schema names.
fn named(schema: &Json) -> Option<[String; 3]> {
    let gvk = schema.get("x-kubernetes-group-version-kind").map(|gvk| gvk.get(0).unwrap_or(gvk));
    if let Some(gvk) = gvk {
        let text = |key| gvk.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        return Some([text("group"), text("version"), text("kind")])
            .filter(|[_, version, kind]| !version.is_empty() && !kind.is_empty());
    }
    let only = |key: &str| {
        let property = schema.get("properties")?.get(key)?;
        property.get("const").or_else(|| property.get("enum")?.get(0))?.as_str()
    };
    let (api_version, kind) = (only("apiVersion")?, only("kind")?);
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    Some([group.to_owned(), version.to_owned(), kind.to_owned()])
}

fn named_by_file(file: &str) -> Option<[String; 3]> {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    let stem = name.rsplit_once('.')?.0;
    if let Some((kind, version)) = stem.split_once('_') {
        let group = folder.rsplit('/').next()?;
        return Some([group.to_owned(), version.to_owned(), kind.to_owned()]).filter(|_| group.contains('.'));
    }
    let mut parts = stem.split('-');
    let (kind, group, version) = (parts.next()?, parts.next()?, parts.next()?);
    let is_version = version.starts_with('v') && version[1..].starts_with(|c: char| c.is_ascii_digit());
    (is_version && parts.next().is_none()).then(|| [group.to_owned(), version.to_owned(), kind.to_owned()])
}

impl Type {
    /// Adds what every object has.
    fn complete(&mut self) {
        let metadata = INDEX.types.get("meta.v1.ObjectMeta").map_or(Form::Any, |at| Form::Named(*at));
        let own = [("apiVersion", Form::Text), ("kind", Form::Text), ("metadata", metadata), ("status", Form::Any)];
        for (name, form) in own {
            self.fields.retain(|field| field.name != name);
            self.fields.push(field(name.to_owned(), form, None, false));
        }
        self.fields.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

fn field(name: String, form: Form, limits: Option<Box<Limits>>, is_required: bool) -> Field {
    Field { name: name.into(), form, is_required, since: 0, until: u32::MAX, limits }
}

/// Reads one schema.
struct Reader<'s> {
    root: &'s Json,
    /// Whether keys that it does not name are refused.
    is_crd: bool,
    pointer: Vec<String>,
    /// The references that are being followed.
    within: Vec<&'s str>,
    flaws: Vec<Flaw>,
}

impl<'s> Reader<'s> {
    fn flaw(&mut self, key: &str, message: String, help: &str) {
        let pointer = self.pointer.iter().cloned().chain([key.to_owned()]).filter(|key| !key.is_empty()).collect();
        self.flaws.push(Flaw { pointer, message, help: help.to_owned() });
    }

    fn below<T>(&mut self, keys: &[&str], read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.pointer.len();
        self.pointer.extend(keys.iter().map(|key| (*key).to_owned()));
        let read = read(self);
        self.pointer.truncate(length);
        read
    }

    fn object(&mut self, schema: &'s Json) -> Type {
        let properties = match schema.get("properties") {
            None | Some(Json::Null) => None,
            Some(Json::Object(properties)) => Some(properties),
            Some(_) => {
                self.flaw(
                    "properties",
                    "`properties` is no map".to_owned(),
                    "write `name: {type: ...}` lines below it",
                );
                None
            }
        };
        let required: Vec<&str> =
            schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
        let mut fields = Vec::new();
        for (name, schema) in properties.into_iter().flatten() {
            let (form, limits) = self.below(&["properties", name], |reader| reader.form(schema));
            // A server fills in the default before it looks.
            let is_required = required.contains(&name.as_str()) && schema.get("default").is_none();
            fields.push(field(name.clone(), form, limits, is_required));
        }
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        let has = |key: &str| schema.get(key).and_then(Json::as_bool);
        let is_open = has("x-kubernetes-preserve-unknown-fields") == Some(true)
            || !self.is_crd && has("additionalProperties") != Some(false)
            || has("additionalProperties") == Some(true)
            || schema.get("additionalProperties").is_some_and(Json::is_object)
            || schema.get("patternProperties").is_some();
        Type { line: Line::Always, fields, alone: Vec::new(), is_open }
    }

    fn form(&mut self, schema: &'s Json) -> (Form, Option<Box<Limits>>) {
        if !schema.is_object() {
            if !schema.is_boolean() {
                self.flaw("", "a schema should be a map here".to_owned(), "write `{type: string}` or the like");
            }
            return (Form::Any, None);
        }
        if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
            return self.follow(reference);
        }
        if let Some([only]) = schema.get("allOf").and_then(Json::as_array).map(Vec::as_slice)
            && schema.get("type").is_none()
        {
            return self.form(only);
        }
        if schema.get("x-kubernetes-int-or-string").and_then(Json::as_bool) == Some(true) {
            return (Form::IntOrString, None);
        }
        let form = match self.types(schema).as_slice() {
            [] => match words(schema) {
                Some(words) => words,
                None if schema.get("properties").is_some() => Form::Own(Arc::new(self.object(schema))),
                None => Form::Any,
            },
            ["object"] => self.map(schema),
            ["array"] => self.list(schema),
            ["string"] => words(schema).unwrap_or(match schema.get("format").and_then(Json::as_str) {
                Some("byte") => Form::Base64,
                Some("date-time") => Form::Time,
                _ => Form::Text,
            }),
            ["integer"] => Form::Integer,
            ["number"] => Form::Number,
            ["boolean"] => Form::Bool,
            several if several.iter().all(|one| matches!(*one, "integer" | "string")) => Form::IntOrString,
            _ => Form::Any,
        };
        (form, self.limits(schema))
    }

    /// The types that it takes beside null.
    fn types(&mut self, schema: &'s Json) -> Vec<&'s str> {
        let types: Vec<&str> = match schema.get("type") {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::String(one)) => vec![one],
            Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
            Some(_) => {
                self.flaw("type", "`type` is no word".to_owned(), TYPES_HELP);
                Vec::new()
            }
        };
        const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
        if let Some(unknown) = types.iter().find(|one| !TYPES.contains(one)) {
            let help = crate::suggest::closest(unknown, TYPES).map(super::walk::did_you_mean);
            self.flaw("type", format!("there is no type `{unknown}`"), help.as_deref().unwrap_or(TYPES_HELP));
            return Vec::new();
        }
        types.into_iter().filter(|one| *one != "null").collect()
    }

    fn follow(&mut self, reference: &'s str) -> (Form, Option<Box<Limits>>) {
        // What stands in another file is not looked at, and a type that holds itself is read once.
        let Some(path) = reference.strip_prefix('#') else { return (Form::Any, None) };
        if self.within.contains(&reference) {
            return (Form::Any, None);
        }
        let Some(target) = self.root.pointer(path) else {
            self.flaw("$ref", format!("`{reference}` leads to nothing"), "correct it, or add what it names");
            return (Form::Any, None);
        };
        self.within.push(reference);
        let read = self.form(target);
        self.within.pop();
        read
    }

    fn map(&mut self, schema: &'s Json) -> Form {
        if schema.get("properties").is_some() {
            return Form::Own(Arc::new(self.object(schema)));
        }
        let is_any = schema.get("x-kubernetes-preserve-unknown-fields").and_then(Json::as_bool) == Some(true)
            || schema.get("x-kubernetes-embedded-resource").and_then(Json::as_bool) == Some(true);
        match schema.get("additionalProperties") {
            Some(each) if each.is_object() => {
                let (each, _) = self.below(&["additionalProperties"], |reader| reader.form(each));
                Form::Each(Box::new(each))
            }
            Some(Json::Bool(true)) => Form::Any,
            Some(Json::Bool(false)) => Form::Nothing,
            _ if is_any || !self.is_crd => Form::Any,
            _ => Form::Nothing,
        }
    }

    fn list(&mut self, schema: &'s Json) -> Form {
        let each = match schema.get("items") {
            Some(items) => self.below(&["items"], |reader| reader.form(items)).0,
            None => Form::Any,
        };
        let keys = match schema.get("x-kubernetes-list-type").and_then(Json::as_str) {
            Some("set") => Keys::Whole,
            Some("map") => {
                let names = schema.get("x-kubernetes-list-map-keys").and_then(Json::as_array).into_iter().flatten();
                let default = |name: &str| {
                    let default = schema.get("items")?.get("properties")?.get(name)?.get("default")?;
                    Some(default.as_str().map_or_else(|| default.to_string(), str::to_owned).into())
                };
                Keys::Fields(
                    names.filter_map(Json::as_str).map(|name| (name.to_owned().into(), default(name))).collect(),
                )
            }
            _ => Keys::None,
        };
        Form::List(Box::new(each), keys)
    }

    fn limits(&mut self, schema: &'s Json) -> Option<Box<Limits>> {
        let whole = |key: &str| schema.get(key).and_then(Json::as_i64);
        let count = |key: &str| schema.get(key).and_then(Json::as_u64).and_then(|count| usize::try_from(count).ok());
        let pattern = match schema.get("pattern").and_then(Json::as_str) {
            Some(text) => {
                if compiled(text).is_none() && is_broken(text) {
                    self.flaw("pattern", "this pattern cannot be compiled".to_owned(), "write it as RE2 takes it");
                }
                Some(Pattern::new(text.to_owned().into()))
            }
            None => None,
        };
        let limits = Limits {
            low: whole("minimum"),
            high: whole("maximum"),
            shortest: count("minLength"),
            longest: count("maxLength"),
            fewest: count("minItems"),
            most: count("maxItems"),
            takes_empty: listed(schema).is_some_and(|words| words.contains(&"")),
            pattern,
        };
        Some(Box::new(limits))
    }
}

const TYPES_HELP: &str = "types: array, boolean, integer, number, object, string";

/// Whether a pattern is wrong in every dialect; some that gen cannot compile are right in others.
fn is_broken(pattern: &str) -> bool {
    !["(?=", "(?!", "(?<", "\\p", "\\P"].iter().any(|further| pattern.contains(further))
}

/// The texts that a schema takes, where it takes nothing else.
fn listed(schema: &Json) -> Option<Vec<&str>> {
    let list = match (schema.get("enum"), schema.get("const")) {
        (Some(Json::Array(list)), _) => list.iter().collect(),
        (_, Some(only)) => vec![only],
        _ => return None,
    };
    list.into_iter().filter(|one| !one.is_null()).map(Json::as_str).collect()
}

fn words(schema: &Json) -> Option<Form> {
    let words = listed(schema)?;
    Some(Form::OneOf(words.into_iter().map(|word| word.to_owned().into()).collect()))
}
