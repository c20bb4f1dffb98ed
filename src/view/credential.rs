//! Secrets in plain text.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value as Json;

use super::{At, Spot, Tree, pod::Pod, release::Valued, workload};
use crate::{
    chart::{Facet, Kind, Shape},
    manifest::Object,
    secrecy::{
        Leak, is_address_with_password, is_own_text, leak, names_address, names_password, names_secret, names_token,
    },
    sops,
};

/// A secret in plain text. The value itself is not part of the fact.
pub struct Credential<'a> {
    /// Where it stands.
    pub at: At<'a>,
    /// What it is, for people.
    pub what: String,
    /// The better place for it, for people.
    pub instead: &'static str,
    /// Whether it is one of those that everybody tries first.
    pub is_guessed: bool,
}

const SEAL: &str =
    "seal the Secret (`gen secret import`, `sops encrypt`), and change the value: it is in the history now";
const SEAL_FILE: &str =
    "seal it (`sops encrypt`), and call it `NAME.sops.env` or the like; Flux opens it before kustomize reads it";
const SECRET_KEY_REF: &str =
    "keep it in a sealed Secret, and refer to it with `valueFrom: {secretKeyRef: {name, key}}`";
const EXISTING_SECRET: &str = "keep it in a sealed Secret, and name that in `auth.existingSecret` or the like";
const NOT_HERE: &str = "keep it in a sealed Secret, and have it read from there at run time";

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Credential<'a>> {
    let mut found = Vec::new();
    for object in &tree.bundle.objects {
        // The items of a typed list need not name their kind.
        if object.kind() == "SecretList" {
            let items = Spot::whole(object).items(&["items"]);
            found.extend(items.iter().filter(|item| item.kind().is_empty()).flat_map(of_secret));
        }
    }
    for body in tree.bodies {
        match body.kind() {
            "Secret" if body.group().is_empty() => found.extend(of_secret(body)),
            "ConfigMap" => found.extend(of_config_map(body, tree.releases)),
            "Kustomization" => found.extend(of_kustomization(body, tree)),
            // Their values are looked at setting by setting, pods as such; and these speak of secrets without holding any.
            kind if CLEAN.contains(&kind) || is_known(body, tree.releases) || workload::pod_spec(body).is_some() => {}
            _ => found.extend(body.get(&["spec"]).iter().flat_map(below)),
        }
        found.extend(applied_before(body));
    }
    found.extend(tree.bundle.objects.iter().flat_map(|object| of_loose(object, tree)));
    found.extend(tree.pods.iter().flat_map(of_pod));
    found.extend(tree.releases.iter().flat_map(of_release));
    found
}

fn credential<'a>(spot: &Spot<'a, '_>, what: impl Into<String>, instead: &'static str) -> Credential<'a> {
    Credential { at: spot.at(), what: what.into(), instead, is_guessed: is_guessed(spot.value) }
}

/// Passwords of examples and of images: whoever attacks tries these first.
const GUESSED: &[&str] = &[
    "123456",
    "admin",
    "changeit",
    "changeme",
    "change-me",
    "default",
    "example",
    "minioadmin",
    "passw0rd",
    "password",
    "postgres",
    "pass",
    "root",
    "secret",
    "test",
    "toor",
    "welcome",
];

/// Whether a secret is one that everybody tries first; in base64 too.
fn is_guessed(value: &Json) -> bool {
    let is_one = |text: &str| {
        let text = text.trim().to_ascii_lowercase();
        GUESSED.iter().any(|known| {
            text.strip_prefix(known).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'!'))
        })
    };
    let decoded = |text: &str| String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok();
    value.as_str().is_some_and(|text| is_one(text) || decoded(text).is_some_and(|text| is_one(&text)))
}

/// Kinds that lead to secrets, describe or seal them.
const CLEAN: &[&str] = &[
    "ClusterExternalSecret",
    "ClusterSecretStore",
    "CustomResourceDefinition",
    "ExternalSecret",
    "PushSecret",
    "SealedSecret",
    "SecretStore",
    "VaultDynamicSecret",
    "VaultStaticSecret",
];

/// The annotation in which kubectl keeps the whole object, values of a Secret too.
fn applied_before<'a>(body: &Spot<'a, '_>) -> Option<Credential<'a>> {
    const LAST: &str = "kubectl.kubernetes.io/last-applied-configuration";
    let last = body.get(&["metadata", "annotations", LAST])?;
    let holds_one = body.kind() == "Secret" || leak(last.value.as_str()?).is_some();
    holds_one.then(|| credential(&last, "all of the object, as kubectl once applied it,", "delete this annotation"))
}

