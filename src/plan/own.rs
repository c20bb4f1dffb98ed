//! The user's own objects that travel with a service.

use super::{Copy, Planner};
use crate::{
    diagnostic::Finding,
    environment::FOLDER,
    part::Part,
    path, sops,
    yaml::{Dialect, FileId, Node, Source, parse},
};

impl Planner<'_> {
    /// What is copied into a component's folder.
    pub(super) fn copies(&mut self, parts: &[Part], origin: &str) -> Vec<Copy> {
        let mut copies = self.sealed(parts);
        let at = path::join(origin, "manifests");
        let environment = self.environment;
        for (index, item) in environment.node(&at).and_then(Node::as_sequence).unwrap_or_default().iter().enumerate() {
            let at = path::item(&at, index);
            let Some(relative) = item.as_str() else { continue };
            let path = format!("{FOLDER}/{relative}");
            let Some(bytes) = self.inputs.get(&path) else {
                let message = format!("there is no file {path}");
                self.error("missing-file", &at, message, "paths are relative to the layer that lists them");
                continue;
            };
            let sealed = relative.ends_with(".sops.yaml");
            match sealed {
                true => self.findings.extend(sops::inspect(&path, FileId(0), bytes).err().into_iter().flatten()),
                false => self.check_objects(&path, bytes),
            }
            let name = relative.rsplit('/').next().unwrap_or(relative).to_owned();
            if copies.iter().any(|copy: &Copy| copy.name == name) {
                self.error(
                    "file-clash",
                    &at,
                    format!("two files of this service are called {name}"),
                    "rename one of them",
                );
                continue;
            }
            copies.push(Copy { name, bytes: bytes.to_vec(), origin: at, sealed });
        }
        copies
    }

    fn check_objects(&mut self, file: &str, bytes: &[u8]) {
        let documents = match parse(Source { id: FileId(0), name: file, bytes }, Dialect::Manifest) {
            Ok(documents) => documents,
            Err(findings) => return self.findings.extend(findings),
        };
        for document in &documents {
            let text = |keys: &[&str]| document.at(keys).and_then(Node::as_str);
            let mut wrong = |rule: &'static str, message: &str, help: &str| {
                self.findings.push(Finding::error(rule, document.mark.location(file), message).help(help));
            };
            for keys in [&["apiVersion"][..], &["kind"], &["metadata", "name"]] {
                if text(keys).is_none() {
                    wrong(
                        "no-object",
                        &format!("this is no Kubernetes object: it has no `{}`", keys.join(".")),
                        "complete it, or list another file",
                    );
                }
            }
            if text(&["kind"]) == Some("Secret") {
                wrong(
                    "plaintext-secret",
                    "a Secret must be sealed before it is committed",
                    "seal it with `sops encrypt`, as NAME.sops.yaml",
                );
            }
        }
    }
}
