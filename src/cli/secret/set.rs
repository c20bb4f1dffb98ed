//! `gen secret set`.

use std::{
    io::{IsTerminal as _, Read as _},
    process::ExitCode,
    time::SystemTime,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Args;

use super::{
    Trouble,
    file::{demands, existing, new_mistakes, refused},
    pipeline::Workspace,
    report,
};
use crate::{
    part::SecretDemand,
    plain::Plain,
    schema::closest,
    yaml::typed::{Stream, Tree},
};

/// A Secret cannot be larger in Kubernetes.
const LARGEST: u64 = 1 << 20;

#[derive(Debug, Args)]
pub(super) struct Set {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment: String,
    /// The Secret's name.
    name: String,
    /// The key; its value is asked for, or read from stdin where that is no terminal.
    key: String,
}

/// What became of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Placed {
    Added,
    Replaced,
    Same,
}

impl Set {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let Set { environment, name, key } = &self;
        if !is_key(key) {
            return Err(Trouble(format!(
                "`{key}` is no key of a Secret: letters, digits, `-`, `_` and `.`, at most 253"
            )));
        }
        let workspace = Workspace::open()?;
        let file = existing(&workspace, environment, name)?;
        let mut opened = file.unlock()?;
        secret(opened.stream(), &file.path)?;
        let value = value(name, key)?;
        let placed = match opened.stream_mut().documents.first_mut() {
            Some(document) => put(document, key, value),
            None => Placed::Same,
        };
        if placed == Placed::Same {
            report::print(&format!("{}: `{key}` has that value already\n", file.path));
            return Ok(ExitCode::SUCCESS);
        }
        let text = opened.close(SystemTime::now()).map_err(Trouble)?;
        let mistakes = new_mistakes(&file, &text);
        if !mistakes.is_empty() {
            return Err(refused(mistakes));
        }
        file.write(&text)?;
        report::print(&format!(
            "{}: `{key}` is {}\n",
            file.path,
            if placed == Placed::Added { "added" } else { "changed" }
        ));
        self.go_on(&workspace, placed);
        Ok(ExitCode::SUCCESS)
    }

    /// Says what comes next.
    fn go_on(&self, workspace: &Workspace, placed: Placed) {
        let Set { environment, name, key } = self;
        let resolved = workspace.repository.resolve(environment).ok();
        let wanted = resolved.map(|resolved| demands(workspace, &resolved)).unwrap_or_default();
        let demand = wanted.into_iter().find(|demand| demand.name == *name && !demand.external);
        if let Some(demand) = demand {
            if let Some(note) = stranger(&demand, key) {
                report::print(&note);
            } else if placed == Placed::Replaced {
                let steps = "a service that runs keeps the old value until it is told";
                report::print(&format!("{steps}: the README of gitops/{environment} has the steps\n"));
            }
        }
        report::print(&format!("next: gen build {environment}\n"));
    }
}

/// What there is to say about a key that no service demands, of a Secret that one does.
fn stranger(demand: &SecretDemand, key: &str) -> Option<String> {
    let keys = || demand.keys.iter().map(|key| key.name.as_str());
    if keys().any(|known| known == key) {
        return None;
    }
    let hint = match closest(key, keys()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("they ask for {}", keys().collect::<Vec<_>>().join(", ")),
    };
    Some(format!("note: no service asks for the key `{key}`: {hint}\n"))
}

/// Whether Kubernetes takes this for a key of a Secret.
fn is_key(key: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !key.is_empty() && key.len() <= 253 && key.chars().all(is_plain) && key != "." && !key.starts_with("..")
}

/// Refuses what is not one Secret.
fn secret(stream: &Stream, file: &str) -> Result<(), Trouble> {
    let is_secret = |document: &Tree| {
        document.get(&["kind"]).and_then(Tree::as_text).and_then(Plain::expose_text) == Some("Secret")
    };
    match stream.documents.as_slice() {
        [document] if is_secret(document) => Ok(()),
        [_] => Err(Trouble(format!("{file} holds no Secret: change it with `gen secret edit {file}`"))),
        _ => Err(Trouble(format!("{file} holds several documents: give each Secret a file of its own"))),
    }
}

