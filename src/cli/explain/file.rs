//! A line of a generated file.

use std::path::{Component, Path, PathBuf};

use super::{broken, line};
use crate::{
    cli::{
        Trouble,
        pipeline::{Compiled, TREES, Workspace, folder},
    },
    diagnostic::Location,
    manifest::Provenance,
    output::explain::Answer,
    path,
    schema::closest,
    tree::{LOCK, Limits, Lock, ReadReason, read_file},
    yaml::{Dialect, FileId, Mark, Node, Source, parse},
};

/// A place in a file as people write it.
struct Asked {
    file: String,
    line: Option<u32>,
    column: Option<u32>,
}

/// A file of an environment's tree.
struct Place {
    environment: String,
    /// Relative to the tree.
    path: String,
    line: Option<u32>,
    column: Option<u32>,
}

pub(super) fn explain(workspace: &Workspace, asked: &str) -> Result<Answer, Trouble> {
    let asked = Asked::parse(asked)?;
    let place = asked.find(workspace)?;
    let shown = format!("{}/{}", folder(&place.environment), place.path);
    if !workspace.tree(&place.environment).join(LOCK).is_file() {
        let known = workspace.repository.environments();
        let hint = match closest(&place.environment, known.iter().copied()) {
            Some(meant) if meant != place.environment => format!(": did you mean {}?", folder(meant)),
            _ => String::new(),
        };
        let message = format!("{} is no tree of gen's: it has no {LOCK}{hint}", folder(&place.environment));
        return Err(Trouble(message));
    }
    workspace.select(std::slice::from_ref(&place.environment), false)?;
    match workspace.render(&place.environment) {
        (Some(compiled), _) => place.answer(workspace, &compiled, &shown),
        (None, _) => Err(broken(&format!("the environment `{}`", place.environment))),
    }
}

impl Asked {
    fn parse(asked: &str) -> Result<Asked, Trouble> {
        let mut file = asked;
        let mut numbers = Vec::new();
        while let Some((before, number)) = file.rsplit_once(':').filter(|_| numbers.len() < 2) {
            match number.parse() {
                Ok(0) | Err(_) => {
                    return Err(Trouble(format!("`{number}` in `{asked}` is no line or column: they count from 1")));
                }
                Ok(number) => numbers.insert(0, number),
            }
            file = before;
        }
        Ok(Asked { file: file.to_owned(), line: numbers.first().copied(), column: numbers.get(1).copied() })
    }

    /// The tree that the file lies in. Links on the way to it count as what they lead to.
    fn find(self, workspace: &Workspace) -> Result<Place, Trouble> {
        let full = normal(&std::env::current_dir()?.join(&self.file));
        let outside = || Trouble(format!("{} does not lie in a tree of this repository: {TREES}/ENV/", self.file));
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let relative = match full.strip_prefix(workspace.root.join(TREES)) {
            Ok(relative) => relative.to_path_buf(),
            Err(_) => {
                let trees = real(&workspace.root).join(TREES);
                real(&full).strip_prefix(&trees).map_err(|_| outside())?.to_path_buf()
            }
        };
        let relative = relative.to_str().ok_or_else(outside)?;
        match relative.split_once('/') {
            Some((environment, path)) => Ok(Place {
                environment: environment.to_owned(),
                path: path.to_owned(),
                line: self.line,
                column: self.column,
            }),
            None => Err(Trouble(format!("{} is no file of a tree: name one below it", self.file))),
        }
    }
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal
}

impl Place {
    fn answer(&self, workspace: &Workspace, compiled: &Compiled, shown: &str) -> Result<Answer, Trouble> {
        let bytes = self.read(workspace, compiled, shown)?;
        let text = String::from_utf8_lossy(&bytes);
        let lines = u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
        if let Some(line) = self.line.filter(|line| *line > lines) {
            return Err(Trouble(format!("{shown} has no line {line}, it has {lines}")));
        }
        if self.path == LOCK {
            return Ok(self.lock(workspace, compiled, &text, shown));
        }
        let rendered = &compiled.rendered;
        let Some(origins) = rendered.origins.get(&self.path) else { return Err(self.not_ours(workspace, shown)) };
        let mut answer = Answer::default();
        let mut found: Option<(Vec<String>, Mark)> = None;
        if let (Some(line), true) = (self.line, self.path.ends_with(".yaml")) {
            found = self.at(&bytes, &text, line, shown)?;
        }
        if let Some(copied) = self.copied_from(compiled) {
            let line = self.line.map_or_else(String::new, |line| format!(":{line}"));
            answer.notes.push(format!("this file is a copy of {copied}{line}"));
        } else if !self.path.ends_with(".yaml") {
            answer.notes.push("gen writes this file from the environment as a whole".to_owned());
        }
        let keys = found.as_ref().map_or_else(Vec::new, |(keys, _)| keys.clone());
        if rendered.tree.get(&self.path) != Some(&bytes) {
            let name = &self.environment;
            let exists = self.exists(compiled, &keys);
            let gone = if exists { "" } else { ", and they produce no such line" };
            answer.notes.push(format!("this file is not what the inputs produce now{gone}: run `gen check {name}`"));
        }
        let place = match &found {
            Some((_, mark)) => mark.location(shown),
            None => self.line.map_or_else(|| Location::file(shown), |line| Location::new(shown, line, 1)),
        };
        answer.line = Some((place, path::below("", &keys)));
        answer.chains.push(workspace.repository.trace(&compiled.environment, &origins.of(&keys)));
        Ok(answer)
    }

