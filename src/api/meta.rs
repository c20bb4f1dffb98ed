//! What every object has: a name, labels.

use serde_json::Value as Json;

use super::{
    Extent,
    scalar::is_left_open,
    walk::{Step, Walk, shorten},
};

/// The longest name that Kubernetes takes.
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;
/// Objects whose names are parts of a path, and take anything but a slash.
const ANY_NAME: &str = "rbac.authorization.k8s.io/";

/// Kinds that are questions to the server and no objects: they need no name.
const NAMELESS: [&str; 3] = ["kustomize.config.k8s.io/", "authentication.k8s.io/", "authorization.k8s.io/"];

/// The metadata of an object as a whole: `https://kubernetes.io/docs/concepts/overview/working-with-objects/names/` and
/// `.../labels/`.
pub(super) fn check<'v>(walk: &mut Walk<'v>, body: &'v Json, extent: Extent) {
    let api_version = body.get("apiVersion").and_then(Json::as_str).unwrap_or_default();
    if NAMELESS.iter().any(|group| api_version.starts_with(group)) {
        return;
    }
    let Some((metadata_key, metadata)) = body.as_object().and_then(|body| body.get_key_value("metadata")) else {
        if extent == Extent::Whole {
            walk.push(
                false,
                "the object needs `metadata` with a name".to_owned(),
                "add `metadata: {name: NAME}`".to_owned(),
            );
        }
        return;
    };
    let Some(metadata) = metadata.as_object() else { return };
    walk.pointer.push(Step::Key(metadata_key));
    let has = |key: &str| metadata.get(key).is_some_and(|value| !value.is_null() && value.as_str() != Some(""));
    if !has("name") && !has("generateName") {
        walk.push(false, "`metadata` needs `name`".to_owned(), "add `name:`".to_owned());
    }
    for (key, value) in metadata {
        walk.pointer.push(Step::Key(key));
        match (key.as_str(), value) {
            ("name", Json::String(name)) if !api_version.starts_with(ANY_NAME) => {
                self::name(walk, name, LONGEST_NAME, '.');
            }
            ("namespace", Json::String(name)) => self::name(walk, name, LONGEST_LABEL, '-'),
            ("labels", Json::Object(labels)) => {
                for (key, value) in labels {
                    walk.pointer.push(Step::Key(key));
                    label(walk, key, value.as_str());
                    walk.pointer.pop();
                }
            }
            ("annotations", Json::Object(annotations)) => {
                for key in annotations.keys() {
                    walk.pointer.push(Step::Key(key));
                    label(walk, key, None);
                    walk.pointer.pop();
                }
            }
            _ => {}
        }
        walk.pointer.pop();
    }
    walk.pointer.pop();
}

fn name(walk: &mut Walk<'_>, name: &str, longest: usize, dot: char) {
    // `$NAME` is a variable of kustomize's, or of a shell's.
    if name.is_empty() || is_left_open(name) || name.contains('$') {
        return;
    }
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_part =
        |part: &str| !part.is_empty() && part.chars().all(is_inner) && !part.starts_with('-') && !part.ends_with('-');
    let is_right = if dot == '.' { name.split('.').all(is_part) } else { is_part(name) };
    if name.len() > longest {
        let message = format!("{} is longer than {longest} characters", walk.subject());
        walk.push(false, message, "write a shorter one".to_owned());
    } else if !is_right {
        let message = format!("{} cannot be `{}`", walk.subject(), shorten(name));
        let dots = if dot == '.' { ", dashes and dots" } else { " and dashes" };
        walk.push(false, message, format!("write lower case letters, digits{dots}, a letter or digit at both ends"));
    }
}

/// A label, or with no value the name of an annotation.
fn label(walk: &mut Walk<'_>, key: &str, value: Option<&str>) {
    let (domain, short) = key.rsplit_once('/').map_or((None, key), |(domain, short)| (Some(domain), short));
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let has_ends = |text: &str| {
        let is_end = |c: char| c.is_ascii_alphanumeric();
        text.starts_with(is_end) && text.ends_with(is_end)
    };
    let is_word = |text: &str| text.len() <= LONGEST_LABEL && text.chars().all(is_inner) && has_ends(text);
    let is_domain = |text: &str| {
        !text.is_empty()
            && text.len() <= LONGEST_NAME
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
    };
    if !is_left_open(key) && (!is_word(short) || domain.is_some_and(|domain| !is_domain(domain))) {
        let message = format!("{} has a name that Kubernetes refuses", walk.subject());
        let help = "write letters, digits, `-`, `_` and `.`, up to 63 characters, with a domain and a slash before them or none";
        walk.push(true, message, help.to_owned());
    }
    if let Some(value) = value.filter(|value| !value.is_empty() && !is_left_open(value) && !is_word(value)) {
        let message = match value.len() > LONGEST_LABEL {
            true => format!("{} is longer than {LONGEST_LABEL} characters, and Kubernetes refuses it", walk.subject()),
            false => format!("{} cannot be `{}`", walk.subject(), shorten(value)),
        };
        let help =
            "the value of a label has letters, digits, `-`, `_` and `.`, up to 63, a letter or digit at both ends";
        walk.push(false, message, help.to_owned());
    }
}
