//! Names that two things of one environment want: the delivery engine and Helm would let them fight over the object.

use std::collections::{BTreeMap, BTreeSet};

use super::{Component, Planner};
use crate::part::{Body, Name, Part};

impl Planner<'_> {
    pub(super) fn named_once(&mut self, components: &[Component]) {
        let mut owners: BTreeMap<(String, String), &str> = BTreeMap::new();
        if self.environment.spec.namespace.default_deny {
            owners.insert(("NetworkPolicy".to_owned(), "default-deny".to_owned()), "namespace");
        }
        let mut said = BTreeSet::new();
        for component in components {
            let copied = component.copies.iter().flat_map(|copy| copy.objects.iter().cloned());
            for name in component.parts.iter().flat_map(names).chain(copied) {
                let Some(other) = owners.insert((name.kind.clone(), name.name.clone()), &component.instance) else {
                    continue;
                };
                // One wrong name shows in several objects.
                if !said.insert((other, name.origin.clone())) {
                    continue;
                }
                let Name { kind, name, origin } = name;
                let message = match other == component.instance {
                    true => format!("`{other}` wants the {kind} `{name}` for two things"),
                    false => format!("`{other}` and `{}` both want the {kind} `{name}`", component.instance),
                };
                self.error("name-clash", &origin, message, "give one of them another name");
            }
        }
    }
}

/// What a part has or needs for itself alone.
fn names(part: &Part) -> Vec<Name> {
    let name = |kind: &str, name: &str| Name::new(kind, name, &part.origin);
    match &part.body {
        Body::Release(release) => release.names.clone(),
        Body::Job(job) => vec![name("CronJob", &job.name)],
        Body::Claim(claim) => vec![name("PersistentVolumeClaim", &claim.name), name("data claim", &claim.name)],
        Body::NetworkRule(rule) => vec![name("NetworkPolicy", &rule.name)],
        Body::Endpoint(endpoint) => vec![name("Service", &endpoint.name)],
        Body::SecretDemand(demand) if !demand.external => vec![name("Secret", &demand.name)],
        Body::SecretDemand(_) | Body::Runbook(_) => Vec::new(),
    }
}
