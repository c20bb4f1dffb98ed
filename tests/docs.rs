//! The documentation against the code: reference pages are what the code makes, links lead somewhere, examples are valid,
//! shown commands exist. `UPDATE_DOCS=1 cargo test --test docs` writes the reference pages and the schema anew.

#[path = "docs/reference.rs"]
mod reference;
#[path = "docs/session.rs"]
mod session;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use gitops_gen::{
    cli,
    diagnostic::{Finding, Severity},
    environment::{Repository, json_schema_text, project_json_schema, project_json_schema_text, whole_json_schema},
    manifest::Bundle,
    output,
    plan::plan,
    policy::{self, RULES, Scope},
    render::render,
    scalar,
    tree::{FileTree, Limits},
};
use serde_json::Value as Json;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page, relative to the root, with its text.
fn pages() -> Vec<(String, String)> {
    let mut names: Vec<String> = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(str::to_owned).into();
    for entry in fs::read_dir(root().join("docs")).expect("docs/ can be listed") {
        let name = entry.expect("docs/ can be listed").file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") {
            names.push(format!("docs/{name}"));
        }
    }
    names.sort();
    names
        .into_iter()
        .map(|name| (name.clone(), fs::read_to_string(root().join(name)).expect("a page is text")))
        .collect()
}

fn same(file: &str, made: &str) {
    let path = root().join(file);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, made).expect("the page can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let first = committed.lines().zip(made.lines()).position(|(a, b)| a != b).unwrap_or(0) + 1;
    assert!(committed == made, "{file}:{first} is not what the code makes: run `UPDATE_DOCS=1 cargo test --test docs`");
}

#[test]
fn the_environment_reference_is_what_the_code_makes() {
    same("docs/environment.md", &reference::environment(&project_json_schema(), &whole_json_schema()));
}

#[test]
fn the_reference_of_rules_is_what_the_code_makes() {
    same("docs/rules.md", &output::rules::page(RULES));
}

#[test]
fn the_command_reference_is_what_the_code_makes() {
    same("docs/commands.md", &reference::commands(&cli::command()));
}

#[test]
fn the_schema_for_editors_is_what_the_code_makes() {
    same("schemas/environment.schema.json", &json_schema_text());
    same("schemas/gen.schema.json", &project_json_schema_text());
}

#[test]
fn every_format_is_explained_by_a_text_that_has_it() {
    let mut used = BTreeSet::new();
    formats(&project_json_schema(), &mut used);
    formats(&whole_json_schema(), &mut used);
    let explained: BTreeSet<String> = reference::FORMATS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(used, explained);
    for (name, _, example) in reference::FORMATS {
        assert_eq!(scalar::check(name, example), Some(Ok(())), "{name}: {example}");
    }
}

