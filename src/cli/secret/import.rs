//! `gen secret import`.

mod dotenv;
mod manifest;

use std::{io::Read as _, path::Path, process::ExitCode, time::SystemTime};

use clap::Args;

use super::{
    Trouble,
    file::{SecretFile, declared, demands, environment, new_mistakes, refused},
    pipeline::Workspace,
    report,
};
use crate::{
    diagnostic::{Finding, Location},
    part::SecretDemand,
    plain::Plain,
    scalar::DnsName,
    sops::{Selector, seal},
    yaml::typed::{Stream, Tree},
};

/// The largest file that is read.
const LARGEST: u64 = 4 << 20;

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment: String,
    /// The Secret's name, where it shall not be that of the manifest, and the plain file: dotenv or a Secret manifest, `-` for stdin.
    #[arg(value_name = "[NAME] FILE", num_args = 1..=2, required = true)]
    what: Vec<String>,
    /// Replace a sealed file that is there already.
    #[arg(long)]
    force: bool,
}

/// What a plain file says.
struct Content {
    /// `metadata.name`, where the file has one.
    name: Option<String>,
    /// `metadata.namespace`, where the file has one.
    namespace: Option<String>,
    /// `type`, where the file has one.
    kind: Option<String>,
    /// Values by key, in file order; what is no text goes to `data`.
    values: Vec<(String, Plain)>,
    /// What did not travel, for people.
    left: Vec<String>,
}

impl Import {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let (name, from) = match self.what.as_slice() {
            [name, file] => (Some(name.as_str()), file.as_str()),
            words => (None, words.first().map_or("-", String::as_str)),
        };
        let workspace = Workspace::open()?;
        let resolved = environment(&workspace, &self.environment)?;
        let recipients = declared(&resolved)?;
        let text = read(from)?;
        let shown = if from == "-" { "stdin" } else { from };
        let content = match dotenv::is_one(&text) {
            true => dotenv::read(shown, &text),
            false => manifest::read(shown, &text),
        };
        let content = content.map_err(refused)?;
        let name = self.name(name, &content, shown)?;
        let demand = demands(&workspace, &resolved).into_iter().find(|demand| demand.name == name && !demand.external);
        let file = SecretFile::of(&workspace, &self.environment, &name);
        // A plain file in the place of the sealed one is sealed where it stands.
        let is_in_place = is_same(from, &file);
        if file.bytes.is_some() && !self.force && !is_in_place {
            return Err(Trouble(format!(
                "{} is there already: change single values with `gen secret set` or `gen secret edit`, or replace all of it with --force",
                file.path
            )));
        }
        let kind = content.kind.clone().or_else(|| demand.as_ref().map(|demand| demand.kind.clone()));
        let kind = kind.unwrap_or_else(|| "Opaque".to_owned());
        let namespace = resolved.spec.namespace.name.as_str();
        let tree = document(&name, namespace, &kind, &content.values);
        let mut stream = Stream::of(tree);
        stream.indent = 2;
        let text = seal(stream, &recipients, &Selector::of_secrets(), SystemTime::now()).map_err(Trouble)?;
        let made = SecretFile { root: file.root.clone(), path: file.path.clone(), bytes: None };
        let mistakes = new_mistakes(&made, &text);
        if !mistakes.is_empty() {
            return Err(refused(mistakes));
        }
        file.write(&text)?;
        let namespaces = content.namespace.as_deref().filter(|old| *old != namespace).map(|old| (old, namespace));
        let mut said = self.said(&file.path, &content, demand.as_ref(), recipients.len());
        if let Some((old, new)) = namespaces {
            said.push_str(&format!("note: the manifest's namespace is `{old}`, here it is `{new}`\n"));
        }
        match from == "-" || is_in_place {
            true => said.push_str("next: "),
            false => said.push_str(&format!("next: delete {from}; ")),
        }
        said.push_str(&format!(
            "change every value that was ever committed in plain text; gen build {}\n",
            self.environment
        ));
        report::print(&said);
        Ok(ExitCode::SUCCESS)
    }

    /// The Secret's name: the one given, else the manifest's.
    fn name(&self, given: Option<&str>, content: &Content, shown: &str) -> Result<String, Trouble> {
        let Some(name) = given.or(content.name.as_deref()) else {
            return Err(Trouble(format!(
                "{shown} does not say what the Secret is called: gen secret import {} NAME {shown}",
                self.environment
            )));
        };
        match DnsName::parse(name) {
            Ok(_) => Ok(name.to_owned()),
            Err(reason) => Err(Trouble(format!("`{name}` is no name of a Secret: {reason}"))),
        }
    }

    fn said(&self, path: &str, content: &Content, demand: Option<&SecretDemand>, holders: usize) -> String {
        let keys: Vec<&str> = content.values.iter().map(|(key, _)| key.as_str()).collect();
        let holders = report::counted(holders, "recipient");
        let mut text = format!("{path}: {} sealed for {holders}\n", keys.join(", "));
        if let (Some(old), [name, _]) = (&content.name, self.what.as_slice())
            && old != name
        {
            text.push_str(&format!("note: the manifest calls it `{old}`, here it is `{name}`\n"));
        }
        if !content.left.is_empty() {
            text.push_str(&format!("left behind: {}\n", content.left.join(", ")));
        }
        let lacks: Vec<&str> = demand.map_or_else(Vec::new, |demand| {
            let wanted = demand.keys.iter().map(|key| key.name.as_str());
            wanted.filter(|key| !keys.contains(key)).collect()
        });
        if demand.is_none() {
            text.push_str(&format!(
                "note: no service asks for it: list {} under the `manifests:` of the one that it is for\n",
                path.trim_start_matches("environments/")
            ));
        }
        if !lacks.is_empty() {
            let make = format!("gen secret generate {}", self.environment);
            text.push_str(&format!("note: a service asks for {} too: `{make}` makes it\n", lacks.join(", ")));
        }
        text
    }
}