/// A document that is no object: values of a chart that there is no model of, a file of Compose, a kustomization without a kind.
fn of_loose<'a>(object: &'a Object, tree: &Tree<'a, '_>) -> Vec<Credential<'a>> {
    let is_of_release = || {
        tree.releases.iter().any(|valued| valued.release.layers.iter().any(|layer| std::ptr::eq(layer.object, object)))
    };
    if !object.kind().is_empty() || sops::has_envelope(&object.body) || is_of_release() {
        return Vec::new();
    }
    let whole = Spot::whole(object);
    let name = object.file.rsplit('/').next().unwrap_or_default();
    match name {
        "kustomization.yaml" | "kustomization.yml" => of_kustomization(&whole, tree),
        _ => below(&whole),
    }
}

/// Whether the chart of a release is one that there is a model of: then its values are looked at setting by setting.
fn is_known(release: &Spot<'_, '_>, known: &[Valued<'_, '_>]) -> bool {
    known.iter().any(|valued| valued.release.is_made_by(release))
}

fn of_secret<'a>(secret: &Spot<'a, '_>) -> Vec<Credential<'a>> {
    // What a seal leaves open is looked at with the seal.
    if sops::has_envelope(secret.value) {
        return Vec::new();
    }
    let values = ["data", "stringData"].into_iter().flat_map(|block| secret.entries(&[block]));
    let plain = values.filter(|(_, value)| is_plain(value.value) && !is_certificate(value.value));
    plain.map(|(key, value)| credential(&value, format!("`{key}` of the Secret `{}`", secret.name()), SEAL)).collect()
}

fn of_config_map<'a>(map: &Spot<'a, '_>, releases: &[Valued<'a, '_>]) -> Vec<Credential<'a>> {
    let is_values = |spot: &Spot<'a, '_>| {
        let layers = || releases.iter().flat_map(|valued| &valued.release.layers);
        layers().any(|layer| std::ptr::eq(layer.object, spot.object) && layer.prefix == spot.pointer())
    };
    let opened = map.entries(&["data"]).into_iter().filter(|(_, value)| value.value.as_str().is_some_and(is_sealed));
    let opened = opened.filter(|_| sops::has_envelope(map.value));
    let opened = opened.map(|(key, value)| {
        credential(
            &value,
            format!("`{key}`, which Flux opens into this ConfigMap,"),
            "keep it in a Secret: a ConfigMap may be read by everybody",
        )
    });
    let entries = map.entries(&["data"]).into_iter();
    let found = entries.filter(|(_, text)| !is_values(text)).flat_map(|(key, text)| entry(key, &text));
    opened.chain(found).collect()
}

/// What kustomize makes Secrets and ConfigMaps of: `key=value`.
fn of_kustomization<'a>(kustomization: &Spot<'a, '_>, tree: &Tree<'a, '_>) -> Vec<Credential<'a>> {
    let substituted = kustomization.entries(&["spec", "postBuild", "substitute"]).into_iter();
    let substituted = substituted.flat_map(|(key, value)| entry(key, &value));
    let patches = [&["patches"][..], &["spec", "patches"]].into_iter().flat_map(|keys| kustomization.items(keys));
    let patches =
        patches.filter_map(|patch| patch.get(&["patch"])).chain(kustomization.items(&["patchesStrategicMerge"]));
    let patches = patches.filter_map(|patch| of_object(&patch));
    let files = kustomization.items(&["secretGenerator"]).into_iter().flat_map(|generator| {
        let envs = generator.items(&["envs"]).into_iter().chain(generator.get(&["env"]));
        let files =
            generator.items(&["files"]).into_iter().filter(|file| file.value.as_str().is_some_and(is_secret_file));
        envs.chain(files).collect::<Vec<_>>()
    });
    let files = files.filter(|file| !is_sealed_file(file, tree));
    let files = files.map(|file| credential(&file, "the file that this secretGenerator takes", SEAL_FILE));
    let files: Vec<Credential<'a>> = files.chain(substituted).chain(patches).collect();
    let literals = |generator: &'static str| {
        let generators = kustomization.items(&[generator]).into_iter();
        let literals = generators.flat_map(|generator| generator.items(&["literals"]));
        literals.filter_map(|literal| Some((literal.value.as_str()?.split_once('=')?, literal)))
    };
    let sealed = literals("secretGenerator").filter(|((_, value), _)| is_plain(&Json::from(*value)));
    let sealed = sealed.map(|((key, _), spot)| credential(&spot, format!("`{key}` of a secretGenerator"), SEAL));
    let open = literals("configMapGenerator").filter(|((key, value), _)| names_password(key) && is_secret_text(value));
    let open = open.map(|((key, _), spot)| credential(&spot, format!("the value of `{key}`"), NOT_HERE));
    sealed.chain(open).chain(files).collect()
}

