//! Sources that somebody on the way could change.

use super::fault::{Fault, Weight};
use crate::{
    diagnostic::Fix,
    view::{Spot, Tree},
};

const RULE: &str = "unverified-source";

pub(super) fn find<'a>(tree: &Tree<'a, '_>, is_patch: &dyn Fn(&str) -> bool) -> Vec<Fault<'a>> {
    let bodies = tree.bodies[..tree.written].iter().filter(|body| !is_patch(&body.object.file));
    bodies.flat_map(of_body).collect()
}

fn of_body<'a>(body: &Spot<'a, '_>) -> Vec<Fault<'a>> {
    match (body.kind(), body.group()) {
        (kind, "source.toolkit.fluxcd.io") => of_flux(body, kind),
        ("Application", "argoproj.io") => {
            let mut sources = body.items(&["spec", "sources"]);
            sources.extend(body.get(&["spec", "source"]));
            let plain = |source: &Spot<'a, '_>| plain(&format!("Application `{}`", body.name()), source, "repoURL");
            sources.iter().filter_map(plain).collect()
        }
        _ => Vec::new(),
    }
}

fn of_flux<'a>(body: &Spot<'a, '_>, kind: &str) -> Vec<Fault<'a>> {
    let who = format!("{kind} `{}`", body.name());
    let mut found = Vec::new();
    let Some(spec) = body.get(&["spec"]) else { return found };
    found.extend(plain(&who, &spec, "url"));
    let is_inside = ["url", "endpoint"].iter().any(|key| spec.text(&[key]).is_some_and(is_in_cluster));
    if let Some(insecure) = spec.get(&["insecure"]).filter(|insecure| insecure.value == true && !is_inside) {
        let message = format!("{who} is read without TLS, so anybody on the way can put something else in its place");
        found.push(Fault::new(RULE, insecure.at(), message, "give the registry a certificate, and remove `insecure`"));
    }
    if kind == "GitRepository" && spec.get(&["ref"]).is_none() && spec.get(&["url"]).is_some() {
        let message = format!("{who} names no revision, so Flux follows its branch `master`");
        let at = spec.get(&["url"]).map_or_else(|| spec.at(), |url| url.at());
        found.push(Fault::new(RULE, at, message, "name a branch, a tag or a commit in `ref`"));
    }
    let is_signable = matches!(kind, "GitRepository" | "OCIRepository") && spec.get(&["url"]).is_some();
    if is_signable && spec.get(&["verify"]).is_none() {
        let message = format!("nobody verifies who made what {who} holds");
        let help = "sign commits or artifacts, and name the keys in `verify`";
        found.push(Fault::new(RULE, body.at_name(), message, help).weighing(Weight::Opinion));
    }
    found
}

/// An address without encryption.
fn plain<'a>(who: &str, spot: &Spot<'a, '_>, key: &str) -> Option<Fault<'a>> {
    let url = spot.get(&[key])?;
    let text = url.value.as_str()?;
    let rest = ["http://", "git://"].iter().find_map(|scheme| text.strip_prefix(scheme))?;
    if is_in_cluster(text) {
        return None;
    }
    let message = format!("{who} is read without TLS, so anybody on the way can put something else in its place");
    let fix = Some(Fix::Replace(format!("https://{rest}")));
    Some(Fault { fix, ..Fault::new(RULE, url.at(), message, format!("write https://{rest}")) })
}

/// Whether an address is one of the cluster itself.
fn is_in_cluster(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or(host);
    host.ends_with(".svc") || host.ends_with(".svc.cluster.local") || matches!(host, "localhost" | "127.0.0.1")
}
