use std::collections::BTreeMap;

use super::{ConfigFile, Stands, Target, findings};

const ANN: &str = "age19y5gw76lhk5ghchsr3ju2m9etj7ggcn97sddmum0y25xde8n75asxf2mh0";
const FLUX: &str = "age1z55faqu8yxl4ld975lajfra43fjrychjjhyxsp5vh38max58mqrsexth07";
const SECRET: &str = "environments/staging/secrets/postgres-auth.sops.yaml";

fn said_of(files: &[(&str, Stands, &str)]) -> Vec<String> {
    let recipients = BTreeMap::from([("ann".to_owned(), ANN.to_owned()), ("flux".to_owned(), FLUX.to_owned())]);
    let target = Target { path: SECRET, environment: "staging", recipients: &recipients };
    let files: Vec<ConfigFile> = files
        .iter()
        .map(|(file, stands, text)| ConfigFile {
            file: (*file).to_owned(),
            stands: stands.clone(),
            bytes: text.as_bytes().to_vec(),
        })
        .collect();
    let line = |finding: &crate::diagnostic::Finding| {
        let place = &finding.location;
        format!(
            "{}:{} {} {}: {} ~ {}",
            place.file, place.line, finding.severity, finding.rule, finding.message, finding.help
        )
    };
    findings(&files, &[target]).iter().map(line).collect()
}

fn said(text: &str) -> Vec<String> {
    said_of(&[(".sops.yaml", Stands::Above(String::new()), text)])
}

fn rule(rest: &str) -> String {
    format!("creation_rules:\n  - path_regex: ^environments/staging/\n{rest}")
}

/// Exactly one finding, with these fragments.
fn one(text: &str, fragments: &[&str]) {
    let all = said(text);
    assert_eq!(all.len(), 1, "{text}\n{all:#?}");
    for fragment in fragments {
        assert!(all[0].contains(fragment), "{fragment}\n{}", all[0]);
    }
}

#[test]
fn a_rule_that_fits_is_silent() {
    for text in [
        rule(&format!("    encrypted_regex: ^(data|stringData)$\n    age: {ANN},{FLUX}\n")),
        rule(&format!("    encrypted_regex: ^(stringData|data)$\n    age: >-\n      {FLUX},\n      {ANN}\n")),
        rule(&format!("    encrypted_regex: ^(data|stringData)$\n    age:\n      - {ANN}\n      - {FLUX}\n")),
        rule(&format!("    encrypted_regex: ^(data|stringData)$\n    key_groups:\n      - age: [{ANN}, {FLUX}]\n")),
        format!("creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    age: {ANN},{FLUX}\n"),
        format!(
            "stores: {{yaml: {{indent: 2}}}}\ncreation_rules:\n  - path_regex: other/\n    pgp: ABC\n  - encrypted_regex: ^(data|stringData)$\n    age: {ANN},{FLUX}\n"
        ),
    ] {
        assert_eq!(said(&text), [] as [&str; 0], "{text}");
    }
}

#[test]
fn other_recipients_are_an_error_with_their_place() {
    let selector = "    encrypted_regex: ^(data|stringData)$\n";
    one(
        &rule(&format!("{selector}    age: {ANN}\n")),
        &[".sops.yaml:4 error sops-rule-mismatch", "it lacks `flux`", FLUX],
    );
    let stranger = FLUX.replace("age1z", "age1q");
    one(
        &rule(&format!("{selector}    age: [{ANN}, {FLUX}, {stranger}]\n")),
        &[".sops.yaml:4 error", &format!("has {stranger}, which no holder has")],
    );
    one(&rule(selector), &["error sops-rule-mismatch", "lacks `ann`, lacks `flux`"]);
    one(&rule(&format!("{selector}    age: {ANN},{FLUX}\n    pgp: ABCDEF\n")), &[".sops.yaml:5 error", "`pgp`"]);
    one(
        &rule(&format!("{selector}    key_groups:\n      - age: [{ANN}]\n      - age: [{FLUX}]\n")),
        &["error sops-rule-mismatch", "2 groups"],
    );
}

