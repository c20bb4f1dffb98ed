//! `gen secret edit`.

use std::{
    io::{BufRead as _, IsTerminal as _, Write as _},
    process::ExitCode,
    time::SystemTime,
};

use clap::Args;

use super::{
    Trouble,
    file::{SecretFile, Target, environment_of, new_mistakes, refused},
    pipeline::{TREES, Workspace},
    report,
};
use crate::{
    diagnostic::{Finding, Location},
    keyring::Keyring,
    plain::Plain,
    process::{Editor, Guard},
    sops::{Sealed, is_sealed_name},
    tree::{Access, Scratch, write_file},
    yaml::{FileId, Source, typed},
};

/// What the lines begin with that say what is wrong, on top of a text that is edited again. They are never part of it.
const MARK: &str = "#! gen:";

/// The largest text that comes back from an editor.
const LARGEST: u64 = 4 << 20;

#[derive(Debug, Args)]
pub(super) struct Edit {
    /// A sealed file, or an environment and the name of one of its Secrets.
    #[arg(value_name = "FILE | ENV NAME", num_args = 1..=2, required = true)]
    what: Vec<String>,
    /// Where there is no folder in memory (tmpfs), let the editor's file lie on a disk.
    #[arg(long)]
    allow_disk: bool,
}

impl Edit {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let file = Target::of(&self.what).file()?;
        is_source(&file)?;
        let sealed = file.sealed()?;
        let keyring = Keyring::gather(&sealed.envelope().recipients());
        let before = keyring.open(&file.path, &sealed).map_err(|finding| refused(vec![finding]))?.plain();
        let editor = Editor::find()?;
        let scratch = self.scratch()?;
        let folder = scratch.path().to_owned();
        let guard = Guard::doing(move || {
            Scratch::remove(&folder);
            let said = "gen: ended by a signal; nothing was written, and the plain text is removed\n";
            let _ = std::io::stderr().write_all(said.as_bytes());
        })?;
        let mut desk = Desk { file: &file, sealed: &sealed, keyring: &keyring, before, complaints: Vec::new() };
        let name = plain_name(&file.path);
        let mut shown = desk.before.clone();
        let text = loop {
            let place = scratch.write(name, desk.headed(&shown).expose())?;
            editor
                .open(&place, &guard)
                .map_err(|failure| Trouble(format!("nothing is changed: the editor `{}`: {failure}", editor.name())))?;
            let back = Plain::new(scratch.read(name, LARGEST)?);
            shown = without_marks(&back);
            match desk.take(&shown) {
                Taken::Unchanged => {
                    report::print(&format!("{}: unchanged, nothing was written\n", file.path));
                    return Ok(ExitCode::SUCCESS);
                }
                Taken::Sealed(text) => break text,
                Taken::Refused(findings) => desk.again(findings)?,
            }
        };
        drop(scratch);
        keep(&file, &text)?;
        report::print(&format!("{}: changed\n", file.path));
        if let Some(environment) = environment_of(&file.path) {
            report::print(&format!("next: gen build {environment}\n"));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn scratch(&self) -> Result<Scratch, Trouble> {
        match Scratch::in_memory() {
            Ok(scratch) => Ok(scratch),
            Err(_) if self.allow_disk => Ok(Scratch::anywhere()?),
            Err(error) => Err(Trouble(format!(
                "{error}; with --allow-disk the plain text lies in a temporary folder on a disk while you edit, from which it can be \
                 recovered"
            ))),
        }
    }
}

/// Refuses a copy that gen made: the next build wants its source.
fn is_source(file: &SecretFile) -> Result<(), Trouble> {
    let below = file.path.strip_prefix(TREES).and_then(|rest| rest.strip_prefix('/'));
    let Some((environment, path)) = below.and_then(|rest| rest.split_once('/')) else { return Ok(()) };
    let Ok(workspace) = Workspace::open() else { return Ok(()) };
    let Ok(resolved) = workspace.repository.resolve(environment) else { return Ok(()) };
    let copies = workspace.sealed_copies(&resolved);
    match copies.iter().find(|(copy, _)| copy == path) {
        Some((_, source)) => {
            Err(Trouble(format!("{} is a copy: `gen secret edit {source}`, then `gen build {environment}`", file.path)))
        }
        None => Ok(()),
    }
}

/// Writes what was edited. Where that cannot be done, the edit is kept beside the file, sealed.
fn keep(file: &SecretFile, text: &str) -> Result<(), Trouble> {
    let Err(trouble) = file.write(text) else { return Ok(()) };
    let beside = format!("{}.edited", file.path);
    match write_file(&file.root, &beside, text.as_bytes(), None, Access::Shared) {
        Ok(()) => Err(Trouble(format!("{}\nyour edit is kept in {beside}, sealed", trouble.0))),
        Err(_) => Err(trouble),
    }
}

/// The name that the editor sees: it ends in `.yaml`, so that it knows the language.
fn plain_name(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    if is_sealed_name(name) || name.ends_with(".yaml") { name } else { "sealed.yaml" }
}

/// What came back from an editor.
enum Taken {
    Unchanged,
    Sealed(String),
    Refused(Vec<Finding>),
}

struct Desk<'a> {
    file: &'a SecretFile,
    sealed: &'a Sealed,
    keyring: &'a Keyring,
    before: Plain,
    /// What was wrong with the last try.
    complaints: Vec<Finding>,
}

