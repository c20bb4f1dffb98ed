use std::fs;

use crate::desk::{CANARY, Desk, FILE, key_file};

const APP: &str = "environments/staging/secrets/app.sops.yaml";

#[test]
fn a_dotenv_file_becomes_a_sealed_secret() {
    // Sealing needs public keys only.
    let desk = Desk::new().keyless();
    let file = desk.outside("app.env");
    fs::write(&file, format!("# the app\nexport USER=me\nPASSWORD='{CANARY} #1'\n")).unwrap();
    let path = file.to_str().unwrap();
    let said = ["USER, PASSWORD sealed for 2 recipients", "delete ", "change every value", "gen build staging"];
    desk.does(&["import", "staging", "app", path], b"", &said);
    let text = desk.repository.read(APP);
    assert!(text.starts_with(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\n  namespace: viridial-staging\ntype: Opaque\nstringData:\n  USER: ENC["
    ));
    let mut desk = desk;
    desk.set("SOPS_AGE_KEY_FILE", key_file("test-platform.agekey").to_str().unwrap());
    assert_eq!(desk.reveal(&["show", APP, "PASSWORD"]), format!("{CANARY} #1").as_bytes());
    desk.refuses(&["import", "staging", "app", path], b"", 2, &["is there already", "--force"]);
    desk.does(&["import", "staging", "app", path, "--force"], b"", &["sealed"]);
    assert_ne!(desk.repository.read(APP), text);
}

#[test]
fn a_manifest_is_sealed_without_what_must_not_travel() {
    let desk = Desk::new();
    let manifest = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\n  namespace: elsewhere\n  uid: 1\n  resourceVersion: '2'\n  \
         labels: {{a: b}}\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: '{CANARY}'\ntype: \
         kubernetes.io/basic-auth\ndata:\n  username: bWU=\n  raw: /w==\nstringData:\n  password: '{CANARY}'\n"
    );
    let said = ["left behind", "last-applied-configuration", "metadata.uid", "metadata.labels.a"];
    desk.does(&["import", "staging", "-"], manifest.as_bytes(), &said);
    let shown = String::from_utf8(desk.reveal(&["show", APP])).unwrap();
    let expected = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\n  namespace: viridial-staging\ntype: kubernetes.io/basic-auth\n\
         stringData:\n  password: {CANARY}\n  username: me\ndata:\n  raw: /w==\n"
    );
    assert_eq!(shown, expected);
    desk.does(
        &["import", "staging", "other", "-"],
        manifest.as_bytes(),
        &["the manifest calls it `app`, here it is `other`"],
    );
    assert!(desk.repository.read("environments/staging/secrets/other.sops.yaml").contains("  name: other\n"));
}

#[test]
fn what_a_service_asks_for_and_the_file_lacks_is_told() {
    let desk = Desk::new();
    let stdin = format!("password={CANARY}\n");
    let said = ["a service asks for postgres-password, replication-password too", "gen secret generate staging"];
    desk.does(&["import", "staging", "postgres-auth", "-", "--force"], stdin.as_bytes(), &said);
    assert_eq!(desk.value("password"), CANARY.as_bytes());
}

#[test]
fn what_cannot_be_imported_is_told_and_changes_nothing() {
    let desk = Desk::new();
    let import = |stdin: &str, code, fragments: &[&str]| {
        desk.refuses(&["import", "staging", "app", "-"], stdin.as_bytes(), code, fragments);
    };
    let head = "apiVersion: v1\nkind: Secret\nmetadata: {name: app}\n";
    import(&format!("A={CANARY}\n{CANARY}\nB=\n"), 1, &["stdin:2:1", "stdin:3:1", "2 errors"]);
    import(&format!("{head}data: {{a: '!{CANARY}'}}\n"), 1, &["data.a", "no base64"]);
    import(&format!("{head}stringData: {{a: 5}}\n"), 1, &["between quotes"]);
    import(&format!("{head}---\n{head}"), 1, &["several documents"]);
    import("kind: ConfigMap\n", 1, &["neither a dotenv"]);
    import(&format!("a: [{CANARY}\n"), 1, &["stdin"]);
    import("", 1, &["stdin"]);
    import(&desk.repository.read(FILE), 1, &["sealed already"]);
    desk.refuses(&["import", "staging", "A b", "-"], b"a=b\n", 2, &["`A b` is no name"]);
    desk.refuses(&["import", "staging", "-"], b"a=b\n", 2, &["what the Secret is called"]);
    desk.refuses(&["import", "stagin", "app", "-"], b"a=b\n", 2, &["did you mean `staging`?"]);
    desk.refuses(&["import", "staging", "app", "nowhere.env"], b"", 2, &["cannot read nowhere.env"]);
}

#[test]
fn without_recipients_there_is_nobody_to_seal_for() {
    let desk = Desk::new();
    let base = desk.repository.read("environments/base.yaml");
    let from = base.find("secrets:").unwrap();
    let to = base.find("services:").unwrap();
    desk.repository.write("environments/base.yaml", format!("{}{}", &base[..from], &base[to..]));
    desk.refuses(&["import", "staging", "app", "-"], b"a=b\n", 2, &["no recipients", "gen secret init staging"]);
}

#[test]
fn a_plain_file_is_sealed_where_it_stands_and_what_is_sealed_never_twice() {
    let desk = Desk::new();
    let sealed = desk.repository.read(FILE);
    let cut = sealed.find("sops:\n").unwrap();
    desk.repository.write(FILE, &sealed[..cut]);
    let path = desk.repository.path(FILE);
    let arguments = ["import", "staging", path.to_str().unwrap(), "--force"];
    desk.refuses(&arguments, b"", 1, &["stringData.password", "sealed already", "git log -p"]);
    let plain = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: postgres-auth, namespace: other}}\nstringData:\n  password: {CANARY}\n"
    );
    desk.repository.write(FILE, plain);
    let said =
        ["sealed for 2 recipients", "namespace is `other`, here it is `viridial-staging`", "next: change every value"];
    desk.does(&arguments[..3], b"", &said);
    assert_eq!(desk.value("password"), CANARY.as_bytes());
}
