//! Settings of releases and deliveries that turn a small mistake into a big one.

use serde_json::Value as Json;

use super::{
    build::{Ground, Item, is_namespaced},
    delivery::{Deliveries, Delivery, Engine},
    fault::{Fault, Weight},
    release::Release,
};
use crate::{
    manifest::{at, text},
    view::{Spot, Tree, product},
};

/// What is to be said about a HelmRelease.
pub(super) fn of_release<'a: 'v, 'v>(tree: &Tree<'a, 'v>, release: &Release<'a, 'v>) -> Vec<Fault<'a>> {
    const RULE: &str = "missing-remediation";
    let (spot, body, name) = (&release.spot, &release.body, &release.name);
    let place = |keys: &[&str]| spot.get(keys).map_or_else(|| spot.at_name(), |spot| spot.at());
    let mut found = Vec::new();
    let database = database(tree, release);
    let is_handled = |action: &str| {
        ["strategy", "remediation"]
            .iter()
            .any(|key| at(body, &["spec", action, key]).is_some_and(|value| !value.is_null()))
    };
    let bare: Vec<&str> = ["install", "upgrade"].into_iter().filter(|action| !is_handled(action)).collect();
    if !bare.is_empty() {
        let what = database.map_or(String::new(), |product| format!(" of {product}"));
        let message =
            format!("a failed {}{what} stays failed: HelmRelease `{name}` is not tried again", bare.join(" or "));
        let help = "set `install.strategy.name` and `upgrade.strategy.name` to RetryOnFailure";
        let weight = if database.is_some() { Weight::Rule } else { Weight::Opinion };
        found.push(Fault::new(RULE, spot.at_name(), message, help).weighing(weight));
    }
    if let Some(product) = database {
        let keys = ["spec", "upgrade", "remediation", "strategy"];
        if text(body, &keys) == Some("uninstall") {
            let message = format!("Flux uninstalls {product} when an upgrade of HelmRelease `{name}` fails");
            found.push(Fault::new(RULE, place(&keys), message, "set `upgrade.strategy.name` to RetryOnFailure"));
        }
        let retries = at(body, &["spec", "install", "remediation", "retries"]).and_then(Json::as_i64);
        if retries.is_some_and(|retries| retries != 0)
            && text(body, &["spec", "install", "strategy", "name"]) != Some("RetryOnFailure")
        {
            let message = format!("Flux uninstalls {product} between the tries to install HelmRelease `{name}`");
            let keys = ["spec", "install", "remediation", "retries"];
            found.push(Fault::new(RULE, place(&keys), message, "set `install.strategy.name` to RetryOnFailure"));
        }
    }
    let keys = ["spec", "upgrade", "preserveValues"];
    if at(body, &keys).is_some_and(|flag| flag == true) {
        let message =
            format!("HelmRelease `{name}` keeps values of the release before: what is removed here stays set");
        found.push(Fault {
            fix: Some(crate::diagnostic::Fix::Remove),
            ..Fault::new("values-not-declarative", place(&keys), message, "remove `preserveValues`")
        });
    }
    if at(body, &["spec", "suspend"]).is_some_and(|flag| flag == true) {
        let message = format!("HelmRelease `{name}` is suspended: no change to it arrives");
        found.push(Fault::new(
            "suspended",
            place(&["spec", "suspend"]),
            message,
            "remove `suspend` when the work is done",
        ));
    }
    found
}

/// The database that a release is, by the name of its chart.
fn database(tree: &Tree<'_, '_>, release: &Release<'_, '_>) -> Option<&'static str> {
    if let Some(chart) = text(&release.body, &["spec", "chart", "spec", "chart"]) {
        return product::of_name(chart.trim_end_matches('/'));
    }
    let name = text(&release.body, &["spec", "chartRef", "name"])?;
    let bodies = tree.releases.iter().find(|valued| std::ptr::eq(valued.release.at.object, release.spot.object));
    bodies.map(|valued| valued.release.chart.name).and_then(product::of_name).or_else(|| product::of_name(name))
}

