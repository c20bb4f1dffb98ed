//! A Compose service that may do what the machine's root may.

use super::{Check, Report, Rule};
use crate::{
    diagnostic::{Fix, Severity},
    view::{Access, View},
};

pub(super) const RULE: Rule = Rule {
    id: "compose-host-access",
    severity: Severity::Warning,
    production: Severity::Error,
    summary: "A service of a Compose file can take over the machine that it runs on.",
    rationale: "Who holds Docker's socket starts a container with the whole disk in it, read-only mount or not; a privileged \
                container loads kernel modules. A hole in such a service is a hole in every other one on the machine, its \
                database first.",
    remedy: "Leave it out. Where a proxy or a monitor must read from Docker, put a socket proxy in between that passes on \
             only the requests that it needs.",
    bad: "services:\n  proxy:\n    image: docker.io/library/traefik:v3.5.3\n    volumes: [\"/var/run/docker.sock:/var/run/docker.sock:ro\"]\n",
    good: "services:\n  proxy:\n    image: docker.io/library/traefik:v3.5.3\n    environment: {DOCKER_HOST: \"tcp://socket-proxy:2375\"}\n",
    hides_lines: false,
    is_opinion: false,
    elsewhere: &[
        "KICS Docker Socket Mounted In Container, Privileged Containers Enabled, Shared Host Network Namespace",
        "Checkov CKV_K8S_27",
        "Polaris hostNetworkSet, runAsPrivileged",
    ],
    check: Check::Tree(check),
};

fn check(view: &View<'_>, report: &mut Report<'_>) {
    for found in &view.host_access {
        let (message, help, fix) = match &found.access {
            Access::DockerSocket => (
                "who holds this socket is root on the machine, also where it is mounted read-only".to_owned(),
                "leave it out, or put a socket proxy in between",
                None,
            ),
            Access::Privileged => (
                "a privileged container may do what the machine's root may".to_owned(),
                "leave it out, and add the one capability that is needed (`cap_add`)",
                Some(Fix::Remove),
            ),
            Access::Shared(of) => {
                (format!("this service has the machine's own {of} before it"), "leave it out", Some(Fix::Remove))
            }
            Access::Capability(name) => {
                (format!("`{name}` is as good as root on the machine"), "add only what the program needs", None)
            }
            Access::System(folder) => {
                (format!("`{folder}` holds the machine's system"), "mount the one folder that is needed", None)
            }
        };
        report.violation(&found.at, message, help).fix = fix;
    }
}
