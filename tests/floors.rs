//! The floors of the house, held against the code. A module names only modules on lower floors; different rooms on one floor
//! never name each other; within one room, calls between its files run in no circle.

#[path = "floors/scan.rs"]
mod scan;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path as FilePath,
};

use scan::{Path, Scan, scan};

/// Every room with its floor; the same table stands in CONTRIBUTING.md.
const FLOORS: &[(u8, &[&str])] = &[
    (0, &["diagnostic", "path", "plain", "process", "suggest", "tree"]),
    (1, &["scalar", "template", "yaml"]),
    (2, &["api", "manifest", "schema", "sops"]),
    (3, &["chart", "keyring", "part"]),
    (4, &["mint", "secrecy"]),
    (5, &["component", "diff", "view"]),
    (6, &["policy"]),
    (7, &["environment"]),
    (8, &["plan"]),
    (9, &["render"]),
    (10, &["audit", "drift", "output", "scaffold", "selftest"]),
    (11, &["cli"]),
];

/// Crates, and the only rooms that name them.
const KEPT_IN: &[(&str, &[&str])] = &[
    ("serde_saphyr", &["yaml"]),
    ("minijinja", &["template"]),
    ("clap", &["cli"]),
    ("rustix", &["process", "suggest", "tree"]),
    ("k8s_openapi", &["render"]),
    ("similar", &["diff"]),
    ("rpassword", &["cli"]),
    ("aes_gcm", &["sops"]),
    ("shlex", &["process"]),
    ("signal_hook", &["process"]),
];

/// A source file: its place for people, the module it is, its text.
struct Source {
    file: String,
    module: Vec<String>,
    text: String,
}

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(_, rooms)| rooms.contains(&room)).map(|(floor, _)| *floor)
}

fn sources() -> Vec<Source> {
    let root = FilePath::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src can be listed") {
            let path = entry.expect("src can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = path.strip_prefix(root).expect("below the root").display().to_string();
                let parts = file.trim_start_matches("src/").trim_end_matches(".rs").split('/').map(str::to_owned);
                let module = if file == "src/lib.rs" { Vec::new() } else { parts.collect() };
                found.push(Source { text: fs::read_to_string(&path).expect("a source is text"), file, module });
            }
        }
    }
    found.sort_by(|a, b| a.file.cmp(&b.file));
    found
}

/// What is wrong, one line each.
fn problems(sources: &[Source]) -> Vec<String> {
    let rooms: BTreeSet<&str> = sources.iter().filter_map(|source| source.module.first()).map(String::as_str).collect();
    let mut problems = Vec::new();
    let mut calls: BTreeMap<(Path, String), BTreeSet<(Path, String)>> = BTreeMap::new();
    let mut scans: Vec<(&Source, Scan)> = Vec::new();
    for source in sources {
        let module: Vec<&str> = source.module.iter().map(String::as_str).collect();
        match scan(&source.text, &module) {
            Ok(scan) => scans.push((source, scan)),
            Err(error) => problems.push(format!("{}: cannot be read: {error}", source.file)),
        }
    }
    let functions: BTreeSet<(Path, String)> = scans
        .iter()
        .flat_map(|(source, scan)| scan.functions.iter().map(|name| (source.module.clone(), name.clone())))
        .collect();
    for (source, scan) in &scans {
        let Some(room) = source.module.first() else { continue };
        if room == "main" {
            let upward = scan.named.iter().filter(|(_, path)| path.first().is_some_and(|first| first != "cli"));
            problems.extend(upward.map(|(line, path)| {
                format!("{}:{line}: main names `{}`; it may name `cli` only", source.file, path.join("::"))
            }));
            continue;
        }
        let Some(own) = floor(room) else {
            problems.push(format!("{}: the module `{room}` has no floor: give it one in tests/floors.rs", source.file));
            continue;
        };
        for (line, path) in &scan.named {
            let Some(other) = path.first().filter(|other| *other != room) else { continue };
            let place = format!("{}:{line}", source.file);
            match floor(other) {
                Some(theirs) if theirs < own => {}
                Some(theirs) => problems.push(format!(
                    "{place}: `{room}` (floor {own}) names `{}` (floor {theirs}): move what both need to a lower floor",
                    path.join("::")
                )),
                None if rooms.contains(other.as_str()) => {}
                None => problems.push(format!("{place}: `{}` is no module of this crate", path.join("::"))),
            }
        }
        for (line, name) in &scan.foreign {
            if let Some((_, keepers)) = KEPT_IN.iter().find(|(kept, _)| kept == name)
                && !keepers.contains(&room.as_str())
            {
                problems.push(format!(
                    "{}:{line}: only `{}` may name the crate `{name}`",
                    source.file,
                    keepers.join("` and `")
                ));
            }
        }
        for (from, path) in &scan.calls {
            let Some((name, module)) = path.split_last() else { continue };
            let to = (module.to_vec(), name.clone());
            if module.first() == Some(room) && functions.contains(&to) {
                calls.entry((source.module.clone(), from.clone())).or_default().insert(to);
            }
        }
    }
    problems.extend(circles(&calls));
    problems
}

/// Circles of calls that leave a file and come back to it.
fn circles(calls: &BTreeMap<(Path, String), BTreeSet<(Path, String)>>) -> Vec<String> {
    let reachable = |from: &(Path, String)| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&(Path, String)> = calls.get(from).into_iter().flatten().collect();
        while let Some(node) = next.pop() {
            if seen.insert(node) {
                next.extend(calls.get(node).into_iter().flatten());
            }
        }
        seen
    };
    let shown = |(module, name): &(Path, String)| format!("{}::{name}", module.join("::"));
    let mut found = Vec::new();
    for (from, to) in calls.iter().flat_map(|(from, tos)| tos.iter().map(move |to| (from, to))) {
        if from.0 != to.0 && reachable(to).contains(from) {
            found.push(format!("{} calls {}, which leads back to it", shown(from), shown(to)));
        }
    }
    found
}

