//! Where network policies leave a database open.

use std::collections::{HashMap, HashSet};

use super::{
    At, Spot, Tree,
    database::{Database, named_by},
    foreign::{Foreign, Told},
    path, product,
    reach::{Direction, Known, Labels, Openness, Policies, Policy, Port, covers, openness},
    release::{Valued, is_true},
};
use crate::chart::{Facet, Kind, NetworkPolicy, Shape};

/// A place where no network policy keeps strangers from a database.
pub struct NetworkGap<'a> {
    /// Where.
    pub at: At<'a>,
    /// What is open.
    pub gap: Gap,
    /// The database, for people.
    pub product: &'static str,
    /// The policy that is open, the pods that it opens, and their port; empty where a chart makes them.
    pub path: String,
}

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The chart's own policy lets everybody in.
    AllowExternal,
    /// The chart's own policy lets everybody in, because of a text that is meant for `false`.
    QuotedFalse,
    /// The chart's own policy lets everybody in by default.
    OpenByDefault,
    /// The chart's own policy is off, and no other selects the pods.
    Off,
    /// The same in values that stand alone: what takes them may come with a policy.
    OffHere,
    /// No policy selects the pods.
    None,
    /// A rule names no peers, which means all.
    AnyPeer,
    /// A rule names every address.
    AnyAddress,
    /// A rule names every pod of every namespace.
    EveryNamespace,
    /// A rule names all pods but some.
    NearlyEverybody,
}

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<NetworkGap<'a>> {
    let policies = tree.policies;
    let mut about: HashMap<usize, Vec<&Database>> = HashMap::new();
    for database in tree.databases.all() {
        for number in policies.selecting(&database.namespace, database.known()) {
            about.entry(number).or_default().push(database);
        }
    }
    let mut gaps = Vec::new();
    for (number, policy) in policies.all().iter().enumerate() {
        let databases = about.get(&number).map_or(&[][..], Vec::as_slice);
        for rule in policy.rules(Direction::Ingress) {
            gaps.extend(of_policy_rule(&rule, databases, &policy.spot));
        }
    }
    gaps.extend(tree.releases.iter().flat_map(|release| of_release(release, policies)));
    gaps.extend(tree.foreign.iter().flat_map(|release| of_foreign(release, policies)));
    for (workload, database) in tree.bodies.iter().filter_map(|body| Some((body, Database::of_workload(body)?))) {
        if !policies.limits(&database.namespace, database.known(), Direction::Ingress) {
            let path = format!("any pod -> pods {}", called(&database));
            gaps.push(NetworkGap { at: workload.at_name(), gap: Gap::None, product: database.product, path });
        }
    }
    gaps
}

/// The namespaces of the tree that hold a database and no policy for the pods that no other one selects.
pub(super) fn without_default<'a>(tree: &Tree<'a, '_>) -> Vec<At<'a>> {
    let held: HashSet<&str> = tree.databases.all().iter().map(|database| database.namespace.as_str()).collect();
    let denies = |policy: &&Policy<'_, '_>| {
        policy.selects_all() && policy.is_about(Direction::Ingress) && policy.rules(Direction::Ingress).is_empty()
    };
    let closed: HashSet<&str> =
        tree.policies.all().iter().filter(denies).map(|policy| policy.spot.namespace()).collect();
    let namespaces = tree.bodies.iter().filter(|body| body.kind() == "Namespace" && body.group().is_empty());
    let open = namespaces.filter(|body| held.contains(body.name()) && !closed.contains(body.name()));
    open.map(Spot::at_name).collect()
}