/// Whether a file of a secretGenerator (`name` or `key=name`) holds a secret by its name: certificates and settings are no secrets.
fn is_secret_file(file: &str) -> bool {
    let names = file.split(['=', '/']).map(str::to_ascii_lowercase);
    const ENDS: &[&str] = &[
        ".key",
        ".p12",
        ".pfx",
        ".jks",
        ".agekey",
        ".env",
        "id_rsa",
        "id_ed25519",
        ".dockerconfigjson",
        ".netrc",
        ".pgpass",
    ];
    names.into_iter().any(|name| {
        let stem = name.split('.').next().unwrap_or_default();
        ENDS.iter().any(|end| name.ends_with(end)) || names_secret(stem)
    })
}

/// Whether a file that a generator takes is sealed, as far as its name or the tree tell. Flux opens such files itself.
fn is_sealed_file(file: &Spot<'_, '_>, tree: &Tree<'_, '_>) -> bool {
    let Some(name) = file.value.as_str().map(|text| text.rsplit('=').next().unwrap_or(text)) else { return true };
    let path = format!("{}{}", file.object.folder(), name.trim_start_matches("./"));
    let is_it = |object: &&Object| object.file == path && sops::has_envelope(&object.body);
    [".sops.", ".enc."].iter().any(|mark| name.contains(mark))
        || tree.bundle.objects.iter().any(|object| is_it(&object))
}

fn of_pod<'a>(pod: &Pod<'a, '_>) -> Vec<Credential<'a>> {
    let mut found: Vec<Credential<'a>> = pod.variables().iter().filter_map(variable).collect();
    for container in &pod.containers {
        let rest = container.entries(&[]).into_iter().filter(|(key, _)| !matches!(*key, "env" | "image" | "name"));
        found.extend(rest.flat_map(|(key, value)| entry(key, &value)));
    }
    // What a chart's values add to a pod is looked at with them.
    let spec = pod.spec.iter().filter(|_| pod.workload.is_some());
    for volume in spec.flat_map(|spec| spec.items(&["volumes"])) {
        found.extend(below(&volume));
    }
    found
}

/// An environment variable, or a header of HTTP.
fn variable<'a>(variable: &Spot<'a, '_>) -> Option<Credential<'a>> {
    let name = variable.text(&["name"])?;
    let value = variable.get(&["value"])?;
    let text = text_of(value.value)?;
    match names_secret(name) && is_secret_text(&text) {
        true => Some(credential(&value, format!("the value of `{name}`"), SECRET_KEY_REF)),
        false if names_address(name) && is_address_with_password(&text) => {
            Some(credential(&value, Leak::Url.to_string(), SECRET_KEY_REF))
        }
        false => leaks(&value),
    }
}

fn of_release<'a>(valued: &Valued<'a, '_>) -> Vec<Credential<'a>> {
    let mut found = Vec::new();
    for assigned in &valued.set {
        let (setting, spot) = (assigned.setting, &assigned.spot);
        match (setting.facet, setting.kind) {
            (Facet::Credential, _) => {
                let is_set = is_plain(spot.value) || matches!(spot.value, Json::Array(_) | Json::Object(_));
                found.extend(is_set.then(|| credential(spot, format!("`{}`", setting.path), EXISTING_SECRET)));
            }
            // Pods and objects are looked at as such.
            (_, Kind::Shape(Shape::EnvVars | Shape::Containers)) => {}
            (_, Kind::Shape(Shape::Objects)) => found.extend(spot.items(&[]).iter().flat_map(of_object)),
            // A group is passed on whole, and its settings stand there for themselves.
            (_, Kind::Shape(_)) if is_group(setting.path, valued) => {}
            _ => found.extend(below(spot)),
        }
    }
    found
}

fn is_group(path: &str, valued: &Valued<'_, '_>) -> bool {
    let is_below = |other: &str| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    valued.set.iter().any(|assigned| is_below(assigned.setting.path))
}

/// An object that a chart's values add, as text for Helm to fill in first.
fn of_object<'a>(object: &Spot<'a, '_>) -> Option<Credential<'a>> {
    let text = object.value.as_str()?;
    let has = |start: &str| text.lines().any(|line| line.trim().starts_with(start));
    match has("kind: Secret") && (has("data:") || has("stringData:")) {
        true => Some(credential(object, "a Secret in this text", SEAL)),
        false => leaks(object),
    }
}

/// What an entry of a map and everything below it gives away.
fn entry<'a>(key: &str, value: &Spot<'a, '_>) -> Vec<Credential<'a>> {
    if is_about_secrets(key) {
        return Vec::new();
    }
    match text_of(value.value) {
        Some(text) if names_password(key) && is_secret_text(&text) => {
            vec![credential(value, format!("the value of `{key}`"), NOT_HERE)]
        }
        // Such a name stands for the name of a Secret as often as for a secret.
        Some(text) if names_token(key) && looks_random(&text) && is_secret_text(&text) => {
            vec![credential(value, format!("the value of `{key}`"), NOT_HERE)]
        }
        _ => below(value),
    }
}

