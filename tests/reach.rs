//! From where a port can be reached. `clients:` is proven on every golden tree: who is declared is let in, on the declared
//! ports and through the Service, and nobody else is. And the evaluator is held against a second one, written here from the
//! words of <https://kubernetes.io/docs/concepts/services-networking/network-policies/> without looking at the first.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::{
    collections::BTreeMap,
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
};

use gitops_gen::{
    manifest::{Bundle, Object, Provenance},
    tree::{FileTree, Limits},
    view::{Caller, Database, Labels, Policies, Port, View},
    yaml::{Dialect, FileId, Source, parse},
};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Value as Json, json};

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

// ---- the golden trees

/// An environment of the golden cases: its file and its tree.
struct Golden {
    name: String,
    environment: Json,
    bundle: Bundle,
}

fn below(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(path).map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default();
    found.sort();
    found
}

fn golden() -> Vec<Golden> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let files = below(&root).into_iter().flat_map(|case| below(&case.join("environments")));
    let read = |file: PathBuf| {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let tree = file.parent().unwrap().parent().unwrap().join("gitops").join(&name);
        let bytes = fs::read(&file).ok().filter(|_| tree.is_dir())?;
        let node = parse(Source { id: FileId(0), name: "x", bytes: &bytes }, Dialect::Manifest).unwrap().remove(0);
        let (bundle, mistakes) = Bundle::parse(&FileTree::read(&tree, "", &Limits::default()).unwrap());
        assert!(mistakes.is_empty(), "{mistakes:?}");
        Some(Golden { name: file.display().to_string(), environment: node.to_json(), bundle })
    };
    files.filter_map(read).collect()
}

/// The pods of a database as the chart labels them.
fn servers(database: &Database) -> Vec<Labels> {
    let component = |name: &str| {
        let mut labels = database.labels.clone();
        labels.insert("app.kubernetes.io/component".to_owned(), name.to_owned());
        labels
    };
    vec![component("primary"), component("read")]
}

/// A declared client: its namespace, its labels, its ports.
type Client = (String, Labels, Vec<u16>);

fn clients(environment: &Json) -> Vec<Client> {
    let own = namespace(environment);
    let services = environment["services"].as_object().into_iter().flat_map(|services| services.values());
    let declared = services.filter_map(|service| service.get("clients")?.as_object()).flat_map(|map| map.values());
    let client = |client: &Json| {
        let mut labels: Labels = client["labels"].as_object().map_or_else(Labels::new, |map| {
            map.iter().map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect()
        });
        if let Some(app) = client["app"].as_str() {
            labels.insert("app.kubernetes.io/name".to_owned(), app.to_owned());
        }
        let ports = client["ports"].as_array().map_or_else(
            || vec![5432],
            |ports| ports.iter().map(|port| u16::try_from(port.as_u64().unwrap()).unwrap()).collect(),
        );
        (client["namespace"].as_str().unwrap_or(&own).to_owned(), labels, ports)
    };
    declared.map(client).collect()
}

fn namespace(environment: &Json) -> String {
    let namespace = &environment["namespace"];
    namespace.as_str().or(namespace["name"].as_str()).unwrap().to_owned()
}

fn port_of(database: &Database, number: u16) -> Port {
    let known = database.ports.iter().find(|port| port.number == number).cloned();
    known.unwrap_or(Port { name: String::new(), number, protocol: "TCP".to_owned() })
}

