//! What else stands in the files that people have: other key services, spellings of older and newer versions, keys of other kinds.

use std::{process::Command, time::SystemTime};

use gitops_gen::{
    sops::{OpenError, Opened, Sealed},
    yaml::typed::Tree,
};

use crate::{
    corpus::{Shape, shapes},
    driver::{Case, Sops, peers},
    reading::source,
};

fn a_secret() -> Shape {
    shapes().swap_remove(0)
}

fn open(case: &Case, text: &str) -> Opened {
    let sealed = Sealed::parse(source(text)).unwrap_or_else(|findings| panic!("{findings:?}"));
    sealed.open(&case.keys.own).unwrap_or_else(|error| panic!("{error:?}"))
}

fn changed(case: &Case, text: &str) -> String {
    let mut opened = open(case, text);
    opened.stream_mut().documents[0].set(&["stringData", "token"], Tree::text("turn-1"));
    opened.close(SystemTime::now()).unwrap()
}

/// What sops writes for a PGP key, an AWS key and a Vault; made up, for nobody here can make a real one.
const SERVICES: &str = "    pgp:
        - created_at: \"2026-01-02T03:04:05Z\"
          enc: |-
            -----BEGIN PGP MESSAGE-----

            hQEMAyUpShfNkFB/AQf/made/up
            -----END PGP MESSAGE-----
          fp: 85D77543B3D624B63CEA9E6DBC17301B491B3F21
    kms:
        - arn: arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-0000-0000-000000000000
          created_at: \"2026-01-02T03:04:05Z\"
          enc: AQICAHmadeup==
          aws_profile: \"\"
    hc_vault:
        - vault_address: https://vault.example.com
          engine_path: transit
          key_name: sops
          created_at: \"2026-01-02T03:04:05Z\"
          enc: vault:v1:madeup
