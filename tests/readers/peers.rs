//! Asks other YAML readers what they read.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Map, Value};

/// A peer's answers, by reader; `None`, after a line on stderr, where it is not installed.
fn ask(peer: &str, command: Option<Command>, texts: &[String]) -> Option<Map<String, Value>> {
    let Some(mut command) = command else {
        // Straight to stderr: the test harness would swallow a print.
        let mut stderr = std::io::stderr();
        writeln!(stderr, "SKIPPED: {peer} is not installed, its readers were not asked").unwrap();
        return None;
    };
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let request = serde_json::to_vec(texts).unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&request));
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{peer} failed: {}", output.status);
    writer.join().unwrap().unwrap();
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// What PyYAML and, where it is built in, libyaml read.
pub(super) fn python(texts: &[String]) -> Option<Map<String, Value>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/read.py");
    let present = Command::new("python3").args(["-c", "import yaml"]).stderr(Stdio::null()).status();
    let command = present.is_ok_and(|status| status.success()).then(|| {
        let mut command = Command::new("python3");
        command.arg(script);
        command
    });
    ask("python3 with PyYAML", command, texts)
}

/// What go-yaml v3 and `sigs.k8s.io/yaml` read.
pub(super) fn go(texts: &[String]) -> Option<Map<String, Value>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/go");
    let run = |args: &[&str]| Command::new("go").args(args).current_dir(&folder).status();
    let present = run(&["mod", "download"]).is_ok_and(|status| status.success());
    let command = present.then(|| {
        let binary = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("yaml-readers-{}", std::process::id()));
        assert!(run(&["build", "-o", binary.to_str().unwrap(), "."]).unwrap().success(), "the Go readers do not build");
        Command::new(binary)
    });
    ask("go, or its modules gopkg.in/yaml.v3 and sigs.k8s.io/yaml,", command, texts)
}

/// Whether a peer's answer is the value; a float may come back as an integer of the same value.
pub(super) fn same(value: &Value, answer: &Value) -> bool {
    match (value, answer) {
        (Value::Number(number), Value::Object(answer)) => {
            let text = answer.get("$number").and_then(Value::as_str).unwrap_or_default();
            match number.as_f64().filter(|_| number.is_f64()) {
                Some(float) => text.parse() == Ok(float),
                None => text == number.to_string(),
            }
        }
        (Value::Array(values), Value::Array(answers)) => {
            values.len() == answers.len() && values.iter().zip(answers).all(|(value, answer)| same(value, answer))
        }
        (Value::Object(values), Value::Object(answers)) => {
            values.len() == answers.len()
                && values.iter().all(|(key, value)| answers.get(key).is_some_and(|answer| same(value, answer)))
        }
        _ => value == answer,
    }
}
