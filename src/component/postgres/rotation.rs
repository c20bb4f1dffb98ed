//! What people do when a credential changes.

use std::sync::LazyLock;

use serde_json::{Value as Json, json};

use crate::{part::Rotation, template::Document};

static ROTATION: LazyLock<Document> =
    LazyLock::new(|| Document::compile(concat!(include_str!("commands.md.jinja"), include_str!("rotation.md.jinja"))));

/// What divides the texts of a rotation.
const DIVIDER: &str = "\n%%\n";

/// How a password of the role `role` under the key `key` changes; `scope` is the runbook's.
pub(super) fn of_password(scope: &Json, role: &str, key: &str) -> Rotation {
    render(scope, json!({ "kind": "password", "role": role, "key_name": key, "file": scope["secret"]["file"] }))
}

/// How the server's certificate changes.
pub(super) fn of_certificate(scope: &Json) -> Rotation {
    render(scope, json!({ "kind": "certificate", "role": null, "key_name": null, "file": scope["tls"]["file"] }))
}

fn render(scope: &Json, own: Json) -> Rotation {
    let mut whole = own;
    if let (Json::Object(whole), Json::Object(scope)) = (&mut whole, scope) {
        whole.extend(scope.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    let text = ROTATION.render(&whole);
    let mut pieces = text.split(DIVIDER).map(|piece| piece.trim().to_owned());
    let mut next = || pieces.next().unwrap_or_default();
    Rotation { before: next(), publish: next(), after: next(), back: next() }
}
