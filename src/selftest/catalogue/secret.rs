//! Leaks: what should be sealed and is not, and seals that are broken.

use serde_json::{Value as Json, json};

use crate::{
    chart::{Facet, Kind as Takes, Setting, Shape},
    selftest::operator::{
        Change::{Beside, Drop, Push, Put, Turn, Unlisted},
        On::{Compose, Containers, Kind, Objects, Sealed, SealedInputs, Settings, Values},
        Operator,
    },
};

const PLAIN: &[&str] = &["plaintext-secret"];
const BROKEN: &[&str] = &["fake-envelope", "partially-encrypted", "plaintext-secret"];
const KEY: &[&str] = &["secret-key-missing"];

pub(super) const OPERATORS: &[Operator] = &[
    Operator::new(
        "values-password",
        PLAIN,
        "a password in the values of a chart",
        Settings(is_credential),
        "",
        Put("kohLae4eiZ9ohx"),
    ),
    Operator::new(
        "values-env-password",
        PLAIN,
        "a password in an environment variable that a chart sets",
        Settings(is_env),
        "",
        Push("{name: PGPASSWORD, value: kohLae4eiZ9ohx}"),
    ),
    Operator::new(
        "values-env-uri",
        PLAIN,
        "a password in a URI that a chart sets",
        Settings(is_env),
        "",
        Push("{name: UPSTREAM, value: 'postgres://app:kohLae4eiZ9ohx@db:5432/app'}"),
    ),
    Operator::new(
        "env-password",
        PLAIN,
        "a password in an environment variable of a container",
        Containers,
        "env",
        Push("{name: DB_PASSWORD, value: kohLae4eiZ9ohx}"),
    ),
    Operator::new(
        "env-token",
        PLAIN,
        "a token in an environment variable of a container",
        Containers,
        "env",
        Push("{name: API_TOKEN, value: kohLae4eiZ9ohxAid7yoo}"),
    ),
    Operator::new(
        "env-uri",
        PLAIN,
        "a password in a URI that a container gets",
        Containers,
        "env",
        Push("{name: DATABASE_URL, value: 'postgres://app:kohLae4eiZ9ohx@db:5432/app'}"),
    ),
    Operator::new(
        "args-uri",
        PLAIN,
        "a password in an argument of a container",
        Containers,
        "args",
        Push("--dsn=postgres://app:kohLae4eiZ9ohx@db:5432/app"),
    ),
    Operator::new(
        "config-map",
        PLAIN,
        "a password in a ConfigMap",
        Kind("Service"),
        "",
        Beside(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: NAMESPACE}\ndata: {DB_PASSWORD: kohLae4eiZ9ohx}\n",
        ),
    ),
    Operator::new(
        "config-map-uri",
        PLAIN,
        "a password in a URI in a ConfigMap",
        Kind("Service"),
        "",
        Beside(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: NAMESPACE}\ndata:\n  app.ini: |\n    url = postgres://app:kohLae4eiZ9ohx@db/app\n",
        ),
    ),
    Operator::new(
        "plain-secret",
        PLAIN,
        "a Secret that nobody sealed",
        Kind("Service"),
        "",
        Beside(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: extra, namespace: NAMESPACE}\nstringData: {password: kohLae4eiZ9ohx}\n",
        ),
    ),
    Operator::new(
        "encoded-secret",
        PLAIN,
        "a Secret in base64, which seals nothing",
        Kind("Service"),
        "",
        Beside(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: extra, namespace: NAMESPACE}\ndata: {password: a29oTGFlNGVpWjlvaHg=}\n",
        ),
    ),
    Operator::new(
        "listed-secret",
        PLAIN,
        "a Secret in a List",
        Kind("Service"),
        "",
        Beside(
            "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Secret\n    metadata: {name: extra, namespace: NAMESPACE}\n    stringData: {password: kohLae4eiZ9ohx}\n",
        ),
    ),
    Operator::new(
        "unlisted-secret",
        PLAIN,
        "a Secret that nobody sealed, in a file that nothing lists",
        Kind("Service"),
        "",
        Unlisted(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: extra, namespace: NAMESPACE}\nstringData: {password: kohLae4eiZ9ohx}\n",
        ),
    ),
    Operator::new(
        "age-key",
        &["private-key-committed"],
        "an age private key",
        Kind("Service"),
        "",
        Beside(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: keys, namespace: NAMESPACE}\ndata:\n  keys.txt: AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE\n",
        ),
    ),
    Operator::new(
        "pem-key",
        &["private-key-committed"],
        "a private key in PEM",
        Kind("Service"),
        "",
        Beside(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: keys, namespace: NAMESPACE}\ndata:\n  tls.key: |\n    -----BEGIN PRIVATE KEY-----\n    MC4CAQAwBQYDK2VwBCIEIE5JVEhFUiBBIEtFWSBOT1IgU0VDUkVULCBOTyE=\n    -----END PRIVATE KEY-----\n",
        ),
    ),
    Operator::new(
        "key-in-annotation",
        PLAIN,
        "a password in an annotation",
        Objects,
        "metadata.annotations",
        Turn(with_uri),
    ),
    Operator::new(
        "generated-secret",
        PLAIN,
        "a password among the literals of a secretGenerator",
        Kind("kustomize.config.k8s.io/Kustomization"),
        "secretGenerator",
        Push("{name: extra, literals: [password=kohLae4eiZ9ohx]}"),
    ),
    Operator::new(
        "one-value-plain",
        BROKEN,
        "one value of a sealed Secret in plain text",
        Sealed,
        "stringData.*",
        Put("kohLae4eiZ9ohx"),
    ),
    Operator::new(
        "one-more-value",
        BROKEN,
        "one more value in a sealed Secret, in plain text",
        Sealed,
        "stringData.added",
        Put("kohLae4eiZ9ohx"),
    ),
    Operator::new("seal-gone", BROKEN, "a sealed Secret without its seal", Sealed, "sops", Drop),
    Operator::new("mac-gone", BROKEN, "a seal without its MAC", Sealed, "sops.mac", Drop),
    Operator::new("recipients-gone", BROKEN, "a seal without recipients", Sealed, "sops.age", Drop),
    Operator::new(
        "moment-gone",
        BROKEN,
        "a seal without its time, which sops refuses",
        Sealed,
        "sops.lastmodified",
        Drop,
    ),
    Operator::new("value-cut", BROKEN, "a sealed value that was cut off", Sealed, "stringData.*", Turn(cut)),
    Operator::new(
        "decoded-value",
        BROKEN,
        "a sealed Secret with every value in plain text",
        Sealed,
        "stringData",
        Put("{password: kohLae4eiZ9ohx}"),
    ),
    Operator::new("sealed-key-renamed", KEY, "a sealed value under another key", Sealed, "stringData", Turn(renamed))
        .in_whole_trees(),
    Operator::new(
        "values-admin-key",
        KEY,
        "a key of the superuser that the Secret does not have, in the values of a chart",
        Values,
        "auth.secretKeys.adminPasswordKey",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "values-user-key",
        KEY,
        "a key of the user that the Secret does not have, in the values of a chart",
        Values,
        "auth.secretKeys.userPasswordKey",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "values-certificate-key",
        KEY,
        "a key of the certificate that the Secret does not have, in the values of a chart",
        Values,
        "tls.certKeyFilename",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "env-key-renamed",
        KEY,
        "a key that the Secret does not have, in a container",
        Containers,
        "env.*.valueFrom.secretKeyRef.key",
        Turn(other),
    )
    .in_whole_trees(),
    Operator::new(
        "another-recipient",
        &["wrong-recipient"],
        "a sealed file that somebody else can open too",
        SealedInputs,
        "sops.age.0.recipient",
        Put("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
    ),
    Operator::new(
        "recipient-missing",
        &["wrong-recipient"],
        "a sealed file that somebody cannot open any more",
        SealedInputs,
        "sops.age.0",
        Drop,
    ),
    Operator::new(
        "input-seal-gone",
        &["fake-envelope", "partially-encrypted", "plaintext-secret", "not-sealed"],
        "a sealed file of the environment without its seal",
        SealedInputs,
        "sops",
        Drop,
    ),
    Operator::new(
        "input-value-plain",
        &["fake-envelope", "partially-encrypted", "plaintext-secret", "not-sealed"],
        "one value of a sealed file of the environment in plain text",
        SealedInputs,
        "stringData.*",
        Put("kohLae4eiZ9ohx"),
    ),
    Operator::new(
        "input-key-gone",
        KEY,
        "a sealed file of the environment without one of its values",
        SealedInputs,
        "stringData.*",
        Drop,
    ),
    Operator::new(
        "compose-password",
        PLAIN,
        "a password in a file of Docker Compose",
        Compose,
        "services.*.environment.POSTGRES_PASSWORD",
        Put("kohLae4eiZ9ohx"),
    ),
];

fn is_credential(setting: &Setting) -> bool {
    setting.facet == Facet::Credential
}

fn is_env(setting: &Setting) -> bool {
    setting.kind == Takes::Shape(Shape::EnvVars)
}

fn with_uri(annotations: &Json) -> Option<Json> {
    let mut map = annotations.as_object()?.clone();
    map.insert("example.com/dsn".to_owned(), json!("postgres://app:kohLae4eiZ9ohx@db:5432/app"));
    Some(Json::Object(map))
}

/// The first half of a text.
fn cut(value: &Json) -> Option<Json> {
    let text = value.as_str()?;
    Some(json!(text.chars().take(text.chars().count() / 2).collect::<String>()))
}

/// The map with its first key renamed.
fn renamed(map: &Json) -> Option<Json> {
    let map = map.as_object()?;
    let first = map.keys().next()?.clone();
    let entries = map.iter().map(|(key, value)| {
        let key = if *key == first { format!("{key}-old") } else { key.clone() };
        (key, value.clone())
    });
    Some(Json::Object(entries.collect()))
}

/// A name that nothing has.
fn other(name: &Json) -> Option<Json> {
    Some(json!(format!("{}-other", name.as_str()?)))
}
