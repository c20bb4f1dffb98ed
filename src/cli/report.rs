//! What a command prints, and the exit code that follows from it.

use std::{
    collections::BTreeSet,
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::{FindingFormat, Reporting, Trouble};
use crate::{
    diagnostic::{Finding, printable, without_keys, worst},
    output::{github, gitlab, json, junit, markdown, sarif, text},
    policy, sops,
    tree::{self, Access},
};

/// The files that findings point into.
#[derive(Clone, Copy)]
pub(super) struct Files<'a> {
    /// The folder that their names count from.
    pub(super) home: &'a Path,
    /// Gives the bytes of one; `None` where no line of it may be shown, or it is not at hand.
    pub(super) read: &'a dyn Fn(&str) -> Option<Vec<u8>>,
}

/// Prints findings in the order of their places, writes them to the files that want them and gives the exit code.
pub(super) fn findings(
    mut findings: Vec<Finding>,
    reporting: &Reporting,
    files: Files<'_>,
) -> Result<ExitCode, Trouble> {
    findings.sort_by(|a, b| (&a.location, &a.message).cmp(&(&b.location, &b.message)));
    hide_secrets(&mut findings);
    findings.dedup_by(|a, b| (&a.location, a.rule, &a.message) == (&b.location, b.rule, &b.message));
    let above = above(files.home);
    let mut summary = None;
    let mut document = |format: FindingFormat, style: text::Style| match format {
        FindingFormat::Text => text::findings(&findings, style, &|file| source(file, files.read)),
        FindingFormat::Json => json::document(&findings),
        FindingFormat::Sarif => sarif::document(&findings, &above),
        FindingFormat::Junit => junit::document(&findings, reporting.fails()),
        FindingFormat::Gitlab => gitlab::document(&findings, &above),
        FindingFormat::Markdown => markdown::document(&findings.iter().collect::<Vec<_>>(), markdown::COMMENT),
        FindingFormat::Github => {
            let page = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|page| !page.is_empty());
            let annotations = github::annotations(&findings, &above, page.is_some());
            if let (Some(page), false) = (page, annotations.rest.is_empty()) {
                summary = Some((PathBuf::from(page), markdown::document(&annotations.rest, markdown::SUMMARY)));
            }
            annotations.commands
        }
    };
    let printed = document(reporting.stdout(), style());
    let written: Vec<(&Path, String)> = reporting
        .files()
        .map(|output| (output.file.as_path(), document(output.format, text::Style { color: false })))
        .collect();
    print(&printed);
    for (file, document) in written {
        write("--output", file, &document)?;
    }
    if let Some((page, text)) = summary {
        let mut page = std::fs::OpenOptions::new().append(true).create(true).open(page)?;
        page.write_all(text.as_bytes())?;
    }
    Ok(match worst(&findings) {
        Some(severity) if severity >= reporting.fails() => ExitCode::from(1),
        _ => ExitCode::SUCCESS,
    })
}

/// The folders between the top of the Git repository and `home`, each with a slash behind it; nothing where there is no
/// repository. A worktree and a submodule have a file `.git`.
fn above(home: &Path) -> String {
    let Ok(home) = home.canonicalize() else { return String::new() };
    let top = home.ancestors().find(|folder| folder.join(".git").exists());
    let below = top.and_then(|top| home.strip_prefix(top).ok()).into_iter().flat_map(Path::components);
    below.map(|part| format!("{}/", part.as_os_str().to_string_lossy())).collect()
}

/// Writes a report in one step: whoever waits for the file finds all of it.
pub(super) fn write(option: &str, file: &Path, text: &str) -> Result<(), Trouble> {
    let refused =
        |error: &dyn std::fmt::Display| Trouble(format!("{option}: cannot write {}: {error}", file.display()));
    let real = if file.exists() { file.canonicalize().map_err(|error| refused(&error))? } else { file.to_owned() };
    if real.exists() && !real.is_file() {
        // A pipe, or the terminal.
        return std::fs::write(&real, text).map_err(|error| refused(&error));
    }
    let folder = real.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = real.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !folder.is_dir() {
        return Err(refused(&format!("there is no folder {}", folder.display())));
    }
    let before = std::fs::read(&real).ok();
    tree::write_file(folder, &name, text.as_bytes(), before.as_deref(), Access::Shared).map_err(|error| refused(&error))
}

/// Has no finding show a line that another one says a secret stands in.
fn hide_secrets(findings: &mut [Finding]) {
    let hides = |finding: &&Finding| policy::find(finding.rule).is_some_and(|rule| rule.hides_lines);
    let line = |finding: &Finding| (finding.location.file.clone(), finding.location.line);
    let secret: BTreeSet<(String, u32)> = findings.iter().filter(hides).map(line).collect();
    for finding in findings.iter_mut().filter(|finding| secret.contains(&line(finding))) {
        finding.location.length = 0;
    }
}

/// A number of things: `1 file`, `2 files`.
pub(super) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Writes to stdout. A reader that went away, such as `head`, is no error.
pub(super) fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Says what is being done.
pub(super) fn progress(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable(line.to_owned()));
}

/// Says why a command could not do its work.
pub(super) fn trouble(message: &str) -> ExitCode {
    for line in message.lines() {
        let _ = writeln!(std::io::stderr(), "gen: {}", printable(line.to_owned()));
    }
    ExitCode::from(2)
}

/// The text of a file, for the line that a finding shows; never that of a file that should be sealed, or that holds a Secret:
/// nothing in a line of it tells what is one.
pub(super) fn source(file: &str, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Option<String> {
    let bytes = if sops::is_sealed_name(file) { None } else { read(file) };
    let text = String::from_utf8(bytes?).ok()?;
    (!has_secret(&text)).then(|| without_keys(text))
}

/// Whether a file holds a Secret, also where it is too broken to be parsed.
fn has_secret(text: &str) -> bool {
    text.match_indices("kind").any(|(at, word)| {
        let rest = text[at + word.len()..].trim_start_matches(['"', '\'']).trim_start();
        let value = rest.strip_prefix(':').map(|value| value.trim_start().trim_start_matches(['"', '\'']));
        value
            .and_then(|value| value.strip_prefix("Secret"))
            .is_some_and(|after| !after.starts_with(char::is_alphanumeric))
    })
}

/// Colours on a terminal only, and where nobody asked for none.
pub(super) fn style() -> text::Style {
    let may_color = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    text::Style { color: std::io::stdout().is_terminal() && may_color }
}