#[test]
fn another_selection_is_an_error() {
    let age = format!("    age: {ANN},{FLUX}\n");
    for (selector, words) in [
        ("encrypted_regex: ^data$", "leaves `stringData`"),
        ("encrypted_regex: ^(Data|stringdata)$", "seals nothing"),
        ("encrypted_regex: (d|D)ata", "metadata.name"),
        ("encrypted_suffix: _secret", "seals nothing"),
        ("unencrypted_suffix: _plain", "apiVersion"),
    ] {
        one(&rule(&format!("    {selector}\n{age}")), &[".sops.yaml:3 error sops-rule-mismatch", words]);
    }
    one(&rule(&age), &["without a selector", "apiVersion"]);
    let weak = rule(&format!("    encrypted_regex: ^(data|stringData)$\n{age}    mac_only_encrypted: true\n"));
    one(&weak, &[".sops.yaml:5 warning sops-rule-mismatch"]);
}

#[test]
fn what_sops_passes_over_in_silence_is_an_error() {
    let rest = format!("    encrypted_regex: ^(data|stringData)$\n    age: {ANN},{FLUX}\n");
    one(
        &format!("creation_rules:\n  - path-regex: ^prod/\n{rest}"),
        &[".sops.yaml:2 error bad-sops-config", "`path-regex`", "fits every file", "did you mean `path_regex`?"],
    );
    one(&format!("creation_rule:\n  - path_regex: x\n{rest}"), &["bad-sops-config", "did you mean `creation_rules`?"]);
    one(
        &rule(&format!("    encrypted_regex: ^(data|stringData$\n    age: {ANN},{FLUX}\n")),
        &[".sops.yaml:3 error bad-sops-config", "does not compile"],
    );
    one(
        &format!("creation_rules:\n  - path_regex: \"[\"\n{rest}"),
        &[".sops.yaml:2 error bad-sops-config", "`path_regex` does not compile"],
    );
    one(
        &rule(&format!("    encrypted_regex: ^(data | stringData)$\n    age: {ANN},{FLUX}\n")),
        &["bad-sops-config", "spaces"],
    );
    one(&rule(&format!("{rest}    unencrypted_suffix: _x\n")), &["bad-sops-config", "one of them"]);
    one("creation_rules: x\n", &["bad-sops-config", "no list"]);
    one("- a\n", &["bad-sops-config", "a map is wanted"]);
    one("a: [\n", &[".sops.yaml:"]);
}

#[test]
fn a_private_key_is_named_and_not_shown() {
    let private = "AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE6";
    one(
        &rule(&format!("    encrypted_regex: ^(data|stringData)$\n    age: {ANN},{private}\n")),
        &["private-key-committed", ".sops.yaml:4"],
    );
    assert!(!said(&rule(&format!("    age: {private}\n"))).join("").contains("QPZRY9"));
}

#[test]
fn no_rule_and_no_file_are_warnings() {
    one("creation_rules:\n  - path_regex: ^prod/\n    age: x\n", &["warning no-sops-rule", SECRET]);
    one("", &["warning no-sops-rule"]);
    assert_eq!(said_of(&[]).len(), 1);
    assert!(said_of(&[])[0].contains("warning no-sops-rule: there is no .sops.yaml"), "{:?}", said_of(&[]));
    assert_eq!(findings(&[], &[]), []);
}

#[test]
fn the_first_rule_wins_and_the_second_is_named() {
    let text = format!(
        "creation_rules:\n  - path_regex: environments/\n    encrypted_regex: ^(data|stringData)$\n    age: {ANN}\n  - path_regex: staging/\n    encrypted_regex: ^(data|stringData)$\n    age: {ANN},{FLUX}\n"
    );
    one(&text, &["lacks `flux`", "the rule in line 5 fits too"]);
}

#[test]
fn files_above_and_below_the_root_see_other_paths() {
    let rest = format!("    encrypted_regex: ^(data|stringData)$\n    age: {ANN},{FLUX}\n");
    let above = format!("creation_rules:\n  - path_regex: ^platform/environments/\n{rest}");
    assert_eq!(said_of(&[("../.sops.yaml", Stands::Above("platform/".to_owned()), &above)]), [] as [&str; 0]);
    let root = rule(&rest);
    let below = format!("creation_rules:\n  - path_regex: ^secrets/\n{rest}");
    let all = said_of(&[
        (".sops.yaml", Stands::Above(String::new()), &root),
        ("environments/staging/.sops.yaml", Stands::Below("environments/staging/".to_owned()), &below),
        (
            "environments/production/.sops.yaml",
            Stands::Below("environments/production/".to_owned()),
            "creation_rules: []\n",
        ),
    ]);
    assert_eq!(all.len(), 1, "{all:#?}");
    assert!(all[0].starts_with("environments/staging/.sops.yaml:1 warning second-sops-config"), "{all:#?}");
}
