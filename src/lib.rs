//! `gen` compiles `environments/*.yaml` into a `gitops/` tree and checks it. Data flows one way: load, resolve, plan,
//! render, check, sync. The floors that these modules stand on are listed in `tests/floors.rs` and explained in CONTRIBUTING.md.

pub mod diagnostic;
pub mod scalar;
pub mod yaml;