impl Desk<'_> {
    /// Seals an edited text, or says what is wrong with it.
    fn take(&self, text: &Plain) -> Taken {
        if text.expose() == self.before.expose() {
            return Taken::Unchanged;
        }
        let source = Source { id: FileId(0), name: &self.file.path, bytes: text.expose() };
        let mut stream = match typed::read(source) {
            Ok(stream) => stream,
            Err(findings) => return Taken::Refused(findings),
        };
        let mut opened = match self.keyring.open(&self.file.path, self.sealed) {
            Ok(opened) => opened,
            Err(finding) => return Taken::Refused(vec![finding]),
        };
        stream.indent = opened.stream().indent;
        *opened.stream_mut() = stream;
        let closed = match opened.close(SystemTime::now()) {
            Ok(closed) => closed,
            Err(why) => {
                let help = "change it, or leave the text as it was to give up";
                return Taken::Refused(vec![
                    Finding::error("not-sealable", Location::file(&self.file.path), why).help(help),
                ]);
            }
        };
        let mut mistakes = new_mistakes(self.file, &closed);
        for mistake in &mut mistakes {
            // The lines are those of the sealed text.
            mistake.location = Location::file(&self.file.path);
        }
        if mistakes.is_empty() { Taken::Sealed(closed) } else { Taken::Refused(mistakes) }
    }

    /// Has people edit again; without a terminal there is nobody.
    fn again(&mut self, findings: Vec<Finding>) -> Result<(), Trouble> {
        let _ = refused(findings.clone());
        let mut stderr = std::io::stderr();
        if !std::io::stdin().is_terminal() {
            let _ = stderr.write_all(b"gen: nothing was written\n");
            return Err(Trouble::said());
        }
        let _ = stderr.write_all(b"Enter: back to the editor, with your changes; Ctrl-C: throw them away ");
        let read = std::io::stdin().lock().read_line(&mut String::new());
        if !matches!(read, Ok(1..)) {
            return Err(Trouble::said());
        }
        self.complaints = findings;
        Ok(())
    }

    /// The text with what is wrong with it on top.
    fn headed(&self, text: &Plain) -> Plain {
        let lines = || self.complaints.iter().map(|finding| if finding.help.is_empty() { 1 } else { 2 }).sum::<u32>();
        let mut head = String::new();
        for finding in &self.complaints {
            let place = match (finding.location.length, finding.path.as_str()) {
                (0, "") => String::new(),
                (0, path) => format!(" {path}:"),
                _ => format!(" line {}:", finding.location.line + lines()),
            };
            head.push_str(&format!("{MARK}{place} {}\n", finding.message));
            if !finding.help.is_empty() {
                head.push_str(&format!("{MARK}   {}\n", finding.help));
            }
        }
        Plain::new([head.as_bytes(), text.expose()].concat())
    }
}

/// The text without gen's own lines.
fn without_marks(text: &Plain) -> Plain {
    let mut kept = Vec::with_capacity(text.len());
    for line in text.expose().split_inclusive(|&byte| byte == b'\n') {
        if !line.starts_with(MARK.as_bytes()) {
            kept.extend_from_slice(line);
        }
    }
    Plain::new(kept)
}
