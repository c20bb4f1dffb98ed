//! What sops 3.13.3 was seen to write, and where its own output could not be read.

use super::{parse, shown, write};
use crate::yaml::typed::{Stream, Tree};

/// A text that comes out as it went in.
#[track_caller]
fn stays(text: &str) {
    let stream = parse(text.as_bytes()).unwrap_or_else(|findings| panic!("{findings:?}"));
    assert_eq!(write(&stream).expose_text(), Some(text));
}

#[test]
fn a_file_of_sops_stays_as_it_is() {
    stays(concat!(
        "# head\napiVersion: v1\nkind: Secret # inline\nmetadata:\n    name: x\n    # in meta\n    annotations:\n        note: 'a: b'\n",
        "        \"y\": \"true\"\n        script: | # behind\n            one\n              two\n\n            three\n    items:\n",
        "        - 1\n        # between\n        - a: 1.5\n          b: |-\n            c\n            d\n        - - {}\n          - []\n          - null\n",
        "# like this\nstringData:\n    #ENC[AES256_GCM,data:aaaa,iv:bbbb,tag:cccc,type:comment]\n",
        "    a: ENC[AES256_GCM,data:aaaa,iv:bbbb,tag:cccc,type:str] #ENC[AES256_GCM,data:aaaa,iv:bbbb,tag:cccc,type:comment]\n    # tail\n",
        "sops:\n    age:\n        - enc: |\n            -----BEGIN AGE ENCRYPTED FILE-----\n            YWdl\n            -----END AGE ENCRYPTED FILE-----\n",
        "          recipient: age1xyz\n    encrypted_regex: ^(data|stringData)$\n    lastmodified: \"2026-01-02T03:04:05Z\"\n    version: 3.13.3\n",
        "---\nb: 1e+21\nc: !!binary gIGC\nd: 2001-02-03T04:05:06.7+02:00\ne: -2.5e-07\n# end\n",
    ));
    stays("a:\n  - b: |\n      c\n    d:\n      - e\n  - - f: 1\n    - g\n");
}

#[test]
fn what_sops_writes_unreadably_is_quoted() {
    let text = |text: &str| write(&Stream::of(Tree::map([("a", Tree::text(text))]))).expose_text().map(str::to_owned);
    assert_eq!(text("  lead\nx").as_deref(), Some("a: \"  lead\\nx\"\n"));
    assert_eq!(text("\n a").as_deref(), Some("a: \"\\n a\"\n"));
    assert_eq!(text("a\rb\0").as_deref(), Some("a: \"a\\rb\\0\"\n"));
    assert_eq!(text("it's: so").as_deref(), Some("a: 'it''s: so'\n"));
    assert_eq!(text("0x1F").as_deref(), Some("a: \"0x1F\"\n"));
    assert_eq!(text("").as_deref(), Some("a: \"\"\n"));
}

#[test]
fn paths_of_keys() {
    let mut tree = Tree::map([("kind", Tree::text("Secret"))]);
    tree.set(&["stringData", "a"], Tree::text("1"));
    tree.set(&["stringData", "b"], Tree::text("2"));
    tree.set(&["stringData", "a"], Tree::text("3"));
    assert!(tree.get(&["stringData", "c"]).is_none() && tree.get(&["kind", "c"]).is_none());
    assert_eq!(tree.get(&["stringData", "a"]).and_then(Tree::as_text).and_then(|text| text.expose_text()), Some("3"));
    let mut seen = Vec::new();
    tree.walk(&mut |path, _| seen.push(path.join(".")));
    assert_eq!(seen, ["kind", "stringData.a", "stringData.b"]);
    assert!(tree.remove(&["stringData", "a"]).is_some() && tree.remove(&["stringData", "a"]).is_none());
    let mut commented = parse(b"a:\n  b: 1\n  # tail\n").unwrap_or_else(|findings| panic!("{findings:?}"));
    commented.documents[0].set(&["a", "c"], Tree::text("x"));
    assert_eq!(shown(&commented).trim_end(), r#"{k"a":{k"b":i1 k"c":s"x" #" tail" }}"#);
}
