//! Container images and what pins them. The grammar is that of github.com/distribution/reference.

use super::registry::{RegistryHost, host, is_host, repository_path};

/// Where images without a registry come from.
const DOCKER_HUB: &str = "docker.io";

text_type! {
    /// The digest of an OCI manifest: `sha256:` and 64 lower-case hexadecimal digits.
    OciDigest, "oci-digest", oci_digest
}

/// An image with its tag, its digest or both, spelled out in full: `nginx:1` is read as `docker.io/library/nginx:1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageRef {
    text: String,
    registry_end: usize,
    repository_end: usize,
    tag_end: usize,
}

impl ImageRef {
    /// Reads the text.
    ///
    /// # Errors
    /// The reason why it is none, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        super::length(text, 512)?;
        if text.contains("://") {
            return Err("must not start with a protocol: write `registry/repository:tag`".to_owned());
        }
        let (named, digest) = match text.split_once('@') {
            Some((named, digest)) => (named, Some(digest)),
            None => (text, None),
        };
        let (path, tag) = match named.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
            _ => (named, None),
        };
        if tag.is_none() && digest.is_none() {
            return Err("has neither a tag nor a digest, so that it would mean another image every day".to_owned());
        }
        let (registry, repository) = normal(path);
        host(registry).map_err(|reason| format!("registry: {reason}"))?;
        repository_path(&repository).map_err(|reason| format!("repository: {reason}"))?;
        tag.map_or(Ok(()), tag_name).map_err(|reason| format!("tag: {reason}"))?;
        digest.map_or(Ok(()), oci_digest).map_err(|reason| format!("digest: {reason}"))?;
        Ok(ImageRef::of(registry, &repository, tag, digest))
    }

    fn of(registry: &str, repository: &str, tag: Option<&str>, digest: Option<&str>) -> Self {
        let mut text = format!("{registry}/{repository}");
        let repository_end = text.len();
        for (mark, part) in [(':', tag), ('@', digest)] {
            if let Some(part) = part {
                text.push(mark);
                text.push_str(part);
            }
        }
        let tag_end = repository_end + tag.map_or(0, |tag| tag.len() + 1);
        ImageRef { registry_end: registry.len(), repository_end, tag_end, text }
    }

    /// The whole reference, spelled out in full.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The registry's host, with its port: `docker.io`.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.text[..self.registry_end]
    }

    /// The path inside the registry: `bitnamilegacy/postgresql`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.text[self.registry_end + 1..self.repository_end]
    }

    /// The tag, where there is one.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.text.get(self.repository_end + 1..self.tag_end)
    }

    /// The digest (`sha256:...`), where there is one.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.text.get(self.tag_end + 1..)
    }

    /// The same image behind a mirror: the registry's host gives way to the mirror, its prefix comes before the repository.
    #[must_use]
    pub fn with_registry(&self, mirror: &RegistryHost) -> Self {
        let (host, prefix) = match mirror.as_str().split_once('/') {
            Some((host, prefix)) => (host, format!("{prefix}/")),
            None => (mirror.as_str(), String::new()),
        };
        ImageRef::of(host, &format!("{prefix}{}", self.repository()), self.tag(), self.digest())
    }
}

text_traits!(ImageRef, "image");

/// Splits off the registry as docker does: a first part without a dot, a colon or `localhost` is no host.
fn normal(path: &str) -> (&str, String) {
    let (registry, repository) = match path.split_once('/') {
        Some((head, rest)) if is_host(head) => (head, rest),
        _ => (DOCKER_HUB, path),
    };
    let registry = if registry == "index.docker.io" { DOCKER_HUB } else { registry };
    match registry == DOCKER_HUB && !repository.contains('/') {
        true => (registry, format!("library/{repository}")),
        false => (registry, repository.to_owned()),
    }
}

fn tag_name(text: &str) -> Result<(), String> {
    super::length(text, 128)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    super::only(text, allowed, "letters, digits, `.`, `_` and `-`")?;
    match text.starts_with(['.', '-']) {
        true => Err("must start with a letter, a digit or `_`".to_owned()),
        false => Ok(()),
    }
}

