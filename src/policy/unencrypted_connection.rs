//! A connection to a database in clear text.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::Severity,
    view::{Reason, View},
};

pub(super) const RULE: Rule = Rule {
    id: "unencrypted-connection",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "Passwords and data travel to a database where they can be read.",
    rationale: "Inside one namespace of one cluster that is a risk that many take. On the way from outside it is not: every hop \
                reads along. `password` in pg_hba sends the password itself, and MD5 hashes are as good as the password to \
                whoever sees one. With `--opinions`, clients in other namespaces are reason enough.",
    remedy: "Set `tls: {secret: NAME}` on the service (in the chart: `tls.enabled`, `tls.certificatesSecret`), and write \
             `hostssl` and `scram-sha-256` in pg_hba: `host` takes connections without TLS also where TLS is on.",
    bad: "tls: {enabled: false}\nprimary:\n  service: {type: LoadBalancer}\n",
    good: "tls: {enabled: true, certificatesSecret: postgres-tls, certFilename: tls.crt, certKeyFilename: tls.key}\nprimary:\n  service: {type: ClusterIP}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &["KICS PostgreSQL Without SSL"],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    const TLS: &str = "set `tls` of the service, or `tls.enabled` and `tls.certificatesSecret` of the chart";
    for plain in &view.plain_connections {
        let product = plain.product;
        let (message, help) = match plain.reason {
            Reason::OtherNamespaces if !report.scope.with_opinions => continue,
            Reason::OtherNamespaces => {
                (format!("{product} has no TLS, and clients outside its namespace connect to it"), TLS)
            }
            Reason::Exposed => (format!("{product} has no TLS, and is reached from outside the cluster"), TLS),
            Reason::ClearPassword => (
                "this pg_hba takes passwords in clear text over connections without TLS".to_owned(),
                "write `hostssl`, and `scram-sha-256` where passwords are PostgreSQL's own",
            ),
            Reason::WeakHash => (
                "this pg_hba takes MD5 hashes from every address over connections without TLS".to_owned(),
                "write `hostssl` and `scram-sha-256`",
            ),
            Reason::Ldap => (
                format!("{product} sends every password to the LDAP server in clear text"),
                "set `ldap.tls.enabled: true`, or `ldap.scheme: ldaps`",
            ),
        };
        report.violation(&plain.at, message, help);
    }
}
