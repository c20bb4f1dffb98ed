//! Variables of Flux that nothing defines.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value as Json;

use super::{
    build::Item,
    delivery::{Deliveries, Delivery, Engine},
    fault::Fault,
    overlay::files,
};
use crate::{
    manifest::text,
    view::{Spot, Tree},
};

const RULE: &str = "undefined-substitution";

/// The keys of each ConfigMap and Secret, by kind and name, with the namespace; `None` where they are not known.
type Sources<'v> = HashMap<(&'v str, String), Vec<(String, Option<BTreeSet<&'v str>>)>>;

pub(super) fn find<'a: 'v, 'v>(tree: &Tree<'a, 'v>, deliveries: &Deliveries<'a, 'v>) -> Vec<Fault<'a>> {
    let flux: Vec<_> = deliveries.all.iter().filter(|delivery| delivery.engine == Engine::Flux).collect();
    let asks = |delivery: &Delivery<'a, 'v>| !delivery.list(&["spec", "postBuild", "substituteFrom"]).is_empty();
    let sources = if flux.iter().any(|delivery| asks(delivery)) { sources(tree, deliveries) } else { Sources::new() };
    let mut found = Vec::new();
    for delivery in flux {
        let Some(defined) = defined(delivery, &sources) else { continue };
        let mut said = HashSet::new();
        for item in delivery.items.iter().filter(|item| !is_left_alone(item)) {
            if defined.is_empty() {
                found.extend(literal(delivery, item));
                continue;
            }
            let mut open = Vec::new();
            walk(&item.spot, &mut |spot, text| {
                let names = variables(text).filter(|name| !defined.contains(*name)).map(str::to_owned);
                open.extend(names.map(|name| (spot.clone(), name)));
            });
            for (spot, name) in open {
                if said.insert((std::ptr::from_ref(item.spot.value), name.clone())) {
                    let message = format!(
                        "{} defines no `{name}`: Flux 2.9 refuses to apply {} for it, an older Flux puts nothing in its place",
                        delivery.called(),
                        item.called()
                    );
                    let help = format!(
                        "define it in `postBuild`, give it a default (`${{{name}:=...}}`), or write `$${{{name}}}` where it is no variable of Flux"
                    );
                    found.push(Fault::new(RULE, spot.at(), message, help));
                }
            }
        }
    }
    found
}

/// A name that holds a variable where nothing is substituted.
fn literal<'a, 'v>(delivery: &Delivery<'a, 'v>, item: &Item<'a, 'v>) -> Option<Fault<'a>> {
    let spot = ["name", "namespace"].iter().find_map(|key| {
        item.spot
            .get(&["metadata", key])
            .filter(|spot| spot.value.as_str().is_some_and(|text| variables(text).next().is_some()))
    })?;
    let message =
        format!("{} substitutes nothing, so the cluster refuses {} by this name", delivery.called(), item.called());
    Some(Fault::new(RULE, spot.at(), message, "define the variable in its `spec.postBuild.substitute`"))
}

/// Whether an object says that it holds no variables.
fn is_left_alone(item: &Item<'_, '_>) -> bool {
    let says =
        |map: &str| item.spot.text(&["metadata", map, "kustomize.toolkit.fluxcd.io/substitute"]) == Some("disabled");
    says("annotations") || says("labels")
}

/// What a Kustomization defines; nothing where that is not known.
fn defined<'d>(delivery: &'d Delivery<'_, '_>, sources: &'d Sources<'_>) -> Option<BTreeSet<&'d str>> {
    let inline = delivery.value(&["spec", "postBuild", "substitute"]).and_then(Json::as_object);
    let mut defined: BTreeSet<&str> = inline.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    for from in delivery.list(&["spec", "postBuild", "substituteFrom"]) {
        let (kind, name) = (text(from, &["kind"])?, text(from, &["name"])?);
        let known = sources.get(&(kind, name.to_owned()))?;
        let is_here =
            |namespace: &str| namespace.is_empty() || delivery.namespace.is_empty() || namespace == delivery.namespace;
        let mut here = known.iter().filter(|(namespace, _)| is_here(namespace)).peekable();
        here.peek()?;
        for (_, keys) in here {
            defined.extend(keys.as_ref()?);
        }
    }
    Some(defined)
}

fn sources<'a: 'v, 'v>(tree: &Tree<'a, 'v>, deliveries: &Deliveries<'a, 'v>) -> Sources<'v> {
    let mut found = Sources::new();
    let is_source = |kind: &str| matches!(kind, "ConfigMap" | "Secret");
    for body in tree.bodies.iter().filter(|body| is_source(body.kind())) {
        let keys = ["data", "stringData"].iter().flat_map(|key| body.entries(&[key]).into_iter().map(|(key, _)| key));
        let place = (body.namespace().to_owned(), Some(keys.collect()));
        found.entry((body.kind(), body.name().to_owned())).or_default().push(place);
    }
    let items = deliveries.all.iter().flat_map(|delivery| delivery.items.iter().map(move |item| (delivery, item)));
    for (delivery, item) in items.filter(|(_, item)| is_source(item.kind)) {
        let keys = match item.generated {
            None => item
                .spot
                .entries(&["data"])
                .into_iter()
                .chain(item.spot.entries(&["stringData"]))
                .map(|(key, _)| key)
                .collect(),
            Some(_) if !files(&item.spot).is_empty() => {
                found.entry((item.kind, item.name.clone())).or_default().push((String::new(), None));
                continue;
            }
            Some(_) => {
                let literals = item.spot.items(&["literals"]).into_iter().filter_map(|literal| literal.value.as_str());
                literals.filter_map(|literal| literal.split_once('=')).map(|(key, _)| key).collect()
            }
        };
        let place = (delivery.namespace_of(item).to_owned(), Some(keys));
        found.entry((item.kind, item.name.clone())).or_default().push(place);
    }
    found
}

/// Every text in a value, with its place.
fn walk<'a, 'v>(spot: &Spot<'a, 'v>, then: &mut impl FnMut(&Spot<'a, 'v>, &'v str)) {
    match spot.value {
        // Places are made only where there is something to see.
        Json::String(text) if text.contains("${") => then(spot, text),
        Json::Array(_) => spot.items(&[]).iter().for_each(|item| walk(item, then)),
        Json::Object(_) => spot.entries(&[]).iter().for_each(|(_, value)| walk(value, then)),
        _ => {}
    }
}

/// The variables in a text that have no default.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let is_escaped = |at: usize| text[..at].bytes().rev().take_while(|byte| *byte == b'$').count() % 2 == 1;
    text.match_indices("${").filter(move |(at, _)| !is_escaped(*at)).filter_map(|(at, _)| {
        let inside = &text[at + 2..];
        let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
        let (name, rest) = inside.split_at(end);
        let has_default = [":-", ":=", "-", "="].iter().any(|sign| rest.starts_with(sign));
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        (is_name && !has_default && !rest.is_empty()).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::variables;

    #[test]
    fn variables_are_those_of_envsubst() {
        let of = |text| variables(text).collect::<Vec<_>>();
        assert_eq!(of("${a} and $${b} and ${c:=d} ${e:-} ${f,,} $g ${h"), ["a", "f"]);
        assert_eq!(of("$$${a}"), ["a"]);
        assert!(of("${1} ${} {{ x }}").is_empty());
    }
}