fn oci_digest(text: &str) -> Result<(), String> {
    let hex = text.strip_prefix("sha256:").ok_or("must start with `sha256:`")?;
    let lower_hex = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    match hex.len() == 64 && hex.bytes().all(lower_hex) {
        true => Ok(()),
        false => Err("must be `sha256:` and 64 lower-case hexadecimal digits".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{ImageRef, OciDigest, RegistryHost};
    use proptest::prelude::{any, prop_assert_eq, proptest};

    fn digest() -> String {
        format!("sha256:{}", "0a".repeat(32))
    }

    #[test]
    fn parts() {
        let image = ImageRef::parse("docker.io/bitnamilegacy/postgresql:17.6.0-debian-12-r4").unwrap();
        assert_eq!((image.registry(), image.repository()), ("docker.io", "bitnamilegacy/postgresql"));
        assert_eq!((image.tag(), image.digest()), (Some("17.6.0-debian-12-r4"), None));
        let image = ImageRef::parse(&format!("localhost:5000/a/b__c@{}", digest())).unwrap();
        assert_eq!((image.registry(), image.repository()), ("localhost:5000", "a/b__c"));
        assert_eq!((image.tag(), image.digest()), (None, Some(digest().as_str())));
        let image = ImageRef::parse(&format!("ghcr.io/x/y:1@{}", digest())).unwrap();
        assert_eq!((image.tag(), image.digest()), (Some("1"), Some(digest().as_str())));
    }

    #[test]
    fn docker_hub_is_spelled_out() {
        for (short, full) in [
            ("nginx:1", "docker.io/library/nginx:1"),
            ("bitnami/os-shell:12", "docker.io/bitnami/os-shell:12"),
            ("index.docker.io/nginx:1", "docker.io/library/nginx:1"),
            ("docker.io/nginx:1", "docker.io/library/nginx:1"),
            ("localhost/nginx:1", "localhost/nginx:1"),
            ("r:5000/nginx:1", "r:5000/nginx:1"),
            ("[::1]:5000/nginx:1", "[::1]:5000/nginx:1"),
        ] {
            assert_eq!(ImageRef::parse(short).unwrap().as_str(), full);
        }
    }

    #[test]
    fn a_mirror_takes_the_hosts_place() {
        let image = ImageRef::parse(&format!("nginx:1@{}", digest())).unwrap();
        for (mirror, expected) in [
            ("registry.viridial.example", "registry.viridial.example/library/nginx"),
            ("10.0.0.1:5000/hub", "10.0.0.1:5000/hub/library/nginx"),
        ] {
            let mirrored = image.with_registry(&RegistryHost::parse(mirror).unwrap());
            assert_eq!(mirrored.as_str(), format!("{expected}:1@{}", digest()));
            assert_eq!(ImageRef::parse(mirrored.as_str()).unwrap(), mirrored);
        }
    }

    #[test]
    fn bad_images() {
        for (text, word) in [
            ("", "empty"),
            ("nginx", "neither a tag nor a digest"),
            ("localhost:5000/nginx", "neither"),
            ("https://docker.io/nginx:1", "protocol"),
            ("docker.io/Nginx:1", "`N`"),
            ("nginx:", "tag: must not be empty"),
            ("nginx:-1", "tag:"),
            ("nginx:a b", "a space"),
            ("nginx@sha256:abc", "digest:"),
            ("nginx@md5:abc", "`sha256:`"),
            ("a//b:1", "repository:"),
            ("a/:1", "repository:"),
            (":1", "repository:"),
            ("a._b:1", "repository:"),
            ("a___b:1", "repository:"),
            ("x.io:0/a:1", "registry: the port"),
            ("x.io:99999/a:1", "registry: the port"),
            ("-x.io/a:1", "registry:"),
            ("[::z]:5/a:1", "registry:"),
            ("nginx:1\n", "line break"),
        ] {
            let reason = ImageRef::parse(text).unwrap_err();
            assert!(reason.contains(word), "{text}: {reason}");
        }
    }

    #[test]
    fn digests() {
        assert!(OciDigest::parse(&digest()).is_ok());
        for bad in ["", "sha256:", &digest().to_uppercase(), &digest()[..70], &format!("{}0", digest())] {
            assert!(OciDigest::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn reading_again_changes_nothing(text in "[a-c.:/@-]{1,20}:[a-c1.]{1,5}", any in any::<String>()) {
            for text in [text, any] {
                if let Ok(image) = ImageRef::parse(&text) {
                    prop_assert_eq!(ImageRef::parse(image.as_str()), Ok(image));
                }
            }
        }
    }
}
