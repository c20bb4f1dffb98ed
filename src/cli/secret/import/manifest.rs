//! Plain Secret manifests, in YAML or JSON.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Content, mistake};
use crate::{
    diagnostic::{Finding, Location},
    path,
    plain::Plain,
    yaml::{
        FileId, Mark, Source,
        typed::{self, Entry, Tree},
    },
};

/// Reads the values.
///
/// # Errors
/// What is no single plain Secret, and every value that is no text or no base64.
pub(super) fn read(file: &str, text: &Plain) -> Result<Content, Vec<Finding>> {
    let stream = typed::read(Source { id: FileId(0), name: file, bytes: text.expose() })?;
    let [document] = stream.documents.as_slice() else {
        let help = "import them one by one, each from a file of its own";
        return Err(vec![mistake(file, 1, "there are several documents here", help)]);
    };
    let word = |path: &[&str]| document.get(path).and_then(Tree::as_text).and_then(Plain::expose_text);
    if document.get(&["sops"]).is_some() {
        let help =
            "a sealed file is copied as it is, then `gen secret rekey` seals it for the environment's recipients";
        return Err(vec![mistake(file, 1, "this file is sealed already", help)]);
    }
    if (word(&["apiVersion"]), word(&["kind"])) != (Some("v1"), Some("Secret")) {
        let help = "one line per value as in `KEY=value`, or a manifest with `apiVersion: v1` and `kind: Secret`";
        return Err(vec![mistake(file, 1, "this is neither a dotenv file nor a Secret manifest", help)]);
    }
    let mut reader = Reader { file, values: Vec::new(), findings: Vec::new() };
    // In the cluster those of `stringData` win.
    reader.block(document, "stringData");
    reader.block(document, "data");
    if reader.values.is_empty() && reader.findings.is_empty() {
        reader.findings.push(mistake(file, 1, "this Secret holds no value", "there is nothing to seal"));
    }
    match reader.findings.is_empty() {
        true => Ok(Content {
            name: word(&["metadata", "name"]).map(str::to_owned),
            namespace: word(&["metadata", "namespace"]).map(str::to_owned),
            kind: word(&["type"]).map(str::to_owned),
            values: reader.values,
            left: left(document),
        }),
        false => Err(reader.findings),
    }
}

/// A value that is no text, as `data` holds it.
pub(super) fn encoded(value: &Plain) -> Plain {
    Plain::new(STANDARD.encode(value.expose()).into_bytes())
}

struct Reader<'a> {
    file: &'a str,
    values: Vec<(String, Plain)>,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn block(&mut self, document: &Tree, block: &str) {
        let entries = match document.get(&[block]) {
            Some(Tree::Map(entries)) => entries.as_slice(),
            _ => &[],
        };
        for entry in entries {
            let Entry::Pair { key, mark, value } = entry else { continue };
            let path = path::join(block, key);
            let Some(text) = value.as_text() else {
                let message = format!("the value of `{path}` is no text, and a Secret takes texts only");
                self.wrong(*mark, &path, message, "put it between quotes");
                continue;
            };
            if text.expose().starts_with(b"ENC[AES256_GCM,") {
                let message =
                    format!("the value of `{path}` is sealed already, and the `sops` block that opens it is gone");
                self.wrong(*mark, &path, message, "restore the file from Git (`git log -p -- FILE` shows its versions): sealed twice, nobody could open it");
                continue;
            }
            let value = match block {
                "data" => STANDARD.decode(unbroken(text).expose()).map(Plain::new).ok(),
                _ => Some(text.clone()),
            };
            match value {
                None => {
                    let message = format!("the value of `{path}` is no base64, which is what `data` holds");
                    self.wrong(*mark, &path, message, "plain values stand under `stringData`");
                }
                Some(value) if value.is_empty() => {
                    let message = format!("`{path}` has no value, and sops seals no empty value");
                    self.wrong(*mark, &path, message, "give it one, or take it out");
                }
                Some(value) if self.values.iter().all(|(known, _)| known != key) => {
                    self.values.push((key.clone(), value));
                }
                Some(_) => {}
            }
        }
    }

    fn wrong(&mut self, mark: Mark, path: &str, message: String, help: &str) {
        // The line itself holds the value.
        let place = Location { length: 0, ..mark.location(self.file) };
        self.findings.push(Finding::error("not-importable", place, message).help(help).at(path));
    }
}

