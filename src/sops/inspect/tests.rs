use super::{FAKE_ENVELOPE, SealedSecret, flaws, inspect, is_sealed_name};
use crate::diagnostic::{Finding, Severity};
use crate::yaml::FileId;
use proptest::prelude::{any, prop_assert, proptest};

const AUTH: &str = include_str!("../../../environments/staging/secrets/postgres-auth.sops.yaml");
const TLS: &str = include_str!("../../../environments/production/secrets/postgres-tls.sops.yaml");
/// The last value of the example.
const LEAF: &str = "ENC[AES256_GCM,data:T4214f4ozZQRAcrteTr1ngTqgqMGxeePGfax51hGFXpH4oYrMO3WSdE56txIs2PL,iv:tunw+/7B0pBaxicX/UKzA7ul+rPscMIlk5O6x5TP1hU=,tag:g9K/k38YQSSe8VQaB7Hg/w==,type:str]";
const SECRET_TEXT: &str = "hunter2";

fn read(text: &str) -> Result<SealedSecret, Vec<Finding>> {
    inspect("secrets/x.sops.yaml", FileId(3), text.as_bytes())
}

/// The example with `what` replaced by `to`.
fn changed(what: &str, to: &str) -> String {
    let text = AUTH.replacen(what, to, 1);
    assert_ne!(text, AUTH, "{what} is not in the example");
    text
}

/// The example with the value of `key` replaced by plain text.
fn plain(key: &str, value: &str) -> String {
    let line = AUTH.lines().find(|line| line.trim_start().starts_with(&format!("{key}:"))).unwrap();
    let indent = &line[..line.len() - line.trim_start().len()];
    changed(line, &format!("{indent}{key}: {value}"))
}

fn without(first: &str, last: &str) -> String {
    let lines: Vec<_> = AUTH.lines().collect();
    let at = |start: &str| lines.iter().position(|line| line.starts_with(start)).unwrap();
    let kept = lines[..at(first)].iter().chain(&lines[at(last)..]);
    kept.map(|line| format!("{line}\n")).collect()
}

/// The one finding of `text`: rule, line, column. Never the secret text, always an error with a way out.
fn only(text: &str) -> (&'static str, u32, u32) {
    let findings = read(text).unwrap_err();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    decent(&findings);
    let finding = &findings[0];
    (finding.rule, finding.location.line, finding.location.column)
}

fn decent(findings: &[Finding]) {
    for finding in findings {
        assert_eq!(finding.location.file, "secrets/x.sops.yaml");
        assert_eq!(finding.severity, Severity::Error);
        assert!(!finding.help.is_empty(), "{finding:?}");
        assert!(!format!("{finding:?}").contains(SECRET_TEXT), "{finding:?}");
    }
}

#[test]
fn the_examples_are_sealed() {
    let auth = read(AUTH).unwrap();
    assert_eq!(auth.name, "postgres-auth");
    assert_eq!(auth.namespace.as_deref(), Some("viridial-staging"));
    assert_eq!(auth.type_, "Opaque");
    assert_eq!(auth.keys, ["postgres-password", "password", "replication-password"]);
    assert_eq!(auth.recipients.len(), 2);
    assert!(auth.recipients.iter().all(|recipient| recipient.starts_with("age1")));
    assert!(auth.warnings.is_empty());
    assert_eq!((auth.name_mark.line, auth.name_mark.column), (4, 9));
    assert_eq!((auth.namespace_mark.line, auth.type_mark.line, auth.keys_mark.line), (5, 6, 7));
    assert_eq!(auth.name_mark.file, FileId(3));

    let tls = read(TLS).unwrap();
    assert_eq!(tls.type_, "kubernetes.io/tls");
    assert_eq!(tls.keys, ["tls.crt", "tls.key", "ca.crt"]);
}

