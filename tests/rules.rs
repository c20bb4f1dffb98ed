//! Every rule over every fixture. `tests/rules/<rule>/fail/<case>/` breaks the rule, `pass/<case>/` comes close and does not.
//! A case whose name starts with `environment` holds the files of `environments/`, on top of `tests/golden/base.yaml`; any
//! other is a tree as `gen lint` gets it. What the rule finds in the cases of `fail/` stands in
//! `fail/expected.txt`; `UPDATE_RULES=1 cargo test --test rules` writes it anew; read the difference before committing it.
//! A case whose name starts with `history` holds one file twice, as it was and as it is; one whose name starts with `change` holds a
//! whole tree twice, in `before/` and `after/`, of which the way from one to the other is judged. In `pass/` no rule finds anything above a note.

#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use gitops_gen::{
    audit,
    diagnostic::{Finding, Location, Severity},
    environment::Repository,
    manifest::Bundle,
    plan::plan,
    policy::{self, Comparison, Place, RULES, Scope},
    render::render,
    sops,
    tree::{FileTree, Limits},
    view::At,
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn folders(path: &Path) -> Vec<String> {
    let entries: Vec<fs::DirEntry> =
        fs::read_dir(path).map(|entries| entries.map(Result::unwrap).collect()).unwrap_or_default();
    let folders = entries.iter().filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// What the rules find in a case; those that are a matter of taste only where they are asked.
fn findings(case: &Path, with_opinions: bool) -> Vec<Finding> {
    let tree = FileTree::read(case, "", &Limits::default()).unwrap();
    let name = case.file_name().unwrap().to_string_lossy().into_owned();
    let mut findings = match name.split('-').next().unwrap() {
        "environment" => of_environments(&tree, with_opinions),
        "history" => of_history(&tree),
        "change" => of_change(&tree),
        _ => of_tree(&tree, with_opinions),
    };
    if let Ok(bytes) = fs::read(case.join(".sops.yaml")) {
        let stands = audit::config::Stands::Above(String::new());
        let config = audit::config::ConfigFile { file: ".sops.yaml".to_owned(), stands, bytes };
        findings.extend(audit::config::unsealed(&[config], &tree.iter().collect::<Vec<_>>()));
    }
    findings.sort_by(|a, b| (&a.location, a.rule, &a.message).cmp(&(&b.location, b.rule, &b.message)));
    findings
}

fn of_tree(tree: &FileTree, with_opinions: bool) -> Vec<Finding> {
    let (bundle, mut findings) = Bundle::parse(tree);
    let nowhere = |_: &At<'_>| Place::new(Location::file(""), "");
    findings.extend(policy::check(&bundle, &Scope { with_opinions, ..Scope::default() }, &nowhere));
    findings.extend(tree.iter().filter_map(|(path, bytes)| sops::private_key(path, bytes)));
    findings
}

/// A sealed file as it is in `after/`, held against the one in `before/`.
fn of_history(tree: &FileTree) -> Vec<Finding> {
    let facts = |folder: &str| {
        let path = format!("{folder}/a.sops.yaml");
        audit::Facts::read("a.sops.yaml", tree.get(&path).unwrap()).unwrap()
    };
    let before = audit::history::Version { commit: "HEAD".to_owned(), facts: facts("before") };
    audit::history::findings(&facts("after"), &before, &[])
}

/// The way from the tree in `before/` to the one in `after/`.
fn of_change(tree: &FileTree) -> Vec<Finding> {
    let side = |folder: &str| {
        let mut side = FileTree::new();
        for (path, bytes) in tree.iter() {
            if let Some(path) = path.strip_prefix(folder).and_then(|path| path.strip_prefix('/')) {
                side.insert(path, bytes).unwrap();
            }
        }
        assert!(!side.is_empty() || folder == "after");
        let (bundle, mistakes) = Bundle::parse(&side);
        assert_eq!(mistakes, []);
        bundle
    };
    let place = |at: &At<'_>| Place::new(Location::file(&at.object.file), at.pointer.join("."));
    let (before, after, scope) = (side("before"), side("after"), Scope::default());
    let comparison =
        Comparison { before: &before, after: &after, scope: &scope, locate: &place, gone: &place, runbook: None };
    comparison.findings()
}

fn of_environments(tree: &FileTree, with_opinions: bool) -> Vec<Finding> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    files.insert("gen.yaml".to_owned(), fs::read(root().join("gen.yaml")).unwrap());
    files.insert("environments/base.yaml".to_owned(), fs::read(root().join("tests/golden/base.yaml")).unwrap());
    for (path, bytes) in FileTree::read(&root(), "environments", &Limits::default()).unwrap().iter() {
        if path.ends_with(".sops.yaml") {
            files.insert(path.to_owned(), bytes.to_vec());
        }
    }
    files.extend(tree.iter().map(|(path, bytes)| (format!("environments/{path}"), bytes.to_vec())));
    let mut inputs = FileTree::new();
    files.into_iter().for_each(|(path, bytes)| inputs.insert(path, bytes).unwrap());
    let repository = Repository::load(inputs);
    let today = gitops_gen::scalar::Date::parse("2026-11-20").unwrap();
    let mut findings = Vec::new();
    for name in repository.environments() {
        let environment = repository.resolve(name).unwrap_or_else(|findings| panic!("{name}: {findings:#?}"));
        let (planned, said) = match plan(&environment, repository.inputs(), &FileTree::new()) {
            Ok(planned) => planned,
            Err(unsound) => (*unsound.plan.unwrap(), unsound.findings),
        };
        // What a plan says of its own is a rule where somebody may look it up.
        findings.extend(said.into_iter().filter(|finding| policy::find(finding.rule).is_some()));
        let rendered = render(&planned);
        let mut said = policy::check(&rendered.bundle, &Scope { with_opinions, ..environment.scope() }, &|at| {
            rendered.locate(&environment, at)
        });
        said.extend(environment.beside(&repository));
        findings.extend(environment.exceptions(&repository, &rendered.bundle.comments, today.clone()).apply(said));
    }
    findings
}

