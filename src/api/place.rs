//! Parts of objects that stand elsewhere, as in the values of a chart.

use serde_json::{Map, Value as Json};

use super::{
    Extent, Versions,
    check::{Check, names},
    form::{Field, Form, Limits, Type},
    index::INDEX,
    walk::Walk,
};

/// What a place takes.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    form: &'static Form,
    limits: Option<&'static Limits>,
    versions: Versions,
}

/// What a place takes, spelled out.
pub enum Looks {
    /// Anything.
    Any,
    /// True or false.
    Bool,
    /// A whole number, with its bounds.
    Integer(Option<i64>, Option<i64>),
    /// A number.
    Number,
    /// A text.
    Text,
    /// One of these words.
    OneOf(Vec<&'static str>),
    /// A text or a number.
    Scalar,
    /// A quantity.
    Quantity,
    /// Quantities by these names, and by those that begin with the text; names with a slash are taken too.
    Amounts(&'static [&'static str], Option<&'static str>),
    /// A list.
    List(Place),
    /// A map with any keys.
    Each(Place),
    /// A map with these keys, and the name of its type.
    Map(&'static str, Vec<(&'static str, Place)>),
    /// One of several.
    Or(Vec<Place>),
}

impl Place {
    /// The part of that name: see the type `values` in `byhand.txt`.
    #[must_use]
    pub fn part(name: &str, versions: Versions) -> Option<Place> {
        let of = INDEX.type_at(*INDEX.types.get("values")?);
        of.field(name, 1).map(|field| Place::of(field, versions))
    }

    fn of(field: &'static Field, versions: Versions) -> Place {
        Place { form: &field.form, limits: field.limits.as_deref(), versions }
    }

    fn map(self) -> Option<&'static Type> {
        match self.form {
            Form::Named(at) => Some(INDEX.type_at(*at)),
            _ => None,
        }
    }

    /// What stands at a key of it.
    #[must_use]
    pub fn below(self, key: &str) -> Option<Place> {
        match self.form {
            Form::Each(form) => Some(Place { form, limits: None, ..self }),
            _ => {
                let of = self.map()?;
                of.field(key, of.line.version(self.versions)).map(|field| Place::of(field, self.versions))
            }
        }
    }

    /// The keys that it takes, where it takes only some.
    #[must_use]
    pub fn keys(self) -> Vec<&'static str> {
        self.map().map_or_else(Vec::new, |of| names(of, of.line.version(self.versions)))
    }

    /// Whether it takes any key.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self.form, Form::Any) || self.map().is_some_and(|of| of.is_open)
    }

    /// Looks at a value: every mistake is added to those of the walk. A part need not be complete.
    #[must_use]
    pub fn check<'v>(self, walk: Walk<'v>, extent: Extent, value: &'v Json) -> Walk<'v> {
        let mut check = Check { walk, versions: self.versions, extent };
        check.value(self.form, self.limits, value);
        check.walk
    }

    /// Looks for keys of which there can be one only.
    #[must_use]
    pub fn check_alone<'v>(self, walk: Walk<'v>, map: &'v Map<String, Json>) -> Walk<'v> {
        let mut check = Check { walk, versions: self.versions, extent: Extent::Whole };
        let groups = self.map().map(|of| of.alone.iter()).into_iter().flatten();
        groups.filter(|alone| !alone.is_needed).for_each(|alone| {
            check.alone(alone, map);
        });
        check.walk
    }

    /// What it takes.
    #[must_use]
    pub fn looks(self) -> Looks {
        let inner = |form: &'static Form| Place { form, ..self };
        match self.form {
            Form::Bool => Looks::Bool,
            Form::Integer => {
                Looks::Integer(self.limits.and_then(|limits| limits.low), self.limits.and_then(|limits| limits.high))
            }
            Form::Number => Looks::Number,
            Form::Text | Form::Time | Form::Base64 => Looks::Text,
            // The empty word is how Kubernetes' own types are left out.
            Form::OneOf(words) => Looks::OneOf(words.iter().map(|word| &**word).chain([""]).collect()),
            Form::IntOrString => Looks::Scalar,
            Form::Quantity => Looks::Quantity,
            Form::Amounts(which) => {
                let (names, further) = which.names();
                Looks::Amounts(names, further)
            }
            Form::List(each, _) => Looks::List(inner(each)),
            Form::Each(each) => Looks::Each(Place { limits: None, ..inner(each) }),
            Form::Named(at) => {
                let of = INDEX.type_at(*at);
                let fields = of.fields_in(of.line.version(self.versions));
                let fields = fields.map(|field| (&*field.name, Place::of(field, self.versions))).collect();
                Looks::Map(INDEX.name(*at), fields)
            }
            Form::Or(forms) => Looks::Or(forms.iter().map(inner).collect()),
            Form::Any | Form::Nothing | Form::Own(_) => Looks::Any,
        }
    }
}
