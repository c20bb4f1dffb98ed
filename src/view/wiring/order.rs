//! What waits for what: circles of `dependsOn`, and waits that never end.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde_json::Value as Json;

use super::{
    build::{Ground, Item},
    claims::{self, Claim},
    delivery::{Cluster, Deliveries, Delivery, Engine, is_flux},
    fault::{Fault, Weight},
    release::{Release, is_release, waits_for_all},
};
use crate::{
    manifest::{at, text},
    view::{At, Spot},
};

/// What HelmReleases without a delivery wait for.
pub(super) fn of_loose<'a>(releases: &[Release<'a, '_>]) -> Vec<Fault<'a>> {
    let edges = release_edges(releases);
    let circle = |circle: Vec<usize>| {
        let names: Vec<&str> = circle.iter().map(|node| releases[*node].name.as_str()).collect();
        dependency_circle("HelmRelease", &names, depends_on(&releases[circle[0]].spot))
    };
    circles(&edges).into_iter().map(circle).collect()
}

fn depends_on<'a>(spot: &Spot<'a, '_>) -> At<'a> {
    spot.get(&["spec", "dependsOn"]).map_or_else(|| spot.at_name(), |spot| spot.at())
}

fn dependency_circle<'a>(kind: &str, names: &[&str], at: At<'a>) -> Fault<'a> {
    let message = match names {
        [one] => format!("{kind} `{one}` depends on itself, so it is never applied"),
        [first, rest @ ..] => {
            let way: Vec<String> = rest.iter().map(|name| format!("`{name}`")).collect();
            format!(
                "{kind} `{first}` depends on {}, which depends on `{first}`: none of them is ever applied",
                way.join(", which depends on ")
            )
        }
        [] => String::new(),
    };
    Fault::new("dependency-cycle", at, message, "take one of the `dependsOn` entries away")
}

fn release_edges(releases: &[Release<'_, '_>]) -> Vec<Vec<usize>> {
    let index: HashMap<(&str, &str), usize> = releases
        .iter()
        .enumerate()
        .map(|(index, release)| ((release.namespace.as_str(), release.name.as_str()), index))
        .collect();
    let edges = |release: &Release<'_, '_>| {
        let needed = at(&release.body, &["spec", "dependsOn"]).and_then(Json::as_array).into_iter().flatten();
        let find = |needed: &Json| {
            let namespace = text(needed, &["namespace"]).unwrap_or(&release.namespace);
            index.get(&(namespace, text(needed, &["name"])?)).copied()
        };
        needed.filter_map(find).collect()
    };
    releases.iter().map(edges).collect()
}

/// Something that is waited for, with why.
struct Graph {
    edges: Vec<Vec<(usize, String)>>,
}

impl Graph {
    fn add(&mut self, from: usize, to: usize, why: impl Into<String>) {
        self.edges[from].push((to, why.into()));
    }

    fn why(&self, from: usize, to: usize) -> Option<&str> {
        self.edges[from].iter().find(|(next, _)| *next == to).map(|(_, why)| why.as_str())
    }

    /// How one node waits for another in the end.
    fn way(&self, from: usize, to: usize) -> Option<Vec<&str>> {
        let mut before: HashMap<usize, (usize, &str)> = HashMap::new();
        let mut todo = VecDeque::from([from]);
        while let Some(node) = todo.pop_front() {
            for (next, why) in &self.edges[node] {
                if *next == to {
                    let mut way = vec![why.as_str()];
                    let mut at = node;
                    while let Some((above, why)) = before.get(&at).copied().filter(|_| at != from) {
                        way.push(why);
                        at = above;
                    }
                    way.reverse();
                    way.retain(|why| !why.is_empty());
                    return Some(way);
                }
                if *next != from && !before.contains_key(next) {
                    before.insert(*next, (node, why));
                    todo.push_back(*next);
                }
            }
        }
        None
    }
}

