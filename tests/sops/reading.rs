//! What a file says, in lines that can be compared, and which of its ciphertexts stayed.

use std::collections::BTreeSet;

use gitops_gen::yaml::{
    FileId, Source,
    typed::{self, Comment, Entry, Item, Leaf, Stream, Tree},
};

/// Reads plain YAML as sops does.
pub(crate) fn read(text: &str) -> Result<Stream, String> {
    typed::read(source(text)).map_err(|findings| format!("gen cannot read it: {findings:?}"))
}

pub(crate) fn source(text: &str) -> Source<'_> {
    Source { id: FileId(0), name: "case.yaml", bytes: text.as_bytes() }
}

/// Everything that a stream says: a line for each leaf, each empty map and list and each comment, in order.
pub(crate) fn lines(stream: &Stream) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, document) in stream.documents.iter().enumerate() {
        go(document, &format!("{number}:"), &mut lines);
    }
    lines
}

fn go(tree: &Tree, path: &str, lines: &mut Vec<String>) {
    match tree {
        Tree::Leaf(leaf) => lines.push(format!("{path} = {}", spell(leaf))),
        Tree::Map(entries) => {
            if entries.is_empty() {
                lines.push(format!("{path} = {{}}"));
            }
            for entry in entries {
                match entry {
                    Entry::Pair { key, value, .. } => go(value, &format!("{path}[{key:?}]"), lines),
                    Entry::Comment(comment) => lines.push(remark(path, comment)),
                }
            }
        }
        Tree::List(items) => {
            if items.is_empty() {
                lines.push(format!("{path} = []"));
            }
            let mut index = 0;
            for item in items {
                match item {
                    Item::Value(value, _) => {
                        go(value, &format!("{path}[{index}]"), lines);
                        index += 1;
                    }
                    Item::Comment(comment) => lines.push(remark(path, comment)),
                }
            }
        }
    }
}

fn remark(path: &str, comment: &Comment) -> String {
    format!("{path} #{}", String::from_utf8_lossy(comment.text.expose()))
}

fn spell(leaf: &Leaf) -> String {
    match leaf {
        Leaf::Null => "null".to_owned(),
        Leaf::Bool(value) => value.to_string(),
        Leaf::Int(value) => value.to_string(),
        // sops prints a float without a fraction as an integer, which it then is to the next reader.
        Leaf::Float(value) if value.fract() == 0.0 => format!("{value:.0}"),
        Leaf::Float(value) => format!("float {value:?}"),
        Leaf::Time(value) => format!("time {value}"),
        Leaf::Text(value) => {
            format!("{:?}", value.expose_text().map_or_else(|| format!("{:?}", value.expose()), str::to_owned))
        }
    }
}

/// The first difference, for people.
pub(crate) fn difference(wanted: &[String], found: &[String]) -> Option<String> {
    let at = (0..wanted.len().max(found.len())).find(|&at| wanted.get(at) != found.get(at))?;
    let line = |lines: &[String]| lines.get(at).map_or("(nothing)".to_owned(), |line| line.chars().take(300).collect());
    Some(format!("instead of {}, there is {}", line(wanted), line(found)))
}

/// Every ciphertext of a file but those of its `sops` blocks. Equal ones of a list count once.
pub(crate) fn ciphertexts(text: &str) -> BTreeSet<&str> {
    let mut inside = true;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if !line.starts_with([' ', '-', '#']) {
            inside = line != "sops:";
        }
        let pieces = line.split("ENC[AES256_GCM,").skip(1).filter(|_| inside);
        found.extend(pieces.map(|piece| piece.split(']').next().unwrap_or(piece)));
    }
    found
}

/// How many floats a stream has of which `odd` is true.
pub(crate) fn floats(stream: &Stream, odd: fn(f64) -> bool) -> usize {
    let mut count = 0;
    for document in &stream.documents {
        document.walk(&mut |_, leaf| count += usize::from(matches!(leaf, Leaf::Float(value) if odd(*value))));
    }
    count
}
