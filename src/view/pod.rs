//! Pods, in manifests and in the values of charts that add to theirs.

use super::{Spot, database, product, release::Valued, workload::pod_spec};
use crate::chart::{Kind, Shape};

/// What a tree says about one pod: whole specs from manifests, additions from a chart's values.
pub(super) struct Pod<'a, 'v> {
    /// The object that makes it; none for what a chart's values add to a pod of the chart.
    pub(super) workload: Option<Spot<'a, 'v>>,
    /// Fields of a pod's spec.
    pub(super) spec: Option<Spot<'a, 'v>>,
    /// Containers, init containers and sidecars.
    pub(super) containers: Vec<Spot<'a, 'v>>,
    /// Lists of environment variables outside a container.
    pub(super) env: Option<Spot<'a, 'v>>,
    /// Its database, where it is one.
    pub(super) database: Option<&'static str>,
    pub(super) namespace: String,
}

impl<'a, 'v> Pod<'a, 'v> {
    /// Every environment variable.
    pub(super) fn variables(&self) -> Vec<Spot<'a, 'v>> {
        let own = self.containers.iter().flat_map(|container| container.items(&["env"]));
        own.chain(self.env.iter().flat_map(|list| list.items(&[]))).collect()
    }
}

const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// The pods of a tree.
pub(super) fn pods<'a, 'v>(bodies: &[Spot<'a, 'v>], releases: &[Valued<'a, 'v>]) -> Vec<Pod<'a, 'v>> {
    let of_workload = |body: &Spot<'a, 'v>| {
        let spec = pod_spec(body)?;
        let containers: Vec<_> = CONTAINERS.iter().flat_map(|key| spec.items(&[key])).collect();
        let database = database::of_workload(body).map(|(product, _)| product);
        let namespace = body.namespace().to_owned();
        Some(Pod { workload: Some(body.clone()), spec: Some(spec), containers, env: None, database, namespace })
    };
    let mut pods: Vec<Pod<'a, 'v>> = bodies.iter().filter_map(of_workload).collect();
    for valued in releases {
        let namespace = &valued.release.namespace;
        let database = product::of_name(valued.release.chart.name);
        let pod = |spec, containers, env| {
            let namespace = namespace.clone();
            Pod { workload: None, spec, containers, env, database, namespace }
        };
        for assigned in &valued.set {
            let spot = &assigned.spot;
            match assigned.setting.kind {
                Kind::Shape(Shape::PodSpec) => pods.push(pod(Some(spot.clone()), Vec::new(), None)),
                Kind::Shape(Shape::Containers) => pods.push(pod(None, spot.items(&[]), None)),
                Kind::Shape(Shape::EnvVars) => pods.push(pod(None, Vec::new(), Some(spot.clone()))),
                _ => {}
            }
        }
    }
    pods
}
