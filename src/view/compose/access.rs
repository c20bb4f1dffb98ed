//! What Compose services may do to the machine that they run on.

use super::Composed;
use crate::view::{At, Spot};

/// A way for a service to the machine that it runs on.
pub struct HostAccess<'a> {
    /// Where it is given.
    pub at: At<'a>,
    /// The way.
    pub access: Access,
}

/// The ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Docker's own socket.
    DockerSocket,
    /// Everything that the machine's root may do.
    Privileged,
    /// Something of the machine's own, such as its processes, by its key.
    Shared(&'static str),
    /// A capability that is as good as root.
    Capability(String),
    /// A folder of the machine that holds its system.
    System(String),
}

/// Capabilities by which a container takes its machine over.
const CAPABILITIES: &[&str] = &["ALL", "BPF", "DAC_READ_SEARCH", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO"];

pub(in crate::view) fn find<'a>(services: &[Composed<'a, '_>]) -> Vec<HostAccess<'a>> {
    services.iter().flat_map(of_service).collect()
}

fn of_service<'a>(service: &Composed<'a, '_>) -> Vec<HostAccess<'a>> {
    let spot = &service.spot;
    let mut found = Vec::new();
    let mut add = |spot: &Spot<'a, '_>, access: Access| found.push(HostAccess { at: spot.at(), access });
    if let Some(flag) = spot.get(&["privileged"]).filter(|flag| flag.value == true) {
        add(&flag, Access::Privileged);
    }
    for (key, of) in [("pid", "processes"), ("ipc", "shared memory"), ("userns_mode", "users")] {
        if let Some(mode) = spot.get(&[key]).filter(|mode| mode.value == "host") {
            add(&mode, Access::Shared(of));
        }
    }
    // A database on the machine's network is reached there, which another rule says.
    if let Some(mode) = spot.get(&["network_mode"]).filter(|mode| mode.value == "host" && service.product().is_none()) {
        add(&mode, Access::Shared("network"));
    }
    for capability in spot.items(&["cap_add"]) {
        let name = capability.value.as_str().unwrap_or_default().trim_start_matches("CAP_").to_ascii_uppercase();
        if CAPABILITIES.contains(&name.as_str()) {
            add(&capability, Access::Capability(name));
        }
    }
    for volume in spot.items(&["volumes"]) {
        let source = match volume.value.as_str() {
            Some(text) => text.split(':').next().filter(|_| text.contains(':')),
            None => volume.text(&["source"]).filter(|_| volume.text(&["type"]) == Some("bind")),
        };
        let source = source.map(|source| if source == "/" { source } else { source.trim_end_matches('/') });
        match source {
            Some(source) if source.ends_with("/docker.sock") || source.ends_with("/containerd.sock") => {
                add(&volume, Access::DockerSocket);
            }
            Some(source) if matches!(source, "/" | "/etc" | "/root" | "/boot" | "/dev" | "/var/lib/docker") => {
                add(&volume, Access::System(source.to_owned()));
            }
            _ => {}
        }
    }
    found
}
