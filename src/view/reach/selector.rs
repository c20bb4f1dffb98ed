//! Label selectors.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// Labels by key.
pub type Labels = BTreeMap<String, String>;

/// What is known of something's labels.
#[derive(Clone, Copy)]
pub(in crate::view) struct Known<'l> {
    pub(in crate::view) labels: &'l Labels,
    /// Whether it may have further labels, as the pods of a chart that is not rendered here.
    pub(in crate::view) is_open: bool,
}

/// A map of strings.
pub(in crate::view) fn labels(map: Option<&Json>) -> Labels {
    let entries = map.and_then(Json::as_object).into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// Whether a map of labels, as a Service's `selector` is one, selects what has these; an empty one selects nothing.
pub(in crate::view) fn selects_pairs(pairs: &Json, known: Known<'_>) -> bool {
    let mut speaks = false;
    for (key, value) in pairs.as_object().into_iter().flatten() {
        match known.labels.get(key) {
            Some(label) if value.as_str() == Some(label) => speaks = true,
            None if known.is_open => {}
            _ => return false,
        }
    }
    speaks
}

/// Whether a label selector selects what has these labels; none, and an empty one, selects everything. What may have further labels
/// is selected where one that is known speaks for it and none against it.
pub(in crate::view) fn selects(selector: Option<&Json>, known: Known<'_>) -> bool {
    let part = |key: &str| selector.and_then(|selector| selector.get(key));
    let pairs = part("matchLabels").filter(|pairs| pairs.as_object().is_some_and(|pairs| !pairs.is_empty()));
    let expressions = part("matchExpressions").and_then(Json::as_array);
    let mut is_empty = pairs.is_none();
    // One label that is known speaks for what may have others; where the labels say nothing, the expressions may.
    let mut speaks = pairs.is_some_and(|pairs| selects_pairs(pairs, known));
    if pairs.is_some_and(|pairs| !speaks && !is_possible(pairs, known)) {
        return false;
    }
    for expression in expressions.into_iter().flatten() {
        is_empty = false;
        let text = |key: &str| expression.get(key).and_then(Json::as_str).unwrap_or_default();
        let label = known.labels.get(text("key"));
        if label.is_none() && known.is_open {
            continue;
        }
        let values = expression.get("values").and_then(Json::as_array);
        let is_among = || label.is_some_and(|label| values.is_some_and(|values| values.iter().any(|one| one == label)));
        let holds = match text("operator") {
            "In" => is_among(),
            "NotIn" => !is_among(),
            "Exists" => label.is_some(),
            "DoesNotExist" => label.is_none(),
            _ => false,
        };
        if !holds {
            return false;
        }
        speaks |= label.is_some();
    }
    is_empty || speaks || !known.is_open
}

/// Whether no label that is known speaks against a map of labels.
fn is_possible(pairs: &Json, known: Known<'_>) -> bool {
    let mut pairs = pairs.as_object().into_iter().flatten();
    known.is_open && pairs.all(|(key, value)| known.labels.get(key).is_none_or(|label| value.as_str() == Some(label)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Known, Labels, labels, selects};

    #[test]
    fn a_selector_selects_as_kubernetes_does() {
        let pod = labels(Some(&json!({"app": "db", "tier": "back"})));
        let is = |selector: serde_json::Value| selects(Some(&selector), Known { labels: &pod, is_open: false });
        assert!(is(json!({})) && is(json!(null)) && is(json!({"matchLabels": {}})));
        assert!(is(json!({"matchLabels": {"app": "db"}})) && !is(json!({"matchLabels": {"app": "web"}})));
        let one = |operator: &str, key: &str, values: &[&str]| {
            is(json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]}))
        };
        assert!(one("In", "app", &["db", "x"]) && !one("In", "app", &["x"]) && !one("In", "none", &["x"]));
        assert!(one("NotIn", "app", &["x"]) && !one("NotIn", "app", &["db"]) && one("NotIn", "none", &["x"]));
        assert!(one("Exists", "app", &[]) && !one("Exists", "none", &[]) && !one("Like", "app", &["db"]));
        assert!(!one("DoesNotExist", "app", &[]) && one("DoesNotExist", "none", &[]));
    }

    #[test]
    fn what_may_have_further_labels_is_selected_by_what_is_known() {
        let pod = Labels::from([("app".to_owned(), "db".to_owned())]);
        let is = |selector: serde_json::Value| selects(Some(&selector), Known { labels: &pod, is_open: true });
        assert!(is(json!({"matchLabels": {"app": "db", "part": "primary"}})) && is(json!({})));
        assert!(!is(json!({"matchLabels": {"part": "primary"}})) && !is(json!({"matchLabels": {"app": "web"}})));
        let other = json!({"matchExpressions": [{"key": "part", "operator": "In", "values": ["primary"]}]});
        assert!(!is(other));
    }
}
