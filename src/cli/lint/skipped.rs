//! Files that lint passes over, and why.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::{chart, cli::report, diagnostic::Finding, manifest::Bundle, tree::FileTree};

/// The files that are passed over.
#[derive(Default)]
pub(super) struct Skipped {
    templates: Vec<String>,
    strangers: Vec<String>,
}

/// What a file is that cannot be parsed before something fills it in.
const HOLES: [&str; 2] = ["{{", "{%"];

impl Skipped {
    /// Takes the templates of Helm charts out of a tree: they are no YAML before Helm has filled them in.
    pub(super) fn templates_of_charts(tree: &mut FileTree) -> Skipped {
        let folders = tree.iter().filter_map(|(path, _)| path.strip_suffix("Chart.yaml"));
        let folders: BTreeSet<String> = folders
            .filter(|folder| folder.is_empty() || folder.ends_with('/'))
            .map(|folder| format!("{folder}templates/"))
            .collect();
        // The folders of a path are few, those of charts may be many.
        let is_template = |path: &str| path.match_indices('/').any(|(end, _)| folders.contains(&path[..=end]));
        let templates = tree.iter().map(|(path, _)| path).filter(|path| is_template(path)).map(str::to_owned).collect();
        tree.retain(|path| !is_template(path));
        Skipped { templates, strangers: Vec::new() }
    }

    /// Takes out what is wrong with files that are templates of something else: they cannot be parsed, and have holes.
    pub(super) fn other_templates(&mut self, findings: Vec<Finding>, tree: &FileTree) -> Vec<Finding> {
        let broken: BTreeSet<&str> = findings.iter().map(|finding| finding.location.file.as_str()).collect();
        let has_holes = |file: &&str| {
            let text = tree.get(file).and_then(|bytes| std::str::from_utf8(bytes).ok());
            text.is_some_and(|text| HOLES.iter().any(|hole| text.contains(hole)))
        };
        let templates: BTreeSet<String> = broken.into_iter().filter(has_holes).map(str::to_owned).collect();
        let left = findings.into_iter().filter(|finding| !templates.contains(&finding.location.file)).collect();
        self.templates.extend(templates);
        left
    }

    /// Notes the files of which no rule knows what they are: neither Kubernetes nor values of a known chart, nor Compose.
    pub(super) fn strangers(&mut self, bundle: &Bundle) {
        let is_known = |body: &Json| {
            let has = |key: &str| body.get(key).is_some();
            has("kind") || has("apiVersion") || has("services") || chart::recognise(body).is_some()
        };
        let of = |known: bool| {
            let objects = bundle.objects.iter().filter(move |object| is_known(&object.body) == known);
            objects.map(|object| object.file.as_str()).collect::<BTreeSet<&str>>()
        };
        let (known, other) = (of(true), of(false));
        let values: BTreeSet<&str> = bundle.values.keys().map(String::as_str).collect();
        let strangers = other.into_iter().filter(|file| !known.contains(file) && !values.contains(file));
        self.strangers.extend(strangers.map(str::to_owned));
    }

    /// How many there are of each kind, to follow other words; empty where there is none.
    pub(super) fn words(&self) -> String {
        let kinds = [(&self.templates, "template"), (&self.strangers, "file")];
        let counted = kinds.map(|(files, what)| report::counted(files.len(), what));
        let words = match (self.templates.len(), self.strangers.len()) {
            (0, 0) => return String::new(),
            (_, 0) => counted[0].clone(),
            (0, _) => format!("{} without Kubernetes", counted[1]),
            _ => format!("{} and {} without Kubernetes", counted[0], counted[1]),
        };
        format!("; passed over: {words} (-v lists them)")
    }

    /// Lists them.
    pub(super) fn list(&self) {
        for file in &self.templates {
            report::progress(&format!("{file}: passed over: a template, no YAML before something fills it in"));
        }
        for file in &self.strangers {
            report::progress(&format!("{file}: passed over: neither Kubernetes nor values of a chart that gen knows"));
        }
    }
}