/// What a value and everything below it gives away.
fn below<'a>(spot: &Spot<'a, '_>) -> Vec<Credential<'a>> {
    match spot.value {
        Json::String(_) => leaks(spot).into_iter().collect(),
        Json::Object(map) if map.contains_key("name") && map.contains_key("value") => {
            variable(spot).into_iter().collect()
        }
        Json::Object(_) => spot.entries(&[]).iter().flat_map(|(key, value)| entry(key, value)).collect(),
        Json::Array(items) => {
            let flags = items.iter().map(|item| item.as_str().is_some_and(is_flag));
            let after_flag = std::iter::once(false).chain(flags);
            let one = |(item, is_told): (&Spot<'a, '_>, bool)| match item.value.as_str() {
                Some(text) if is_told && !text.starts_with('-') && is_secret_text(text) => {
                    vec![credential(item, "the password in this argument", NOT_HERE)]
                }
                _ => below(item),
            };
            spot.items(&[]).iter().zip(after_flag).flat_map(one).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a command's next argument is a password.
fn is_flag(argument: &str) -> bool {
    argument.starts_with('-') && !argument.contains(['=', ' ']) && names_secret(argument)
}

/// Whether what stands below a key names secrets and their keys, and not what they hold.
fn is_about_secrets(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["secretkey", "existingsecret", "secretref"].iter().any(|start| key.contains(start))
        || key.ends_with("keys")
        || key.ends_with("ref")
}

fn leaks<'a>(spot: &Spot<'a, '_>) -> Option<Credential<'a>> {
    Some(credential(spot, leak(spot.value.as_str()?)?.to_string(), NOT_HERE))
}

/// A text or a number as text.
fn text_of(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether the value of something that is called a secret is one: no place where one is, no switch.
fn is_secret_text(text: &str) -> bool {
    is_plain(&Json::from(text)) && (is_own_text(text) || has_default(text))
}

/// Whether a text is nothing that a person would call something: long, letters and digits mixed.
fn looks_random(text: &str) -> bool {
    let has = |is_one: fn(&char) -> bool| text.chars().filter(is_one).count();
    let (letters, digits) = (has(char::is_ascii_alphabetic), has(char::is_ascii_digit));
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-');
    let longest = text.split(['-', '_', '/']).map(str::len).max().unwrap_or(0);
    text.len() >= 16 && letters >= 6 && digits >= 2 && longest >= 12 && text.chars().all(is_word)
}

/// Whether a value says something of its own: it is not empty, not sealed, and no placeholder that something else fills.
fn is_plain(value: &Json) -> bool {
    match value {
        Json::String(text) => {
            let text = text.trim();
            let is_filled_in = ["${", "{{", "$("].iter().any(|start| text.contains(start)) && !has_default(text);
            let is_reference = REFERENCES.iter().any(|start| text.starts_with(start));
            let is_open = !is_filled_in || leak(text).is_some();
            !text.is_empty() && !is_reference && !is_sealed(text) && is_open
        }
        Json::Number(_) => true,
        _ => false,
    }
}

/// Whether a variable that something else fills has a value in case nothing does: `${PASSWORD:-hunter2}`.
fn has_default(text: &str) -> bool {
    let inside = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let value = inside.and_then(|inside| inside.split_once(":-").or_else(|| inside.split_once(":=")));
    value.is_some_and(|(name, value)| !name.contains(['$', '{']) && is_own_text(value))
}

/// How the tools spell places of secrets that they fill in: 1Password, vals, Vault, Argo CD's Vault plugin.
const REFERENCES: &[&str] = &["op://", "ref+", "vault:", "<path:", "awssm://", "gcpsm://", "arn:aws:"];

/// Whether a value is one that sops or kubeseal sealed.
fn is_sealed(text: &str) -> bool {
    let is_sops = text.starts_with("ENC[AES256_GCM,data:") && text.ends_with(']');
    is_sops || (text.starts_with("Ag") && text.len() > 300 && !text.contains([' ', '\n']))
}

/// Whether a value is a certificate, which everybody may see; in base64 too.
fn is_certificate(value: &Json) -> bool {
    let text = value.as_str().unwrap_or_default().trim();
    let is_bare = text.starts_with("-----BEGIN CERTIFICATE") && !text.contains("PRIVATE KEY");
    is_bare || (text.starts_with("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS") && !has_key_in_base64(text))
}

/// Whether `PRIVATE KEY` stands in a base64 text, at any of the three offsets that it can have.
fn has_key_in_base64(text: &str) -> bool {
    ["UFJJVkFURSBLRVkt", "BSSVZBVEUgS0VZ", "QUklWQVRFIEtFW"].iter().any(|part| text.contains(part))
}