/// Pods by their labels, with the first of their ports.
fn called(database: &Database) -> String {
    let labels = path::pairs(database.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let port = database.listens.first().map_or(String::new(), |port| format!(":{port}"));
    format!("{labels}{port}")
}

/// What a rule of a policy opens: of the databases that it selects; else its labels or ports tell what it is for.
fn of_policy_rule<'a>(rule: &Spot<'a, '_>, databases: &[&Database], policy: &Spot<'a, '_>) -> Vec<NetworkGap<'a>> {
    if !databases.is_empty() {
        let open = databases.iter().find(|database| is_on(rule, database));
        return open.map_or_else(Vec::new, |database| {
            let name = path::called(policy.namespace(), policy.name());
            of_peers(rule, database.product, &format!("NetworkPolicy {name} -> pods {}", called(database)))
        });
    }
    let by_port = || rule.items(&["ports"]).iter().find_map(|port| product::of_port(port.value.get("port")?));
    match named_by(policy).or_else(by_port).filter(|_| names_database(rule)) {
        Some(product) => of_peers(rule, product, ""),
        None => Vec::new(),
    }
}

/// Whether a rule is about a port of a database.
fn is_on(rule: &Spot<'_, '_>, database: &Database) -> bool {
    let is_covered = |number: &u16| {
        let name = database.ports.iter().find(|port| port.number == *number).map_or(String::new(), |p| p.name.clone());
        covers(rule, &database.ports, &Port { name, number: *number, protocol: "TCP".to_owned() })
    };
    database.listens.is_empty() || database.listens.iter().any(is_covered) || names_port(rule)
}

/// Whether a rule without known pods is about a port that is a database's by number or by name.
fn names_database(rule: &Spot<'_, '_>) -> bool {
    let ports = rule.items(&["ports"]);
    let is_one = |port: &Spot<'_, '_>| port.value.get("port").is_none_or(|port| product::of_port(port).is_some());
    ports.is_empty() || ports.iter().any(is_one) || names_port(rule)
}

/// Whether a rule names a port after a database.
fn names_port(rule: &Spot<'_, '_>) -> bool {
    let ports = rule.items(&["ports"]);
    let mut names = ports.iter().filter_map(|port| port.text(&["port"]));
    names.any(|name| name.split('-').any(|word| product::of_name(word).is_some()))
}

/// Which peers of a rule are strangers.
fn of_peers<'a>(rule: &Spot<'a, '_>, product: &'static str, path: &str) -> Vec<NetworkGap<'a>> {
    let gap = |at: At<'a>, gap: Gap| NetworkGap { at, gap, product, path: path.to_owned() };
    let from = rule.items(&["from"]);
    if from.is_empty() {
        return vec![gap(rule.get(&["from"]).map_or_else(|| rule.at(), |from| from.at()), Gap::AnyPeer)];
    }
    let of_peer = |peer: &Spot<'a, '_>| {
        let place = |keys: &[&str]| peer.get(keys).map_or_else(|| peer.at(), |spot| spot.at());
        Some(match openness(peer.value)? {
            Openness::Addresses => gap(place(&["ipBlock", "cidr"]), Gap::AnyAddress),
            Openness::Everybody => gap(place(&["namespaceSelector"]), Gap::EveryNamespace),
            Openness::Nearly => gap(place(&["namespaceSelector"]), Gap::NearlyEverybody),
        })
    };
    from.iter().filter_map(of_peer).collect()
}

fn of_release<'a>(valued: &Valued<'a, '_>, policies: &Policies<'a, '_>) -> Vec<NetworkGap<'a>> {
    let release = valued.release;
    let Some(database) = Database::of_release(release) else { return Vec::new() };
    let product = database.product;
    let mut gaps = Vec::new();
    for rules in valued.set.iter().filter(|assigned| assigned.setting.kind == Kind::Shape(Shape::IngressRules)) {
        let open = rules.spot.items(&[]).into_iter().filter(|rule| is_on(rule, &database));
        gaps.extend(open.flat_map(|rule| of_peers(&rule, product, "")));
    }
    let is_guarded = || policies.limits(&database.namespace, database.known(), Direction::Ingress);
    for setting in release.chart.settings {
        if setting.facet != Facet::NetworkPolicy(NetworkPolicy::AllowExternal) {
            continue;
        }
        let (group, section) = (parent(setting.path), setting.path.split('.').next().unwrap_or_default());
        let enabled =
            release.chart.settings.iter().find(|other| {
                other.facet == Facet::NetworkPolicy(NetworkPolicy::Enabled) && parent(other.path) == group
            });
        let is_in_use = release.chart.groups.iter().filter(|group| group.path == section).all(|group| {
            let (path, needed) = group.when;
            release.value(path).is_some_and(|value| value == needed)
        });
        let is_off = enabled.is_some_and(|enabled| release.value(enabled.path).is_some_and(|value| !is_true(value)));
        let mut add = |at: At<'a>, gap: Gap| gaps.push(NetworkGap { at, gap, product, path: String::new() });
        if let Some(enabled) = enabled.filter(|_| is_off)
            && let Some(at) = release.place(enabled.path).filter(|_| !is_guarded())
        {
            add(at, if release.is_loose() { Gap::OffHere } else { Gap::Off });
        }
        match release.value(setting.path) {
            Some(value) if is_true(value) => {
                let gap = if value == "false" { Gap::QuotedFalse } else { Gap::AllowExternal };
                release.place(setting.path).into_iter().for_each(|at| add(at, gap));
            }
            None if is_in_use && !is_off && release.is_on(setting.path) => {
                add(release.nearest(setting.path), Gap::OpenByDefault);
            }
            _ => {}
        }
    }
    gaps
}

/// What the values of a chart say about its policy that there is no model of. Its pods bear the usual labels.
fn of_foreign<'a>(release: &Foreign<'a, '_>, policies: &Policies<'a, '_>) -> Vec<NetworkGap<'a>> {
    let Some(product) = release.product() else { return Vec::new() };
    let own = [("app.kubernetes.io/name", release.chart), ("app.kubernetes.io/instance", release.release)];
    let labels: Labels = own.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let known = Known { labels: &labels, is_open: true };
    let gap = |told: Told<'a, '_>| match told {
        Told::PolicyOff(flag) => {
            let is_guarded = policies.limits(release.namespace, known, Direction::Ingress);
            (!is_guarded).then(|| (flag.at(), Gap::Off))
        }
        Told::PolicyOpen(flag) => {
            Some((flag.at(), if flag.value == "false" { Gap::QuotedFalse } else { Gap::AllowExternal }))
        }
        _ => None,
    };
    let gaps = release.told().into_iter().filter_map(gap);
    gaps.map(|(at, gap)| NetworkGap { at, gap, product, path: String::new() }).collect()
}

fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}
