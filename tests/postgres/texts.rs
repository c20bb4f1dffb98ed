//! The scripts and the runbook as texts: what Kubernetes, Flux and a shell make of them.

use std::process::Command;

use serde_json::Value;

use crate::runbook::{self, Runbook};
use crate::stage::{BACKUP, RESTORE, text};

#[test]
fn no_text_is_changed_by_kubernetes_or_flux() {
    for script in [BACKUP, RESTORE] {
        assert!(!script.contains("${"), "Flux substitutes what stands in braces");
        assert_eq!(expanded_by_kubernetes(script), script);
        assert!(
            script.is_ascii() && !script.contains('\t') && !script.contains(" \n"),
            "has to survive as a YAML block"
        );
    }
    assert_eq!(expanded_by_kubernetes("a $(PGHOST) b $$(PGHOST)"), "a value b $(PGHOST)");
}

/// What Kubernetes makes of an argument when every name that looks like a variable is one.
fn expanded_by_kubernetes(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
            result.push_str(&if is_name { "value".to_owned() } else { format!("$({name})") });
            rest = after;
        } else {
            result.push('$');
        }
    }
    result + rest
}

fn every_runbook() -> [Runbook; 5] {
    let mut local = runbook::full(5432);
    local["claim"]["class"] = serde_json::json!("local-path");
    [runbook::plain(5432), runbook::with_backup(5432), runbook::with_tls(5432), runbook::full(5432), local]
        .map(|context| Runbook::render(&context))
}

#[test]
fn the_runbook_renders_for_every_kind_of_instance() {
    for runbook in every_runbook() {
        for rest in ["{{ ", "{%", "{#", "none", "undefined", "\n\n\n"] {
            let at = runbook.text.find(rest).unwrap_or_default();
            assert_eq!(at, 0, "{rest:?} in: {}", &runbook.text[at.saturating_sub(200)..]);
        }
        let trailing: Vec<&str> = runbook.text.lines().filter(|line| line.ends_with(' ')).collect();
        assert_eq!(trailing, Vec::<&str>::new());
        for block in runbook.blocks() {
            assert!(["sh", "sql", "yaml"].contains(&block.language.as_str()), "{block:?}");
        }
        assert_eq!(runbook.text.matches("```").count(), runbook.blocks().len() * 2);
    }
}

#[test]
fn the_runbook_speaks_of_what_there_is_only() {
    let plain = Runbook::render(&runbook::plain(5432)).text;
    for absent in ["cronjob/", "restore.sh", "sslmode", "postgres-read", "exporter"] {
        assert!(!plain.contains(absent), "{absent}");
    }
    let full = Runbook::render(&runbook::full(5432)).text;
    for present in
        ["cronjob/postgres-backup", "sslmode=verify-full", "data-postgres-read-1", "identity, api", "exporter"]
    {
        assert!(full.contains(present), "{present}");
    }
}

#[test]
fn the_restore_pod_satisfies_pod_security_restricted() {
    let runbook = Runbook::render(&runbook::full(5432));
    let pod = document(&runbook.block("restore into a new claim and switch", "sh", "kind: Pod"));
    let spec = &pod["spec"];
    assert_eq!(spec["securityContext"]["runAsNonRoot"], true);
    assert_eq!(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    let container = &spec["containers"][0];
    assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false);
    assert_eq!(container["securityContext"]["capabilities"]["drop"], serde_json::json!(["ALL"]));
    for volume in spec["volumes"].as_array().unwrap() {
        assert!(volume.get("hostPath").is_none());
    }
    assert_eq!(pod["metadata"]["labels"]["app.kubernetes.io/component"], "backup");
}

/// The manifest in a block's here-document.
fn document(block: &str) -> Value {
    let text = block.split_once("<<'EOF'\n").unwrap().1.split_once("\nEOF\n").unwrap().0;
    serde_saphyr::from_str(text).unwrap()
}

#[test]
#[ignore = "needs bash: just test-peers"]
fn every_command_is_valid_shell() {
    let blocks = every_runbook().into_iter().flat_map(|runbook| runbook.blocks());
    let commands = blocks.filter(|block| block.language == "sh").map(|block| block.text);
    let fakes = [include_str!("kubectl"), include_str!("gen"), BACKUP, RESTORE].map(str::to_owned);
    for script in commands.chain(fakes) {
        let output = Command::new("bash").args(["-n", "-c", &script]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{}\n{script}", text(&output.stderr));
    }
}
