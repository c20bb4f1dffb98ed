//! Where network policies leave a database open.

use serde_json::Value as Json;

use super::{
    At, Databases, Spot, Tree,
    database::{Labels, Pods, labels},
    exposure::is_any,
    product,
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
}

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<NetworkGap<'a>> {
    let is_policy = |body: &&Spot<'a, '_>| body.kind() == "NetworkPolicy" && body.group() == "networking.k8s.io";
    let policies: Vec<Policy<'a, '_>> = tree.bodies.iter().filter(is_policy).map(Policy::of).collect();
    let mut gaps: Vec<NetworkGap<'a>> = policies.iter().flat_map(|policy| of_policy(policy, tree.databases)).collect();
    gaps.extend(tree.releases.iter().flat_map(|release| of_release(release, &policies)));
    for (workload, pods) in tree.bodies.iter().filter_map(|body| Some((body, Pods::of_workload(body)?))) {
        if !policies.iter().any(|policy| policy.guards(&pods)) {
            gaps.push(NetworkGap { at: workload.at_name(), gap: Gap::None, product: pods.product });
        }
    }
    gaps
}

/// A network policy and whom it is about.
struct Policy<'a, 'v> {
    spot: &'v Spot<'a, 'v>,
    labels: Labels,
    /// Whether its selector has more than labels.
    has_expressions: bool,
    is_ingress: bool,
}

impl<'a, 'v> Policy<'a, 'v> {
    fn of(spot: &'v Spot<'a, 'v>) -> Policy<'a, 'v> {
        let types = spot.value_at(&["spec", "policyTypes"]).and_then(Json::as_array);
        let expressions = spot.value_at(&["spec", "podSelector", "matchExpressions"]).and_then(Json::as_array);
        Policy {
            spot,
            labels: labels(spot.get(&["spec", "podSelector", "matchLabels"])),
            has_expressions: expressions.is_some_and(|list| !list.is_empty()),
            is_ingress: types.is_none_or(|types| types.is_empty() || types.iter().any(|kind| kind == "Ingress")),
        }
    }

    /// Whether it limits who may connect to some pods.
    fn guards(&self, pods: &Pods) -> bool {
        self.is_ingress && self.selects(pods)
    }

    fn selects(&self, pods: &Pods) -> bool {
        match self.labels.is_empty() {
            true => !self.has_expressions && pods.are_in(self.spot.namespace()),
            false => pods.are_selected(self.spot.namespace(), &self.labels),
        }
    }
}

fn of_policy<'a>(policy: &Policy<'a, '_>, databases: &Databases) -> Vec<NetworkGap<'a>> {
    let spot = policy.spot;
    let rules = spot.items(&["spec", "ingress"]);
    let selected = || {
        let known = databases.iter().find(|pods| policy.selects(pods)).map(|pods| pods.product);
        known.or_else(|| databases.selected(spot.namespace(), &policy.labels))
    };
    let gaps = rules.iter().flat_map(|rule| {
        // A port of a database tells what the policy is for where nothing else does.
        let by_port = || rule.items(&["ports"]).iter().find_map(|port| product::of_port(port.value.get("port")?));
        selected().or_else(by_port).map(|product| of_rule(rule, product)).unwrap_or_default()
    });
    gaps.collect()
}

/// What an ingress rule opens.
fn of_rule<'a>(rule: &Spot<'a, '_>, product: &'static str) -> Vec<NetworkGap<'a>> {
    let ports = rule.items(&["ports"]);
    let is_database_port = |port: &Spot<'_, '_>| match port.value.get("port") {
        None => true,
        Some(number) if number.is_string() && number.as_str().is_some_and(|name| name.parse::<u64>().is_err()) => {
            number.as_str().is_some_and(|name| name.split('-').any(|word| product::of_name(word).is_some()))
        }
        Some(number) => product::of_port(number).is_some(),
    };
    if !ports.is_empty() && !ports.iter().any(is_database_port) {
        return Vec::new();
    }
    let from = rule.items(&["from"]);
    if from.is_empty() {
        let place = rule.get(&["from"]).map_or_else(|| rule.at(), |from| from.at());
        return vec![NetworkGap { at: place, gap: Gap::AnyPeer, product }];
    }
    let gap = |peer: &Spot<'a, '_>| {
        if let Some(range) = peer.get(&["ipBlock", "cidr"]).filter(|range| is_any(range.value)) {
            return Some(NetworkGap { at: range.at(), gap: Gap::AnyAddress, product });
        }
        let is_empty = |key: &str| peer.value.get(key).and_then(|value| value.as_object()).map(|map| map.is_empty());
        let is_everybody = is_empty("namespaceSelector") == Some(true) && is_empty("podSelector").unwrap_or(true);
        let place = || peer.get(&["namespaceSelector"]).map_or_else(|| peer.at(), |selector| selector.at());
        is_everybody.then(|| NetworkGap { at: place(), gap: Gap::EveryNamespace, product })
    };
    from.iter().filter_map(gap).collect()
}

fn of_release<'a>(valued: &Valued<'a, '_>, policies: &[Policy<'a, '_>]) -> Vec<NetworkGap<'a>> {
    let release = valued.release;
    let Some(product) = product::of_name(release.chart.name) else { return Vec::new() };
    let mut gaps = Vec::new();
    for rules in valued.set.iter().filter(|assigned| assigned.setting.kind == Kind::Shape(Shape::IngressRules)) {
        gaps.extend(rules.spot.items(&[]).iter().flat_map(|rule| of_rule(rule, product)));
    }
    let is_guarded =
        || Pods::of_release(release).is_some_and(|pods| policies.iter().any(|policy| policy.guards(&pods)));
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
        if let Some(enabled) = enabled.filter(|_| is_off) {
            let at = release.place(enabled.path).filter(|_| !is_guarded());
            let gap = if release.is_loose() { Gap::OffHere } else { Gap::Off };
            gaps.extend(at.map(|at| NetworkGap { at, gap, product }));
        }
        match release.value(setting.path) {
            Some(value) if is_true(value) => {
                let gap = if value == "false" { Gap::QuotedFalse } else { Gap::AllowExternal };
                gaps.extend(release.place(setting.path).map(|at| NetworkGap { at, gap, product }));
            }
            None if is_in_use && !is_off && release.is_on(setting.path) => {
                gaps.push(NetworkGap { at: release.nearest(setting.path), gap: Gap::OpenByDefault, product });
            }
            _ => {}
        }
    }
    gaps
}

fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}