    fn at(&self, bytes: &[u8], text: &str, line: u32, shown: &str) -> Result<Option<(Vec<String>, Mark)>, Trouble> {
        let source = Source { id: FileId(0), name: shown, bytes };
        let documents = parse(source, Dialect::Manifest).map_err(|findings| {
            let place = findings.first().map_or_else(String::new, |finding| {
                format!(": {}:{}: {}", finding.location.line, finding.location.column, finding.message)
            });
            Trouble(format!("{shown} cannot be read as YAML{place}"))
        })?;
        // Whatever stands in a file of several documents is a copy, which has one origin.
        Ok(documents.first().and_then(|root| line::at(root, text, line, self.column)))
    }

    fn exists(&self, compiled: &Compiled, keys: &[String]) -> bool {
        let bytes = compiled.rendered.tree.get(&self.path).unwrap_or_default();
        let source = Source { id: FileId(0), name: &self.path, bytes };
        let documents = parse(source, Dialect::Manifest).unwrap_or_default();
        keys.is_empty() || documents.first().is_some_and(|root: &Node| root.at(keys).is_some())
    }

    /// The input that the file is a copy of.
    fn copied_from<'a>(&self, compiled: &'a Compiled) -> Option<&'a str> {
        compiled.rendered.bundle.objects.iter().filter(|object| object.file == self.path).find_map(|object| {
            match &object.provenance {
                Provenance::Written(written) => Some(written.file.as_str()),
                Provenance::Rendered => None,
            }
        })
    }

    fn lock(&self, workspace: &Workspace, compiled: &Compiled, text: &str, shown: &str) -> Answer {
        let listed =
            self.line.and_then(|line| text.lines().nth(line as usize - 1)).and_then(|line| line.split_once("  "));
        let mut answer = Answer {
            notes: vec!["gen lists here the files that it wrote, with checksums".to_owned()],
            ..Answer::default()
        };
        let place = self.line.map_or_else(|| Location::file(shown), |line| Location::new(shown, line, 1));
        let file = listed.map_or("", |(_, file)| file);
        if let Some(origins) = compiled.rendered.origins.get(file) {
            let origin = origins.whole().to_string();
            answer.chains.push(workspace.repository.trace(&compiled.environment, &origin));
        }
        answer.line = Some((place, file.to_owned()));
        answer
    }

    fn read(&self, workspace: &Workspace, compiled: &Compiled, shown: &str) -> Result<Vec<u8>, Trouble> {
        let error = match read_file(&workspace.tree(&self.environment), &self.path, &Limits::default()) {
            Ok(bytes) => return Ok(bytes),
            Err(error) => error,
        };
        if !matches!(error.reason, ReadReason::Missing) {
            return Err(Trouble(format!("{shown}: {}", error.reason)));
        }
        if compiled.rendered.tree.get(&self.path).is_some() {
            return Err(Trouble(format!("there is no {shown} yet: run `gen build {}`", self.environment)));
        }
        let known = compiled.rendered.tree.iter().map(|(path, _)| path).chain([LOCK]);
        Err(Trouble(match closest(&self.path, known) {
            Some(meant) => format!("there is no {shown}: did you mean {}/{meant}?", folder(&self.environment)),
            None => format!("there is no {shown}"),
        }))
    }

    fn not_ours(&self, workspace: &Workspace, shown: &str) -> Trouble {
        let lock = read_file(&workspace.tree(&self.environment), LOCK, &Limits::default()).ok();
        let lock = lock.and_then(|bytes| Lock::parse(&bytes).ok());
        let is_listed = lock.is_some_and(|lock| lock.paths().any(|path| path == self.path));
        Trouble(match is_listed {
            true => format!("gen wrote {shown} once, and nothing in the environment asks for it any more"),
            false => format!("gen did not write {shown}, so nothing in an environment made it"),
        })
    }
}
