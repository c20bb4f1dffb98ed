//! Whatever stands in a sealed file: no panic, bounded memory (`-rss_limit_mb`) and time, every finding at a line that the file
//! has and without a word of it, and nothing that was not sealed for a key opens with it.
#![no_main]

use std::{sync::LazyLock, time::UNIX_EPOCH};

use gitops_gen::{
    diagnostic::Finding,
    plain::Plain,
    sops::{Identity, Sealed, inspect},
    yaml::{FileId, Source},
};
use libfuzzer_sys::fuzz_target;

const NAME: &str = "x.sops.yaml";

static IDENTITIES: LazyLock<Vec<Identity>> = LazyLock::new(|| {
    let keys = include_str!("../../tests/keys/test-platform.agekey");
    let ssh = include_str!("../../tests/keys/test-ssh-ed25519");
    let mut identities = Identity::parse_age(&Plain::from(keys)).expect("a test key");
    identities.extend(Identity::parse_ssh(&Plain::from(ssh)));
    identities
});

fuzz_target!(|bytes: &[u8]| {
    match inspect(NAME, FileId(0), bytes) {
        Ok(secret) => check(&secret.warnings, bytes),
        Err(findings) => check(&findings, bytes),
    }
    match Sealed::parse(Source { id: FileId(0), name: NAME, bytes }) {
        Err(findings) => {
            assert!(!findings.is_empty());
            check(&findings, bytes);
        }
        Ok(sealed) => {
            let _ = sealed.masked("***");
            if let Ok(mut opened) = sealed.open(&IDENTITIES) {
                let recipients: Vec<String> = IDENTITIES.iter().filter_map(Identity::recipient).collect();
                let _ = opened.rewrap(&recipients.iter().map(String::as_str).collect::<Vec<_>>());
                let _ = opened.close(UNIX_EPOCH);
            }
        }
    }
    let text = Plain::new(bytes.to_vec());
    let _ = Identity::parse_age(&text);
    let _ = Identity::parse_ssh(&text);
});

fn check(findings: &[Finding], bytes: &[u8]) {
    let lines = String::from_utf8_lossy(bytes).replace("\r\n", "\n").split(['\n', '\r']).count() as u32;
    for finding in findings {
        assert!(finding.location.file == NAME && finding.location.line <= lines.max(1), "{finding:?}");
        assert!(!finding.message.contains('\n') && !finding.help.contains('\n'));
    }
}
