//! A value against what its place takes: every mistake at once.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use super::{
    Extent, Versions, cross,
    form::{Alone, Field, Form, Keys, Limits, Resources, Type},
    index::INDEX,
    meta,
    scalar::is_left_open,
    walk::{Step, Walk, did_you_mean, some_keys},
};
use crate::suggest::closest;

pub(super) struct Check<'v> {
    pub(super) walk: Walk<'v>,
    pub(super) versions: Versions,
    pub(super) extent: Extent,
}

const LIST_HELP: &str = "write its items as `- item` lines";
const MAP_HELP: &str = "write `name: value` lines below it";
/// Keys of a patch that are directives of whoever applies it.
const DIRECTIVES: [&str; 4] = ["$patch", "$retainKeys", "$setElementOrder", "$deleteFromPrimitiveList"];

impl<'v> Check<'v> {
    pub(super) fn new(versions: Versions, extent: Extent) -> Check<'v> {
        Check { walk: Walk::default(), versions, extent }
    }

    fn at(&mut self, step: Step<'v>, look: impl FnOnce(&mut Self)) {
        self.walk.pointer.push(step);
        look(self);
        self.walk.pointer.pop();
    }

    /// A whole object: a file of SOPS has one key more.
    pub(super) fn object(&mut self, of: &Type, body: &'v Json) {
        let Some(map) = body.as_object() else { return };
        self.fields(of, map, &["sops"]);
        meta::check(&mut self.walk, body, self.extent);
        if self.extent == Extent::Whole {
            cross::check(&mut self.walk, body);
        }
    }

    pub(super) fn value(&mut self, form: &Form, limits: Option<&Limits>, value: &'v Json) {
        match (form, value) {
            // Null is nothing, as it is for Kubernetes.
            (Form::Any, _) | (_, Json::Null) => {}
            (Form::Or(forms), _) => match forms.iter().find(|form| fits(form, value)) {
                Some(form) => self.value(form, limits, value),
                None => {
                    let wanted: Vec<&str> = forms.iter().map(words).collect();
                    self.walk.wrong_type(value, &wanted.join(" or "), String::new());
                }
            },
            (Form::List(each, keys), Json::Array(items)) => self.list(each, keys, limits, items),
            (Form::Each(each), Json::Object(map)) => {
                for (key, value) in map {
                    self.at(Step::Key(key), |check| check.value(each, None, value));
                }
            }
            (Form::Amounts(which), Json::Object(map)) => {
                for (key, value) in map {
                    self.at(Step::Key(key), |check| check.walk.amount(*which, key, value));
                }
            }
            (Form::Named(at), Json::Object(map)) => self.fields(INDEX.type_at(*at), map, &[]),
            (Form::Own(of), Json::Object(map)) => self.fields(of, map, &[]),
            (Form::Nothing, Json::Object(map)) => {
                for key in map.keys() {
                    self.at(Step::Key(key), |check| {
                        let message = format!("unknown key `{}`: Kubernetes refuses it", check.walk.path());
                        check.walk.push(true, message, "this map takes no keys".to_owned());
                    });
                }
            }
            (_, Json::String(text)) if is_left_open(text) => {}
            (Form::List(..), _) => self.walk.wrong_type(value, "a list", LIST_HELP.to_owned()),
            (Form::Each(_) | Form::Amounts(_) | Form::Nothing, _) => {
                self.walk.wrong_type(value, "a map", MAP_HELP.to_owned());
            }
            (Form::Named(at), _) => self.no_map(INDEX.type_at(*at), value),
            (Form::Own(of), _) => self.no_map(of, value),
            (form, _) => self.walk.scalar(form, limits, value),
        }
    }

    fn no_map(&mut self, of: &Type, value: &Json) {
        let names = names(of, of.line.version(self.versions));
        self.walk.wrong_type(value, "a map", some_keys(&names));
    }

    fn list(&mut self, each: &Form, keys: &Keys, limits: Option<&Limits>, items: &'v [Json]) {
        let length = items.len();
        let fewest = limits.and_then(|limits| limits.fewest).filter(|fewest| length < *fewest);
        let most = limits.and_then(|limits| limits.most).filter(|most| length > *most);
        if let Some(bound) = fewest.or(most) {
            let (least_or_most, s) =
                (if fewest.is_some() { "least" } else { "most" }, if bound == 1 { "" } else { "s" });
            let message =
                format!("{} has {length} items, and should have at {least_or_most} {bound}", self.walk.subject());
            self.walk.push(false, message, format!("write at {least_or_most} {bound} item{s}"));
        }
        for (index, value) in items.iter().enumerate() {
            self.at(Step::Item(index), |check| check.value(each, limits, value));
        }
        if items.len() > 1 {
            self.twice(keys, items);
        }
    }

    /// Items that whoever applies the object takes for one and the same.
    fn twice(&mut self, keys: &Keys, items: &'v [Json]) {
        let mut seen: HashSet<Vec<String>> = HashSet::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let name = match keys {
                Keys::None => return,
                Keys::Whole => Some(vec![item.to_string()]),
                Keys::Fields(fields) => fields
                    .iter()
                    .map(|(name, default)| match item.get(&**name) {
                        Some(Json::String(text)) => Some(text.clone()),
                        Some(Json::Null) | None => default.as_ref().map(|default| default.clone().into_owned()),
                        Some(other) => Some(other.to_string()),
                    })
                    .collect(),
            };
            // Without its key an item is wrong already.
            let Some(name) = name.filter(|name| !name.iter().any(|part| is_left_open(part))) else { continue };
            if !seen.insert(name.clone()) {
                let list = self.walk.subject();
                let what = match keys {
                    Keys::Fields(fields) => {
                        let pairs = fields.iter().zip(&name).map(|((field, _), part)| format!("{field} {part}"));
                        pairs.collect::<Vec<_>>().join(", ")
                    }
                    _ => "an item".to_owned(),
                };
                let step = match keys {
                    Keys::Fields(fields) if fields.len() == 1 => Some(fields[0].0.clone()),
                    _ => None,
                };
                let on_field =
                    step.as_deref().and_then(|step| item.as_object()?.get_key_value(step)).map(|(key, _)| key);
                self.at(Step::Item(index), |check| {
                    let report = |check: &mut Self| {
                        let message = format!("{list} has {what} twice, and server-side apply refuses that");
                        check.walk.push(false, message, "keep one of them".to_owned());
                    };
                    match on_field {
                        Some(key) => check.at(Step::Key(key), report),
                        None => report(check),
                    }
                });
            }
        }
    }

    fn fields(&mut self, of: &Type, map: &'v Map<String, Json>, further: &[&str]) {
        let version = of.line.version(self.versions);
        let mut meant: Vec<String> = Vec::new();
        let excluded: Vec<&String> = of.alone.iter().filter_map(|alone| self.alone(alone, map)).collect();
        for (key, value) in map {
            match of.field(key, version) {
                // It has to go, whatever it says.
                Some(_) if excluded.contains(&key) => {}
                Some(field) => {
                    self.at(Step::Key(key), |check| check.value(&field.form, field.limits.as_deref(), value))
                }
                None if of.is_open || further.contains(&key.as_str()) || self.is_directive(key) => {}
                None => self.at(Step::Key(key), |check| meant.extend(check.unknown(of, version, key))),
            }
        }
        if self.extent == Extent::Whole {
            for field in of.fields_in(version).filter(|field| field.is_required) {
                let is_there = map.get(&*field.name).is_some_and(|value| !value.is_null());
                if !is_there && !meant.iter().any(|name| *name == field.name) {
                    self.missing(field);
                }
            }
        }
    }

    fn is_directive(&self, key: &str) -> bool {
        self.extent == Extent::Partial && DIRECTIVES.iter().any(|directive| key.starts_with(directive))
    }

    /// A key that is none; the name that was meant.
    fn unknown(&mut self, of: &Type, version: u32, key: &str) -> Option<String> {
        let path = self.walk.path();
        if let Some(other) = of.versions_of(key).first() {
            let (is_new, bound) = if other.since > version { (true, other.since) } else { (false, other.until) };
            let ours = of.line.spelled(version);
            let (message, help) = match is_new {
                true => (
                    format!("`{path}` exists since {}, and this is for {ours}", of.line.spelled(bound)),
                    "leave it out, or say which version the cluster has",
                ),
                false => (
                    format!("`{path}` is gone since {}, and this is for {ours}", of.line.spelled(bound + 1)),
                    "leave it out",
                ),
            };
            self.walk.push(true, message, help.to_owned());
            return None;
        }
        let names = names(of, version);
        let closest = closest(key, names.iter().copied());
        let help = match closest {
            Some(name) => did_you_mean(&self.walk.path_beside(name)),
            None => some_keys(&names),
        };
        self.walk.push(true, format!("unknown key `{path}`: Kubernetes refuses it"), help);
        closest.map(str::to_owned)
    }

    fn missing(&mut self, field: &Field) {
        let name = &field.name;
        let subject = match self.walk.pointer.is_empty() {
            true => "the object".to_owned(),
            false => self.walk.subject(),
        };
        self.walk.push(false, format!("{subject} needs `{name}`"), format!("add `{name}:`"));
    }

    /// Fields that exclude each other; the one that has to go.
    pub(super) fn alone(&mut self, alone: &Alone, map: &'v Map<String, Json>) -> Option<&'v String> {
        // A field of a Go type is left out when it is empty.
        let is_set = |value: &Json| !value.is_null() && value.as_str() != Some("");
        let mut there =
            map.iter().filter(|(key, value)| alone.names.iter().any(|name| *name == **key) && is_set(value));
        match (there.next(), there.next()) {
            (Some((first, _)), Some((second, _))) if alone.is_exclusive && self.extent == Extent::Whole => {
                let message = format!("{} cannot have both `{first}` and `{second}`", self.walk.subject());
                self.at(Step::Key(second), |check| check.walk.push(true, message, "keep one of them".to_owned()));
                Some(second)
            }
            (None, _) if alone.is_needed && self.extent == Extent::Whole => {
                let names: Vec<String> = alone.names.iter().map(|name| format!("`{name}`")).collect();
                let message = format!("{} needs one of {}", self.walk.subject(), names.join(", "));
                self.walk.push(false, message, format!("add one of {}", names.join(", ")));
                None
            }
            _ => None,
        }
    }
}