";

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn keys_of_other_services_are_kept() {
    let shape = a_secret();
    for sops in Sops::all() {
        let case = Case::new(&sops, &shape);
        let sealed = case.encrypt(&shape.text).unwrap();
        // 3.9 wrote the empty lists that these take the place of.
        let bare: String =
            sealed.lines().filter(|line| !line.ends_with(": []")).map(|line| format!("{line}\n")).collect();
        let text = bare.replace("\nsops:\n", &format!("\nsops:\n{SERVICES}"));
        let envelope = open(&case, &text).envelope().other_services.clone();
        for service in ["pgp", "kms", "hc_vault"] {
            assert!(
                envelope.iter().any(|name| name == service),
                "{}: {service} is not seen in {envelope:?}",
                sops.name()
            );
        }
        let text = changed(&case, &text);
        let mut rewrapped = open(&case, &text);
        rewrapped.rewrap(&[&case.keys.next.recipient().unwrap(), case.keys.recipients()[0]]).unwrap();
        let rewrapped = rewrapped.close(SystemTime::now()).unwrap();
        for text in [&text, &rewrapped] {
            for line in SERVICES.lines().filter(|line| !line.is_empty() && !line.contains("aws_profile")) {
                let kept = line.trim().trim_start_matches("- ").replace('"', "");
                assert!(text.replace('"', "").contains(&kept), "{}: {kept:?} went lost:\n{text}", sops.name());
            }
            assert!(case.decrypt(text).unwrap().contains("turn-1"));
        }
        let refused = open(&case, &text).renew_key(&case.keys.recipients()).unwrap_err();
        assert!(["pgp", "kms", "hc_vault"].iter().any(|name| refused.contains(name)), "{refused}");
        let edited = case.set(&text, &["stringData", "token"], "\"turn-2\"").unwrap();
        assert_eq!(open(&case, &edited).envelope().other_services.len(), 3);
    }
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn a_plain_time_is_read_and_written_as_text() {
    let shape = a_secret();
    for sops in Sops::all() {
        let case = Case::new(&sops, &shape);
        let sealed = case.encrypt(&shape.text).unwrap();
        let line = sealed.lines().find(|line| line.trim_start().starts_with("lastmodified: ")).unwrap();
        let text = sealed.replace(line, &line.replace('"', ""));
        assert_eq!(case.decrypt(&text).is_ok(), sops.version < (3, 13, 0), "{} and a plain time", sops.name());
        let text = changed(&case, &text);
        assert!(case.decrypt(&text).unwrap().contains("turn-1"));
    }
}

/// What `Sealed::parse` and `open` say.
fn refusal(case: &Case, text: &str) -> String {
    match Sealed::parse(source(text)) {
        Err(findings) => findings.iter().map(|finding| format!("{} {}\n", finding.message, finding.help)).collect(),
        Ok(sealed) => match sealed.open(&case.keys.own) {
            Ok(_) => panic!("it opens"),
            Err(OpenError::Unsupported(why)) => why,
            Err(other) => panic!("{other:?} instead of what is not supported"),
        },
    }
}

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn what_gen_does_not_support_is_refused_by_name() {
    let shape = a_secret();
    for sops in Sops::all() {
        let case = Case::new(&sops, &shape);
        let sealed = case.encrypt(&shape.text).unwrap();
        for service in ["pgp", "kms", "gcp_kms", "azure_kv", "hc_vault", "hckms"] {
            let text: String =
                sealed.lines().filter(|line| !line.ends_with(": []")).map(|line| format!("{line}\n")).collect();
            let text = text.replace("\n    age:\n", &format!("\n    {service}:\n"));
            let said = refusal(&case, &text);
            assert!(said.contains(service) && !said.contains("broken"), "{}: {service}: {said}", sops.name());
        }
        for (recipient, name) in [("age1pq1", "post-quantum"), ("age1yubikey1", "plugin")] {
            let old = case.keys.recipients()[0];
            let said = refusal(&case, &sealed.replace(old, &format!("{recipient}{}", &old[4..])));
            assert!(said.contains(name) && !said.contains("broken"), "{}: {recipient}: {said}", sops.name());
        }
    }
}

/// A real post-quantum recipient beside an ordinary one, which sops knows since 3.12.
#[test]
#[ignore = "needs peers: just peers test-peers"]
fn a_post_quantum_recipient_is_kept_beside_another() {
    let made = Command::new(peers().join("age-keygen")).arg("-pq").output();
    let Some(said) = made.ok().filter(|made| made.status.success()).map(|made| String::from_utf8(made.stdout).unwrap())
    else {
        return;
    };
    let recipient = said.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    assert!(recipient.starts_with("age1pq1"));
    let shape = a_secret();
    for sops in Sops::all().into_iter().filter(|sops| sops.version >= (3, 12, 0)) {
        let case = Case::new(&sops, &shape);
        case.configure(&[vec![recipient.to_owned(), case.keys.recipients()[0].to_owned()]]);
        let text = changed(&case, &case.encrypt(&shape.text).unwrap());
        assert!(text.contains(recipient), "{}: the recipient went lost", sops.name());
        assert!(case.decrypt(&text).unwrap().contains("turn-1"));
        case.configure(&[vec![recipient.to_owned()]]);
        let said = refusal(&case, &case.encrypt(&shape.text).unwrap());
        assert!(said.contains("post-quantum"), "{}: {said}", sops.name());
    }
}

fn new_lines(old: &str, new: &str) -> Vec<String> {
    let old: Vec<&str> = old.lines().collect();
    let keys = new
        .lines()
        .filter(|line| !old.contains(line))
        .map(|line| line.trim().split(':').next().unwrap_or("").to_owned());
    let mut keys: Vec<String> = keys.collect();
    keys.sort();
    keys
}

/// Older versions sort the metadata in another way.
#[test]
#[ignore = "needs peers: just peers test-peers"]
fn a_change_is_a_difference_of_few_lines_on_both_sides() {
    let shape = a_secret();
    for sops in Sops::all().into_iter().filter(|sops| sops.version >= (3, 13, 0)) {
        let case = Case::new(&sops, &shape);
        let first = case.encrypt(&shape.text).unwrap();
        let second = changed(&case, &first);
        let third = case.set(&second, &["stringData", "token"], "\"turn-2\"").unwrap();
        for (old, new) in [(&first, &second), (&second, &third)] {
            let mut found = new_lines(old, new);
            found.retain(|key| !["lastmodified", "version"].contains(&key.as_str()));
            assert_eq!(found, ["mac", "token"], "{}:\n{old}\n{new}", sops.name());
            assert_eq!(old.lines().count(), new.lines().count());
        }
    }
}