#[test]
fn declared_clients_reach_the_database_and_nobody_else_does() {
    let trees = golden();
    assert!(trees.len() > 10, "{}", trees.len());
    let (mut let_in, mut kept_out) = (0, 0);
    for Golden { name, environment, bundle } in &trees {
        let view = View::of(bundle);
        let policies = Policies::of(bundle);
        let own = namespace(environment);
        let declared = clients(environment);
        assert_eq!(view.databases.len(), 1, "{name}");
        let database = &view.databases[0];
        assert_eq!(database.namespace, own, "{name}");
        for pods in servers(database) {
            let is_let_in = |caller: Caller<'_>, port: u16| {
                policies.lets_in(caller, &own, &pods, &database.ports, &port_of(database, port))
            };
            for (space, labels, ports) in &declared {
                for port in [5432, 9187, 8008] {
                    let caller = Caller::Pod { namespace: space, labels };
                    let is_declared = declared.iter().any(|(other, needed, theirs)| {
                        other == space
                            && needed.iter().all(|pair| labels.get(pair.0) == Some(pair.1))
                            && theirs.contains(&port)
                    });
                    assert_eq!(is_let_in(caller, port), is_declared, "{name}: {space} {labels:?} on {port}");
                    assert!(!ports.contains(&port) || is_declared);
                    let_in += usize::from(is_declared);
                    // Another namespace with the same labels, and the same namespace without them.
                    let elsewhere = Caller::Pod { namespace: "elsewhere", labels };
                    assert!(!is_let_in(elsewhere, port), "{name}: elsewhere {labels:?} on {port}");
                    if declared.iter().all(|(other, needed, _)| other != space || !needed.is_empty()) {
                        let bare = Caller::Pod { namespace: space, labels: &Labels::new() };
                        assert!(!is_let_in(bare, port), "{name}: {space} without labels on {port}");
                    }
                    kept_out += 2;
                }
            }
            for port in [5432, 9187, 22] {
                let stranger = labels(&[("app.kubernetes.io/name", "stranger")]);
                for space in [own.as_str(), "default", "kube-system"] {
                    assert!(
                        !is_let_in(Caller::Pod { namespace: space, labels: &stranger }, port),
                        "{name}: {space} {port}"
                    );
                }
                for address in [
                    IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8)),
                    IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
                    IpAddr::V6(Ipv6Addr::LOCALHOST),
                ] {
                    assert!(!is_let_in(Caller::Address(address), port), "{name}: {address} {port}");
                }
                kept_out += 6;
            }
        }
        // The Service leads to the primary alone, on the port that it listens on.
        let service = bundle.objects.iter().find(|object| object.kind() == "Service").unwrap();
        let selector: BTreeMap<String, String> =
            serde_json::from_value(service.body["spec"]["selector"].clone()).unwrap();
        let leads_to: Vec<bool> =
            servers(database).iter().map(|pods| selector.iter().all(|pair| pods.get(pair.0) == Some(pair.1))).collect();
        assert_eq!(leads_to, [true, false], "{name}");
        let target = service.body["spec"]["ports"][0]["targetPort"].as_str().unwrap();
        let listens: Vec<u16> =
            database.ports.iter().filter(|port| port.name == target).map(|port| port.number).collect();
        assert_eq!(listens, [5432], "{name}");
        assert_eq!(service.body["spec"]["ports"][0]["port"], 5432, "{name}");
    }
    assert!(let_in >= 10 && kept_out > 300, "{let_in} let in, {kept_out} kept out");
}

// ---- the second evaluator

/// Everything of a world in which somebody connects.
#[derive(Clone, Debug)]
struct World {
    namespaces: Vec<(String, Labels)>,
    policies: Vec<Json>,
}

/// A pod: its namespace and labels.
type Pod = (String, Labels);

const PORTS: [(&str, u16, &str); 3] = [("sql", 5432, "TCP"), ("web", 8080, "TCP"), ("dns", 53, "UDP")];

fn brute_labels(world: &World, namespace: &str) -> Labels {
    let mut labels = world.namespaces.iter().find(|(name, _)| name == namespace).unwrap().1.clone();
    labels.insert("kubernetes.io/metadata.name".to_owned(), namespace.to_owned());
    labels
}

fn brute_selects(selector: &Json, labels: &Labels) -> bool {
    if let Some(pairs) = selector["matchLabels"].as_object() {
        for (key, value) in pairs {
            if labels.get(key).map(String::as_str) != value.as_str() {
                return false;
            }
        }
    }
    if let Some(expressions) = selector["matchExpressions"].as_array() {
        for expression in expressions {
            let value = labels.get(expression["key"].as_str().unwrap());
            let listed: Vec<&str> = expression["values"]
                .as_array()
                .map(|all| all.iter().map(|one| one.as_str().unwrap()).collect())
                .unwrap_or_default();
            let holds = match expression["operator"].as_str().unwrap() {
                "In" => value.is_some() && listed.contains(&value.unwrap().as_str()),
                "NotIn" => value.is_none() || !listed.contains(&value.unwrap().as_str()),
                "Exists" => value.is_some(),
                _ => value.is_none(),
            };
            if !holds {
                return false;
            }
        }
    }
    true
}