pub(super) fn names(of: &Type, version: u32) -> Vec<&str> {
    of.fields_in(version).map(|field| &*field.name).collect()
}

fn fits(form: &Form, value: &Json) -> bool {
    match form {
        Form::Any => true,
        Form::List(..) => value.is_array(),
        Form::Each(_) | Form::Amounts(_) | Form::Named(_) | Form::Own(_) | Form::Nothing => value.is_object(),
        _ => !value.is_array() && !value.is_object(),
    }
}

fn words(form: &Form) -> &'static str {
    match form {
        Form::List(..) => "a list",
        Form::Each(_) | Form::Amounts(_) | Form::Named(_) | Form::Own(_) | Form::Nothing => "a map",
        _ => "a string",
    }
}

/// The resources that Kubernetes names itself; any other has a domain before a slash.
const COMPUTE: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
const HUGE_PAGES: &str = "hugepages-";

impl Resources {
    /// The names, and what further ones begin with.
    pub(super) fn names(self) -> (&'static [&'static str], Option<&'static str>) {
        match self {
            Resources::Compute => (&COMPUTE, Some(HUGE_PAGES)),
            Resources::Storage => (&["storage"], None),
        }
    }
}

impl<'v> Walk<'v> {
    fn amount(&mut self, which: Resources, name: &'v str, value: &'v Json) {
        let is_size = matches!(name, "memory" | "ephemeral-storage" | "storage");
        let (own, further) = which.names();
        let is_known =
            own.contains(&name) || name.contains('/') || further.is_some_and(|start| name.starts_with(start));
        if !is_known && !is_left_open(name) {
            let help = match (closest(name, own.iter().copied()), which) {
                (Some(meant), _) => did_you_mean(&self.path_beside(meant)),
                (None, Resources::Compute) => {
                    format!("known resources: {}; others have a domain, like nvidia.com/gpu", own.join(", "))
                }
                (None, Resources::Storage) => "write `storage`".to_owned(),
            };
            return self.push(true, format!("unknown resource `{}`: Kubernetes refuses it", self.path()), help);
        }
        if !value.is_null() {
            self.quantity(value, is_size);
        }
    }
}
