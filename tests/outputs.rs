//! Findings in every format: whatever they say, the documents are valid and hold it; and the files and streams that they go to.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "outputs/program.rs"]
mod program;
#[path = "outputs/reader.rs"]
#[allow(unreachable_pub, reason = "shared between tests")]
mod reader;

use std::{collections::BTreeSet, fs, path::Path};

use gitops_gen::{
    diagnostic::{Finding, Fix, Location, Severity},
    output::{github, gitlab, json, junit, markdown, sarif},
};
use proptest::prelude::*;
use serde_json::Value;

const RULES: [&str; 4] = ["public-database", "stale", "syntax", "plaintext-secret"];

/// Text with everything in it that means something somewhere.
fn text() -> impl Strategy<Value = String> {
    const TRAPS: &[&str] = &[
        "\n",
        "\r\n",
        "\t",
        "]]>",
        "<!--",
        "-->",
        "&amp;",
        "%",
        "%0A",
        "::",
        "::error::",
        "|",
        "`",
        "``",
        "@someone",
        "#1",
        "[a](b)",
        "{0}",
        "${{ x }}",
        "\\",
        "\"",
        "'",
        "<b>",
        "*",
        "_",
        "~~",
        "$x$",
        "\u{1b}[31m",
        "\u{0}",
        "\u{7f}",
        "\u{85}",
        "\u{202e}",
        "\u{fffe}",
        "ä",
        "😀",
        ",",
        ":",
        " ",
        "  ",
        "- ",
        "line 12",
    ];
    let part =
        prop_oneof![3 => prop::sample::select(TRAPS).prop_map(str::to_owned), 1 => any::<String>(), 3 => "[a-z ]{1,8}"];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn file() -> impl Strategy<Value = String> {
    let part = text().prop_map(|part| format!("f{}", part.replace('/', "")));
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"))
}

fn place() -> impl Strategy<Value = Location> {
    (file(), 1..5_000_u32, 1..300_u32, 0..40_u32)
        .prop_map(|(file, line, column, length)| Location { length, ..Location::new(file, line, column) })
}

/// A finding with texts as no rule would write them: the constructors make one line of them.
fn finding() -> impl Strategy<Value = Finding> {
    let severity = prop::sample::select(&[Severity::Error, Severity::Warning, Severity::Note][..]);
    let fix = prop_oneof![
        Just(None),
        Just(Some(Fix::Remove)),
        text().prop_map(|text| Some(Fix::Replace(text))),
        (text(), text()).prop_map(|(key, yaml)| Some(Fix::Insert(key, yaml))),
    ];
    let rest = (prop::option::of(place()), fix, prop::sample::select(&RULES[..]));
    (severity, text(), text(), text(), place(), rest).prop_map(|(severity, message, help, path, place, rest)| {
        let (generated, fix, rule) = rest;
        Finding { severity, message, help, path, generated, fix, ..Finding::error(rule, place, "") }
    })
}

fn findings() -> impl Strategy<Value = Vec<Finding>> {
    prop::collection::vec(finding(), 0..12)
}

fn said(finding: &Finding, between: &str) -> String {
    match finding.help.is_empty() {
        true => finding.message.clone(),
        false => format!("{}{between}{}", finding.message, finding.help),
    }
}

/// Text as it comes back from XML, which cannot hold every character.
fn in_xml(text: &str) -> String {
    let known = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if known(c) { c.to_string() } else { c.escape_unicode().to_string() }).collect()
}

