//! Answers to where something comes from.

use serde_json::{Value as Json, json};

use crate::{
    diagnostic::{Location, printable},
    environment::{Chain, Effect, Step},
    yaml,
};

/// Longer values are cut off.
const LONGEST: usize = 60;

/// Where a line of a tree, or a path of an environment, comes from.
#[derive(Default)]
pub struct Answer {
    /// The line that was asked for, with the path inside its file; nothing where a path of an environment was.
    pub line: Option<(Location, String)>,
    /// What there is to know about its file.
    pub notes: Vec<String>,
    /// How the values behind it came about.
    pub chains: Vec<Chain>,
}

/// An answer for people.
#[must_use]
pub fn text(answer: &Answer) -> String {
    let mut lines = Vec::new();
    if let Some((place, path)) = &answer.line {
        let origin = answer.chains.first().map(|chain| chain.path.as_str());
        let what = if path.is_empty() { String::new() } else { format!(" {path}") };
        let from = origin.map_or_else(String::new, |origin| format!(" <- {origin}"));
        lines.push(format!("{}{what}{from}", at(place)));
    }
    lines.extend(answer.notes.iter().map(|note| format!("note: {note}")));
    for chain in &answer.chains {
        let value = chain.value.as_ref().map_or_else(|| "not set".to_owned(), short);
        lines.push(format!("{}: {value}", chain.path));
        lines.extend(steps(&chain.steps));
        if chain.value.is_none() {
            lines.extend(Some(format!("  {}", chain.meaning)).filter(|_| !chain.meaning.is_empty()));
            lines.extend(chain.nearest.iter().map(|(path, place)| match path.as_str() {
                "" => format!("  nearest: {}", at(place)),
                path => format!("  nearest: {path} ({})", at(place)),
            }));
        }
    }
    lines.into_iter().map(|line| printable(line) + "\n").collect()
}

/// The steps of a chain in columns; that the only one decides need not be said.
fn steps(steps: &[Step]) -> Vec<String> {
    let places: Vec<String> = steps.iter().map(|step| at(&step.location)).collect();
    let values: Vec<String> = steps.iter().map(|step| step.value.as_ref().map_or_else(String::new, short)).collect();
    let widest = |texts: &[String]| texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let (place_width, value_width) = (widest(&places), widest(&values));
    let line = |((place, value), step): ((&String, &String), &Step)| {
        let effect = if steps.len() == 1 { String::new() } else { words(&step.effect) };
        format!("  {place:place_width$}  {value:value_width$}  {effect}").trim_end().to_owned()
    };
    places.iter().zip(&values).zip(steps).map(line).collect()
}

fn at(place: &Location) -> String {
    match place.length {
        0 => place.file.clone(),
        _ => format!("{}:{}:{}", place.file, place.line, place.column),
    }
}

fn words(effect: &Effect) -> String {
    match effect {
        Effect::Decides => "decides".to_owned(),
        Effect::Overridden => "overridden".to_owned(),
        Effect::Joins => "joined".to_owned(),
        Effect::Removes(path) => format!("null at {path} removes it"),
        Effect::Replaces(path) => format!("{path} is replaced whole"),
    }
}

/// A value in one line of YAML, cut off where it is long.
fn short(value: &Json) -> String {
    let text = flow(value);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

fn flow(value: &Json) -> String {
    match value {
        Json::String(text) if text.contains('\n') => format!("{} ...", text.lines().next().unwrap_or_default()),
        Json::Object(map) => {
            let entries: Vec<String> = map.iter().map(|(key, value)| format!("{key}: {}", flow(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Json::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        scalar => yaml::emit(scalar).trim_end().to_owned(),
    }
}

/// An answer for programs: one JSON document in one line.
#[must_use]
pub fn document(answer: &Answer) -> String {
    let mut document = json!({ "version": 1 });
    if let Some((place, path)) = &answer.line {
        document["line"] = json!({ "file": place.file, "line": place.line, "column": place.column, "path": path });
    }
    document["notes"] = answer.notes.as_slice().into();
    document["chains"] = answer.chains.iter().map(chain).collect();
    format!("{document}\n")
}

fn chain(chain: &Chain) -> Json {
    let nearest = |(path, place): &(String, Location)| with_place(json!({ "path": path }), place);
    json!({
        "path": chain.path,
        "set": chain.value.is_some(),
        "value": chain.value,
        "meaning": chain.meaning,
        "steps": chain.steps.iter().map(step).collect::<Vec<_>>(),
        "nearest": chain.nearest.as_ref().map(nearest),
    })
}

fn step(step: &Step) -> Json {
    let (effect, by) = match &step.effect {
        Effect::Decides => ("decides", None),
        Effect::Overridden => ("overridden", None),
        Effect::Joins => ("joins", None),
        Effect::Removes(path) => ("removes", Some(path)),
        Effect::Replaces(path) => ("replaces", Some(path)),
    };
    with_place(json!({ "value": step.value, "effect": effect, "by": by }), &step.location)
}

fn with_place(mut object: Json, place: &Location) -> Json {
    object["file"] = place.file.as_str().into();
    object["line"] = place.line.into();
    object["column"] = place.column.into();
    object
}
