//! Registries and the paths inside them.

use std::net::Ipv6Addr;

text_type! {
    /// A registry that stands in for another: `host[:port][/prefix]`, the host with a dot, a port or `localhost`.
    RegistryHost, "registry-host", registry_host
}

fn registry_host(text: &str) -> Result<(), String> {
    super::length(text, 255)?;
    if text.contains("://") {
        return Err("must not start with a protocol: write `host[:port][/prefix]`".to_owned());
    }
    let (name, prefix) = match text.split_once('/') {
        Some((name, prefix)) => (name, Some(prefix)),
        None => (text, None),
    };
    host(name)?;
    if !is_host(name) {
        return Err("must hold a dot or a port, or it would be read as a folder of Docker Hub".to_owned());
    }
    prefix.map_or(Ok(()), repository_path)
}

/// Whether the first part of an image's path is a host and no folder of Docker Hub, as docker tells them apart.
pub(super) fn is_host(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost" || part.contains(|c: char| c.is_ascii_uppercase())
}

/// Judges `host[:port]`; IPv6 addresses stand between brackets.
pub(super) fn host(text: &str) -> Result<(), String> {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (text, None),
    };
    if let Some(port) = port {
        let number = port.parse::<u16>().is_ok_and(|port| port > 0) && port.bytes().all(|b| b.is_ascii_digit());
        if !number {
            return Err("the port must be a number from 1 to 65535".to_owned());
        }
    }
    match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(address) => match address.parse::<Ipv6Addr>() {
            Ok(_) => Ok(()),
            Err(_) => Err("is no IPv6 address between its brackets".to_owned()),
        },
        None => super::name::dns_name(name),
    }
}

/// Judges the path of a repository inside its registry.
pub(super) fn repository_path(text: &str) -> Result<(), String> {
    super::length(text, 255)?;
    if let Some(c) = text.chars().find(|c| c.is_ascii_uppercase()) {
        return Err(format!("`{c}` must be lower case"));
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '/');
    super::only(text, allowed, "lower-case letters, digits, `.`, `_`, `-` and `/`")?;
    match text.split('/').all(is_component) {
        true => Ok(()),
        false => {
            Err("each part must start and end with a letter or digit, with `.`, `_`, `__` or dashes between".to_owned())
        }
    }
}

/// Runs of letters and digits, joined by one dot, one or two underscores or any number of dashes.
fn is_component(part: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separator = |run: &str| matches!(run, "" | "." | "_" | "__") || run.bytes().all(|byte| byte == b'-');
    part.starts_with(alphanumeric) && part.ends_with(alphanumeric) && part.split(alphanumeric).all(separator)
}

#[cfg(test)]
mod tests {
    use super::RegistryHost;

    #[test]
    fn registries() {
        for good in ["ghcr.io", "localhost", "r:5000", "a.b/c/d", "[::1]:5000"] {
            assert!(RegistryHost::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "registry", "http://x.io", "x.io/", "x.io/A", "x.io:", "x.io:1/ ", "user@x.io", "X.io"] {
            assert!(RegistryHost::parse(bad).is_err(), "{bad}");
        }
    }
}
