//! Random damage to a real environment file: no panic, and every finding at a place that its file has.
#![allow(clippy::unwrap_used, reason = "a test")]

use gitops_gen::{
    diagnostic::Finding,
    environment::{Environment, Repository},
    plan::{Plan, plan},
    policy,
    render::render,
    tree::FileTree,
};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_oneof, proptest};

const FILES: &[(&str, &str)] = &[
    ("gen.yaml", include_str!("../gen.yaml")),
    ("environments/base.yaml", include_str!("../environments/base.yaml")),
    ("environments/production.yaml", include_str!("../environments/production.yaml")),
    ("environments/staging.yaml", include_str!("../environments/staging.yaml")),
];

/// What the rules say about a plan, complete or not.
fn policies(environment: &Environment, plan: &Plan) -> Vec<Finding> {
    let rendered = render(plan);
    policy::check(&rendered.bundle, &environment.scope(), &|at| rendered.locate(environment, at))
}

/// One kind of damage; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Damage {
    Delete(usize),
    Double(usize),
    Swap(usize, usize),
    Indent(usize, usize),
    Insert(usize, String),
    Flip(usize, u8),
    Cut(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let line = prop_oneof![
        "[ ]{0,8}[a-z]{1,10}:( [a-z0-9]{0,5})?",
        prop::sample::select(vec![
            "services: null",
            "  postgres: {}",
            "    values: {a: null}",
            "extends: [staging, base]",
            "    storage: ${{ services.postgres.port }}",
            "    clients: {a: {ports: []}}",
            "---",
            "abstract: true",
            "    &a x: *a",
            "    tls: {secret: a, external: true}",
            "    architecture: replication",
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        any::<usize>().prop_map(Damage::Delete),
        any::<usize>().prop_map(Damage::Double),
        any::<(usize, usize)>().prop_map(|(one, other)| Damage::Swap(one, other)),
        (any::<usize>(), 0..6_usize).prop_map(|(line, by)| Damage::Indent(line, by)),
        (any::<usize>(), line).prop_map(|(at, line)| Damage::Insert(at, line)),
        any::<(usize, u8)>().prop_map(|(at, byte)| Damage::Flip(at, byte)),
        any::<usize>().prop_map(Damage::Cut),
    ]
}

fn apply(bytes: Vec<u8>, damage: &Damage) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let count = lines.len();
    match damage {
        Damage::Delete(at) => drop(lines.remove(at % count)),
        Damage::Double(at) => lines.insert(at % count, lines[at % count].clone()),
        Damage::Swap(one, other) => lines.swap(one % count, other % count),
        Damage::Indent(at, by) => {
            let line = &mut lines[at % count];
            let text: Vec<u8> = line.iter().copied().skip_while(|byte| *byte == b' ').collect();
            *line = [vec![b' '; *by], text].concat();
        }
        Damage::Insert(at, line) => lines.insert(at % count, line.clone().into_bytes()),
        Damage::Flip(..) | Damage::Cut(_) => {}
    }
    let mut bytes = lines.join(&b'\n');
    match damage {
        Damage::Flip(at, byte) if !bytes.is_empty() => {
            let at = at % bytes.len();
            bytes[at] = *byte;
        }
        Damage::Cut(at) => bytes.truncate(at % (bytes.len() + 1)),
        _ => {}
    }
    bytes
}

/// Whether a finding stands in its file, and reads as one line with a reason.
fn is_fine(finding: &Finding, files: &FileTree) -> bool {
    let place = &finding.location;
    let Some(bytes) = files.get(&place.file) else { return false };
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let lines: Vec<&str> = text.split(['\n', '\r']).collect();
    let Some(line) = lines.get(place.line as usize - 1) else { return false };
    // One past the end is where something is missing.
    let fits = place.column as usize <= line.chars().count() + 1;
    place.column >= 1 && fits && !finding.message.is_empty() && !finding.message.contains(char::is_control)
}

fn every_finding(repository: &Repository) -> Vec<Finding> {
    let names: Vec<String> = repository.environments().into_iter().map(str::to_owned).collect();
    let mut findings = repository.clashes(&names);
    findings.extend(repository.unused_layers());
    for name in &names {
        match repository.resolve(name) {
            Err(mistakes) => {
                assert!(!mistakes.is_empty(), "an environment that fails says why");
                findings.extend(mistakes);
            }
            Ok(environment) => {
                findings.extend(environment.findings.iter().cloned());
                match plan(&environment, repository.inputs(), &FileTree::new()) {
                    Err(unsound) => {
                        findings.extend(unsound.findings);
                        findings.extend(unsound.plan.iter().flat_map(|plan| policies(&environment, plan)));
                    }
                    Ok((plan, said)) => {
                        findings.extend(said);
                        findings.extend(policies(&environment, &plan));
                    }
                }
            }
        }
    }
    findings
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_give_findings_in_their_place(
        which in prop_oneof![1 => Just(1_usize), 4 => Just(3_usize)],
        damages in prop::collection::vec(damage(), 1..5),
    ) {
        let mut tree = FileTree::new();
        for (index, (path, text)) in FILES.iter().enumerate() {
            let bytes = text.as_bytes().to_vec();
            let bytes = if index == which { damages.iter().fold(bytes, apply) } else { bytes };
            tree.insert(*path, bytes).unwrap();
        }
        let repository = Repository::load(tree);
        for finding in every_finding(&repository) {
            prop_assert!(is_fine(&finding, repository.inputs()), "{finding:?}");
        }
    }
}