fn line(case: &str, finding: &Finding) -> String {
    let Finding { rule, severity, message, location, path, .. } = finding;
    let Location { file, line, column, .. } = location;
    format!("{case}: {file}:{line}:{column} {severity}[{rule}] at {path}: {message}")
}

#[test]
fn failing_cases_fail_as_expected() {
    let update = std::env::var_os("UPDATE_RULES").is_some();
    let mut problems = Vec::new();
    for rule in RULES {
        let folder = root().join("tests/rules").join(rule.id).join("fail");
        let cases = folders(&folder);
        let mut found = String::new();
        for case in &cases {
            let findings = findings(&folder.join(case), rule.is_opinion);
            if !findings.iter().any(|finding| finding.rule == rule.id) {
                problems.push(format!("{}: {case} passes", rule.id));
            }
            let own = findings.iter().filter(|finding| finding.rule == rule.id);
            own.for_each(|finding| writeln!(found, "{}", line(case, finding)).unwrap());
        }
        let expected = folder.join("expected.txt");
        if update && !cases.is_empty() {
            fs::write(&expected, &found).unwrap();
        }
        if cases.is_empty() || found != fs::read_to_string(&expected).unwrap_or_default() {
            problems.push(format!("{}: {} cases find\n{found}", expected.display(), cases.len()));
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// What a rule that is a matter of taste finds where it should find nothing.
fn findings_of(rule: &policy::Rule, case: &Path) -> Vec<Finding> {
    let found = if rule.is_opinion { findings(case, true) } else { Vec::new() };
    found.into_iter().filter(|finding| finding.rule == rule.id && finding.severity > Severity::Note).collect()
}

#[test]
fn no_rule_fires_on_a_passing_case() {
    let mut problems = Vec::new();
    for rule in RULES {
        let folder = root().join("tests/rules").join(rule.id).join("pass");
        let cases = folders(&folder);
        if cases.is_empty() {
            problems.push(format!("{} has no passing case", rule.id));
        }
        for case in cases {
            let findings =
                findings(&folder.join(&case), false).into_iter().filter(|finding| finding.severity > Severity::Note);
            problems.extend(findings.map(|finding| format!("{}: {}", rule.id, line(&case, &finding))));
            let own = findings_of(rule, &folder.join(&case));
            problems.extend(own.iter().map(|finding| format!("{}: {}", rule.id, line(&case, finding))));
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// The folders below `path` that hold a tree of gen's.
fn built_trees(path: &Path) -> Vec<PathBuf> {
    let is_tree = |folder: &PathBuf| folder.join("gen.lock").is_file();
    folders(path).into_iter().map(|name| path.join(name)).filter(is_tree).collect()
}

#[test]
fn no_rule_fires_on_what_gen_built() {
    let golden = root().join("tests/golden");
    let mut trees = built_trees(&root().join("gitops"));
    trees.extend(folders(&golden).iter().flat_map(|case| built_trees(&golden.join(case).join("gitops"))));
    assert!(trees.len() > 10, "{} trees", trees.len());
    let mut problems = Vec::new();
    for tree in trees {
        let findings = of_tree(&FileTree::read(&tree, "", &Limits::default()).unwrap(), false);
        let findings = findings.iter().filter(|finding| finding.severity > Severity::Note);
        problems.extend(findings.map(|finding| line(&tree.display().to_string(), finding)));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// Every secret of the fixtures holds the word.
const CANARY: &str = "CANARY-";

#[test]
fn no_finding_holds_a_secret() {
    let folder = root().join("tests/rules/plaintext-secret/fail");
    for case in folders(&folder) {
        let findings = findings(&folder.join(&case), false);
        assert!(!findings.is_empty(), "{case}");
        for finding in findings {
            let Finding { message, help, path, location, .. } = &finding;
            for text in [message, help, path, &location.file] {
                assert!(!text.contains(CANARY) && !text.contains("1234567"), "{case}: {text}");
            }
        }
    }
}

/// Every secret in the fixtures is found: each line with the word in it, or the one that its text starts in.
#[test]
fn every_secret_of_the_fixtures_is_found() {
    let folder = root().join("tests/rules/plaintext-secret/fail");
    for case in folders(&folder) {
        let found = findings(&folder.join(&case), false);
        let count = found.iter().filter(|finding| finding.rule == "plaintext-secret").count();
        let tree = FileTree::read(&folder.join(&case), "", &Limits::default()).unwrap();
        for (path, bytes) in tree.iter() {
            let text = String::from_utf8_lossy(bytes).into_owned();
            for (index, line) in text.lines().enumerate().filter(|(_, line)| line.contains(CANARY)) {
                let is_near = |finding: &&Finding| {
                    let Location { file, line: at, .. } = &finding.location;
                    let first = text.lines().take(index + 1).nth(*at as usize - 1).unwrap_or_default();
                    let is_block = first.trim_end().ends_with(['|', '-']) || *at as usize == index + 1;
                    file.ends_with(path) && (*at as usize) <= index + 1 && is_block && index + 1 - *at as usize <= 7
                };
                assert!(found.iter().any(|finding| is_near(&finding)), "{case}: {path}:{}: {line}", index + 1);
            }
        }
        assert!(count > 0, "{case}");
    }
}

#[test]
fn every_folder_is_named_after_a_rule() {
    for folder in folders(&root().join("tests/rules")) {
        assert!(policy::find(&folder).is_some(), "tests/rules/{folder}");
    }
}

/// What `gen rules` says about `--fix` is what the findings carry.
#[test]
fn rules_that_can_be_fixed_say_so() {
    let carries = |rule: &&policy::Rule| {
        let folder = root().join("tests/rules").join(rule.id).join("fail");
        let found = folders(&folder).into_iter().flat_map(|case| findings(&folder.join(case), rule.is_opinion));
        found.into_iter().any(|finding| {
            let is_certain = finding.severity > gitops_gen::diagnostic::Severity::Note && finding.target.is_some();
            finding.rule == rule.id && is_certain && finding.fix.is_some()
        })
    };
    let carried: Vec<&str> = RULES.iter().filter(carries).map(|rule| rule.id).collect();
    let told: Vec<&str> = RULES.iter().filter(|rule| rule.is_fixable()).map(|rule| rule.id).collect();
    assert_eq!(carried, told, "correct FIXABLE in src/policy.rs");
}
