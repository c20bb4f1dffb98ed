//! Disruption budgets: how many pods may go when a node is drained.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{
    At, Release, Spot, Tree,
    reach::{Known, Labels, labels, selects},
    release::is_true,
    workload::pod_labels,
};

/// Something wrong with a disruption budget.
pub struct Budget<'a> {
    /// Where it stands, or should.
    pub at: At<'a>,
    /// What it is.
    pub flaw: BudgetFlaw,
}

/// What is wrong with a disruption budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetFlaw {
    /// No pod may go, ever: no node that one stands on can be drained.
    Stuck,
    /// Replicas have none: a drain may take all at once.
    Missing,
}

/// The pods of a workload, by namespace: their labels and how many there are.
type Workloads<'v> = HashMap<&'v str, Vec<(Labels, u64)>>;

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Budget<'a>> {
    let budgets: Vec<&Spot<'a, '_>> = tree.bodies.iter().filter(|body| body.kind() == "PodDisruptionBudget").collect();
    let mut found = Vec::new();
    if !budgets.is_empty() {
        let workloads = workloads(tree.bodies);
        found.extend(budgets.into_iter().filter_map(|budget| stuck(budget, &workloads)));
    }
    found.extend(tree.releases.iter().flat_map(|valued| of_release(valued.release)));
    found
}

fn workloads<'v>(bodies: &[Spot<'_, 'v>]) -> Workloads<'v> {
    let mut workloads = Workloads::new();
    for body in bodies.iter().filter(|body| matches!(body.kind(), "Deployment" | "ReplicaSet" | "StatefulSet")) {
        let replicas = body.value_at(&["spec", "replicas"]).map_or(Some(1), Json::as_u64);
        let pods = replicas.map(|replicas| (labels(pod_labels(body).map(|labels| labels.value)), replicas));
        workloads.entry(body.namespace()).or_default().extend(pods);
    }
    workloads
}

fn stuck<'a>(budget: &Spot<'a, '_>, workloads: &Workloads<'_>) -> Option<Budget<'a>> {
    let limit = |key: &str| budget.get(&["spec", key]);
    let selector = budget.value_at(&["spec", "selector"]);
    let pods = || {
        let here = workloads.get(budget.namespace()).into_iter().flatten();
        let selected = here.filter(|(labels, _)| selects(selector, Known { labels, is_open: false }));
        let counts: Vec<u64> = selected.map(|(_, replicas)| *replicas).collect();
        (!counts.is_empty()).then(|| counts.iter().sum())
    };
    let most = limit("maxUnavailable").filter(|most| is_none(most.value));
    let least = limit("minAvailable").filter(|least| is_all(least.value, pods()));
    most.or(least).map(|spot| Budget { at: spot.at(), flaw: BudgetFlaw::Stuck })
}

/// Whether no pod may be down.
fn is_none(most: &Json) -> bool {
    most == 0 || most == "0" || most == "0%"
}

/// Whether all of so many pods must be up.
fn is_all(least: &Json, pods: Option<u64>) -> bool {
    let number = least.as_u64().or_else(|| least.as_str()?.parse().ok());
    least == "100%" || number.zip(pods).is_some_and(|(least, pods)| pods > 0 && least >= pods)
}

/// The budgets that the chart makes for its primary, of which there is one, and for its replicas.
fn of_release<'a>(release: &Release<'a>) -> Vec<Budget<'a>> {
    let says = |path: &str| release.value(path).filter(|value| !value.is_null() && *value != "");
    let flaw = |path: &str, flaw| release.place(path).map(|at| Budget { at, flaw });
    let replicas = says("readReplicas.replicaCount").and_then(Json::as_u64).unwrap_or(1);
    let is_replicated = says("architecture").is_some_and(|architecture| architecture == "replication");
    let mut found = Vec::new();
    for (group, pods) in [("primary", 1), ("readReplicas", replicas)] {
        let path = |key: &str| format!("{group}.pdb.{key}");
        if says(&path("create")).is_some_and(|create| !is_true(create)) {
            let is_needed = is_replicated && pods > 1;
            found.extend(is_needed.then(|| flaw(&path("create"), BudgetFlaw::Missing)).flatten());
            continue;
        }
        let most = path("maxUnavailable");
        let least = path("minAvailable");
        if says(&most).is_some_and(is_none) {
            found.extend(flaw(&most, BudgetFlaw::Stuck));
        } else if says(&least).is_some_and(|value| is_all(value, Some(pods))) {
            found.extend(flaw(&least, BudgetFlaw::Stuck));
        }
    }
    found
}
