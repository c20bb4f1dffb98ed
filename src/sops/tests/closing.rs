use super::*;

#[test]
fn what_cannot_be_sealed() {
    let recipient = Identity::generate().recipient().unwrap();
    let why = |text: &str, selector: &Selector| seal(stream(text), &[&recipient], selector, now()).unwrap_err();
    assert!(why("a: b\nsops: c\n", &all()).contains("`sops`"));
    assert!(why("a: b\n---\nsops: c\n", &all()).contains("`sops`"));
    assert!(why("a: b\n", &Selector::of_secrets()).contains("covers no value"));
    assert!(why("data: {a: \"\", b: null, c: {}}\n", &Selector::of_secrets()).contains("covers no value"));
    let comments = Selector::new(SelectorKind::EncryptedCommentRegex, "x").unwrap();
    assert!(why("# x\na: b\n", &comments).contains("comment"));
    assert!(seal(stream("a: b\n"), &[], &all(), now()).unwrap_err().contains("no recipient"));
    assert!(seal(Stream::of(Tree::text("x")), &[&recipient], &all(), now()).is_err());
}

#[test]
fn other_recipients_under_the_same_key() {
    let (old, new) = (Identity::generate(), Identity::generate());
    let text = seal_for(&old, "# c\na: b\nb: {c: 1}\n", &all());
    let mut opened = open(&text, &old);
    let (first, second) = (old.recipient().unwrap(), new.recipient().unwrap());
    opened.rewrap(&[&first, &second]).unwrap();
    assert_eq!(opened.envelope().recipients(), [first.as_str(), second.as_str()]);
    let wrapped = opened.close(SystemTime::now()).unwrap();
    let kept: Vec<&str> = text.lines().filter(|line| line.contains("ENC[") || line.contains("lastmodified")).collect();
    assert_eq!(kept.len(), 5);
    assert!(kept.iter().all(|line| wrapped.contains(line)));
    assert_eq!(shown(&open(&wrapped, &new).plain()), shown(&open(&wrapped, &old).plain()));
    assert!(open(&wrapped, &old).rewrap(&[]).is_err());
    assert!(open(&wrapped, &old).rewrap(&["x"]).is_err());
}

#[test]
fn a_new_key_leaves_nothing_of_the_old_one() {
    let (old, new) = (Identity::generate(), Identity::generate());
    let text = seal_for(&old, "# c\na: b\nb: [1, 1]\n", &all());
    let mut opened = open(&text, &old);
    opened.renew_key(&[&new.recipient().unwrap()]).unwrap();
    let renewed = opened.close(SystemTime::now()).unwrap();
    assert!(text.lines().filter(|line| line.contains("ENC[")).all(|line| !renewed.contains(line.trim())));
    assert!(matches!(sealed(&renewed).open(std::slice::from_ref(&old)), Err(OpenError::NoIdentity)));
    assert_eq!(shown(&open(&renewed, &new).plain()), shown(&open(&text, &old).plain()));
}

#[test]
fn other_services_are_kept_and_have_no_new_key() {
    let identity = Identity::generate();
    let pgp = "    pgp:\n        - created_at: \"2026-01-01T00:00:00Z\"\n          enc: |-\n            -----BEGIN PGP MESSAGE-----\n\n            x\n            -----END PGP MESSAGE-----\n          fp: ABC\n    future: {a: [1]}\n";
    let text = seal_for(&identity, "a: b\n", &all())
        .replace("    unencrypted_suffix", &format!("{pgp}    unencrypted_suffix"));
    let mut opened = open(&text, &identity);
    let recipient = identity.recipient().unwrap();
    assert_eq!(opened.envelope().other_services, ["pgp"]);
    assert!(opened.renew_key(&[&recipient]).unwrap_err().contains("`pgp`"));
    opened.rewrap(&[&recipient]).unwrap();
    opened.stream_mut().documents[0].set(&["a"], Tree::text("c"));
    let closed = opened.close(now()).unwrap();
    let block = |text: &str| {
        stream(text).documents[0].get(&["sops", "pgp"]).cloned().map(|tree| Stream::of(Tree::map([("x", tree)])))
    };
    let shown = |stream: Stream| crate::yaml::typed::write(&stream).expose_text().unwrap().to_owned();
    assert_eq!(shown(block(&closed).unwrap()), shown(block(&text).unwrap()));
    assert!(closed.contains("future:"));
}

