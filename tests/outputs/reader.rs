//! Readers of the formats, as small as they can be, and as strict as the formats are.

use std::collections::BTreeMap;

use serde_json::Value;

/// A workflow command of GitHub: `::kind key=value,...::data`.
pub struct Command {
    pub kind: String,
    pub properties: BTreeMap<String, String>,
    pub data: String,
}

/// What a runner takes from the output of a step, every line of which must be a command.
pub fn commands(text: &str) -> Vec<Command> {
    assert!(text.is_empty() || text.ends_with('\n'));
    text.split_terminator('\n').map(command).collect()
}

fn command(line: &str) -> Command {
    assert!(!line.contains('\r'), "{line:?}");
    let (head, data) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (kind, properties) = head.split_once(' ').unwrap();
    let undo = |text: &str| text.replace("%3A", ":").replace("%2C", ",");
    // `%25` last: what it stands for begins nothing.
    let plain = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let property = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap();
        assert!(!value.contains(':'), "{pair}");
        (key.to_owned(), plain(&undo(value)))
    };
    let properties = properties.split(',').map(property).collect();
    Command { kind: kind.to_owned(), properties, data: plain(data) }
}

/// An XML element.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
    pub children: Vec<Element>,
}

/// The root element of an XML 1.0 document.
pub fn xml(text: &str) -> Element {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(allowed), "a character that XML does not know");
    let mut rest = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    let root = element(&mut rest);
    assert_eq!(rest, "\n");
    root
}

fn element(rest: &mut &str) -> Element {
    let (head, after) = rest.strip_prefix('<').unwrap().split_once('>').unwrap();
    let is_empty = head.ends_with('/');
    let head = head.trim_end_matches('/');
    let (name, mut attributes) = head.split_once(' ').unwrap_or((head, ""));
    let mut found = Element { name: name.to_owned(), ..Element::default() };
    while !attributes.is_empty() {
        let (key, value) = attributes.split_once("=\"").unwrap();
        let (value, next) = value.split_once('"').unwrap();
        assert!(!value.contains('<') && !value.contains('\n'));
        assert!(found.attributes.insert(key.trim().to_owned(), entities(value)).is_none());
        attributes = next.trim_start();
    }
    *rest = after;
    if is_empty {
        return found;
    }
    loop {
        let (text, _) = rest.split_once('<').unwrap();
        assert!(!text.contains("]]>"));
        found.text.push_str(&entities(text));
        *rest = &rest[text.len()..];
        if let Some(after) = rest.strip_prefix("</") {
            let (end, after) = after.split_once('>').unwrap();
            assert_eq!(end, name);
            *rest = after;
            return found;
        }
        found.children.push(element(rest));
    }
}

fn entities(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        let (entity, after) = part.split_once(';').unwrap();
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            number => char::from_u32(number.strip_prefix('#').unwrap().parse().unwrap()).unwrap(),
        });
        plain.push_str(after);
    }
    plain
}

/// Percent-encoding, undone. Nothing but what RFC 3986 leaves as it is may stand there.
pub fn uri(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        assert!(byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte), "{text}");
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// The text that inline Markdown shows: escapes and code spans as CommonMark reads them.
pub fn markdown(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let escaped = after.chars().next().unwrap();
                assert!(escaped.is_ascii_punctuation());
                shown.push(escaped);
                rest = &after[1..];
            }
            '`' => {
                let fence = &rest[..rest.find(|c| c != '`').unwrap()];
                let code = &rest[fence.len()..];
                let end = closing(code, fence.len());
                shown.push('`');
                let inside = &code[..end];
                let is_padded = inside.starts_with(' ') && inside.ends_with(' ') && !inside.trim().is_empty();
                shown.push_str(if is_padded { &inside[1..inside.len() - 1] } else { inside });
                shown.push('`');
                rest = &code[end + fence.len()..];
            }
            c => {
                assert!(!"*_[]<>#|~&!$".contains(c), "{c} would mean something in {text}");
                shown.push(c);
                rest = after;
            }
        }
    }
    shown
}

/// Where the run of exactly `length` backticks begins.
fn closing(code: &str, length: usize) -> usize {
    let mut at = 0;
    loop {
        at += code[at..].find('`').unwrap();
        let run = code[at..].find(|c| c != '`').unwrap_or(code.len() - at);
        if run == length {
            return at;
        }
        at += run;
    }
}

/// What a document does not keep of a JSON Schema: as much of the standard as docs/findings.schema.json uses.
pub fn breaches(schema: &Value, at: &Value, value: &Value, path: &str) -> Vec<String> {
    let at = match at.get("$ref").and_then(Value::as_str) {
        Some(reference) => schema.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => at,
    };
    let mut found = Vec::new();
    for (keyword, wanted) in at.as_object().unwrap() {
        let holds = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "properties" | "items" => true,
            "type" => match wanted.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "integer" => value.is_u64(),
                "null" => value.is_null(),
                other => panic!("{other}"),
            },
            "const" => value == wanted,
            "enum" => wanted.as_array().unwrap().contains(value),
            "minimum" => value.as_u64() >= wanted.as_u64(),
            "required" => wanted.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some()),
            "pattern" => {
                regex_lite::Regex::new(wanted.as_str().unwrap()).unwrap().is_match(value.as_str().unwrap_or_default())
            }
            "anyOf" => {
                let forms = wanted.as_array().unwrap();
                forms.iter().any(|form| breaches(schema, form, value, path).is_empty())
            }
            other => panic!("the test does not know {other}"),
        };
        if !holds {
            found.push(format!("{path}: {keyword} {wanted}: {value}"));
        }
    }
    let known = at.get("properties");
    for (key, value) in value.as_object().into_iter().flatten().filter(|_| known.is_some()) {
        match known.and_then(|known| known.get(key)) {
            Some(inside) => found.extend(breaches(schema, inside, value, &format!("{path}.{key}"))),
            None => found.push(format!("{path}.{key} is not described")),
        }
    }
    if let (Some(items), Some(values)) = (at.get("items"), value.as_array()) {
        found.extend(values.iter().flat_map(|value| breaches(schema, items, value, path)));
    }
    found
}
