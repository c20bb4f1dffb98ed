//! Network policies, evaluated: <https://kubernetes.io/docs/concepts/services-networking/network-policies/>.

use std::{collections::HashMap, net::IpAddr};

use serde_json::Value as Json;

use super::{Index, Known, Labels, address, labels, pair_of, selects};
use crate::{
    manifest::Bundle,
    view::{Spot, spot},
};

/// Who connects.
#[derive(Clone, Copy)]
pub enum Caller<'c> {
    /// A pod.
    Pod {
        /// Its namespace.
        namespace: &'c str,
        /// Its labels.
        labels: &'c Labels,
    },
    /// A host outside the cluster.
    Address(IpAddr),
}

/// A port that pods listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name in the container; empty where it has none.
    pub name: String,
    /// Its number.
    pub number: u16,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
}

/// Which side of a connection a policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Who connects to the pods that it selects.
    Ingress,
    /// To whom they connect.
    Egress,
}

impl Direction {
    /// The keys of the rules, and of the peers in a rule.
    fn keys(self) -> (&'static str, &'static str) {
        match self {
            Direction::Ingress => ("ingress", "from"),
            Direction::Egress => ("egress", "to"),
        }
    }
}

/// The network policies of a tree.
pub struct Policies<'a, 'v> {
    all: Vec<Policy<'a, 'v>>,
    index: Index,
    /// The labels of the namespaces that the tree holds.
    namespaces: HashMap<&'v str, Labels>,
}

/// A network policy.
pub(in crate::view) struct Policy<'a, 'v> {
    pub(in crate::view) spot: Spot<'a, 'v>,
}

impl<'a, 'v> Policy<'a, 'v> {
    pub(in crate::view) fn is_about(&self, direction: Direction) -> bool {
        let types = self.spot.value_at(&["spec", "policyTypes"]).and_then(Json::as_array);
        match (types.filter(|types| !types.is_empty()), direction) {
            (Some(types), Direction::Ingress) => types.iter().any(|kind| kind == "Ingress"),
            (Some(types), Direction::Egress) => types.iter().any(|kind| kind == "Egress"),
            (None, Direction::Ingress) => true,
            (None, Direction::Egress) => !self.spot.items(&["spec", "egress"]).is_empty(),
        }
    }

    /// Whether it selects pods in `namespace`. What names no namespace may stand in any.
    pub(in crate::view) fn selects(&self, namespace: &str, known: Known<'_>) -> bool {
        let own = self.spot.namespace();
        let is_here = own.is_empty() || namespace.is_empty() || own == namespace;
        is_here && selects(self.spot.value_at(&["spec", "podSelector"]), known)
    }

    /// Whether it selects every pod of its namespace.
    pub(in crate::view) fn selects_all(&self) -> bool {
        let selector = self.spot.value_at(&["spec", "podSelector"]);
        selects(selector, Known { labels: &Labels::new(), is_open: true })
    }

    pub(in crate::view) fn rules(&self, direction: Direction) -> Vec<Spot<'a, 'v>> {
        match self.is_about(direction) {
            true => self.spot.items(&["spec", direction.keys().0]),
            false => Vec::new(),
        }
    }
}

impl<'v> Policies<'v, 'v> {
    /// The network policies of a tree.
    #[must_use]
    pub fn of(bundle: &'v Bundle) -> Policies<'v, 'v> {
        Policies::among(&spot::bodies(bundle))
    }
}

impl<'a, 'v> Policies<'a, 'v> {
    pub(in crate::view) fn among(bodies: &[Spot<'a, 'v>]) -> Policies<'a, 'v> {
        let mut policies = Policies { all: Vec::new(), index: Index::default(), namespaces: HashMap::new() };
        for body in bodies {
            match (body.kind(), body.group()) {
                ("NetworkPolicy", "networking.k8s.io") => {
                    let pair = pair_of(body.value_at(&["spec", "podSelector", "matchLabels"]));
                    policies.index.insert(body.namespace(), pair, policies.all.len());
                    policies.all.push(Policy { spot: body.clone() });
                }
                ("Namespace", "") => {
                    policies.namespaces.insert(body.name(), labels(body.value_at(&["metadata", "labels"])));
                }
                _ => {}
            }
        }
        policies
    }

    pub(in crate::view) fn all(&self) -> &[Policy<'a, 'v>] {
        &self.all
    }