/// The value from a prompt or stdin, without the line end that `echo` and editors add.
fn value(name: &str, key: &str) -> Result<Plain, Trouble> {
    let bytes = if std::io::stdin().is_terminal() {
        let typed = rpassword::prompt_password(format!("value of `{key}` in {name} (it is not shown): "));
        typed.map_err(|error| Trouble(format!("no value was read, nothing is changed: {error}")))?.into_bytes()
    } else {
        // Room for all of it, so that growing leaves no copies behind.
        let mut bytes = Vec::with_capacity(LARGEST as usize + 2);
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)?;
        bytes
    };
    if bytes.len() as u64 > LARGEST {
        return Err(Trouble("the value is larger than the 1 MiB that a Secret may have".to_owned()));
    }
    let value = without_line_end(Plain::new(bytes));
    match value.is_empty() {
        true => Err(Trouble("the value is empty, and sops seals no empty value; nothing is changed".to_owned())),
        false => Ok(value),
    }
}

/// The text without exactly one line end.
fn without_line_end(text: Plain) -> Plain {
    let bytes = text.expose();
    let end = bytes.strip_suffix(b"\r\n").or_else(|| bytes.strip_suffix(b"\n")).map(<[u8]>::len);
    end.map_or_else(|| text.clone(), |end| Plain::new(bytes[..end].to_vec()))
}

/// Puts a value where its key stands, else behind the others of `stringData`. What is no text goes to `data`.
pub(super) fn put(document: &mut Tree, key: &str, value: Plain) -> Placed {
    let has = |document: &Tree, block: &str| document.get(&[block, key]).is_some();
    let is_text = value.expose_text().is_some();
    let (in_text, in_data) = (has(document, "stringData"), has(document, "data"));
    // Where a key stands twice, the cluster takes that of `stringData`.
    let block = if !is_text || in_data && !in_text { "data" } else { "stringData" };
    let other = if block == "data" { "stringData" } else { "data" };
    let value = match block {
        "data" => Plain::new(STANDARD.encode(value.expose()).into_bytes()),
        _ => value,
    };
    let before = document.get(&[block, key]).and_then(Tree::as_text);
    if before.is_some_and(|before| before.expose() == value.expose()) && !has(document, other) {
        return Placed::Same;
    }
    document.remove(&[other, key]);
    if document.get(&[other]).is_some_and(|rest| rest.pairs().next().is_none()) {
        document.remove(&[other]);
    }
    document.set(&[block, key], Tree::text(value));
    if in_text || in_data { Placed::Replaced } else { Placed::Added }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Placed, is_key, put, without_line_end};
    use crate::{plain::Plain, yaml::typed::Tree};

    fn secret() -> Tree {
        let block = |pairs: &[(&str, &str)]| Tree::map(pairs.iter().map(|(key, text)| (*key, Tree::text(*text))));
        Tree::map([
            ("stringData", block(&[("a", "1"), ("both", "2")])),
            ("data", block(&[("b", "Mg=="), ("both", "Mw==")])),
        ])
    }

    fn text(tree: &Tree, path: &[&str]) -> Option<String> {
        tree.get(path).and_then(Tree::as_text).and_then(Plain::expose_text).map(str::to_owned)
    }

    #[test]
    fn a_value_stays_where_its_key_stands() {
        let cases = [
            ("a", b"x".as_slice(), "stringData", "x", Placed::Replaced),
            ("b", b"x", "data", "eA==", Placed::Replaced),
            ("new", b"x", "stringData", "x", Placed::Added),
            ("a", b"1", "stringData", "1", Placed::Same),
            ("b", b"2", "data", "Mg==", Placed::Same),
            ("both", b"2", "stringData", "2", Placed::Replaced),
            ("a", b"\xff", "data", "/w==", Placed::Replaced),
        ];
        for (key, value, block, stands, expected) in cases {
            let mut tree = secret();
            let placed = put(&mut tree, key, Plain::new(value.to_vec()));
            assert!(placed == expected, "{key}");
            assert_eq!(text(&tree, &[block, key]).as_deref(), Some(stands), "{key}");
            let other = if block == "data" { "stringData" } else { "data" };
            assert!(tree.get(&[other, key]).is_none(), "{key}");
        }
    }

    #[test]
    fn exactly_one_line_end_goes() {
        for (given, kept) in
            [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a", "a"), (" a ", " a "), ("a\r", "a\r")]
        {
            assert_eq!(without_line_end(Plain::from(given)).expose(), kept.as_bytes(), "{given:?}");
        }
    }

    #[test]
    fn keys_are_what_kubernetes_takes() {
        assert!(is_key("tls.crt") && is_key("A_b-1") && is_key(".hidden"));
        assert!(!is_key("") && !is_key("a b") && !is_key("..") && !is_key("ä") && !is_key(&"x".repeat(254)));
    }
}
