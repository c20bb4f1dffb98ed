use super::*;

const EXAMPLE: &str = include_str!("../../../environments/staging/secrets/postgres-auth.sops.yaml");
const PLAIN: &str = include_str!("written/plain.yaml");
const SHAMIR: &str = include_str!("written/shamir.yaml");

fn ssh(key: &str) -> Identity {
    Identity::parse_ssh(&Plain::from(key)).unwrap()
}

fn why(result: Result<Opened, OpenError>) -> String {
    match result {
        Ok(_) => "opened".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

#[test]
fn the_example_opens_and_closes_byte_for_byte() {
    for text in [
        EXAMPLE,
        include_str!("../../../environments/production/secrets/postgres-auth.sops.yaml"),
        include_str!("../../../environments/production/secrets/postgres-tls.sops.yaml"),
    ] {
        let opened = sealed(text).open(&example_keys()).unwrap();
        assert!(!shown(&opened.plain()).contains("ENC["));
        assert!(!shown(&opened.plain()).contains("sops:"));
        assert_eq!(opened.close(now()).unwrap(), text);
    }
}

/// Files of sops 3.13.3, all made from `written/plain.yaml`.
#[test]
fn what_sops_wrote_opens() {
    let flux = Identity::parse_age(&Plain::from(include_str!("../../../tests/keys/test-flux.agekey"))).unwrap();
    let keys: Vec<Identity> = example_keys().into_iter().chain(flux).collect();
    for text in [
        include_str!("written/encrypted_comment.yaml"),
        include_str!("written/unencrypted_comment.yaml"),
        include_str!("written/mac_only.yaml"),
        include_str!("written/all3.yaml"),
        SHAMIR,
    ] {
        let opened = sealed(text).open(&keys).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        assert_eq!(shown(&opened.plain()), PLAIN);
        assert_eq!(opened.close(now()).unwrap(), text);
    }
    for key in [include_str!("../../../tests/keys/test-ssh-ed25519"), include_str!("../../../tests/keys/test-ssh-rsa")]
    {
        let opened = open(include_str!("written/ssh.yaml"), &ssh(key));
        assert_eq!(shown(&opened.plain()), PLAIN);
    }
}

#[test]
fn an_edit_keeps_the_key_groups_and_the_kind_of_mac() {
    let flux = Identity::parse_age(&Plain::from(include_str!("../../../tests/keys/test-flux.agekey"))).unwrap();
    let keys: Vec<Identity> = example_keys().into_iter().chain(flux).collect();
    for text in [SHAMIR, include_str!("written/mac_only.yaml"), include_str!("written/encrypted_comment.yaml")] {
        let mut opened = sealed(text).open(&keys).unwrap();
        opened.stream_mut().documents[0].set(&["password"], Tree::text("new"));
        let closed = opened.close(now()).unwrap();
        let again = sealed(&closed).open(&keys).unwrap();
        assert_eq!(shown(&again.plain()), PLAIN.replace("hunter2", "new"));
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let (before, after) = (lines(text), lines(&closed));
        assert_eq!(before.len(), after.len());
        let changed: Vec<&str> = before
            .iter()
            .zip(&after)
            .filter(|(before, after)| before != after)
            .map(|(before, _)| before.trim().split(':').next().unwrap())
            .collect();
        assert_eq!(changed, ["password", "lastmodified", "mac"]);
    }
    let mut split = sealed(SHAMIR).open(&keys).unwrap();
    let recipient = keys[0].recipient().unwrap();
    assert!(split.rewrap(&[&recipient]).unwrap_err().contains("key groups"));
    assert!(split.renew_key(&[&recipient]).unwrap_err().contains("key groups"));
    assert_eq!((sealed(SHAMIR).envelope().threshold, sealed(SHAMIR).envelope().groups.len()), (2, 3));
    assert_eq!(why(sealed(SHAMIR).open(&keys[..1])), "NoIdentity");
}

#[test]
fn what_keeps_a_file_from_being_opened() {
    let keys = example_keys();
    let open = |text: &str| why(sealed(text).open(&keys));
    assert_eq!(why(sealed(EXAMPLE).open(&[Identity::generate()])), "NoIdentity");
    assert_eq!(why(sealed(EXAMPLE).open(&[])), "NoIdentity");
    let changed = |from: &str, to: &str| {
        assert!(EXAMPLE.contains(from), "{from}");
        EXAMPLE.replacen(from, to, 1)
    };
    let mac = EXAMPLE.lines().find(|line| line.starts_with("  mac: ")).unwrap();
    assert_eq!(open(&changed(mac, "  mac: \"\"")), "MacMismatch");
    assert_eq!(open(&changed(&format!("{mac}\n"), "")), "MacMismatch");
    assert_eq!(open(&changed("T19:36:13Z", "T19:36:14Z")), "MacMismatch");
    assert_eq!(open(&changed("type: Opaque", "type: other")), "MacMismatch");
    assert_eq!(open(&changed("namespace: viridial-staging", "namespace: viridial-stagin")), "MacMismatch");
    let value = EXAMPLE.lines().find(|line| line.starts_with("  password: ")).unwrap();
    assert_eq!(open(&changed(&format!("{value}\n"), "")), "MacMismatch");
    assert_eq!(open(&changed(value, "  password: \"\"")), "MacMismatch");
    assert_eq!(open(&changed(value, "  password: hunter2")), "PlainValue(\"stringData.password\")");
    assert_eq!(open(&changed(value, "  password: 5")), "PlainValue(\"stringData.password\")");
    assert_eq!(open(&changed("  password: ENC", "  passwort: ENC")), "DamagedValue(\"stringData.passwort\")");
    assert_eq!(open(&changed("AES256_GCM,data:sv", "AES256_GCM,data:sw")), "DamagedValue(\"stringData.password\")");
    assert_eq!(open(&changed(value, &format!("{value} and more"))), "DamagedValue(\"stringData.password\")");
    assert!(
        open(&changed("AES256_GCM,data:sv", "AES512_GCM,data:sv")).starts_with("Unsupported(\"stringData.password: ")
    );
    let swapped = changed("  password: ENC", "  x: ENC")
        .replace("  replication-password:", "  password:")
        .replace("  x:", "  replication-password:");
    assert_eq!(open(&swapped), "DamagedValue(\"stringData.replication-password\")");
    let ours = keys[0].recipient().unwrap();
    let second = EXAMPLE.find("    - enc").unwrap();
    let first = EXAMPLE[second + 1..].find("    - enc").unwrap() + second + 1;
    let at = if EXAMPLE[..first].contains(&ours) { second } else { first };
    let damaged = |from: &str, to: &str| format!("{}{}", &EXAMPLE[..at], EXAMPLE[at..].replacen(from, to, 1));
    let marker = "        -----END AGE ENCRYPTED FILE-----\n";
    for (from, to, word) in [
        ("YWdlLWVu", "YWdlLWV", "cut or changed"),
        ("YWdlLWVu", "YWdlLWVv", "no age file"),
        ("-----BEGIN", "----BEGIN", "does not start"),
        (marker, "", "is cut"),
        (
            "-----BEGIN AGE ENCRYPTED FILE-----\n",
            "-----BEGIN AGE ENCRYPTED FILE-----\n        AAAA\n",
            "cut or changed",
        ),
    ] {
        let found = open(&damaged(from, to));
        assert!(
            found.starts_with(&format!("DamagedKey(\"{ours}\", \"its `enc` block")) && found.contains(word),
            "{from}: {found}"
        );
    }
}

#[test]
fn a_damaged_recipient_does_not_matter_to_another() {
    let mine = Identity::generate();
    let other = Identity::generate();
    let (first, second) = (other.recipient().unwrap(), mine.recipient().unwrap());
    let text = seal(stream("a: b\n"), &[&first, &second], &all(), now()).unwrap();
    let damaged = text.replacen("-----END", "----END", 1);
    assert_eq!(shown(&open(&damaged, &mine).plain()), "a: b\n");
    // Names in the block are not authenticated: a wrong one is passed over.
    let renamed = text.replace(&second, &Identity::generate().recipient().unwrap()).replace(&first, &second);
    assert_eq!(shown(&open(&renamed, &mine).plain()), "a: b\n");
    let misled = text.replace(&second, "x").replace(&first, &second);
    let alone = misled.replacen("recipient: x", "recipient: y", 1);
    assert_eq!(shown(&open(&alone, &mine).plain()), "a: b\n");
}

#[test]
fn findings_about_the_block() {
    let text = seal_for(&Identity::generate(), "a: b\n", &all());
    let findings = |text: &str| Sealed::parse(source(text)).err().unwrap_or_default();
    let rule = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} in {text}");
        let found = findings(&text.replacen(from, to, 1));
        assert!(!found.is_empty(), "{from} -> {to}");
        (found[0].rule, found[0].message.clone())
    };
    assert_eq!(findings("a: b\n")[0].rule, "not-sealed");
    assert_eq!(findings("a: b\nsops: true\n")[0].rule, "broken-envelope");
    assert_eq!(findings("<<<<<<< a\na: b\n=======\na: c\n>>>>>>> b\n")[0].rule, "merge-conflict");
    assert_eq!(rule("    version: 3.13.3\n", "").0, "broken-envelope");
    assert_eq!(rule("version: 3.13.3", "version: 3.13").0, "broken-envelope");
    assert_eq!(rule("version: 3.13.3", "version: 4.0.0").0, "newer-format");
    assert_eq!(rule("lastmodified: \"2", "lastmodified: \"x").0, "broken-envelope");
    assert_eq!(rule("unencrypted_suffix: _unencrypted", "encrypted_regex: (").0, "broken-envelope");
    assert!(rule("    version", "    encrypted_regex: x\n    version").1.contains("several selectors"));
    assert_eq!(rule("    version", "    mac_only_encrypted: 5\n    version").0, "broken-envelope");
    let none = "a: b\nsops:\n    lastmodified: \"2026-01-02T03:04:05Z\"\n    version: 3.13.3\n";
    assert_eq!(findings(none)[0].rule, "no-recipients");
    let found = findings(&format!("{none}    pgp:\n        - fp: A\n          enc: B\n"));
    assert_eq!(found[0].rule, "unsupported-recipient");
    assert!(found[0].message.contains("`pgp`"));
    let found = findings(&format!("{none}    age:\n        - recipient: age1pq1xyz\n          enc: B\n"));
    assert!(found[0].message.contains("post-quantum"), "{}", found[0].message);
    let found = findings(&format!("{none}    age:\n        - recipient: age1yubikey1qwe\n          enc: B\n"));
    assert!(found[0].message.contains("plugin `yubikey`"), "{}", found[0].message);
    let all_at_once = findings("sops:\n    version: x\n    mac_only_encrypted: 1\n");
    assert!(all_at_once.len() == 4 && all_at_once.iter().all(|finding| !finding.help.is_empty()), "{all_at_once:?}");
}

