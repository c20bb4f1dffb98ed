//! Expressions between `${{` and `}}`. They see the environment's name and namespace and how its services are reached,
//! nothing else: hence no order of evaluation and no cycles.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::Files;
use crate::{
    component::{Address, Place},
    diagnostic::Finding,
    path,
    template::{Expressions, OPEN},
    yaml::{Node, Value},
};

/// Fills in the expressions of an environment.
pub(super) struct Templates {
    expressions: Expressions,
}

impl Templates {
    pub(super) fn new(place: &Place<'_>, services: &BTreeMap<String, Address>) -> Self {
        let services: BTreeMap<&str, Json> = services
            .iter()
            .map(|(name, address)| {
                let seen = json!({ "host": address.host, "port": address.port, "secret": address.secret });
                (name.as_str(), seen)
            })
            .collect();
        let env = json!({ "name": place.environment, "namespace": place.namespace });
        Templates { expressions: Expressions::new(&json!({ "env": env, "services": services })) }
    }

    /// Replaces every expression below `node` by its value.
    pub(super) fn fill(&self, node: &mut Node, at: &str, files: &Files, findings: &mut Vec<Finding>) {
        match &mut node.value {
            Value::Mapping(entries) => {
                for entry in entries {
                    self.fill(&mut entry.node, &path::join(at, &entry.key), files, findings);
                }
            }
            Value::Sequence(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.fill(item, &path::item(at, index), files, findings);
                }
            }
            Value::String(text) if text.contains(OPEN) => match self.expressions.evaluate(text) {
                Ok(value) => node.value = scalar(value),
                Err(reason) => {
                    let known =
                        "expressions see `env.name`, `env.namespace` and `services.NAME.host`, `.port`, `.secret`";
                    let location = files.location(node.mark);
                    findings.push(Finding::error("bad-expression", location, reason).help(known).at(at));
                }
            },
            _ => {}
        }
    }
}

fn scalar(value: Json) -> Value {
    match value {
        Json::Bool(flag) => Value::Bool(flag),
        Json::Number(number) => Value::Number(number),
        Json::String(text) => Value::String(text),
        Json::Null | Json::Array(_) | Json::Object(_) => Value::Null,
    }
}