/// Base64 without the line breaks that people put into it.
fn unbroken(text: &Plain) -> Plain {
    let kept = text.expose().iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    let mut bytes = Vec::with_capacity(text.len());
    bytes.extend(kept);
    Plain::new(bytes)
}

/// What does not travel: a sealed file holds the identity and the values only. `last-applied-configuration` would hold all of them in
/// plain text.
fn left(document: &Tree) -> Vec<String> {
    let keeps = |path: &str| matches!(path, "apiVersion" | "kind" | "metadata" | "type" | "data" | "stringData");
    let mut left: Vec<String> = document.pairs().map(|(key, _)| key.to_owned()).filter(|key| !keeps(key)).collect();
    for (key, value) in document.get(&["metadata"]).into_iter().flat_map(Tree::pairs) {
        match key {
            "name" | "namespace" => {}
            "labels" | "annotations" => {
                left.extend(value.pairs().map(|(name, _)| path::join(&format!("metadata.{key}"), name)))
            }
            _ => left.push(format!("metadata.{key}")),
        }
    }
    left
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::read;
    use crate::plain::Plain;

    #[test]
    fn what_kubectl_prints_is_taken_without_its_traces() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  namespace: b\n  uid: x\n  creationTimestamp: null\n  annotations:\n    \
                    kubectl.kubernetes.io/last-applied-configuration: '{}'\n  labels: {app: c}\nimmutable: true\ntype: t\ndata:\n  one: aHVudGVyMg==\n  \
                    two: /w==\n  three: aHVu\nstringData:\n  three: 3\u{e9}\n";
        let content = read("f", &Plain::from(text)).ok().unwrap();
        assert_eq!((content.name.as_deref(), content.kind.as_deref()), (Some("a"), Some("t")));
        let values: Vec<(&str, &[u8])> =
            content.values.iter().map(|(key, value)| (key.as_str(), value.expose())).collect();
        assert_eq!(values, [("three", "3\u{e9}".as_bytes()), ("one", b"hunter2"), ("two", b"\xff")]);
        let left = ["immutable", "metadata.uid", "metadata.creationTimestamp"].map(str::to_owned);
        assert_eq!(content.left[..3], left);
        assert!(content.left[3].contains("last-applied-configuration") && content.left[4] == "metadata.labels.app");
    }

    #[test]
    fn json_is_read_too() {
        let text =
            r#"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"k": "aHVudGVyMg=="}}"#;
        let content = read("f", &Plain::from(text)).ok().unwrap();
        assert_eq!(content.values[0].1.expose(), b"hunter2");
    }

    #[test]
    fn every_mistake_is_found_and_none_shows_a_value() {
        let head = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n";
        let cases = [
            ("kind: ConfigMap\n".to_owned(), "neither a dotenv"),
            (format!("{head}data: {{a: '!hunter2'}}\n"), "no base64"),
            (format!("{head}stringData: {{a: 5}}\n"), "no text"),
            (format!("{head}stringData: {{a: ''}}\n"), "has no value"),
            (head.to_owned(), "holds no value"),
            (format!("{head}---\n{head}"), "several documents"),
            (format!("{head}sops: {{}}\n"), "sealed already"),
            ("hunter2: [\n".to_owned(), ""),
        ];
        for (text, message) in cases {
            let findings = read("f", &Plain::from(text.as_str())).err().unwrap();
            assert!(findings[0].message.contains(message), "{text}: {findings:?}");
            assert!(!format!("{findings:?}").contains("hunter2"), "{findings:?}");
        }
        let two = format!("{head}data: {{a: '!'}}\nstringData: {{b: 5}}\n");
        assert_eq!(read("f", &Plain::from(two.as_str())).err().unwrap().len(), 2);
    }
}
