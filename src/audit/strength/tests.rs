use super::{COMMON, findings};
use crate::{
    audit::Judged,
    diagnostic::Severity,
    part::{Credential, DemandedKey, Rotation, SecretDemand},
    yaml::typed::{Stream, Tree},
};

const STRONG: &str = "kP3vT9xQ2mZ7rB5nW8jH4dL6cF1sG0yA";

fn secret(block: &str, pairs: &[(&str, &str)]) -> Stream {
    Stream::of(Tree::map([(block, Tree::map(pairs.iter().map(|(key, value)| (*key, Tree::text(*value)))))]))
}

fn demand(keys: &[&str]) -> SecretDemand {
    let key = |name: &&str| DemandedKey {
        name: (*name).to_owned(),
        purpose: String::new(),
        credential: Credential::Password,
        rotation: Rotation::default(),
    };
    SecretDemand {
        name: "db-auth".to_owned(),
        kind: "Opaque".to_owned(),
        keys: keys.iter().map(key).collect(),
        external: false,
    }
}

fn judged<'a>(file: &'a str, stream: &'a Stream, demand: Option<&'a SecretDemand>) -> Judged<'a> {
    Judged { file, environment: "staging", is_production: false, stream, demand }
}

/// The rules that find something wrong with one value.
fn rules(key: &str, value: &str, demanded: bool) -> Vec<String> {
    let demand = demand(&[key]);
    let stream = secret("stringData", &[(key, value)]);
    let found = findings(&[judged("s/db-auth.sops.yaml", &stream, demanded.then_some(&demand))]);
    for finding in &found {
        let said = format!("{} {}", finding.message, finding.help);
        assert!(!value.contains(char::is_numeric) || !said.contains(value) || key.contains(value), "{said}");
    }
    found.into_iter().map(|finding| format!("{}: {}", finding.rule, finding.message)).collect()
}

#[test]
fn what_can_be_guessed_is_found() {
    for (value, why) in [
        ("changeme", "tries first"),
        ("Change_Me_123!", "tries first"),
        ("P4ssw0rd2024", "tries first"),
        ("postgres", "tries first"),
        (" secret\n", "tries first"),
        ("tQ7#vL2", "12 characters"),
        ("abababababababababab", "6 different"),
        ("11111111111111111111", "6 different"),
        ("db-auth", "name of something"),
        ("STAGING", "name of something"),
        ("my-key-of-15-chars", "name of something"),
    ] {
        let found = rules("my-key-of-15-chars", value, true);
        assert!(found.len() == 1 && found[0].contains(why), "{value}: {found:?}");
    }
    for value in [STRONG, "correct horse battery staple", "9f86d081884c7d659a2feaa0c55ad015"] {
        assert_eq!(rules("x", value, true), Vec::<String>::new(), "{value}");
    }
}

#[test]
fn what_has_to_be_no_secret_is_left_alone() {
    for (key, value) in
        [("username", "postgres"), ("host", "db"), ("port", "5432"), ("ca.crt", "-----BEGIN CERTIFICATE-----")]
    {
        assert_eq!(rules(key, value, false), Vec::<String>::new(), "{key}");
    }
    assert_eq!(rules("DB_PASSWORD", "admin", false).len(), 1);
    // Nobody knows how long a token has to be.
    assert_eq!(rules("api-token", "tQ7vL2", false), Vec::<String>::new());
    assert_eq!(rules("api-token", "secret", false).len(), 1);
}

#[test]
fn values_under_data_are_judged_decoded() {
    let stream = secret("data", &[("password", "Y2hhbmdlbWU="), ("other-password", "!")]);
    let found = findings(&[judged("a", &stream, None)]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].rule, found[0].path.as_str()), ("weak-credential", "data.password"));
}

#[test]
fn one_value_in_several_places_is_found_in_each() {
    let demand = demand(&["password", "postgres-password"]);
    let one = secret("stringData", &[("password", STRONG), ("postgres-password", STRONG), ("username", "viridial")]);
    let other = secret("stringData", &[("password", STRONG), ("username", "viridial")]);
    let mut production = judged("p/db-auth.sops.yaml", &other, Some(&demand));
    (production.environment, production.is_production) = ("production", true);
    let found = findings(&[judged("s/db-auth.sops.yaml", &one, Some(&demand)), production]);
    let said: Vec<(&str, Severity, &str)> =
        found.iter().map(|finding| (finding.location.file.as_str(), finding.severity, finding.path.as_str())).collect();
    assert_eq!(
        said,
        [
            ("s/db-auth.sops.yaml", Severity::Warning, "stringData.password"),
            ("s/db-auth.sops.yaml", Severity::Warning, "stringData.postgres-password"),
            ("p/db-auth.sops.yaml", Severity::Error, "stringData.password"),
        ]
    );
    assert!(found.iter().all(|finding| finding.rule == "shared-credential" && !finding.message.contains(STRONG)));
    let message = &found[0].message;
    assert!(
        message.contains("`stringData.postgres-password`, `stringData.password` of p/db-auth.sops.yaml"),
        "{message}"
    );
    assert!(found[2].help.contains("gen secret rotate production db-auth password"), "{}", found[2].help);
}

#[test]
fn a_key_that_stands_twice_shares_nothing_with_itself() {
    let mut stream = secret("stringData", &[("password", STRONG)]);
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, STRONG);
    stream.documents[0].set(&["data", "password"], Tree::text(encoded.as_str()));
    assert_eq!(findings(&[judged("a", &stream, None)]).len(), 0);
    // Nor does a file with its copy.
    let files =
        ["environments/staging/secrets/a.sops.yaml", "gitops/staging/db/a.sops.yaml", "gitops/staging/db/b.sops.yaml"];
    let of = files.map(|file| judged(file, &stream, None));
    assert_eq!(findings(&of[..2]).len(), 0);
    let found = findings(&of);
    assert!(found.len() == 6 && found.iter().all(|finding| finding.rule == "shared-credential"), "{found:?}");
}

#[test]
fn the_list_holds_what_a_value_can_become() {
    for word in COMMON {
        assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
    }
}
