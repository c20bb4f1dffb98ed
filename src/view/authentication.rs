//! Where a database lets people in without asking who they are.

mod hba;
mod implied;

use serde_json::Value as Json;

use super::{
    At, Spot, Tree,
    foreign::Told,
    product,
    release::{Valued, is_true},
};

pub(super) use hba::{Line, lines};

/// A way past a password.
pub struct OpenDoor<'a> {
    /// Where.
    pub at: At<'a>,
    /// The way.
    pub door: Door,
    /// The database, for people.
    pub product: &'static str,
}

/// The ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// A line of pg_hba.conf that trusts whoever comes from an address.
    TrustedAddress(String),
    /// A setting or a variable of this name, which turns passwords off.
    Setting(String),
    /// `postgres` has no password, and there is no other user.
    NoUser,
    /// A server without a password, by this setting that is not there.
    Missing(&'static str),
    /// The default password that everybody knows.
    KnownPassword(&'static str),
    /// `redis.conf` lets everybody in.
    Unprotected,
}

/// Variables that turn passwords off: name, whether by being true, the database.
const SWITCHES: &[(&str, bool, &str)] = &[
    ("ALLOW_ANONYMOUS_LOGIN", true, "ZooKeeper"),
    ("ALLOW_EMPTY_PASSWORD", true, "the database"),
    ("ALLOW_NONE_AUTHENTICATION", true, "etcd"),
    ("DISABLE_SECURITY_PLUGIN", true, "OpenSearch"),
    ("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", true, "MariaDB"),
    ("MYSQL_ALLOW_EMPTY_PASSWORD", true, "MySQL"),
    ("plugins.security.disabled", true, "OpenSearch"),
    ("xpack.security.enabled", false, "Elasticsearch"),
];

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<OpenDoor<'a>> {
    let mut found: Vec<OpenDoor<'a>> = tree.bodies.iter().flat_map(of_body).collect();
    for pod in tree.pods {
        for variable in pod.variables() {
            let value = variable.get(&["value"]);
            found.extend(value.and_then(|value| of_variable(variable.text(&["name"])?, &plain(value.value), &value)));
        }
        let containers = pod.containers.iter().filter(|_| pod.workload.is_some() && pod.database.is_some());
        found.extend(containers.filter_map(|container| implied::of_container(container)));
    }
    for service in tree.composed {
        let variables = service.variables();
        found.extend(variables.iter().filter_map(|(name, value, spot)| of_variable(name, value, spot)));
        if service.is_published() {
            let names: Vec<&str> = variables.iter().map(|(name, _, _)| *name).collect();
            found.extend(implied::of_service(&service.spot, &names));
        }
    }
    found.extend(tree.releases.iter().flat_map(of_release));
    for release in tree.foreign {
        let Some(product) = release.product() else { continue };
        let open = release.told().into_iter().filter_map(|told| match told {
            Told::NoPassword(flag) => {
                let name = flag.pointer().split_off(release.values.pointer().len()).join(".");
                Some(OpenDoor { at: flag.at(), door: Door::Setting(name), product })
            }
            _ => None,
        });
        found.extend(open);
    }
    found
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn of_variable<'a>(name: &str, value: &str, spot: &Spot<'a, '_>) -> Option<OpenDoor<'a>> {
    let value = value.trim().to_ascii_lowercase();
    let door = |product| Some(OpenDoor { at: spot.at(), door: Door::Setting(name.to_owned()), product });
    match name {
        "POSTGRES_HOST_AUTH_METHOD" if value == "trust" => return door("PostgreSQL"),
        "POSTGRES_INITDB_ARGS" | "POSTGRESQL_INITDB_ARGS" if trusts(&value) => return door("PostgreSQL"),
        "NEO4J_AUTH" if value == "none" => return door("Neo4j"),
        _ => {}
    }
    let (_, when, product) = SWITCHES.iter().find(|(known, _, _)| *known == name)?;
    let is_on = matches!(value.as_str(), "yes" | "true" | "1" | "on");
    let is_off = matches!(value.as_str(), "no" | "false" | "0" | "off");
    if if *when { is_on } else { is_off } { door(product) } else { None }
}

/// Whether arguments of initdb have it trust everybody.
fn trusts(arguments: &str) -> bool {
    let words: Vec<&str> = arguments.split([' ', '=']).collect();
    words.windows(2).any(|pair| matches!(pair, ["-A" | "-a" | "--auth" | "--auth-host", "trust"]))
}

fn of_body<'a>(body: &Spot<'a, '_>) -> Vec<OpenDoor<'a>> {
    match (body.kind(), body.group()) {
        ("ConfigMap", "") => body.entries(&["data"]).into_iter().flat_map(|(key, text)| of_file(key, &text)).collect(),
        ("Cluster", "postgresql.cnpg.io") => of_lines(body.items(&["spec", "postgresql", "pg_hba"])),
        ("postgresql", "acid.zalan.do") => of_lines(body.items(&["spec", "patroni", "pg_hba"])),
        _ => Vec::new(),
    }
}

fn of_file<'a>(name: &str, text: &Spot<'a, '_>) -> Vec<OpenDoor<'a>> {
    let Some(content) = text.value.as_str() else { return Vec::new() };
    if name.contains("pg_hba") {
        return of_text(text);
    }
    let says = |words: &[&str]| {
        content.lines().any(|line| line.split_whitespace().take(words.len()).eq(words.iter().copied()))
    };
    let is_open = (name.contains("redis") || name.contains("valkey"))
        && says(&["protected-mode", "no"])
        && !["requirepass", "aclfile", "user"].iter().any(|word| says(&[word]));
    is_open.then(|| OpenDoor { at: text.at(), door: Door::Unprotected, product: "Redis" }).into_iter().collect()
}

/// The lines of a whole pg_hba.conf that trust other hosts.
fn of_text<'a>(text: &Spot<'a, '_>) -> Vec<OpenDoor<'a>> {
    let trusting = lines(text.value.as_str().unwrap_or_default()).into_iter().filter(Line::trusts);
    trusting.map(|line| trusted(text, &line)).collect()
}

fn of_lines<'a>(items: Vec<Spot<'a, '_>>) -> Vec<OpenDoor<'a>> {
    items.iter().flat_map(of_text).collect()
}

fn trusted<'a>(spot: &Spot<'a, '_>, line: &Line) -> OpenDoor<'a> {
    OpenDoor { at: spot.at(), door: Door::TrustedAddress(line.address.clone()), product: "PostgreSQL" }
}

fn of_release<'a>(valued: &Valued<'a, '_>) -> Vec<OpenDoor<'a>> {
    let release = valued.release;
    let Some(product) = product::of_name(release.chart.name) else { return Vec::new() };
    let mut found = Vec::new();
    for assigned in &valued.set {
        match assigned.setting.path {
            "primary.pgHbaConfiguration" => found.extend(of_text(&assigned.spot)),
            "primary.initdb.args" if assigned.spot.value.as_str().is_some_and(trusts) => {
                let door = Door::Setting("primary.initdb.args".to_owned());
                found.push(OpenDoor { at: assigned.spot.at(), door, product });
            }
            // The chart tells the image then that no password is all right, and the image trusts every address.
            "auth.enablePostgresUser" if !is_true(assigned.spot.value) => {
                let user =
                    |path| release.value(path).and_then(Json::as_str).filter(|name| !matches!(*name, "" | "postgres"));
                if user("auth.username").or_else(|| user("global.postgresql.auth.username")).is_none() {
                    found.push(OpenDoor { at: assigned.spot.at(), door: Door::NoUser, product });
                }
            }
            _ => {}
        }
    }
    found
}
