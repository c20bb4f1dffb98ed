//! A key that a Secret lacks.

use super::{Check, Report, Rule};
use crate::{diagnostic::Severity, schema::closest, view::View};

pub(super) const RULE: Rule = Rule {
    id: "secret-key-missing",
    severity: Severity::Error,
    production: Severity::Error,
    summary: "A Secret lacks a key that something asks it for.",
    rationale: "Keys of sealed Secrets stand in clear text, so that this can be known before the merge. After it, the pod stays in \
                CreateContainerConfigError or the Helm release fails, and neither says which file to look at.",
    remedy: "Add the key: `gen secret generate ENV` makes what a service demands, `gen secret set ENV NAME KEY` takes a value. Or correct the \
             name where it is asked for.",
    bad: r#"apiVersion: v1
kind: Secret
metadata: {name: postgres-auth}
stringData: {password: ""}
---
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
    - name: app
      image: ghcr.io/example/app:1.4.2
      env:
        - {name: PGPASSWORD, valueFrom: {secretKeyRef: {name: postgres-auth, key: pasword}}}
"#,
    good: r#"apiVersion: v1
kind: Secret
metadata: {name: postgres-auth}
stringData: {password: ""}
---
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
    - name: app
      image: ghcr.io/example/app:1.4.2
      env:
        - {name: PGPASSWORD, valueFrom: {secretKeyRef: {name: postgres-auth, key: password}}}
"#,
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["flate test"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for missing in &view.missing_keys {
        let message = format!("the Secret `{}` of this tree has no key `{}`", missing.secret, missing.key);
        let help = match closest(&missing.key, missing.known.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if missing.known.is_empty() => "add the key to the Secret, or ask for it elsewhere".to_owned(),
            None => format!("it has {}: add the key, or ask for one of these", missing.known.join(", ")),
        };
        report.violation(&missing.at, message, help);
    }
}
