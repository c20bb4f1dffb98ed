//! The pods that a chart makes with its values, as far as rules ask.

use std::borrow::Cow;

use serde_json::{Map, Value as Json, json};

use super::{From, Origin, Template};
use crate::{
    chart::{Container, Pod},
    path,
    view::{Release, product},
};

/// The values that a pod of a chart is made from.
pub(in crate::view) struct Source<'a, 'v> {
    pub(in crate::view) release: &'v Release<'a>,
    pub(in crate::view) pod: &'static Pod,
    /// The containers of the chart's own, as they stand in the pod's list.
    pub(in crate::view) own: Vec<&'static Container>,
    routes: Vec<Route>,
}

/// Which values decide what stands at a place of the pod.
struct Route {
    /// The keys that lead there in the pod.
    to: Vec<String>,
    /// The dotted path of the values.
    from: String,
    /// The setting that brings it at all, and what turns it off.
    because: Option<(String, &'static str)>,
}

/// The pods of a release. What its values leave open is the chart's default.
pub(super) fn templates<'a, 'v>(release: &'v Release<'a>) -> Vec<Template<'a, 'v>> {
    let all = release.chart.pods.iter();
    all.filter(|pod| pod.when.iter().all(|(path, is)| fits(release, path, is)))
        .map(|pod| template(release, pod))
        .collect()
}

/// Whether a setting is what it has to be.
fn fits(release: &Release<'_>, path: &str, is: &str) -> bool {
    match release.value(path).or_else(|| release.chart.defaults(path)) {
        Some(Json::Bool(flag)) => flag.to_string() == is,
        Some(Json::String(text)) => text == is,
        _ => false,
    }
}

/// What the values and the chart's defaults come to at a path.
fn effective(release: &Release<'_>, path: &str) -> Json {
    let mut value = release.chart.defaults(path).cloned().unwrap_or(Json::Null);
    for layer in &release.layers {
        let said = path.split('.').try_fold(layer.values.as_ref(), |value, key| value.get(key));
        if let Some(said) = said {
            merge(&mut value, said);
        }
    }
    value
}

/// Helm's way: maps merge, `null` drops, everything else replaces.
fn merge(base: &mut Json, over: &Json) {
    match (base, over) {
        (Json::Object(base), Json::Object(over)) => {
            for (key, value) in over {
                match base.get_mut(key) {
                    _ if value.is_null() => drop(base.remove(key)),
                    Some(below) => merge(below, value),
                    None => drop(base.insert(key.clone(), value.clone())),
                }
            }
        }
        (base, over) => *base = over.clone(),
    }
}

fn is_true(value: &Json) -> bool {
    value == &Json::Bool(true) || value == "true"
}

struct Maker<'a, 'v> {
    release: &'v Release<'a>,
    spec: Map<String, Json>,
    routes: Vec<Route>,
}

fn template<'a, 'v>(release: &'v Release<'a>, pod: &'static Pod) -> Template<'a, 'v> {
    let mut maker = Maker { release, spec: Map::new(), routes: Vec::new() };
    let group = |key: &str| path::join(pod.group, key);
    let set = |key: &str| Some(effective(release, &group(key))).filter(|value| !value.is_null());
    if let Some(Json::Object(extra)) = set("extraPodSpec") {
        maker.spec = extra;
        maker.route(&["spec"], group("extraPodSpec"));
    }
    for key in ["hostNetwork", "hostIPC"] {
        if set(key).as_ref().is_some_and(is_true) {
            maker.spec.insert(key.to_owned(), true.into());
            maker.route(&["spec", key], group(key));
        }
    }
    if let Some(token) = set("automountServiceAccountToken") {
        maker.spec.insert("automountServiceAccountToken".to_owned(), is_true(&token).into());
        maker.route(&["spec", "automountServiceAccountToken"], group("automountServiceAccountToken"));
    }
    if let Some(context) = maker.context(&["spec".to_owned()], &group("podSecurityContext"), None) {
        let passes = |key: &String| pod.passes.is_empty() || pod.passes.contains(&key.as_str());
        let context: Map<String, Json> = context.into_iter().filter(|(key, _)| passes(key)).collect();
        maker.spec.insert("securityContext".to_owned(), context.into());
    }
    let (firsts, own): (Vec<_>, Vec<_>) = pod
        .containers
        .iter()
        .filter(|container| container.when.is_empty() || fits(release, container.when, "true"))
        .partition(|container| container.is_init);
    for (list, containers, more) in [("initContainers", &firsts, "initContainers"), ("containers", &own, "sidecars")] {
        containers.iter().for_each(|container| maker.container(list, container));
        maker.append(list, &group(more));
    }
    maker.append("volumes", &group("extraVolumes"));
    let mut body = json!({ "spec": maker.spec });
    if let Some(annotations) = set("podAnnotations") {
        body["metadata"] = json!({ "annotations": annotations });
        maker.routes.push(Route::plain(&["metadata", "annotations"], group("podAnnotations")));
    }
    Template {
        pod: Cow::Owned(body),
        name: pod.name.to_owned(),
        kind: if pod.is_server { "StatefulSet" } else { "Job" },
        namespace: release.namespace.clone(),
        database: product::of_name(release.chart.name),
        is_server: pod.is_server,
        from: From::Chart(Source { release, pod, own, routes: maker.routes }),
    }
}

impl Route {
    fn plain(to: &[&str], from: String) -> Route {
        Route { to: to.iter().map(|key| (*key).to_owned()).collect(), from, because: None }
    }
}

impl Maker<'_, '_> {
    fn route(&mut self, to: &[&str], from: String) {
        self.routes.push(Route::plain(to, from));
    }

