//! The pinned charts of an environment.

use std::collections::BTreeMap;

use super::Planner;
use crate::{
    chart::{self, Chart},
    environment::{
        Environment,
        spec::{ChartSourceSpec, ChartSpec, FluxSourceKind},
    },
    part::{ChartPin, ChartSource, GitReference},
    path,
    scalar::{ChartVersion, RelativePath},
    tree::FileTree,
    yaml::{Dialect, FileId, Node, Source, parse},
};

/// The files that tell whether a vendored chart is what the environment says: paths relative to the repository's root.
#[must_use]
pub fn vendored_files(environment: &Environment) -> Vec<String> {
    let mut files = Vec::new();
    for (name, chart) in &environment.spec.charts {
        if let ChartSourceSpec { git: None, oci: None, repository: None, path: Some(folder), .. } = &chart.source {
            files.push(chart_file(folder.as_str()));
            let model = chart::find(name, chart.version.as_str());
            files.extend(
                model.into_iter().flat_map(|model| dependency_files(folder.as_str(), model).into_iter().flatten()),
            );
        }
    }
    files
}

fn chart_file(folder: &str) -> String {
    format!("{folder}/Chart.yaml")
}

/// For each dependency the files of which one has to be there: unpacked, or as `helm dependency build` leaves it.
fn dependency_files(folder: &str, chart: &Chart) -> Vec<[String; 2]> {
    let files = |(name, version): &(&str, &str)| {
        [format!("{folder}/charts/{name}/Chart.yaml"), format!("{folder}/charts/{name}-{version}.tgz")]
    };
    chart.dependencies.iter().map(files).collect()
}

/// What a wrong source is taken for, so that services do not miss a chart that is there.
fn stand_in() -> Option<ChartSource> {
    Some(ChartSource::Vendored { path: RelativePath::parse(".").ok()? })
}

/// Why a chart's source is none of the forms that there are.
fn no_form(spec: &ChartSourceSpec) -> String {
    let forms = [("git", spec.git.is_some()), ("oci", spec.oci.is_some()), ("repository", spec.repository.is_some())];
    let given: Vec<&str> = forms.into_iter().filter(|(_, is_given)| *is_given).map(|(name, _)| name).collect();
    match given.as_slice() {
        [] => "a chart's source is one of four forms, and this is none of them".to_owned(),
        ["git"] if spec.tag.is_some() && spec.commit.is_some() => "`tag` and `commit` exclude each other".to_owned(),
        ["git"] => "a chart from Git needs `path` and one of `tag` and `commit`, and nothing else".to_owned(),
        ["oci"] => "beside `oci` only `digest` can stand".to_owned(),
        [one] => format!("beside `{one}` nothing else can stand"),
        several => format!(
            "{} exclude each other",
            several.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
        ),
    }
}

impl Planner<'_> {
    pub(super) fn charts(&mut self, vendored: &FileTree) -> BTreeMap<String, ChartPin> {
        let environment = self.environment;
        let mut charts = BTreeMap::new();
        for (name, chart) in &environment.spec.charts {
            let at = path::join(&path::join("charts", name), "source");
            let source = self.source(&chart.source, &at);
            if let Some(ChartSource::Vendored { path }) = &source {
                self.vendored(path.as_str(), name, chart.version.as_str(), &at, vendored);
            }
            let Some(source) = source.or_else(stand_in) else { continue };
            let model = self.model(name, chart);
            charts.insert(name.clone(), ChartPin { name: name.clone(), version: chart.version.clone(), model, source });
        }
        charts
    }

    /// The version of the model that a chart is rendered by.
    fn model(&mut self, name: &str, chart: &ChartSpec) -> ChartVersion {
        let at = path::join("charts", name);
        let known = chart::versions(name).join(", ");
        let is_known = |version: &ChartVersion| chart::find(name, version.as_str()).is_some();
        match &chart.model {
            None if !is_known(&chart.version) => self.error(
                "unknown-chart-version",
                &path::join(&at, "version"),
                format!("gen has no model of {name} {}", chart.version),
                format!("known versions: {known}; `model: {known}` lets that stand in, with `values:` unchecked"),
            ),
            Some(model) if !is_known(model) => self.error(
                "unknown-chart-version",
                &path::join(&at, "model"),
                format!("gen has no model of {name} {model}"),
                format!("known versions: {known}"),
            ),
            Some(_) if is_known(&chart.version) => self.error(
                "wrong-value",
                &path::join(&at, "model"),
                format!("gen has a model of {name} {} itself, so none has to stand in", chart.version),
                "delete this line",
            ),
            _ => {}
        }
        chart.model.clone().unwrap_or_else(|| chart.version.clone())
    }

    /// Exactly one form, with what belongs to it.
    fn source(&mut self, spec: &ChartSourceSpec, at: &str) -> Option<ChartSource> {
        let given = spec.clone();
        match (given.git, given.oci, given.repository, given.path, given.tag, given.commit, given.digest) {
            (Some(url), None, None, Some(path), Some(tag), None, None) => {
                Some(ChartSource::Git { url, reference: GitReference::Tag(tag), path })
            }
            (Some(url), None, None, Some(path), None, Some(commit), None) => {
                Some(ChartSource::Git { url, reference: GitReference::Commit(commit), path })
            }
            (None, Some(url), None, None, None, None, digest) => Some(ChartSource::Oci { url, digest }),
            (None, None, Some(url), None, None, None, None) => Some(ChartSource::Repository { url }),
            (None, None, None, Some(path), None, None, None) => Some(ChartSource::Vendored { path }),
            _ => {
                self.error(
                    "wrong-value",
                    at,
                    no_form(spec),
                    "write {git, path, tag}, {git, path, commit}, {oci, digest}, {repository} or {path}",
                );
                None
            }
        }
    }

    fn vendored(&mut self, folder: &str, name: &str, version: &str, at: &str, vendored: &FileTree) {
        let file = chart_file(folder);
        let is_oci = matches!(
            self.environment.spec.delivery.flux.as_ref().map(|flux| flux.source.kind),
            Some(FluxSourceKind::OciRepository)
        );
        if is_oci {
            let message = "Flux cannot take a chart from an OCIRepository that holds a whole repository";
            self.error(
                "wrong-value",
                at,
                message,
                "deliver by a GitRepository or Bucket, or take the chart from elsewhere",
            );
        }
        let Some(bytes) = vendored.get(&file) else {
            let help =
                format!("vendor {name} {version} there, with its charts/common, or take the chart from elsewhere");
            return self.error("missing-file", at, format!("there is no {file}"), help);
        };
        let parsed = parse(Source { id: FileId(0), name: &file, bytes }, Dialect::Manifest);
        let root = match parsed {
            Ok(documents) => documents.into_iter().next(),
            Err(findings) => return self.findings.extend(findings),
        };
        let text = |key: &str| root.as_ref().and_then(|root| root.get(key)).and_then(Node::as_str).unwrap_or("");
        if text("name") != name || text("version") != version {
            let message = format!("{file} is {} {}, not {name} {version}", text("name"), text("version"));
            self.error("wrong-value", at, message, "vendor that version, or change the pin");
        }
        let model = chart::find(name, version);
        for [unpacked, packed] in model.into_iter().flat_map(|model| dependency_files(folder, model)) {
            if vendored.get(&unpacked).is_none() && vendored.get(&packed).is_none() {
                let message = format!("there is no {packed}, so Flux would fetch it from a registry, unpinned");
                let help = format!("run `helm dependency build {folder}` and commit the result");
                self.error("unpinned-dependency", at, message, help);
            }
        }
    }
}
