//! Changes of an environment: for each path one that has to show wherever the path is named as the cause.

use gitops_gen::{
    environment::Environment,
    path,
    yaml::{Dialect, FileId, Source, emit, parse},
};
use serde_json::{Value as Json, json};

use crate::case::{Files, golden};

/// The service of all golden cases.
const SERVICE: &str = "services.postgres";
/// What it is renamed to.
const RENAMED: &str = "renamed";

/// Paths whose line cannot be changed to anything that gen takes, and why.
pub const FIXED: &[(&str, &str)] = &[
    ("delivery.engine", "flux is the only engine so far"),
    ("charts.postgresql.version", "there is a model of one version"),
];

/// An environment's inputs on their way to others.
pub struct Mutation<'a> {
    environment: &'a Environment,
    pub files: Files,
    /// Which of the changes, from 0; each leaf has to show one of them.
    variant: usize,
}

impl<'a> Mutation<'a> {
    pub fn new(environment: &'a Environment, files: &Files, variant: usize) -> Self {
        Mutation { environment, files: files.clone(), variant }
    }

    /// How many changes there are of what stands at `origin`.
    pub fn variants(origin: &str) -> usize {
        if origin.ends_with(".source") || origin.ends_with(".release.fullname") { 2 } else { 1 }
    }

    /// Changes what stands at `origin`, or adds it where it is left out. False where no change is known.
    pub fn change(&mut self, origin: &str) -> bool {
        match origin.strip_prefix(SERVICE) {
            Some("") => self.rename(),
            Some(key) => return self.change_service(key.trim_start_matches('.'), origin),
            None => return self.change_environment(origin),
        }
        true
    }

    fn change_environment(&mut self, origin: &str) -> bool {
        let value = match origin {
            "namespace.name" => {
                let old = format!("namespace: {}", self.environment.spec.namespace.name);
                self.reseal(&old, "namespace: elsewhere");
                json!("elsewhere")
            }
            "namespace" | "namespace.manage" => return self.set("namespace.manage", json!(false)),
            "namespace.podSecurity" => json!("baseline"),
            "namespace.defaultDeny" => json!(false),
            "namespace.quota" => json!(null),
            "storage.class" => json!("other"),
            "mirror" => json!("other.example.com"),
            "charts.postgresql.source" => return self.other_source(),
            "charts.postgresql.source.git" => json!("https://git.example.com/charts"),
            "charts.postgresql.source.tag" => json!("other"),
            "charts.postgresql.source.commit" => json!("0".repeat(40)),
            "charts.postgresql.source.oci" => json!("oci://other.example.com/charts/postgresql"),
            "charts.postgresql.source.digest" => json!(format!("sha256:{}", "f".repeat(64))),
            "charts.postgresql.source.repository" => json!("https://other.example.com"),
            "charts.postgresql.source.path" => {
                self.vendor("charts/other");
                json!("charts/other")
            }
            "delivery.flux.path" | "delivery.flux.decryptionSecret" => json!("other"),
            "delivery.flux.source.kind" => json!("Bucket"),
            "delivery.flux.source.name" | "delivery.flux.source.namespace" => json!("other"),
            _ if origin.starts_with("namespace.quota") => json!("77"),
            _ if origin.starts_with("images.") => self.other_image(origin),
            _ => return false,
        };
        self.set(origin, value)
    }

    fn change_service(&mut self, key: &str, origin: &str) -> bool {
        let is = |key: &str| self.node(&format!("{SERVICE}.{key}"));
        let value = match key {
            "architecture" => match is(key) == json!("replication") {
                true => json!("standalone"),
                false => {
                    self.set(&format!("{SERVICE}.storage.size"), json!("20Gi"));
                    json!("replication")
                }
            },
            "metrics" => {
                let on = is(key) != json!(true);
                for client in is("clients").as_object().into_iter().flatten().filter(|_| !on) {
                    self.set(&format!("{SERVICE}.clients.{}.ports", client.0), json!([5432]));
                }
                json!(on)
            }
            "replicas" => json!(3),
            "database" | "username" => json!("other"),
            "storage" | "storage.claim" => return self.set(&format!("{SERVICE}.storage.claim"), json!("other-claim")),
            "storage.size" | "backup.storage.size" => json!("33Gi"),
            "storage.class" | "backup.storage.class" => json!("other"),
            "storage.accessMode" if is(key) == json!("ReadWriteOnce") => json!("ReadWriteOncePod"),
            "storage.accessMode" => json!("ReadWriteOnce"),
            "clients" => return self.set(&format!("{SERVICE}.clients.new"), json!({ "app": "new" })),
            "backup" | "tls" | "release" => json!(null),
            "backup.schedule" => json!("1 1 * * *"),
            "backup.retention" => json!("9d"),
            "tls.secret" => {
                self.seal_again("postgres-tls", "other-tls");
                json!("other-tls")
            }
            "release.fullname" if self.variant == 1 => json!("postgres"),
            "release.name" | "release.fullname" => json!("other"),
            "secret" | "secret.name" => {
                self.seal_again("postgres-auth", "other-auth");
                return self.set(&format!("{SERVICE}.secret.name"), json!("other-auth"));
            }
            _ => return self.change_below(key, origin),
        };
        self.set(origin, value)
    }