    /// The security context at `path`, and where it comes from; none where it is off.
    fn context(
        &mut self,
        above: &[String],
        path: &str,
        because: Option<(String, &'static str)>,
    ) -> Option<Map<String, Json>> {
        let to: Vec<String> = above.iter().cloned().chain(["securityContext".to_owned()]).collect();
        let Json::Object(mut context) = effective(self.release, path) else {
            self.routes.push(Route { to, from: path.to_owned(), because });
            return None;
        };
        let flag = context.remove("enabled");
        if flag.is_some_and(|flag| !is_true(&flag)) {
            let from = path::join(path, "enabled");
            self.routes.push(Route { to, from: from.clone(), because: Some((from, "true")) });
            return None;
        }
        // The server finds its user itself.
        if context.get("runAsUser").is_some_and(|user| user == "auto") {
            context.remove("runAsUser");
        }
        self.routes.push(Route { to, from: path.to_owned(), because });
        Some(context)
    }

    /// Adds to a list of the spec.
    fn push(&mut self, list: &str, item: Json) {
        match self.spec.get_mut(list) {
            Some(Json::Array(items)) => items.push(item),
            _ => drop(self.spec.insert(list.to_owned(), Json::Array(vec![item]))),
        }
    }

    fn length(&self, list: &str) -> usize {
        self.spec.get(list).and_then(Json::as_array).map_or(0, Vec::len)
    }

    /// A container of the chart's own.
    fn container(&mut self, list: &'static str, container: &'static Container) {
        let index = self.length(list);
        let above = ["spec".to_owned(), list.to_owned(), index.to_string()];
        let because = (!container.when.is_empty()).then(|| (container.when.to_owned(), "false"));
        let because = because.filter(|_| container.is_init);
        let context = self.context(&above, &path::join(container.group, "containerSecurityContext"), because);
        let mut body = json!({ "name": container.name });
        if let Some(context) = context {
            body["securityContext"] = context.into();
        }
        for (key, custom) in PROBES {
            let (plain, custom) = (path::join(container.group, key), path::join(container.group, custom));
            let probe = Some(effective(self.release, &custom))
                .filter(|probe| probe.as_object().is_some_and(|map| !map.is_empty()));
            let is_custom = probe.is_some();
            let probe = probe.or_else(|| {
                let probe = effective(self.release, &plain);
                probe.get("enabled").is_some_and(is_true).then_some(probe)
            });
            if let Some(probe) = probe {
                body[key] = probe;
            }
            let to: Vec<String> = above.iter().cloned().chain([key.to_owned()]).collect();
            self.routes.push(Route { to, from: if is_custom { custom } else { plain }, because: None });
        }
        let resources = path::join(container.group, "resources");
        body["resources"] = effective(self.release, &resources);
        let to: Vec<String> = above.iter().cloned().chain(["resources".to_owned()]).collect();
        self.routes.push(Route { to, from: resources, because: None });
        let command = path::join(container.group, "command");
        if let Json::Array(words) = effective(self.release, &command) {
            body["command"] = words.into();
            let to: Vec<String> = above.iter().cloned().chain(["command".to_owned()]).collect();
            self.routes.push(Route { to, from: command, because: None });
        }
        self.push(list, body);
    }

    /// What the values add to a list of the chart.
    fn append(&mut self, list: &'static str, path: &str) {
        let Json::Array(items) = effective(self.release, path) else { return };
        for (item, value) in items.into_iter().enumerate() {
            let index = self.length(list);
            self.push(list, value);
            self.route(&["spec", list, &index.to_string()], format!("{path}.{item}"));
        }
    }
}

const PROBES: [(&str, &str); 3] = [
    ("livenessProbe", "customLivenessProbe"),
    ("readinessProbe", "customReadinessProbe"),
    ("startupProbe", "customStartupProbe"),
];

impl<'a> Source<'a, '_> {
    /// Where the field at `pointer` is set, or would be.
    pub(super) fn origin(&self, pointer: &[String]) -> Origin<'a> {
        let leads = |route: &&Route| pointer.starts_with(&route.to);
        let Some(route) = self.routes.iter().filter(leads).max_by_key(|route| route.to.len()) else {
            return Origin { at: self.release.nearest(self.pod.group), instead: None };
        };
        let rest = &pointer[route.to.len()..];
        let keys: Vec<String> = route.from.split('.').map(str::to_owned).chain(rest.iter().cloned()).collect();
        let (at, depth) = self.release.toward(&keys);
        let named = route.from.split('.').count();
        match &route.because {
            // Nobody wrote the group itself: what brings it is the place to change.
            Some((flag, off)) if depth < named || *flag == route.from => {
                let at = self.release.place(flag).unwrap_or_else(|| self.release.nearest(flag));
                Origin { at, instead: Some(off) }
            }
            _ => Origin { at, instead: None },
        }
    }

    pub(super) fn file(&self) -> &'a str {
        &self.release.at.object.file
    }
}
