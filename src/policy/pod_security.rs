//! Pods that the Pod Security Standards refuse.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::{Finding, Fix, Severity},
    scalar::KubernetesVersion,
    view::{Asked, Flaw, Insecure, Level, Refused, View},
};

pub(super) const RULE: Rule = Rule {
    id: "pod-security",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "A pod breaks the Pod Security level that its namespace asks for, or that every database should keep.",
    rationale: "Where a namespace carries `pod-security.kubernetes.io/enforce`, the API server refuses such pods: the workload is \
                accepted, and no pod ever starts. gen judges as the admission controller of that Kubernetes version does. \
                Where nothing asks, what breaks `baseline` can take over its node and is an error (a warning for a \
                DaemonSet, whose work is the node); what breaks `restricted` is told of databases only.",
    remedy: "Write the fields that the finding names, or take those away that it names. Bitnami's chart keeps `restricted` as long as \
             nobody turns `containerSecurityContext` off. An agent that needs its node gets a namespace of its own with \
             the label `pod-security.kubernetes.io/enforce: privileged`.",
    bad: "services:\n  postgres:\n    values:\n      primary:\n        containerSecurityContext: {enabled: false}\n",
    good: "services:\n  postgres:\n    values:\n      primary:\n        containerSecurityContext: {enabled: true}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[
        "Checkov CKV_K8S_16, CKV_K8S_17, CKV_K8S_18, CKV_K8S_19, CKV_K8S_20, CKV_K8S_23, CKV_K8S_26, CKV_K8S_28, CKV_K8S_31, CKV_K8S_37",
        "kube-linter privileged-container, privilege-escalation-container, run-as-non-root, host-network, host-pid, host-ipc",
        "Kyverno pod-security",
        "Polaris hostNetworkSet, hostPIDSet, runAsPrivileged, runAsRootAllowed, insecureCapabilities",
        "Trivy KSV-0001, KSV-0008, KSV-0009, KSV-0010, KSV-0012, KSV-0017, KSV-0023, KSV-0024, KSV-0027, KSV-0030, KSV-0104, KSV-0106",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    let newest = *KubernetesVersion::MINORS.end();
    let cluster = report.scope.kubernetes.as_ref().map_or(newest, KubernetesVersion::minor);
    view.insecure.iter().for_each(|pod| of_pod(pod, cluster, report));
    for namespace in &view.open_namespaces {
        let name = namespace.name.as_str();
        let levels = Level::ALL.map(|(level, _)| level).join(", ");
        match (&namespace.label, namespace.database) {
            (Some(label), _) if !Level::ALL.iter().any(|(level, _)| level == label) => {
                let message = format!("`{label}` is no Pod Security level: the namespace `{name}` is refused");
                report.finding(Severity::Error, &namespace.at, message, format!("one of {levels}"));
            }
            (Some(_), Some(database)) => {
                let message = format!("`{name}` takes pods of any power, beside a database ({database})");
                let help = "write `restricted`, or `baseline`, and put what needs its node into another namespace";
                report.finding(Severity::Warning, &namespace.at, message, help);
            }
            (None, Some(database)) => {
                let message =
                    format!("nothing holds the pods of `{name}`, a database ({database}) among them, to a level");
                let help = "add the label `pod-security.kubernetes.io/enforce: restricted`";
                report.finding(Severity::Warning, &namespace.at, message, help);
            }
            (_, None) => {}
        }
    }
}

fn of_pod(pod: &Insecure<'_>, cluster: u32, report: &mut Report<'_>) {
    let asked = pod.asked;
    let level = asked.map_or(Level::Restricted, |asked| asked.level);
    let minor = asked.and_then(|asked| asked.minor).map_or(cluster, |minor| minor.min(cluster));
    // What one container lacks is one message.
    let mut lacks: Vec<(&Refused<'_>, Vec<&str>)> = Vec::new();
    for refused in &pod.refusals {
        let Some(broken) = broken(refused, level, minor) else { continue };
        match &refused.refusal.flaw {
            Flaw::Has(what, write) => {
                let help = refused.instead.map_or(write.clone(), |instead| format!("write `{instead}`"));
                say(pod, refused, broken, what, help, report);
            }
            Flaw::Lacks(whose, line) => {
                let is_same = |(other, _): &&mut (&Refused<'_>, Vec<&str>)| matches!(&other.refusal.flaw, Flaw::Lacks(name, _) if name == whose);
                match lacks.iter_mut().find(is_same) {
                    Some((_, lines)) => lines.push(line),
                    None => lacks.push((refused, vec![line])),
                }
            }
        }
    }
    for (refused, lines) in lacks {
        let Flaw::Lacks(whose, _) = &refused.refusal.flaw else { continue };
        let names: Vec<&str> = lines.iter().filter_map(|line| line.split(':').next()).collect();
        let what = format!("{whose} does not set {}", listed(&names));
        let help = match refused.instead {
            Some(instead) => format!("write `{instead}`"),
            None => format!("write `securityContext: {{{}}}`", lines.join(", ")),
        };
        say(pod, refused, Level::Restricted, &what, help, report);
    }
}

/// The lowest level that refuses it, where that is one that matters.
fn broken(refused: &Refused<'_>, level: Level, minor: u32) -> Option<Level> {
    let refusal = &refused.refusal;
    match level {
        Level::Privileged => None,
        Level::Baseline => refusal.baseline.contains(&minor).then_some(Level::Baseline),
        Level::Restricted if !refusal.restricted.contains(&minor) => None,
        Level::Restricted if refusal.baseline.contains(&minor) => Some(Level::Baseline),
        Level::Restricted => Some(Level::Restricted),
    }
}

fn say(pod: &Insecure<'_>, refused: &Refused<'_>, broken: Level, what: &str, help: String, report: &mut Report<'_>) {
    let name = broken.as_str();
    let (severity, message) = match pod.asked {
        Some(Asked { level, .. }) => {
            let (namespace, level) = (&pod.namespace, level.as_str());
            (Severity::Error, format!("{what}: the namespace `{namespace}` enforces `{level}` and refuses the pod"))
        }
        None if broken == Level::Restricted && !pod.is_database => return,
        None if report.has_spoken(&refused.at) => return,
        None if broken == Level::Restricted => {
            let verb = if matches!(refused.refusal.flaw, Flaw::Has(..)) { "forbids" } else { "asks for" };
            (report.severity, format!("{what}, which Pod Security `{name}` {verb}"))
        }
        None if pod.is_agent => (Severity::Warning, format!("{what}, which Pod Security `{name}` forbids")),
        None => (Severity::Error, format!("{what}, which Pod Security `{name}` forbids")),
    };
    // One setting of a chart can be that of several pods, or turn a whole container off.
    if pod.is_chart {
        let place = report.place(&refused.at).location;
        let mut own = report.findings.iter().rev().take_while(|finding| finding.rule == RULE.id).take(8);
        let is_one = |finding: &Finding| finding.message == message || refused.instead.is_some();
        if own.any(|finding| finding.location == place && is_one(finding)) {
            return;
        }
    }
    let finding = report.finding(severity, &refused.at, message, help);
    // A chart's server needs none of these; who wrote them into a manifest may have had a reason.
    if let Some(instead) = refused.instead.filter(|_| pod.is_chart) {
        finding.fix = Some(Fix::Replace(instead.to_owned()));
    }
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