/// What is to be said about a Kustomization or an Application.
pub(super) fn of_delivery<'a: 'v, 'v>(delivery: &Delivery<'a, 'v>) -> Vec<Fault<'a>> {
    let place = |keys: &[&str]| delivery.spot.get(keys).map_or_else(|| delivery.spot.at_name(), |spot| spot.at());
    let is_on = |keys: &[&str]| delivery.value(keys).is_some_and(|flag| flag == true);
    let mut found = Vec::new();
    if delivery.engine == Engine::Argo {
        return of_argo(delivery);
    }
    if is_on(&["spec", "wait"]) && !delivery.list(&["spec", "healthChecks"]).is_empty() {
        let message = format!("{} has `wait: true`, so its `healthChecks` are not looked at", delivery.called());
        let help = "keep one of the two: `wait` waits for everything that is applied";
        found.push(Fault::new("missing-remediation", place(&["spec", "healthChecks"]), message, help));
    }
    if is_on(&["spec", "suspend"]) {
        let message = format!("{} is suspended: no change to what it applies arrives", delivery.called());
        found.push(Fault::new(
            "suspended",
            place(&["spec", "suspend"]),
            message,
            "remove `suspend` when the work is done",
        ));
    }
    if is_on(&["spec", "force"])
        && let Some(item) = delivery.items.iter().find(|item| is_stateful(item.kind))
    {
        let message = format!(
            "{} has `force: true`: Flux deletes {} and makes it again when a field cannot change",
            delivery.called(),
            item.called()
        );
        found.push(Fault::new(
            "unguarded-prune",
            place(&["spec", "force"]),
            message,
            "remove `force`; annotate the one object that needs it",
        ));
    }
    found
}

fn is_stateful(kind: &str) -> bool {
    matches!(kind, "StatefulSet" | "PersistentVolumeClaim" | "PersistentVolume")
}

/// Options of a sync, of an object or of all.
fn has_option(options: &str, wanted: &[&str]) -> bool {
    options.split(',').any(|option| wanted.iter().any(|wanted| option.trim().eq_ignore_ascii_case(wanted)))
}

fn of_argo<'a: 'v, 'v>(delivery: &Delivery<'a, 'v>) -> Vec<Fault<'a>> {
    const RULE: &str = "unguarded-prune";
    let place = |keys: &[&str]| delivery.spot.get(keys).map_or_else(|| delivery.spot.at_name(), |spot| spot.at());
    let options: Vec<&str> =
        delivery.list(&["spec", "syncPolicy", "syncOptions"]).iter().filter_map(Json::as_str).collect();
    let options = options.join(",");
    let of_item = |item: &Item<'_, '_>| {
        item.spot.text(&["metadata", "annotations", "argocd.argoproj.io/sync-options"]).unwrap_or_default().to_owned()
    };
    let mut found = Vec::new();
    let prunes = ["spec", "syncPolicy", "automated", "prune"];
    let guard = ["Prune=false", "Prune=confirm"];
    if delivery.value(&prunes).is_some_and(|flag| flag == true) && !has_option(&options, &guard) {
        let is_open = |item: &&Item<'a, 'v>| {
            matches!(item.kind, "StatefulSet" | "Namespace") && !has_option(&of_item(item), &guard)
        };
        if let Some(item) = delivery.items.iter().find(is_open) {
            let message = format!(
                "{} prunes by itself: {} is deleted as soon as its file is gone or renamed",
                delivery.called(),
                item.called()
            );
            let help = "annotate it `argocd.argoproj.io/sync-options: Prune=confirm`, or set `prune: false`";
            found.push(Fault::new(RULE, place(&prunes), message, help));
        }
    }
    let replaces = ["Replace=true", "Force=true"];
    let is_replaced = |item: &&Item<'a, 'v>| {
        is_stateful(item.kind) && (has_option(&of_item(item), &replaces) || has_option(&options, &replaces))
    };
    if let Some(item) = delivery.items.iter().find(is_replaced) {
        let message =
            format!("{} replaces {}: Argo CD deletes it and makes it again", delivery.called(), item.called());
        let help = "remove `Replace=true` and `Force=true`; `ServerSideApply=true` changes an object in place";
        found.push(
            Fault::new(RULE, place(&["spec", "syncPolicy", "syncOptions"]), message, help).weighing(Weight::Error),
        );
    }
    let finalizers = delivery.list(&["metadata", "finalizers"]);
    let cascades = |name: &str| name.starts_with("resources-finalizer.argocd.argoproj.io");
    if finalizers.iter().filter_map(Json::as_str).any(cascades)
        && let Some(item) = delivery
            .items
            .iter()
            .find(|item| is_stateful(item.kind) && !has_option(&of_item(item), &["Delete=false", "Delete=confirm"]))
    {
        let message = format!("{} deletes {} when it is deleted itself", delivery.called(), item.called());
        let help = "remove the finalizer, or annotate the object `argocd.argoproj.io/sync-options: Delete=false`";
        found.push(Fault::new(RULE, place(&["metadata", "finalizers"]), message, help));
    }
    if delivery.text(&["spec", "project"]) == Some("default") {
        let message = format!("{} is of the project `default`, which may apply anything anywhere", delivery.called());
        let help = "make an AppProject that names repositories, clusters and namespaces";
        found.push(Fault::new(RULE, place(&["spec", "project"]), message, help).weighing(Weight::Opinion));
    }
    found
}

