//! The pods that a chart makes, as far as its values decide what they may do, need and check.

use serde_json::{Map, Value as Json};

use super::{Chart, index::Node};

/// A pod of a chart. Its settings stand in one group under the names that Bitnami's charts share: `podSecurityContext`,
/// `hostNetwork`, `hostIPC`, `automountServiceAccountToken`, `podAnnotations`, `extraPodSpec`, `extraVolumes`,
/// `initContainers`, `sidecars`. A name that the chart's model does not have is not read.
#[derive(Debug)]
pub struct Pod {
    /// What it is, for people, such as `primary`.
    pub name: &'static str,
    /// The group of its settings.
    pub group: &'static str,
    /// The settings, with what they have to be, without which the chart does not make it.
    pub when: &'static [(&'static str, &'static str)],
    /// Whether it serves; jobs end.
    pub is_server: bool,
    /// The setting that says how many there are; one where there is none.
    pub replicas: Option<&'static str>,
    /// The fields of its `podSecurityContext` that the chart's templates pass on; all where none is named.
    pub passes: &'static [&'static str],
    /// Its containers, those that run first included.
    pub containers: &'static [Container],
}

/// A container of a chart. Its settings stand in one group: `containerSecurityContext`, `resources`, `resourcesPreset`,
/// `livenessProbe`, `readinessProbe` and their `custom` forms, `command`.
#[derive(Debug)]
pub struct Container {
    /// Its name.
    pub name: &'static str,
    /// The group of its settings.
    pub group: &'static str,
    /// The setting without which the chart does not make it; empty where it always does.
    pub when: &'static str,
    /// Whether it runs to its end before the others start.
    pub is_init: bool,
}

impl Chart {
    /// What the chart takes for everything below the dotted `path` that is not set.
    #[must_use]
    pub fn defaults(&self, path: &str) -> Option<&Json> {
        let all = self.tree().defaults.get_or_init(|| defaults(&self.tree().root));
        path.split('.').try_fold(all, |value, key| value.get(key))
    }
}

/// The defaults at a node and below it.
fn defaults(node: &Node) -> Json {
    let own = node.row.and_then(|(_, setting)| serde_json::from_str(setting.default).ok());
    if !node.is_group() {
        return own.unwrap_or(Json::Null);
    }
    let mut map = match own {
        Some(Json::Object(map)) => map,
        _ => Map::new(),
    };
    map.extend(node.children.iter().map(|child| (child.key.to_owned(), defaults(child))));
    Json::Object(map)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use crate::chart::CHARTS;

    #[test]
    fn defaults_stand_as_the_values_file_has_them() {
        let chart = CHARTS[0];
        let context = chart.defaults("primary.containerSecurityContext").unwrap();
        assert_eq!(context["capabilities"], json!({"drop": ["ALL"]}));
        assert_eq!((&context["enabled"], &context["runAsUser"]), (&json!(true), &json!(1001)));
        assert_eq!(chart.defaults("primary.resourcesPreset"), Some(&json!("nano")));
        assert_eq!(chart.defaults("primary.nothing"), None);
    }

    /// A typo in the model of a pod would make rules blind.
    #[test]
    fn every_path_of_a_pod_is_one_of_the_chart() {
        for chart in CHARTS {
            for pod in chart.pods {
                assert!(chart.defaults(pod.group).is_some(), "{}", pod.group);
                pod.when.iter().for_each(|(path, _)| assert!(chart.setting(path).is_some(), "{path}"));
                pod.replicas.iter().for_each(|path| assert!(chart.setting(path).is_some(), "{path}"));
                for container in pod.containers {
                    let context = format!("{}.containerSecurityContext", container.group);
                    assert!(chart.defaults(&context).is_some(), "{context}");
                    assert!(container.when.is_empty() || chart.setting(container.when).is_some(), "{}", container.when);
                }
            }
        }
    }
}