#[test]
fn other_services_of_one_group_are_kept_too() {
    let identity = Identity::generate();
    let text = seal_for(&identity, "a: b\n", &all());
    let (before, block) = text.split_once("    age:\n").unwrap();
    let (age, rest) = block.split_once("    lastmodified").unwrap();
    let group = "    key_groups:\n        - pgp:\n            - {created_at: x, enc: y, fp: ABC}\n          age:\n";
    let age: String = age.lines().map(|line| format!("    {line}\n")).collect();
    let mut opened = open(&format!("{before}{group}{age}    lastmodified{rest}"), &identity);
    opened.rewrap(&[&identity.recipient().unwrap()]).unwrap();
    let closed = opened.close(now()).unwrap();
    assert!(closed.contains("fp: ABC") && !closed.contains("key_groups"), "{closed}");
    assert_eq!(open(&closed, &identity).envelope().other_services, ["pgp"]);
}

#[test]
fn the_mask_hides_what_is_sealed_and_what_should_be() {
    let identity = Identity::generate();
    let text = seal_for(
        &identity,
        "# above\na: hunter2 # behind\nlist:\n    # in\n    - 1\ne: \"\"\nn: null\nc_unencrypted: seen # too\n",
        &all(),
    );
    let masked = sealed(&text).masked("(sealed)");
    let seen = "# (sealed)\na: (sealed) # (sealed)\nlist:\n    # (sealed)\n    - (sealed)\ne: \"\"\n\"n\": null\n";
    assert!(masked.starts_with(seen), "{masked}");
    assert!(masked.contains("c_unencrypted: seen") && !masked.contains("sops") && !masked.contains("ENC["), "{masked}");
    let a = text.lines().find(|line| line.starts_with("a: ")).unwrap();
    assert!(!sealed(&text.replace(a, "a: hunter2")).masked("x").contains("hunter2"));
    assert!(!sealed(&text.replace(a, "a: 12345")).masked("x").contains("12345"));
}

#[test]
fn all_documents_carry_the_block() {
    let identity = Identity::generate();
    let text = seal_for(&identity, "a: 1\n---\nb: 2\n", &all());
    assert_eq!(text.matches("\nsops:\n").count(), 2);
    assert_eq!(shown(&open(&text, &identity).plain()), "a: 1\n---\nb: 2\n");
    let (first, second) = text.split_once("\n---\n").unwrap();
    let swapped = format!("{second}---\n{first}\n");
    assert!(matches!(sealed(&swapped).open(&[identity]), Err(OpenError::MacMismatch)));
}

/// From a document of sops' own Go test suite: numbers, a boolean and a text, none of them sealed.
#[test]
fn the_mac_is_the_hash_of_the_values() {
    use sha2::{Digest as _, Sha512};
    let identity = Identity::generate();
    let text = seal_for(&identity, "a: 0x1F\nb: 1.10\nc: true\nd: [x, null, \"\"]\ne: 2026-01-02\nf: .inf\n", &all());
    let cipher_text = "311.1Truex2026-01-02T00:00:00Z+Inf";
    let wanted: String = Sha512::digest(cipher_text).iter().map(|byte| format!("{byte:02X}")).collect();
    let mut mac = crate::sops::mac::Mac::new(false);
    open(&text, &identity).stream().documents[0].walk(&mut |_, leaf| {
        if let Some((_, bytes)) = crate::sops::value::bytes(leaf) {
            mac.add(&bytes, true);
        }
    });
    assert_eq!(mac.finish(), wanted);
}
