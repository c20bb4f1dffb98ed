//! Secrets in plain text.

use serde_json::Value as Json;

use super::{At, Release, Spot, pod::Pod};
use crate::{chart::Facet, manifest::Bundle};

/// A secret in plain text. The value itself is not part of the fact.
pub struct Credential<'a> {
    /// Where it stands.
    pub at: At<'a>,
    /// What it is, for people.
    pub what: String,
    /// The better place for it, for people.
    pub instead: &'static str,
}

const SEAL: &str = "seal the Secret with `sops encrypt`, and change the value: it is in the history now";
const SECRET_KEY_REF: &str =
    "keep it in a sealed Secret, and refer to it with `valueFrom: {secretKeyRef: {name, key}}`";
const EXISTING_SECRET: &str = "keep it in a sealed Secret, and name that in `auth.existingSecret` or the like";
const NOT_HERE: &str = "keep it in a sealed Secret, and have it read from there at run time";

pub(super) fn find<'a>(
    bundle: &'a Bundle,
    bodies: &[Spot<'a, '_>],
    pods: &[Pod<'a, '_>],
    releases: &[Release<'a>],
) -> Vec<Credential<'a>> {
    let mut found = Vec::new();
    // The items of a typed list need not name their kind.
    let lists = bundle.objects.iter().filter(|object| object.kind() == "SecretList");
    let listed = lists.flat_map(|object| Spot { object, pointer: Vec::new(), value: &object.body }.items(&["items"]));
    let unnamed: Vec<_> = listed.filter(|item| item.kind().is_empty()).collect();
    found.extend(bodies.iter().filter(|body| body.kind() == "Secret").chain(&unnamed).flat_map(of_secret));
    for body in bodies.iter().filter(|body| body.kind() == "ConfigMap") {
        let texts = body.entries(&["data"]).into_iter().chain(body.entries(&["binaryData"]));
        found.extend(texts.flat_map(|(_, text)| leaks(&text)));
    }
    for kustomization in bundle.objects.iter().filter(|object| object.kind() == "Kustomization") {
        let whole = Spot { object: kustomization, pointer: Vec::new(), value: &kustomization.body };
        let literals =
            whole.items(&["secretGenerator"]).into_iter().flat_map(|generator| generator.items(&["literals"]));
        found.extend(literals.map(|literal| credential(&literal, "a literal of a secretGenerator".to_owned(), SEAL)));
    }
    for pod in pods {
        found.extend(pod.variables().iter().filter_map(of_variable));
        for container in &pod.containers {
            let texts = ["command", "args"].into_iter().flat_map(|key| container.items(&[key]));
            found.extend(texts.flat_map(|text| urls(&text)));
        }
    }
    found.extend(releases.iter().flat_map(of_release));
    found
}

fn credential<'a>(spot: &Spot<'a, '_>, what: String, instead: &'static str) -> Credential<'a> {
    Credential { at: spot.at(), what, instead }
}

fn of_secret<'a>(secret: &Spot<'a, '_>) -> Vec<Credential<'a>> {
    let values = ["data", "stringData"].into_iter().flat_map(|block| secret.entries(&[block]));
    let plain = values.filter(|(_, value)| is_plain(value.value) && !is_sealed(value.value));
    plain.map(|(key, value)| credential(&value, format!("`{key}` of the Secret `{}`", secret.name()), SEAL)).collect()
}

/// Whether a value says something of its own: it is not empty and no placeholder that something else fills.
fn is_plain(value: &Json) -> bool {
    match value {
        Json::String(text) => {
            let text = text.trim();
            let is_placeholder = (text.starts_with("${") && text.ends_with('}'))
                || (text.starts_with("$(") && text.ends_with(')'))
                || (text.starts_with("{{") && text.ends_with("}}"));
            !text.is_empty() && !is_placeholder
        }
        Json::Number(_) => true,
        _ => false,
    }
}

/// Whether a value is one that sops sealed.
fn is_sealed(value: &Json) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("ENC[AES256_GCM,data:") && text.ends_with(']'))
}

fn of_variable<'a>(variable: &Spot<'a, '_>) -> Option<Credential<'a>> {
    let name = variable.text(&["name"])?;
    let value = variable.get(&["value"])?;
    let leak = || urls(&value).into_iter().next();
    let text = value.value.as_str().unwrap_or_default();
    let is_harmless = text.starts_with('/') || matches!(text, "true" | "false" | "yes" | "no");
    if names_secret(name) && is_plain(value.value) && !is_sealed(value.value) && !is_harmless {
        return Some(credential(&value, format!("the environment variable `{name}`"), SECRET_KEY_REF));
    }
    leak()
}

