//! Values to text, written by hand: [`emit`] says why.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::plain::{Style, is_visible, style};

/// Readers of YAML look for the colon of a key on its line within 1024 characters; longer keys are written with `? `.
pub(super) const LONGEST_KEY: usize = 1000;

/// Writes a value as block YAML with two-space indentation, no line folding, `|` for texts of several lines, and quotes
/// only where some reader would take a plain text for something else.
///
/// For every value of at most 64 levels, [`parse`](super::parse) gives the same value back, and so do PyYAML, go-yaml v3
/// and `sigs.k8s.io/yaml`.
///
/// serde-saphyr's serializer gives the same meaning, but no lists indented under their key, no escapes for characters that
/// nobody sees, no comments, and takes nine times as long (12,000 manifests of 1 KB: 112 ms against 13 ms on one core).
#[must_use]
pub fn emit(value: &Value) -> String {
    let mut out = String::with_capacity(1024);
    root(&mut out, value);
    out
}

/// Like [`emit`], below a comment of the lines of `header`. An empty header leaves no comment.
#[must_use]
pub fn emit_document(header: &str, value: &Value) -> String {
    let mut out = String::with_capacity(1024);
    for line in header.lines() {
        out.push('#');
        if !line.is_empty() {
            out.push(' ');
        }
        for character in line.chars() {
            if is_visible(character) { out.push(character) } else { out.extend(character.escape_unicode()) }
        }
        out.push('\n');
    }
    root(&mut out, value);
    out
}

fn root(out: &mut String, value: &Value) {
    match value {
        Value::Object(map) if !map.is_empty() => entries(out, map, 0),
        Value::Array(list) if !list.is_empty() => items(out, list, 0),
        scalar => {
            leaf(out, scalar, 2);
            out.push('\n');
        }
    }
}

/// The entries of a map; the first one continues the current line.
fn entries(out: &mut String, map: &Map<String, Value>, indent: usize) {
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            pad(out, indent);
        }
        let start = out.len();
        match style(key) {
            Style::Plain => out.push_str(key),
            Style::Quoted | Style::Block => quoted(out, key),
        }
        if out.len() - start > LONGEST_KEY {
            out.insert_str(start, "? ");
            out.push('\n');
            pad(out, indent);
        }
        out.push(':');
        child(out, value, indent);
    }
}

/// What follows a key's colon.
fn child(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            pad(out, indent + 2);
            entries(out, map, indent + 2);
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            pad(out, indent + 2);
            items(out, list, indent + 2);
        }
        scalar => {
            out.push(' ');
            leaf(out, scalar, indent + 2);
            out.push('\n');
        }
    }
}

/// The items of a list; the first one continues the current line.
fn items(out: &mut String, list: &[Value], indent: usize) {
    for (index, value) in list.iter().enumerate() {
        if index > 0 {
            pad(out, indent);
        }
        out.push_str("- ");
        match value {
            Value::Object(map) if !map.is_empty() => entries(out, map, indent + 2),
            Value::Array(list) if !list.is_empty() => items(out, list, indent + 2),
            scalar => {
                leaf(out, scalar, indent + 2);
                out.push('\n');
            }
        }
    }
}

/// A scalar or an empty container. The caller ends the line.
fn leaf(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => write_float(out, float),
            None => write_display(out, number),
        },
        Value::String(text) => match style(text) {
            Style::Plain => out.push_str(text),
            Style::Quoted => quoted(out, text),
            Style::Block => block(out, text, indent, ""),
        },
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

/// As a `|` text, with `behind` at the end of its first line. The caller ends the last line.
pub(super) fn block(out: &mut String, text: &str, indent: usize, behind: &str) {
    let body = text.trim_end_matches('\n');
    out.push_str(match text.len() - body.len() {
        0 => "|-",
        1 => "|",
        _ => "|+",
    });
    out.push_str(behind);
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(out, indent);
            out.push_str(line);
        }
    }
    for _ in 1..(text.len() - body.len()) {
        out.push('\n');
    }
}

/// In double quotes; what cannot be seen is escaped (YAML 1.2.2, section 5.7; the same in YAML 1.1).
pub(super) fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            visible if is_visible(visible) => out.push(visible),
            other => match u32::from(other) {
                code @ 0..=0xFF => write_escape(out, format_args!("\\x{code:02X}")),
                code @ 0x100..=0xFFFF => write_escape(out, format_args!("\\u{code:04X}")),
                code => write_escape(out, format_args!("\\U{code:08X}")),
            },
        }
    }
    out.push('"');
}

/// The shortest digits that read back as the same float, with the dot and the sign of the exponent that YAML 1.1 asks for.
fn write_float(out: &mut String, float: f64) {
    let start = out.len();
    write_display(out, serde_json::Number::from_f64(float).map_or_else(String::new, |number| number.to_string()));
    let Some(exponent) = out[start..].find(['e', 'E']).map(|at| start + at) else { return };
    if !out[exponent + 1..].starts_with(['+', '-']) {
        out.insert(exponent + 1, '+');
    }
    if !out[start..exponent].contains('.') {
        out.insert_str(exponent, ".0");
    }
}

fn write_display(out: &mut String, value: impl std::fmt::Display) {
    write_escape(out, format_args!("{value}"));
}

/// Writing to a string cannot fail.
fn write_escape(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(arguments);
}

pub(super) fn pad(out: &mut String, indent: usize) {
    const SPACES: &str = "                                                                ";
    let mut left = indent;
    while left > 0 {
        let count = left.min(SPACES.len());
        out.push_str(&SPACES[..count]);
        left -= count;
    }
}
