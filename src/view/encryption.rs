//! Connections to a database that nobody encrypts.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::{
    At, Exposure, Spot, Tree,
    authentication::{Line, lines},
    database::Database,
    product,
    reach::Direction,
    release::Valued,
};
use crate::manifest::Object;

/// A connection in clear text.
pub struct PlainConnection<'a> {
    /// Where it is allowed.
    pub at: At<'a>,
    /// The reason to mind.
    pub reason: Reason,
    /// The server, for people.
    pub product: &'static str,
}

/// Reasons to mind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is reached from outside the cluster.
    Exposed,
    /// Pods of other namespaces, or hosts, connect.
    OtherNamespaces,
    /// Passwords are sent as they are.
    ClearPassword,
    /// Every address may connect without encryption, and passwords are hashed with MD5.
    WeakHash,
    /// Passwords are sent to an LDAP server as they are.
    Ldap,
}

pub(super) fn find<'a>(tree: &Tree<'a, '_>, exposures: &[Exposure<'a>]) -> Vec<PlainConnection<'a>> {
    let exposed: HashSet<*const Object> =
        exposures.iter().map(|exposure| std::ptr::from_ref(exposure.at.object)).collect();
    let mut found: Vec<PlainConnection<'a>> = tree.bodies.iter().flat_map(of_body).collect();
    for valued in tree.releases {
        found.extend(of_release(valued, tree, &exposed));
        let settings = valued.set.iter().filter(|assigned| assigned.setting.path == "primary.pgHbaConfiguration");
        found.extend(settings.flat_map(|assigned| of_text(&assigned.spot)));
    }
    found
}

fn of_release<'a>(
    valued: &Valued<'a, '_>,
    tree: &Tree<'a, '_>,
    exposed: &HashSet<*const Object>,
) -> Vec<PlainConnection<'a>> {
    let release = valued.release;
    let Some(product) = product::of_name(release.chart.name) else { return Vec::new() };
    let mut found = Vec::new();
    let place = |path: &str| release.place(path).unwrap_or_else(|| release.nearest(path));
    let is_exposed = release.layers.iter().any(|layer| exposed.contains(&std::ptr::from_ref(layer.object)));
    if release.chart.setting("tls.enabled").is_some() && !release.is_on("tls.enabled") {
        let reason =
            if is_exposed { Some(Reason::Exposed) } else { is_shared(valued, tree).then_some(Reason::OtherNamespaces) };
        found.extend(reason.map(|reason| PlainConnection { at: place("tls.enabled"), reason, product }));
    }
    let text = |path: &str| release.value(path).and_then(Json::as_str).unwrap_or_default();
    let address = [text("ldap.uri"), text("ldap.url")].concat();
    let is_encrypted =
        release.is_on("ldap.tls.enabled") || text("ldap.scheme") == "ldaps" || address.starts_with("ldaps:");
    if release.chart.setting("ldap.enabled").is_some() && release.is_on("ldap.enabled") && !is_encrypted {
        found.push(PlainConnection { at: place("ldap.enabled"), reason: Reason::Ldap, product });
    }
    found
}

/// Whether a policy lets pods of other namespaces, or hosts, connect.
fn is_shared(valued: &Valued<'_, '_>, tree: &Tree<'_, '_>) -> bool {
    let Some(database) = Database::of_release(valued.release).filter(|_| !valued.release.is_loose()) else {
        return false;
    };
    let policies = tree.policies.selecting(&database.namespace, database.known()).into_iter();
    let mut rules = policies.flat_map(|number| tree.policies.all()[number].rules(Direction::Ingress));
    let is_other = |peer: &Spot<'_, '_>| peer.get(&["namespaceSelector"]).or(peer.get(&["ipBlock"])).is_some();
    rules.any(|rule| rule.items(&["from"]).iter().any(is_other))
}

fn of_body<'a>(body: &Spot<'a, '_>) -> Vec<PlainConnection<'a>> {
    match (body.kind(), body.group()) {
        ("ConfigMap", "") => {
            let files = body.entries(&["data"]).into_iter().filter(|(key, _)| key.contains("pg_hba"));
            files.flat_map(|(_, text)| of_text(&text)).collect()
        }
        ("Cluster", "postgresql.cnpg.io") => {
            body.items(&["spec", "postgresql", "pg_hba"]).iter().flat_map(of_text).collect()
        }
        ("postgresql", "acid.zalan.do") => {
            body.items(&["spec", "patroni", "pg_hba"]).iter().flat_map(of_text).collect()
        }
        _ => Vec::new(),
    }
}

/// The lines of a pg_hba.conf that let passwords travel where they can be read.
fn of_text<'a>(text: &Spot<'a, '_>) -> Vec<PlainConnection<'a>> {
    let far = lines(text.value.as_str().unwrap_or_default()).into_iter();
    let far = far.filter(|line| line.takes_plain() && !line.is_local());
    let reason = |line: Line| match line.method.as_str() {
        "password" | "ldap" | "pam" | "radius" => Some(Reason::ClearPassword),
        "md5" if line.is_for_all() => Some(Reason::WeakHash),
        _ => None,
    };
    far.filter_map(reason).map(|reason| PlainConnection { at: text.at(), reason, product: "PostgreSQL" }).collect()
}