/// What waits for what in one cluster.
pub(super) fn of_cluster<'a: 'v, 'v>(
    ground: &Ground<'a, 'v>,
    deliveries: &Deliveries<'a, 'v>,
    cluster: &Cluster,
    releases: &[Release<'a, 'v>],
) -> Vec<Fault<'a>> {
    let members: Vec<&Delivery<'a, 'v>> = cluster.members.iter().map(|member| &deliveries.all[*member]).collect();
    let index: HashMap<(&str, &str), usize> = members
        .iter()
        .enumerate()
        .filter(|(_, delivery)| delivery.engine == Engine::Flux)
        .map(|(index, delivery)| ((delivery.namespace.as_str(), delivery.name.as_str()), index))
        .collect();
    let needs = |delivery: &Delivery<'a, 'v>| -> Vec<usize> {
        let find = |needed: &Json| {
            let namespace = text(needed, &["namespace"]).unwrap_or(&delivery.namespace);
            index.get(&(namespace, text(needed, &["name"])?)).copied()
        };
        delivery.list(&["spec", "dependsOn"]).iter().filter_map(find).collect()
    };
    let mut edges: Vec<Vec<usize>> = members.iter().map(|delivery| needs(delivery)).collect();
    let mut found = Vec::new();
    for circle in circles(&edges) {
        let names: Vec<&str> = circle.iter().map(|node| members[*node].name.as_str()).collect();
        found.push(dependency_circle("Kustomization", &names, depends_on(&members[circle[0]].spot)));
        // Said once; other waits do not lead through it again.
        circle.iter().for_each(|node| edges[*node].retain(|next| !circle.contains(next)));
    }
    let mut release_edges = release_edges(releases);
    for circle in circles(&release_edges) {
        let names: Vec<&str> = circle.iter().map(|node| releases[*node].name.as_str()).collect();
        found.push(dependency_circle("HelmRelease", &names, depends_on(&releases[circle[0]].spot)));
        circle.iter().for_each(|node| release_edges[*node].retain(|next| !circle.contains(next)));
    }

    // Node of a delivery: applied at its index, ready after all of those; then the releases.
    let count = members.len();
    let (ready, release_node) = (|member: usize| count + member, |release: usize| 2 * count + release);
    let mut graph = Graph { edges: vec![Vec::new(); 2 * count + releases.len()] };
    for (member, needed) in edges.iter().enumerate() {
        graph.add(ready(member), member, "");
        let name = &members[member].name;
        needed.iter().for_each(|needed| {
            graph.add(member, ready(*needed), format!("`{name}` depends on `{}`", members[*needed].name));
        });
    }
    let mut by_name: HashMap<(&str, &str), usize> = HashMap::new();
    for (number, release) in releases.iter().enumerate() {
        by_name.insert((&release.namespace, &release.name), number);
        if let Some(delivery) = release.delivery {
            let why = format!("`{}` applies HelmRelease `{}`", members[delivery].name, release.name);
            graph.add(release_node(number), delivery, why);
        }
        for needed in &release_edges[number] {
            let why = format!("HelmRelease `{}` depends on `{}`", release.name, releases[*needed].name);
            graph.add(release_node(number), release_node(*needed), why);
        }
    }
    let mut waits: Vec<Vec<Spot<'a, 'v>>> = vec![Vec::new(); count];
    for (member, delivery) in members.iter().enumerate().filter(|(_, delivery)| delivery.engine == Engine::Flux) {
        for (target, spot) in waited(delivery, &index, &by_name) {
            let (node, called) = match target {
                Target::Delivery(other) if other == member => continue,
                Target::Delivery(other) => (ready(other), format!("Kustomization `{}`", members[other].name)),
                Target::Release(number) => (release_node(number), format!("HelmRelease `{}`", releases[number].name)),
            };
            graph.add(ready(member), node, format!("`{}` waits for {called}", delivery.name));
            waits[member].push(spot);
        }
    }
    let plain: Vec<Vec<usize>> = graph.edges.iter().map(|edges| edges.iter().map(|(to, _)| *to).collect()).collect();
    for mut circle in circles(&plain) {
        let waiting = |node: &usize| (count..2 * count).contains(node) && !waits[node - count].is_empty();
        let Some(start) = circle.iter().position(waiting) else { continue };
        circle.rotate_left(start);
        let member = circle[0] - count;
        let nexts = circle.iter().skip(1).chain(&circle[..1]);
        let why = circle.iter().zip(nexts).filter_map(|(from, to)| graph.why(*from, *to));
        let way: Vec<&str> = why.filter(|why| !why.is_empty()).collect();
        let message = format!("Kustomization `{}` never becomes ready: {}", members[member].name, way.join(", "));
        let help = "let it not wait for what needs it first: `wait: false`, or `healthChecks` on something else";
        found.push(Fault::new("deadlock", waits[member][0].at(), message, help));
    }
    let claims = claims::of_cluster(ground, &members, releases);
    for claim in claims {
        found.extend(hangs(&claim, &members, releases, &graph, count));
    }
    found
}

enum Target {
    Delivery(usize),
    Release(usize),
}

type Names<'n> = HashMap<(&'n str, &'n str), usize>;

