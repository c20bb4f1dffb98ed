//! Whatever stands in a file of a tree that somebody else wrote: no panic of the rules and of the diff, bounded memory
//! (`-rss_limit_mb`) and time, every finding at a line that the file has, and no difference of a tree from itself.
#![no_main]

use gitops_gen::{
    diagnostic::Location,
    diff,
    manifest::Bundle,
    policy::{self, Place, Profile, Scope},
    tree::FileTree,
    view::At,
};
use libfuzzer_sys::fuzz_target;

const FILE: &str = "values.yaml";

fuzz_target!(|bytes: &[u8]| {
    let mut tree = FileTree::new();
    tree.insert(FILE, bytes).expect("a plain path");
    let (bundle, mistakes) = Bundle::parse(&tree);
    let nowhere = |_: &At<'_>| Place { location: Location::file(FILE), path: String::new() };
    let findings = policy::check(&bundle, &Scope { profile: Profile::Production, ..Scope::default() }, &nowhere);
    let lines = String::from_utf8_lossy(bytes).replace("\r\n", "\n").split(['\n', '\r']).count() as u32;
    for finding in mistakes.iter().chain(&findings) {
        assert!(finding.location.file == FILE && finding.location.line <= lines.max(1), "{finding:?}");
        assert!(!finding.message.contains('\n'));
    }
    assert!(diff::changes(&bundle, &bundle).is_empty());
});
