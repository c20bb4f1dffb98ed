//! A value in plain text beside sealed ones.

use super::{Check, Report, Rule};
use crate::{diagnostic::Severity, view::View};

pub(super) const RULE: Rule = Rule {
    id: "partially-encrypted",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "Some values of a sealed file are sealed, and some that should be are in plain text.",
    rationale: "`sops` seals what its selector covers at the moment of sealing. A value that is added by hand afterwards, a key that the \
                selector leaves out, a line that a merge brought back: all of them stay as they are, in a file that everybody \
                takes for sealed.",
    remedy: "Seal the value (`gen secret edit`, `sops edit`), or the file anew where its selector leaves `data` or `stringData` out, and \
             change every value that was committed.",
    bad: r#"apiVersion: v1
kind: Secret
metadata: {name: a}
stringData:
  password: ENC[AES256_GCM,data:sv5RCStsIhde0N8y,iv:kS6PdBMmaRsxZaXikcaVp7r8X22z/z5hK2Z0ddZptfE=,tag:ZkXmEZUROUbxfSnkM5x7gQ==,type:str]
  token: hunter2
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
    elsewhere: &[],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    report.seals(view);
}
