//! `gen secret show`.

use std::{io::Write as _, process::ExitCode};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Args;

use super::{
    Trouble,
    file::{Target, is_path},
};
use crate::{
    path,
    plain::Plain,
    schema::closest,
    secrecy::MASK,
    yaml::typed::{Leaf, Stream, Tree},
};

#[derive(Debug, Args)]
pub(super) struct Show {
    /// A sealed file, or an environment and the name of one of its Secrets; then a key, where one value is wanted.
    #[arg(value_name = "FILE [KEY] | ENV NAME [KEY]", num_args = 1..=3, required = true)]
    what: Vec<String>,
    /// Print the values themselves; needs a key that opens the file.
    #[arg(long)]
    reveal: bool,
}

impl Show {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let (target, key) = match self.what.as_slice() {
            [file, key] if is_path(file) => (Target::of(std::slice::from_ref(file)), Some(key)),
            [environment, name, key] => (Target::of(&[environment.clone(), name.clone()]), Some(key)),
            words => (Target::of(words), None),
        };
        let file = target.file()?;
        let shown = match (key, self.reveal) {
            (None, false) => Plain::from(file.sealed()?.masked(MASK).as_str()),
            (None, true) => file.unlock()?.plain(),
            (Some(key), false) => {
                value(file.sealed()?.stream(), key, &file.path)?;
                Plain::from(format!("{MASK}\n").as_str())
            }
            (Some(key), true) => value(file.unlock()?.stream(), key, &file.path)?,
        };
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(shown.expose()).and_then(|()| stdout.flush()) {
            // A reader that went away, such as `head`, is no error.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Trouble(format!("cannot write what was asked for: {error}")))
            }
            _ => Ok(ExitCode::SUCCESS),
        }
    }
}

/// One value: that of a key of a Secret, decoded where it stands under `data`, else what stands at a dotted path.
fn value(stream: &Stream, key: &str, file: &str) -> Result<Plain, Trouble> {
    let documents = || stream.documents.iter();
    let decoded = |tree: &Tree| {
        tree.as_text().map(|text| STANDARD.decode(text.expose().trim_ascii()).map_or_else(|_| text.clone(), Plain::new))
    };
    let path = path::split(key);
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let found = documents()
        .find_map(|document| document.get(&["stringData", key]).and_then(text))
        .or_else(|| documents().find_map(|document| document.get(&["data", key]).and_then(decoded)))
        .or_else(|| documents().find_map(|document| document.get(&path).and_then(text)));
    found.ok_or_else(|| {
        let blocks = documents().flat_map(|document| ["stringData", "data"].map(|block| document.get(&[block])));
        let keys: Vec<&str> = blocks.flatten().flat_map(Tree::pairs).map(|(key, _)| key).collect();
        let hint = match closest(key, keys.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if keys.is_empty() => "name its path, such as `a.b.c`".to_owned(),
            None => format!("keys: {}", keys.join(", ")),
        };
        Trouble(format!("{file} has no value `{key}`: {hint}"))
    })
}

/// A scalar as a text.
fn text(tree: &Tree) -> Option<Plain> {
    let Tree::Leaf(leaf) = tree else { return None };
    Some(match leaf {
        Leaf::Text(text) => text.clone(),
        Leaf::Null => Plain::from("null"),
        Leaf::Bool(value) => Plain::from(value.to_string().as_str()),
        Leaf::Int(value) => Plain::from(value.to_string().as_str()),
        Leaf::Float(value) => Plain::from(value.to_string().as_str()),
        Leaf::Time(value) => Plain::from(value.as_str()),
    })
}
