//! What an editor offers and shows in an environment file, asked of the language server that editors use.

use std::process::Command;

use serde_json::Value;

use super::{peer, repository, run};

/// What the server says about a text with a `|` at the cursor.
fn ask(server: &std::path::Path, file: &str, text: &str) -> Value {
    let mut command = Command::new("python3");
    command.arg(repository().join("tests/peers/editor/ask.py")).args([server, repository()]).arg(file);
    let said = run(&mut command, text);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&said.stdout).unwrap()
}

#[test]
#[ignore = "needs yaml-language-server"]
fn an_editor_completes_and_explains_environment_files() {
    let Some(server) = peer("yaml-language-server") else { return };
    let environment = |text: &str| {
        let head = "# yaml-language-server: $schema=../schemas/environment.schema.json\n";
        ask(&server, "environments/editor.yaml", &format!("{head}{text}"))
    };
    let offers = |said: &Value, words: &[&str]| {
        let labels: Vec<&str> = said["completion"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(words.iter().all(|word| labels.contains(word)), "{words:?} are not in {labels:?}");
    };
    let keys = environment("services:\n  postgres:\n    |\n");
    offers(&keys, &["architecture", "storage", "clients", "backup", "values"]);
    assert!(keys["words"]["clients"].as_str().unwrap().len() > 20, "{}", keys["words"]);
    let value =
        environment("services:\n  postgres:\n    values:\n      primary:\n        service:\n          type: |\n");
    offers(&value, &["ClusterIP", "NodePort", "LoadBalancer"]);
    assert!(value["hover"].as_str().unwrap().contains("client Service of the primary"), "{}", value["hover"]);
    let pod = environment("services:\n  postgres:\n    values:\n      primary:\n        tolerations:\n          - |\n");
    offers(&pod, &["effect", "key", "operator"]);
    let wrong =
        environment("services:\n  postgres:\n    values:\n      primary:\n        persis|tance: {size: 20Gi}\n");
    assert!(wrong["problems"][0].as_str().unwrap().contains("persistance"), "{}", wrong["problems"]);
    let rule = environment("policy:\n  ignore:\n    - rule: |\n");
    offers(&rule, &["public-database", "floating-version"]);
    assert_eq!(rule["words"]["public-database"], "A database can be reached from outside the cluster.");
    let head = "# yaml-language-server: $schema=schemas/gen.schema.json\n";
    let locked = ask(&server, "editor.yaml", &format!("{head}policy:\n  locked:\n    - |\n"));
    offers(&locked, &["plaintext-secret"]);
}

#[test]
#[ignore = "needs yaml-language-server"]
fn an_editor_has_nothing_against_the_committed_environments() {
    let Some(server) = peer("yaml-language-server") else { return };
    for file in ["environments/base.yaml", "environments/staging.yaml", "environments/production.yaml", "gen.yaml"] {
        let text = std::fs::read_to_string(repository().join(file)).unwrap();
        // The cursor stands at the start.
        assert_eq!(ask(&server, file, &format!("|{text}"))["problems"], serde_json::json!([]), "{file}");
    }
}
