use super::*;

fn refused(text: &str) -> String {
    let why = Identity::parse_age(&Plain::from(text)).err().unwrap();
    assert!(!why.contains("QQQ"), "{why}");
    why
}

#[test]
fn keys_as_age_keygen_writes_them() {
    let identity = Identity::generate();
    let line = identity.private_line().unwrap();
    let text = format!("# created: now\r\n\n{}\r\n# more\n{}", shown(&line), shown(&line));
    let read = Identity::parse_age(&Plain::from(text.as_str())).unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].recipient(), identity.recipient());
    assert!(identity.recipient().unwrap().starts_with("age1"));
    assert!(Identity::parse_age(&Plain::from("# nothing\n\n")).unwrap().is_empty());
}

#[test]
fn what_is_no_key_is_named_and_never_shown() {
    let line = Identity::generate().private_line().unwrap();
    let line = shown(&line);
    assert!(refused("# a\nAGE-SECRET-KEY-1QQQ").contains("line 2: the private key was cut"));
    assert!(refused("AGE-SECRET-KEY-PQ-1QQQ").contains("post-quantum"));
    assert!(refused("AGE-PLUGIN-YUBIKEY-1QQQ").contains("plugin"));
    assert!(refused("age-encryption.org/v1\n-> scrypt QQQ").contains("passphrase"));
    assert!(refused("-----BEGIN AGE ENCRYPTED FILE-----\nQQQ").contains("passphrase"));
    assert!(refused(&format!(" {line}")).contains("spaces"));
    assert!(refused(&format!("{line} ")).contains("cut or mistyped"));
    assert!(refused(&line.to_lowercase()).contains("no age identity"));
    assert!(refused("age1QQQ").contains("public key"));
    assert!(refused("hunter2QQQ").contains("no age identity"));
    assert!(Identity::parse_age(&Plain::new(vec![0xFF])).is_err());
}

#[test]
fn ssh_keys() {
    let key = include_str!("../../../tests/keys/test-ssh-ed25519");
    let identity = Identity::parse_ssh(&Plain::from(key)).unwrap();
    assert!(identity.recipient().is_none() && identity.private_line().is_none());
    for (text, word) in [
        ("", "no SSH private key"),
        (&key[..200], "no whole SSH private key"),
        ("-----BEGIN PRIVATE KEY-----\nQQQ\n", "PKCS#8"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nQQQQ\n-----END RSA PRIVATE KEY-----",
            "passphrase",
        ),
        (include_str!("../../../tests/keys/test-ssh-protected"), "passphrase"),
        ("ssh-ed25519 AAAA", "no SSH private key"),
    ] {
        let why = Identity::parse_ssh(&Plain::from(text)).err().unwrap();
        assert!(why.contains(word) && !why.contains("QQQ"), "{why}");
    }
}

#[test]
fn recipients_that_gen_cannot_write_to_are_named() {
    let identity = Identity::generate();
    let own = identity.recipient().unwrap();
    let ssh = include_str!("../../../tests/keys/test-ssh-ed25519.pub").trim();
    let rsa = include_str!("../../../tests/keys/test-ssh-rsa.pub").trim();
    let text = seal(stream("a: b\n"), &[&own, &own, ssh, rsa], &all(), now()).unwrap();
    assert_eq!(sealed(&text).envelope().recipients(), [own.as_str(), ssh, rsa]);
    for key in [include_str!("../../../tests/keys/test-ssh-ed25519"), include_str!("../../../tests/keys/test-ssh-rsa")]
    {
        assert_eq!(shown(&open(&text, &Identity::parse_ssh(&Plain::from(key)).unwrap()).plain()), "a: b\n");
    }
    for (recipient, word) in [
        ("age1pq1qqqq", "post-quantum"),
        ("age1yubikey1qqqq", "plugin `yubikey`"),
        (&own[..own.len() - 1], "cut or mistyped"),
        ("ssh-ed25519 AAAA", "cut or mistyped"),
        ("ssh-dss AAAA", "kind `ssh-dss`"),
        ("ecdsa-sha2-nistp256 AAAA", "kind `ecdsa-sha2-nistp256`"),
        ("FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4", "no recipient"),
        ("", "no recipient"),
    ] {
        let why = seal(stream("a: b\n"), &[&own, recipient], &all(), now()).unwrap_err();
        assert!(why.contains(word), "{recipient}: {why}");
    }
    let private = shown(&identity.private_line().unwrap()).to_owned();
    let why = seal(stream("a: b\n"), &[&private], &all(), now()).unwrap_err();
    assert!(why.contains("private key") && !why.contains(&private[20..]), "{why}");
}
