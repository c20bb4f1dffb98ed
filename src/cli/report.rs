//! What a command prints, and the exit code that follows from it.

use std::{
    collections::BTreeSet,
    io::{IsTerminal, Write},
    process::ExitCode,
};

use super::{Format, Reporting};
use crate::{
    diagnostic::{Finding, printable, without_keys, worst},
    output::{json, text},
    policy, sops,
};

/// Prints findings in the order of their places and gives the exit code. `read` gives the bytes of a file that a finding
/// names.
pub(super) fn findings(
    mut findings: Vec<Finding>,
    reporting: Reporting,
    read: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> ExitCode {
    findings.sort_by(|a, b| (&a.location, &a.message).cmp(&(&b.location, &b.message)));
    hide_secrets(&mut findings);
    findings.dedup_by(|a, b| (&a.location, a.rule, &a.message) == (&b.location, b.rule, &b.message));
    let document = match reporting.format {
        Format::Json => json::document(&findings),
        Format::Text => text::findings(&findings, style(), &|file| source(file, read)),
    };
    print(&document);
    match worst(&findings) {
        Some(severity) if severity >= reporting.fail_on.severity() => ExitCode::from(1),
        _ => ExitCode::SUCCESS,
    }
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
