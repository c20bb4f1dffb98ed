//! Pods as Kubernetes would get them: those of manifests as they stand there, those of charts as their values make them.

mod of_chart;

use std::borrow::Cow;

use serde_json::Value as Json;

use super::{
    At, Spot, database,
    release::Valued,
    workload::{is_server, pod_template},
};

pub(super) use of_chart::Source;

/// A pod, with the way back to where its fields are written.
pub(super) struct Template<'a, 'v> {
    /// `metadata` and `spec`.
    pub(super) pod: Cow<'v, Json>,
    /// What it is, for people: `primary`, or the name of the workload.
    pub(super) name: String,
    /// The kind of the object that makes it.
    pub(super) kind: &'v str,
    pub(super) namespace: String,
    /// The database that it belongs to.
    pub(super) database: Option<&'static str>,
    /// Whether it is the database's server, and no job beside it.
    pub(super) is_server: bool,
    /// Where it comes from.
    pub(super) from: From<'a, 'v>,
}

/// Where a pod comes from.
pub(super) enum From<'a, 'v> {
    /// The object that makes it, and the pod in it.
    Manifest(Spot<'a, 'v>, Spot<'a, 'v>),
    /// The values of a chart.
    Chart(Source<'a, 'v>),
}

/// Where to change a field of a pod.
pub(super) struct Origin<'a> {
    pub(super) at: At<'a>,
    /// What to write there, where that is not the field itself.
    pub(super) instead: Option<&'static str>,
}

/// The pods of a tree.
pub(super) fn templates<'a, 'v>(bodies: &[Spot<'a, 'v>], releases: &[Valued<'a, 'v>]) -> Vec<Template<'a, 'v>> {
    let mut templates: Vec<Template<'a, 'v>> = bodies.iter().filter_map(Template::of_workload).collect();
    templates.extend(releases.iter().flat_map(|valued| of_chart::templates(valued.release)));
    templates
}

impl<'a, 'v> Template<'a, 'v> {
    fn of_workload(body: &Spot<'a, 'v>) -> Option<Self> {
        let template = pod_template(body)?;
        template.get(&["spec"])?;
        Some(Template {
            pod: Cow::Borrowed(template.value),
            name: body.name().to_owned(),
            kind: body.kind(),
            namespace: body.namespace().to_owned(),
            database: database::of_workload(body).map(|(product, _)| product),
            is_server: is_server(body),
            from: From::Manifest(body.clone(), template),
        })
    }

    /// Where the field at `pointer` of the pod is written, or would be.
    pub(super) fn origin(&self, pointer: &[String]) -> Origin<'a> {
        match &self.from {
            From::Manifest(_, template) => {
                let above = template.pointer().into_iter();
                let pointer = above.chain(pointer.iter().cloned()).collect();
                Origin { at: At { object: template.object, pointer, on_key: false }, instead: None }
            }
            From::Chart(source) => source.origin(pointer),
        }
    }

    /// The containers in a list of the pod's spec, each with its name.
    pub(super) fn containers(&self, list: &str) -> impl Iterator<Item = (usize, &Json)> {
        let list = self.pod.get("spec").and_then(|spec| spec.get(list)).and_then(Json::as_array);
        list.into_iter().flatten().enumerate()
    }

    /// The file that it stands in.
    pub(super) fn file(&self) -> &'a str {
        match &self.from {
            From::Manifest(body, _) => &body.object.file,
            From::Chart(source) => source.file(),
        }
    }
}
