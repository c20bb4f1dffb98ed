//! A version that means something else tomorrow.

use super::{Check, Report, Rule};
use crate::{diagnostic::Severity, view::View};

pub(super) const RULE: Rule = Rule {
    id: "floating-version",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "An image or a chart is named by something that can move.",
    rationale: "`latest`, a bare major version, a range or a branch means other content after somebody else's release: the change \
                comes with no commit, on the next restart of a pod, and cannot be taken back by one. PostgreSQL refuses a data \
                folder of another major version.",
    remedy: "Name one exact version, and let an update be a line in a pull request. A digest pins the content itself.",
    bad: "images:\n  postgresql: docker.io/bitnamilegacy/postgresql:latest\n",
    good: "images:\n  postgresql: docker.io/bitnamilegacy/postgresql:17.6.0-debian-12-r4\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(check),
};

/// Tags that are names of a line of development.
const MOVING: &[&str] = &[
    "latest", "stable", "edge", "main", "master", "nightly", "rolling", "dev", "develop", "canary", "next", "lts",
    "alpine",
];

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for image in view.images.iter().filter(|image| image.reference.digest().is_none()) {
        let reference = &image.reference;
        let tag = reference.tag().unwrap_or("latest");
        let message = match (image.is_tagged, moves(tag)) {
            (false, _) => {
                format!("`{}/{}` has no tag, which means `latest`", reference.registry(), reference.repository())
            }
            (true, true) => format!("the tag `{tag}` can mean another image tomorrow"),
            (true, false) => continue,
        };
        report.violation(&image.at_version, message, "name an exact version, such as `17.6.0`, or a digest");
    }
    for version in &view.versions {
        let message = format!("{}: it changes without a commit", version.what);
        report.violation(&version.at, message, "name one exact version, a tag or a commit");
    }
}

/// Whether a tag is known to move: the name of a line of development, or a version without a minor one. What follows can pin
/// it: the revision of a build, such as Bitnami's `r51`, a date, a commit, a version.
fn moves(tag: &str) -> bool {
    let mut parts = tag.split(['-', '_']);
    let first = parts.next().unwrap_or(tag).trim_start_matches('v');
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let pins = |part: &str| {
        let is_commit = part.len() >= 6 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let has_digit = part.bytes().any(|byte| byte.is_ascii_digit());
        part.strip_prefix('r').is_some_and(is_number) || (is_commit && has_digit) || (part.contains('.') && has_digit)
    };
    let is_line = MOVING.contains(&first) || (is_number(first) && first.len() < 3);
    is_line && !parts.any(pins)
}

#[cfg(test)]
mod tests {
    use super::moves;

    #[test]
    fn a_tag_moves_unless_something_in_it_pins() {
        for tag in ["latest", "17", "v3", "16-alpine", "main", "stable-slim", "latest-debian", "17-bookworm", "8"] {
            assert!(moves(tag), "{tag}");
        }
        let still = [
            "17.6.0",
            "17.6",
            "12-debian-12-r51",
            "main-1a2b3c4",
            "nightly-20260101",
            "20240101",
            "v1.2.3",
            "stable-v1.2",
        ];
        for tag in still {
            assert!(!moves(tag), "{tag}");
        }
    }
}