/// Objects that may be deleted and made again.
pub(super) fn forced<'a>(tree: &Tree<'a, '_>) -> Vec<Fault<'a>> {
    const KEYS: [&str; 3] = ["metadata", "annotations", "kustomize.toolkit.fluxcd.io/force"];
    let forced = |body: &Spot<'a, '_>| {
        let spot = body.get(&KEYS).filter(|_| is_stateful(body.kind()))?;
        spot.value.as_str().filter(|value| value.eq_ignore_ascii_case("enabled"))?;
        let message =
            format!("Flux deletes {} `{}` and makes it again when a field cannot change", body.kind(), body.name());
        let help = "remove the annotation, and recreate it by hand when it has to be";
        Some(Fault::new("unguarded-prune", spot.at(), message, help).weighing(Weight::Error))
    };
    tree.bodies[..tree.written].iter().filter_map(forced).collect()
}

/// Objects that end up in another namespace than they say.
pub(super) fn namespaces<'a: 'v, 'v>(ground: &Ground<'a, 'v>, deliveries: &Deliveries<'a, 'v>) -> Vec<Fault<'a>> {
    let mut found = Vec::new();
    for delivery in deliveries.all.iter().filter(|delivery| delivery.engine == Engine::Flux) {
        for item in delivery.items.iter().filter(|item| item.generated.is_none() && is_namespaced(item.kind)) {
            let said = item.spot.namespace();
            let real = delivery.namespace_of(item);
            if said.is_empty() || real == said || said.contains("${") || real.contains("${") {
                continue;
            }
            // An overlay elsewhere is made to change what it takes up.
            let folder = item.spot.object.folder().trim_end_matches('/').to_owned();
            let beside = ground.overlays.get(&folder).and_then(|overlay| overlay.spot.text(&["namespace"]));
            let whose = match delivery.text(&["spec", "targetNamespace"]) {
                Some(_) => format!("`targetNamespace` of {}", delivery.called()),
                None if beside == Some(real) => "the kustomization.yaml beside it".to_owned(),
                None => continue,
            };
            let at = item.spot.get(&["metadata", "namespace"]).map_or_else(|| item.spot.at_name(), |spot| spot.at());
            let message =
                format!("{} goes to the namespace `{real}`, which {whose} names, and not to this one", item.called());
            found.push(Fault::new("namespace-mismatch", at, message, "name one namespace, in one place"));
        }
    }
    found
}
