//! `gen` compiles `environments/*.yaml` into a `gitops/` tree and checks it. Data flows one way: load, resolve, plan,
//! render, check, sync. The floors that these modules stand on are listed in `tests/floors.rs` and explained in CONTRIBUTING.md.

pub mod api;
pub mod audit;
pub mod chart;
pub mod cli;
pub mod component;
pub mod diagnostic;
pub mod diff;
pub mod drift;
pub mod environment;
pub mod keyring;
pub mod manifest;
pub mod mint;
pub mod output;
pub mod part;
pub mod path;
pub mod plain;
pub mod plan;
pub mod policy;
pub mod process;
pub mod render;
pub mod scaffold;
pub mod scalar;
pub mod schema;
pub mod secrecy;
pub mod selftest;
pub mod sops;
pub mod suggest;
pub mod template;
pub mod tree;
pub mod view;
pub mod yaml;
