//! A seal that is none.

use super::{Check, Report, Rule};
use crate::{diagnostic::Severity, view::View};

pub(super) const RULE: Rule = Rule {
    id: "fake-envelope",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A file looks sealed and is not, or is sealed so that nobody can open it.",
    rationale: "A `sops` block alone seals nothing, and neither does a text that starts with `ENC[`. Flux opens what it finds a `sops.mac` \
                in and applies the rest as it stands; a file without recipients, or whose selector does not compile, was \
                never sealed or cannot be opened by anybody.",
    remedy: "Restore the file as `sops` or `gen secret` wrote it, or seal its values anew; change every value that was committed.",
    bad: r#"apiVersion: v1
kind: Secret
metadata: {name: a}
stringData:
  password: hunter2
sops:
  age: [{recipient: age1..., enc: "-----BEGIN AGE ENCRYPTED FILE-----...-----END AGE ENCRYPTED FILE-----"}]
  encrypted_regex: ^(data|stringData)$
  lastmodified: "2026-11-20T19:36:13Z"
  mac: ENC[AES256_GCM,data:sv5RCStsIhde0N8y,iv:kS6PdBMmaRsxZaXikcaVp7r8X22z/z5hK2Z0ddZptfE=,tag:ZkXmEZUROUbxfSnkM5x7gQ==,type:str]
  version: 3.13.3
"#,
    good: r#"apiVersion: v1
kind: Secret
metadata: {name: a}
stringData:
  password: ENC[AES256_GCM,data:sv5RCStsIhde0N8y,iv:kS6PdBMmaRsxZaXikcaVp7r8X22z/z5hK2Z0ddZptfE=,tag:ZkXmEZUROUbxfSnkM5x7gQ==,type:str]
sops:
  age: [{recipient: age1..., enc: "-----BEGIN AGE ENCRYPTED FILE-----...-----END AGE ENCRYPTED FILE-----"}]
  encrypted_regex: ^(data|stringData)$
  lastmodified: "2026-11-20T19:36:13Z"
  mac: ENC[AES256_GCM,data:sv5RCStsIhde0N8y,iv:kS6PdBMmaRsxZaXikcaVp7r8X22z/z5hK2Z0ddZptfE=,tag:ZkXmEZUROUbxfSnkM5x7gQ==,type:str]
  version: 3.13.3
"#,
    hides_lines: true,
    is_opinion: false,
    elsewhere: &["sops-pre-commit forbid-secrets"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    report.seals(view);
}