#[test]
fn older_writers() {
    let identity = Identity::generate();
    let text = seal_for(&identity, "a: b\nc_unencrypted: 2\n", &all());
    // Unquoted, with a fraction and an offset that is none: what the MAC is bound to stays the same.
    let unquoted = text.replace("\"2026-01-02T03:04:05Z\"", "2026-01-02T03:04:05.25+00:00");
    assert_eq!(shown(&open(&unquoted, &identity).plain()), "a: b\nc_unencrypted: 2\n");
    // No selector at all means the usual suffix; empty lists of other services are kept.
    let old =
        text.replace("    unencrypted_suffix: _unencrypted\n", "    kms: []\n    pgp: []\n").replace("3.13.3", "3.9.4");
    let mut opened = open(&old, &identity);
    assert!(opened.envelope().other_services.is_empty());
    opened.stream_mut().documents[0].set(&["a"], Tree::text("new"));
    let closed = opened.close(now()).unwrap();
    assert!(closed.contains("    kms: []\n") && closed.contains("version: 3.13.3"), "{closed}");
    assert_eq!(shown(&open(&closed, &identity).plain()), "a: new\nc_unencrypted: 2\n");
}

#[test]
fn work_is_bounded() {
    let text = seal_for(&Identity::generate(), "a: b\n", &all());
    let heavy = text.replace("unencrypted_suffix: _unencrypted", "encrypted_regex: '(a?b?c?d?e?f?g?){100}z'");
    let long = |size: usize| format!("? {}\n: x\n{heavy}", "abcdefg".repeat(size));
    assert!(Sealed::parse(source(&long(10))).is_ok());
    let findings = Sealed::parse(source(&long(100_000))).err().unwrap();
    assert!(findings[0].message.contains("too large"), "{}", findings[0].message);
    let holder = "        - recipient: age1x\n          enc: x\n".repeat(501);
    let many = text.replacen("    age:\n", &format!("    age:\n{holder}"), 1);
    assert!(Sealed::parse(source(&many)).err().unwrap()[0].message.contains("500"));
}