/// Text as it comes back from Markdown: on one line, and without the spaces of no width that keep names from being called.
fn in_markdown(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('\u{200b}', "")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn github_reads_back_every_finding(findings in findings(), has_summary: bool) {
        let annotations = github::annotations(&findings, "", has_summary);
        let commands = reader::commands(&annotations.commands);
        prop_assert_eq!(commands.len() + annotations.rest.len(), findings.len());
        let mut sorted: Vec<&Finding> = findings.iter().collect();
        sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        for (command, finding) in commands.iter().zip(sorted) {
            let kind = match finding.severity { Severity::Error => "error", Severity::Warning => "warning", Severity::Note => "notice" };
            prop_assert_eq!(&command.kind, kind);
            prop_assert_eq!(&command.data, &said(finding, "\n"));
            prop_assert_eq!(&command.properties["file"], &finding.location.file);
            prop_assert_eq!(&command.properties["line"], &finding.location.line.to_string());
            prop_assert_eq!(&command.properties["title"], finding.rule);
            prop_assert_eq!(command.properties.contains_key("col"), finding.location.length > 0);
        }
    }

    #[test]
    fn sarif_reads_back_every_finding(findings in findings()) {
        let document: Value = serde_json::from_str(&sarif::document(&findings, "")).unwrap();
        let run = &document["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let results = run["results"].as_array().unwrap();
        prop_assert_eq!(results.len(), findings.len());
        for (result, finding) in results.iter().zip(&findings) {
            let text = result["message"]["text"].as_str().unwrap();
            let wanted = said(finding, "\n");
            let is_escaped = wanted.contains("](");
            let plain = if is_escaped { text.replace("\\[", "[").replace("\\]", "]").replace("\\\\", "\\") } else { text.to_owned() };
            prop_assert_eq!(plain, wanted);
            prop_assert!(!text.contains("](") || text.contains("\\]("));
            prop_assert_eq!(&rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], &result["ruleId"]);
            let place = &result["locations"][0]["physicalLocation"];
            prop_assert_eq!(reader::uri(place["artifactLocation"]["uri"].as_str().unwrap()), finding.location.file.as_str());
            prop_assert_eq!(&place["region"]["startLine"], finding.location.line);
            let generated = &result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            prop_assert_eq!(generated.as_str().map(reader::uri), finding.generated.as_ref().map(|place| place.file.clone()));
        }
        let fingerprints: BTreeSet<String> = results.iter().map(|result| result["partialFingerprints"].to_string()).collect();
        prop_assert_eq!(fingerprints.len(), findings.len());
    }

    #[test]
    fn gitlab_reads_back_every_finding(findings in findings()) {
        let entries: Vec<Value> = serde_json::from_str(&gitlab::document(&findings, "deploy/")).unwrap();
        prop_assert_eq!(entries.len(), findings.len());
        for (entry, finding) in entries.iter().zip(&findings) {
            // The keys that its documentation demands.
            let keys: Vec<&String> = entry.as_object().unwrap().keys().collect();
            prop_assert_eq!(keys, ["description", "check_name", "fingerprint", "severity", "location"]);
            prop_assert_eq!(&entry["description"], &said(finding, ". "));
            prop_assert_eq!(&entry["location"]["path"], &format!("deploy/{}", finding.location.file));
            prop_assert!(entry["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
            prop_assert!(["info", "minor", "major", "critical", "blocker"].contains(&entry["severity"].as_str().unwrap()));
        }
        let fingerprints: BTreeSet<&str> = entries.iter().map(|entry| entry["fingerprint"].as_str().unwrap()).collect();
        prop_assert_eq!(fingerprints.len(), findings.len());
    }

    #[test]
    fn junit_reads_back_every_finding(findings in findings(), fails in prop::sample::select(&[Severity::Error, Severity::Note][..])) {
        let root = reader::xml(&junit::document(&findings, fails));
        prop_assert_eq!(&root.name, "testsuites");
        let count = |suite: &reader::Element, key: &str| suite.attributes[key].parse::<usize>().unwrap();
        prop_assert_eq!(count(&root, "failures"), findings.iter().filter(|finding| finding.severity >= fails).count());
        let mut sorted: Vec<&Finding> = findings.iter().collect();
        sorted.sort_by(|a, b| a.location.file.cmp(&b.location.file));
        let mut cases = Vec::new();
        for suite in &root.children {
            prop_assert_eq!(count(suite, "tests"), suite.children.len());
            cases.extend(suite.children.iter().map(|case| (&suite.attributes["name"], case)));
        }
        if findings.is_empty() {
            prop_assert_eq!(cases.len(), 1);
            prop_assert!(cases[0].1.children.is_empty());
            return Ok(());
        }
        prop_assert_eq!(cases.len(), findings.len());
        for ((file, case), finding) in cases.into_iter().zip(sorted) {
            prop_assert_eq!(file, &in_xml(&finding.location.file));
            prop_assert_eq!(&case.attributes["name"], &in_xml(&format!("{}: {}", finding.rule, finding.message)));
            let inside = &case.children[0];
            prop_assert_eq!(&inside.name, if finding.severity >= fails { "failure" } else { "system-out" });
            prop_assert!(inside.text.ends_with(&in_xml(&said(finding, "\n"))));
        }
    }

    #[test]
    fn markdown_shows_every_finding(findings in findings()) {
        let page = markdown::document(&findings.iter().collect::<Vec<_>>(), markdown::COMMENT);
        prop_assert!(page.starts_with(markdown::MARKER));
        let mut sorted: Vec<&Finding> = findings.iter().collect();
        sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let entries: Vec<&str> = page.lines().filter(|line| line.starts_with("- ")).collect();
        prop_assert_eq!(entries.len(), findings.len());
        let helps: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("  <br>")).collect();
        prop_assert_eq!(helps.len(), findings.iter().filter(|finding| !finding.help.is_empty()).count());
        for (entry, finding) in entries.iter().zip(&sorted) {
            let shown = reader::markdown(&entry[2..]).replace('\u{200b}', "");
            let wanted = format!("{} (`{}`)", in_markdown(&finding.message), finding.rule);
            prop_assert!(shown.ends_with(&wanted), "{shown:?} does not end with {wanted:?}");
        }
        let helped = sorted.iter().filter(|finding| !finding.help.is_empty());
        for (help, finding) in helps.iter().zip(helped) {
            prop_assert_eq!(in_markdown(&reader::markdown(help)), in_markdown(&finding.help));
        }
    }

    #[test]
    fn json_keeps_its_schema(findings in findings()) {
        let schema = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.schema.json")).unwrap();
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let document: Value = serde_json::from_str(&json::document(&findings)).unwrap();
        prop_assert_eq!(reader::breaches(&schema, &schema, &document, ""), Vec::<String>::new());
        for (one, finding) in document["findings"].as_array().unwrap().iter().zip(&findings) {
            prop_assert_eq!(&one["message"], &finding.message);
            prop_assert_eq!(&one["file"], &finding.location.file);
        }
    }
}

fn many(count: usize, severity: Severity) -> Vec<Finding> {
    let one = |index: usize| {
        let place = Location::new(format!("environments/{}.yaml", index % 7), index as u32 + 1, 3).spanning(4);
        let message = format!("number {index} of `many`, which all say much the same in some eighty letters");
        Finding {
            severity,
            ..Finding::error("stale", place, message).help("run `gen build`").at(format!("a[{index}]"))
        }
    };
    (0..count).map(one).collect()
}

#[test]
fn a_comment_has_an_end_and_says_so() {
    for (count, is_whole) in [(10, true), (3_000, false)] {
        let findings = [many(count, Severity::Warning), many(2, Severity::Error)].concat();
        let page = markdown::document(&findings.iter().collect::<Vec<_>>(), markdown::COMMENT);
        assert!(page.len() < 65_536, "{}", page.len());
        let shown = page.lines().filter(|line| line.starts_with("- ")).count();
        let left_out = format!("{} more found no room here", count + 2 - shown);
        assert_eq!(page.contains(&left_out), !is_whole, "{shown}");
        assert_eq!(shown == count + 2, is_whole);
        assert!(page.contains(&format!("### gen: 2 errors, {count} warnings")));
        assert!(page.find("<details open><summary>2 errors").unwrap() < page.find("warnings</summary>").unwrap());
        assert_eq!(page.matches("<details").count(), page.matches("</details>").count());
    }
}

#[test]
fn a_step_shows_ten_of_a_kind() {
    let findings = [many(25, Severity::Error), many(4, Severity::Warning), many(11, Severity::Note)].concat();
    let annotations = github::annotations(&findings, "", true);
    let commands = reader::commands(&annotations.commands);
    let of = |kind: &str| commands.iter().filter(|command| command.kind == kind).count();
    assert_eq!((of("error"), of("warning"), of("notice"), annotations.rest.len()), (10, 4, 10, 16));
    assert_eq!(github::annotations(&findings, "", false).commands.lines().count(), 40);
}

#[test]
fn a_run_of_sarif_holds_25000_results_the_worst_first() {
    let findings = [many(25_000, Severity::Note), many(3, Severity::Error)].concat();
    let document: Value = serde_json::from_str(&sarif::document(&findings, "")).unwrap();
    let results = document["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    assert!(results[..3].iter().all(|result| result["level"] == "error"));
    let said = &document["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert!(said.as_str().unwrap().starts_with("3 more findings are left out"), "{said}");
}

#[test]
fn code_in_a_message_is_one_piece_on_the_line_of_its_finding() {
    let page = |message: &str| {
        let finding =
            Finding { message: message.to_owned(), ..Finding::error("public-database", Location::file("f"), "") };
        markdown::document(&[&finding], markdown::COMMENT)
    };
    assert!(page("`a\n`").contains("- `f` ` a  ` (`public-database`)\n"), "{}", page("`a\n`"));
    assert!(page("`a``b`").contains("- `f` \\`a\\`\\`b\\` (`public-database`)\n"), "{}", page("`a``b`"));
}
