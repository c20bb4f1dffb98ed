//! Images that are named by a tag alone.

use super::{Check, Report, Rule};
use crate::{diagnostic::Severity, view::View};

pub(super) const RULE: Rule = Rule {
    id: "image-without-digest",
    severity: Severity::Warning,
    production: Severity::Warning,
    summary: "An image is named by a tag, which its registry can give to another one.",
    rationale: "A tag is a name that whoever holds the registry can move, by mistake or on purpose; a digest is the content itself. gen \
                never looks one up, because it uses no network, so this is asked only with opinions.",
    remedy: "Ask the registry for the digest (`crane digest IMAGE`, `skopeo inspect docker://IMAGE`) and write it behind the tag: \
             `name:tag@sha256:...`.",
    bad: "images:\n  postgresql: docker.io/bitnamilegacy/postgresql:17.6.0-debian-12-r4\n",
    good: "apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec:\n  containers: [{name: app, image: \"docker.io/library/busybox@sha256:9ae97d36d26566ff84e8893c64a6dc4fe8ca6d1144bf5b87b2b85a32def253c7\"}]\n",
    hides_lines: false,
    is_opinion: true,
    elsewhere: &["Checkov CKV_K8S_43", "Kubescape C-0306", "Kyverno require-image-checksum"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for image in view.images.iter().filter(|image| image.reference.digest().is_none() && !image.is_default) {
        let reference = &image.reference;
        let message = format!("`{}/{}` is named by its tag alone", reference.registry(), reference.repository());
        report.violation(&image.at_version, message, "add the digest that your registry gives for it");
    }
}