/// Words of names whose values are secrets.
const SECRET_WORDS: &[&str] =
    &["PASS", "PASSWORD", "PASSWD", "PASSPHRASE", "PWD", "SECRET", "TOKEN", "APIKEY", "CREDENTIALS"];
/// Words before `KEY` that make it a secret one.
const SECRET_KEYS: &[&str] = &["ACCESS", "API", "AUTH", "ENCRYPTION", "MASTER", "PRIVATE", "SECRET", "SIGNING"];
/// Last words of names whose values only lead to a secret.
const LEADING: &[&str] =
    &["DIR", "ENABLED", "FILE", "FILES", "ID", "LENGTH", "NAME", "NAMESPACE", "PATH", "REF", "TTL", "TYPE"];

/// Whether a variable of that name holds a secret.
fn names_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let words: Vec<&str> = upper.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let Some(last) = words.last() else { return false };
    if LEADING.contains(last) {
        return false;
    }
    let is_key = *last == "KEY" && words.len() > 1 && SECRET_KEYS.contains(&words[words.len() - 2]);
    is_key || words.iter().any(|word| SECRET_WORDS.contains(word) || word.ends_with("PASSWORD"))
}

fn of_release<'a>(release: &Release<'a>) -> Vec<Credential<'a>> {
    let mut found = Vec::new();
    for (set, spot) in release.set() {
        match set.setting.facet {
            Facet::Credential if is_plain(spot.value) && !is_sealed(spot.value) => {
                found.push(credential(&spot, format!("`{}`", set.setting.path), EXISTING_SECRET));
            }
            Facet::Credential => {}
            _ => found.extend(texts(&spot).iter().flat_map(leaks)),
        }
    }
    found
}

/// Every text below a value, lists of environment variables and containers excepted: they are looked at as such.
fn texts<'a, 'v>(spot: &Spot<'a, 'v>) -> Vec<Spot<'a, 'v>> {
    match spot.value {
        Json::String(_) => vec![spot.clone()],
        Json::Array(items) if items.iter().any(|item| item.get("name").is_some()) => Vec::new(),
        Json::Array(_) => spot.items(&[]).iter().flat_map(texts).collect(),
        Json::Object(_) => spot.entries(&[]).iter().flat_map(|(_, below)| texts(below)).collect(),
        _ => Vec::new(),
    }
}

/// A password in a text: in a URL, in a connection string, in SQL.
fn leaks<'a>(spot: &Spot<'a, '_>) -> Vec<Credential<'a>> {
    let found = urls(spot);
    let text = spot.value.as_str().unwrap_or_default();
    match found.is_empty() && assigns_password(text) {
        true => vec![credential(spot, "a password in this text".to_owned(), NOT_HERE)],
        false => found,
    }
}

/// A password in a URL: `scheme://user:password@host`.
fn urls<'a>(spot: &Spot<'a, '_>) -> Vec<Credential<'a>> {
    let text = spot.value.as_str().unwrap_or_default();
    let has_password = text.match_indices("://").any(|(at, _)| {
        let authority = text[at + 3..].split(['/', '?', '#', ' ', '\n', '"', '\'']).next().unwrap_or_default();
        let password =
            authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
        password.is_some_and(is_own_text)
    });
    let found = has_password.then(|| credential(spot, "a password in a URL".to_owned(), NOT_HERE));
    found.into_iter().collect()
}

/// Whether a password is spelled out, and not a variable or an example.
fn is_own_text(password: &str) -> bool {
    !password.is_empty() && !password.starts_with(['$', '{', '<', '*', '%', '\\', ':']) && !password.starts_with("ENC[")
}

/// `password=...` of a connection string, `PGPASSWORD=...` of a shell, `PASSWORD '...'` of SQL.
fn assigns_password(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.match_indices("password").any(|(at, word)| {
        let rest = &text[at + word.len()..];
        let value = match rest.strip_prefix('=') {
            Some(value) => value,
            None => match rest.trim_start_matches(' ').strip_prefix('\'') {
                Some(value) if rest.starts_with(' ') => value,
                _ => return false,
            },
        };
        let value = value.trim_start_matches(['\'', '"']);
        let end = value.find(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ';' | ',')).unwrap_or(value.len());
        is_own_text(&value[..end])
    })
}
