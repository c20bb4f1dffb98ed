//! Expressions between `${{` and `}}`. They see the environment's name and namespace and how its services are reached,
//! nothing else: hence no order of evaluation and no cycles.

use std::collections::BTreeMap;

use minijinja::{Environment as Engine, UndefinedBehavior, Value as Evaluated, context};
use serde_json::{Value as Json, json};

use super::Files;
use crate::{
    component::{Address, Place},
    diagnostic::Finding,
    path,
    yaml::{Node, Value},
};

const OPEN: &str = "${{";
const CLOSE: &str = "}}";

/// Evaluates the expressions in strings.
pub(super) struct Templates {
    engine: Engine<'static>,
    scope: Evaluated,
}

impl Templates {
    pub(super) fn new(place: &Place<'_>, services: &BTreeMap<String, Address>) -> Self {
        let mut engine = Engine::new();
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        let services: BTreeMap<&str, Json> = services
            .iter()
            .map(|(name, address)| {
                let seen = json!({ "host": address.host, "port": address.port, "secret": address.secret });
                (name.as_str(), seen)
            })
            .collect();
        let scope = context! {
            env => context! { name => place.environment, namespace => place.namespace },
            services => Evaluated::from_serialize(services),
        };
        Templates { engine, scope }
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
            Value::String(text) if text.contains(OPEN) => match self.evaluate(text) {
                Ok(value) => node.value = value,
                Err(reason) => {
                    let known = "expressions see `env.name`, `env.namespace` and `services.NAME.host`, `.port`, `.secret`";
                    let location = files.location(node.mark);
                    findings.push(Finding::error("bad-expression", location, reason).help(known).at(at));
                }
            },
            _ => {}
        }
    }

    /// A string that is one whole expression keeps the expression's type; any other stays a string.
    fn evaluate(&self, text: &str) -> Result<Value, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPEN) {
            let end = closing(after).ok_or("`${{` has no closing `}}`")?;
            let value = self.expression(after[..end].trim())?;
            rest = &after[end + CLOSE.len()..];
            if before.is_empty() && rest.is_empty() && filled.is_empty() {
                return typed(&value);
            }
            filled.push_str(before);
            filled.push_str(&value.to_string());
        }
        filled.push_str(rest);
        Ok(Value::String(filled))
    }

    fn expression(&self, text: &str) -> Result<Evaluated, String> {
        let failed = |error: minijinja::Error| {
            let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
            format!("`{text}` cannot be evaluated: {detail}")
        };
        let value = self.engine.compile_expression(text).map_err(failed)?.eval(&self.scope).map_err(failed)?;
        if value.is_undefined() {
            return Err(format!("`{text}` is not defined"));
        }
        Ok(value)
    }
}

/// Where the expression ends: the first `}}` outside of quotes.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    for (index, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if text[index..].starts_with(CLOSE) => return Some(index),
            None => {}
        }
    }
    None
}

fn typed(value: &Evaluated) -> Result<Value, String> {
    match serde_json::to_value(value) {
        Ok(Json::Null) => Ok(Value::Null),
        Ok(Json::Bool(flag)) => Ok(Value::Bool(flag)),
        Ok(Json::Number(number)) => Ok(Value::Number(number)),
        Ok(Json::String(text)) => Ok(Value::String(text)),
        Ok(_) => Err("an expression gives one value, not a map or a list".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use super::Templates;
    use crate::{
        component::{Address, Place},
        yaml::Value,
    };

    fn evaluate(text: &str) -> Result<Value, String> {
        let place = Place { environment: "staging", namespace: "viridial-staging", instance: "" };
        let address = Address { host: "my-db.viridial-staging.svc".into(), port: 5432, secret: "my-db-auth".into() };
        Templates::new(&place, &BTreeMap::from([("my-db".to_owned(), address)])).evaluate(text)
    }

    #[test]
    fn a_whole_expression_keeps_its_type_and_a_part_does_not() {
        assert_eq!(evaluate("${{ services[\"my-db\"].port }}").unwrap(), Value::Number(5432.into()));
        assert_eq!(
            evaluate("${{ env.name }}: {{ helm }} ${{ services['my-db'].host }}:${{ services['my-db'].port }}").unwrap(),
            Value::String("staging: {{ helm }} my-db.viridial-staging.svc:5432".into())
        );
        assert_eq!(evaluate("${{ 'a }} b' }}").unwrap(), Value::String("a }} b".into()));
    }

    #[test]
    fn what_is_undefined_unclosed_or_no_expression_is_refused() {
        for text in ["${{ env.nam }}", "${{ services.redis.host }}", "${{ env.name", "${{ 1 + }}", "${{ services }}"] {
            assert!(evaluate(text).is_err(), "{text}");
        }
    }
}
