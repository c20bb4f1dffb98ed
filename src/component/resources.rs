//! CPU and memory of a container.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scalar::{Quantity, Size};

/// What a container asks for and what it may use at most.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Resources {
    /// What the scheduler keeps free for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) requests: Option<Amounts>,
    /// What it may use at most; a memory limit that is too low ends the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) limits: Option<Amounts>,
}

/// Amounts by resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Amounts {
    /// Processor time, such as `250m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cpu: Option<Quantity>,
    /// Memory, such as `512Mi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) memory: Option<Size>,
    /// Scratch space on the node's disk, such as `1Gi`.
    #[serde(default, rename = "ephemeral-storage", skip_serializing_if = "Option::is_none")]
    pub(super) ephemeral_storage: Option<Size>,
}

impl Resources {
    /// What is asked for and exceeds its limit: the API server refuses such a pod, and only when it is to run.
    pub(super) fn beyond_limits(&self) -> Vec<&'static str> {
        let (Some(requests), Some(limits)) = (&self.requests, &self.limits) else { return Vec::new() };
        let cpu = |amounts: &Amounts| amounts.cpu.as_ref().map(Quantity::nanos);
        let memory = |amounts: &Amounts| amounts.memory.as_ref().map(Size::bytes);
        let scratch = |amounts: &Amounts| amounts.ephemeral_storage.as_ref().map(Size::bytes);
        let is_beyond = |request: Option<u128>, limit: Option<u128>| request > limit && limit.is_some();
        [
            ("cpu", is_beyond(cpu(requests), cpu(limits))),
            ("memory", is_beyond(memory(requests), memory(limits))),
            ("ephemeral-storage", is_beyond(scratch(requests), scratch(limits))),
        ]
        .into_iter()
        .filter_map(|(name, is_beyond)| is_beyond.then_some(name))
        .collect()
    }
}
