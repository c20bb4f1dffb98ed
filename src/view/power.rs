//! Roles that may do everything.

use serde_json::Value as Json;

use super::{At, Spot, Tree};
use crate::chart::{Kind, Shape};

/// A role or a binding that gives more than anybody can oversee.
pub struct Power<'a> {
    /// Where it is given.
    pub at: At<'a>,
    /// What it gives.
    pub gives: Grant,
}

/// What a role gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Every verb on every resource.
    Everything,
    /// The role `cluster-admin`, to somebody who is not Flux itself.
    ClusterAdmin,
}

pub(super) fn find<'a>(tree: &Tree<'a, '_>) -> Vec<Power<'a>> {
    let mut found = Vec::new();
    for body in tree.bodies.iter().filter(|body| body.group() == "rbac.authorization.k8s.io") {
        match body.kind() {
            "Role" | "ClusterRole" => found.extend(body.items(&["rules"]).iter().filter_map(everything)),
            "ClusterRoleBinding" | "RoleBinding" => found.extend(admin(body)),
            _ => {}
        }
    }
    let set = tree.releases.iter().flat_map(|release| &release.set);
    let rules = set.filter(|assigned| assigned.setting.kind == Kind::Shape(Shape::RbacRules));
    found.extend(rules.flat_map(|assigned| assigned.spot.items(&[])).filter_map(|rule| everything(&rule)));
    found
}

fn everything<'a>(rule: &Spot<'a, '_>) -> Option<Power<'a>> {
    let is_any = |key: &str| {
        let names = rule.value_at(&[key]).and_then(Json::as_array);
        names.is_some_and(|names| names.iter().any(|name| name == "*"))
    };
    let verbs = rule.get(&["verbs"])?;
    (is_any("verbs") && is_any("resources")).then(|| Power { at: verbs.at(), gives: Grant::Everything })
}

/// `flux bootstrap` binds Flux's controllers to it.
fn admin<'a>(binding: &Spot<'a, '_>) -> Option<Power<'a>> {
    let name = binding.get(&["roleRef", "name"]).filter(|name| name.value == "cluster-admin")?;
    let subjects = binding.items(&["subjects"]);
    let is_flux = |subject: &Spot<'_, '_>| subject.text(&["namespace"]) == Some("flux-system");
    let is_for_others = subjects.is_empty() || !subjects.iter().all(is_flux);
    is_for_others.then(|| Power { at: name.at(), gives: Grant::ClusterAdmin })
}
