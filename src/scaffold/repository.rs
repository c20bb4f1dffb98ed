//! The files that people keep: gen.yaml, the layers, what Git shall know.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{flux::Sync, scalar};
use crate::{
    chart::{self, CHARTS, Chart},
    scalar::{FluxVersion, KubernetesVersion, PostgresDatabase, PostgresRole},
};

/// What editors find the schema by.
const MODELINE: &str = "# yaml-language-server: $schema=../schemas/environment.schema.json\n";

/// How the trees come to the clusters.
#[derive(Clone, Debug)]
pub struct Delivery<'a> {
    /// What brings them, as it is installed or will be.
    pub sync: &'a Sync,
    /// Where the repository of gen lies in the source; its top where it is left out.
    pub path: Option<&'a str>,
}

/// An environment that shall exist.
#[derive(Clone, Debug)]
pub struct NewEnvironment<'a> {
    /// Its name.
    pub name: &'a str,
    /// What its namespace and its database are called after.
    pub product: &'a str,
    /// The cluster that it runs on.
    pub cluster: &'a str,
    /// age public keys by holder.
    pub recipients: &'a BTreeMap<String, String>,
}

/// The text of gen.yaml.
#[must_use]
pub fn project() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let line = version.rsplit_once('.').map_or(version, |(line, _)| line);
    format!(
        "# The root of a repository of gen. Everything it reads and writes lies below this folder.\n\
         edition: 1 # the set of defaults: a newer gen renders the same tree from the same inputs\n\
         requires: \">={line}\"\n"
    )
}

/// The text of environments/base.yaml: what every environment has in common.
#[must_use]
pub fn base(delivery: &Delivery<'_>) -> String {
    let Delivery { sync, path } = delivery;
    let mut text = String::from(MODELINE);
    let mut line = |line: &str| {
        let _ = writeln!(text, "{line}");
    };
    line("# What every environment has in common. An environment's own file wins.");
    line("abstract: true");
    line("");
    line(&format!("kubernetes: \"1.{}\" # the cluster's: `kubectl version`", default_kubernetes()));
    line("");
    line("delivery:");
    line("  engine: flux");
    line("  flux:");
    let version = sync.version.clone().unwrap_or_else(default_flux);
    line(&format!("    version: \"{version}\" # the installed one: `flux version`"));
    line(&format!(
        "    source: {{kind: {}, name: {}, namespace: {}}}",
        sync.kind,
        scalar(&sync.name),
        scalar(&sync.namespace)
    ));
    if let Some(path) = path {
        line(&format!("    path: {}", scalar(path)));
    }
    if let Some(secret) = &sync.decryption_secret {
        line(&format!("    decryptionSecret: {} # the Secret with the cluster's age key", scalar(secret)));
    }
    line("");
    line("# A Git tag pins what the chart is; a registry may hold another chart of the same version.");
    line("charts:");
    for chart in charts() {
        line(&format!("  {}:", chart.name));
        line(&format!("    version: {}", chart.version));
        line("    source:");
        line("      git: https://github.com/bitnami/charts");
        line(&format!("      tag: {}/{}", chart.name, chart.version));
        line(&format!("      path: bitnami/{}", chart.name));
    }
    line("");
    line(
        "# The chart's own defaults left docker.io/bitnami in 2025; these still pull, but get no updates: mirror your own.",
    );
    line("images:");
    for (role, reference) in images() {
        line(&format!("  {role}: {reference}"));
    }
    line("");
    line("storage:");
    line("  class: local-path # `kubectl get storageclass`");
    text
}

/// The text of environments/NAME.yaml: one PostgreSQL, and who can open its password.
#[must_use]
pub fn environment(new: &NewEnvironment<'_>) -> String {
    let mut text = String::from(MODELINE);
    let mut line = |line: &str| {
        let _ = writeln!(text, "{line}");
    };
    let database = database(new.product);
    line("extends: base");
    if is_production(new.name) {
        line("profile: production # stricter rules");
    }
    line(&format!("cluster: {}", scalar(new.cluster)));
    line(&format!("namespace: {}", scalar(&namespace(new.product, new.name))));
    line("");
    line("# Who can open the secrets: age public keys by holder. After a change: `gen secret rekey`.");
    line("secrets:");
    line("  recipients:");
    for (holder, key) in new.recipients {
        line(&format!("    {}: {key}", scalar(holder)));
    }
    line("");
    line("services:");
    line("  postgres:");
    line("    storage: 10Gi # local-path never resizes a claim");
    line(&format!("    database: {}", scalar(&database)));
    line("    # Nobody reaches the database but who is named here.");
    line("    clients:");
    line(&format!(
        "      app: {{app: {}}} # pods with the label app.kubernetes.io/name={}",
        scalar(new.product),
        new.product
    ));
    if is_production(new.name) {
        line("    backup: {schedule: \"0 2 * * *\", retention: 30d, storage: 20Gi}");
    }
    text
}