fn brute_in_range(range: &str, address: Ipv4Addr) -> bool {
    let (network, bits) = range.split_once('/').unwrap();
    let (network, bits): (Ipv4Addr, u32) = (network.parse().unwrap(), bits.parse().unwrap());
    // Bit by bit, as one would by hand.
    (0..bits).all(|bit| (u32::from(network) >> (31 - bit)) & 1 == (u32::from(address) >> (31 - bit)) & 1)
}

/// Whether one side's policies allow the traffic: isolated only if a policy of that type selects the pod, and then allowed if
/// any rule of any of them does.
fn brute_side(world: &World, kind: &str, pod: &Pod, other: Result<&Pod, Ipv4Addr>, port: (&str, u16, &str)) -> bool {
    let (rules, peers) = if kind == "Ingress" { ("ingress", "from") } else { ("egress", "to") };
    let mut is_isolated = false;
    for policy in &world.policies {
        let spec = &policy["spec"];
        if policy["metadata"]["namespace"] != pod.0 || !brute_selects(&spec["podSelector"], &pod.1) {
            continue;
        }
        let is_of_kind = match spec["policyTypes"].as_array() {
            Some(types) => types.iter().any(|one| one == kind),
            None => kind == "Ingress" || spec["egress"].as_array().is_some_and(|rules| !rules.is_empty()),
        };
        if !is_of_kind {
            continue;
        }
        is_isolated = true;
        for rule in spec[rules].as_array().into_iter().flatten() {
            let ports = rule["ports"].as_array().filter(|ports| !ports.is_empty());
            let is_port = ports.is_none_or(|ports| {
                ports.iter().any(|entry| {
                    let is_number = match &entry["port"] {
                        Json::Null => true,
                        Json::String(name) => name == port.0,
                        number => {
                            let first = number.as_u64().unwrap();
                            (first..=entry["endPort"].as_u64().unwrap_or(first)).contains(&u64::from(port.1))
                        }
                    };
                    is_number && entry["protocol"].as_str().unwrap_or("TCP") == port.2
                })
            });
            let peers = rule[peers].as_array().filter(|peers| !peers.is_empty());
            let is_peer = peers.is_none_or(|peers| {
                peers.iter().any(|peer| match (other, peer.get("ipBlock")) {
                    (Err(address), Some(block)) => {
                        let except = block["except"].as_array().into_iter().flatten();
                        brute_in_range(block["cidr"].as_str().unwrap(), address)
                            && !except.into_iter().any(|range| brute_in_range(range.as_str().unwrap(), address))
                    }
                    (Ok(other), None) => {
                        let is_space = match peer.get("namespaceSelector") {
                            Some(selector) => brute_selects(selector, &brute_labels(world, &other.0)),
                            None => other.0 == pod.0,
                        };
                        is_space && peer.get("podSelector").is_none_or(|selector| brute_selects(selector, &other.1))
                    }
                    _ => false,
                })
            });
            if is_port && is_peer {
                return true;
            }
        }
    }
    !is_isolated
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![Just("a".to_owned()), Just("b".to_owned()), Just("c".to_owned())]
}

fn some_labels() -> impl Strategy<Value = Labels> {
    prop::collection::btree_map(prop_oneof![Just("app".to_owned()), Just("tier".to_owned())], word(), 0..3)
}

fn selector() -> impl Strategy<Value = Json> {
    let key = prop_oneof![Just("app"), Just("tier"), Just("kubernetes.io/metadata.name")];
    let operator = prop_oneof![Just("In"), Just("NotIn"), Just("Exists"), Just("DoesNotExist")];
    let expression =
        (key, operator, prop::collection::vec(word(), 1..3)).prop_map(|(key, operator, values)| match operator {
            "In" | "NotIn" => json!({"key": key, "operator": operator, "values": values}),
            _ => json!({"key": key, "operator": operator}),
        });
    (some_labels(), prop::collection::vec(expression, 0..2)).prop_map(|(labels, expressions)| {
        let mut selector = json!({});
        if !labels.is_empty() {
            selector["matchLabels"] = json!(labels);
        }
        if !expressions.is_empty() {
            selector["matchExpressions"] = json!(expressions);
        }
        selector
    })
}

