//! An image that its registry does not serve any more.

use super::{Check, Report, Rule};
use crate::{diagnostic::Severity, view::View};

pub(super) const RULE: Rule = Rule {
    id: "image-not-pullable",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "An image is not where its reference says, so no new pod would start.",
    rationale: "On 2025-09-29 Bitnami took every versioned tag out of `docker.io/bitnami` (bitnami/containers#83267); only `latest` \
                is left there. Running pods do not notice: a node that has the image goes on, and the database stays down \
                after the first move to another node. `k8s.gcr.io` has been frozen since 2023, its images are at \
                `registry.k8s.io`.",
    remedy: "Take the frozen copies in `docker.io/bitnamilegacy` or, better, mirror them: they get no updates. The chart accepts \
             other repositories than Bitnami's with `global.security.allowInsecureImages: true`, which gen sets.",
    bad: "images:\n  postgresql: docker.io/bitnami/postgresql:17.6.0-debian-12-r4\n",
    good: "images:\n  postgresql: docker.io/bitnamilegacy/postgresql:17.6.0-debian-12-r4\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[],
    check: Check::Tree(check),
};

/// Registries and namespaces that were emptied or frozen, with the tags that still work, and where the images are now.
struct Gone {
    registry: &'static str,
    /// The start of the repository; empty for all of the registry.
    namespace: &'static str,
    left: &'static [&'static str],
    now: &'static str,
    how: &'static str,
    why: &'static str,
}

const GONE: &[Gone] = &[
    Gone {
        registry: "docker.io",
        namespace: "bitnami/",
        left: &["latest"],
        now: "docker.io/bitnamilegacy/",
        how: "can no longer be pulled",
        why: "Bitnami took every versioned tag out of docker.io/bitnami in 2025",
    },
    Gone {
        registry: "k8s.gcr.io",
        namespace: "",
        left: &[],
        now: "registry.k8s.io/",
        how: "may soon not be pulled any more",
        why: "k8s.gcr.io has been frozen since 2023, and only leads on to registry.k8s.io",
    },
];

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for image in &view.images {
        let reference = &image.reference;
        // Docker Hub goes by several names.
        let registry = match reference.registry() {
            "index.docker.io" | "registry-1.docker.io" => "docker.io",
            registry => registry,
        };
        let gone =
            GONE.iter().find(|gone| gone.registry == registry && reference.repository().starts_with(gone.namespace));
        // What a bare digest names may have stayed.
        let is_left = |gone: &&Gone| match reference.tag() {
            Some(tag) => gone.left.contains(&tag),
            None => reference.digest().is_some(),
        };
        let Some(gone) = gone.filter(|gone| !is_left(gone)) else { continue };
        let name = &reference.repository()[gone.namespace.len()..];
        let tag = reference.tag().map_or(String::new(), |tag| format!(":{tag}"));
        let message = match image.is_default {
            true => format!("the chart's default image `{reference}` {}: {}", gone.how, gone.why),
            false => format!("`{reference}` {}: {}", gone.how, gone.why),
        };
        report.violation(&image.at, message, format!("take `{}{name}{tag}`, or a mirror of it", gone.now));
    }
}