#[test]
fn a_plain_leaf_is_found_at_its_place() {
    assert_eq!(only(&plain("password", SECRET_TEXT)), ("partially-encrypted", 9, 13));
    assert_eq!(only(&plain("password", &format!("\"{SECRET_TEXT}\""))), ("partially-encrypted", 9, 13));
    assert_eq!(only(&plain("password", &format!("ENC[{SECRET_TEXT}]"))), ("fake-envelope", 9, 13));
    assert_eq!(only(&plain("password", "5432")), ("partially-encrypted", 9, 13));
    assert_eq!(only(&plain("password", &format!("|\n    {SECRET_TEXT}"))), ("partially-encrypted", 9, 13));
    assert_eq!(only(&plain("password", "\"\"")), ("empty-value", 9, 13));
    assert_eq!(only(&plain("password", &format!("{{a: {SECRET_TEXT}}}"))), ("partially-encrypted", 9, 13));
    // Nothing stands after the colon: the key is shown.
    assert_eq!(only(&plain("password", "")), ("empty-value", 9, 3));
    assert_eq!(only(&AUTH.replacen("type:str", "type:int", 1)), ("sealed-not-text", 8, 22));
    let path = &read(&TLS.replacen("type:str", "type:", 1)).unwrap_err()[0].path;
    assert_eq!(path, "stringData[\"tls.crt\"]");
}

#[test]
fn every_plain_leaf_is_shown_at_once() {
    let all = AUTH.replace("ENC[AES256_GCM", SECRET_TEXT);
    let findings = read(&all).unwrap_err();
    decent(&findings);
    let rules: Vec<_> = findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["fake-envelope"; 4]);
    assert_eq!((findings[0].path.as_str(), findings[1].path.as_str()), ("sops.mac", "stringData.postgres-password"));
}

#[test]
fn a_block_that_the_selector_leaves_out() {
    let text = changed("type: Opaque", &format!("type: Opaque\ndata:\n  extra: {SECRET_TEXT}"));
    assert_eq!(only(&text), ("partially-encrypted", 8, 10));
    let narrow = changed("^(data|stringData)$", "^postgres-password$");
    let findings = read(&narrow).unwrap_err();
    // What is sealed and left out by the selector is opened by nobody.
    assert_eq!(findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["fake-envelope"; 2]);
    let mut open = read(&narrow.replace(LEAF, SECRET_TEXT)).unwrap_err();
    decent(&open);
    assert_eq!(open.remove(1).rule, "partially-encrypted");
}

#[test]
fn a_key_that_ends_in_unencrypted() {
    let text = changed("encrypted_regex: ^(data|stringData)$", "unencrypted_suffix: _unencrypted");
    let text = text.replacen("  password:", "  token_unencrypted: hunter2\n  password:", 1);
    let findings = read(&text).unwrap_err();
    let finding = findings.iter().find(|finding| finding.path == "stringData.token_unencrypted").unwrap();
    assert!(finding.rule == "partially-encrypted" && finding.message.contains("`_unencrypted`"), "{finding:?}");
}

#[test]
fn a_selector_that_does_nothing_useful() {
    for (to, line) in [
        ("encrypted_regex: ^(data|stringData$", 31),
        ("encrypted_regex: ^(data | stringData)$", 31),
        ("encrypted_regex: ^DATA$", 31),
        ("encrypted_regex: a\n  unencrypted_regex: b", 31),
    ] {
        let findings = read(&changed("encrypted_regex: ^(data|stringData)$", to)).unwrap_err();
        assert!(findings.iter().any(|it| (it.rule, it.location.line) == ("fake-envelope", line)), "{to} {findings:#?}");
    }
}

#[test]
fn a_file_that_was_never_sealed() {
    let text = without("sops:", "sops:").replace("ENC[AES256_GCM", SECRET_TEXT);
    let plain = text.split("sops:").next().unwrap();
    assert_eq!(only(plain), ("plaintext-secret", 7, 1));
    let help = &read(plain).unwrap_err()[0].help;
    assert!(help.contains("sops encrypt --age ") && help.contains("--in-place secrets/x.sops.yaml"), "{help}");
}

