//! Versions of databases.

use super::{Fact, fact, named, released};
use crate::view::{Tree, image, product};

/// The version of a database, or of the chart that brings it.
pub struct Engine {
    /// The database.
    pub product: &'static str,
    /// Its version, the most significant number first.
    pub version: Vec<u64>,
    /// The same as it is written.
    pub text: String,
    /// Whether it is the version of a chart.
    pub is_chart: bool,
}

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Fact<'a, Engine>> {
    let mut found = Vec::new();
    for pod in tree.pods {
        // A job brings the program of a database and not its data.
        let Some(workload) = pod.workload.as_ref().filter(|_| pod.database.is_some()) else { continue };
        for container in &pod.containers {
            let Some(image) = image::of_container(container) else { continue };
            let part = container.text(&["name"]).unwrap_or_default();
            found.extend(engine(&image).map(|says| fact(image.at_version.clone(), named(workload), part, says)));
        }
    }
    for valued in tree.releases {
        let images = image::of_release(valued);
        let engines = images.iter().filter_map(|image| Some((image, engine(image)?)));
        found.extend(engines.map(|(image, says)| {
            let part = says.product;
            fact(image.at_version.clone(), released(valued.release), part, says)
        }));
    }
    for body in tree.bodies.iter().filter(|body| body.kind() == "HelmRelease") {
        let chart = body.text(&["spec", "chart", "spec", "chart"]).and_then(product::of_name);
        let version = body.get(&["spec", "chart", "spec", "version"]);
        let (Some(product), Some(spot)) = (chart, version) else { continue };
        let text = spot.value.as_str().unwrap_or_default().to_owned();
        if let Some(version) = numbers(&text) {
            found.push(fact(spot.at(), named(body), "chart", Engine { product, version, text, is_chart: true }));
        }
    }
    found
}

fn engine(image: &image::Image<'_>) -> Option<Engine> {
    let product = product::of_name(image.reference.repository())?;
    let tag = image.reference.tag().filter(|_| image.is_tagged)?;
    Some(Engine { product, version: version(tag)?, text: tag.to_owned(), is_chart: false })
}

/// The version of the database in a tag: `17.6.0-debian-12-r4`, `16-alpine`, `v1.11.3`, `RELEASE.2025-04-22T22-12-26Z`; of an extension
/// that is named after the server, the server's: `2.17.2-pg16`.
fn version(tag: &str) -> Option<Vec<u64>> {
    if let Some(date) = tag.strip_prefix("RELEASE.") {
        return numbers(&date.split('T').next()?.replace('-', "."));
    }
    let server = tag.split(['-', '_']).find_map(|part| numbers(part.strip_prefix("pg")?));
    server.or_else(|| numbers(tag.strip_prefix('v').unwrap_or(tag)))
}

/// The numbers with dots between them at the start of a text.
fn numbers(text: &str) -> Option<Vec<u64>> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let numbers: Option<Vec<u64>> =
        text[..end].trim_end_matches('.').split('.').map(|part| part.parse().ok()).collect();
    numbers.filter(|numbers| !numbers.is_empty())
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_of_tags() {
        for (tag, expected) in [
            ("17.6.0-debian-12-r4", Some(vec![17, 6, 0])),
            ("16-alpine", Some(vec![16])),
            ("16-3.4", Some(vec![16])),
            ("2.17.2-pg16", Some(vec![16])),
            ("0.8.0-pg17", Some(vec![17])),
            ("pg16", Some(vec![16])),
            ("v1.11.3", Some(vec![1, 11, 3])),
            ("RELEASE.2025-04-22T22-12-26Z", Some(vec![2025, 4, 22])),
            ("latest", None),
            ("alpine3.20", None),
            ("", None),
        ] {
            assert_eq!(version(tag), expected, "{tag}");
        }
    }
}
