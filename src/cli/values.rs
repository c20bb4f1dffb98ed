//! `gen values`.

use std::{fmt::Write as _, process::ExitCode};

use clap::Args;
use serde_json::{Value as Json, json};

use super::{Format, Trouble, report};
use crate::{
    chart::{self, Chart, Kind, Setting},
    schema::closest,
};

/// Longer defaults are cut off in the list.
const LONGEST_DEFAULT: usize = 40;
/// Types and paths that are longer than these do not push the next column to the right.
const WIDEST: [usize; 2] = [58, 44];

#[derive(Debug, Args)]
pub(super) struct Values {
    /// The chart's name; `NAME@VERSION` for another version than the newest that gen knows.
    chart: String,
    /// A value or a group of them, as a dotted path; all in short where it is left out.
    path: Option<String>,
    /// `json` is one document, `{"version": 1, "chart", "chartVersion", "values": [{"path", "type", "default", "facet",
    /// "meaning"}]}`, with `allowed` for enums and `minimum` and `maximum` for whole numbers; `facet` is null where rules want to
    /// know nothing.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Values {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let chart = find(&self.chart)?;
        let settings = match self.path.as_deref().map(|path| path.trim_matches('.')) {
            None | Some("") => chart.settings.iter().collect(),
            Some(path) => below(chart, path)?,
        };
        let text = match (self.format, settings.as_slice()) {
            (Format::Json, _) => document(chart, &settings),
            (Format::Text, [only]) => details(only),
            (Format::Text, _) => list(&settings, self.path.is_some()),
        };
        report::print(&text);
        Ok(ExitCode::SUCCESS)
    }
}

fn find(asked: &str) -> Result<&'static Chart, Trouble> {
    let (name, version) = asked.split_once('@').map_or((asked, None), |(name, version)| (name, Some(version)));
    let version = version.filter(|version| !version.is_empty());
    let versions = chart::versions(name);
    let Some(newest) = versions.last() else {
        let help = match closest(name, chart::names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("charts: {}", chart::names().join(", ")),
        };
        return Err(Trouble(format!("there is no model of a chart `{name}`\n{help}")));
    };
    chart::find(name, version.unwrap_or(newest)).ok_or_else(|| {
        let asked = version.unwrap_or_default();
        Trouble(format!("there is no model of {name} {asked}\nversions: {}", versions.join(", ")))
    })
}

/// The setting of a path, or those of a group.
fn below(chart: &'static Chart, path: &str) -> Result<Vec<&'static Setting>, Trouble> {
    let group = chart.group(path);
    let settings = if group.is_empty() { chart.setting(path).into_iter().collect() } else { group };
    if !settings.is_empty() {
        return Ok(settings);
    }
    // Below a value of free form there are no rows: what is there is the value's.
    let ends = path.rmatch_indices('.').map(|(at, _)| &path[..at]);
    let help = match (ends.clone().find_map(|above| chart.setting(above)), chart.meant(path)) {
        (Some(above), _) if chart.group(above.path).is_empty() => {
            format!("`{}` is the value: {}", above.path, above.kind.words())
        }
        (_, Some(meant)) => format!("did you mean `{meant}`?"),
        _ => format!("`gen values {}` lists what there is", chart.name),
    };
    Err(Trouble(format!("{} has no value `{path}`\n{help}", chart.name)))
}

/// One line for each, in columns: path, what it takes, default; below it what it means, where that is asked for.
fn list(settings: &[&Setting], with_meanings: bool) -> String {
    let rows: Vec<[String; 3]> =
        settings.iter().map(|setting| [setting.path.to_owned(), setting.kind.words(), cut(setting.default)]).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).filter(|width| *width <= WIDEST[column]).max();
    let (first, second) = (width(0).unwrap_or(0), width(1).unwrap_or(0));
    let mut text = String::new();
    let mut group = settings.first().and_then(|setting| setting.path.split('.').next());
    for ([path, kind, default], setting) in rows.iter().zip(settings) {
        let own = path.split('.').next();
        if std::mem::replace(&mut group, own) != own {
            text.push('\n');
        }
        let _ = writeln!(text, "{path:first$}  {kind:second$}  {default}");
        if with_meanings {
            let _ = writeln!(text, "    {}", setting.meaning);
        }
    }
    text
}

fn cut(default: &str) -> String {
    match default.char_indices().nth(LONGEST_DEFAULT) {
        Some((at, _)) => format!("{}...", &default[..at]),
        None => default.to_owned(),
    }
}

fn details(setting: &Setting) -> String {
    let mut text = format!("{}\n", setting.path);
    let _ = writeln!(text, "  takes    {}", setting.kind.words());
    let _ = writeln!(text, "  default  {}", setting.default);
    if let Some(facet) = setting.facet.words() {
        let _ = writeln!(text, "  facet    {facet}");
    }
    let _ = writeln!(text, "\n  {}", setting.meaning);
    text
}

fn document(chart: &Chart, settings: &[&Setting]) -> String {
    let value = |setting: &&Setting| {
        let default: Json = serde_json::from_str(setting.default).unwrap_or_default();
        let mut value = json!({
            "path": setting.path,
            "type": setting.kind.words(),
            "default": default,
            "facet": setting.facet.words(),
            "meaning": setting.meaning,
        });
        match setting.kind {
            Kind::OneOf(words) => value["allowed"] = words.into(),
            Kind::Integer(low, high) => (value["minimum"], value["maximum"]) = (low.into(), high.into()),
            _ => {}
        }
        value
    };
    let values: Vec<Json> = settings.iter().map(value).collect();
    format!("{:#}\n", json!({ "version": 1, "chart": chart.name, "chartVersion": chart.version, "values": values }))
}
