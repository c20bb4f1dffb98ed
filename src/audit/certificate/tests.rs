use std::time::{Duration, SystemTime};

use super::findings;
use crate::{
    audit::Judged,
    mint::{ServerCertificate, VALID_DAYS, server_certificate},
    part::{CertificateText, Credential, DemandedKey, Rotation, SecretDemand},
    plain::Plain,
    yaml::typed::{Stream, Tree},
};

const DAY: Duration = Duration::from_secs(86_400);

fn made(name: &str) -> ServerCertificate {
    server_certificate(&[name.to_owned()], SystemTime::now()).unwrap()
}

fn demand(name: &str) -> SecretDemand {
    let key = |key: &str, text| DemandedKey {
        name: key.to_owned(),
        purpose: String::new(),
        credential: Credential::Certificate { text, names: vec![name.to_owned()] },
        rotation: Rotation::default(),
    };
    SecretDemand {
        name: "db-tls".to_owned(),
        kind: "kubernetes.io/tls".to_owned(),
        keys: vec![
            key("tls.crt", CertificateText::Certificate),
            key("tls.key", CertificateText::PrivateKey),
            key("ca.crt", CertificateText::Authority),
        ],
        external: false,
    }
}

/// What is found `days` from now, as `severity rule path`; a negative number is a day before.
fn said(texts: [&Plain; 3], days: i64, is_production: bool) -> Vec<String> {
    let keys = ["tls.crt", "tls.key", "ca.crt"];
    let block = Tree::map(keys.into_iter().zip(texts).map(|(key, text)| (key, Tree::text(text.clone()))));
    let stream = Stream::of(Tree::map([("stringData", block)]));
    let demand = demand("db.shop.svc");
    let judged = Judged {
        file: "environments/shop/secrets/db-tls.sops.yaml",
        environment: "shop",
        is_production,
        stream: &stream,
        demand: Some(&demand),
    };
    let then = DAY * u32::try_from(days.unsigned_abs()).unwrap();
    let now = SystemTime::now();
    let found = findings(&[judged], if days < 0 { now - then } else { now + then });
    for finding in &found {
        assert!(finding.help.contains("gen secret rotate shop db-tls"), "{}", finding.help);
        assert!(!finding.message.contains("BEGIN"), "{}", finding.message);
    }
    found.iter().map(|finding| format!("{} {} {}", finding.severity, finding.rule, finding.path)).collect()
}

#[test]
fn a_new_certificate_is_right_for_two_years() {
    let made = made("db.shop.svc");
    let texts = [&made.certificate, &made.private_key, &made.authority];
    let days = i64::from(VALID_DAYS);
    for day in [0, 365, days - 31] {
        assert_eq!(said(texts, day, true), Vec::<String>::new(), "{day}");
    }
    let both = |severity: &str| {
        [
            format!("{severity} certificate-ends stringData[\"tls.crt\"]"),
            format!("{severity} certificate-ends stringData[\"ca.crt\"]"),
        ]
    };
    assert_eq!(said(texts, days - 29, false), both("warning"));
    assert_eq!(said(texts, days - 29, true), both("error"));
    assert_eq!(said(texts, days + 1, false), both("error"));
    assert_eq!(said(texts, -1, false).len(), 2);
}

#[test]
fn texts_of_different_certificates_are_found() {
    let (one, other, elsewhere) = (made("db.shop.svc"), made("db.shop.svc"), made("db.other.svc"));
    let key = [&one.certificate, &other.private_key, &one.authority];
    assert_eq!(said(key, 0, false), ["error wrong-certificate stringData[\"tls.key\"]"]);
    let authority = [&one.certificate, &one.private_key, &other.authority];
    assert_eq!(said(authority, 0, false), ["error wrong-certificate stringData[\"ca.crt\"]"]);
    let name = [&elsewhere.certificate, &elsewhere.private_key, &elsewhere.authority];
    assert_eq!(said(name, 0, false), ["error wrong-certificate stringData[\"tls.crt\"]"]);
    let swapped = [&one.private_key, &one.certificate, &one.authority];
    assert_eq!(said(swapped, 0, false), ["error wrong-certificate stringData[\"tls.crt\"]"]);
    let broken = Plain::from("no certificate");
    let texts = [&one.certificate, &broken, &broken];
    assert_eq!(
        said(texts, 0, false),
        ["error wrong-certificate stringData[\"tls.key\"]", "error wrong-certificate stringData[\"ca.crt\"]"]
    );
}

#[test]
fn a_bundle_of_authorities_may_hold_the_old_one_too() {
    let (one, other) = (made("db.shop.svc"), made("db.shop.svc"));
    let mut both = other.authority.expose().to_vec();
    both.extend_from_slice(one.authority.expose());
    assert_eq!(said([&one.certificate, &one.private_key, &Plain::new(both)], 0, true), Vec::<String>::new());
}

#[test]
fn a_file_without_a_certificate_says_nothing() {
    let stream = Stream::of(Tree::map([("stringData", Tree::map([("password", Tree::text("x"))]))]));
    let judged = Judged { file: "a", environment: "", is_production: true, stream: &stream, demand: None };
    assert!(findings(&[judged], SystemTime::now()).is_empty());
}
