//! Findings for people: the place, the line, a caret, what is wrong, how to fix it.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::{
    diagnostic::{Finding, Location, Severity, printable},
    secrecy::gives_away,
};

/// How findings are shown.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether to use colours.
    pub color: bool,
}

/// Lines longer than this are not shown: a caret below them helps nobody.
const LONGEST_LINE: usize = 240;

/// Renders findings one below the other, with a line that counts them. `source` gives the text of a file, `None` where it
/// may not be shown or is not at hand.
pub fn findings(findings: &[Finding], style: Style, source: &dyn Fn(&str) -> Option<String>) -> String {
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    // Findings of one file stand together, and a file may be large and have thousands: it is read once.
    for of_file in findings.chunk_by(|a, b| a.location.file == b.location.file) {
        let Some(first) = of_file.first() else { continue };
        let file = printable(first.location.file.clone());
        let source = source(&first.location.file);
        let lines: Vec<&str> = source.iter().flat_map(|source| source.lines()).collect();
        for finding in of_file {
            text.push_str(&renderer.render(&report(finding, &file, &lines)));
            text.push_str("\n\n");
        }
    }
    if !findings.is_empty() {
        text.push_str(&summary(findings));
        text.push('\n');
    }
    text
}

fn report<'a>(finding: &'a Finding, file: &'a str, lines: &[&'a str]) -> Vec<Group<'a>> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(finding.message.as_str()).id(finding.rule);
    let group = match line_of(lines, &finding.location) {
        Some((line, span)) => Group::with_title(title).element(
            Snippet::source(line)
                .line_start(finding.location.line as usize)
                .path(file)
                .annotation(AnnotationKind::Primary.span(span)),
        ),
        None => Group::with_title(title).element(
            annotate_snippets::Origin::path(file)
                .line(finding.location.line as usize)
                .char_column(finding.location.column as usize),
        ),
    };
    match finding.help.as_str() {
        "" => vec![group],
        help => vec![group.element(Level::HELP.message(help))],
    }
}

/// The line of a place and the bytes to underline in it; none where it may hold a secret, whatever the finding is about.
fn line_of<'a>(lines: &[&'a str], location: &Location) -> Option<(&'a str, std::ops::Range<usize>)> {
    let line = *lines.get(location.line as usize - 1)?;
    if line.len() > LONGEST_LINE || location.length == 0 || gives_away(line) {
        return None;
    }
    let offset = |column: usize| line.char_indices().nth(column).map_or(line.len(), |(offset, _)| offset);
    let first = location.column as usize - 1;
    Some((line, offset(first)..offset(first + location.length as usize)))
}

fn summary(findings: &[Finding]) -> String {
    let count = |severity: Severity, word: &str| {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        match count {
            0 => None,
            1 => Some(format!("1 {word}")),
            count => Some(format!("{count} {word}s")),
        }
    };
    let words = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
    let counts: Vec<String> = words.iter().filter_map(|(severity, word)| count(*severity, word)).collect();
    counts.join(", ")
}
