//! Whatever the bytes: no panic, bounded memory (`-rss_limit_mb`), exact marks, and what was read survives being written.
#![no_main]

use gitops_gen::yaml::{Dialect, FileId, Node, Source, emit, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for dialect in [Dialect::Input, Dialect::Manifest] {
        match parse(Source { id: FileId(0), name: "fuzz.yaml", bytes }, dialect) {
            Ok(documents) => documents.iter().for_each(|document| check(bytes, document)),
            Err(findings) => {
                assert!(!findings.is_empty());
                for finding in &findings {
                    assert!(finding.location.line > 0 && finding.location.column > 0);
                    assert!(!finding.help.is_empty() && !finding.message.contains('\n'));
                }
            }
        }
    }
});

fn check(bytes: &[u8], document: &Node) {
    check_marks(std::str::from_utf8(bytes).expect("only text is read"), document);
    let value = document.to_json();
    let text = emit(&value);
    let again = parse(Source { id: FileId(0), name: "emitted.yaml", bytes: text.as_bytes() }, Dialect::Manifest);
    let again: Vec<_> = again.expect("what is emitted is read").iter().map(Node::to_json).collect();
    assert_eq!(again, if value.is_null() { vec![] } else { vec![value] }, "{text}");
}

fn check_marks(text: &str, node: &Node) {
    let mark = node.mark;
    assert!(mark.slice(text).is_some() && mark.line > 0 && mark.column > 0);
    for item in node.as_sequence().unwrap_or_default() {
        check_marks(text, item);
    }
    for entry in node.as_mapping().unwrap_or_default() {
        assert!(entry.key_mark.slice(text).is_some());
        check_marks(text, &entry.node);
    }
}