#[test]
fn what_is_no_single_secret() {
    assert_eq!(only("").0, "empty-file");
    assert_eq!(only(&format!("{AUTH}---\n{AUTH}")).0, "several-documents");
    assert_eq!(only("- a\n").0, "not-a-secret");
    assert_eq!(only(&changed("kind: Secret", "kind: ConfigMap")), ("not-a-secret", 2, 7));
    assert_eq!(only(&changed("apiVersion: v1", "apiVersion: v2")).0, "not-a-secret");
    assert_eq!(only(&changed("kind: Secret", "kind: ENC[AES256_GCM,data:aa==]")), ("not-a-secret", 2, 7));
    assert!(read(&changed("kind: Secret", "kind: [")).is_err());
}

#[test]
fn identity() {
    assert_eq!(only(&changed("  name: postgres-auth\n", "")), ("not-a-secret", 3, 1));
    assert_eq!(only(&changed("name: postgres-auth", "name: Postgres")), ("invalid-value", 4, 9));
    assert_eq!(only(&changed("name: postgres-auth", "name: ENC[AES256_GCM,x]")), ("wrong-type", 4, 9));
    assert_eq!(only(&changed("type: Opaque", "type: [a]")), ("wrong-type", 6, 7));
    assert_eq!(only(&changed("type: Opaque", "type:")), ("wrong-type", 6, 1));
    let secret = read(&changed("  namespace: viridial-staging\n", "")).unwrap();
    assert_eq!((secret.namespace, secret.namespace_mark), (None, secret.name_mark));
    assert_eq!(read(&changed("type: Opaque\n", "")).unwrap().type_, "Opaque");
}

#[test]
fn what_stands_beside_the_values_is_refused() {
    let annotation = format!("  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: {SECRET_TEXT}\n");
    assert_eq!(only(&changed("type: Opaque", &format!("{annotation}type: Opaque"))), ("unexpected-key", 6, 3));
    assert_eq!(only(&changed("  name:", "  labels: {a: b}\n  name:")), ("unexpected-key", 4, 3));
    assert_eq!(only(&changed("  name:", "  uid: a\n  name:")), ("unexpected-key", 4, 3));
    assert_eq!(only(&changed("type: Opaque", "immutable: true\ntype: Opaque")), ("unexpected-key", 6, 1));
    assert_eq!(only(&changed("type: Opaque", &format!("old: {SECRET_TEXT}\ntype: Opaque"))), ("unexpected-key", 6, 1));
}

#[test]
fn an_envelope_that_sops_cannot_open() {
    let broken = |what: &str, to: &str| assert_eq!(only(&changed(what, to)).0, "fake-envelope", "{what} -> {to}");
    broken("  mac: ENC", "  mac: enc");
    broken("  mac: ", "  mack: ");
    broken("  lastmodified: ", "  modified: ");
    broken("lastmodified: \"2", "lastmodified: \"x2");
    broken("  version: 3.13.3", "  version: 3.13");
    broken("  version: 3.13.3", "  version: \"\"");
    broken("recipient: age1", "holder: age1");
    broken("-----BEGIN AGE", "-----BEGIN");
    let block = AUTH.split("sops:").next().unwrap();
    assert_eq!(only(&format!("{block}sops: true\n")).0, "fake-envelope");
    assert_eq!(only(&without("  age:", "  encrypted_regex")), ("fake-envelope", 11, 1));
}

#[test]
fn other_holders_and_key_groups_count() {
    let group = AUTH.replace("  age:\n", "  key_groups:\n  - age:\n");
    assert_eq!(read(&group).unwrap().recipients, read(AUTH).unwrap().recipients);
    let other = without("  age:", "  encrypted_regex").replace("sops:\n", "sops:\n  pgp: [{fp: A, enc: B}]\n");
    let other = read(&other).unwrap();
    assert!(other.recipients.is_empty() && other.other_services == ["pgp"]);
}

#[test]
fn a_private_key_is_found_wherever_it_stands() {
    let key = "AGE-SECRET-KEY-1QQQQQQQQ";
    assert_eq!(only(&format!("{AUTH}# ä {key}\n")), ("private-key-committed", AUTH.lines().count() as u32 + 1, 5));
    assert_eq!(only(&format!("]] {key}")), ("private-key-committed", 1, 4));
    assert!(!format!("{:?}", read(key).unwrap_err()).contains("QQQ"));
}

