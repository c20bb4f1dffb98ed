use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Identity, OpenError, Opened, Sealed, Selector, SelectorKind, seal};
use crate::plain::Plain;
use crate::yaml::typed::{Leaf, Stream, Tree, read};
use crate::yaml::{FileId, Source};

mod closing;
mod identities;
mod opening;
mod properties;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_767_323_045)
}

fn source(text: &str) -> Source<'_> {
    Source { id: FileId(0), name: "x.sops.yaml", bytes: text.as_bytes() }
}

fn stream(text: &str) -> Stream {
    read(source(text)).unwrap_or_else(|findings| panic!("{findings:?}\n{text}"))
}

fn sealed(text: &str) -> Sealed {
    Sealed::parse(source(text)).unwrap_or_else(|findings| panic!("{findings:?}\n{text}"))
}

fn open(text: &str, identity: &Identity) -> Opened {
    sealed(text).open(std::slice::from_ref(identity)).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

fn shown(plain: &Plain) -> &str {
    plain.expose_text().unwrap()
}

/// A selector that seals all.
fn all() -> Selector {
    Selector::new(SelectorKind::UnencryptedSuffix, "_unencrypted").unwrap()
}

fn seal_for(identity: &Identity, text: &str, selector: &Selector) -> String {
    seal(stream(text), &[&identity.recipient().unwrap()], selector, now()).unwrap()
}

/// The test keys of the example.
fn example_keys() -> Vec<Identity> {
    let text = include_str!("../../tests/keys/test-platform.agekey");
    Identity::parse_age(&Plain::from(text)).unwrap()
}
