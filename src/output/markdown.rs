//! Findings as Markdown: one comment on a pull request, or a page of a job.

use std::fmt::Write as _;

use crate::diagnostic::{Finding, Severity, printable};

/// Tells a comment of gen from others, so that the next run writes over it instead of adding one.
pub const MARKER: &str = "<!-- gen:findings -->";
/// A comment on GitHub holds 65,536 characters; what a job puts around the findings fits as well.
pub const COMMENT: usize = 60_000;
/// The summary of a step holds a mebibyte.
pub const SUMMARY: usize = 1_000_000;

/// What is put behind entries that found no room.
const MORE: usize = 200;

/// Findings by severity, the worst first, in at most `limit` bytes (some hundred at least): what finds no room is counted.
#[must_use]
pub fn document(findings: &[&Finding], limit: usize) -> String {
    let mut page = Page { text: format!("{MARKER}\n"), limit, left_out: 0 };
    if findings.is_empty() {
        page.text.push_str("### gen: no findings\n");
        return page.text;
    }
    let sections: Vec<(Severity, Vec<&Finding>)> = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .map(|severity| (severity, findings.iter().copied().filter(|finding| finding.severity == severity).collect()))
        .filter(|(_, findings): &(_, Vec<_>)| !findings.is_empty())
        .collect();
    let counts: Vec<String> = sections.iter().map(|(severity, found)| counted(*severity, found.len())).collect();
    let _ = writeln!(page.text, "### gen: {}", counts.join(", "));
    for ((severity, findings), count) in sections.iter().zip(counts) {
        page.section(*severity, findings, &count);
    }
    if page.left_out > 0 {
        let _ = writeln!(page.text, "\n{} more found no room here: run `gen check`.", page.left_out);
    }
    page.text
}

struct Page {
    text: String,
    limit: usize,
    left_out: usize,
}

impl Page {
    fn section(&mut self, severity: Severity, findings: &[&Finding], count: &str) {
        let is_open = if severity == Severity::Error { " open" } else { "" };
        let head = format!("\n<details{is_open}><summary>{count}</summary>\n\n");
        if !self.has_room(head.len()) {
            self.left_out += findings.len();
            return;
        }
        self.text.push_str(&head);
        for finding in findings {
            let entry = entry(finding);
            match self.left_out == 0 && self.has_room(entry.len()) {
                true => self.text.push_str(&entry),
                false => self.left_out += 1,
            }
        }
        self.text.push_str("\n</details>\n");
    }

    fn has_room(&self, length: usize) -> bool {
        self.text.len() + length + MORE <= self.limit
    }
}

fn counted(severity: Severity, count: usize) -> String {
    format!("{count} {severity}{}", if count == 1 { "" } else { "s" })
}

fn entry(finding: &Finding) -> String {
    let place = &finding.location;
    let shown = match place.length {
        0 => printable(place.file.clone()),
        _ => format!("{}:{}:{}", printable(place.file.clone()), place.line, place.column),
    };
    let mut entry = format!("- {} {} ({})\n", code(&shown), prose(&finding.message), code(finding.rule));
    if !finding.help.is_empty() {
        let _ = writeln!(entry, "  <br>{}", prose(&finding.help));
    }
    entry
}

/// Text as code on one line, whatever is in it.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // Markdown takes one space off each end where both have one; code cannot be empty.
    let edge = |c: Option<char>| c.is_none_or(|c| c == '`' || c == ' ');
    let pad = if edge(text.chars().next()) || edge(text.chars().last()) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A message as Markdown: what stands between backticks is code, nothing else means anything.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let is_paired = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(|code| !code.trim().is_empty());
    // Between two pieces of code something must stand, or their backticks would run together.
    let between = parts.get(1..parts.len() - 1).unwrap_or_default();
    let is_apart = between.iter().skip(1).step_by(2).all(|text| !text.is_empty());
    match is_paired && is_apart {
        true => parts.iter().enumerate().map(|(at, part)| if at % 2 == 1 { code(part) } else { plain(part) }).collect(),
        false => plain(text),
    }
}

fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => escaped.push(' '),
            // With a space of no width behind it, it calls for nobody's attention.
            '@' => escaped.push_str("@\u{200b}"),
            '.' | ',' | '\'' | '/' | ':' | ';' | '-' | '=' | '%' | '?' | '"' | '(' | ')' => escaped.push(c),
            c if c.is_ascii_punctuation() => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}