#[test]
fn an_old_value_in_a_comment_is_a_warning() {
    let secret = read(&changed("stringData:", &format!("stringData: # old: {SECRET_TEXT}"))).unwrap();
    assert_eq!(secret.warnings.len(), 1);
    assert_eq!(secret.warnings[0].severity, Severity::Warning);
    assert_eq!((secret.warnings[0].location.line, secret.warnings[0].location.column), (7, 13));
}

#[test]
fn a_seal_inside_a_list_is_none() {
    let item = serde_json::json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"a": SECRET_TEXT}, "sops": {"mac": "x"}});
    let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": [{"kind": "ConfigMap"}, item]});
    let found = flaws("f", &list);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].rule, found[0].pointer.join(".").as_str()), (FAKE_ENVELOPE, "items.1.sops"));
    let found = flaws("f", &serde_json::json!({"kind": "List", "items": [list]}));
    assert_eq!(found[0].pointer.join("."), "items.0.items.1.sops");
}

#[test]
fn long_keys_above_many_values_are_matched_once() {
    let values: serde_json::Map<String, serde_json::Value> =
        (0..5_000).map(|number| (format!("a{number}"), "b".into())).collect();
    let deep =
        (0..40).fold(serde_json::Value::from(values), |below, _| serde_json::json!({ "k".repeat(1_000): below }));
    let sops = serde_json::json!({"mac": "x", "encrypted_regex": "(a?k?b?){100}z|^a"});
    let mut document = deep.clone();
    document["sops"] = sops.clone();
    let start = std::time::Instant::now();
    let found = flaws("f", &document);
    assert!(start.elapsed().as_secs() < 20);
    assert!(found.len() < 110 && found.iter().any(|flaw| flaw.pointer.len() > 40), "{}", found.len());
    let mut document = serde_json::json!({ "k".repeat(2_000_000): deep });
    document["sops"] = sops;
    assert!(flaws("f", &document).iter().any(|flaw| flaw.message.contains("too large")));
}

#[test]
fn names_of_sealed_files() {
    assert!(is_sealed_name("environments/staging/secrets/x.sops.yaml") && is_sealed_name("x.sops.yml"));
    assert!(!is_sealed_name("x.yaml") && !is_sealed_name("sops.yaml.txt"));
}

#[test]
fn no_syntax_error_shows_a_value() {
    for bad in [
        "\"hunter2\\q\"",
        "'hunter2",
        "hunter2: x",
        "[hunter2",
        "*hunter2",
        "!hunter2 x",
        "!!int hunter2",
        "&hunter2",
        "*a`hunter2`b",
        "@hunter2",
        "\thunter2",
    ] {
        for text in [plain("password", bad), format!("kind: Secret\nstringData:\n  password: {bad}\n")] {
            decent(&read(&text).unwrap_err());
        }
    }
    decent(&read(&plain("password", "a\n  password: hunter2")).unwrap_err());
}

proptest! {
    /// Whatever happens to a value, it is either still a whole sealed value or found, and the finding does not show it.
    #[test]
    fn a_changed_value_is_found(value in "[ -~]{1,40}") {
        let text = plain("password", &format!("'x9x{}x9x'", value.replace('\'', "''")));
        let findings = read(&text).unwrap_err();
        prop_assert!(findings.iter().any(|finding| finding.rule == "partially-encrypted" && finding.location.line == 9));
        let shown = format!("{findings:?}");
        prop_assert!(!shown.contains("x9x"));
    }

    #[test]
    fn no_bytes_panic(at in 0..AUTH.len(), length in 0usize..200, bytes in any::<Vec<u8>>()) {
        let mut damaged = AUTH.as_bytes().to_vec();
        damaged.splice(at..(at + length).min(AUTH.len()), bytes);
        let _ = inspect("x.sops.yaml", FileId(0), &damaged);
    }
}
