//! Whatever stands in an environment file: no panic, bounded memory (`-rss_limit_mb`) and time, and every finding at a line
//! that its file has.
#![no_main]

use gitops_gen::{
    diagnostic::Finding,
    environment::{Environment, Repository},
    plan::{Plan, plan},
    policy,
    render::render,
    tree::FileTree,
};
use libfuzzer_sys::fuzz_target;

const BASE: &str = include_str!("../../tests/bad_input/base/environments/base.yaml");

fuzz_target!(|bytes: &[u8]| {
    let mut tree = FileTree::new();
    for (path, text) in [
        ("gen.yaml", b"edition: 1\n".as_slice()),
        ("environments/base.yaml", BASE.as_bytes()),
        ("environments/x.yaml", bytes),
    ] {
        tree.insert(path, text).expect("plain paths");
    }
    let repository = Repository::load(tree);
    let names: Vec<String> = repository.environments().into_iter().map(str::to_owned).collect();
    for finding in repository.clashes(&names).iter().chain(&repository.unused_layers()) {
        check(finding, &repository);
    }
    for name in &names {
        match repository.resolve(name) {
            Err(findings) => findings.iter().for_each(|finding| check(finding, &repository)),
            Ok(environment) => {
                environment.findings.iter().for_each(|finding| check(finding, &repository));
                match plan(&environment, repository.inputs(), &FileTree::new()) {
                    Err(unsound) => {
                        unsound.findings.iter().for_each(|finding| check(finding, &repository));
                        unsound.plan.iter().for_each(|plan| policies(&environment, plan, &repository));
                    }
                    Ok((plan, _)) => policies(&environment, &plan, &repository),
                }
            }
        }
    }
});

fn check(finding: &Finding, repository: &Repository) {
    let place = &finding.location;
    let bytes = repository.inputs().get(&place.file).unwrap_or_default();
    let text = String::from_utf8_lossy(bytes);
    let lines = text.replace("\r\n", "\n").split(['\n', '\r']).count();
    assert!(place.line >= 1 && place.column >= 1 && place.line as usize <= lines.max(1), "{finding:?}");
    assert!(!finding.message.contains(char::is_control) && !finding.help.contains(char::is_control), "{finding:?}");
}

/// Checks what the rules say about a plan, complete or not.
fn policies(environment: &Environment, plan: &Plan, repository: &Repository) {
    let rendered = render(plan);
    let said = policy::check(&rendered.bundle, &environment.scope(), &|at| rendered.locate(environment, at));
    said.iter().for_each(|finding| check(finding, repository));
}