#[test]
fn every_module_names_lower_floors_only() {
    let problems = problems(&sources());
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn the_table_has_no_room_that_is_gone() {
    let sources = sources();
    for room in FLOORS.iter().flat_map(|(_, rooms)| *rooms) {
        let exists = sources.iter().any(|source| source.module == [*room]);
        assert!(exists, "src/{room}.rs does not exist: take it out of the table");
    }
}

#[test]
fn main_is_short() {
    let main = sources().into_iter().find(|source| source.file == "src/main.rs").expect("src/main.rs");
    assert!(main.text.lines().count() <= 20, "src/main.rs has more than 20 lines: what it does belongs into cli");
}

#[test]
fn contributing_shows_the_same_table() {
    let text = include_str!("../CONTRIBUTING.md");
    for (floor, rooms) in FLOORS {
        let row =
            format!("| {floor} | {} |", rooms.iter().map(|room| format!("`{room}`")).collect::<Vec<_>>().join(", "));
        assert!(text.contains(&row), "CONTRIBUTING.md lacks the row that starts with {row}");
    }
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit()).count();
    assert_eq!(rows, FLOORS.len(), "CONTRIBUTING.md has a row that the table lacks");
}

/// The checker itself, on small wrong houses.
mod wrong_samples {
    use super::{Source, problems};

    fn check(files: &[(&str, &str)]) -> String {
        let source = |(file, text): &(&str, &str)| Source {
            file: format!("src/{file}.rs"),
            module: file.split('/').map(str::to_owned).collect(),
            text: (*text).to_owned(),
        };
        problems(&files.iter().map(source).collect::<Vec<_>>()).join("\n")
    }

    #[test]
    fn downward_is_fine() {
        assert_eq!(
            check(&[("plan", "use crate::{part::Part, yaml::{self, Node}}; fn f() { crate::tree::read(); }")]),
            ""
        );
    }

    #[test]
    fn upward_is_found_wherever_it_stands() {
        for text in [
            "use crate::plan::Plan;",
            "pub use crate::plan::Plan;",
            "use crate::{diagnostic::Finding, plan::{self as p, Plan}};",
            "fn f(x: &crate::plan::Plan) {}",
            "fn f() { let y = crate::plan::make::<u8>(1); }",
            "fn f() { format!(\"{}\", crate::plan::NAME); }",
            "macro_rules! m { () => { $crate::plan::make() } }",
            "#[cfg(test)] mod tests { use crate::plan::Plan; }",
            "#[cfg(test)] mod tests { fn f() { super::super::plan::make() } }",
            "use super::plan::Plan;",
            "impl X { fn f(&self) -> crate::plan::Plan { todo() } }",
        ] {
            let found = check(&[("yaml", text)]);
            assert!(found.contains("src/yaml.rs:1: `yaml` (floor 1) names `plan"), "{text}: {found:?}");
        }
        let deep = check(&[("yaml/parse", "\n\nuse super::super::plan::Plan;")]);
        assert!(deep.contains("src/yaml/parse.rs:3: "), "{deep}");
    }

    #[test]
    fn sideways_is_found() {
        let found = check(&[("chart", "use crate::part::Part;"), ("part", "")]);
        assert!(found.contains("`chart` (floor 3) names `part::Part` (floor 3)"), "{found}");
    }

    #[test]
    fn a_room_without_a_floor_is_found() {
        assert!(check(&[("attic", "")]).contains("`attic` has no floor"));
        assert!(check(&[("yaml", "use crate::attic::Box;")]).contains("`attic::Box` is no module"));
    }

    #[test]
    fn a_crate_stays_in_its_room() {
        assert!(check(&[("plan", "use serde_saphyr::Spanned;")]).contains("only `yaml` may name"));
        assert!(check(&[("plan", "use minijinja as m;")]).contains("only `template` may name"));
        assert!(check(&[("plan", "fn f() { clap::Command::new(\"x\"); }")]).contains("only `cli` may name"));
    }

    #[test]
    fn main_names_cli_only() {
        assert_eq!(check(&[("main", "fn main() { gitops_gen::cli::run() }")]), "");
        assert!(check(&[("main", "fn main() { gitops_gen::plan::plan() }")]).contains("main names `plan::plan`"));
    }

    #[test]
    fn a_circle_of_calls_between_files_is_found() {
        let circle = check(&[
            ("render", "mod flux; pub fn render() { flux::files() }"),
            ("render/flux", "use super::render as again; pub fn files() { helper() } fn helper() { again() }"),
        ]);
        assert!(circle.contains("render::render calls render::flux::files, which leads back to it"), "{circle}");
        let inline = check(&[
            ("render", "mod flux; pub fn render() { flux::files() }"),
            ("render/flux", "pub fn files() { super::render() }"),
        ]);
        assert!(inline.contains("which leads back to it"), "{inline}");
        let imported = check(&[
            ("render", "mod a; mod b;"),
            ("render/a", "use super::b; pub fn one() { if x { b::two() } }"),
            ("render/b", "use super::a::{one}; pub fn two() { list.map(one) }"),
        ]);
        assert!(imported.contains("which leads back to it"), "{imported}");
    }

    #[test]
    fn shared_helpers_and_recursion_are_no_circle() {
        let shared = check(&[
            ("render", "mod flux; pub fn render() { flux::files() } fn file() { file() }"),
            ("render/flux", "use super::file; pub fn files() { file() }"),
        ]);
        assert_eq!(shared, "");
    }
}