fn formats(schema: &Json, into: &mut BTreeSet<String>) {
    match schema {
        Json::Object(map) => {
            for (key, value) in map {
                match value.as_str() {
                    Some(text) if key == "x-key-format" || (key == "format" && !text.starts_with("uint")) => {
                        into.insert(text.to_owned());
                    }
                    _ => formats(value, into),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| formats(item, into)),
        _ => {}
    }
}

#[test]
fn every_key_has_a_description() {
    fn look(schema: &Json, path: &str, silent: &mut Vec<String>) {
        for (key, each) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{key}");
            if each["description"].as_str().is_none_or(str::is_empty) {
                silent.push(path.clone());
            }
            look(each, &path, silent);
        }
        for below in ["additionalProperties", "items"] {
            if schema[below].is_object() {
                look(&schema[below], &format!("{path}.*"), silent);
            }
        }
    }
    let mut silent = Vec::new();
    look(&project_json_schema(), "gen.yaml", &mut silent);
    look(&whole_json_schema(), "", &mut silent);
    // The names of charts and images are data, not keys of the language.
    silent.retain(|path| !path.starts_with(".charts.") && !path.starts_with(".images."));
    assert!(silent.is_empty(), "without a doc comment: {silent:?}");
}

/// The text outside of code, where links are.
fn prose(text: &str) -> String {
    let mut inside = false;
    let keep = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    };
    text.lines().filter(keep).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut broken = Vec::new();
    for (page, text) in pages() {
        let folder = root().join(&page).parent().map(Path::to_path_buf).unwrap_or_default();
        for link in prose(&text).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
            let target: PathBuf = if file.is_empty() { root().join(&page) } else { folder.join(file) };
            let found = match anchor {
                None => target.exists(),
                Some(anchor) => fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(anchor)),
            };
            if !found {
                broken.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Headings as GitHub links to them.
fn anchors(text: &str) -> BTreeSet<String> {
    let slug = |heading: &str| {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
    };
    let text = prose(text);
    text.lines()
        .filter_map(|line| line.strip_prefix('#'))
        .map(|line| slug(line.trim_start_matches('#').trim()))
        .collect()
}

/// A fenced block: its page, the line of its fence, its language, its text.
struct Block {
    place: String,
    language: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let mut found = Vec::new();
    for (page, text) in pages() {
        let mut open: Option<Block> = None;
        for (number, line) in text.lines().enumerate() {
            match (line.trim_start().strip_prefix("```"), open.take()) {
                (Some(language), None) => {
                    let place = format!("{page}:{}", number + 1);
                    open = Some(Block { place, language: language.to_owned(), text: String::new() });
                }
                (Some(_), Some(block)) => found.push(block),
                (None, Some(mut block)) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                    open = Some(block);
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{page}: a code block is never closed");
    }
    found
}

/// This repository's inputs with one file replaced or added.
fn repository_with(path: &str, text: &str) -> Repository {
    let committed = FileTree::read(root(), "environments", &Limits::default()).expect("the inputs can be read");
    let project = fs::read(root().join("gen.yaml")).expect("gen.yaml can be read");
    let mut inputs = FileTree::new();
    for (file, bytes) in committed.iter().chain([("gen.yaml", project.as_slice())]).filter(|(file, _)| *file != path) {
        inputs.insert(file, bytes).expect("paths are unique");
    }
    inputs.insert(path, text).expect("paths are unique");
    // An excerpt stands on staging, in its namespace, and has its secrets.
    for (file, bytes) in committed.iter() {
        if let Some(secret) = file.strip_prefix("environments/staging/") {
            inputs.insert(format!("environments/excerpt/{secret}"), bytes).expect("paths are unique");
        }
    }
    Repository::load(inputs)
}

/// The errors of every environment of a repository; files that an excerpt cannot bring along may be missing.
fn errors(repository: &Repository) -> Vec<Finding> {
    let mut findings = repository.project_findings().to_vec();
    for name in repository.environments() {
        match repository.resolve(name) {
            Err(said) => findings.extend(said),
            Ok(environment) => {
                findings.extend(environment.findings.iter().cloned());
                if let Err(unsound) = plan(&environment, repository.inputs(), &FileTree::new()) {
                    findings.extend(unsound.findings);
                }
            }
        }
    }
    let absent = ["missing-file", "missing-secret", "unpinned-dependency"];
    findings.retain(|finding| finding.severity == Severity::Error && !absent.contains(&finding.rule));
    findings
}

/// A YAML example starts with the name of its file. Whole environment files and gen.yaml are taken as they are; one that
/// is called an excerpt is laid over staging.
#[test]
fn every_yaml_example_is_valid() {
    let mut seen = 0;
    for block in blocks().iter().filter(|block| block.language == "yaml") {
        let title = block.text.lines().next().and_then(|line| line.strip_prefix("# "));
        let title = title.unwrap_or_else(|| panic!("{}: start the example with `# FILE`", block.place));
        let (file, note) = title.split_once(", ").unwrap_or((title, ""));
        let repository = match file {
            _ if note == "excerpt" && file.starts_with("environments/") => {
                repository_with("environments/excerpt.yaml", &format!("extends: [staging]\n{}", block.text))
            }
            "gen.yaml" => repository_with(file, &block.text),
            _ if file.starts_with("environments/") => repository_with(file, &block.text),
            _ => continue,
        };
        seen += 1;
        let errors = errors(&repository);
        assert!(errors.is_empty(), "{}: {errors:#?}", block.place);
    }
    assert!(seen >= 4, "only {seen} examples were found");
}

/// An example with the wrapped key that it leaves out.
fn whole(example: &str) -> String {
    const START: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
    let sealed = include_str!("../environments/staging/secrets/postgres-auth.sops.yaml");
    let lines = sealed.lines().map(str::trim).skip_while(|line| !line.ends_with(START));
    let lines: Vec<&str> = lines.skip(1).take_while(|line| !line.starts_with("-----END")).collect();
    example.replace(&format!("{START}..."), &format!("{START}\\n{}\\n", lines.join("\\n")))
}

/// Rules that only production or an opinion asks for have examples too.
fn strictest() -> Scope {
    Scope { profile: policy::Profile::Production, with_opinions: true, ..Scope::default() }
}

/// The files of an example: each follows its name in a comment; without one it is a file of values.
fn files_of(example: &str) -> FileTree {
    let name = |line: &str| line.strip_prefix("# ").filter(|name| name.ends_with(".yaml")).map(str::to_owned);
    let mut files: Vec<(String, String)> = Vec::new();
    for line in example.lines() {
        match (name(line), files.last_mut()) {
            (Some(name), _) => files.push((name, String::new())),
            (None, Some((_, text))) => text.extend([line, "\n"]),
            (None, None) => files.push(("values.yaml".to_owned(), format!("{line}\n"))),
        }
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
    }
    FileTree::read(folder.path(), "", &Limits::default()).expect("the files can be read")
}

/// What the rules find in an example of theirs: a piece of an environment, laid over staging, or a file of a tree.
fn broken_rules(example: &str) -> Vec<&'static str> {
    let example = &whole(example);
    let is_environment = ["images:", "namespace:"].iter().any(|key| example.starts_with(key))
        || (example.starts_with("services:") && !example.contains("    image:"));
    let findings = if is_environment {
        let text = format!("extends: [staging]\n{example}");
        let repository = repository_with("environments/excerpt.yaml", &text);
        let environment = repository.resolve("excerpt").unwrap_or_else(|said| panic!("{example}: {said:#?}"));
        let planned = plan(&environment, repository.inputs(), &FileTree::new());
        let rendered = render(&planned.unwrap_or_else(|unsound| panic!("{example}: {unsound:#?}")).0);
        policy::check(&rendered.bundle, &strictest(), &|at| rendered.locate(&environment, at))
    } else {
        let tree = files_of(example);
        let (bundle, mistakes) = Bundle::parse(&tree);
        assert_eq!(mistakes, [], "{example}");
        policy::check(&bundle, &strictest(), &|_| unreachable!("nothing here is rendered"))
    };
    findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn the_examples_of_a_rule_are_wrong_and_right() {
    let mut problems = Vec::new();
    // An excerpt: a whole sealed file would hide what it shows.
    let is_excerpt = |rule: &policy::Rule| rule.id == "undecryptable-secret";
    for rule in RULES.iter().filter(|rule| rule.is_about_trees() && !is_excerpt(rule)) {
        let (bad, good) = (broken_rules(rule.bad), broken_rules(rule.good));
        if !bad.contains(&rule.id) {
            problems.push(format!("{}: the wrong example breaks only {bad:?}", rule.id));
        }
        if good.contains(&rule.id) {
            problems.push(format!("{}: the right example breaks {good:?}", rule.id));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The words of every shown call of gen, with its place.
fn calls() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut add = |place: &str, text: &str| {
        let text = text.trim_start().trim_start_matches("$ ");
        let call = match text.strip_prefix("cargo run ") {
            Some(rest) => rest.split_once("-- ").map(|(_, call)| call),
            None => text.strip_prefix("gen "),
        };
        if let Some(call) = call {
            let call = call.split(['#', '|', '&', ';', '>']).next().unwrap_or_default();
            found.push((format!("{place}: {text}"), call.split_whitespace().map(str::to_owned).collect()));
        }
    };
    for block in blocks().iter().filter(|block| ["sh", "console", "yaml"].contains(&block.language.as_str())) {
        for line in block.text.lines() {
            let line = line.trim_start().trim_start_matches("- ");
            let line = ["run: ", "entry: "].iter().find_map(|key| line.strip_prefix(key)).unwrap_or(line);
            line.split(" && ").for_each(|part| add(&block.place, part));
        }
    }
    for (page, text) in pages().iter().filter(|(page, _)| page != "docs/commands.md") {
        for (index, span) in prose(text).split('`').enumerate() {
            if index % 2 == 1 && !span.contains('\n') {
                add(page, span);
            }
        }
    }
    found
}

#[test]
fn every_shown_command_exists() {
    let command = cli::command();
    let calls = calls();
    assert!(calls.len() >= 10, "only {} calls were found", calls.len());
    for (place, words) in calls {
        let mut words = words.iter().map(String::as_str);
        let Some(first) = words.next() else { continue };
        if first.starts_with('-') {
            continue;
        }
        let mut sub =
            command.find_subcommand(first).unwrap_or_else(|| panic!("{place}: there is no command `{first}`"));
        if sub.has_subcommands() {
            let Some(second) = words.next() else { continue };
            sub = sub
                .find_subcommand(second)
                .unwrap_or_else(|| panic!("{place}: there is no command `{first} {second}`"));
        }
        for flag in words.filter_map(|word| word.strip_prefix("--")) {
            let flag = flag.split('=').next().unwrap_or_default();
            let known = sub.get_arguments().chain(command.get_arguments()).any(|arg| arg.get_long() == Some(flag));
            assert!(known, "{place}: `gen {}` has no --{flag}", sub.get_name());
        }
    }
}

/// docs/security.md goes through every threat, and names tests that exist.
#[test]
fn every_test_that_the_threat_model_names_exists() {
    let page = fs::read_to_string(root().join("docs/security.md")).expect("a page is text");
    let mut sources = String::new();
    let mut folders = vec![root().join("tests"), root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("it can be listed") {
            let path = entry.expect("it can be listed").path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|end| end == "rs") => {
                    sources.push_str(&fs::read_to_string(path).expect("a source is text"));
                }
                false => {}
            }
        }
    }
    let mut number = 0;
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| |")) {
        let row = row.replace("\\|", "/");
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        number += 1;
        assert_eq!((cells.len(), cells[0].parse()), (4, Ok(number)), "{row}");
        let tests: Vec<&str> = cells[3].split(", ").filter(|name| *name != "none").collect();
        for test in tests {
            let name = test.trim_matches('`');
            assert!(sources.contains(&format!("fn {name}(")), "docs/security.md: there is no test `{name}`");
        }
    }
    assert_eq!(number, 28);
}

/// The entries of the catalogue that a linter must answer.
const CATALOGUE: &str = "\
    E001 E002 E003 E004 E005 E007 S001 S002 S003 S004 S005 S006 S007 S008 S009 S010 S011 S012 S013 V001 V002 V003 V004 V005 V007 \
    V008 I001 I002 I003 I004 P001 P002 P004 P005 P006 N001 N002 N006 R001 R003 R005 B001 F001 F002 F003 F004 F005 F006 F007 \
    F010 D001 D002 D003 D004 D005 D006 C001 C002 C003 C004";

#[test]
fn every_entry_of_the_catalogue_has_its_rule_or_a_reason() {
    let page = fs::read_to_string(root().join("docs/catalogue.md")).expect("a page is text");
    let rows = page.lines().map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>());
    let rows: Vec<Vec<&str>> =
        rows.filter(|cells| cells[0].len() == 4 && cells[0].as_bytes()[1].is_ascii_digit()).collect();
    let ids: Vec<&str> = rows.iter().map(|cells| cells[0]).collect();
    let wanted: Vec<&str> = CATALOGUE.split(' ').collect();
    assert_eq!((wanted.len(), &ids[..60]), (60, wanted.as_slice()));
    for cells in rows {
        let named: Vec<&str> = cells[2].split('`').skip(1).step_by(2).collect();
        assert!(
            !named.is_empty() || cells.get(3).is_some_and(|note| !note.is_empty()),
            "{}: why does no rule answer it?",
            cells[0]
        );
        for rule in named {
            assert!(policy::find(rule).is_some(), "{}: there is no rule `{rule}`", cells[0]);
        }
    }
}
