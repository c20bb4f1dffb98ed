//! The kinds of service. Adding one is adding a file with its spec and its function to parts, and a line in [`KINDS`].

pub mod postgres;
mod resources;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::{
    diagnostic::Severity,
    manifest::{Origin, Traced},
    part::{Body, ChartPin, Part, Remark},
    scalar::{DnsName, ImageRef, Quantity},
};

/// A kind of service.
pub struct Kind {
    /// Its name, the value of `kind`.
    pub name: &'static str,
    /// The chart that it installs.
    pub chart: &'static str,
    /// The JSON Schema of its spec.
    pub schema: fn() -> Json,
    /// How others reach an instance, from its unresolved spec.
    pub address: fn(&Json, &Place<'_>) -> Address,
    /// Turns a spec that passed the schema into parts.
    pub parts: fn(&Json, &Context<'_>) -> Outcome,
}

/// Every kind of service.
pub const KINDS: &[Kind] = &[postgres::KIND];

/// The kind of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// Where an instance stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// The instance's name.
    pub instance: &'a str,
}

impl Place<'_> {
    /// The host name of a Service of this namespace, for pods of every namespace and any cluster domain.
    #[must_use]
    pub fn host(&self, service: &str) -> String {
        format!("{service}.{}.svc", self.namespace)
    }
}

/// How others reach an instance: what expressions in `${{ }}` see of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Host name.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The Secret with its credentials.
    pub secret: String,
}

/// What a component may know of its surroundings.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Where the instance stands.
    pub place: Place<'a>,
    /// The environment path of the instance's spec.
    pub path: &'a str,
    /// The pinned charts by name.
    pub charts: &'a BTreeMap<String, ChartPin>,
    /// The images by role, the mirror applied.
    pub images: &'a BTreeMap<String, ImageRef>,
    /// Whether there is a mirror, whose registry all images have then.
    pub is_mirrored: bool,
    /// The storage class of claims that name none.
    pub storage_class: Option<&'a DnsName>,
    /// How many nodes the cluster has, where that is known.
    pub nodes: Option<u32>,
    /// What the namespace's pods may have together, by the names of a ResourceQuota.
    pub quota: &'a BTreeMap<String, Quantity>,
    /// How this instance gets to the cluster: for the runbook.
    pub delivery: Delivery<'a>,
}

/// How an instance gets to the cluster.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The object that brings it.
    pub object: &'a str,
    /// The namespace of that object and of its source.
    pub namespace: &'a str,
    /// The kind of the source that holds this repository.
    pub source_kind: &'a str,
    /// Its name.
    pub source_name: &'a str,
}

/// What became of a spec.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What shall exist.
    pub parts: Vec<Part>,
    /// What there is to say about the spec.
    pub remarks: Vec<Remark>,
}

impl Outcome {
    fn add(&mut self, origin: impl Into<Origin>, body: Body) {
        self.parts.push(Part { origin: origin.into(), body });
    }

    fn error(
        &mut self,
        rule: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.remark(rule, Severity::Error, path, message, help);
    }

    fn warning(
        &mut self,
        rule: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.remark(rule, Severity::Warning, path, message, help);
    }

    fn remark(
        &mut self,
        rule: &'static str,
        severity: Severity,
        path: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.remarks.push(Remark { rule, severity, path: path.into(), message: message.into(), help: help.into() });
    }
}

impl Context<'_> {
    /// The image of a role.
    fn image(&self, role: &'static str) -> Option<Traced<&ImageRef>> {
        let image = self.images.get(role)?;
        Some(Traced { value: image, origin: Origin::fixed("images").at(role) })
    }

    /// The storage class `own`, which is said at `origin`, else the environment's.
    fn class(&self, own: Option<&DnsName>, origin: Origin) -> Option<Traced<DnsName>> {
        let given = own.map(|class| Traced { value: class.clone(), origin });
        let shared = || self.storage_class.map(|class| Traced::new(class.clone(), Origin::fixed("storage.class")));
        given.or_else(shared)
    }
}
