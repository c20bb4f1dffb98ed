//! The proof of the rules by mutants: mistakes that `gen policy selftest` plants into our own environments, the golden cases and
//! the trees of tests/mutants, one at a time. Each must be seen by a rule that is meant to see it. docs/mutants.md lists them;
//! `UPDATE_DOCS=1 cargo test --test mutants` writes it anew.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "golden/case.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared between tests")]
mod case;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
};

use gitops_gen::{
    environment::Repository,
    plan::{plan, vendored_files},
    policy,
    render::render,
    selftest::{Inputs, Mutant, SelfTest, Subject, Verdict, chosen, operators},
    tree::{FileTree, Limits, read_file},
};

/// Operators with mutants that no rule of theirs sees yet. One that is caught everywhere must leave the list.
const WAITING: &[&str] = &[
    "argo-head",
    "argo-range",
    "backup-suspended",
    "default-class",
    "empty-dir",
    "ingress-without-tls",
    "key-in-annotation",
    "no-liveness",
    "no-memory-limit",
    "no-readiness",
    "no-requests",
    "no-resources",
    "policy-any-pod",
    "policy-egress-only",
    "policy-gone",
    "policy-misses",
    "reclaim-delete",
    "token",
    "token-by-default",
    "unguarded",
    "unguarded-namespace",
    "values-no-budget",
    "values-no-memory-limit",
    "values-no-resources",
    "values-shared-mode",
    "values-type",
    "web-load-balancer",
];

/// How many mutants are tried in each of our environments, and in each golden case.
const OWN: usize = 420;
const GOLDEN: usize = 15;