    fn change_below(&mut self, key: &str, origin: &str) -> bool {
        let keys = path::split(key);
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let value = match keys.as_slice() {
            ["secret", "keys", given] => {
                self.reseal(&format!("\n  {given}:"), "\n  other-key:");
                json!("other-key")
            }
            ["resources", .., "cpu"] | ["backup", "resources", .., "cpu"] => json!("11m"),
            ["resources", kind, _] | ["backup", "resources", kind, _] => {
                json!(if *kind == "limits" { "99Gi" } else { "11Mi" })
            }
            ["clients", _] => json!(null),
            ["clients", _, "app" | "namespace"] | ["clients", _, "labels", _] => json!("other"),
            ["clients", client, "ports", ..] => {
                // The other port is that of the exporter.
                self.set(&format!("{SERVICE}.metrics"), json!(true));
                let ports = self.node(&format!("{SERVICE}.clients.{client}.ports"));
                let swapped = |port: &Json| if *port == json!(5432) { 9187 } else { 5432 };
                let swapped: Vec<u16> = ports.as_array().into_iter().flatten().map(swapped).collect();
                let ports = if swapped.is_empty() { vec![9187] } else { swapped };
                return self.set(&format!("{SERVICE}.clients.{client}.ports"), json!(ports));
            }
            ["manifests", _] => return self.set(&format!("{SERVICE}.manifests"), json!([])),
            ["values", ..] => match self.node(origin) {
                Json::String(text) => json!(format!("{text} and more")),
                Json::Number(number) => json!(number.as_u64().unwrap_or_default() + 1),
                _ => json!("set"),
            },
            _ => return false,
        };
        self.set(origin, value)
    }

    /// What the environment says at a path, merged.
    fn node(&self, path: &str) -> Json {
        self.environment.node(path).map(|node| node.to_json()).unwrap_or_default()
    }

    /// Sets a path in the file that the environment names for it.
    fn set(&mut self, origin: &str, value: Json) -> bool {
        let file = self.environment.location(origin).file;
        self.edit(&file, |layer| put(layer, &path::split(origin), value));
        true
    }

    fn edit(&mut self, file: &str, change: impl FnOnce(&mut Json)) {
        let source = Source { id: FileId(0), name: file, bytes: &self.files[file] };
        let mut layer = parse(source, Dialect::Input).unwrap().remove(0).to_json();
        change(&mut layer);
        self.files.insert(file.to_owned(), emit(&layer).into_bytes());
    }

    /// Calls the service otherwise, in every layer and expression that names it.
    fn rename(&mut self) {
        let layers: Vec<String> = self.environment.layers.clone();
        for file in layers {
            self.edit(&file, |layer| {
                let Some(services) = layer["services"].as_object_mut() else { return };
                if let Some(mut service) = services.remove("postgres") {
                    service["kind"] = json!("postgres");
                    services.insert(RENAMED.to_owned(), service);
                }
            });
            let text = String::from_utf8(self.files[&file].clone()).unwrap();
            self.files.insert(file, text.replace(&format!("{SERVICE}."), &format!("services.{RENAMED}.")).into_bytes());
        }
        self.seal_again("postgres-auth", &format!("{RENAMED}-auth"));
    }

    fn other_image(&self, origin: &str) -> Json {
        let old = self.node(origin);
        let digest = match old.as_str().is_some_and(|old| old.contains('@')) {
            true => format!("@sha256:{}", "f".repeat(64)),
            false => String::new(),
        };
        json!(format!("quay.io/other/image:9{digest}"))
    }

    /// A source of another kind.
    fn other_source(&mut self) -> bool {
        let has = |key: &str| self.environment.node(&format!("charts.postgresql.source.{key}")).is_some();
        let is_vendored = has("path") && !has("git");
        let other = match (self.variant, is_vendored || has("oci")) {
            (0, _) if !is_vendored => json!({ "path": "charts/other" }),
            (_, true) => json!({ "repository": "https://other.example.com" }),
            _ => json!({ "oci": "oci://other.example.com/charts/postgresql" }),
        };
        self.vendor("charts/other");
        self.set("charts.postgresql.source", other)
    }

    /// Puts the vendored chart of the golden case that has one into a folder.
    fn vendor(&mut self, folder: &str) {
        for file in ["Chart.yaml", "charts/common/Chart.yaml"] {
            let bytes = std::fs::read(golden().join("chart-vendored/charts/postgresql").join(file)).unwrap();
            self.files.insert(format!("{folder}/{file}"), bytes);
        }
    }

    /// Replaces a text in every sealed file of the environment; the seal holds no key of its own.
    fn reseal(&mut self, old: &str, new: &str) {
        let folder = format!("environments/{}/secrets/", self.environment.name);
        for (_, bytes) in self.files.iter_mut().filter(|(path, _)| path.starts_with(&folder)) {
            *bytes = String::from_utf8(bytes.clone()).unwrap().replace(old, new).into_bytes();
        }
    }

    /// Adds a copy of a sealed file under another name.
    fn seal_again(&mut self, old: &str, new: &str) {
        let file = |name: &str| format!("environments/{}/secrets/{name}.sops.yaml", self.environment.name);
        if let Some(bytes) = self.files.get(&file(old)) {
            let text =
                String::from_utf8(bytes.clone()).unwrap().replace(&format!("name: {old}"), &format!("name: {new}"));
            self.files.insert(file(new), text.into_bytes());
        }
    }
}

/// Sets a value in a layer; what is written short is written out first.
fn put(at: &mut Json, keys: &[String], value: Json) {
    let Some((key, rest)) = keys.split_first() else {
        *at = value;
        return;
    };
    match at {
        Json::Array(items) => put(&mut items[key.parse::<usize>().unwrap()], rest, value),
        Json::Object(map) => put(map.entry(key.as_str()).or_insert(Json::Null), rest, value),
        Json::Null => {
            *at = json!({});
            put(at, keys, value);
        }
        short => {
            let long = if short.as_str().is_some_and(|text| text.starts_with(|c: char| c.is_ascii_digit())) {
                "size"
            } else {
                "name"
            };
            *short = json!({ long: short.take() });
            put(short, keys, value);
        }
    }
}