/// The text of .gitignore: a private key that Git does not see is not committed by mistake.
#[must_use]
pub fn git_ignore() -> &'static str {
    "# Private keys and decrypted copies never belong into a repository.\n*.agekey\nkeys.txt\n*.dec\n*.dec.yaml\n*.decrypted.yaml\n"
}

/// The text of .gitattributes.
#[must_use]
pub fn git_attributes() -> &'static str {
    "# gen compares bytes: no checkout may change line ends.\n\
     environments/** text eol=lf\n\
     gitops/** text eol=lf\n\
     # Two versions of a sealed file merged by lines are no sealed file: Git shall say that they conflict.\n\
     *.sops.yaml -merge\n"
}

/// The namespace of an environment.
fn namespace(product: &str, environment: &str) -> String {
    let whole = format!("{product}-{environment}");
    if whole.len() <= 63 { whole } else { environment.to_owned() }
}

/// What a database, and the role that owns it, can be called.
fn database(product: &str) -> String {
    let name = product.replace('-', "_");
    let is_free = name != "postgres" && PostgresDatabase::parse(&name).is_ok() && PostgresRole::parse(&name).is_ok();
    if is_free { name } else { "app".to_owned() }
}

fn is_production(environment: &str) -> bool {
    matches!(environment, "production" | "prod")
}

fn default_kubernetes() -> u32 {
    // That of the types which render the objects.
    let built = 33;
    built.clamp(*KubernetesVersion::MINORS.start(), *KubernetesVersion::MINORS.end())
}

fn default_flux() -> String {
    format!("2.{}", FluxVersion::MINORS.start())
}

/// The newest model of every chart.
fn charts() -> Vec<&'static Chart> {
    let newest = |name: &str| CHARTS.iter().copied().rfind(|chart| chart.name == name);
    chart::names().into_iter().filter_map(newest).collect()
}

/// The images that those charts run, by role, from where they can still be pulled.
fn images() -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for chart in charts() {
        for image in chart.images {
            let part = |part: &str| {
                let value = chart.default(&format!("{}.{part}", image.path));
                value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
            };
            let repository = part("repository").replacen("bitnami/", "bitnamilegacy/", 1);
            found.push((image.role, format!("{}/{repository}:{}", part("registry"), part("tag"))));
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Delivery, base, database, images, namespace};
    use crate::{scaffold::Sync, scalar::ImageRef};

    #[test]
    fn images_are_those_of_the_model_where_they_still_pull() {
        let all = images();
        assert_eq!(all.len(), 3);
        for (role, reference) in all {
            let image = ImageRef::parse(&reference).unwrap();
            assert_eq!(image.registry(), "docker.io", "{role}");
            assert!(image.repository().starts_with("bitnamilegacy/"), "{reference}");
            assert!(image.tag().is_some_and(|tag| tag != "latest" && !tag.is_empty()), "{reference}");
        }
    }

    #[test]
    fn this_repository_has_the_charts_and_images_that_a_new_one_gets() {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/environments/base.yaml")).unwrap();
        let sync = Sync::default();
        let made = base(&Delivery { sync: &sync, path: None });
        for line in made.lines().skip_while(|line| !line.starts_with("charts:")).filter(|line| line.starts_with("  ")) {
            let value = line.split(" # ").next().unwrap();
            assert!(text.contains(value), "environments/base.yaml lacks {value:?}");
        }
    }

    #[test]
    fn names_are_ones_that_kubernetes_and_postgresql_take() {
        assert_eq!(namespace("shop", "staging"), "shop-staging");
        assert_eq!(namespace(&"x".repeat(60), "staging"), "staging");
        assert_eq!(database("my-shop"), "my_shop");
        for taken in ["postgres", "template1", "pg-x", "public"] {
            assert_eq!(database(taken), "app", "{taken}");
        }
    }
}