/// What is done with every tree.
fn each<T>(mut with: impl FnMut(&str, &SelfTest<'_>, bool) -> T) -> Vec<T> {
    let mut done = Vec::new();
    let own = FileTree::read(&case::root(), "environments", &Limits::default()).unwrap();
    let mut files: case::Files = own.iter().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect();
    files.insert("gen.yaml".to_owned(), fs::read(case::root().join("gen.yaml")).unwrap());
    environments(&files, &|path| read_file(&case::root(), path, &Limits::default()).ok(), |name, test| {
        done.push(with(name, test, true));
    });
    for name in case::cases() {
        let folder = case::golden().join(&name);
        let read = |path: &str| read_file(&folder, path, &Limits::default()).ok();
        environments(&case::inputs(&name), &read, |_, test| done.push(with(&name, test, false)));
    }
    for entry in fs::read_dir(case::root().join("tests/mutants")).unwrap() {
        let path = entry.unwrap().path();
        let tree = FileTree::read(&path, "", &Limits::default()).unwrap();
        let subject = Subject::written(tree, policy::Scope::default());
        done.push(with(&path.file_name().unwrap().to_string_lossy(), &SelfTest::new(subject), true));
    }
    done
}

fn environments(
    files: &case::Files,
    read: &dyn Fn(&str) -> Option<Vec<u8>>,
    mut with: impl FnMut(&str, &SelfTest<'_>),
) {
    let repository: Repository = case::repository(files);
    for name in repository.environments() {
        let environment = repository.resolve(name).unwrap();
        let mut vendored = FileTree::new();
        for path in vendored_files(&environment) {
            if let Some(bytes) = files.get(&path).cloned().or_else(|| read(&path)) {
                vendored.insert(path.as_str(), bytes).unwrap();
            }
        }
        let Ok((planned, _)) = plan(&environment, repository.inputs(), &vendored) else { panic!("{name}") };
        let rendered = render(&planned);
        let inputs = Inputs {
            environment: name,
            files: Inputs::needed(repository.inputs(), &environment),
            layers: environment.layers.clone(),
            vendored,
        };
        let subject = Subject::rendered(rendered, environment.scope(), inputs);
        with(name, &SelfTest::new(subject));
    }
}

fn said(name: &str, verdict: &Verdict) -> String {
    let Mutant { operator, file, path, .. } = &verdict.mutant;
    let caught: Vec<&str> = verdict.caught_by.iter().copied().collect();
    format!(
        "{name}: {} in {file} at {path}: caught by [{}], meant for {:?}",
        operator.id,
        caught.join(", "),
        operator.rules
    )
}

#[test]
fn every_mutant_is_caught_by_the_rule_that_is_meant_for_it() {
    let mut problems = Vec::new();
    let mut count = 0;
    let mut living: BTreeSet<&str> = BTreeSet::new();
    let mut tried: BTreeSet<&str> = BTreeSet::new();
    let mut seed = 0;
    let tested = each(|name, test, is_own| {
        seed += 1;
        // What has found no place in our own environments is tried wherever it finds one.
        let (mut mutants, rest): (Vec<Mutant>, Vec<Mutant>) =
            test.mutants().into_iter().partition(|mutant| !is_own && !tried.contains(mutant.operator.id));
        mutants.extend(chosen(rest, seed, if is_own { OWN } else { GOLDEN }));
        tried.extend(mutants.iter().map(|mutant| mutant.operator.id));
        (name.to_owned(), test.unclean(), test.run(mutants))
    });
    for (name, unclean, verdicts) in &tested {
        count += verdicts.len();
        if *unclean > 0 {
            problems.push(format!("{name} is not clean: {unclean} findings"));
        }
        for verdict in verdicts {
            let id = verdict.mutant.operator.id;
            if !verdict.is_as_intended() {
                living.insert(id);
                match WAITING.contains(&id) {
                    true => println!("waiting: {}", said(name, verdict)),
                    false => problems.push(said(name, verdict)),
                }
            }
        }
    }
    let come = WAITING.iter().filter(|id| !living.contains(*id));
    problems.extend(come.map(|id| format!("{id} is caught everywhere: take it off the list WAITING")));
    let idle = operators().filter(|operator| !tried.contains(operator.id));
    problems.extend(idle.map(|operator| format!("{} finds no place in any tree", operator.id)));
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
    assert!(count >= 300, "{count} mutants");
    println!("{count} mutants");
}

#[test]
fn operators_have_names_of_their_own() {
    let mut seen = BTreeSet::new();
    for operator in operators() {
        assert!(seen.insert(operator.id), "{} stands twice", operator.id);
        assert!(!operator.rules.is_empty() && !operator.plants.is_empty(), "{}", operator.id);
    }
}

#[test]
fn the_same_seed_chooses_the_same_mutants() {
    let ids = |seed| {
        each(|_, test, _| {
            chosen(test.mutants(), seed, 150).into_iter().map(|mutant| (mutant.file, mutant.path)).collect::<Vec<_>>()
        })
    };
    assert_eq!(ids(1), ids(1));
    assert_ne!(ids(1), ids(2));
}

#[test]
fn the_list_in_docs_is_that_of_the_operators() {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let total: usize = each(|_, test, _| {
        let mutants = test.mutants();
        mutants.iter().for_each(|mutant| *places.entry(mutant.operator.id).or_default() += 1);
        mutants.len()
    })
    .into_iter()
    .sum();
    let mut text = format!(
        "# Mutants\n\n<!-- Written by tests/mutants.rs: UPDATE_DOCS=1 cargo test --test mutants -->\n\n\
         `gen policy selftest` plants one mistake at a time into a copy of your trees and asks the rules whether they see it. These \
         are the mistakes that it knows ({} kinds), with the places that they find in our own environments, the golden cases and the \
         trees of tests/mutants ({total} in all), and the rules of which one is meant to see them. `tests/mutants.rs` holds that \
         it does, but for the {} marked *not everywhere*: in some place nobody sees them yet, and the test prints which.\n\n| mistake | plants | places | seen by |\n|---|---|---|---|\n",
        operators().count(),
        WAITING.len()
    );
    for operator in operators() {
        let rules: Vec<String> = operator.rules.iter().map(|rule| format!("`{rule}`")).collect();
        let count = places.get(operator.id).copied().unwrap_or(0);
        let lack = if WAITING.contains(&operator.id) { ", *not everywhere*" } else { "" };
        writeln!(text, "| `{}` | {} | {count} | {}{lack} |", operator.id, operator.plants, rules.join(" or ")).unwrap();
    }
    let path = case::root().join("docs/mutants.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let is = fs::read_to_string(&path).unwrap_or_default();
    assert!(is == text, "docs/mutants.md is out of date: UPDATE_DOCS=1 cargo test --test mutants");
}