fn peer() -> impl Strategy<Value = Json> {
    let range = prop_oneof![Just("0.0.0.0/0"), Just("10.0.0.0/8"), Just("10.1.0.0/16"), Just("203.0.113.7/32")];
    let block = (range.clone(), prop::collection::vec(range, 0..2))
        .prop_map(|(cidr, except)| json!({"ipBlock": {"cidr": cidr, "except": except}}));
    prop_oneof![
        block,
        selector().prop_map(|pods| json!({"podSelector": pods})),
        selector().prop_map(|spaces| json!({"namespaceSelector": spaces})),
        (selector(), selector()).prop_map(|(spaces, pods)| json!({"namespaceSelector": spaces, "podSelector": pods})),
    ]
}

fn rule(peers: &'static str) -> impl Strategy<Value = Json> {
    let port = prop_oneof![
        Just(json!({"port": 5432})),
        Just(json!({"port": "sql"})),
        Just(json!({"port": "other"})),
        Just(json!({"port": 8000, "endPort": 9000})),
        Just(json!({"port": 53, "protocol": "UDP"})),
        Just(json!({"port": 5432, "protocol": "UDP"})),
        Just(json!({"protocol": "TCP"})),
    ];
    (prop::collection::vec(peer(), 0..3), prop::collection::vec(port, 0..3)).prop_map(move |(others, ports)| {
        let mut rule = json!({});
        if !others.is_empty() {
            rule[peers] = json!(others);
        }
        if !ports.is_empty() {
            rule["ports"] = json!(ports);
        }
        rule
    })
}

fn policy() -> impl Strategy<Value = Json> {
    let types = prop_oneof![
        Just(json!(null)),
        Just(json!(["Ingress"])),
        Just(json!(["Egress"])),
        Just(json!(["Ingress", "Egress"])),
    ];
    let rules = (prop::collection::vec(rule("from"), 0..3), prop::collection::vec(rule("to"), 0..2));
    (word(), selector(), types, rules).prop_map(|(namespace, pods, types, (ingress, egress))| {
        let mut spec = json!({"podSelector": pods, "ingress": ingress});
        if !types.is_null() {
            spec["policyTypes"] = types;
        }
        if !egress.is_empty() {
            spec["egress"] = json!(egress);
        }
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "x", "namespace": namespace},
            "spec": spec
        })
    })
}

fn world() -> impl Strategy<Value = World> {
    let spaces = ["a", "b", "c"].map(|name| some_labels().prop_map(move |labels| (name.to_owned(), labels)));
    (spaces, prop::collection::vec(policy(), 0..5))
        .prop_map(|(namespaces, policies)| World { namespaces: namespaces.to_vec(), policies })
}

fn bundle(world: &World) -> Bundle {
    let spaces = world.namespaces.iter().map(
        |(name, labels)| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}),
    );
    let object = |body: Json| Object { file: "x.yaml".to_owned(), body, provenance: Provenance::Rendered };
    Bundle { objects: spaces.chain(world.policies.iter().cloned()).map(object).collect(), ..Bundle::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn two_evaluators_agree(
        world in world(),
        pods in prop::collection::vec((word(), some_labels()), 2..5),
    ) {
        let bundle = bundle(&world);
        let policies = Policies::of(&bundle);
        let ports = PORTS.map(|(name, number, protocol)| Port { name: name.to_owned(), number, protocol: protocol.to_owned() });
        for to in &pods {
            for (plain, port) in PORTS.into_iter().zip(&ports) {
                for from in &pods {
                    let expected = brute_side(&world, "Ingress", to, Ok(from), plain)
                        && brute_side(&world, "Egress", from, Ok(to), plain);
                    let caller = Caller::Pod { namespace: &from.0, labels: &from.1 };
                    prop_assert_eq!(policies.admits(caller, &to.0, &to.1, &ports, port), expected, "{:?} to {:?}", from, to);
                }
                for address in [Ipv4Addr::new(10, 1, 2, 3), Ipv4Addr::new(10, 9, 9, 9), Ipv4Addr::new(203, 0, 113, 7)] {
                    let expected = brute_side(&world, "Ingress", to, Err(address), plain);
                    let caller = Caller::Address(IpAddr::V4(address));
                    prop_assert_eq!(policies.admits(caller, &to.0, &to.1, &ports, port), expected, "{} to {:?}", address, to);
                }
            }
        }
    }
}
