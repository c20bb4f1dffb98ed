//! Sealed files that the delivery engine cannot open.

use serde_json::Value as Json;

use super::{
    build::{Ground, Item},
    delivery::{Deliveries, Delivery, Engine},
    fault::{Fault, Weight},
    overlay::{files, generated},
};
use crate::{
    manifest::{at, resolve, text},
    view::{At, Spot},
};

const RULE: &str = "undecryptable-secret";

/// Whether a document is sealed by sops, as Flux asks.
fn is_sealed(body: &Json) -> bool {
    at(body, &["sops", "mac"]).is_some_and(|mac| mac.as_str().is_some_and(|mac| !mac.is_empty()))
}

pub(super) fn find<'a, 'v>(ground: &Ground<'a, 'v>, deliveries: &Deliveries<'a, 'v>) -> Vec<Fault<'a>>
where
    'a: 'v,
{
    let mut found = Vec::new();
    for delivery in &deliveries.all {
        let sealed: Vec<&Item<'a, 'v>> = delivery.items.iter().filter(|item| is_sealed_item(ground, item)).collect();
        let Some(first) = sealed.first() else { continue };
        match delivery.engine {
            Engine::Flux => found.extend(of_flux(delivery, &sealed)),
            Engine::Argo => {
                let file = &first.spot.object.file;
                let message = format!(
                    "{} applies {file} as it is: Argo CD does not decrypt, so {} holds ENC[...] in the cluster",
                    delivery.called(),
                    first.called()
                );
                let help = "let a generator of KSOPS list the file, or use ExternalSecrets or SealedSecrets";
                let has_plugin = ["source", "sources"].iter().any(|key| {
                    delivery.value(&["spec", key]).is_some_and(|source| source.to_string().contains("\"plugin\""))
                });
                if !has_plugin {
                    found.push(Fault::new(RULE, place(delivery), message, help));
                }
            }
        }
    }
    found.extend(generators(ground));
    found
}

/// Where the cure belongs: the spec of what delivers.
fn place<'a>(delivery: &Delivery<'a, '_>) -> At<'a> {
    let decryption = delivery.spot.get(&["spec", "decryption"]);
    decryption.map_or_else(|| delivery.spot.at_name(), |spot| spot.at())
}

/// Whether an object is sealed, or made from a sealed file.
fn is_sealed_item(ground: &Ground<'_, '_>, item: &Item<'_, '_>) -> bool {
    match item.generated {
        None => is_sealed(item.spot.value),
        Some(_) if item.kind == "Secret" => files(&item.spot).iter().any(|(_, file)| is_sealed_file(ground, file)),
        Some(_) => false,
    }
}

/// Whether the file that a generator names is sealed.
fn is_sealed_file(ground: &Ground<'_, '_>, file: &Spot<'_, '_>) -> bool {
    let text = file.value.as_str().unwrap_or_default();
    let path = resolve(file.object.folder(), text.split_once('=').map_or(text, |(_, path)| path));
    path.is_some_and(|path| ground.documents(&path).iter().any(|object| is_sealed(&object.body)))
}

fn of_flux<'a>(delivery: &Delivery<'a, '_>, sealed: &[&Item<'a, '_>]) -> Vec<Fault<'a>> {
    let mut found = Vec::new();
    let first = sealed[0];
    let others = match sealed.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let what = format!("{} from {}{others}", first.called(), first.spot.object.file);
    if delivery.text(&["spec", "decryption", "provider"]).is_none() {
        // Seen on a real Flux 2.7: before it looks for seals, `stringData` becomes `data` and `sops` is dropped; what is no
        // base64 is refused.
        let outcome = match first.generated.is_none() && first.spot.value_at(&["data"]).is_some() {
            true => "stops it, and nothing of it is applied",
            false => "arrives as ENC[...] texts",
        };
        let message = format!("{} has no `spec.decryption`, so the sealed {what} {outcome}", delivery.called());
        let help = "add `decryption: {provider: sops, secretRef: {name: ...}}` to its spec, with the Secret of the key";
        found.push(Fault::new(RULE, place(delivery), message, help));
    } else if delivery.value(&["spec", "decryption", "secretRef"]).is_none() {
        let is_age = |item: &&&Item<'_, '_>| {
            at(item.spot.value, &["sops", "age"]).and_then(Json::as_array).is_some_and(|age| !age.is_empty())
        };
        let has_account = delivery.text(&["spec", "decryption", "serviceAccountName"]).is_some();
        if sealed.iter().any(|item| is_age(&item)) && !has_account {
            let message = format!(
                "{} names no key for the sealed {what}: only a controller started with --sops-age-secret opens it",
                delivery.called()
            );
            let help = "name the Secret of the age key in `spec.decryption.secretRef`";
            found.push(Fault::new(RULE, place(delivery), message, help).weighing(Weight::Note));
        }
    }
    for item in sealed.iter().filter(|item| item.generated.is_none()) {
        let annotation = text(item.spot.value, &["metadata", "annotations", "kustomize.toolkit.fluxcd.io/decrypt"]);
        if annotation.is_some_and(|value| value.eq_ignore_ascii_case("disabled")) && item.kind == "Secret" {
            let keys = ["metadata", "annotations", "kustomize.toolkit.fluxcd.io/decrypt"];
            let at = item.spot.get(&keys).map_or_else(|| item.spot.at_name(), |spot| spot.at());
            let message =
                format!("{} may not be decrypted, so it arrives as ENC[...] texts or not at all", item.called());
            found.push(Fault::new(RULE, at, message, "remove the annotation, or the seal"));
        }
        if item.kind.starts_with("ENC[") || item.name.starts_with("ENC[") {
            let message = "kind and name are sealed too, so kustomize cannot read this file".to_owned();
            let help = "seal `data` and `stringData` only: `encrypted_regex: ^(data|stringData)$` in .sops.yaml";
            found.push(Fault::new(RULE, item.spot.at(), message, help));
        }
    }
    found
}

/// Sealed files that become parts of ConfigMaps: Flux decrypts the files of a secretGenerator only.
fn generators<'a>(ground: &Ground<'a, '_>) -> Vec<Fault<'a>> {
    let mut found = Vec::new();
    for overlay in ground.overlays.values() {
        for generator in generated(&overlay.spot).iter().filter(|spot| spot.pointer()[0] == "configMapGenerator") {
            for (_, file) in files(generator).iter().filter(|(_, file)| is_sealed_file(ground, file)) {
                let name = generator.text(&["name"]).unwrap_or_default();
                let message =
                    format!("ConfigMap `{name}` gets this file sealed: Flux decrypts what a secretGenerator reads");
                found.push(Fault::new(
                    RULE,
                    file.at(),
                    message,
                    "make it a Secret: move the entry to `secretGenerator`",
                ));
            }
        }
    }
    found
}