/// The manifest that is sealed.
pub(super) fn document(name: &str, namespace: &str, kind: &str, values: &[(String, Plain)]) -> Tree {
    let metadata = Tree::map([("name", Tree::text(name)), ("namespace", Tree::text(namespace))]);
    let mut tree = Tree::map([
        ("apiVersion", Tree::text("v1")),
        ("kind", Tree::text("Secret")),
        ("metadata", metadata),
        ("type", Tree::text(kind)),
    ]);
    for (key, value) in values {
        match value.expose_text() {
            Some(_) => tree.set(&["stringData", key], Tree::text(value.clone())),
            None => tree.set(&["data", key], Tree::text(manifest::encoded(value))),
        }
    }
    tree
}

/// Whether the plain file stands where the sealed one shall.
fn is_same(from: &str, file: &SecretFile) -> bool {
    let (from, to) = (Path::new(from).canonicalize(), file.root.join(&file.path).canonicalize());
    matches!((from, to), (Ok(from), Ok(to)) if from == to)
}

/// The plain file.
fn read(from: &str) -> Result<Plain, Trouble> {
    let mut bytes = Vec::new();
    let taken = if from == "-" {
        bytes.reserve_exact(LARGEST as usize + 1);
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(Path::new(from)).and_then(|file| {
            let size = file.metadata()?.len().min(LARGEST) as usize;
            bytes.reserve_exact(size + 2);
            file.take(LARGEST + 1).read_to_end(&mut bytes)
        })
    };
    let text = Plain::new(bytes);
    match taken {
        Err(error) => Err(Trouble(format!("cannot read {from}: {error}"))),
        Ok(_) if text.len() as u64 > LARGEST => Err(Trouble(format!("{from} is larger than {LARGEST} bytes"))),
        Ok(_) => Ok(text),
    }
}

/// A mistake in a plain file: its lines are never shown.
fn mistake(file: &str, line: u32, message: impl Into<String>, help: impl Into<String>) -> Finding {
    let place = Location { length: 0, ..Location::new(file, line, 1) };
    Finding::error("not-importable", place, message).help(help)
}
