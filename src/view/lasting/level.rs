//! How open or how closed something is, on a scale of its own. What else chart values open, rules about single trees tell.

use super::{Fact, fact, named, released};
use crate::view::{Release, Spot};

/// A step on a scale from closed (0) to open.
pub struct Level {
    /// How open.
    pub rank: u8,
    /// The step, for people.
    pub is: String,
}

pub(super) fn of_body<'a>(body: &Spot<'a, '_>) -> Vec<Fact<'a, Level>> {
    match body.kind() {
        "Service" if body.group().is_empty() => {
            let at = body.get(&["spec", "type"]).map_or_else(|| body.at_name(), |spot| spot.at());
            let kind = body.text(&["spec", "type"]).unwrap_or("ClusterIP");
            let says = Level { rank: rank(kind), is: format!("`type: {kind}`") };
            vec![fact(at, named(body), "type", says)]
        }
        "Namespace" => {
            const LABEL: &str = "pod-security.kubernetes.io/enforce";
            let at = body.get(&["metadata", "labels", LABEL]).map_or_else(|| body.at_name(), |spot| spot.at());
            let level = body.text(&["metadata", "labels", LABEL]);
            let rank = match level {
                Some("restricted") => 0,
                Some("baseline") => 1,
                _ => 2,
            };
            let is = format!("Pod Security `{}`", level.unwrap_or("privileged"));
            vec![fact(at, named(body), "pod-security", Level { rank, is })]
        }
        _ => Vec::new(),
    }
}

/// Whether a database has TLS: one that never had it may stay so, one that had it lost it.
pub(super) fn of_release<'a>(release: &Release<'a>) -> Option<Fact<'a, Level>> {
    const TLS: &str = "tls.enabled";
    release.chart.setting(TLS).filter(|_| release.is_whole)?;
    let at = release.place(TLS).unwrap_or_else(|| release.at.clone());
    let (rank, is) = if release.is_on(TLS) { (0, "with TLS") } else { (1, "without TLS") };
    Some(fact(at, released(release), "tls", Level { rank, is: is.to_owned() }))
}

fn rank(service_type: &str) -> u8 {
    match service_type {
        "LoadBalancer" => 2,
        "NodePort" => 1,
        _ => 0,
    }
}