    /// The numbers of the policies that select some pods.
    pub(in crate::view) fn selecting(&self, namespace: &str, known: Known<'_>) -> Vec<usize> {
        let pairs = known.labels.iter().map(|(key, value)| Some((key.as_str(), value.as_str())));
        let near = pairs.chain([None]).flat_map(|pair| self.index.get(namespace, pair));
        let mut found: Vec<usize> = near.filter(|number| self.all[*number].selects(namespace, known)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether any policy limits a direction of some pods' traffic.
    pub(in crate::view) fn limits(&self, namespace: &str, known: Known<'_>, direction: Direction) -> bool {
        self.selecting(namespace, known).into_iter().any(|number| self.all[number].is_about(direction))
    }

    /// Whether `caller` may connect to `port` of pods in `namespace` with these labels, and every port that they have: the
    /// policies on their side let it in, and those on the caller's side let it out.
    #[must_use]
    pub fn admits(&self, caller: Caller<'_>, namespace: &str, pods: &Labels, ports: &[Port], port: &Port) -> bool {
        self.lets_in(caller, namespace, pods, ports, port) && self.lets_out(caller, namespace, pods, ports, port)
    }

    /// Whether the policies of the pods let `caller` in.
    #[must_use]
    pub fn lets_in(&self, caller: Caller<'_>, namespace: &str, pods: &Labels, ports: &[Port], port: &Port) -> bool {
        self.allows(Direction::Ingress, (namespace, pods), caller, (ports, port))
    }

    /// Whether the policies of `caller` let it out.
    #[must_use]
    pub fn lets_out(&self, caller: Caller<'_>, namespace: &str, pods: &Labels, ports: &[Port], port: &Port) -> bool {
        match caller {
            Caller::Address(_) => true,
            Caller::Pod { namespace: own, labels } => {
                let other = Caller::Pod { namespace, labels: pods };
                self.allows(Direction::Egress, (own, labels), other, (ports, port))
            }
        }
    }

    /// Whether the policies of `pods` allow them traffic with `other` on a port of the receiving side.
    fn allows(
        &self,
        direction: Direction,
        (namespace, pods): (&str, &Labels),
        other: Caller<'_>,
        (ports, port): (&[Port], &Port),
    ) -> bool {
        let numbers = self.selecting(namespace, Known { labels: pods, is_open: false });
        let about = numbers.into_iter().map(|number| &self.all[number]).filter(|policy| policy.is_about(direction));
        let about: Vec<&Policy<'a, 'v>> = about.collect();
        let is_allowed = |policy: &&Policy<'a, 'v>| {
            policy.rules(direction).iter().any(|rule| {
                let peers = rule.items(&[direction.keys().1]);
                let is_peer = |peer: &Spot<'a, 'v>| self.is_peer(peer.value, policy.spot.namespace(), other);
                covers(rule, ports, port) && (peers.is_empty() || peers.iter().any(is_peer))
            })
        };
        about.is_empty() || about.iter().any(is_allowed)
    }

    /// Whether an entry of `from` or `to`, in a policy of that namespace, names somebody.
    fn is_peer(&self, peer: &Json, namespace: &str, other: Caller<'_>) -> bool {
        let part = |key: &str| peer.get(key).filter(|part| !part.is_null());
        match other {
            Caller::Address(address) => part("ipBlock").is_some_and(|block| is_in_block(block, address)),
            Caller::Pod { namespace: theirs, labels } => {
                let (spaces, pods) = (part("namespaceSelector"), part("podSelector"));
                let is_there = match spaces {
                    Some(selector) => {
                        let labels = self.labels_of(theirs);
                        selects(Some(selector), Known { labels: &labels, is_open: false })
                    }
                    None => namespace == theirs,
                };
                (spaces.is_some() || pods.is_some()) && is_there && selects(pods, Known { labels, is_open: false })
            }
        }
    }

    /// The labels of a namespace: those in the tree, and its name, which Kubernetes adds.
    fn labels_of(&self, namespace: &str) -> Labels {
        let mut labels = self.namespaces.get(namespace).cloned().unwrap_or_default();
        labels.insert("kubernetes.io/metadata.name".to_owned(), namespace.to_owned());
        labels
    }
}

fn is_in_block(block: &Json, address: IpAddr) -> bool {
    let holds = |range: &Json| range.as_str().is_some_and(|range| address::holds(range, address));
    let except = block.get("except").and_then(Json::as_array);
    block.get("cidr").is_some_and(holds) && !except.is_some_and(|except| except.iter().any(holds))
}

/// Whether a rule is about a port of pods that have all these ports: a name is that of one of theirs.
pub(in crate::view) fn covers(rule: &Spot<'_, '_>, ports: &[Port], port: &Port) -> bool {
    let listed = rule.items(&["ports"]);
    let is_it = |entry: &Spot<'_, '_>| {
        if entry.text(&["protocol"]).unwrap_or("TCP") != port.protocol {
            return false;
        }
        match entry.value_at(&["port"]) {
            None | Some(Json::Null) => true,
            Some(Json::String(name)) => {
                let has = |own: &Port| own.name == *name && own.number == port.number && own.protocol == port.protocol;
                ports.iter().any(has)
            }
            Some(first) => {
                let last = entry.value_at(&["endPort"]).and_then(Json::as_u64).or(first.as_u64());
                let number = u64::from(port.number);
                first.as_u64().is_some_and(|first| first <= number) && last.is_some_and(|last| number <= last)
            }
        }
    };
    listed.is_empty() || listed.iter().any(is_it)
}

/// How an entry of `from` lets strangers in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::view) enum Openness {
    /// It names every address, or nearly.
    Addresses,
    /// It names every namespace, and every pod there.
    Everybody,
    /// It names whoever has not got a certain label.
    Nearly,
}

/// Whether an entry of `from` lets in a pod that has no labels, in a namespace that nobody has heard of, or hosts that it does
/// not name.
pub(in crate::view) fn openness(peer: &Json) -> Option<Openness> {
    let part = |key: &str| peer.get(key).filter(|part| !part.is_null());
    if let Some(block) = part("ipBlock") {
        let range = block.get("cidr").and_then(Json::as_str)?;
        return address::is_wide(range).then_some(Openness::Addresses);
    }
    let spaces = part("namespaceSelector")?;
    // Nobody writes the name of this one.
    let space = Labels::from([("kubernetes.io/metadata.name".to_owned(), "\u{0}".to_owned())]);
    let is_in = |selector: Option<&Json>, labels: &Labels| selects(selector, Known { labels, is_open: false });
    if !is_in(Some(spaces), &space) || !is_in(part("podSelector"), &Labels::new()) {
        return None;
    }
    let is_empty = |selector: &Json| selects(Some(selector), Known { labels: &Labels::new(), is_open: true });
    let says_nothing = is_empty(spaces) && part("podSelector").is_none_or(is_empty);
    Some(if says_nothing { Openness::Everybody } else { Openness::Nearly })
}
