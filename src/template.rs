//! Templates: documents that are part of the program, and the expressions of the environment language. The only module
//! that names MiniJinja.

use minijinja::{Environment as Engine, UndefinedBehavior, Value, syntax::SyntaxConfig, value::Serde};
use serde::Serialize;
use serde_json::Value as Json;

/// What opens an expression inside a string. Helm's and Prometheus' `{{ }}` are left alone.
pub const OPEN: &str = "${{";
const CLOSE: &str = "}}";
/// The longest expression, in bytes.
const LONGEST_EXPRESSION: usize = 200;
/// How much the expressions of a string may add to it, in bytes.
const LARGEST_VALUE: usize = 1 << 10;
const TOO_LARGE: &str = "the expressions of this text give more than 1 KiB";

/// A document whose template is part of the program. Lines that hold only a tag leave no line behind.
pub struct Document {
    engine: Engine<'static>,
}

impl Document {
    /// Compiles a template, once for all documents that are made from it.
    ///
    /// # Panics
    /// When the template is broken, which every test that renders one shows.
    #[must_use]
    pub fn compile(template: &'static str) -> Document {
        let mut engine = Engine::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
        engine.set_syntax(syntax.expect("these are MiniJinja's own delimiters"));
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.add_template(NAME, template).expect("a template of the program compiles");
        Document { engine }
    }

    /// Fills the template in.
    ///
    /// # Panics
    /// When the template asks for what the scope does not hold: a mistake of the program, not of its input.
    pub fn render<S: Serialize>(&self, scope: &S) -> String {
        let template = self.engine.get_template(NAME).expect("it was added when compiled");
        template.render(Value::from(Serde(scope))).expect("the scope holds what the template asks for")
    }
}

/// What an engine calls its only template.
const NAME: &str = "document";

/// Evaluates the expressions in strings against a fixed scope.
pub struct Expressions {
    engine: Engine<'static>,
    scope: Value,
}

impl Expressions {
    /// Expressions that see `scope` and nothing else.
    pub fn new<S: Serialize>(scope: &S) -> Self {
        // No functions, and of the filters only the one that changes a type: chains of `replace` grow without bounds.
        let mut engine = Engine::empty();
        engine.add_filter("string", |value: Value| value.to_string());
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        Expressions { engine, scope: Value::from(Serde(scope)) }
    }

    /// Replaces every expression in `text` by its value. A text that is one whole expression keeps the expression's type,
    /// any other stays a string.
    ///
    /// # Errors
    /// When an expression is not closed, broken, undefined, longer than 200 bytes, or gives a map or a list; when the
    /// values together are longer than 1 KiB.
    pub fn evaluate(&self, text: &str) -> Result<Json, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPEN) {
            let end = closing(after).ok_or("`${{` has no closing `}}`")?;
            let value = self.expression(after[..end].trim())?;
            rest = &after[end + CLOSE.len()..];
            if before.is_empty() && rest.is_empty() && filled.is_empty() {
                return Ok(value);
            }
            filled.push_str(before);
            match value {
                Json::String(text) => filled.push_str(&text),
                other => filled.push_str(&other.to_string()),
            }
            if filled.len() > text.len() + LARGEST_VALUE {
                return Err(TOO_LARGE.to_owned());
            }
        }
        filled.push_str(rest);
        Ok(Json::String(filled))
    }

    fn expression(&self, text: &str) -> Result<Json, String> {
        // The parser goes one level down for every `-` and `not`.
        if text.len() > LONGEST_EXPRESSION {
            return Err(format!("this expression is longer than {LONGEST_EXPRESSION} bytes"));
        }
        let failed = |error: minijinja::Error| {
            let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
            format!("`{text}` cannot be evaluated: {detail}")
        };
        let value = self.engine.compile_expression(text).map_err(failed)?.eval(&self.scope).map_err(failed)?;
        if value.is_undefined() {
            return Err(format!("`{text}` is not defined"));
        }
        match serde_json::to_value(&value) {
            Ok(Json::Array(_) | Json::Object(_)) => Err(format!("`{text}` gives a map or a list, not one value")),
            Ok(Json::String(text)) if text.len() > LARGEST_VALUE => Err(TOO_LARGE.to_owned()),
            Ok(value) => Ok(value),
            Err(error) => Err(format!("`{text}` gives no plain value: {error}")),
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value as Json, json};

    use super::Expressions;

    fn evaluate(text: &str) -> Result<Json, String> {
        let services = json!({ "my-db": { "host": "my-db.viridial-staging.svc", "port": 5432 } });
        Expressions::new(&json!({ "env": { "name": "staging" }, "services": services })).evaluate(text)
    }

    #[test]
    fn a_whole_expression_keeps_its_type_and_a_part_does_not() {
        assert_eq!(evaluate("${{ services[\"my-db\"].port }}").unwrap(), json!(5432));
        assert_eq!(
            evaluate("${{ env.name }}: {{ helm }} ${{ services['my-db'].host }}:${{ services['my-db'].port }}")
                .unwrap(),
            json!("staging: {{ helm }} my-db.viridial-staging.svc:5432")
        );
        assert_eq!(evaluate("${{ 'a }} b' }}").unwrap(), json!("a }} b"));
    }

    #[test]
    fn what_is_undefined_unclosed_or_no_single_value_is_refused() {
        for text in ["${{ env.nam }}", "${{ services.redis.host }}", "${{ env.name", "${{ 1 + }}", "${{ services }}"] {
            assert!(evaluate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_would_cost_too_much_is_refused() {
        let deep = |part: &str| format!("${{{{ {}1 }}}}", part.repeat(60_000));
        let large = format!("x{}", "${{ 'x' * 900 }}".repeat(1000));
        for text in [
            &deep("-"),
            &deep("not "),
            &deep("("),
            "${{ 'x' * 2000 }}",
            &large,
            "${{ 'x'|replace('x', 'y') }}",
            "${{ range(9) }}",
        ] {
            assert!(evaluate(text).is_err(), "{}", &text[..20]);
        }
        assert_eq!(evaluate("${{ services['my-db'].port | string }}").unwrap(), json!("5432"));
    }
}
