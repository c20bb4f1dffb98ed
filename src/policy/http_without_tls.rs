//! A console of a store that is shown to the world without TLS.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{Showing, View},
};

pub(super) const RULE: Rule = Rule {
    id: "http-without-tls",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "A console of a store, such as pgAdmin or MinIO's, is reached over HTTP without TLS, or under every name.",
    rationale: "Who logs in to a console sends the key to all data, and over plain HTTP everybody on the way reads it. An \
                Ingress without a host answers whoever asks the load balancer's address, scanners first.",
    remedy: "Name the host, and a certificate below `tls`; or leave the console inside, people get in by `kubectl port-forward`.",
    bad: "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: pgadmin}\nspec:\n  rules:\n    - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: pgadmin, port: {number: 80}}}}]}\n",
    good: "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: pgadmin}\nspec:\n  tls: [{hosts: [pgadmin.example.com], secretName: pgadmin-tls}]\n  rules:\n    - host: pgadmin.example.com\n      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: pgadmin, port: {number: 80}}}}]}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[
        "KICS Ingress Controller Exposes Workload",
        "Kubescape C-0263",
        "Kyverno require-ingress-https",
        "Polaris tlsSettingsMissing",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for open in &view.open_consoles {
        let (console, path) = (open.console, &open.path);
        let (message, help) = match open.flaw {
            Showing::NoTls => (
                format!("{console} is reached over plain HTTP, and so are its passwords: {path}"),
                "add `tls` with a certificate, or leave the console inside the cluster",
            ),
            Showing::AnyHost => (
                format!("without a host this route shows {console} under every name and address: {path}"),
                "name the host",
            ),
        };
        report.violation(&open.at, message, help);
    }
}