/// What a Kustomization waits for, and where it says so.
fn waited<'a, 'v>(delivery: &Delivery<'a, 'v>, index: &Names<'_>, releases: &Names<'_>) -> Vec<(Target, Spot<'a, 'v>)> {
    let find = |kind: &str, namespace: &str, name: &str| match kind {
        "Kustomization" => index.get(&(namespace, name)).copied().map(Target::Delivery),
        "HelmRelease" => releases.get(&(namespace, name)).copied().map(Target::Release),
        _ => None,
    };
    if let Some(spot) = waits_for_all(delivery) {
        let is_waited = |item: &&Item<'a, 'v>| is_flux(item.kind, item.group) || is_release(item.kind, item.group);
        let target = |item: &Item<'a, 'v>| find(item.kind, delivery.namespace_of(item), &item.name);
        return delivery
            .items
            .iter()
            .filter(is_waited)
            .filter_map(target)
            .map(|target| (target, spot.clone()))
            .collect();
    }
    let place = delivery.spot.get(&["spec", "healthChecks"]).unwrap_or_else(|| delivery.spot.clone());
    let check = |check: &Json| {
        let namespace = text(check, &["namespace"]).unwrap_or(&delivery.namespace);
        Some((find(text(check, &["kind"])?, namespace, text(check, &["name"])?)?, place.clone()))
    };
    delivery.list(&["spec", "healthChecks"]).iter().filter_map(check).collect()
}

/// Why a claim that is waited for is never bound.
fn hangs<'a, 'v>(
    claim: &Claim<'a, 'v>,
    members: &[&Delivery<'a, 'v>],
    releases: &[Release<'a, 'v>],
    graph: &Graph,
    count: usize,
) -> Option<Fault<'a>> {
    let ready = count + claim.delivery;
    let way = |user: &claims::User| {
        let node = match user {
            claims::User::Workload(delivery) => *delivery,
            claims::User::Release(number) => 2 * count + number,
            claims::User::CronJob => return None,
        };
        graph.way(node, ready)
    };
    let name = &claim.name;
    let whose = &members[claim.delivery].name;
    let start = format!(
        "Kustomization `{whose}` never becomes ready: it waits for PersistentVolumeClaim `{name}`, which is bound when its first pod starts"
    );
    let help =
        "wait for less: `wait: false` and `healthChecks` on what uses the claim, or put both into one Kustomization";
    if claim.users.is_empty() {
        let message = format!("{start}, and nothing in this tree uses it");
        return Some(Fault::new("deadlock", claim.wait.at(), message, help).weighing(Weight::IfComplete));
    }
    if claim.users.iter().all(|user| matches!(user, claims::User::CronJob)) {
        let message = format!(
            "Kustomization `{whose}` is not ready before the first run of a CronJob: it waits for PersistentVolumeClaim `{name}`, which is bound when its first pod starts"
        );
        return Some(Fault::new("deadlock", claim.wait.at(), message, help).weighing(Weight::Warning));
    }
    let ways: Option<Vec<Vec<&str>>> =
        claim.users.iter().filter(|user| !matches!(user, claims::User::CronJob)).map(way).collect();
    let way = ways?.into_iter().next()?;
    let user = claim.users.iter().find_map(|user| match user {
        claims::User::Workload(delivery) => Some(format!("the pod of `{}`", members[*delivery].name)),
        claims::User::Release(number) => Some(format!("the pod of HelmRelease `{}`", releases[*number].name)),
        claims::User::CronJob => None,
    })?;
    let message = format!("{start}, and {user} starts later: {}", way.join(", "));
    Some(Fault::new("deadlock", claim.wait.at(), message, help))
}

/// One circle through each group of nodes that lead to each other.
fn circles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut done = vec![false; edges.len()];
    let mut told: HashSet<usize> = HashSet::new();
    for start in 0..edges.len() {
        let mut path: Vec<(usize, usize)> = if done[start] { Vec::new() } else { vec![(start, 0)] };
        let mut depth: BTreeMap<usize, usize> = BTreeMap::from([(start, 0)]);
        while let Some((node, next)) = path.last().copied() {
            let Some(target) = edges[node].get(next).copied() else {
                done[node] = true;
                depth.remove(&node);
                path.pop();
                continue;
            };
            if let Some(last) = path.last_mut() {
                last.1 += 1;
            }
            if let Some(from) = depth.get(&target).copied() {
                let circle: Vec<usize> = path[from..].iter().map(|(node, _)| *node).collect();
                if circle.iter().all(|node| !told.contains(node)) {
                    told.extend(&circle);
                    found.push(circle);
                }
            } else if !done[target] {
                depth.insert(target, path.len());
                path.push((target, 0));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::circles;

    #[test]
    fn each_circle_is_told_once() {
        assert_eq!(circles(&[vec![1], vec![2], vec![0], vec![3], vec![0]]), [vec![0, 1, 2], vec![3]]);
        assert!(circles(&[vec![1, 2], vec![2], vec![]]).is_empty());
    }
}
